"""How much more or less one recipe pays than another within a cell, for one and the same completion.

Two ranges cannot be compared end by end: where both prices move within a cell, the completion that the one pays most
may be the one that the other pays least. So the difference itself is bounded. Terms that both recipes hold cancel
exactly; of the others the cell is cut in two, again and again where the bound is widest, until what is bounded is
attained at a point (branch and bound). Where a cell holds few points, all are looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from heapq import heappop, heappush
from itertools import count, product
from math import inf, isfinite, isnan, prod

from ...recipe.recipe import Recipe
from ...terms.base import Term
from ...terms.cells import Axis, Cell, Pays, Range
from ...terms.combinators import total_pays
from ..space import ends

MOST_POINTS = 20_000
"""Points of a cell that are looked at one by one."""
MOST_CUTS = 200
"""Times that a cell is cut for one end of the difference; what is left then is a bound that may not be attained."""
MOST_STEPS = 100_000
"""Bounds that are taken for all cells together; from then on a cell's bound is that of the whole cell."""
CLOSE = 1e-6
"""A bound this near to what is attained counts as attained."""
FAR = 2.0**24

Span = tuple[float, float]
"""The least and the most that a completion is paid more by the later recipe."""


class PriceDifference:
    """What `after` pays more than `before`.

    Args:
        before: the one.
        after: the other.
        axes: the axes of both, with the cuts of both.
    """

    def __init__(self, before: Recipe, after: Recipe, axes: Iterable[Axis]) -> None:
        self.recipes = before, after
        self.whole = before.clip is not None or after.clip is not None
        """Whether totals are clipped, so that nothing cancels."""
        self.terms = _unlike(list(before.reward.values()), list(after.reward.values()))
        held = self.recipes if self.whole else ()
        read = {axis.name for recipe in held for axis in recipe.axes()}
        read |= {axis.name for terms in self.terms for term in terms for axis in term.all_axes()}
        self.axes = [axis for axis in axes if axis.name in read]
        terms = [term for terms in self.terms for term in terms]
        self.reads_truncation = self.whole or any(term.reads_truncation for term in terms)
        self._known: dict[tuple[object, ...], Span] = {}
        self._steps = 0

    def within(self, cell: Cell) -> Span:
        """The least and the most in a cell."""
        cut = cell.truncated and self.reads_truncation
        key = (cell.outcome, cut, tuple(cell.ranges[axis.name] for axis in self.axes))
        if key not in self._known:
            self._known[key] = self._listed(cell) or (
                -self._most(cell, -1.0) + 0.0,
                self._most(cell, 1.0) + 0.0,
            )
        return self._known[key]

    def _listed(self, cell: Cell) -> Span | None:
        """The least and the most of all points; None where there are too many."""
        parts = [cell.ranges[axis.name] for axis in self.axes]
        sizes = [p.hi - p.lo + 1 if axis.integer else inf for axis, p in zip(self.axes, parts, strict=True)]
        sizes = [1.0 if p.lo == p.hi else size for p, size in zip(parts, sizes, strict=True)]
        if prod(sizes) > min(MOST_POINTS, MOST_STEPS - self._steps):
            return None
        self._steps += int(prod(sizes))
        names = [axis.name for axis in self.axes]
        low, high = inf, -inf
        for point in product(*(range(int(size)) for size in sizes)):
            places = [p.lo + step for p, step in zip(parts, point, strict=True)]
            at = _at(cell, {name: Range(place, place) for name, place in zip(names, places, strict=True)})
            one, two = self._pays(at)
            low, high = min(low, two[0] - one[1]), max(high, two[1] - one[0])
        return low, high

    def _pays(self, cell: Cell) -> tuple[Span, Span]:
        """What the terms that do not cancel add to the total, before and after."""
        if self.whole:
            one, two = (recipe.bounds(cell) for recipe in self.recipes)
        else:
            one, two = (total_pays([term.bounds(cell) for term in terms]) for terms in self.terms)
        return _added(one), _added(two)

    def _bound(self, cell: Cell, sign: float) -> float:
        """An upper bound of the difference (or, with a sign of -1, of its opposite) in a cell."""
        self._steps += 1
        one, two = self._pays(cell)
        found = two[1] - one[0] if sign > 0 else one[1] - two[0]
        return inf if isnan(found) else found

    def _most(self, cell: Cell, sign: float) -> float:
        """The most of the difference in a cell, as far as `MOST_CUTS` tells."""
        order = count()
        boxes = [(-self._bound(cell, sign), next(order), cell)]
        attained = self._attained(cell, sign)
        for _ in range(MOST_CUTS):
            bound = -boxes[0][0]
            if bound <= attained + CLOSE:
                return min(bound, attained)
            if self._steps > MOST_STEPS:
                break
            box = boxes[0][2]
            parts = [] if bound == inf and self._tail(box) else self._cut(box)
            if not parts:
                return self._beyond(box, sign, attained) if bound == inf else bound
            heappop(boxes)
            for part in parts:
                attained = max(attained, self._attained(part, sign))
                heappush(boxes, (-min(bound, self._bound(part, sign)), next(order), part))
        return -boxes[0][0]

    def _attained(self, cell: Cell, sign: float) -> float:
        """The most at some corners of a cell. A price that is open at a point counts with its upper end."""
        corners = {axis.name: _corners(cell.ranges[axis.name]) for axis in self.axes}
        low = {name: values[0] for name, values in corners.items()}
        high = {name: values[-1] for name, values in corners.items()}
        points = [low, high]
        points += [
            {**base, name: value}
            for name, values in corners.items()
            for value in values
            for base in (low, high)
        ]
        return max(self._bound(_at(cell, point), sign) for point in points)

    def _cut(self, cell: Cell) -> list[Cell]:
        """A cell in two, along its widest axis; empty where it is a point."""
        wide = [axis for axis in self.axes if cell.ranges[axis.name].lo < cell.ranges[axis.name].hi]
        if not wide:
            return []
        axis = max(wide, key=lambda axis: cell.ranges[axis.name].hi - cell.ranges[axis.name].lo)
        halves = _halves(cell.ranges[axis.name], axis.integer)
        return [Cell(cell.outcome, cell.truncated, {**cell.ranges, axis.name: half}) for half in halves]

    def _tail(self, cell: Cell) -> bool:
        return any(cell.ranges[axis.name].hi == inf for axis in self.axes)

    def _beyond(self, cell: Cell, sign: float, attained: float) -> float:
        """Where neither price has a bound: both go on as they begin, so the difference far out tells whether it grows."""
        names = [axis.name for axis in self.axes if cell.ranges[axis.name].hi == inf]
        near, far = (
            self._bound(_at(cell, dict.fromkeys(names, Range(place, place))), sign)
            for place in (FAR, 2 * FAR)
        )
        return inf if far > near + 1 else max(attained, far)


