"""What GRPO would see of real rollouts: advantages, signal, difficulty."""
