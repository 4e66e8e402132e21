"""The figures of a run: its scores as arrays, what is measured on them, and their summary."""