def _unlike(before: list[Term], after: list[Term]) -> tuple[list[Term], list[Term]]:
    """The terms of each that the other does not hold. Equal ones pay the same whatever they are called."""
    rest = list(after)
    own: list[Term] = []
    for term in before:
        if term in rest:
            rest.remove(term)
        else:
            own.append(term)
    return own, rest


def _added(pays: Pays) -> Span:
    """What terms add to a total; nothing where they stay away."""
    if pays.never:
        return 0.0, 0.0
    return (min(pays.lo, 0.0), max(pays.hi, 0.0)) if pays.absent else (pays.lo, pays.hi)


def _at(cell: Cell, ranges: Mapping[str, Range]) -> Cell:
    return Cell(cell.outcome, cell.truncated, {**cell.ranges, **ranges})


def _corners(part: Range) -> list[Range]:
    values = ends(part) if isfinite(part.hi) else ends(part)[:1]
    return [Range(value, value) for value in values]


def _halves(part: Range, integer: bool) -> Sequence[Range]:
    middle = 2 * part.lo + 64 if part.hi == inf else (part.lo + part.hi) / 2
    if integer:
        middle = float(int(middle))
        return Range(part.lo, middle), Range(middle + 1, part.hi)
    return Range(part.lo, middle, part.lo_open), Range(middle, part.hi, False, part.hi_open)
