"""Deciding two plain expressions inline: exact rationals, refutation by floats, proof by normal form.

The answer is True, False, or None for "numbers alone cannot tell". Floats only ever refute.
"""

from __future__ import annotations

from ..grammar.tree import Node, ordered, symbols, walk
from .answers import Answer
from .bounded import NEGATIVE, approximate, exact, guard
from .forms import proved


def numbers(a: Node, b: Node) -> Answer:
    """The inline leaf: exact rationals, refutation by floats, proof by normal form."""
    if ordered(a) == ordered(b):
        return True
    infinite = [("const", "oo") in walk(node) for node in (a, b)]
    if any(infinite):
        return False
    guard(a)
    guard(b)
    x, y = exact(a), exact(b)
    if x is not None and y is not None:
        return x == y
    told = symbols(a) | symbols(b)
    for trial in (0, 1, 2, NEGATIVE) if told else (0,):
        left, right = approximate(a, trial), approximate(b, trial)
        if left is None or right is None:
            continue
        apart = abs(left[0] - right[0])
        if apart > 64 * (left[1] + right[1]) + 1e-300:
            return False
    return True if proved(a, b) else None
