"""Runs against a baseline, on the same questions: differences with intervals, tests, and what can be seen.

Every difference is paired: question i of one run with question i of the baseline, which is the first board. Runs whose data, prompts, decoding or reading differ are refused,
because their difference would not be due to the models.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from rewardkit.errors import UsageError
from rewardkit.statistics import (
    Estimate,
    difference_band,
    holm,
    mcnemar_exact,
    minimum_detectable_difference,
    paired_difference,
)

from ..metrics import pass_at_k
from .board import Board, common_items
from .comparison import Curves, Difference, Flip, RunComparison
from .measures import Measure, counts, measures

__all__ = ["Curves", "Difference", "Flip", "RunComparison", "compare", "objections_to"]

SHOWN = re.compile(
    r"accuracy|mean@n|pass@\d+|maj@\d+|greedy-mean@n|none_recall|none_precision|false_none|no_answer|truncated|tokens|reward"
)
SLICED = ("accuracy", "mean@n", "false_none", "none_recall")


def compare(
    boards: Sequence[Board], names: Sequence[str] | None = None, *, anyway: bool = False
) -> RunComparison:
    """Compare runs with the first. Raises UsageError for runs that are not comparable, unless `anyway`."""
    if len(boards) < 2:
        raise UsageError("a comparison needs at least two runs, the baseline first")
    labels = list(names) if names is not None else _distinct([board.name for board in boards])
    objections = [
        text
        for board, name in zip(boards[1:], labels[1:], strict=True)
        for text in objections_to(boards[0], board, name)
    ]
    if objections and not anyway:
        raise UsageError(
            "these runs are not comparable (--anyway compares them all the same):\n" + "\n".join(objections)
        )
    items = common_items(boards)
    if not items:
        raise UsageError("these runs share no question")
    rows, curves, flips = [], [], []
    base = _Aligned(boards[0], items)
    for board, name in zip(boards[1:], labels[1:], strict=True):
        other = _Aligned(board, items)
        rows += _differences(base, other, name)
        curves += _curves(base, other, name)
        flips += _flips(base, other, name)
    primary = boards[0].suite.deciding
    rows = _decided(rows, primary)
    return RunComparison(list(boards), labels, items, rows, curves, flips, objections, primary)


def objections_to(base: Board, other: Board, name: str) -> list[str]:
    """Why the difference of two runs would not be due to their models; empty where it would."""
    made = []
    for key, words in (("data", "questions or golds"), ("prompts", "prompts")):
        if base.meta[key] != other.meta[key]:
            made.append(f"{name}: the {words} differ from the baseline's")
    for arm in base.meta["decoding"].keys() & other.meta["decoding"].keys():
        ours, theirs = base.meta["decoding"][arm], other.meta["decoding"][arm]
        if ours != theirs:
            changed = [
                f"{key} {ours.get(key)} / {theirs.get(key)}"
                for key in ours
                if ours.get(key) != theirs.get(key)
            ]
            made.append(f"{name}: the {arm} arm is decoded differently ({', '.join(changed)})")
    if base.scoring["digest"] != other.scoring["digest"]:
        made.append(
            f"{name}: read by {other.scoring['recipe']}, the baseline by {base.scoring['recipe']}; score both with one"
        )
    return made


class _Aligned:
    """A board seen through the shared questions, in their order."""

    def __init__(self, board: Board, items: Sequence[str]) -> None:
        places = {item.id: place for place, item in enumerate(board.items)}
        self.board = board
        self.index = np.array([places[item] for item in items])
        self.items = list(items)
        self.measures = {(generic(measure.name), measure.arm): measure for measure in measures(board)}

    def slices(self) -> dict[tuple[str, str], NDArray[np.bool_]]:
        return {name: mask[self.index] for name, mask in self.board.slices().items()}

    def clusters(self) -> list[str] | None:
        if self.board.suite.cluster is None:
            return None
        labels = self.board.clusters
        return [labels[place] for place in self.index]


def generic(name: str) -> str:
    """`mean@8` as `mean@n`: runs with different n estimate the same thing by it."""
    return re.sub(r"mean@\d+", "mean@n", name)


def _differences(base: _Aligned, other: _Aligned, run: str) -> list[Difference]:
    every = np.ones(len(base.items), dtype=bool)
    shared = [key for key in base.measures if key in other.measures]
    rows = [_difference(base, other, key, run, "", "", every) for key in shared if SHOWN.fullmatch(key[0])]
    sliced: list[Difference] = []
    top = max((int(name[5:]) for name, _ in shared if re.fullmatch(r"pass@\d+", name)), default=0)
    for (column, value), mask in base.slices().items():
        made = [
            _difference(base, other, key, run, column, value, mask)
            for key in shared
            if key[0] in (*SLICED, f"pass@{top}")
        ]
        sliced += [row for row in made if row.difference.questions]
    families: dict[tuple[str, str, str], list[int]] = {}
    for place, row in enumerate(sliced):
        families.setdefault((row.column, row.metric, row.arm), []).append(place)
    for places in families.values():
        for place, p in zip(places, holm([sliced[place].difference.p for place in places]), strict=True):
            sliced[place] = replace(sliced[place], adjusted=p)
    return rows + sorted(sliced, key=lambda row: (row.column, row.metric, row.arm))


def _decided(rows: list[Difference], primary: tuple[str, str]) -> list[Difference]:
    """The rows with Holm's p over the runs for the primary metric, and what is detectable at that level."""
    places = [place for place, row in enumerate(rows) if (row.metric, row.arm) == primary and not row.column]
    made = list(rows)
    for place, p in zip(places, holm([rows[place].difference.p for place in places]), strict=True):
        made[place] = replace(rows[place], adjusted=p)
    return made


