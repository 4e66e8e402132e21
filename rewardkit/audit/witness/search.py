"""From "the bounds allow it" to "here it is": finding rollouts that really refute a claim.

What comes in is a space and the extreme cells in which a claim fails by the bounds; what goes out are
rollouts of those cells, as plain as can be (the fewest stray characters that do, the least length), and
their scores. Group terms are scored as a group.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from heapq import nsmallest
from itertools import islice, product
from math import inf, isfinite, prod
from random import Random

from ...terms.cells import Cell, Pays, Range
from ...types import Outcome, Reading, Rollout, Score
from ..space import SLACK, Space, Spot, ends, point_cell
from .variety import varied
from .writing import GROUP, ProblemKey, Size, Writer, problem_of

SPOTS_TRIED = 12
MOST_LISTED = 1000
"""Cells of a recipe that are listed to find others than the most extreme."""
MOST_PROBLEMS = 50
"""Problems, of those whose completions are given, that cells are looked for in; all of them are looked at as they are."""
FAR = 10_000_000
GROUPS_DRAWN = 40
DRAWN_SIZE = 4
USUAL_TOKENS = 100.0
"""Tokens of a completion where nothing asks for another number."""


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

    def write(
        self, cell: Cell, size: Size | None = None, problem: ProblemKey | None = None
    ) -> Rollout | None:
        """A rollout of a cell, or of one that is paid the same; the same one every time."""
        key = (cell.outcome, cell.truncated, tuple(cell.ranges.items()), size, problem)
        if key not in self._written:
            self._written[key] = self.writer.write(cell, size, problem) or self.writer.write(
                self._opened(cell), size, problem
            )
        return self._written[key]

    def _opened(self, cell: Cell) -> Cell:
        """The cell without its limits on the axes that change nothing of what it is paid."""
        pays, ranges = self.space.pays(cell), dict(cell.ranges)
        for axis in self.space.axes:
            others = (Cell(cell.outcome, cell.truncated, {**cell.ranges, axis.name: r}) for r in axis.ranges)
            if all(self.space.pays(other) == pays for other in others):
                ranges[axis.name] = Range(axis.lo, axis.hi)
        return Cell(cell.outcome, cell.truncated, ranges)

    def together(self, wanted: Sequence[tuple[Cell, Size | None]]) -> list[Rollout] | None:
        """A rollout of each cell, all of one problem, as the completions of a group are; None where none was found."""
        outcomes = {cell.outcome for cell, _ in wanted}
        problems = (key for key, pieces in self.writer.by_problem.items() if outcomes <= pieces.keys())
        for problem in islice(problems, MOST_PROBLEMS):
            found = [self.write(cell, size, problem) for cell, size in wanted]
            if None not in found:
                return [rollout for rollout in found if rollout is not None]
        return None

    def score(self, rollouts: Iterable[Rollout]) -> list[Score]:
        """Scores of rollouts as one prompt's group. Those that were named for it keep their names: chance draws by
        them."""
        return self.recipe.score(
            [
                r if r.group == GROUP and r.id else replace(r, group=GROUP, id=f"{GROUP}-{at + 1}", sample=at)
                for at, r in enumerate(rollouts)
            ]
        )

    @cached_property
    def chancy(self) -> bool:
        """Whether chance pays a part: then a text is paid otherwise under another name."""
        return any("chance" in term.looks_at for _, term in self.recipe.walk())

    def why(self, cells: Sequence[Cell]) -> str:
        """Why no completions of these cells show what their bounds allow."""
        if self.space.loose:
            return "too many cells to look at together, so terms were bounded one by one and bounds may be too wide"
        for cell in cells:
            if self.write(cell) is None:
                return self._obstacle(cell)
        if self.together([(cell, None) for cell in cells]) is None:
            return "such completions could not be written for one and the same problem"
        return "the completions that were written are not paid what the bounds of their terms allow"

    def _obstacle(self, cell: Cell) -> str:
        """What keeps a completion of a cell from being written: one axis where that is all, else that there are
        several."""
        what = f"no completion could be written that is {str(cell.outcome).replace('_', ' ')}"
        what += " and truncated" if cell.truncated else ""
        for axis in self.space.axes:
            whole = Range(axis.lo, axis.hi)
            if self.write(Cell(cell.outcome, cell.truncated, {**cell.ranges, axis.name: whole})) is not None:
                return f"{what} with {_amount(self.space.spoken(axis.name), cell.ranges[axis.name])}"
        return f"{what} in that style"

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
    def compared(self) -> bool:
        """Whether a group is known to be compared, so that each is paid by its company."""
        return any(term.reads_group and "anything" not in term.looks_at for _, term in self.recipe.walk())

    @cached_property
    def _readings(self) -> list[Reading]:
        return varied(self.writer)

    def sampled(self, right: Outcome, others: Sequence[Outcome], size: int) -> Iterator[list[Score]]:
        """Groups of a right completion and of others, drawn from many of one problem, where a group is compared."""
        own: dict[ProblemKey, dict[Outcome, list[Rollout]]] = {}
        for reading in self._readings if self.compared else ():
            by = own.setdefault(problem_of(reading.rollout), {})
            by.setdefault(reading.outcome, []).append(reading.rollout)
        draw = Random(0)
        for by in own.values():
            rights, rest = by.get(right, []), [rollout for other in others for rollout in by.get(other, ())]
            for _ in range(GROUPS_DRAWN if rights and len(rest) >= size else 0):
                scores = self.score([draw.choice(rights), *draw.sample(rest, size - 1)])
                if all(score.total is not None for score in scores):
                    yield scores

    @cached_property
    def varied(self) -> list[dict[Outcome, list[Score]]]:
        """Scores of many completions by problem and outcome, the least paid first. None where a group is known to be
        compared: each is paid by its company there."""
        found: dict[ProblemKey, dict[Outcome, list[Score]]] = {}
        if not self.compared:
            for score in self.recipe.score_readings(self._readings):
                if score.total is not None:
                    own = found.setdefault(problem_of(score.reading.rollout), {})
                    own.setdefault(score.outcome, []).append(score)
        return [
            {outcome: sorted(scores, key=_total) for outcome, scores in own.items()} for own in found.values()
        ]

    def _varied_pair(self, right: Outcome, others: tuple[Outcome, ...], ties: bool) -> list[Score] | None:
        """The least paid right one and the most paid other among many completions, if they refute the claim."""
        for own in self.varied:
            rights, rivals = own.get(right), [score for other in others for score in own.get(other, ())]
            if not rights or not rivals:
                continue
            scores = self.score([rights[0].reading.rollout, max(rivals, key=_total).reading.rollout])
            if _inverts(scores, ties):
                return scores
        for one, *rest in self.sampled(right, others, DRAWN_SIZE):
            rest.sort(key=_total, reverse=True)
            scores = self.score([score.reading.rollout for score in (one, *rest)])
            if _inverts(scores, ties):
                return scores
        return None

    def _pair(self, a: Spot, b: Spot, ties: bool) -> list[Score] | None:
        edge = SLACK if ties else -SLACK
        rival = self.sharpen(b, lambda pays: pays.hi >= b.pays.hi - SLACK, low=False)
        bar = self.space.pays(rival).hi
        low = self.sharpen(a, lambda pays: pays.lo < bar + edge, low=True)
        for one, two in self.sizes:
            for cell, other in ((low, rival), (a.cell, b.cell)):
                written = self.together([(cell, one), (other, two)])
                scores = self.score(written) if written is not None else []
                if scores and _inverts(scores, ties):
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
        """The value of a range nearest to the clean style; a completion of no tokens at all is nobody's."""
        if name == "tokens" and part.lo == 0:
            return min(USUAL_TOKENS, part.hi)
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


def _inverts(scores: Sequence[Score], ties: bool) -> bool:
    """Whether the first is paid less than the second (or, with `ties`, as much)."""
    x, y = scores[0].total, scores[1].total
    return x is not None and y is not None and x < y + (SLACK if ties else -SLACK)


def _total(score: Score) -> float:
    return score.total if score.total is not None else 0.0


def _amount(name: str, part: Range) -> str:
    """A range of an axis in words.

    >>> _amount("words", Range(200, inf)), _amount("box", Range(0, 0)), _amount("tokens", Range(30, 768))
    ('words of 200 or more', 'box of 0', 'tokens of 30 to 768')
    """
    low = f"{part.lo:,.10g}"
    if part.lo == part.hi:
        return f"{name} of {low}"
    return f"{name} of {low} or more" if part.hi == inf else f"{name} of {low} to {part.hi:,.10g}"
