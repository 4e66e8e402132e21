"""GRPO's advantages in TRL's own arithmetic.

Rewards come in as an array of groups x completions (or, for several reward functions, groups x
completions x functions), with NaN where nothing was paid; advantages of the same shape go out. As in
`trl.GRPOTrainer` (1.16): Bessel's standard deviation and 1e-4 under it; a completion that no function
pays is left out of its group's baseline and gets 0; a sum leaves NaN out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from ...errors import UsageError

EPSILON = 1e-4
Scale = Literal["group", "batch", "none"]
Aggregation = Literal["sum_then_normalize", "normalize_then_sum"]
Array = np.ndarray


def advantages(
    terms: Array,
    weights: Sequence[float] | None = None,
    scale: Scale = "group",
    aggregation: Aggregation = "sum_then_normalize",
    precision: type = np.float64,
) -> Array:
    """What each completion is worth beside the others of its prompt.

    Args:
        terms: shape (groups, completions, functions), NaN where a function pays nothing.
        weights: one a function; 1 each by default.
        scale: the standard deviation divided by: the group's, the batch's, or none. Without meaning for
            `normalize_then_sum`.
        aggregation: `sum_then_normalize` (the default), or GDPO's `normalize_then_sum` (arXiv 2601.05242).
        precision: of the arithmetic; TRL's is float32, whose rounding `normalize_then_sum` can blow up.

    Returns:
        Shape (groups, completions).
    """
    terms = np.asarray(terms, dtype=precision)
    if terms.ndim != 3:
        raise UsageError(f"rewards are groups x completions x functions, found shape {terms.shape}")
    weight = np.asarray(np.ones(terms.shape[2]) if weights is None else weights, dtype=precision)
    unscorable = np.isnan(terms).all(axis=2)
    if aggregation == "normalize_then_sum":
        z = (terms - mean(terms, 1)) / (deviation(terms, 1) + EPSILON)
        rewards = np.nansum(z * weight, axis=2)
        rewards[unscorable] = np.nan
        found = (rewards - mean(rewards, None)) / (deviation(rewards, None) + EPSILON)
        return np.nan_to_num(found, nan=0.0)
    if aggregation != "sum_then_normalize":
        raise UsageError(f"aggregation is sum_then_normalize or normalize_then_sum, found {aggregation!r}")
    rewards = np.nansum(terms * weight, axis=2)
    rewards[unscorable] = np.nan
    found = rewards - mean(rewards, 1)
    if scale in ("group", "batch"):
        found = found / (deviation(rewards, 1 if scale == "group" else None) + EPSILON)
    elif scale != "none":
        raise UsageError(f"scale is group, batch or none, found {scale!r}")
    return np.nan_to_num(found, nan=0.0)


def of_totals(totals: Array, scale: Scale = "group") -> Array:
    """Advantages of totals, shape (groups, completions)."""
    return advantages(np.asarray(totals, dtype=float)[:, :, None], scale=scale)


def of_group(totals: Sequence[float | None], scale: Scale = "group") -> list[float]:
    """Advantages of one group; None pays nothing.

    >>> [round(value, 3) for value in of_group([1.0] + [-0.1] * 7)][:2]
    [2.474, -0.353]
    """
    row = [np.nan if total is None else total for total in totals]
    return [float(value) for value in of_totals(np.array([row]), scale)[0]]


def dead(totals: Array) -> Array:
    """Which groups have a standard deviation of zero."""
    return _zero(deviation(np.asarray(totals, dtype=float), 1)[:, 0])


def zero_std(terms: Array, scale: Scale, aggregation: Aggregation) -> float:
    """TRL's `frac_reward_zero_std`: the share of groups without spread or, where TRL divides by the spread of the whole
    batch, 1 or 0 for the batch; of rewards summed over functions, shape (groups, completions, functions)."""
    totals = np.nansum(terms, axis=2)
    totals[np.isnan(terms).all(axis=2)] = np.nan
    if aggregation == "normalize_then_sum":
        z = (terms - mean(terms, 1)) / (deviation(terms, 1) + EPSILON)
        return float(_zero(deviation(np.nansum(z, axis=2), None)).all())
    return float(_zero(deviation(totals, None)).all()) if scale == "batch" else float(dead(totals).mean())


def _zero(values: Array) -> Array:
    return np.isclose(values, 0.0, rtol=1e-5, atol=1e-8)


def deviation(values: Array, axis: int | None) -> Array:
    """Bessel's standard deviation without NaN, kept dimensions; NaN for fewer than two values."""
    middle = mean(values, axis)
    present = ~np.isnan(values)
    number = present.sum(axis=axis, keepdims=True).astype(values.dtype)
    squares = np.nansum((values - middle) ** 2, axis=axis, keepdims=True)
    return np.where(number > 1, np.sqrt(squares / np.maximum(number - 1, 1)), np.nan).astype(values.dtype)


def mean(values: Array, axis: int | None) -> Array:
    """The mean without NaN, kept dimensions; NaN of nothing."""
    present = ~np.isnan(values)
    number = present.sum(axis=axis, keepdims=True).astype(values.dtype)
    sums = np.nansum(values, axis=axis, keepdims=True)
    return np.where(number > 0, sums / np.maximum(number, 1), np.nan).astype(values.dtype)
