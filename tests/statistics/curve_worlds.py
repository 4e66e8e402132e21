"""Made-up pairs of runs whose truth is known, for the band of a pass@k difference."""

import numpy as np

from rewardkit.statistics.estimators import pass_at_k

RATES = {
    "uniform": lambda rng, size: rng.uniform(size=size),
    "easy and hard": lambda rng, size: rng.choice([0.95, 0.05], size=size, p=[0.95, 0.05]),
    "hard": lambda rng, size: rng.beta(0.2, 3, size=size),
    "3 % solvable": lambda rng, size: np.where(rng.uniform(size=size) < 0.03, 0.5, 0.0),
}


def curves(rng, rates, n):
    """Per-question pass@k for k = 1..n of one run: shape (questions, n)."""
    table = np.stack([pass_at_k(np.full(n + 1, n), np.arange(n + 1), k) for k in range(1, n + 1)], axis=1)
    return table[rng.binomial(n, rates)]


def sharpened(rng, rates):
    """What reinforcement learning can do: what was likely becomes likelier, some of what was rare is lost."""
    lost = rng.uniform(size=len(rates)) < 0.2
    return np.where(rates > 0.2, rates + 0.15 * (1 - rates), np.where(lost, 0.0, rates))
