"""The reader of LaTeX and plain mathematics: from a string to a tree."""
