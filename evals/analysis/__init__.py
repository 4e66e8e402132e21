"""The analysis of runs: their scores as arrays, what is measured on them, and runs compared question by question."""
