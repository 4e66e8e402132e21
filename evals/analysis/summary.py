"""What a scored run says: every metric with its interval, by every slice, and what is missing."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from rewardkit.documents import MERGED, OMITTED, called, computed, written_as
from rewardkit.formatting import number_of
from rewardkit.pages.tables import Table, figure, interval
from rewardkit.statistics import Estimate

from .board import Board
from .ledger import ledger_table, ledgers
from .measures import Measure, measures

HEADLINES = (
    "accuracy",
    "mean@",
    "pass@",
    "maj@",
    "greedy-mean",
    "quadrant",
    "none_",
    "false_none",
    "no_answer",
)
HEADLINES += ("truncated", "unusual_outputs", "tokens", "reward")


@dataclass(frozen=True, slots=True)
class SummaryRow:
    """A metric over all items (`column` empty) or over a slice. `floor` is what guessing would score.

    `bounds` is the figure with every missing completion wrong, and with every one right; None where it is the same.
    """

    column: str = field(metadata=OMITTED)
    value: str = field(metadata=OMITTED)
    measure: Measure = field(metadata=MERGED)
    estimate: Estimate = field(metadata=MERGED)
    floor: float = field(metadata=called("guessing"))
    bounds: tuple[float, float] | None = None

    @property
    @computed("slice")
    def slice(self) -> dict[str, str]:
        """The slice as column and value; empty for all items."""
        return {self.column: self.value} if self.column else {}


def _read(board: Board) -> dict[str, Any]:
    """The run, how it was read, and what became of its completions."""
    scoring = {"recipe": board.scoring["recipe"], "digest": board.scoring["digest"]}
    read = {"run": board.name, "meta": board.meta, **scoring, "scores": board.scoring["name"]}
    return read | {"ledger": ledgers(board)}


@dataclass(frozen=True, slots=True)
class RunSummary:
    """The rows of a run, and the notes beside them. `document("metrics", summary)` is metrics.json."""

    board: Board = field(metadata=MERGED | written_as(_read))
    rows: list[SummaryRow] = field(metadata=called("metrics"))
    notes: list[str]

    def table(self, *, everything: bool = False) -> Table:
        """Metrics over all items, one row per metric and one column per arm."""
        arms = [*self.board.arms, *(["both"] if len(self.board.arms) > 1 else [])]
        cells: dict[str, dict[str, SummaryRow]] = {}
        for row in self.rows:
            shown = everything or (row.measure.name.startswith(HEADLINES) and "." not in row.measure.name[6:])
            if not row.column and (shown or row.measure.name.startswith("quadrant")):
                cells.setdefault(row.measure.name, {})[row.measure.arm] = row
        floors = any(math.isfinite(row.floor) for row in self.rows)
        bounded = any(row.bounds for row in self.rows)
        made = []
        for name, by_arm in cells.items():
            # what is said of both arms at once stands under the second
            texts = [_cell(by_arm.get(arm)) for arm in arms if arm != "both"]
            if "both" in by_arm:
                texts[-1] = _cell(by_arm["both"])
            floor = max((row.floor for row in by_arm.values()), default=math.nan, key=lambda x: (x == x, x))
            bounds = next((row.bounds for row in by_arm.values() if row.bounds), None)
            told = f"{figure(bounds[0])} to {figure(bounds[1])}" if bounds else ""
            made.append([name, *texts, *([told] if bounded else []), *([figure(floor)] if floors else [])])
        headers = ["metric", *(arm for arm in arms if arm != "both")]
        headers += [*(["bounds"] if bounded else []), *(["guessing"] if floors else [])]
        return Table(headers, made, title=self._title(), notes=self.notes)

    def ledger(self) -> Table:
        """What was asked, and what became of it: to be read before the figures."""
        return ledger_table({self.board.name: self.board})

    def slice_table(self, column: str) -> Table:
        """The headline metrics of one column's slices, one row per slice."""
        rows = [row for row in self.rows if row.column == column]
        found = {(row.value, row.measure.name, row.measure.arm): row for row in rows}
        shown = [name for name in _slice_names(self.board) if any(key[1:] == name[1:] for key in found)]
        masks = self.board.slices()
        made = []
        for value in dict.fromkeys(row.value for row in rows):
            cells = [_cell(found.get((value, metric, arm))) for _, metric, arm in shown]
            made.append([value, str(int(masks[column, value].sum())), *cells])
        return Table([column, "items", *(header for header, _, _ in shown)], made, title=f"by {column}")

    def columns(self) -> list[str]:
        """The sliced columns."""
        return list(dict.fromkeys(row.column for row in self.rows if row.column))

    def _title(self) -> str:
        model = self.board.meta["model"].get("model", "?")
        return (
            f"{self.board.name}: {model} on {self.board.suite.suite}, read by {self.board.scoring['recipe']}"
        )

    def _repr_html_(self) -> str:
        return self.ledger().html() + self.table().html()


def summarise(board: Board, *, slices: bool = True) -> RunSummary:
    """Every metric of a board, over all items and over each slice."""
    every = measures(board)
    clusters = board.clusters if board.suite.cluster else None
    rows = [_row("", "", measure, None, clusters) for measure in every]
    for (column, value), mask in board.slices().items() if slices else ():
        rows += [_row(column, value, measure, mask, clusters) for measure in every]
    return RunSummary(board, rows, list(_notes(board)))


def _row(column: str, value: str, measure: Measure, mask: Any, clusters: list[str] | None) -> SummaryRow:
    floor = math.nan
    if measure.floor is not None:
        kept = measure.floor if mask is None else measure.floor[mask]
        floor = float(np.mean(kept)) if len(kept) else math.nan
    return SummaryRow(column, value, measure, measure.estimate(mask, clusters), floor, measure.bounded(mask))


def _notes(board: Board) -> Iterator[str]:
    """What a reader must know before believing the figures."""
    yield from board.left_out
    for arm in board.arms.values():
        drawn = arm.present.sum(axis=1)
        absent, gone = int(arm.present.size - drawn.sum()), int((drawn == 0).sum())
        some = int((drawn < arm.n).sum()) - gone
        if absent:
            parts = [f"{number_of(gone, 'question')} left out"] if gone else []
            parts += [f"{number_of(some, 'question')} with what the other samples define"] if some else []
            yield (
                f"{arm.name}: missing {absent} of {number_of(arm.present.size, 'completion')}, not counted as wrong: "
                f"{'; '.join(parts)}. bounds: were all of them wrong, and right"
            )
        if int(arm.undecided.sum()):
            yield f"{arm.name}: left out for an unusable gold: {number_of(int(arm.undecided.sum()), 'question')}"
    yield (
        "intervals: 95 %, over questions (Wilson for plain proportions; Student with two imagined questions for other "
        "shares; a bootstrap for tokens and rewards)"
    )


def _slice_names(board: Board) -> list[tuple[str, str, str]]:
    """(header, metric, arm) of a slice table's columns."""
    sampled = board.arms.get("sampled")
    names = [("accuracy", "accuracy", "greedy")] if "greedy" in board.arms else []
    if sampled is not None:
        top = f"pass@{board.suite.ks[-1]}"
        names += [(f"mean@{sampled.n}", f"mean@{sampled.n}", "sampled"), (top, top, "sampled")]
    arm = "greedy" if "greedy" in board.arms else "sampled"
    none = [("None recall", "none_recall", arm), ("false None", "false_none", arm)]
    return [*names, *none, ("cut", "truncated", arm)]


def _cell(row: SummaryRow | None) -> str:
    return "" if row is None else interval(row.estimate, row.measure.unit)
