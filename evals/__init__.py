"""The evaluation harness: greedy and sampled decoding as two arms of one run, with honest error bars.

A run is a folder: an append-only log of completions, the scores made from it, metrics with intervals,
comparisons, pictures and a page. Generation, scoring and
reporting are separate passes; each can be killed and run again.
"""
