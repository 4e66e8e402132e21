"""Where one curve lies above another, tested at all its points at once.

Two pass@k curves of the same generator cross somewhere in about half of all pairs of runs, by noise alone. So a gain,
a loss or a crossing is claimed only where a band that covers the *whole* difference with the stated probability
excludes 0. Questions are resampled jointly over all k; the quantile of the largest studentised deviation over k in
each resample is the band's half-width in standard errors (the max-t band: Efron and Tibshirani 1993, chapter 12;
Montiel Olea and Plagborg-Møller 2019).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

import numpy as np
from numpy.typing import NDArray

from .bootstrap import RESAMPLES, TINY, cluster_codes, quantile_of_student, resample_weights

ENOUGH = 30
"""Clusters of questions below which no band is given: resamples of fewer say too little about others."""

GAINS, LOSES, UNKNOWN = "gains", "loses", "cannot tell"


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """B - A at each k with a band that covers all of them together.

    `low` and `high` are NaN where no band can be given: with fewer than `ENOUGH` clusters of questions, or at a k where
    no question differs. `clusters` is the number of questions if they are not clustered.
    """

    ks: tuple[int, ...]
    value: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    questions: int
    clusters: int

    @property
    def verdicts(self) -> tuple[str, ...]:
        """For each k whether B *gains* or *loses*, or we *cannot tell*."""
        ends = zip(self.low, self.high, strict=True)
        return tuple(GAINS if low > 0 else LOSES if high < 0 else UNKNOWN for low, high in ends)

    def stretches(self) -> Iterator[tuple[str, int, int]]:
        """Verdicts with the first and last k of each stretch, in order."""
        for verdict, found in groupby(zip(self.verdicts, self.ks, strict=True), key=lambda pair: pair[0]):
            ks = [k for _, k in found]
            yield verdict, ks[0], ks[-1]

    @property
    def crossing(self) -> tuple[int, int] | None:
        """The ks between which the curves cross: the last of a gain and the first of a later loss, or the reverse."""
        sure = [stretch for stretch in self.stretches() if stretch[0] != UNKNOWN]
        for before, after in pairwise(sure):
            if before[0] != after[0]:
                return before[2], after[1]
        return None


def difference_band(
    a: NDArray[np.float64],
    b: NDArray[np.float64],
    ks: Sequence[int],
    *,
    clusters: Sequence[object] | None = None,
    level: float = 0.95,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Band:
    """The mean of b - a at every k and its simultaneous band.

    Args:
        a, b: shape (questions, len(ks)), per-question pass@k of the same questions. A question with a NaN does not count.
        clusters: a label for each question; questions of one cluster are drawn together.
        level: the probability that the band covers the true difference at every k.

    The band is widened for small samples like `ratio_interval`'s interval.
    """
    keep = np.isfinite(a).all(axis=1) & np.isfinite(b).all(axis=1)
    gap = (b - a)[keep]
    labels = np.arange(len(gap)) if clusters is None else cluster_codes(clusters)[keep]
    value = gap.mean(axis=0) if len(gap) else np.full(len(ks), math.nan)
    codes, sizes = np.unique(labels, return_inverse=True, return_counts=True)[1:]
    groups = len(sizes)
    reach = np.full(len(ks), math.nan)
    if groups >= ENOUGH:
        sums = np.stack([np.bincount(codes, weights=column) for column in gap.T], axis=1)
        error = np.sqrt(groups / (groups - 1) * np.square(sums - np.outer(sizes, value)).sum(axis=0)) / len(
            gap
        )
        moves = error > TINY
        weights = resample_weights(groups, resamples, seed)
        drawn = (weights @ sums[:, moves]) / (weights @ sizes)[:, None]
        largest = np.abs((drawn - value[moves]) / error[moves]).max(axis=1, initial=0.0)
        reach = np.where(moves, _critical(largest, level, groups) * error, math.nan)
    return Band(
        ks=tuple(ks),
        value=tuple(map(float, value)),
        low=tuple(map(float, value - reach)),
        high=tuple(map(float, value + reach)),
        questions=len(gap),
        clusters=groups,
    )


def _critical(largest: NDArray[np.float64], level: float, groups: int) -> float:
    """The band's half-width in standard errors."""
    found = float(np.quantile(largest, level))
    normal, student = quantile_of_student(level, None), quantile_of_student(level, groups - 1)
    return found * student / normal * math.sqrt(groups / (groups - 1))
