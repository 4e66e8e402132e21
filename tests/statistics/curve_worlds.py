"""Made-up runs and pairs of runs whose truth is known, for intervals and for the band of a pass@k difference."""

import math

import numpy as np

from rewardkit.statistics import ratio_interval
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


TRUTH = {
    "uniform": lambda k: k / (k + 1),
    "easy and hard": lambda k: 1 - 0.95 * 0.05**k - 0.05 * 0.95**k,
    "hard": lambda k: 1 - math.prod((3 + i) / (3.2 + i) for i in range(k)),
    "3 % solvable": lambda k: 0.03 * (1 - 0.5**k),
}
"""pass@k over all questions of such a world: what the interval is to cover."""


def covered(name, n, k, questions, times, seed):
    """How often the interval of pass@k covers the truth, and its mean width."""
    rng, one = np.random.default_rng(seed), np.ones(questions)
    table = pass_at_k(np.full(n + 1, n), np.arange(n + 1), k)
    hits = width = 0.0
    for _ in range(times):
        made = ratio_interval(table[rng.binomial(n, RATES[name](rng, questions))], one)
        hits += made.low <= TRUTH[name](k) <= made.high
        width += made.high - made.low
    return hits / times, width / times
