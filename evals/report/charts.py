"""Pictures of evaluation runs: headline figures, pass@k curves, slices, pass rates, outcomes, lengths.

Each takes boards by name and gives an Altair chart, or None where there is nothing to draw. All are narrow
enough for a phone.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from rewardkit.pages.draw import Chart
from rewardkit.pages.plots import WIDE, colour, outcome_bars, percent_axis, points, shades, share_x, stacked

from ..analysis.board import OUTCOMES, Board
from ..analysis.measures import Measure, counts, measures
from ..analysis.paired import RunComparison
from ..metrics import QUADRANTS, pass_at_k

BARS = 17
"""Distinct pass rates that are drawn apart; more are rounded to sixteenths, but never to none or all."""

SLICE_BARS = 48
"""Bars of a picture of slices; where there would be more, those of the largest slices are drawn."""

QUADRANT_COLOURS = {"solid": "@correct", "lucky": "@none_correct", "headroom": "@s2", "never": "@no_answer"}

Boards = Mapping[str, Board]


def headlines(boards: Boards) -> Chart | None:
    """Points with intervals: accuracy, mean@n, the last pass@k, and what is said of None."""
    rows: list[dict[str, Any]] = []
    for run, board in boards.items():
        top = f"pass@{board.suite.ks[-1]}" if board.suite.ks else ""
        for measure in measures(board):
            said_once = measure.arm == "greedy" or "greedy" not in board.arms
            first = measure.name in ("accuracy", top) or measure.name.startswith("mean@")
            if first or (measure.name in ("none_recall", "false_none") and said_once):
                made = measure.estimate(clusters=board.clusters if board.suite.cluster else None)
                rows.append(_interval(run, made, metric=_headline(measure)))
    return points(rows, "metric", list(boards), title="Headline figures") if rows else None


def differences(made: RunComparison) -> Chart | None:
    """Points with intervals: how far each run is from the first, in shares of questions."""
    tops = [row.metric for row in made.rows if row.metric.startswith("pass@")]
    shown = {
        "accuracy": "greedy accuracy",
        "mean@n": "mean@n",
        "none_recall": "None recall",
        "false_none": "false None",
    }
    shown |= {tops[-1]: tops[-1]} if tops else {}
    arms = {row.arm for row in made.rows}
    rows: list[dict[str, Any]] = []
    for row in made.rows:
        said_once = (
            not row.metric.startswith(("none_", "false_")) or row.arm == "greedy" or "greedy" not in arms
        )
        if row.metric in shown and said_once and not row.column:
            rows.append(_interval(row.run, row.difference, metric=shown[row.metric]))
    if not rows:
        return None
    # colours are those of the same runs in the other pictures, where the first run has its own
    title, others = f"Difference from {made.names[0]}", made.names[1:]
    return points(rows, "metric", others, title, share=False, hues=shades(made.names)[1:])


def curves(boards: Boards) -> Chart | None:
    """pass@k over k with bands, and greedy accuracy as a dashed line, one colour per run."""
    bands, lines = [], []
    for name, board in boards.items():
        arm = board.arms.get("sampled")
        top = arm.n if arm is not None else 2
        if arm is not None:
            n, c, usable = counts(arm)
            for k in _ks(arm.n):
                values = np.where(usable, pass_at_k(n, c, k), np.nan)
                point = Measure(name="", arm="", num=values, den=np.ones(len(n)), about="", curve=True)
                made = point.estimate(clusters=board.clusters if board.suite.cluster else None)
                bands.append(_interval(name, made, k=k))
        for measure in measures(board):
            if (measure.name, measure.arm) == ("accuracy", "greedy"):
                lines += [_interval(name, measure.estimate(), k=k) for k in (1, max(top, 2))]
    if not bands and not lines:
        return None
    shade = colour("run", list(boards))
    ticks = sorted({row["k"] for row in bands if row["k"] & (row["k"] - 1) == 0}) or [1, 2]
    scale = alt.Scale(type="log", base=2, nice=False)
    x = alt.X("k:Q", scale=scale, title="k, samples tried", axis=alt.Axis(values=ticks, grid=False))
    layers: list[Any] = []
    if lines:
        base = alt.Chart(pd.DataFrame(lines))
        layers.append(base.mark_line(strokeDash=[5, 4]).encode(x=x, y=_share("value:Q"), color=shade))
    if bands:
        base = alt.Chart(pd.DataFrame(bands))
        layers.append(base.mark_area(opacity=0.16).encode(x=x, y=_share("low:Q"), y2="high:Q", color=shade))
        layers.append(base.mark_line().encode(x=x, y=_share("value:Q"), color=shade))
        marked = base.transform_filter(alt.FieldOneOfPredicate(field="k", oneOf=ticks))
        layers.append(marked.mark_point(filled=True, size=28).encode(x=x, y=_share("value:Q"), color=shade))
    return alt.layer(*layers).properties(width=WIDE, height=230, title="pass@k (solid) and greedy (dashed)")


def slices(boards: Boards, column: str) -> Chart | None:
    """Greedy accuracy (or mean@n) of each value of a column with its interval, one bar per run.

    Of a column with many values those with the most questions, as many as make `SLICE_BARS`; the title says so.
    """
    first = next(iter(boards.values()))
    sizes = {value: int(mask.sum()) for (found, value), mask in first.slices().items() if found == column}
    kept = sorted(sizes, key=lambda value: -sizes[value])[: max(SLICE_BARS // len(boards), 4)]
    title = alt.TitleParams(f"Accuracy by {column}")
    if len(kept) < len(sizes):
        title.subtitle = f"the {len(kept)} of {len(sizes)} with the most questions"
    rows: list[dict[str, Any]] = []
    for name, board in boards.items():
        wanted = [m for m in measures(board) if m.name == "accuracy" or m.name.startswith("mean@")][:1]
        for (found, value), mask in board.slices().items():
            for measure in wanted if found == column and value in kept else ():
                rows.append(_interval(name, measure.estimate(mask), slice=value))
    if not rows:
        return None
    order = list(dict.fromkeys(row["slice"] for row in rows))
    base = alt.Chart(pd.DataFrame(rows)).encode(
        y=alt.Y("slice:N", sort=order, title=None, axis=alt.Axis(labelLimit=120)),
        yOffset=alt.YOffset("run:N", sort=list(boards)),
    )
    bars = base.mark_bar(opacity=0.7).encode(x=share_x("value:Q"), color=colour("run", list(boards)))
    rules = base.mark_rule(strokeWidth=1.2).encode(x=share_x("low:Q"), x2="high:Q")
    height = max(56, 15 * len(rows) + 8 * len(order))
    return alt.layer(bars, rules).properties(width=WIDE, height=height, title=title)


def pass_rates(boards: Boards) -> Chart | None:
    """How many questions have which share of right samples."""
    found: Counter[tuple[str, float]] = Counter()
    for name, board in boards.items():
        arm = board.arms.get("sampled")
        if arm is not None:
            n, c, usable = counts(arm)
            pairs = zip(n[usable].tolist(), c[usable].tolist(), strict=True)
            found.update((name, right / total) for total, right in pairs if total)
    if not found:
        return None
    bins = len({share for _, share in found})
    merged: Counter[tuple[str, float]] = Counter()
    for (name, share), number in found.items():
        merged[name, share if bins <= BARS else _binned(share)] += number
    shares = sorted({share for _, share in merged})
    labels = dict(zip(shares, _percentages(shares), strict=True))
    made = pd.DataFrame(
        [
            {"run": name, "label": labels[share], "questions": number}
            for (name, share), number in merged.items()
        ]
    )
    order = list(labels.values())
    chart = (
        alt.Chart(made)
        .mark_bar()
        .encode(
            x=alt.X(
                "label:O",
                sort=order,
                title="share of samples that are right",
                axis=alt.Axis(labelAngle=0, labelOverlap="greedy"),
            ),
            y=alt.Y("questions:Q", title="questions"),
            xOffset=alt.XOffset("run:N", sort=list(boards)),
            color=colour("run", list(boards)),
        )
    )
    return chart.properties(width=WIDE, height=170, title="Pass rates of questions")


def quadrants(boards: Boards) -> Chart | None:
    """Greedy x pass@n: solid, lucky, headroom for RL, never right; one bar per run."""
    rows = []
    for name, board in boards.items():
        for measure in measures(board):
            if measure.name.startswith("quadrant."):
                cell = measure.name.removeprefix("quadrant.")
                rows.append({"bar": name, "part": cell, "share": measure.estimate().value})
    if not rows:
        return None
    return stacked(rows, QUADRANT_COLOURS, list(QUADRANTS), "Greedy against samples", "share of questions")


def outcomes(boards: Boards) -> Chart:
    """The share of each outcome, one bar per arm."""
    rows = []
    for name, board in boards.items():
        for arm in board.arms.values():
            total = max(int(arm.present.sum()), 1)
            label = f"{name} {arm.name}" if len(boards) > 1 else arm.name
            found = {str(outcome): int(arm.is_(outcome).sum()) for outcome in OUTCOMES}
            rows += [{"bar": label, "part": part, "share": n / total} for part, n in found.items() if n]
    return outcome_bars(rows)


def lengths(boards: Boards) -> Chart | None:
    """How long completions are, right and other ones apart."""
    arms = {
        name: [arm for arm in board.arms.values() if np.isfinite(arm.tokens).any()]
        for name, board in boards.items()
    }
    found = [arm.tokens[np.isfinite(arm.tokens)] for made in arms.values() for arm in made]
    if not found:
        return None
    edges = np.histogram_bin_edges(np.concatenate(found), bins=24)
    rows = []
    for name, made in arms.items():
        for verdict in ("right", "other"):
            parts = [
                arm.tokens[np.isfinite(arm.tokens) & (arm.right == (verdict == "right"))] for arm in made
            ]
            heights, _ = np.histogram(np.concatenate(parts), edges)
            bins = zip(edges[:-1], edges[1:], heights, strict=True)
            rows += [
                {"run": name, "verdict": verdict, "from": a, "to": b, "count": int(h)}
                for a, b, h in bins
                if h
            ]
    shades = {"right": "@correct", "other": "@wrong"}
    chart = (
        alt.Chart(pd.DataFrame(rows))
        .mark_bar(binSpacing=0.5)
        .encode(
            x=alt.X("from:Q", bin="binned", title="tokens"),
            x2="to:Q",
            y=alt.Y("count:Q", title="completions", axis=alt.Axis(tickCount=4)),
            color=colour("verdict", list(shades), list(shades.values())),
        )
    )
    if len(boards) > 1:
        row = alt.Row("run:N", title=None, sort=list(boards), header=alt.Header(labelAnchor="start"))
        return chart.properties(width=WIDE, height=70).facet(row=row, spacing=4, title="Lengths")
    return chart.properties(width=WIDE, height=150, title="Lengths")


def _binned(share: float) -> float:
    """The nearest sixteenth; 0 and 1 are kept for questions that are never and always right."""
    return share if share in (0, 1) else min(max(round(share * (BARS - 1)), 1), BARS - 2) / (BARS - 1)


def _headline(measure: Measure) -> str:
    words = {"accuracy": "greedy accuracy", "none_recall": "None recall", "false_none": "false None"}
    return words.get(measure.name, measure.name)


def _interval(run: str, made: Any, **more: Any) -> dict[str, Any]:
    found = {"run": run, "value": made.value, "low": made.low, "high": made.high}
    return more | {key: None if isinstance(v, float) and math.isnan(v) else v for key, v in found.items()}


def _percentages(shares: Sequence[float]) -> list[str]:
    """Shares as per cent, with as many digits as tell them apart."""
    for digits in range(3):
        made = [f"{share:.{digits}%}" for share in shares]
        if len(set(made)) == len(made):
            return made
    return [str(share) for share in shares]


def _ks(n: int) -> list[int]:
    """Every k up to 16, then about eight a doubling."""
    grown = (round(2 ** (step / 8)) for step in range(32, 8 * 12))
    return sorted(k for k in {*range(1, min(n, 16) + 1), *grown, n} if k <= n)


def _share(field: str) -> alt.Y:
    return alt.Y(field, title="questions right", scale=alt.Scale(domain=[0, 1]), axis=percent_axis())
