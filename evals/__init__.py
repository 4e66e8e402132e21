"""The evaluation harness: greedy beside pass@k, with honest error bars."""
