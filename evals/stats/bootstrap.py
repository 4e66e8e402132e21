"""Question-level bootstrap for ratios of sums, alone and paired.

Almost every metric is a ratio sum(num) / sum(den) over questions: a mean has den = 1, None precision has
the number of None answers as den. So one function serves them all. Resampling draws whole questions
(whole clusters where questions share a source) with replacement; the sampling noise within a question
is already in its figure (Miller 2024, arXiv 2411.00640).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from .wilson import wilson

RESAMPLES = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A figure, its interval, the number of questions it rests on and how the interval was made.

    `value`, `low` and `high` are NaN where nothing can be said. `p` is the two-sided probability of a
    difference this large under no difference, NaN where none was tested.
    """

    value: float
    low: float = math.nan
    high: float = math.nan
    questions: int = 0
    method: str = ""
    p: float = math.nan


def ratio_interval(
    num: ArrayLike,
    den: ArrayLike,
    *,
    clusters: Sequence[object] | None = None,
    level: float = 0.95,
    resamples: int = RESAMPLES,
    seed: int = 0,
    unit: bool = True,
) -> Estimate:
    """sum(num) / sum(den) with a clustered bootstrap interval.

    Args:
        num, den: shape (questions,). A question with a NaN in either, or with den 0, does not count.
        clusters: a label for each question; questions of one cluster are drawn together.
        level: of the interval.
        unit: whether the figure is a share between 0 and 1; its interval is then kept within.

    The percentile interval is widened for small samples as Hesterberg 2015 (arXiv 1411.5279, section 3.2)
    advises: its quantiles are those at which a normal interval would equal Student's. Where every
    question is 0, or every one is 1, the bootstrap sees no spread at all; Wilson's interval over
    clusters is given then.
    """
    top, bottom, labels = _usable(num, den, clusters)
    if not len(top):
        return Estimate(value=math.nan, method="no data")
    value = float(top.sum() / bottom.sum())
    groups = len(np.unique(labels))
    if groups < 2:
        return Estimate(value=value, questions=len(top), method="one cluster: no interval")
    if unit and value in (0.0, 1.0):
        low, high = wilson(round(value * groups), groups, level)
        return Estimate(value=value, low=low, high=high, questions=len(top), method="wilson")
    drawn = _resampled(top, bottom, labels, resamples, seed)
    low, high = np.nanquantile(drawn, _expanded(level, groups))
    if unit:
        low, high = max(low, 0.0), min(high, 1.0)
    return Estimate(value=value, low=float(low), high=float(high), questions=len(top), method="bootstrap")


def paired_difference(
    a: tuple[ArrayLike, ArrayLike],
    b: tuple[ArrayLike, ArrayLike],
    *,
    clusters: Sequence[object] | None = None,
    level: float = 0.95,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Estimate:
    """ratio(b) - ratio(a) over the same questions, resampled jointly.

    Each side is (num, den), shape (questions,), question i the same in both. A question that is NaN on
    either side counts on neither. `p` is twice the smaller share of resampled differences on one side of
    zero, counted with one more resample on either side so that it is never 0.
    """
    num_a, den_a = (np.asarray(x, dtype=np.float64) for x in a)
    num_b, den_b = (np.asarray(x, dtype=np.float64) for x in b)
    both = np.isfinite(num_a) & np.isfinite(den_a) & np.isfinite(num_b) & np.isfinite(den_b)
    if not both.any() or not den_a[both].sum() or not den_b[both].sum():
        return Estimate(value=math.nan, method="no data")
    labels = np.arange(len(both)) if clusters is None else _codes(clusters)
    labels = labels[both]
    value = float(num_b[both].sum() / den_b[both].sum() - num_a[both].sum() / den_a[both].sum())
    groups = len(np.unique(labels))
    if groups < 2:
        return Estimate(value=value, questions=int(both.sum()), method="one cluster: no interval")
    first = _resampled(num_a[both], den_a[both], labels, resamples, seed)
    second = _resampled(num_b[both], den_b[both], labels, resamples, seed)
    drawn = (second - first)[np.isfinite(second - first)]
    if not len(drawn):
        return Estimate(value=value, questions=int(both.sum()), method="no resample defined")
    low, high = np.quantile(drawn, _expanded(level, groups))
    tail = min((np.sum(drawn <= 0) + 1) / (len(drawn) + 1), (np.sum(drawn >= 0) + 1) / (len(drawn) + 1))
    return Estimate(
        value=value,
        low=float(low),
        high=float(high),
        questions=int(both.sum()),
        method="paired bootstrap",
        p=min(1.0, 2 * float(tail)),
    )


@lru_cache(maxsize=4)
def resample_weights(groups: int, resamples: int = RESAMPLES, seed: int = 0) -> NDArray[np.float64]:
    """How often each cluster is drawn in each resample, shape (resamples, groups); rows sum to `groups`.

    The same arguments give the same draws, which is what pairs two models.
    """
    rng = np.random.default_rng(seed)
    return rng.multinomial(groups, np.full(groups, 1 / groups), size=resamples).astype(np.float64)


def _usable(
    num: ArrayLike, den: ArrayLike, clusters: Sequence[object] | None
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    top, bottom = np.asarray(num, dtype=np.float64), np.asarray(den, dtype=np.float64)
    keep = np.isfinite(top) & np.isfinite(bottom) & (bottom > 0)
    labels = np.arange(len(top)) if clusters is None else _codes(clusters)
    return top[keep], bottom[keep], labels[keep]


def _codes(clusters: Sequence[object]) -> NDArray[np.int64]:
    return np.unique(np.array([str(c) for c in clusters]), return_inverse=True)[1].astype(np.int64)


def _resampled(
    num: NDArray[np.float64], den: NDArray[np.float64], labels: NDArray[np.int64], resamples: int, seed: int
) -> NDArray[np.float64]:
    """The ratio in each resample; NaN where its denominator came out 0."""
    codes = np.unique(labels, return_inverse=True)[1]
    top, bottom = np.bincount(codes, weights=num), np.bincount(codes, weights=den)
    weights = resample_weights(len(top), resamples, seed)
    below = weights @ bottom
    return np.divide(weights @ top, below, out=np.full(resamples, math.nan), where=below > 0)


def _expanded(level: float, groups: int) -> tuple[float, float]:
    """The pair of quantiles that widens a percentile interval for `groups` clusters."""
    t = stats.t.ppf((1 + level) / 2, groups - 1) * math.sqrt(groups / (groups - 1))
    tail = float(stats.norm.sf(t))
    return tail, 1 - tail
