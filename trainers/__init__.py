"""The thin adapters that hand a recipe to a trainer, and the stage runner."""
