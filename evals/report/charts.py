"""Pictures: pass@k curves, slices, pass rates, lengths and outcomes, drawn by Altair.

A chart comes out as an Altair object; `svg` and `png` render it without a browser or a network. In a page
colours are CSS variables, so that one picture serves light and dark.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
import vl_convert

from rewardkit.errors import UsageError

from ..board import OUTCOMES, Board
from ..measures import Measure, counts, measures
from ..metrics import pass_at_k

SERIES = 7


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours of ink, muted ink and lines, and of the series in order."""

    ink: str
    muted: str
    line: str
    series: tuple[str, ...]


PAGE = Palette(
    "var(--ink)", "var(--muted)", "var(--line)", tuple(f"var(--s{i})" for i in range(1, SERIES + 1))
)
PAPER = Palette(
    "#1c2330",
    "#566072",
    "#d9dee7",
    ("#2563c9", "#c2570c", "#0f7b6c", "#8a3ab9", "#a8871b", "#b03060", "#5b6b7f"),
)


def svg(chart: alt.TopLevelMixin, palette: Palette = PAGE, label: str = "") -> str:
    """The chart as SVG text, with `label` as its name for those who cannot see it."""
    made = vl_convert.vegalite_to_svg(_configured(chart, palette))
    name = label.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
    return made.replace("<svg ", f'<svg role="img" aria-label="{name}" ', 1) if label else made


def save(chart: alt.TopLevelMixin, path: Path) -> None:
    """Write the chart as .svg or .png (at twice its size)."""
    if path.suffix == ".svg":
        path.write_text(svg(chart, PAPER), encoding="utf-8")
    elif path.suffix == ".png":
        path.write_bytes(
            vl_convert.vegalite_to_png(_configured(chart, PAPER) | {"background": "white"}, scale=2)
        )
    else:
        raise UsageError(f"a picture is .svg or .png; found '{path.suffix}'")


def curves(boards: Mapping[str, Board]) -> alt.TopLevelMixin | None:
    """pass@k over k with bands, and greedy accuracy as a dashed line, a colour a run."""
    bands, lines = [], []
    for name, board in boards.items():
        arm = board.arms.get("sampled")
        top = arm.n if arm is not None else 1
        if arm is not None:
            n, c, whole = counts(arm)
            for k in _ks(arm.n):
                values = np.where(whole, pass_at_k(n, c, k), np.nan)
                point = Measure(name="", arm="", num=values, den=np.ones(len(n)), about="").estimate()
                bands.append(
                    {"run": name, "k": k, "value": point.value, "low": point.low, "high": point.high}
                )
        for measure in measures(board):
            if (measure.name, measure.arm) == ("accuracy", "greedy"):
                made = measure.estimate()
                ends = (1, top) if top > 1 else (1, 2)
                lines += [
                    {"run": name, "k": k, "value": made.value, "low": made.low, "high": made.high}
                    for k in ends
                ]
    if not bands and not lines:
        return None
    colour = _colour("run", list(boards))
    scale = alt.Scale(type="log", base=2, nice=False)
    layers: list[Any] = []
    if lines:
        base = alt.Chart(pd.DataFrame(lines))
        x = alt.X("k:Q", scale=scale, title="k")
        layers.append(
            base.mark_line(strokeDash=[5, 4]).encode(x=x, y=_share("value:Q", "share right"), color=colour)
        )
    if bands:
        base = alt.Chart(pd.DataFrame(bands))
        ticks = sorted({row["k"] for row in bands if row["k"] & (row["k"] - 1) == 0})
        x = alt.X("k:Q", scale=scale, title="k (samples tried)", axis=alt.Axis(values=ticks))
        layers.append(
            base.mark_area(opacity=0.18).encode(
                x=x, y=_share("low:Q", "share right"), y2="high:Q", color=colour
            )
        )
        layers.append(
            base.mark_line(point=True).encode(x=x, y=_share("value:Q", "share right"), color=colour)
        )
    return alt.layer(*layers).properties(width=520, height=280, title="pass@k (solid) and greedy (dashed)")


def slices(boards: Mapping[str, Board], column: str) -> alt.TopLevelMixin | None:
    """Greedy accuracy (or mean@n) of each value of a column with its interval, a colour a run."""
    rows, order = [], []
    for name, board in boards.items():
        wanted = [m for m in measures(board) if m.name == "accuracy" or m.name.startswith("mean@")][:1]
        for (found, value), mask in board.slices().items():
            if found != column:
                continue
            order += [value] if value not in order else []
            for measure in wanted:
                made = measure.estimate(mask)
                rows.append(
                    {"run": name, "slice": value, "value": made.value, "low": made.low, "high": made.high}
                )
    if not rows:
        return None
    base = alt.Chart(pd.DataFrame(rows)).encode(y=alt.Y("slice:N", sort=order, title=column), yOffset="run:N")
    bars = base.mark_bar(opacity=0.75).encode(x=_share_x("value:Q"), color=_colour("run", list(boards)))
    rules = base.mark_rule().encode(x=_share_x("low:Q"), x2="high:Q")
    height = max(60, 16 * len(rows) + 8 * len(order))
    return alt.layer(bars, rules).properties(width=420, height=height, title=f"by {column}")


