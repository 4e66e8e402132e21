"""A section about the evaluations that a plan asks for: after its stages, and every so many steps within one.

One table per suite, with one row per checkpoint. The figures are read from `metrics.json`; nothing is scored again.
"""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rewardkit.pages.blocks import Block, Tabled
from rewardkit.pages.page import Section
from rewardkit.pages.tables import Table, interval
from rewardkit.statistics import Estimate

FOLDER = re.compile(r"step-(\d+)|final")
SHOWN = re.compile(r"accuracy|mean@\d+|pass@\d+|none_recall|false_none|truncated")
TITLE = "Evaluations while training"


def checkpoints_section(stages: Sequence[tuple[str, Path]]) -> Section | None:
    """The evaluations of stages (label, folder), in order; None if there are none."""
    found = [one for label, folder in stages for one in _evaluations(label, folder)]
    if not found:
        return None
    suites = dict.fromkeys(one["meta"]["suite"] for one in found)
    blocks: list[Block] = [
        Tabled(_table(suite, [one for one in found if one["meta"]["suite"] == suite])) for suite in suites
    ]
    lead = "`rewardkit report RUN/NN-STAGE/evals` compares them question by question."
    return Section(TITLE, blocks, lead, found)


def _evaluations(label: str, folder: Path) -> Iterator[dict[str, Any]]:
    """The `metrics.json` of each checkpoint, in order of the steps, the stage's end last."""
    places = [(match, path) for path in folder.glob("evals/*") if (match := FOLDER.fullmatch(path.name))]
    for match, path in sorted(places, key=lambda pair: int(pair[0][1] or sys.maxsize)):
        figures = path / "metrics.json"
        if figures.is_file():
            yield {
                "stage": label,
                "checkpoint": match[0].replace("-", " "),
                **json.loads(figures.read_text("utf-8")),
            }


def _table(suite: str, rows: Sequence[dict[str, Any]]) -> Table:
    """One row per checkpoint and one column per headline figure; for pass@k only the first and the last k."""
    whole = [{(m["metric"], m["arm"]): m for m in row["metrics"] if not m["slice"]} for row in rows]
    names = [key for key in dict.fromkeys(key for row in whole for key in row) if SHOWN.fullmatch(key[0])]
    passes = [key for key in names if key[0].startswith("pass@")]
    names = [key for key in names if key not in passes[1:-1]]
    made = [
        [row["stage"], row["checkpoint"], *(_cell(figures.get(key)) for key in names)]
        for row, figures in zip(rows, whole, strict=True)
    ]
    headers = ["stage", "checkpoint", *(f"{metric} ({arm})" for metric, arm in names)]
    return Table(headers, made, title=suite, notes=["95 % intervals over questions"], words=(0, 1))


def _cell(found: dict[str, Any] | None) -> str:
    if found is None:
        return "–"
    value, low, high = (math.nan if found[key] is None else found[key] for key in ("value", "low", "high"))
    return interval(Estimate(value=value, low=low, high=high), found["unit"])
