"""A training plan: its stages, data and options, checked before anything is loaded."""