def pass_rates(boards: Mapping[str, Board]) -> alt.TopLevelMixin | None:
    """How many questions have which share of right samples."""
    rows = []
    for name, board in boards.items():
        arm = board.arms.get("sampled")
        if arm is None:
            continue
        n, c, whole = counts(arm)
        rows += [
            {"run": name, "rate": f"{right}/{total}", "order": right / total}
            for total, right in zip(n[whole], c[whole], strict=True)
        ]
    if not rows:
        return None
    order = alt.EncodingSortField(field="order", op="min")
    chart = (
        alt.Chart(pd.DataFrame(rows))
        .mark_bar()
        .encode(
            x=alt.X("rate:O", sort=order, title="right samples", axis=alt.Axis(labelAngle=0)),
            y=alt.Y("count():Q", title="questions"),
            xOffset="run:N",
            color=_colour("run", list(boards)),
        )
    )
    return chart.properties(
        width=max(260, 40 * len({row["rate"] for row in rows})), height=180, title="pass rates"
    )


def outcomes(boards: Mapping[str, Board]) -> alt.TopLevelMixin:
    """The share of each outcome, a bar an arm."""
    rows = []
    for name, board in boards.items():
        for arm in board.arms.values():
            total = max(int(arm.present.sum()), 1)
            for outcome in OUTCOMES:
                count = int(arm.is_(outcome).sum())
                if count:
                    label = f"{name} {arm.name}" if len(boards) > 1 else arm.name
                    rows.append({"bar": label, "outcome": str(outcome), "share": count / total})
    names = [str(outcome) for outcome in OUTCOMES if any(row["outcome"] == str(outcome) for row in rows)]
    chart = (
        alt.Chart(pd.DataFrame(rows, columns=["bar", "outcome", "share"]))
        .mark_bar()
        .encode(
            y=alt.Y("bar:N", sort=None, title=None),
            x=alt.X("share:Q", title="share of completions", scale=alt.Scale(domain=[0, 1]), stack="zero"),
            color=_colour("outcome", names),
            order=alt.Order("outcome:N"),
        )
    )
    return chart.properties(
        width=420, height=max(50, 28 * len({row["bar"] for row in rows})), title="outcomes"
    )


def lengths(boards: Mapping[str, Board]) -> alt.TopLevelMixin | None:
    """How long completions are, right and other ones apart."""
    tokens = {
        name: [arm for arm in board.arms.values() if np.isfinite(arm.tokens).any()]
        for name, board in boards.items()
    }
    found = [arm.tokens[np.isfinite(arm.tokens)] for arms in tokens.values() for arm in arms]
    if not found:
        return None
    edges = np.histogram_bin_edges(np.concatenate(found), bins=24)
    rows = []
    for name, arms in tokens.items():
        for verdict in ("right", "other"):
            values = np.concatenate(
                [arm.tokens[np.isfinite(arm.tokens) & (arm.right == (verdict == "right"))] for arm in arms]
                or [np.array([])]
            )
            heights, _ = np.histogram(values, edges)
            rows += [
                {"run": name, "verdict": verdict, "from": a, "to": b, "count": int(h)}
                for a, b, h in zip(edges[:-1], edges[1:], heights, strict=True)
                if h
            ]
    chart = (
        alt.Chart(pd.DataFrame(rows))
        .mark_bar()
        .encode(
            x=alt.X("from:Q", bin="binned", title="tokens"),
            x2="to:Q",
            y=alt.Y("count:Q", title="completions"),
            color=_colour("verdict", ["right", "other"]),
        )
    )
    if len(boards) > 1:
        return chart.properties(width=420, height=110).facet(row=alt.Row("run:N", title=None))
    return chart.properties(width=420, height=150, title="lengths")


def _ks(n: int) -> list[int]:
    """Every k up to 16, then about eight a doubling."""
    return sorted(
        {*range(1, min(n, 16) + 1), *(round(2 ** (i / 8)) for i in range(32, 8 * 12)), n}
        & set(range(1, n + 1))
    )


def _colour(field: str, names: Sequence[str]) -> alt.Color:
    legend = alt.Legend(title=None) if len(names) > 1 else None
    # the range is filled in when the chart is rendered, for paper or for a page
    return alt.Color(f"{field}:N", scale=alt.Scale(domain=list(names), range="category"), legend=legend)


def _share(field: str, title: str) -> alt.Y:
    return alt.Y(field, title=title, scale=alt.Scale(domain=[0, 1]))


def _share_x(field: str) -> alt.X:
    return alt.X(field, title="share right", scale=alt.Scale(domain=[0, 1]))


def _configured(chart: alt.TopLevelMixin, palette: Palette) -> dict[str, Any]:
    spec = chart.to_dict()
    axis = {"labelColor": palette.muted, "titleColor": palette.muted, "gridColor": palette.line}
    axis |= {"domainColor": palette.line, "tickColor": palette.line, "titleFontWeight": "normal"}
    spec["config"] = {
        "background": "transparent",
        "view": {"stroke": "transparent"},
        "axis": axis,
        "legend": {
            "labelColor": palette.ink,
            "titleColor": palette.ink,
            "orient": "bottom",
            "labelLimit": 400,
        },
        "header": {"labelColor": palette.ink, "titleColor": palette.ink},
        "title": {"color": palette.ink, "anchor": "start", "fontSize": 13},
        "rule": {"color": palette.ink},
        "range": {"category": list(palette.series)},
        "font": "system-ui, sans-serif",
    }
    spec.pop("background", None)
    return spec
