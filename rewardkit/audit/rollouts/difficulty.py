"""How hard the problems are: a Beta distribution of pass rates, fitted to pass counts.

Pass counts (n completions, c right, a problem) come in; a Beta(a, b) whose beta-binomial makes them most
likely goes out, with what follows from it for group sizes that nobody has sampled and for single
problems. The likelihood is laid out on a grid of mean and strength, so that a thousand bootstrap fits
are one matrix product; the point estimate is then refined around the best node.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log

import numpy as np

from ...documents import computed
from ...statistics import expected_dead_share

Array = np.ndarray
NODES = 64
MEANS = (-7.0, 7.0)
"""Range of the logit of the mean."""
STRENGTHS = (log(0.02), log(2000.0))
"""Range of the logarithm of a + b: from all-or-nothing problems to all alike."""


@dataclass(frozen=True, slots=True)
class Difficulty:
    """Pass rates as Beta(a, b)."""

    a: float
    b: float

    @property
    @computed("mean")
    def mean(self) -> float:
        """The mean pass rate."""
        return self.a / (self.a + self.b)

    def dead(self, size: int) -> float:
        """E[p^G + (1-p)^G]: the share of groups of this size without signal.

        >>> round(Difficulty(0.925, 0.300).dead(8), 2)
        0.5
        """
        return expected_dead_share(self.a, self.b, size)

    def shrunken(self, n: int, c: int) -> float:
        """The pass rate of a problem with c of n right, drawn towards the others'."""
        return (self.a + c) / (self.a + self.b + n)

    def interval(self, n: int, c: int, level: float = 0.95) -> tuple[float, float]:
        """The central interval of a problem's pass rate given its counts (Beta posterior)."""
        grid = _GRID
        density = (self.a + c - 1) * np.log(grid) + (self.b + n - c - 1) * np.log1p(-grid) + np.log(_WIDTH)
        mass = np.cumsum(np.exp(density - density.max()))
        mass /= mass[-1]
        tail = (1 - level) / 2
        low, high = np.searchsorted(mass, [tail, 1 - tail])
        return float(grid[low]), float(grid[min(high, len(grid) - 1)])


_LOGITS = np.linspace(-16.0, 16.0, 4001)
_GRID = 1 / (1 + np.exp(-_LOGITS))
_WIDTH = _GRID * (1 - _GRID)


def fit(counts: Sequence[tuple[int, int]]) -> Difficulty:
    """The most likely Beta(a, b) for (n, c) pairs, on the grid and then refined.

    Where all problems are equally hard, or each is solved always or never, the likelihood has its maximum
    at the edge of the grid and the edge is what is given.
    """
    pairs, weights = _tally(counts)
    means, strengths = _nodes(MEANS), _nodes(STRENGTHS)
    at = _best(pairs, weights, means, strengths)
    for _ in range(4):
        step_mean, step_strength = means[1] - means[0], strengths[1] - strengths[0]
        means = np.linspace(max(MEANS[0], at[0] - 2 * step_mean), min(MEANS[1], at[0] + 2 * step_mean), 25)
        strengths = np.linspace(
            max(STRENGTHS[0], at[1] - 2 * step_strength), min(STRENGTHS[1], at[1] + 2 * step_strength), 25
        )
        at = _best(pairs, weights, means, strengths)
    return _at(*at)


def fit_resampled(pairs: Array, weights: Array) -> list[Difficulty]:
    """Fits to resampled problems: `weights` has shape (resamples, pairs). On the nodes of the grid."""
    means, strengths = np.meshgrid(_nodes(MEANS), _nodes(STRENGTHS), indexing="ij")
    table = likelihood(pairs, means.ravel(), strengths.ravel())
    best = np.argmax(table @ weights.T, axis=0)
    return [_at(float(means.ravel()[at]), float(strengths.ravel()[at])) for at in best]


def likelihood(pairs: Array, means: Array, strengths: Array) -> Array:
    """log P(c | n, a, b) up to a constant; shape (nodes, pairs), means and strengths as logit and log."""
    mean = 1 / (1 + np.exp(-means))
    total = np.exp(strengths)
    a, b = mean * total, (1 - mean) * total
    most = int(pairs[:, 0].max())
    steps = np.arange(most)

    def rising(base: Array) -> Array:
        logs = np.log(base[:, None] + steps)
        return np.concatenate([np.zeros((len(base), 1)), np.cumsum(logs, axis=1)], axis=1)

    up_a, up_b, up = rising(a), rising(b), rising(total)
    n, c = pairs[:, 0], pairs[:, 1]
    return up_a[:, c] + up_b[:, n - c] - up[:, n]


def _tally(counts: Sequence[tuple[int, int]]) -> tuple[Array, Array]:
    pairs, weights = np.unique(np.array(counts, dtype=int), axis=0, return_counts=True)
    return pairs, weights.astype(float)


def _nodes(ends: tuple[float, float]) -> Array:
    return np.linspace(*ends, NODES)


def _best(pairs: Array, weights: Array, means: Array, strengths: Array) -> tuple[float, float]:
    a, b = np.meshgrid(means, strengths, indexing="ij")
    value = likelihood(pairs, a.ravel(), b.ravel()) @ weights
    at = int(np.argmax(value))
    return float(a.ravel()[at]), float(b.ravel()[at])


def _at(mean: float, strength: float) -> Difficulty:
    share, total = 1 / (1 + exp(-mean)), exp(strength)
    return Difficulty(share * total, (1 - share) * total)
