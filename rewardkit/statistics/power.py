"""The smallest difference that a comparison over this many questions can detect."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats


def minimum_detectable_difference(differences: ArrayLike, level: float = 0.95, power: float = 0.8) -> float:
    """The smallest true difference that a paired test over these questions finds with this power.

    (z_{(1+level)/2} + z_power) * sd(d) / sqrt(N) over per-question differences d, NaN left out. NaN for
    fewer than two questions, and if no question differs (the spread is then unknown, not zero).

    Source: Miller 2024 (arXiv 2411.00640), section 5.
    """
    d = np.asarray(differences, dtype=np.float64)
    d = d[np.isfinite(d)]
    if len(d) < 2 or not np.any(d != d[0]):
        return math.nan
    z = stats.norm.ppf((1 + level) / 2) + stats.norm.ppf(power)
    return float(z * d.std(ddof=1) / math.sqrt(len(d)))
