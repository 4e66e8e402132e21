"""`rewardkit eval plan`: how many questions like those of two runs would show a difference of so many points."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rewardkit.errors import UsageError


def plan(
    runs: Annotated[list[Path], typer.Argument(help="Two runs of a suite, the baseline first.")],
    detect: Annotated[float, typer.Option(min=0.01, help="The difference to detect, in points.")] = 2.0,
    scores: Annotated[str | None, typer.Option(help="Which scoring pass, if there are several.")] = None,
    format: Annotated[str, typer.Option(help="text, md or csv.")] = "text",
) -> None:
    """How many questions show a difference with 80 % power, from how two runs differ question by question."""
    from rewardkit.pages.tables import Table, figure, print_tables

    from .analysis.board import load_board
    from .analysis.paired import compare
    from .analysis.verdict import questions_for
    from .run import EvaluationRun

    if len(runs) != 2:
        raise UsageError(f"a plan is made from two runs, the baseline first; found {len(runs)}")
    made = compare([load_board(EvaluationRun.existing(path), scores) for path in runs])
    rows = []
    for row in made.rows:
        if row.column or row.unit != "share":
            continue
        known = row.detectable == row.detectable
        needed = f"{questions_for(row, detect / 100):,}" if known else "–"
        name = f"{row.metric} ({row.arm})"
        rows.append([name, str(row.difference.questions), figure(row.detectable), needed])
    note = (
        "80 % power at the 5 % level for one comparison, paired by question, if other questions differ as these do; – no "
        "question differs"
    )
    headers = ["metric", "questions", "detectable", f"questions for {detect:g} points"]
    print_tables([Table(headers, rows, f"{made.names[1]} against {made.names[0]}", [note])], format)
