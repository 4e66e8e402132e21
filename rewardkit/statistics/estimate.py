"""A figure and how sure one may be of it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from ..documents import OMITTED, called


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A figure, its interval, the number of questions it rests on and how the interval was made.

    `value`, `low` and `high` are NaN where nothing can be said. `p` is the two-sided probability of a
    difference this large under no difference, NaN where none was tested.
    """

    value: float
    low: float = math.nan
    high: float = math.nan
    questions: int = 0
    method: str = field(default="", metadata=called("interval"))
    p: float = field(default=math.nan, metadata=OMITTED)
