"""Per-question estimators from counts: n samples were drawn, c of them are right.

Integer arrays of any shapes that broadcast give float arrays. A question with fewer samples
than an estimator needs gets NaN, never 0. Each value is a quotient of exact integers, rounded once, so
there is no loss of digits at any n. Averaging over questions is the caller's business.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .groups import dead_share, pass_variance


def mean_at_n(n: ArrayLike, c: ArrayLike) -> NDArray[np.float64]:
    """Share of right samples, c/n; NaN where n is 0. Estimates pass@1."""
    return _per_question(lambda n, c: c / n if n else math.nan, n, c)


def pass_at_k(n: ArrayLike, c: ArrayLike, k: int) -> NDArray[np.float64]:
    """Chance that at least one of k samples is right, unbiased: 1 - C(n-c, k) / C(n, k).

    Source: Chen et al. 2021 (arXiv 2107.03374), equation 1; the average over all k-subsets of the n
    samples, without replacement. NaN where n < k.

    >>> pass_at_k([8, 8, 4], [1, 0, 2], 8)
    array([ 1.,  0., nan])
    """
    return _per_question(_pass_at_k, n, c, _positive(k))


def pass_hat_k(n: ArrayLike, c: ArrayLike, k: int) -> NDArray[np.float64]:
    """Chance that all of k samples are right, pass^k: C(c, k) / C(n, k). NaN where n < k.

    Source: Yao et al. 2024 (tau-bench, arXiv 2406.12045).
    """
    return _per_question(_pass_hat_k, n, c, _positive(k))


def g_pass_at_k(n: ArrayLike, c: ArrayLike, k: int, tau: float) -> NDArray[np.float64]:
    """Chance that at least a share tau of k samples is right: P(Hypergeom(n, c, k) >= max(1, ceil(tau k))).

    Source: Liu et al. 2024 (G-Pass@k, arXiv 2412.13147). tau = 1 is pass^k, tau -> 0 is pass@k. NaN where
    n < k. `tau` is read as the decimal that is written (0.55 of 20 is 11, not 12).
    """
    if not 0 <= tau <= 1:
        raise ValueError(f"tau is a share between 0 and 1; found {tau}")
    need = max(1, math.ceil(Fraction(repr(float(tau))) * _positive(k)))
    return _per_question(_at_least, n, c, k, need)


def mg_pass_at_k(n: ArrayLike, c: ArrayLike, k: int) -> NDArray[np.float64]:
    """G-Pass@k averaged over tau from one half to one: (2/k) sum_{i=ceil(k/2)+1..k} P(X >= i).

    Source: Liu et al. 2024 (arXiv 2412.13147), equation 5. NaN where n < k.
    """
    return _per_question(_mg_pass, n, c, _positive(k))


def dead_group_share(counts: Sequence[Sequence[int]], size: int) -> NDArray[np.float64]:
    """Share of groups of `size` samples whose rewards are all equal, so that GRPO gets no gradient from them.

    `counts[i]` holds, for question i, how many of its samples share each distinct value (right and wrong
    give two numbers; rewards may give more). Unbiased for n >= size: sum_v C(n_v, G) / C(n, G); NaN
    otherwise.

    >>> dead_group_share([[4, 4], [8, 0], [2, 1]], 4)
    array([0.02857143, 1.        ,        nan])
    """
    _positive(size)
    return np.array([dead_share(row, size) for row in counts], dtype=np.float64)


def learning_signal(n: ArrayLike, c: ArrayLike) -> NDArray[np.float64]:
    """Unbiased estimate of p(1-p), the variance that a policy gradient learns from: c(n-c) / (n(n-1)).

    NaN where n < 2.
    """
    return _per_question(pass_variance, n, c)


def _positive(k: int) -> int:
    if k < 1:
        raise ValueError(f"k counts samples from 1; found {k}")
    return k


def _per_question(
    formula: Callable[..., float], n: ArrayLike, c: ArrayLike, *rest: int
) -> NDArray[np.float64]:
    """Evaluate a formula on Python integers once for each distinct pair (n, c)."""
    total, right = np.broadcast_arrays(np.asarray(n, dtype=np.int64), np.asarray(c, dtype=np.int64))
    if np.any(right < 0) or np.any(right > total):
        raise ValueError("every question needs 0 <= right samples <= samples")
    pairs = np.stack([total.ravel(), right.ravel()], axis=1)
    distinct, place = np.unique(pairs, axis=0, return_inverse=True)
    values = np.array([formula(int(a), int(b), *rest) for a, b in distinct], dtype=np.float64)
    return values[place.ravel()].reshape(total.shape) if distinct.size else np.zeros(total.shape)


@lru_cache(maxsize=65536)
def _pass_at_k(n: int, c: int, k: int) -> float:
    if n < k:
        return math.nan
    whole = math.comb(n, k)
    return (whole - math.comb(n - c, k)) / whole


@lru_cache(maxsize=65536)
def _pass_hat_k(n: int, c: int, k: int) -> float:
    return math.comb(c, k) / math.comb(n, k) if n >= k else math.nan


@lru_cache(maxsize=65536)
def _at_least(n: int, c: int, k: int, need: int) -> float:
    """P(X >= need) for X hypergeometric: k drawn of n, c of them right."""
    if n < k:
        return math.nan
    return sum(math.comb(c, i) * math.comb(n - c, k - i) for i in range(need, k + 1)) / math.comb(n, k)


@lru_cache(maxsize=65536)
def _mg_pass(n: int, c: int, k: int) -> float:
    if n < k:
        return math.nan
    return 2 / k * sum(_at_least(n, c, k, i) for i in range(math.ceil(k / 2) + 1, k + 1))
