"""Count, mean and spread of numbers, exact: the same whatever their order, and whether they are added at once or in parts.

Payments of one recipe repeat, so they are counted by value; sums are kept as whole numbers over a power of two, which
holds every float exactly. That is what lets parts scored by several processes, or before and after a kill, make the
summary of one.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

MOST_DISTINCT = 4096
"""Values that are counted one by one before they are summed."""
SCALE = 1074
"""Every float is a whole number of 2^-1074."""


@dataclass(slots=True)
class Moments:
    """Count, mean and spread of numbers."""

    count: int = 0
    lowest: float = math.inf
    highest: float = -math.inf
    _sum: int = 0
    _squares: int = 0
    _odd: float = 0.0
    """The sum of what is infinite or NaN, of which there is no exact one."""
    _fresh: Counter[float] = field(default_factory=Counter)
    """Values that are not in the sums yet, with their counts."""

    def add(self, value: float) -> None:
        """Add a number."""
        self.add_all((value,))

    def add_all(self, values: Iterable[float | None]) -> None:
        """Add numbers; None is none."""
        self._fresh.update([value for value in values if value is not None])
        if len(self._fresh) > MOST_DISTINCT:
            self._fold()

    def merge(self, other: Moments) -> None:
        """Add all that another has seen."""
        other._fold()
        self._fold()
        self.count += other.count
        self.lowest, self.highest = min(self.lowest, other.lowest), max(self.highest, other.highest)
        self._sum += other._sum
        self._squares += other._squares
        self._odd += other._odd

    @property
    def mean(self) -> float:
        """The mean; 0 where there are no numbers."""
        self._fold()
        if self._odd:
            return self._odd
        return float(Fraction(self._sum, self.count << SCALE)) if self.count else 0.0

    @property
    def spread(self) -> float | None:
        """The sample standard deviation (n - 1); None below two numbers."""
        self._fold()
        if self.count < 2:
            return None
        if self._odd:
            return math.nan
        over = self._squares * self.count - self._sum * self._sum
        variance = Fraction(over, (self.count * (self.count - 1)) << (2 * SCALE))
        return math.sqrt(variance) if variance < 2**1000 else math.inf

    def plain(self) -> dict[str, float | int | None]:
        """As JSON; null where there are no numbers."""
        self._fold()
        some = self.count > 0
        return {
            "paid": self.count,
            "mean": self.mean if some else None,
            "spread": self.spread,
            "lowest": self.lowest if some else None,
            "highest": self.highest if some else None,
        }

    def state(self) -> dict[str, Any]:
        """All of it as JSON, for `from_state`."""
        self._fold()
        ends = [self.lowest, self.highest] if self.count else None
        return {"count": self.count, "ends": ends, "sum": f"{self._sum:x}", "squares": f"{self._squares:x}"}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Moments:
        """What `state` wrote down."""
        lowest, highest = state["ends"] or (math.inf, -math.inf)
        return cls(state["count"], lowest, highest, int(state["sum"], 16), int(state["squares"], 16))

    def _fold(self) -> None:
        """Put the values that were only counted into the sums."""
        for value, times in self._fresh.items():
            self.count += times
            self.lowest, self.highest = min(self.lowest, value), max(self.highest, value)
            if not math.isfinite(value):
                self._odd += value * times
                continue
            over, under = value.as_integer_ratio()
            places = SCALE - (under.bit_length() - 1)
            self._sum += times * over << places
            self._squares += times * over * over << 2 * places
        self._fresh.clear()
