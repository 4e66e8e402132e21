"""The score interval for a proportion, good for small counts and at 0 and 1."""

from __future__ import annotations

import math
from statistics import NormalDist


def wilson(right: float, total: float, level: float = 0.95) -> tuple[float, float]:
    """Wilson's interval for `right` of `total` independent trials; (NaN, NaN) for none.

    Both may be fractions: weighted trials count as their effective number. Source: Wilson 1927, without
    continuity correction.

    >>> tuple(round(x, 3) for x in wilson(9, 30))
    (0.167, 0.479)
    """
    if not total:
        return math.nan, math.nan
    z = NormalDist().inv_cdf((1 + level) / 2)
    middle = right + z * z / 2
    half = z * math.sqrt(right * (total - right) / total + z * z / 4)
    low = (middle - half) / (total + z * z) if right else 0.0
    high = (middle + half) / (total + z * z) if right != total else 1.0
    return max(0.0, low), min(1.0, high)
