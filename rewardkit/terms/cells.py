"""Cells: the finite table over which claims about a recipe are proven.

A rollout lies in exactly one cell: an outcome, whether it was truncated, and for every *axis* that
the recipe's terms and conditions read (token count, stray characters, whether the format matches)
the range its measure falls into. Each term declares what it can pay in a cell as `Pays`; interval
arithmetic on these is sound: no rollout of the cell is ever paid outside them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import product
from math import inf

from ..types import DECIDED, Outcome, Reading


@dataclass(frozen=True, slots=True)
class Range:
    """A range of a measure. Ends are included unless open; integers have closed ends only."""

    lo: float
    hi: float
    lo_open: bool = False
    hi_open: bool = False

    def __contains__(self, value: float) -> bool:
        above = value > self.lo if self.lo_open else value >= self.lo
        below = value < self.hi if self.hi_open else value <= self.hi
        return above and below

    def __str__(self) -> str:
        if self.lo == self.hi:
            return f"{self.lo:g}"
        return f"{'(' if self.lo_open else '['}{self.lo:g}, {self.hi:g}{')' if self.hi_open or self.hi == inf else ']'}"


@dataclass(frozen=True)
class Axis:
    """Something that terms read from a rollout, cut into ranges.

    `measure` maps a reading to a number (0 or 1 for a flag). For an integer axis a cut c begins a
    new range at c; for a real axis a cut is a range of its own, so that "exactly 0" and "more than 0"
    differ. Axes of the same name are merged into one with the cuts of all.

    `fillers` are strings that move the measure when they are put into the reasoning, by one per copy
    if it is an integer; the audits write completions of any value with the first that works. Without
    them the measure depends on the layout or the answer. `of_ids`: token ids are measured.
    """

    name: str
    measure: Callable[[Reading], float]
    cuts: tuple[float, ...] = ()
    lo: float = 0
    hi: float = inf
    integer: bool = True
    fillers: tuple[str, ...] = ()
    of_ids: bool = False

    @cached_property
    def ranges(self) -> tuple[Range, ...]:
        """The ranges, in rising order; together they cover every value from lo to hi."""
        inner = sorted({cut for cut in self.cuts if self.lo <= cut <= self.hi})
        if self.integer:
            starts = [self.lo, *(cut for cut in inner if cut > self.lo)]
            ends = [*(start - 1 for start in starts[1:]), self.hi]
            return tuple(Range(lo, hi) for lo, hi in zip(starts, ends, strict=True))
        found: list[Range] = []
        at, closed = self.lo, True
        for cut in inner:
            if cut > at or (cut == at and not closed):
                found.append(Range(at, cut, lo_open=not closed, hi_open=True))
            found.append(Range(cut, cut))
            at, closed = cut, False
        if at < self.hi or closed:
            found.append(Range(at, self.hi, lo_open=not closed))
        return tuple(found)

    def locate(self, reading: Reading) -> Range:
        """The range that a reading's measure falls into."""
        value = self.measure(reading)
        for part in self.ranges:
            if value in part:
                return part
        raise ValueError(f"axis {self.name}: measure {value!r} lies outside [{self.lo}, {self.hi}]")


def flag(name: str, measure: Callable[[Reading], bool]) -> Axis:
    """An axis with the two ranges 0 and 1."""
    return Axis(name, lambda reading: float(measure(reading)), cuts=(1,), hi=1)


def merge(axes: Iterable[Axis]) -> tuple[Axis, ...]:
    """One axis per name, with the cuts of all."""
    merged: dict[str, Axis] = {}
    for axis in axes:
        known = merged.get(axis.name)
        merged[axis.name] = (
            replace(known, cuts=known.cuts + axis.cuts, fillers=known.fillers or axis.fillers)
            if known
            else axis
        )
    return tuple(merged.values())


@dataclass(frozen=True)
class Cell:
    """One cell of the table: outcome x truncated x a range on every axis."""

    outcome: Outcome
    truncated: bool
    ranges: Mapping[str, Range] = field(default_factory=dict)

    def holds(self, axis: str) -> bool:
        """For a flag axis: whether it is 1 here."""
        return self.ranges[axis].lo >= 1

    def __str__(self) -> str:
        parts = [str(self.outcome), *(["truncated"] if self.truncated else [])]
        parts += [f"{name} {part}" for name, part in self.ranges.items()]
        return ", ".join(parts)


def cell_of(reading: Reading, axes: Sequence[Axis]) -> Cell:
    """The cell that a reading lies in."""
    return Cell(reading.outcome, reading.truncated, {axis.name: axis.locate(reading) for axis in axes})


def cells(axes: Sequence[Axis], outcomes: Iterable[Outcome] = DECIDED) -> Iterator[Cell]:
    """Every cell; their number is the product of the ranges."""
    for outcome in outcomes:
        for truncated in (False, True):
            for ranges in product(*(axis.ranges for axis in axes)):
                yield Cell(outcome, truncated, dict(zip((axis.name for axis in axes), ranges, strict=True)))


@dataclass(frozen=True, slots=True)
class Pays:
    """What a term can pay in a cell: a number from lo to hi, and, if `absent`, None.

    lo > hi means never a number.
    """

    lo: float
    hi: float
    absent: bool = False

    @property
    def never(self) -> bool:
        """Whether it can never pay a number."""
        return self.lo > self.hi

    def scaled(self, weight: float) -> Pays:
        """Times a weight of either sign. An unbounded end times 0 is 0."""
        if self.never:
            return self
        ends = [0.0 if weight == 0 else end * weight for end in (self.lo, self.hi)]
        return Pays(min(ends), max(ends), self.absent)

    def clipped(self, lo: float, hi: float) -> Pays:
        """Clipped to lo and hi."""
        if self.never:
            return self
        return Pays(min(max(self.lo, lo), hi), min(max(self.hi, lo), hi), self.absent)

    def or_else(self, other: Pays) -> Pays:
        """Either of two."""
        return Pays(min(self.lo, other.lo), max(self.hi, other.hi), self.absent or other.absent)

    def __contains__(self, value: float | None) -> bool:
        if value is None:
            return self.absent
        slack = 1e-9 * max(1.0, abs(value))
        return self.lo - slack <= value <= self.hi + slack


NOTHING = Pays(inf, -inf, absent=True)


def exactly(value: float | None) -> Pays:
    """One number, or nothing for None."""
    return NOTHING if value is None else Pays(value, value)


def hull(values: Iterable[float | None]) -> Pays:
    """The smallest `Pays` that contains all values."""
    pays = Pays(inf, -inf)
    for value in values:
        pays = pays.or_else(exactly(value))
    return pays
