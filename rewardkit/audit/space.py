"""The space of cells of a recipe, laid out so that its extremes are found without listing every cell.

A recipe comes in; bounds of its total by outcome go out. The number of cells is the product of the
ranges of all axes, but terms that share no axis do not meet: their sum is lowest where each of them is
lowest. So the top-level terms are split into components connected by shared axes, and each component
is enumerated by itself. Only a component whose own product passes `MOST_CELLS` is bounded term by
term, which is sound and not tight; `loose` says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import product
from math import inf, prod

from ..cells import Axis, Cell, Pays, Range, merge
from ..facts import NUMBERS
from ..recipe import Recipe
from ..terms.base import Term
from ..terms.combinators import Combinator, total_pays
from ..types import ANSWERABLE, DECIDED, UNANSWERABLE, Outcome

MOST_CELLS = 2_000
"""Cells of one component, outcome and truncation that are listed one by one."""

Point = Mapping[str, float]
"""A value on every axis, by its name."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A cell and what the recipe can pay in it."""

    cell: Cell
    pays: Pays


@dataclass(frozen=True)
class Component:
    """Terms that share axes, directly or through each other."""

    terms: tuple[Term, ...]
    axes: tuple[Axis, ...]
    loose: bool = field(default=False)

    def cells(self) -> Iterator[dict[str, Range]]:
        """The ranges of every cell of this component."""
        names = [axis.name for axis in self.axes]
        for ranges in product(*(axis.ranges for axis in self.axes)):
            yield dict(zip(names, ranges, strict=True))

    def pays(self, outcome: Outcome, truncated: bool, ranges: Mapping[str, Range]) -> Pays:
        """What its terms can pay together."""
        cell = Cell(outcome, truncated, dict(ranges))
        return total_pays([term.bounds(cell) for term in self.terms])


def feasible(recipe: Recipe) -> tuple[Outcome, ...]:
    """The outcomes a recipe can read: without None words nothing can abstain, and without them or
    `null_gold: unanswerable` there is no unanswerable gold."""
    words, nulls = bool(recipe.answer.none), recipe.answer.null_gold == "unanswerable"
    outcomes = list(ANSWERABLE) + (list(UNANSWERABLE) if words or nulls else [])
    if not words:
        outcomes = [o for o in outcomes if o not in (Outcome.FALSE_NONE, Outcome.NONE_CORRECT)]
    return tuple(o for o in DECIDED if o in outcomes)


