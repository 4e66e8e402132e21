"""Times of day: `3 PM`, `3:00 p.m.`, `15:00` and noon as one thing.

A time is its hour and second of the day with the half of the day that was given; a tree that is not a time is None.
A bare `3:30` is a ratio as much as a time, so two bare ones are left to their figures: only a half of the
day on one side at least makes a comparison of times.
"""

from __future__ import annotations

from typing import NamedTuple

from ..grammar.tree import Node

_HALVES = ("am", "pm")
_PADDED = "24h"


class Time(NamedTuple):
    """A reading of a clock: `seconds` since midnight as written, `half` "am", "pm" or "" where it is not said.

    `padded` says that the hour was written `08`, of a day of 24 hours.
    """

    seconds: int
    half: str
    padded: bool = False

    @property
    def of_the_day(self) -> int:
        """Seconds since midnight where the day's half is said or the hour tells it."""
        if not self.half or self.seconds >= 13 * 3600:
            return self.seconds
        return self.seconds % (12 * 3600) + (12 * 3600 if self.half == "pm" else 0)

    @property
    def certain(self) -> bool:
        """Whether the half of the day is known: said, or an hour that only one half has."""
        return bool(self.half) or self.padded or self.seconds >= 13 * 3600 or self.seconds < 3600


def time_of(node: Node) -> Time | None:
    """The time that a tree tells, None where it tells none."""
    unit = node[2] if node[0] == "qty" else ""
    if unit not in ("", "oclock", _PADDED, *_HALVES):
        return None
    half = unit if unit in _HALVES else ""
    value = node[1] if node[0] == "qty" else node
    if value[0] == "ratio":
        parts = value[1]
    elif value[0] == "num" and unit:
        parts = (value,)
    else:
        return None
    if len(parts) > 3 or any(part[0] != "num" or part[1].denominator != 1 for part in parts):
        return None
    hour, minute, second = [int(part[1]) for part in parts] + [0] * (3 - len(parts))
    if not (0 <= hour <= 24 and 0 <= minute < 60 and 0 <= second < 60):
        return None
    return Time(hour * 3600 + minute * 60 + second, half, unit == _PADDED)


def same_time(a: Node, b: Node, half_may_be_missing: bool) -> bool | None:
    """Whether two trees tell one time; None where they are to be compared as something else."""
    one, two = time_of(a), time_of(b)
    if one is None or two is None:
        return None
    said = one.half or two.half
    if not (said or one.padded or two.padded or "oclock" in (a[-1], b[-1])):
        return None
    if one.certain and two.certain:
        return one.of_the_day == two.of_the_day
    noon = 12 * 3600
    return (half_may_be_missing or not said) and one.seconds % noon == two.seconds % noon
