"""Tests of a difference, and their correction for looking at many slices."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy import stats


def mcnemar_exact(only_a: int, only_b: int) -> float:
    """Exact McNemar: two-sided p of `only_a` and `only_b` discordant questions under equal chances.

    1.0 where no question is discordant. Source: McNemar 1947, binomial form.

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
