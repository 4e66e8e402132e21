"""A figure and its uncertainty."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from ..documents import OMITTED, called


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A figure, its interval, the number of questions it rests on and how the interval was made.

    `value`, `low` and `high` are NaN if unknown. `p` is the two-sided probability of a difference this large if
    there were none; NaN if no difference was tested.
    """

    value: float
    low: float = math.nan
    high: float = math.nan
    questions: int = 0
    method: str = field(default="", metadata=called("interval"))
    p: float = field(default=math.nan, metadata=OMITTED)
