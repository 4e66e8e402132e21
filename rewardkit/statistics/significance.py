"""Tests of a difference, and the correction for testing many slices."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import stats

EXACT = 12
"""Clusters up to which every exchange is tried."""


def mcnemar_exact(only_a: int, only_b: int) -> float:
    """Exact McNemar: two-sided p of `only_a` and `only_b` discordant questions under equal chances.

    1.0 if no question is discordant. Source: McNemar 1947, binomial form.

    >>> round(mcnemar_exact(1, 9), 4)
    0.0215
    """
    total = only_a + only_b
    return float(stats.binomtest(only_b, total, 0.5).pvalue) if total else 1.0


def holm(ps: Sequence[float]) -> list[float]:
    """Holm's adjusted p for each, controlling the chance of any false finding. NaN stays and is not counted.

    Source: Holm 1979.

    >>> [round(p, 3) for p in holm([0.01, 0.04, float("nan")])]
    [0.02, 0.04, nan]
    """
    values = np.asarray(ps, dtype=np.float64)
    order = np.argsort(values)  # NaN sorts last
    order = order[np.isfinite(values[order])]
    adjusted = np.full(len(values), math.nan)
    # statsmodels has this too, at the price of three seconds of imports
    factors = np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(values[order] * factors))
    return [float(p) for p in adjusted]


def exchange_test(
    a: tuple[NDArray[np.float64], NDArray[np.float64]],
    b: tuple[NDArray[np.float64], NDArray[np.float64]],
    draws: int = 4000,
    seed: int = 0,
) -> float:
    """Two-sided p of ratio(b) - ratio(a), if each question's two figures were assigned to the sides by chance.

    Each side is (num, den) by question (or by cluster), and a ratio is sum(num) / sum(den). p is the share of all
    exchanges of the sides, question by question, that differ at least as much as observed: of every exchange up to
    `EXACT` questions, so that p is never below 2 / 2**questions, and of random ones beyond. Exchanges that leave a
    side without a denominator are not counted. With one trial per question it is exact McNemar.

    Source: Noreen 1989, approximate randomization.

    >>> one = np.ones(3)
    >>> exchange_test((0 * one, one), (one, one))
    0.25
    """
    swap = _exchanges(len(a[0]), draws, seed)
    (num_a, den_a), (num_b, den_b) = a, b

    def ratio(num: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
        return num.sum() + swap @ (other - num)

    below_a, below_b = ratio(den_a, den_b), ratio(den_b, den_a)
    defined = (below_a > 0) & (below_b > 0)
    drawn = ratio(num_b, num_a)[defined] / below_b[defined] - ratio(num_a, num_b)[defined] / below_a[defined]
    seen = num_b.sum() / den_b.sum() - num_a.sum() / den_a.sum()
    return float(np.mean(np.abs(drawn) >= abs(seen) - 1e-9))


@lru_cache(maxsize=4)
def _exchanges(groups: int, draws: int, seed: int) -> NDArray[np.float64]:
    """Which questions are exchanged, shape (exchanges, groups); the first row exchanges none."""
    if groups <= EXACT:
        every = np.arange(2**groups)[:, None] >> np.arange(groups)
        return (every & 1).astype(np.float64)
    made = np.random.default_rng(seed).integers(0, 2, size=(draws + 1, groups)).astype(np.float64)
    made[0] = 0.0  # the observed assignment is one of them, so p is never 0
    return made
