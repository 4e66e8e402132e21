"""Deciding whether an extracted answer is the gold: literal, numeric and typed routes inline, the
symbolic route in worker processes with a hard deadline. Nothing is imported before it is asked for."""
