"""What stands between a recipe and the TRL trainer that calls it."""
