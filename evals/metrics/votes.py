"""maj@k: how often the majority of k samples is right.

For one question, from the answer of each sample (in its normal form) and whether it was right: the expectation
over all k-subsets of the samples, without replacement, with a tie paid in proportion to the right answers among
the tied. It is exact, not simulated: for each height m
of the winning pile, a polynomial whose coefficients count the subsets.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from math import comb
from typing import Literal

import numpy as np
from numpy.typing import NDArray

NonAnswers = Literal["abstain", "vote"]


def maj_at_k(
    predictions: Sequence[str | None], right: Sequence[bool], non_answers: NonAnswers = "abstain"
) -> NDArray[np.float64]:
    """maj@1 .. maj@n of one question, shape (n,).

    Args:
        predictions: the answer of each sample, equal answers under one name, None where it gave none.
        right: whether each sample is right. Samples with one prediction may differ in this (two routes of
            a verifier): the pile is then right in that share.
        non_answers: `abstain` (a sample without an answer takes a place but casts no vote; a subset
            without votes is wrong) or `vote` (samples without an answer form one pile, which is wrong).

    Source: Wang et al. 2022 (self-consistency, arXiv 2203.11171), without replacement.

    >>> maj_at_k(["4", "4", "5"], [True, True, False])
    array([0.66666667, 0.66666667, 1.        ])
    """
    if len(predictions) != len(right):
        raise ValueError(f"{len(predictions)} predictions but {len(right)} verdicts")
    silent = sum(answer is None for answer in predictions)
    piles: Counter[str] = Counter(answer for answer in predictions if answer is not None)
    good = Counter(answer for answer, ok in zip(predictions, right, strict=True) if ok and answer is not None)
    sizes = [(size, good[answer] / size) for answer, size in piles.items()]
    if silent and non_answers == "vote":
        sizes.append((silent, 0.0))
        silent = 0
    return np.array(_expectation(tuple(sorted(sizes)), silent))


@lru_cache(maxsize=65536)
def _expectation(piles: tuple[tuple[int, float], ...], silent: int) -> tuple[float, ...]:
    """maj@1..n for piles of (size, share right) and `silent` samples that cast no vote."""
    n = sum(size for size, _ in piles) + silent
    if n > 1000:
        raise ValueError(f"maj@k is exact up to 1000 samples per question; found {n}")
    if not n:
        return ()
    subsets = _binomials(n)
    paid = np.zeros(n + 1)
    for index, (size, share) in enumerate(piles):
        if not share:
            continue
        others = piles[:index] + piles[index + 1 :]
        for height in range(1, size + 1):
            ways = _beaten_or_tied([s for s, _ in others], silent, height, n - height)
            tied = np.arange(1, ways.shape[1] + 1)
            paid[height:] += share * _binomials(size)[height] * (ways / tied).sum(axis=1)
    return tuple(float(value) for value in (paid / subsets)[1:])


def _beaten_or_tied(sizes: Sequence[int], silent: int, height: int, room: int) -> NDArray[np.float64]:
    """Ways to draw s votes (rows, 0..room) from other piles, none above `height` and t at it (columns)."""
    most_ties = min(sum(size >= height for size in sizes), room // height)
    ways = np.zeros((room + 1, most_ties + 1))
    ways[:, 0][: min(silent, room) + 1] = _binomials(silent)[: room + 1]
    for size in sizes:
        choose = _binomials(size)
        made = ways.copy()
        for drawn in range(1, min(size, height, room) + 1):
            moved = ways[: room + 1 - drawn] * choose[drawn]
            if drawn < height:
                made[drawn:] += moved
            elif most_ties:
                made[drawn:, 1:] += moved[:, :-1]
        ways = made
    return ways


@lru_cache(maxsize=4096)
def _binomials(n: int) -> NDArray[np.float64]:
    """C(n, 0) .. C(n, n). All sums here are of positive numbers, so floats lose nothing to cancellation."""
    return np.array([float(comb(n, i)) for i in range(n + 1)])
