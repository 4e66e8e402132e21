"""Two runs under several ways of reading an answer: whether every reader sees the same difference.

A gap between readers that is not the same in both runs means that their difference depends on who reads. It does not
say who is right: a strict reader misses answers that are there, a lenient one gives credit for numbers that are not the answer.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np

from rewardkit.errors import UsageError
from rewardkit.pages.tables import Table, figure, interval, probability
from rewardkit.statistics import Estimate, holm, paired_difference

from ..run.folder import EvaluationRun
from .board import Board, common_items
from .panel import board_under
from .verdict import LEVEL

NOTE = "paired over questions; p: exchanged question by question, after Holm over the rows"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderDifference:
    """Accuracy of a run against the baseline's, under one reader."""

    run: str
    arm: str
    reader: str
    base: float
    other: float
    difference: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """How much more `first` gives than `second`, in the baseline and in a run, as shares of completions.

    `only` counts the run's completions that `first` alone and `second` alone call right, after those of the baseline;
    `examples` are some of the run's as (question, sample, the reader that says right). `adjusted` is p after Holm.
    """

    run: str
    arm: str
    first: str
    second: str
    base: float
    other: float
    moved: Estimate
    adjusted: float
    only: tuple[int, int, int, int]
    examples: list[tuple[str, int, str]]


@dataclass(frozen=True, slots=True)
class ReadersCompared:
    """The differences under each reader, and the gap of each pair of readers in both runs."""

    base: str
    rows: list[ReaderDifference]
    gaps: list[Gap]

    def tables(self) -> list[Table]:
        """The differences by reader; then the gaps."""
        made = []
        for row in self.rows:
            shown = interval(row.difference, "difference"), probability(row.difference.p)
            made.append([row.run, row.arm, row.reader, figure(row.base), figure(row.other), *shown])
        headers = ["run", "arm", "reader", self.base, "run's", "difference", "p (Holm)"]
        first = Table(headers, made, "accuracy under each reader", [NOTE], words=(0, 1, 2))
        rows = []
        for gap in self.gaps:
            sizes = [figure(size, "difference") for size in (gap.base, gap.other)]
            counted = "+{} -{}".format(*gap.only[:2]), "+{} -{}".format(*gap.only[2:])
            name = f"{gap.first} less {gap.second}"
            rows.append([gap.run, gap.arm, name, *sizes, probability(gap.adjusted), *counted])
        headers = ["run", "arm", "gap", self.base, "run's", "p (Holm)", f"in {self.base}", "in run"]
        note = "+ completions that the first reader alone calls right, - those that the second alone does"
        return [first, Table(headers, rows, "where readers differ", [note], words=(0, 1, 2))]

    def warnings(self) -> list[str]:
        """The differences that depend on who reads, in sentences; then completions to read."""
        made = []
        for gap in self.gaps:
            if gap.adjusted < LEVEL:
                made.append(
                    f"{gap.run}: the difference depends on the reader: {gap.first} less {gap.second} ({gap.arm}) is "
                    f"{figure(gap.base, 'difference')} in {self.base} and {figure(gap.other, 'difference')} here "
                    f"(p {probability(gap.adjusted)} after Holm). Either may be wrong: read some of the completions."
                )
        for gap in self.gaps:
            made += [
                f"{gap.run} {item} {gap.arm} {sample}: right by {reader} alone ({gap.first} / {gap.second})"
                for item, sample, reader in gap.examples
            ]
        return made


def compare_readers(
    folders: Sequence[EvaluationRun], names: Sequence[str], readers: Sequence[str], *, examples: int = 3
) -> ReadersCompared:
    """Read every run under each reader (profiles or recipes) and compare with the first. Raises UsageError below two readers."""
    if len(set(readers)) < 2:
        raise UsageError(
            f"only {', '.join(readers)} reads these runs: give two profiles with -p, or set `profiles` in the suite"
        )
    boards = [{reader: board_under(folder, reader) for reader in readers} for folder in folders]
    rows: list[ReaderDifference] = []
    gaps: list[Gap] = []
    for name, theirs in zip(names[1:], boards[1:], strict=True):
        for arm in next(iter(boards[0].values())).arms:
            if all(arm in board.arms for board in theirs.values()):
                made = _compared(boards[0], theirs, name, arm, examples)
                rows += made[0]
                gaps += made[1]
    adjusted = holm([gap.moved.p for gap in gaps])
    gaps = [replace(gap, adjusted=p) for gap, p in zip(gaps, adjusted, strict=True)]
    corrected = holm([row.difference.p for row in rows])
    rows = [
        replace(row, difference=replace(row.difference, p=p)) for row, p in zip(rows, corrected, strict=True)
    ]
    return ReadersCompared(names[0], rows, gaps)


def _compared(
    ours: dict[str, Board], theirs: dict[str, Board], run: str, arm: str, examples: int
) -> tuple[list[ReaderDifference], list[Gap]]:
    items = common_items([*ours.values(), *theirs.values()])
    clusters = _clusters(next(iter(ours.values())), items)
    (a, here), (b, there) = (_right(boards, items, arm) for boards in (ours, theirs))

    def paired(left: Any, right: Any, unit: bool) -> tuple[float, float, Estimate]:
        """The mean over questions (each its own completions' mean) on both sides, and the paired difference."""
        both = (left[1].any(axis=1)) & (right[1].any(axis=1))
        with np.errstate(invalid="ignore"):
            sides = [np.where(both, v.sum(axis=1) / k.sum(axis=1), math.nan) for v, k in (left, right)]
        one = np.ones(len(both))
        made = paired_difference((sides[0], one), (sides[1], one), clusters=clusters, unit=unit)
        means = [float(side[both].mean()) if both.any() else math.nan for side in sides]
        return means[0], means[1], made

    rows = []
    for reader in ours:
        base, other, made = paired((a[reader], here), (b[reader], there), True)
        rows.append(
            ReaderDifference(run=run, arm=arm, reader=reader, base=base, other=other, difference=made)
        )
    gaps = []
    for first, second in combinations(ours, 2):
        before, after = (1 * side[first] - 1 * side[second] for side in (a, b))
        base, other, made = paired((before, here), (after, there), False)
        only = tuple(int((side == sign).sum()) for side in (before, after) for sign in (1, -1))
        split = zip(*np.nonzero(after), strict=True)
        shown = [(items[i], int(j), first if after[i, j] > 0 else second) for i, j in split][:examples]
        gap = Gap(
            run=run,
            arm=arm,
            first=first,
            second=second,
            base=base,
            other=other,
            moved=made,
            adjusted=made.p,
            only=(only[0], only[1], only[2], only[3]),
            examples=shown,
        )
        gaps.append(gap)
    return rows, gaps


def _right(boards: dict[str, Board], items: Sequence[str], arm: str) -> tuple[dict[str, Any], Any]:
    """Which completions each reader calls right, and which count under all of them; shape (items, n)."""
    first = next(iter(boards.values()))
    places = {item.id: place for place, item in enumerate(first.items)}
    index = np.array([places[item] for item in items])
    known = [board.arms[arm].present & ~board.arms[arm].undecided[:, None] for board in boards.values()]
    counted = np.asarray(np.stack(known).all(axis=0))[index]
    return {name: board.arms[arm].right[index] & counted for name, board in boards.items()}, counted


def _clusters(board: Board, items: Sequence[str]) -> list[str] | None:
    if board.suite.cluster is None:
        return None
    labels = {item.id: label for item, label in zip(board.items, board.clusters, strict=True)}
    return [labels[item] for item in items]
