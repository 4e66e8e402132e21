"""Charts as pictures: SVG for the page, SVG and PNG for papers, without a browser or a network.

A chart names its colours by what they mean (`@ink`, `@s1`, `@correct`). On the page they become CSS
variables, so that one picture works in light and dark; on paper they become fixed colours.
"""

from __future__ import annotations

import re
from html import escape
from pathlib import Path
from typing import Any

import altair as alt
import vl_convert

from rewardkit.errors import UsageError
from rewardkit.types import Outcome

PAPER = {
    "ink": "#1c2330",
    "muted": "#566072",
    "line": "#d9dee7",
    "s1": "#2563c9",
    "s2": "#c2570c",
    "s3": "#0f7b6c",
    "s4": "#8a3ab9",
    "s5": "#8a6d10",
    "s6": "#b03060",
    "s7": "#5b6b7f",
    "correct": "#1b7a46",
    "none_correct": "#58b380",
    "wrong": "#b3382c",
    "none_missed": "#df8a7f",
    "false_none": "#8a3ab9",
    "no_answer": "#8b95a5",
    "none_no_answer": "#b9c1cd",
    "undecided": "#c9a227",
}
"""The light colours of page.css; a test keeps the two in sync."""

SERIES = [f"@s{place}" for place in range(1, 8)]
OUTCOME_COLOURS = {str(outcome): f"@{outcome}" for outcome in Outcome}

Chart = alt.TopLevelMixin


def svg(chart: Chart, label: str = "", *, name: str = "", paper: bool = True) -> str:
    """The chart as an SVG string.

    `label` describes it for screen readers. `name` keeps the ids inside distinct from those of
    other pictures on the same page. With `paper` colours are fixed; without, they are CSS variables.
    """
    made = vl_convert.vegalite_to_svg(specification(chart, paper))
    if name:
        made = re.sub(r'\bid="', f'id="{name}-', made)
        made = made.replace("url(#", f"url(#{name}-").replace('href="#', f'href="#{name}-')
    if not label:
        return made
    return made.replace("<svg ", f'<svg role="img" aria-label="{escape(label)}" ', 1)


def png(chart: Chart) -> bytes:
    """The chart on white, at twice its size."""
    return vl_convert.vegalite_to_png(specification(chart, True) | {"background": "white"}, scale=2)


def save(chart: Chart, path: Path) -> None:
    """Write the chart as .svg or .png. Raises UsageError for any other ending."""
    if path.suffix == ".svg":
        path.write_text(svg(chart), encoding="utf-8")
    elif path.suffix == ".png":
        path.write_bytes(png(chart))
    else:
        raise UsageError(f"{path}: a picture must be .svg or .png; found '{path.suffix}'")


def specification(chart: Chart, paper: bool) -> dict[str, Any]:
    """Vega-Lite with our style, and real colours instead of their names."""
    made = chart.to_dict()
    made.pop("background", None)
    axis = {
        "labelColor": "@muted",
        "titleColor": "@muted",
        "gridColor": "@line",
        "domainColor": "@line",
        "tickColor": "@line",
        "titleFontWeight": "normal",
        "labelFontSize": 10,
        "titleFontSize": 11,
    }
    legend = {"labelColor": "@ink", "titleColor": "@ink", "orient": "bottom", "labelLimit": 300}
    made["config"] = {
        "background": "transparent",
        "view": {"stroke": "transparent"},
        "axis": axis,
        "legend": legend | {"symbolOpacity": 1, "labelFontSize": 11},
        "header": {"labelColor": "@ink", "titleColor": "@ink", "labelFontSize": 11, "labelOrient": "top"},
        "title": {"color": "@ink", "anchor": "start", "fontSize": 12, "fontWeight": 600},
        "rule": {"color": "@ink"},
        "text": {"color": "@ink"},
        "range": {"category": SERIES},
        "font": "system-ui, sans-serif",
    }
    return _coloured(made, paper)


def _coloured(part: Any, paper: bool) -> Any:
    if isinstance(part, dict):
        return {key: _coloured(value, paper) for key, value in part.items()}
    if isinstance(part, list):
        return [_coloured(value, paper) for value in part]
    if isinstance(part, str) and part.startswith("@") and part[1:] in PAPER:
        return PAPER[part[1:]] if paper else f"var(--{part[1:].replace('_', '-')})"
    return part
