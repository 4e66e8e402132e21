"""The smallest difference that a comparison over this many questions can detect."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from .bootstrap import TINY, cluster_codes, clustered_error


def minimum_detectable_difference(
    differences: ArrayLike,
    level: float = 0.95,
    power: float = 0.8,
    clusters: Sequence[object] | None = None,
) -> float:
    """The smallest true difference that a paired test over these questions finds with this power.

    (z_{(1+level)/2} + z_power) times the standard error of the mean of per-question differences d, NaN left out:
    sd(d) / sqrt(N), or the clustered one where `clusters` has a label for each question. NaN for fewer than two
    questions or clusters, and if no question differs (the spread is then unknown, not zero).

    Source: Miller 2024 (arXiv 2411.00640), section 5.
    """
    d = np.asarray(differences, dtype=np.float64)
    keep = np.isfinite(d)
    d, labels = d[keep], (np.arange(len(d)) if clusters is None else cluster_codes(clusters))[keep]
    if len(np.unique(labels)) < 2 or not np.any(d != d[0]):
        return math.nan
    error = clustered_error(d, np.ones(len(d)), labels)
    z = stats.norm.ppf((1 + level) / 2) + stats.norm.ppf(power)
    return float(z * error) if error > TINY else math.nan
