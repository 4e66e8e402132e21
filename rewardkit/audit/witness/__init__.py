"""Completions written to show what a recipe pays."""
