"""What changed between two recipes, as specifications: which cell pays what, not which line reads how.

Two recipes come in; what goes out are the changes in how completions are read, the terms that were
added, removed or set otherwise, and the blocks of cells whose price changed, cells of the same change
merged along every axis, with the bounds of the change itself. Where the axes of both make too many cells, styles are varied one at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from math import isfinite, prod
from typing import Any

from ...documents import called, computed, written_as
from ...formatting import num
from ...recipe.recipe import Recipe
from ...terms.cells import Axis, Cell, Pays, Range, merge
from ...types import DECIDED, Outcome
from ..space import SLACK, Space
from .difference import PriceDifference, Span

MOST = 4000
"""Cells of both recipes together that are compared one by one."""


@dataclass(frozen=True, slots=True)
class Setting:
    """Something set otherwise; None where it is not set at all."""

    path: str
    before: Any
    after: Any

    def __str__(self) -> str:
        return f"{self.path}: {_shown(self.before)} -> {_shown(self.after)}"


def _pays(pays: Pays) -> str:
    if pays.never:
        return "nothing"
    text = num(pays.lo) if pays.lo == pays.hi else f"{num(pays.lo)} to {num(pays.hi)}"
    return f"{text} or nothing" if pays.absent else text


PRICE = written_as(_pays)


@dataclass(frozen=True, slots=True)
class Block:
    """Cells whose price changed alike: outcomes x truncation x ranges, `low` to `high` more than before."""

    outcomes: tuple[str, ...]
    truncated: tuple[bool, ...]
    ranges: Mapping[str, tuple[str, ...]]
    before: Pays = field(metadata=PRICE)
    after: Pays = field(metadata=PRICE)
    span: Span
    """The least and the most that one completion of these cells is paid more."""

    @property
    @computed("change")
    def change(self) -> str:
        """The change in price as text."""
        low, high = self.span
        if self.before.never or self.after.never or low == high == 0:
            return f"{_pays(self.before)} -> {_pays(self.after)}"
        if high - low <= SLACK:
            return f"{low:+.4g}"
        if not isfinite(low) and not isfinite(high):
            return "either way, without a bound"
        if not isfinite(low):
            return f"{high:+.4g} or less"
        return f"{low:+.4g} to {high:+.4g}" if isfinite(high) else f"{low:+.4g} or more"

    @property
    def where(self) -> str:
        """The cells as text: outcomes, and the ranges that the change is limited to."""
        parts = [", ".join(self.outcomes)]
        if len(self.truncated) == 1:
            parts.append("truncated" if self.truncated[0] else "not truncated")
        parts += [f"{name} in {' or '.join(ranges)}" for name, ranges in self.ranges.items()]
        return "; ".join(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecDiff:
    """What changed between two recipes. `prices` maps an outcome to its price before and after, style aside."""

    before: str
    after: str
    reading: tuple[Setting, ...]
    terms: tuple[Setting, ...]
    prices: Mapping[str, tuple[str, str]] = field(metadata=called("outcomes"))
    blocks: tuple[Block, ...] = field(metadata=called("cells"))
    whole: bool = field(metadata=called("every_cell"))
    """Whether every cell of both was compared; else one style at a time."""

    @property
    @computed("same")
    def same(self) -> bool:
        """Whether nothing changed at all."""
        return not (self.reading or self.terms or self.blocks)

    def sentences(self) -> list[str]:
        """What changed, line by line."""
        if self.same:
            return ["nothing changed: both read and pay the same"]
        lines = [f"reading: {setting}" for setting in self.reading]
        lines += [f"{setting}" for setting in self.terms]
        if not self.blocks:
            lines.append("no cell is paid otherwise")
        elif not self.whole:
            lines.append("cells compared with one style varied at a time")
        return lines

    def rows(self) -> list[list[str]]:
        """The blocks as a table."""
        return [[block.where, block.change] for block in self.blocks]

    header = ("where", "change")


def spec_diff(before: Recipe, after: Recipe) -> SpecDiff:
    """Compare two recipes without a single completion."""
    one, two = before.tree(), after.tree()
    outcomes = [o for o in DECIDED if o in {*before.outcomes, *after.outcomes}]
    axes = merge([*before.axes(), *after.axes()])
    whole = prod(len(axis.ranges) for axis in axes) * len(outcomes) * 2 <= MOST
    cells = _all(axes, outcomes) if whole else _one_at_a_time(after, axes, outcomes)
    return SpecDiff(
        before=before.ref,
        after=after.ref,
        reading=tuple(_settings("answer", _answer(before), _answer(after))),
        terms=tuple(_settings("reward", one["reward"], two["reward"]))
        + tuple(
            Setting(key, one.get(key), two.get(key)) for key in ("clip",) if one.get(key) != two.get(key)
        ),
        prices=_prices(before, after, outcomes),
        blocks=tuple(_blocks(before, after, axes, cells)),
        whole=whole,
    )


def _answer(recipe: Recipe) -> dict[str, Any]:
    return recipe.answer.model_dump(mode="json")


def _settings(path: str, before: Any, after: Any) -> Iterator[Setting]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in dict.fromkeys([*before, *after]):
            yield from _settings(f"{path}.{key}", before.get(key), after.get(key))
    elif before != after:
        yield Setting(path, before, after)


def _prices(before: Recipe, after: Recipe, outcomes: Iterable[Outcome]) -> dict[str, tuple[str, str]]:
    def price(space: Space, outcome: Outcome) -> str:
        return _pays(space.clean(outcome).pays) if outcome in space.outcomes else "cannot be"

    one, two = Space(before), Space(after)
    return {str(outcome): (price(one, outcome), price(two, outcome)) for outcome in outcomes}


def _all(axes: Sequence[Axis], outcomes: Sequence[Outcome]) -> Iterator[tuple[Any, ...]]:
    return product(outcomes, (False, True), *(axis.ranges for axis in axes))


def _one_at_a_time(
    recipe: Recipe, axes: Sequence[Axis], outcomes: Sequence[Outcome]
) -> Iterator[tuple[Any, ...]]:
    """The clean style of the later recipe, and every cell that differs from it on one axis."""
    own = Space(recipe).clean_ranges
    base = [own.get(axis.name, axis.ranges[0]) for axis in axes]
    base = [
        part if part in axis.ranges else next(r for r in axis.ranges if part.lo in r or r.lo >= part.lo)
        for part, axis in zip(base, axes, strict=True)
    ]
    seen: set[tuple[Range, ...]] = set()
    for at, axis in enumerate(axes):
        for part in axis.ranges:
            seen.add((*base[:at], part, *base[at + 1 :]))
    for outcome, truncated in product(outcomes, (False, True)):
        for ranges in sorted(seen, key=str):
            yield (outcome, truncated, *ranges)


def _blocks(
    before: Recipe, after: Recipe, axes: Sequence[Axis], cells: Iterable[tuple[Any, ...]]
) -> list[Block]:
    names = [axis.name for axis in axes]
    changed: dict[tuple[frozenset[Any], ...], tuple[Any, Pays, Pays]] = {}
    difference = PriceDifference(before, after, axes)
    universe: list[set[Any]] = [set() for _ in range(len(names) + 2)]
    for key in cells:
        for at, value in enumerate(key):
            universe[at].add(value)
        cell = Cell(key[0], key[1], dict(zip(names, key[2:], strict=True)))
        a, b = before.bounds(cell), after.bounds(cell)
        span = _rounded(difference.within(cell))
        if (a.never and b.never) or (span == (0, 0) and a.never == b.never and a.absent == b.absent):
            continue
        alike = (a, b) if a.never or b.never else (span, a.absent, b.absent)
        changed[tuple(frozenset([value]) for value in key)] = ((alike, span), a, b)
    for at in reversed(range(len(names) + 2)):
        changed = _merged(changed, at)
    order = list(DECIDED)
    blocks: list[Block] = []
    for key, ((_, span), a, b) in changed.items():
        ranges = {
            _spoken(name, before, after): tuple(str(part) for part in axis.ranges if part in key[at + 2])
            for at, (name, axis) in enumerate(zip(names, axes, strict=True))
            if key[at + 2] != universe[at + 2]
        }
        outcomes = tuple(str(o) for o in sorted(key[0], key=order.index))
        blocks.append(Block(outcomes, tuple(sorted(key[1])), ranges, a, b, span))
    return blocks


def _spoken(axis: str, before: Recipe, after: Recipe) -> str:
    """An axis by the terms that read it, of the later recipe where it has any."""
    late = Space(after).spoken(axis)
    return late if late != axis else Space(before).spoken(axis)


def _rounded(span: Span) -> Span:
    """Without the rounding of sums, so that cells that change alike are put together."""
    low, high = (round(end, 9) + 0.0 if isfinite(end) else end for end in span)
    return low, high


def _merged(cells: dict[Any, tuple[Any, Pays, Pays]], at: int) -> dict[Any, tuple[Any, Pays, Pays]]:
    """Cells that agree in everything but the place `at`, put together."""
    groups: dict[Any, list[Any]] = {}
    for key, (change, _, _) in cells.items():
        groups.setdefault((key[:at], key[at + 1 :], change), []).append(key)
    found: dict[Any, tuple[Any, Pays, Pays]] = {}
    for (left, right, change), keys in groups.items():
        a, b = cells[keys[0]][1:]
        for key in keys[1:]:
            a, b = a.or_else(cells[key][1]), b.or_else(cells[key][2])
        found[(*left, frozenset().union(*(key[at] for key in keys)), *right)] = (change, a, b)
    return found


def _shown(value: Any) -> str:
    return "(not there)" if value is None else str(value)
