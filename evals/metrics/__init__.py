"""Estimators of what a policy can do, from how many of its samples were right.

Everything here is a pure function on arrays: per-question counts in, per-question figures out. No text
is read: the recipe's reading has already decided whether a sample is right.
"""

from rewardkit.statistics.estimators import (
    dead_group_share,
    g_pass_at_k,
    learning_signal,
    mean_at_n,
    mg_pass_at_k,
    pass_at_k,
    pass_hat_k,
)

from .floors import chance_floor
from .quadrant import QUADRANTS, quadrant
from .votes import maj_at_k

__all__ = [
    "QUADRANTS",
    "chance_floor",
    "dead_group_share",
    "g_pass_at_k",
    "learning_signal",
    "maj_at_k",
    "mean_at_n",
    "mg_pass_at_k",
    "pass_at_k",
    "pass_hat_k",
    "quadrant",
]
