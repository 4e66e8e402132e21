"""Charts of training: one metric over several runs, and one run by term and by outcome."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import altair as alt
import pandas as pd

from rewardkit.pages.draw import OUTCOME_COLOURS, Chart
from rewardkit.pages.plots import WIDE, colour
from rewardkit.types import Outcome

Frame: TypeAlias = Any
"""A pandas frame or series: the stubs that pyright knows cannot tell what a column is."""

ANSWERABLE = [f"outcomes/{name}" for name in ("correct", "wrong", "false_none", "no_answer")]

OVERLAYS = {
    "grpo": {
        "reward": ("reward", "Reward"),
        "right": ("outcomes/right", "Right answers (share)"),
        "false-none": ("false_none", "None said on answerable problems (share)"),
        "length": ("completions/mean_length", "Tokens per completion"),
        "dead-groups": ("frac_reward_zero_std", "Groups without a gradient (share)"),
        "entropy": ("entropy", "Entropy"),
        "kl": ("kl", "KL from the reference"),
    },
    "sft": {
        "loss": ("loss", "Loss"),
        "token-accuracy": ("mean_token_accuracy", "Tokens predicted correctly (share)"),
    },
}


def overlays(runs: Mapping[str, Frame], kind: str, hues: Sequence[str]) -> list[tuple[str, Chart, str]]:
    """(name, chart, caption) of every metric that the runs logged, one line per run, coloured by `hues`."""
    made = []
    for name, (column, title) in OVERLAYS[kind].items():
        rows = []
        for run, frame in runs.items():
            values = _column(frame, column)
            if values is not None:
                rows.append(_smoothed(frame["step"], values, run))
        if rows:
            joined = pd.concat(rows)
            caption = f"{title}, over the steps of training"
            made.append((name, _lines(joined, "series", list(runs), title, hues), caption))
    return made


def term_labels(frames: Iterable[Frame]) -> list[str]:
    """Labels of the terms that any of these runs logged: a term has one colour in all their charts."""
    columns = dict.fromkeys(column for frame in frames for column in frame.columns)
    return [
        c.removeprefix("terms/") for c in columns if c.startswith("terms/") and not c.endswith("/applies")
    ]


def terms(frame: Frame, labels: Sequence[str]) -> Chart | None:
    """The mean payment of each term, and their sum; `labels` gives terms their colours."""
    shades = {label: f"@s{1 + place % 7}" for place, label in enumerate(labels) if f"terms/{label}" in frame}
    if not shades:
        return None
    rows = [_smoothed(frame["step"], frame[f"terms/{label}"], label) for label in shades]
    rows.append(_smoothed(frame["step"], frame["reward"], "reward"))
    names = ["reward", *shades]
    return _lines(pd.concat(rows), "series", names, "Terms (mean payment)", ["@ink", *shades.values()])


def outcomes(frame: Frame) -> Chart | None:
    """The share of each outcome, stacked."""
    names = [str(outcome) for outcome in Outcome if f"outcomes/{outcome}" in frame]
    present = [name for name in names if frame[f"outcomes/{name}"].fillna(0).any()]
    if not present:
        return None
    rows = []
    for place, name in enumerate(present):
        made = _smoothed(frame["step"], frame[f"outcomes/{name}"].fillna(0), name)
        rows.append(made.assign(order=place))
    chart = (
        alt.Chart(pd.concat(rows))
        .mark_area(opacity=0.9)
        .encode(
            x=_steps(),
            y=alt.Y("smooth:Q", stack="normalize", title=None, axis=alt.Axis(format="%", tickCount=5)),
            color=colour("series", present, [OUTCOME_COLOURS[name] for name in present]),
            order=alt.Order("order:Q"),
        )
    )
    return chart.properties(width=WIDE, height=170, title="Outcomes (share)")


def _column(frame: Frame, name: str) -> Frame | None:
    """A logged metric, or the share of false None among answerable problems; None if it was not logged."""
    if name == "false_none":
        if not all(part in frame for part in ANSWERABLE):
            return None
        whole: Any = frame[ANSWERABLE].sum(axis=1)
        return frame["outcomes/false_none"] / whole.where(whole > 0)
    if name not in frame or not frame[name].notna().any():
        return None
    return frame[name]


def _smoothed(steps: Frame, values: Frame, series: str) -> Frame:
    """Values as logged and their running mean over a thirtieth of the run."""
    made = pd.DataFrame({"step": steps, "value": values, "series": series}).dropna(subset=["value"])
    window = max(1, len(made) // 30)
    return made.assign(smooth=made["value"].rolling(window, min_periods=1).mean())


def _lines(rows: Frame, field: str, names: list[str], title: str, hues: Sequence[str]) -> Chart:
    base = alt.Chart(rows).encode(x=_steps(), color=colour(field, names, hues))
    y = alt.Y("value:Q", title=None, scale=alt.Scale(zero=False), axis=alt.Axis(tickCount=5))
    thin = base.mark_line(strokeWidth=0.8, opacity=0.3).encode(y=y)
    thick = base.mark_line(strokeWidth=1.8).encode(y=alt.Y("smooth:Q", title=None))
    return alt.layer(thin, thick).properties(width=WIDE, height=150, title=title)


def _steps() -> alt.X:
    return alt.X("step:Q", title="step", axis=alt.Axis(grid=False, tickCount=6), scale=alt.Scale(nice=False))
