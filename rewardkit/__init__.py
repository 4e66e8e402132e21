"""rewardkit: rewards for RL with verifiable rewards, as versioned recipes."""
