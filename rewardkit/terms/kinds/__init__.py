"""The kinds of term that come with rewardkit."""
