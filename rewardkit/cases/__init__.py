"""Cases: completions with the reward that they should get, beside the recipe they test.

A `recipes/NAME/cases.yaml` gives one check per case and version, and one per order and version. A case is one
completion, or the completions of one prompt (for terms that read groups).

    defaults: {tokens: 100}
    cases:
      - name: right
        completion: So the result is \\boxed{42}
        gold: "42"
        outcome: correct
        expect: {0: 1.0, 1: 1.0}            # total by version; a number or null alone means every version
        terms: {1: {false_positive: 0.0}}   # label to payment, by version
    prefer:
      - [right, right_but_short, wrong]     # totals fall strictly, whatever the weights
"""

from .checks import Mismatch, run, same
from .files import CASES, CasesFile, Check, read_cases
from .model import Case, Cases, Order, Sample

__all__ = [
    "CASES",
    "Case",
    "Cases",
    "CasesFile",
    "Check",
    "Mismatch",
    "Order",
    "Sample",
    "read_cases",
    "run",
    "same",
]
