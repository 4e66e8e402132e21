"""Plots that several parts of a page share: stacked shares, points with intervals, colours of series.

They take plain rows and do not know what was measured; all are narrow enough for a phone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from rewardkit.types import Outcome

from .draw import OUTCOME_COLOURS, SERIES, Chart

WIDE = 270
"""Width of the plotted area: with its labels a picture fits a phone."""


def outcome_bars(rows: Sequence[Mapping[str, Any]]) -> Chart:
    """Stacked shares of outcomes; rows of bar, part (an outcome) and share."""
    order = [str(outcome) for outcome in Outcome if any(row["part"] == str(outcome) for row in rows)]
    return stacked(rows, OUTCOME_COLOURS, order, "Outcomes", "share of completions")


def shades(names: Sequence[str]) -> list[str]:
    """A colour for each of these runs, in order."""
    return [SERIES[place % len(SERIES)] for place in range(len(names))]


def colour(field: str, names: Sequence[str], hues: Sequence[str] = ()) -> alt.Color:
    """The colour of a series; a legend only if there are several."""
    columns = len(names)
    if sum(len(name) + 4 for name in names) > 46:  # characters, marks counted as four, in a row of the legend
        columns = max(1, min(len(names), 44 // (max(map(len, names)) + 4)))
    legend = alt.Legend(title=None, columns=columns) if len(names) > 1 else None
    scale = alt.Scale(domain=list(names), range=list(hues) if hues else "category")
    return alt.Color(f"{field}:N", scale=scale, legend=legend)


def stacked(
    rows: Sequence[Mapping[str, Any]], shades: Mapping[str, str], order: Sequence[str], title: str, axis: str
) -> Chart:
    """Stacked bars of shares; rows of `bar`, `part` (one of `order`) and `share`."""
    bars = list(dict.fromkeys(row["bar"] for row in rows))
    placed = [{**row, "order": list(order).index(row["part"])} for row in rows]
    chart = (
        alt.Chart(pd.DataFrame(placed, columns=["bar", "part", "share", "order"]))
        .mark_bar()
        .encode(
            y=alt.Y("bar:N", sort=bars, title=None, axis=alt.Axis(labelLimit=110)),
            x=alt.X("share:Q", title=axis, scale=alt.Scale(domain=[0, 1]), stack="zero", axis=percent_axis()),
            color=colour("part", list(order), [shades[part] for part in order]),
            order=alt.Order("order:Q"),
        )
    )
    return chart.properties(width=WIDE, height=max(40, 24 * len(bars)), title=title)


def points(
    rows: list[dict[str, Any]],
    field: str,
    runs: list[str],
    title: str,
    *,
    share: bool = True,
    hues: Sequence[str] = (),
) -> Chart:
    """A point with its interval for each run and value of `field`; rows of `run`, `value`, `low`, `high`."""
    order = list(dict.fromkeys(row[field] for row in rows))
    base = alt.Chart(pd.DataFrame(rows)).encode(
        y=alt.Y(f"{field}:N", sort=order, title=None, axis=alt.Axis(grid=True, labelLimit=120)),
        yOffset=alt.YOffset("run:N", sort=runs),
        color=colour("run", runs, hues),
    )
    place = share_x if share else moved_x
    layers: list[Any] = [
        base.mark_rule(strokeWidth=2, opacity=0.55).encode(x=place("low:Q"), x2="high:Q"),
        base.mark_point(filled=True, size=46, opacity=1).encode(x=place("value:Q")),
    ]
    if not share:
        zero = alt.Chart(pd.DataFrame([{"value": 0.0}])).mark_rule(color="@muted", strokeDash=[3, 3])
        layers.insert(0, zero.encode(x=place("value:Q")))
    height = len(order) * max(22, 13 * len(runs) + 8)
    return alt.layer(*layers).properties(width=WIDE - 10, height=height, title=title)


def percent_axis() -> alt.Axis:
    """An axis in per cent."""
    return alt.Axis(format="%", tickCount=5)


def moved_x(field: str) -> alt.X:
    """Differences of shares, in percentage points."""
    return alt.X(field, title=None, axis=alt.Axis(format="+.0%", tickCount=5, labelFlush=False))


def share_x(field: str) -> alt.X:
    """Shares from 0 to 1."""
    return alt.X(field, title=None, scale=alt.Scale(domain=[0, 1]), axis=percent_axis())
