"""The score interval for a proportion, good for small counts and at 0 and 1."""

from __future__ import annotations

import math

from scipy.stats import binomtest


def wilson(right: int, total: int, level: float = 0.95) -> tuple[float, float]:
    """Wilson's interval for `right` of `total` independent trials; (NaN, NaN) for none.

    Source: Wilson 1927, without continuity correction.

    >>> tuple(round(x, 3) for x in wilson(9, 30))
    (0.167, 0.479)
    """
    if not total:
        return math.nan, math.nan
    interval = binomtest(right, total).proportion_ci(confidence_level=level, method="wilson")
    return float(interval.low), float(interval.high)
