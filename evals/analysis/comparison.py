"""The result of comparing runs, and how it prints: tables, notes, the ablation table, plain data.

Made by `rewardkit.evals.analysis.paired.compare`; nothing is computed here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from rewardkit.documents import MERGED, OMITTED, called, computed, written_as
from rewardkit.formatting import number_of
from rewardkit.pages.tables import Table, figure, interval, probability
from rewardkit.statistics import Band, Estimate
from rewardkit.statistics.bands import ENOUGH, UNKNOWN

from .board import Board
from .ledger import Ledger, ledger_table, ledgers
from .verdict import LEVEL, conclusions

STARRED = "* the primary metric differs from the first run's: p < .05 after Holm over the runs, paired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One metric of one run against the baseline's, over all shared questions or a slice.

    `p` is exact McNemar's for greedy accuracy, that of exchanging the runs question by question (Noreen's test)
    for the rest; `adjusted` is Holm's over the slices of its column, or over the runs compared for the primary metric (NaN
    for other metrics); `detectable` the smallest true difference that would be found with 80 % power.
    """

    run: str
    column: str = field(metadata=OMITTED)
    value: str = field(metadata=OMITTED)
    metric: str
    arm: str
    unit: str
    better: int = field(metadata=OMITTED)
    base: Estimate
    other: Estimate
    difference: Estimate
    test: str
    adjusted: float = field(metadata=called("holm"))
    detectable: float
    bounds: tuple[float, float] | None = None
    """The least and the most that the difference could be, whatever the missing samples are; None where none matters."""

    @property
    @computed("slice")
    def slice(self) -> dict[str, str]:
        """The slice as column and value; empty for all shared questions."""
        return {self.column: self.value} if self.column else {}

    @property
    @computed("p")
    def p(self) -> float:
        """The probability of a difference this large under no difference."""
        return self.difference.p


def _band(band: Band) -> dict[str, Any]:
    return {"low": band.low, "high": band.high, "verdicts": band.verdicts, "crossing": band.crossing}


@dataclass(frozen=True, slots=True, kw_only=True)
class Curves:
    """pass@k of the baseline and of a run at every k both can reach, and the band of their difference."""

    run: str
    ks: list[int] = field(metadata=called("k"))
    base: list[float]
    other: list[float]
    band: Band = field(metadata=MERGED | written_as(_band))

    def told(self) -> str:
        """At which k the run gains, loses, or cannot be told from the baseline, by the simultaneous band, in a sentence."""
        band, top = self.band, self.ks[-1]
        if band.clusters < ENOUGH:
            return (
                f"pass@k: {number_of(band.clusters, 'question')} cannot tell; a band needs at least {ENOUGH}"
            )
        parts = [
            f"{verdict} at k = {first}" + (f" to {last}" if last > first else "")
            for verdict, first, last in band.stretches()
        ]
        sure = any(verdict != UNKNOWN for verdict in band.verdicts)
        made = "pass@k " + ", ".join(parts) if sure else f"pass@k: {UNKNOWN} at any k up to {top}"
        if band.crossing is not None:
            made += "; the curves cross between k = {} and k = {}".format(*band.crossing)
        return f"{made} (95 % band over all k at once, {number_of(band.questions, 'question')})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Flip:
    """A question that greedy decoding answers rightly in one run and not in the other."""

    run: str
    item: str
    gained: bool
    before: str = field(metadata=OMITTED)
    after: str = field(metadata=OMITTED)


