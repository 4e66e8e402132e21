"""How sure one may be of a figure: intervals, paired tests and what a sample of this size can see.

Pure functions on arrays. The unit of resampling is always the question (or a cluster of questions that
share something), never the sample: samples of one question are not independent of each other.
"""

from .bootstrap import Estimate, paired_difference, ratio_interval, resample_weights
from .curves import Crossing, crossing_point
from .power import minimum_detectable_difference
from .significance import exchange_test, holm, mcnemar_exact
from .wilson import wilson

__all__ = [
    "Crossing",
    "Estimate",
    "crossing_point",
    "exchange_test",
    "holm",
    "mcnemar_exact",
    "minimum_detectable_difference",
    "paired_difference",
    "ratio_interval",
    "resample_weights",
    "wilson",
]