def _difference(
    base: _Aligned,
    other: _Aligned,
    key: tuple[str, str],
    run: str,
    column: str,
    value: str,
    mask: NDArray[np.bool_],
) -> Difference:
    ours, theirs = base.measures[key], other.measures[key]
    a, b = _pair(ours, base.index[mask]), _pair(theirs, other.index[mask])
    clusters = base.clusters()
    if clusters is not None:
        clusters = [label for label, kept in zip(clusters, mask, strict=True) if kept]
    made = paired_difference(a, b, clusters=clusters, unit=ours.unit == "share")
    test = "exchange"
    if key == ("accuracy", "greedy") and clusters is None:
        first, second = a[0], b[0]
        p = mcnemar_exact(
            int(np.sum((first == 1) & (second == 0))), int(np.sum((first == 0) & (second == 1)))
        )
        made, test = replace(made, p=p), "exact McNemar"
    with np.errstate(invalid="ignore", divide="ignore"):
        per_question = b[0] / b[1] - a[0] / a[1]
    return Difference(
        run=run,
        column=column,
        value=value,
        metric=key[0],
        arm=key[1],
        unit=ours.unit,
        better=ours.better,
        base=_estimate(ours, base, mask),
        other=_estimate(theirs, other, mask),
        difference=made,
        test=test,
        adjusted=math.nan,
        detectable=minimum_detectable_difference(per_question, clusters=clusters),
        bounds=_bounds(ours, base.index[mask], theirs, other.index[mask]),
    )


def _bounds(
    ours: Measure, at: NDArray[np.int64], theirs: Measure, there: NDArray[np.int64]
) -> tuple[float, float] | None:
    """The difference with what one run misses wrong and what the other misses right, both ways; None where nothing is missing."""
    if ours.bounds is None and theirs.bounds is None:
        return None
    least, most = (bound[at] for bound in ours.bounds or (ours.num, ours.num))
    low, high = (bound[there] for bound in theirs.bounds or (theirs.num, theirs.num))
    known = np.isfinite(least) & np.isfinite(low)
    return (float((low - most)[known].mean()), float((high - least)[known].mean())) if known.any() else None


def _pair(measure: Measure, index: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return measure.num[index], measure.den[index]


def _estimate(measure: Measure, side: _Aligned, mask: NDArray[np.bool_]) -> Estimate:
    chosen = np.zeros(len(measure.num), dtype=bool)
    chosen[side.index[mask]] = True
    return measure.estimate(chosen, side.board.clusters if side.board.suite.cluster else None)


def _curves(base: _Aligned, other: _Aligned, run: str) -> list[Curves]:
    ours, theirs = base.board.arms.get("sampled"), other.board.arms.get("sampled")
    if ours is None or theirs is None:
        return []
    ks = list(range(1, min(ours.n, theirs.n) + 1))

    def curve(side: _Aligned) -> NDArray[np.float64]:
        n, c, usable = counts(side.board.arms["sampled"])
        values = np.stack([np.where(usable, pass_at_k(n, c, k), math.nan) for k in ks], axis=1)
        return values[side.index]

    a, b = curve(base), curve(other)
    keep = np.isfinite(a).all(axis=1) & np.isfinite(b).all(axis=1)
    if not keep.any():
        return []
    means = [[float(v) for v in side[keep].mean(axis=0)] for side in (a, b)]
    band = difference_band(a, b, ks, clusters=base.clusters())
    return [Curves(run=run, ks=ks, base=means[0], other=means[1], band=band)]


def _flips(base: _Aligned, other: _Aligned, run: str) -> list[Flip]:
    ours, theirs = base.board.arms.get("greedy"), other.board.arms.get("greedy")
    if ours is None or theirs is None:
        return []
    made = []
    for place, item in enumerate(base.items):
        i, j = base.index[place], other.index[place]
        if not (ours.usable[i] and theirs.usable[j]) or ours.right[i, 0] == theirs.right[j, 0]:
            continue
        before, after = ours.predictions[i][0], theirs.predictions[j][0]
        made.append(
            Flip(
                run=run, item=item, gained=bool(theirs.right[j, 0]), before=before or "–", after=after or "–"
            )
        )
    return made


def _distinct(names: list[str]) -> list[str]:
    """Names as they are, numbered where one occurs twice."""
    return [
        name if names.count(name) == 1 else f"{name} ({place})" for place, name in enumerate(names, start=1)
    ]
