"""What lies between a recipe and the trainer that calls it."""
