"""What groups of samples offer a policy gradient: how often all are alike, and how much they differ.

A group whose samples all get the same reward is *dead*: its advantages are 0 and GRPO learns nothing from it.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import comb, exp, lgamma, nan


def dead_share(counts: Sequence[int], size: int) -> float:
    """Unbiased chance that `size` samples of one question all have the same value; NaN for fewer samples.

    `counts` holds how many of the question's samples have each distinct value: right and wrong give two numbers,
    rewards may give more. sum_v C(n_v, G) / C(n, G), as pass@k is estimated (Chen et al. 2021, arXiv 2107.03374).

    >>> dead_share((2, 14), 4)
    0.55
    """
    total = sum(counts)
    return sum(comb(count, size) for count in counts) / comb(total, size) if total >= size else nan


def expected_dead_share(a: float, b: float, size: int) -> float:
    """E[p^G + (1-p)^G] for pass rates p from Beta(a, b): the dead share at a group size that was not sampled.

    >>> round(expected_dead_share(0.925, 0.300, 8), 2)
    0.5
    """
    return exp(_log_moment(a, a + b, size)) + exp(_log_moment(b, a + b, size))


def pass_variance(n: int, c: int) -> float:
    """Unbiased p(1-p) from c right samples of n, the variance that a policy gradient learns from; NaN where n < 2.

    >>> pass_variance(8, 4)
    0.2857142857142857
    """
    return c * (n - c) / (n * (n - 1)) if n > 1 else nan


def _log_moment(a: float, total: float, size: int) -> float:
    """log of E[p^size] under Beta(a, total - a)."""
    return lgamma(a + size) - lgamma(a) - lgamma(total + size) + lgamma(total)
