"""The score interval for a proportion, good for small counts and at 0 and 1."""

from __future__ import annotations

import math
from statistics import NormalDist

from .estimate import Estimate

Z95 = 1.959963984540054
"""The normal quantile at .975; `NormalDist` is off in its last bit."""


def wilson(right: float, total: float, level: float = 0.95) -> tuple[float, float]:
    """Wilson's interval for `right` of `total` independent trials; (NaN, NaN) for none.

    Both may be fractions: weighted trials count as their effective number. Source: Wilson 1927, without
    continuity correction.

    >>> tuple(round(x, 3) for x in wilson(9, 30))
    (0.167, 0.479)
    """
    if not total:
        return math.nan, math.nan
    z = Z95 if level == 0.95 else NormalDist().inv_cdf(0.5 + 0.5 * level)
    share, whole = right / total, 2 * (total + z**2)
    middle = (2 * total * share + z**2) / whole
    half = z / whole * math.sqrt(max(0.0, 4 * total * share * (1 - share)) + z**2)
    return 0.0 if right == 0 else middle - half, 1.0 if right == total else middle + half


def proportion(right: int, total: int) -> Estimate:
    """The share of `right` among `total` questions, with Wilson's interval; NaN of none."""
    low, high = wilson(right, total)
    value = right / total if total else math.nan
    return Estimate(value=value, low=low, high=high, questions=total, method="wilson")
