"""The `math` verifier: whether two answers are the same mathematical value."""
