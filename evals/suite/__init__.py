"""A suite: its prompts, data, arms and shots."""
