"""Answers as strings: formatting removed, spellings unified, numbers read."""
