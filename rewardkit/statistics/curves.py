"""Where two pass@k curves cross, and how sure that is.

RL often lifts pass@1 and lowers pass@k at large k; the k at which the curves meet is the figure people
quote, and a single number without an interval is not one. Questions are resampled jointly over models
and k, so each resample holds two whole curves.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .bootstrap import RESAMPLES, resample_weights


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """The k at which B - A first changes sign (between the ks measured, linear in log k).

    `k` is NaN where the curves do not cross. `share` is the part of the resamples in which they do;
    `low` and `high` are percentiles of k over those alone, so read them together with `share`.
    """

    k: float
    low: float
    high: float
    share: float
    questions: int


def crossing_point(
    a: NDArray[np.float64],
    b: NDArray[np.float64],
    ks: Sequence[int],
    *,
    level: float = 0.95,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Crossing:
    """Cross two curves. `a`, `b`: shape (questions, len(ks)), per-question pass@k of the same questions."""
    keep = np.isfinite(a).all(axis=1) & np.isfinite(b).all(axis=1)
    gap = (b - a)[keep]
    if len(gap) < 2:
        return Crossing(k=math.nan, low=math.nan, high=math.nan, share=math.nan, questions=len(gap))
    logs = np.log(np.asarray(ks, dtype=np.float64))
    drawn = resample_weights(len(gap), resamples, seed) @ gap / len(gap)
    crossings = np.array([_first_crossing(row, logs) for row in drawn])
    found = crossings[np.isfinite(crossings)]
    low, high = np.quantile(found, [(1 - level) / 2, (1 + level) / 2]) if len(found) else (math.nan, math.nan)
    return Crossing(
        k=_first_crossing(gap.mean(axis=0), logs),
        low=float(low),
        high=float(high),
        share=len(found) / resamples,
        questions=len(gap),
    )


def _first_crossing(gap: NDArray[np.float64], logs: NDArray[np.float64]) -> float:
    """k of the first change of sign; a stretch of exact ties is not a crossing by itself."""
    signs = np.sign(gap)
    last = -1
    for i, sign in enumerate(signs):
        if sign == 0:
            continue
        if last >= 0 and sign != signs[last]:
            span = abs(gap[last]) + abs(gap[i])
            return float(np.exp(logs[last] + (logs[i] - logs[last]) * abs(gap[last]) / span))
        last = i
    return math.nan
