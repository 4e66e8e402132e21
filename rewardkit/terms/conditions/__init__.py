"""The conditions of `when`: facts, the tree of a condition, and its parser."""
