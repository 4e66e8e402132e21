"""The space of cells of a recipe, laid out so that its extremes are found without listing every cell.

A recipe comes in; bounds of its total by outcome go out. The number of cells is the product of the
ranges of all axes, but terms that share no axis do not meet: their sum is lowest where each of them is
lowest. So the top-level terms are split into components connected by shared axes, and each component
is listed by itself; one whose own product passes `MOST_LISTED` is bounded by eliminating its axes
(`rewardkit.terms.bounds`). Only where that too would take more than `MOST_STEPS` is it bounded term
by term, whatever the style, which is sound and not tight; `loose` says so.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from math import inf, prod
from types import MappingProxyType
from typing import Literal

from ..recipe.recipe import Recipe
from ..terms.base import Term
from ..terms.bounds import Eliminator, union
from ..terms.cells import Axis, Cell, Pays, Range, exactly, merge
from ..terms.combinators import Combinator, total_pays
from ..terms.conditions.facts import NUMBERS
from ..types import DECIDED, Outcome

MOST_CELLS = 2_000
"""Cells that are gone through for one question about a term."""
MOST_LISTED = 200
"""Cells of one component, outcome and truncation that are listed one by one."""
MOST_STEPS = 20_000
"""Cells that are looked at for one bound of a component whose axes are eliminated."""

SLACK = 1e-9
"""Differences below this are rounding: prices are decimals and bounds are sums of them."""


NO_RANGES: Mapping[str, Range] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Spot:
    """A cell and what the recipe can pay in it."""

    cell: Cell
    pays: Pays


@dataclass(frozen=True)
class Component:
    """Terms that share axes, directly or through each other. `how` it is bounded: see the module."""

    terms: tuple[Term, ...]
    axes: tuple[Axis, ...]
    how: Literal["listed", "eliminated", "loose"]
    eliminator: Eliminator

    @property
    def loose(self) -> bool:
        """Whether its bounds may be wider than what can be paid."""
        return self.how == "loose"

    def pays(self, outcome: Outcome, truncated: bool, ranges: Mapping[str, Range]) -> Pays:
        """What its terms can pay together in a cell."""
        cell = Cell(outcome, truncated, dict(ranges))
        return total_pays([term.bounds(cell) for term in self.terms])

    def within(self, outcome: Outcome, truncated: bool, fixed: Mapping[str, Range]) -> Pays:
        """What its terms can pay together in any cell within `fixed`."""
        if self.loose:
            return total_pays([hull_of(term, outcome, truncated) for term in self.terms])
        return self.eliminator.total(self.terms, outcome, truncated, fixed)

    def every(
        self,
        outcome: Outcome,
        truncated: bool,
        pinned: Mapping[str, Range] = NO_RANGES,
        wished: Mapping[str, Range] = NO_RANGES,
    ) -> Iterator[tuple[dict[str, Range], Pays]]:
        """Cells within `pinned` that hold all extremes, with what can be paid in them: every one where they are
        listed; the lowest, the highest and an absent one where axes are eliminated (of several, that with the
        `wished` ranges); one bound for all, without ranges, where loose."""
        if self.loose:
            yield {}, self.within(outcome, truncated, {})
        elif self.how == "eliminated":
            yield from self._extremes(outcome, truncated, pinned, wished)
        else:
            for cell in cells_of(self.axes, outcome, truncated, pinned):
                yield dict(cell.ranges), self.pays(outcome, truncated, cell.ranges)

    def _extremes(
        self,
        outcome: Outcome,
        truncated: bool,
        pinned: Mapping[str, Range],
        wished: Mapping[str, Range],
    ) -> Iterator[tuple[dict[str, Range], Pays]]:
        own = {axis.name: pinned[axis.name] for axis in self.axes if axis.name in pinned}
        whole = self.within(outcome, truncated, own)
        tests: list[Callable[[Pays], bool]] = []
        if not whole.never:
            tests += [lambda pays: pays.lo <= whole.lo + SLACK, lambda pays: pays.hi >= whole.hi - SLACK]
        if whole.absent:
            tests.append(lambda pays: pays.absent)
        for holds in tests:
            fixed = dict(own)
            while len(fixed) < len(self.axes):
                name = self.eliminator.hub(self.terms, fixed)
                fixed[name] = next(
                    part
                    for part in sorted(
                        self.eliminator.ranges[name], key=lambda part, name=name: part != wished.get(name)
                    )
                    if holds(self.within(outcome, truncated, {**fixed, name: part}))
                )
            yield fixed, self.pays(outcome, truncated, fixed)


@dataclass(frozen=True, slots=True)
class SpacePart:
    """What a component adds to an extreme of the total: its cell, and whether it pays a number there."""

    value: float
    paid: bool
    ranges: dict[str, Range]


def hull_of(term: Term, outcome: Outcome, truncated: bool) -> Pays:
    """All that a term can pay for an outcome, whatever the style; sound for terms of any size."""
    axes = merge(term.all_axes())
    if prod(len(axis.ranges) for axis in axes) <= MOST_CELLS:
        return union(term.bounds(cell) for cell in cells_of(axes, outcome, truncated))
    if isinstance(term, Combinator):
        pays = term.combine_pays([hull_of(child, outcome, truncated) for child in term.terms.values()])
    else:
        own = merge(term.axes())
        if prod(len(axis.ranges) for axis in own) > MOST_CELLS:
            return Pays(-inf, inf, True)
        pays = union(term.pays(cell) for cell in cells_of(own, outcome, truncated))
    if term.when is not None:
        pays = pays.or_else(exactly(term.otherwise))
    return term.modified(pays)


def cells_of(
    axes: Sequence[Axis], outcome: Outcome, truncated: bool, pinned: Mapping[str, Range] = NO_RANGES
) -> Iterator[Cell]:
    """Every cell of one outcome over some axes, those that are `pinned` in one range alone."""
    names = [axis.name for axis in axes]
    for ranges in product(*((pinned[a.name],) if a.name in pinned else a.ranges for a in axes)):
        yield Cell(outcome, truncated, dict(zip(names, ranges, strict=True)))


class Space:
    """Where a recipe's rollouts can lie and what they can be paid there.

    Args:
        recipe: the recipe.
        limits: highest value that a measure can take, by axis name (`{"tokens": 768}`).
        outcomes: those that occur, of the ones that are feasible.
    """

    def __init__(
        self,
        recipe: Recipe,
        limits: Mapping[str, float] | None = None,
        outcomes: Collection[Outcome] = DECIDED,
    ) -> None:
        self.recipe = recipe
        self.limits = dict(limits or {})
        self.axes = limited(recipe.axes(), self.limits)
        self.outcomes = tuple(outcome for outcome in recipe.outcomes if outcome in outcomes)
        self._extremes: dict[tuple[Outcome, str], Spot | None] = {}
        self._names: dict[int, tuple[str, ...]] = {}
        self._pays: dict[tuple[object, ...], Pays] = {}

    @cached_property
    def components(self) -> tuple[Component, ...]:
        """Top-level terms grouped by shared axes."""
        eliminator = Eliminator(self.axes)
        found: list[Component] = []
        for terms in eliminator.parts(list(self.recipe.reward.values()), ()):
            names = frozenset().union(*(eliminator.names(term) for term in terms))
            axes = tuple(axis for axis in self.axes if axis.name in names)
            if prod(len(axis.ranges) for axis in axes) <= MOST_LISTED:
                found.append(Component(tuple(terms), axes, "listed", eliminator))
            elif eliminator.cost(terms) <= MOST_STEPS:
                found.append(Component(tuple(terms), axes, "eliminated", eliminator))
            else:
                found += [Component((term,), (), "loose", eliminator) for term in terms]
        return tuple(found)

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
        key = (cell.outcome, cell.truncated, tuple(cell.ranges.items()))
        if key not in self._pays:
            pays = total_pays([self._term_pays(term, cell) for term in self.recipe.reward.values()])
            self._pays[key] = pays.clipped(*self.recipe.clip) if self.recipe.clip is not None else pays
        return self._pays[key]

    def _term_pays(self, term: Term, cell: Cell) -> Pays:
        """What one term can pay in a cell, remembered by the axes that it reads."""
        if id(term) not in self._names:
            self._names[id(term)] = tuple(dict.fromkeys(axis.name for axis in term.all_axes()))
        own = tuple(cell.ranges[name] for name in self._names[id(term)])
        key = (id(term), cell.outcome, cell.truncated, own)
        if key not in self._pays:
            self._pays[key] = term.bounds(cell)
        return self._pays[key]

    def may_be_absent(self, outcome: Outcome, truncations: Sequence[bool] = (False, True)) -> bool:
        """Whether all components can pay nothing at once; they share no axis, so each is looked at alone."""
        return any(
            all(component.within(outcome, truncated, {}).absent for component in self.components)
            for truncated in truncations
        )

    def lowest(self, outcome: Outcome) -> Spot | None:
        """The cell in which the least can be paid; None where no number ever is."""
        return self._extreme(outcome, low=True)

    def highest(self, outcome: Outcome) -> Spot | None:
        """The cell in which the most can be paid; None where no number ever is."""
        return self._extreme(outcome, low=False)

    def bound_within(self, outcome: Outcome, low: bool, pinned: Mapping[str, Range]) -> float | None:
        """As `extreme_within`, without the cell, which is quicker; None where no number is ever paid."""
        pays = union(
            total_pays([component.within(outcome, truncated, pinned) for component in self.components])
            for truncated in self.truncations()
        )
        if self.recipe.clip is not None:
            pays = pays.clipped(*self.recipe.clip)
        return None if pays.never else pays.lo if low else pays.hi

    def extreme_within(self, outcome: Outcome, low: bool, pinned: Mapping[str, Range]) -> Spot | None:
        """As `lowest` or `highest`, among the cells whose ranges on some axes are `pinned`."""
        return self._search(outcome, low, pinned)

    def _extreme(self, outcome: Outcome, low: bool) -> Spot | None:
        key = (outcome, "low" if low else "high")
        if key not in self._extremes:
            self._extremes[key] = self._search(outcome, low, {})
        return self._extremes[key]

    def _search(self, outcome: Outcome, low: bool, pinned: Mapping[str, Range]) -> Spot | None:
        best: Spot | None = None
        for truncated in self.truncations():
            found = self._total(outcome, truncated, low, pinned)
            if found is None:
                continue
            value, ranges = found
            if self.recipe.clip is not None:
                value = min(max(value, self.recipe.clip[0]), self.recipe.clip[1])
            cell = self._cell(outcome, truncated, {**pinned, **ranges}, low)
            real = self.pays(cell)
            pays = (
                Pays(value, max(value, real.hi), real.absent)
                if low
                else Pays(min(value, real.lo), value, real.absent)
            )
            if best is None or (pays.lo < best.pays.lo if low else pays.hi > best.pays.hi):
                best = Spot(cell, pays)
        return best

    def _total(
        self, outcome: Outcome, truncated: bool, low: bool, pinned: Mapping[str, Range]
    ) -> tuple[float, dict[str, Range]] | None:
        """The extreme of a sum in which what pays nothing adds nothing, and something must be paid."""
        free = [self._part(c, outcome, truncated, low, pinned, must=False) for c in self.components]
        options: list[list[SpacePart]] = []
        if any(part is not None and part.paid for part in free):
            options.append([part for part in free if part is not None])
        else:
            for at, component in enumerate(self.components):
                own = self._part(component, outcome, truncated, low, pinned, must=True)
                if own is not None:
                    options.append([own, *(p for i, p in enumerate(free) if i != at and p is not None)])
        if not options:
            return None
        chosen = (min if low else max)(options, key=lambda parts: sum(part.value for part in parts))
        ranges: dict[str, Range] = {}
        for part in chosen:
            ranges |= part.ranges
        return sum(part.value for part in chosen), ranges

    def _part(
        self,
        component: Component,
        outcome: Outcome,
        truncated: bool,
        low: bool,
        pinned: Mapping[str, Range],
        *,
        must: bool,
    ) -> SpacePart | None:
        """The extreme cell of one component; with `must`, of those that can pay a number.

        Ties go to the cell nearest the clean style, then the later.
        """
        clean = self.clean_ranges if low or outcome != Outcome.CORRECT else {}
        best: tuple[tuple[float, bool, int], SpacePart] | None = None
        for ranges, pays in component.every(outcome, truncated, pinned, clean):
            away = sum(1 for name, part in ranges.items() if clean and clean.get(name) != part)
            options = [] if pays.never else [SpacePart(pays.lo if low else pays.hi, True, ranges)]
            if pays.absent and not must:
                options.append(SpacePart(0.0, False, ranges))
            for part in options:
                key = (part.value if low else -part.value, not part.paid, away)
                if best is None or key < best[0] or (low and key == best[0]):
                    best = (key, part)
        return best[1] if best is not None else None

    def _cell(self, outcome: Outcome, truncated: bool, ranges: Mapping[str, Range], low: bool) -> Cell:
        """The cell of these ranges; where components are loose, one found by moving along one axis at a time."""
        chosen = {axis.name: ranges.get(axis.name, axis.ranges[0]) for axis in self.axes}
        open_axes = [axis for axis in self.axes if axis.name not in ranges]
        for _ in range(2 if open_axes else 0):
            for axis in open_axes:
                chosen[axis.name] = (min if low else max)(
                    axis.ranges,
                    key=lambda part, name=axis.name: self._end(
                        outcome, truncated, {**chosen, name: part}, low
                    ),
                )
        return Cell(outcome, truncated, chosen)

    def _end(self, outcome: Outcome, truncated: bool, ranges: dict[str, Range], low: bool) -> float:
        pays = self.pays(Cell(outcome, truncated, ranges))
        return (inf if low else -inf) if pays.never else pays.lo if low else pays.hi

    @cached_property
    def clean_ranges(self) -> dict[str, Range]:
        """The style in which a right answer is paid most, axis by axis."""
        found = self._total(Outcome.CORRECT, False, False, {})
        ranges = found[1] if found is not None else {}
        return dict(self._cell(Outcome.CORRECT, False, ranges, low=False).ranges)

    def clean(self, outcome: Outcome) -> Spot:
        """An outcome in the style in which a right answer is paid most: in the window, in shape, no strays."""
        cell = Cell(outcome, False, dict(self.clean_ranges))
        return Spot(cell, self.pays(cell))


def limited(axes: Iterable[Axis], limits: Mapping[str, float]) -> tuple[Axis, ...]:
    """Axes that end where their measure cannot pass."""
    return tuple(
        replace(axis, hi=min(axis.hi, limits[axis.name])) if axis.name in limits else axis
        for axis in merge(axes)
    )


def ends(part: Range) -> list[float]:
    """Values of a range: both ends, or a few where it has none."""
    if part.lo == part.hi:
        return [part.lo]
    lo = part.lo + (1e-6 if part.lo_open else 0.0)
    if part.hi == inf:
        return [lo, lo + 1, 2 * lo + 100, 8 * lo + 1000]
    return [lo, part.hi - (1e-6 if part.hi_open else 0.0)]


def point_cell(cell: Cell, point: Mapping[str, float]) -> Cell:
    """A cell shrunk to a point on the axes that `point` names."""
    ranges = {
        name: Range(point[name], point[name]) if name in point else r for name, r in cell.ranges.items()
    }
    return Cell(cell.outcome, cell.truncated, ranges)
