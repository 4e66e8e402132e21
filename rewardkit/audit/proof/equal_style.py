"""The margin between two outcomes at the very same style: length, form and characters alike.

A space and two outcomes come in; the least difference of what they are paid, at the same point of every
axis, goes out. Terms that read the style alone cancel there exactly, and terms that share no axis are
looked at one by one, as in `rewardkit.terms.bounds`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from math import inf, prod

from ...terms.base import Term
from ...terms.cells import Axis, Cell, Pays, Range
from ...types import Outcome
from ..space import Component, Space, ends

Fixed = Mapping[str, Range]

MOST_POINTS = 1_000
"""Points of one component that are looked at."""


def at_equal_style(space: Space, right: Outcome, other: Outcome) -> float | None:
    """The least difference between two outcomes at equal style; None where it would take too many points.

    Taken at the corners of every cell (both ends of each range, and the middle; a few values where it has
    no end). Terms are monotone between the corners that they declare, and steady where they declare none.
    """
    try:
        return min(_least(space, right, other, truncated) for truncated in space.truncations())
    except _TooMany:
        return None


def _least(space: Space, right: Outcome, other: Outcome, truncated: bool) -> float:
    if space.recipe.clip is None:
        return sum(_Gap(part, right, other, truncated).least() for part in space.components)
    if prod(len(points(axis)) for axis in space.axes) > MOST_POINTS:
        raise _TooMany
    return min(_clipped(space, right, other, truncated, fixed) for fixed in _corners(space.axes))


def _clipped(space: Space, right: Outcome, other: Outcome, truncated: bool, fixed: Fixed) -> float:
    """What a clip of the total takes away hangs on all terms together."""
    a, b = (space.pays(Cell(outcome, truncated, dict(fixed))) for outcome in (right, other))
    return inf if a.never or b.never else a.lo - b.hi


class _Gap:
    """The least difference in what the terms of one component pay."""

    def __init__(self, component: Component, right: Outcome, other: Outcome, truncated: bool) -> None:
        self.component, self.eliminator = component, component.eliminator
        self.right, self.other, self.truncated = right, other, truncated
        self.points = {axis.name: points(axis) for axis in component.axes}
        self.steps = 0

    def least(self) -> float:
        """The least. Raises `_TooMany`."""
        if self.component.loose:
            raise _TooMany
        return self._sum([term for term in self.component.terms if term.reads_outcome], {})

    def _sum(self, terms: Sequence[Term], fixed: Fixed) -> float:
        parts = self.eliminator.parts(terms, fixed)
        if len(parts) != 1:
            return sum(self._sum(part, fixed) for part in parts)
        if len(terms) == 1:
            return self._one(terms[0], fixed)
        axis = self.eliminator.hub(terms, fixed)
        return min(self._sum(terms, {**fixed, axis: point}) for point in self.points[axis])

    def _one(self, term: Term, fixed: Fixed) -> float:
        names = sorted(self.eliminator.names(term) - fixed.keys())
        self.steps += prod(len(self.points[name]) for name in names)
        if self.steps > MOST_POINTS:
            raise _TooMany
        least = inf
        for ranges in product(*(self.points[name] for name in names)):
            own = {**fixed, **dict(zip(names, ranges, strict=True))}
            a, b = (term.bounds(Cell(o, self.truncated, own)) for o in (self.right, self.other))
            least = min(least, _lead(a, b))
        return least


class _TooMany(Exception):
    """More points than `MOST_POINTS`."""


def _lead(a: Pays, b: Pays) -> float:
    """How much more the one adds to a sum than the other, at least."""
    low = 0.0 if a.never else min(a.lo, 0.0) if a.absent else a.lo
    high = 0.0 if b.never else max(b.hi, 0.0) if b.absent else b.hi
    return low - high


def points(axis: Axis) -> list[Range]:
    """Points of every range of an axis: its ends, and the middle where a price may bend on the way."""
    found = {value for part in axis.ranges for value in (*ends(part), *_middle(axis, part))}
    return [Range(value, value) for value in sorted(found)]


def _middle(axis: Axis, part: Range) -> list[float]:
    if part.hi == inf or part.hi - part.lo < 2:
        return []
    middle = (part.lo + part.hi) / 2
    return [float(round(middle))] if axis.integer else [middle]


def _corners(axes: Sequence[Axis]) -> Iterator[dict[str, Range]]:
    names = [axis.name for axis in axes]
    for point in product(*(points(axis) for axis in axes)):
        yield dict(zip(names, point, strict=True))
