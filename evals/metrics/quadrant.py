"""Greedy x pass@k: what reinforcement learning can still gain, and what it cannot.

A question that greedy decoding gets wrong but some sample gets right is headroom for RL, which moves
probability towards what the policy can already do; one that no sample gets right needs data or
distillation; one that greedy gets right and samples mostly miss is brittle.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rewardkit.statistics.estimators import pass_at_k

QUADRANTS = {
    "solid": "greedy right, and reached by k samples",
    "lucky": "greedy right, though none of k samples is",
    "headroom": "greedy wrong but reachable: headroom for RL",
    "never": "never right: needs data or distillation",
}


def quadrant(greedy: ArrayLike, n: ArrayLike, c: ArrayLike, k: int) -> dict[str, NDArray[np.float64]]:
    """Each question's membership of the four cells, in the shape of `greedy`; the four sum to 1.

    Args:
        greedy: 1.0 right, 0.0 wrong, NaN missing or undecided.
        n, c: samples and right samples.
        k: how many samples may be tried. For k < n membership is a probability (pass@k), unbiased.

    NaN where greedy is NaN or n < k.
    """
    right = np.asarray(greedy, dtype=np.float64)
    reach = pass_at_k(n, c, k)
    return {
        "solid": right * reach,
        "lucky": right * (1 - reach),
        "headroom": (1 - right) * reach,
        "never": (1 - right) * (1 - reach),
    }
