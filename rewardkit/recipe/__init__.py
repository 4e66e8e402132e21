"""The recipe: how it is read, found, locked, printed and run."""
