"""Runs compared question by question."""
