"""From "the bounds allow it" to "here it is": finding rollouts that really refute a claim.

What comes in is a space and the extreme cells in which a claim fails by the bounds; what goes out are
rollouts of those cells, as plain as can be (the fewest stray characters that do, the least length), and
their scores. Group terms are scored as a group.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cached_property
from heapq import nsmallest
from itertools import product
from math import inf, isfinite, prod

from ...terms.cells import Cell, Pays, Range
from ...types import Outcome, Rollout, Score
from ..space import SLACK, Space, Spot, ends, point_cell
from .variety import varied
from .writing import Size, Writer

SPOTS_TRIED = 12
MOST_LISTED = 1000
"""Cells of a recipe that are listed to find others than the most extreme."""
FAR = 10_000_000


class Search:
    """Finds witnesses for one recipe.

    Args:
        space: the recipe's space.
        extra: rollouts to draw on beside what can be written.
    """

    def __init__(self, space: Space, extra: Iterable[Rollout] = ()) -> None:
        self.space = space
        self.recipe = space.recipe
        self.writer = Writer(space.recipe, space.axes, extra)
        self._written: dict[tuple[object, ...], Rollout | None] = {}
        self._spots: dict[tuple[Outcome, bool], list[Spot]] = {}

    @cached_property
    def sizes(self) -> tuple[tuple[Size | None, Size | None], ...]:
        """(size of the one, size of the other) to try; sizes matter where a group is compared."""
        if not self.recipe.reads_groups:
            return ((None, None),)
        return (("long", "short"), ("short", "long"), (None, None))

    def write(self, cell: Cell, size: Size | None = None) -> Rollout | None:
        """A rollout of a cell; the same one every time."""
        key = (cell.outcome, cell.truncated, tuple(cell.ranges.items()), size)
        if key not in self._written:
            self._written[key] = self.writer.write(cell, size)
        return self._written[key]

    def score(self, rollouts: Iterable[Rollout]) -> list[Score]:
        """Scores of rollouts as one prompt's group."""
        return self.recipe.score(
            [replace(r, group="witness", id=f"witness-{at + 1}", sample=at) for at, r in enumerate(rollouts)]
        )

    def spots(self, outcome: Outcome, low: bool) -> list[Spot]:
        """The most extreme cells of an outcome, the worst first."""
        key = (outcome, low)
        if key not in self._spots:
            self._spots[key] = self._find_spots(outcome, low)
        return self._spots[key]

    def _find_spots(self, outcome: Outcome, low: bool) -> list[Spot]:
        """The bounds' own extreme, and the most extreme cell of every shape that can be written."""
        first = self.space.lowest(outcome) if low else self.space.highest(outcome)
        if first is None:
            return []
        within = self.space.bound_within
        shapes = [(shape, within(outcome, low, shape)) for shape in self.writer.shapes(outcome)]
        best = nsmallest(
            SPOTS_TRIED,
            ((shape, value) for shape, value in shapes if value is not None),
            key=lambda pair: pair[1] if low else -pair[1],
        )
        spots = [*self._listed(outcome, low), *(self.space.extreme_within(outcome, low, s) for s, _ in best)]
        cells = [first.cell]
        found = [first]
        for spot in spots:
            if spot is not None and spot.cell not in cells and self.write(spot.cell) is not None:
                cells.append(spot.cell)
                found.append(spot)
        return [first, *sorted(found[1:], key=lambda spot: spot.pays.lo if low else -spot.pays.hi)]

    def _listed(self, outcome: Outcome, low: bool) -> list[Spot]:
        """The most extreme of all cells, where there are few enough to list."""
        axes = self.space.axes
        if prod(len(axis.ranges) for axis in axes) > MOST_LISTED:
            return []
        names = [axis.name for axis in axes]
        cells = (
            Cell(outcome, truncated, dict(zip(names, ranges, strict=True)))
            for truncated in self.space.truncations()
            for ranges in product(*(axis.ranges for axis in axes))
        )
        spots = (Spot(cell, self.space.pays(cell)) for cell in cells)
        return nsmallest(
            SPOTS_TRIED,
            (spot for spot in spots if not spot.pays.never),
            key=lambda spot: spot.pays.lo if low else -spot.pays.hi,
        )

    def inversion(self, right: Outcome, others: Iterable[Outcome], ties: bool = False) -> list[Score] | None:
        """Scores of a right rollout and another that is paid more (or, with `ties`, as much), or None."""
        rights = self.spots(right, low=True)
        rivals = sorted(
            (spot for other in others for spot in self.spots(other, low=False)), key=lambda s: -s.pays.hi
        )
        for a, b in product(rights, rivals):
            if a.pays.lo >= b.pays.hi + (SLACK if ties else -SLACK):
                continue
            scores = self._pair(a, b, ties)
            if scores is not None:
                return scores
        return self._varied_pair(right, tuple(others), ties)

    @cached_property
    def varied(self) -> dict[Outcome, list[Score]]:
        """Scores of many completions by outcome, the least paid first. None where a group is known to be compared:
        each is paid by its company there."""
        found: dict[Outcome, list[Score]] = {}
        if not any(term.reads_group and "anything" not in term.looks_at for _, term in self.recipe.walk()):
            for score in self.recipe.score_readings(varied(self.writer)):
                if score.total is not None:
                    found.setdefault(score.outcome, []).append(score)
        return {outcome: sorted(scores, key=_total) for outcome, scores in found.items()}

    def _varied_pair(self, right: Outcome, others: tuple[Outcome, ...], ties: bool) -> list[Score] | None:
        """The least paid right one and the most paid other among many completions, if they refute the claim."""
        rights, rivals = self.varied.get(right), [s for o in others for s in self.varied.get(o, ())]
        if not rights or not rivals:
            return None
        one, two = rights[0], max(rivals, key=_total)
        if _total(one) >= _total(two) + (SLACK if ties else -SLACK):
            return None
        scores = self.score([one.reading.rollout, two.reading.rollout])
        x, y = scores[0].total, scores[1].total
        return scores if x is not None and y is not None and x < y + (SLACK if ties else -SLACK) else None

    def _pair(self, a: Spot, b: Spot, ties: bool) -> list[Score] | None:
        edge = SLACK if ties else -SLACK
        rival = self.sharpen(b, lambda pays: pays.hi >= b.pays.hi - SLACK, low=False)
        bar = self.space.pays(rival).hi
        low = self.sharpen(a, lambda pays: pays.lo < bar + edge, low=True)
        for one, two in self.sizes:
            for cell, other in ((low, rival), (a.cell, b.cell)):
                first, second = self.write(cell, one), self.write(other, two)
                if first is None or second is None:
                    continue
                scores = self.score([first, second])
                x, y = scores[0].total, scores[1].total
                if x is not None and y is not None and x < y + edge:
                    return scores
        return None

    def sharpen(self, spot: Spot, holds: Callable[[Pays], bool], low: bool) -> Cell:
        """A spot's cell shrunk to counts: at its extreme first, then as near to plain as `holds` allows.

        Real-valued axes keep their range: a share cannot be written to the last digit.
        """
        cell = spot.cell
        for axis in self.space.axes:
            part = cell.ranges[axis.name]
            if not axis.integer or part.lo == part.hi:
                continue
            value = self._extreme(cell, axis.name, low)
            plainest = self._least(cell, axis.name, self._plain(axis.name, part), value, holds)
            cell = point_cell(cell, {axis.name: plainest})
        return cell

    def _plain(self, name: str, part: Range) -> float:
        """The value of a range nearest to the clean style."""
        clean = self.space.clean_ranges.get(name)
        return part.hi if clean is not None and part.hi < clean.lo else part.lo

    def _extreme(self, cell: Cell, name: str, low: bool) -> float:
        def worth(value: float) -> float:
            pays = self.space.pays(point_cell(cell, {name: value}))
            return pays.lo if low else -pays.hi

        part = cell.ranges[name]
        values = ends(part)
        value = min(values, key=worth)
        whole = self.space.pays(cell)
        if part.hi == inf and value == values[-1] and not isfinite(whole.lo if low else whole.hi):
            return FAR
        return value

    def _least(
        self, cell: Cell, name: str, plain: float, value: float, holds: Callable[[Pays], bool]
    ) -> float:
        """The value nearest to `plain` on the way to `value` for which the claim still fails."""

        def fails(at: float) -> bool:
            return holds(self.space.pays(point_cell(cell, {name: at})))

        if fails(plain):
            return plain
        if not fails(value):
            return value
        near, far = plain, value
        while abs(far - near) > 1:
            middle = (near + far) // 2
            near, far = (near, middle) if fails(middle) else (middle, far)
        return far


def _total(score: Score) -> float:
    return score.total if score.total is not None else 0.0
