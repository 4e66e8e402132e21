"""How certain a figure is: intervals, paired tests, and what a sample of this size can detect.

Pure functions on numbers and arrays. The unit of resampling is always the question (or a cluster of questions that
share something), never the sample: samples of one question are not independent of each other.

`wilson`, `Estimate` and the group figures need only Python; what needs scipy is imported when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .estimate import Estimate
from .groups import dead_share, expected_dead_share, pass_variance
from .wilson import proportion, wilson

if TYPE_CHECKING:
    from .bands import Band, difference_band
    from .bootstrap import paired_difference, ratio_interval, resample_weights
    from .power import minimum_detectable_difference
    from .significance import exchange_test, holm, mcnemar_exact

__all__ = [
    "Band",
    "Estimate",
    "dead_share",
    "difference_band",
    "exchange_test",
    "expected_dead_share",
    "holm",
    "mcnemar_exact",
    "minimum_detectable_difference",
    "paired_difference",
    "pass_variance",
    "proportion",
    "ratio_interval",
    "resample_weights",
    "wilson",
]

_HOMES = {
    "Band": "bands",
    "difference_band": "bands",
    "exchange_test": "significance",
    "holm": "significance",
    "mcnemar_exact": "significance",
    "minimum_detectable_difference": "power",
    "paired_difference": "bootstrap",
    "ratio_interval": "bootstrap",
    "resample_weights": "bootstrap",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)