@dataclass(frozen=True, slots=True)
class RunComparison:
    """Differences of every run from the first, curves, flips, and objections that were overruled."""

    boards: list[Board] = field(metadata=OMITTED)
    names: list[str] = field(metadata=called("runs"))
    items: list[str] = field(metadata=called("questions") | written_as(len))
    rows: list[Difference] = field(metadata=called("differences"))
    curves: list[Curves]
    flips: list[Flip]
    objections: list[str]
    primary: tuple[str, str] = field(metadata=written_as(lambda pair: {"metric": pair[0], "arm": pair[1]}))
    """The metric that decides, and its arm."""

    @property
    @computed("conclusions")
    def conclusions(self) -> list[str]:
        """What can be concluded, and what it would take to tell more, in sentences."""
        return conclusions(self.names, self.primary, self.rows, self.curves)

    def star(self, row: Difference) -> str:
        """A star for a primary metric that differs after Holm, and for nothing else."""
        return "*" if (row.metric, row.arm) == self.primary and row.adjusted < LEVEL else ""

    @property
    @computed("ledger")
    def ledger(self) -> dict[str, list[Ledger]]:
        """What became of the completions of each run, over all its questions."""
        return {name: ledgers(board) for name, board in zip(self.names, self.boards, strict=True)}

    def ledger_table(self) -> Table:
        """The ledger of every run, to be read before the tables."""
        return ledger_table(dict(zip(self.names, self.boards, strict=True)))

    def tables(self, *, slices: bool = True) -> list[Table]:
        """For each run: its differences over all questions; then, with `slices`, one table for each sliced column."""
        made = [self._table(name) for name in self.names[1:]]
        for column in self.columns() if slices else ():
            made += [self._slices(name, column) for name in self.names[1:]]
        return made

    def columns(self) -> list[str]:
        """The sliced columns."""
        return list(dict.fromkeys(row.column for row in self.rows if row.column))

    def ablation(self, extra: Sequence[tuple[str, Sequence[str]]] = ()) -> Table:
        """One row per run and one column per metric, as papers print it. `extra` adds (header, one string per run)."""
        shown = [row for row in self.rows if not row.column]
        names = list(dict.fromkeys((row.metric, row.arm, row.unit) for row in shown))
        found = {(row.run, row.metric, row.arm): row for row in shown}
        made = []
        for place, run in enumerate(self.names):
            cells = []
            for metric, arm, unit in names:
                row = found.get((self.names[max(place, 1)], metric, arm))
                if row is None:
                    cells.append("–")
                    continue
                star = self.star(row) if place else ""
                cells.append(interval(row.base if place == 0 else row.other, unit) + star)
            made.append([run, *(values[place] for _, values in extra), *cells])
        headers = [
            "run",
            *(header for header, _ in extra),
            *(f"{metric} ({arm})" for metric, arm, _ in names),
        ]
        note = f"95 % intervals over {number_of(len(self.items), 'question')}; {STARRED}"
        return Table(headers, made, notes=[note], words=tuple(range(1 + len(extra))))

    def notes(self) -> list[str]:
        """What is printed below the tables: objections and flips."""
        made = [f"compared anyway: {objection}" for objection in self.objections]
        for name in self.names[1:]:
            mine = [flip for flip in self.flips if flip.run == name]
            gained = sum(flip.gained for flip in mine)
            if mine:
                made.append(
                    f"{name}: greedy gains {number_of(gained, 'question')} and loses {len(mine) - gained}"
                )
        return made

    def _table(self, run: str) -> Table:
        shown = [row for row in self.rows if row.run == run and not row.column]
        bounded = any(row.bounds for row in shown)
        made = [
            [
                f"{row.metric} ({row.arm})",
                figure(row.base.value, row.unit),
                figure(row.other.value, row.unit),
                _signed(row.difference),
                probability(row.p),
                figure(row.detectable, row.unit),
                *([_bounds(row)] if bounded else []),
            ]
            for row in shown
        ]
        headers = ["metric", self.names[0], run, "difference", "p", "detectable"]
        headers += ["bounds"] if bounded else []
        note = (
            "paired over questions; p: exact McNemar for greedy accuracy, else the runs exchanged question by "
            "question, and not corrected for the number of metrics: only the first sentence is a finding; detectable: with "
            "80 % power"
        )
        if bounded:
            note += "; bounds: of the difference, were every missing sample of one run wrong and of the other right"
        return Table(
            headers,
            made,
            title=f"{run} against {self.names[0]}, {number_of(len(self.items), 'question')}",
            notes=[note],
        )

    def _slices(self, run: str, column: str) -> Table:
        made = [
            [
                row.value,
                f"{row.metric} ({row.arm})",
                str(row.difference.questions),
                figure(row.base.value, row.unit),
                figure(row.other.value, row.unit),
                _signed(row.difference),
                probability(row.adjusted),
            ]
            for row in self.rows
            if row.run == run and row.column == column
        ]
        headers = [column, "metric", "items", self.names[0], run, "difference", "p (Holm)"]
        return Table(headers, made, title=f"{run} by {column}", words=(0, 1))

    def _repr_html_(self) -> str:
        return "".join(table.html() for table in self.tables())


def _bounds(row: Difference) -> str:
    return " to ".join(figure(bound, "difference") for bound in row.bounds) if row.bounds else ""


def _signed(made: Estimate) -> str:
    if math.isnan(made.value):
        return "–"
    return interval(made, "difference")