class Space:
    """Where a recipe's rollouts can lie and what they can be paid there.

    Args:
        recipe: the recipe.
        limits: highest value that a measure can take, by axis name (`{"tokens": 768}`).
    """

    def __init__(self, recipe: Recipe, limits: Mapping[str, float] | None = None) -> None:
        self.recipe = recipe
        self.limits = dict(limits or {})
        self.axes = limited(recipe.axes(), self.limits)
        self.outcomes = feasible(recipe)
        self._extremes: dict[tuple[Outcome, str], Spot | None] = {}

    @cached_property
    def components(self) -> tuple[Component, ...]:
        """Top-level terms grouped by shared axes."""
        groups: list[tuple[set[str], list[Term]]] = []
        for term in self.recipe.reward.values():
            names = {axis.name for axis in term.all_axes()}
            joined = [group for group in groups if group[0] & names]
            rest = [group for group in groups if not group[0] & names]
            for group in joined:
                names |= group[0]
            groups = [*rest, (names, [t for group in joined for t in group[1]] + [term])]
        found: list[Component] = []
        for names, terms in groups:
            axes = tuple(axis for axis in self.axes if axis.name in names)
            if prod(len(axis.ranges) for axis in axes) <= MOST_CELLS:
                found.append(Component(tuple(terms), axes))
            else:
                found += [self._alone(term) for term in terms]
        return tuple(found)

    def _alone(self, term: Term) -> Component:
        names = {axis.name for axis in term.all_axes()}
        return Component((term,), tuple(axis for axis in self.axes if axis.name in names), loose=True)

    @property
    def loose(self) -> bool:
        """Whether terms that share an axis had to be bounded one by one."""
        return any(component.loose for component in self.components)

    def spoken(self, axis: str) -> str:
        """An axis in words: its own name where it is a count, else the terms that read it."""
        if axis in NUMBERS:
            return axis
        readers = [
            path
            for path, term in self.recipe.walk()
            if not isinstance(term, Combinator) and any(own.name == axis for own in term.all_axes())
        ]
        return " and ".join(readers) or axis

    def truncations(self) -> tuple[bool, ...]:
        """Truncation is told apart from the rest by conditions alone; both always exist."""
        return (False, True)

    def pays(self, cell: Cell) -> Pays:
        """What the recipe can pay in a cell, or at a point of one."""
        return self.recipe.bounds(cell)

    def lowest(self, outcome: Outcome) -> Spot | None:
        """The cell in which the least can be paid; None where no number ever is."""
        return self._extreme(outcome, low=True)

    def highest(self, outcome: Outcome) -> Spot | None:
        """The cell in which the most can be paid; None where no number ever is."""
        return self._extreme(outcome, low=False)

    def _extreme(self, outcome: Outcome, low: bool) -> Spot | None:
        key = (outcome, "low" if low else "high")
        if key not in self._extremes:
            self._extremes[key] = self._search(outcome, low)
        return self._extremes[key]

    def _search(self, outcome: Outcome, low: bool) -> Spot | None:
        best: Spot | None = None
        for truncated in self.truncations():
            ranges: dict[str, Range] = {}
            parts: list[Pays] = []
            for component in self.components:
                at, pays = self._in(component, outcome, truncated, low)
                ranges.update(at)
                parts.append(pays)
            pays = total_pays(parts)
            if self.recipe.clip is not None:
                pays = pays.clipped(*self.recipe.clip)
            if pays.never:
                continue
            spot = Spot(Cell(outcome, truncated, {axis.name: ranges[axis.name] for axis in self.axes}), pays)
            if best is None or (pays.lo < best.pays.lo if low else pays.hi > best.pays.hi):
                best = spot
        return best

    def _in(
        self, component: Component, outcome: Outcome, truncated: bool, low: bool
    ) -> tuple[dict[str, Range], Pays]:
        """The extreme cell of one component. Ties go to the cell nearest the clean style, then the later."""
        clean = self.clean_ranges if low or outcome != Outcome.CORRECT else {}
        best: tuple[tuple[float, int], dict[str, Range], Pays] | None = None
        for ranges in component.cells():
            pays = component.pays(outcome, truncated, ranges)
            away = sum(1 for name, part in ranges.items() if clean and clean.get(name) != part)
            key = (_worth(pays, low), away)
            if best is None or key < best[0] or (low and key == best[0]):
                best = (key, ranges, pays)
        assert best is not None, "an axis has at least one range"
        return best[1], best[2]

    @cached_property
    def clean_ranges(self) -> dict[str, Range]:
        """The style in which a right answer is paid most, axis by axis."""
        found: dict[str, Range] = {}
        for component in self.components:
            found.update(self._in(component, Outcome.CORRECT, False, low=False)[0])
        return found

    def clean(self, outcome: Outcome) -> Spot:
        """An outcome in the style in which a right answer is paid most: in the window, in shape, no strays."""
        cell = Cell(outcome, False, dict(self.clean_ranges))
        return Spot(cell, self.pays(cell))

    def at_equal_style(self, right: Outcome, other: Outcome) -> float:
        """The least difference between two outcomes at the very same style.

        Taken at the corners of every cell (both ends of each range; a few values where it has no end),
        where terms that read the style alone cancel exactly. Terms are monotone between the corners that
        they declare, and steady where they declare none.
        """
        least = inf
        for truncated in self.truncations():
            if self.recipe.clip is not None:  # what the clip takes away hangs on all terms together
                gaps = (self._clipped_gap(right, other, truncated, point) for point in corners(self.axes))
                least = min(least, *gaps)
                continue
            found = 0.0
            for component in self.components:
                found += min(
                    _gap(component, right, other, truncated, point) for point in corners(component.axes)
                )
            least = min(least, found)
        return least

    def _clipped_gap(self, right: Outcome, other: Outcome, truncated: bool, point: Point) -> float:
        ranges = {name: Range(value, value) for name, value in point.items()}
        a, b = (self.pays(Cell(outcome, truncated, ranges)) for outcome in (right, other))
        return inf if a.never or b.never else a.lo - b.hi


def limited(axes: Iterable[Axis], limits: Mapping[str, float]) -> tuple[Axis, ...]:
    """Axes that end where their measure cannot pass."""
    return tuple(
        replace(axis, hi=min(axis.hi, limits[axis.name])) if axis.name in limits else axis
        for axis in merge(axes)
    )


def _worth(pays: Pays, low: bool) -> float:
    """A key that is smallest at the extreme, with None counted as the 0 it adds to a sum."""
    if pays.never:
        return 0.0
    end = pays.lo if low else pays.hi
    if pays.absent:
        end = min(end, 0.0) if low else max(end, 0.0)
    return end if low else -end


def _gap(component: Component, right: Outcome, other: Outcome, truncated: bool, point: Point) -> float:
    ranges = {name: Range(value, value) for name, value in point.items()}
    a = component.pays(right, truncated, ranges)
    b = component.pays(other, truncated, ranges)
    low = 0.0 if a.never else min(a.lo, 0.0) if a.absent else a.lo
    high = 0.0 if b.never else max(b.hi, 0.0) if b.absent else b.hi
    return low - high


def corners(axes: Sequence[Axis], most: int = MOST_CELLS) -> list[dict[str, float]]:
    """Points at the ends of every range of every axis."""
    values = [sorted({value for part in axis.ranges for value in ends(part)}) for axis in axes]
    if prod(len(column) for column in values) > most:
        values = [sorted({ends(part)[0] for part in axis.ranges}) for axis in axes]
    names = [axis.name for axis in axes]
    return [dict(zip(names, point, strict=True)) for point in product(*values)]


def ends(part: Range) -> list[float]:
    """Values of a range: both ends, or a few where it has none."""
    if part.lo == part.hi:
        return [part.lo]
    lo = part.lo + (1e-6 if part.lo_open else 0.0)
    if part.hi == inf:
        return [lo, lo + 1, 2 * lo + 100, 8 * lo + 1000]
    return [lo, part.hi - (1e-6 if part.hi_open else 0.0)]


def point_cell(cell: Cell, point: Point) -> Cell:
    """A cell shrunk to a point on the axes that `point` names."""
    ranges = {
        name: Range(point[name], point[name]) if name in point else r for name, r in cell.ranges.items()
    }
    return Cell(cell.outcome, cell.truncated, ranges)
