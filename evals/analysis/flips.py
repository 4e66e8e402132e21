"""Flipped questions with both texts side by side, in a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..run.folder import EvaluationRun
from .paired import RunComparison


def greedy_texts(folder: EvaluationRun, items: set[str]) -> dict[str, str]:
    """The greedy completion of each of these items."""
    return {
        record.item: record.text
        for _, _, record in folder.completions()
        if record.arm == "greedy" and record.item in items
    }


def side_by_side(
    made: RunComparison, folders: Sequence[EvaluationRun], limit: int, console: Console | None = None
) -> None:
    """Print up to `limit` flips of each run: what was gained first, then what was lost."""
    out = console or Console()
    base = folders[0]
    for name, folder in zip(made.names[1:], folders[1:], strict=True):
        flips = sorted((flip for flip in made.flips if flip.run == name), key=lambda flip: not flip.gained)[
            :limit
        ]
        items = {flip.item for flip in flips}
        before, after = greedy_texts(base, items), greedy_texts(folder, items)
        for flip in flips:
            table = Table(
                title=f"{flip.item}: {'gained' if flip.gained else 'lost'}", title_justify="left", expand=True
            )
            table.add_column(f"{made.names[0]}: {flip.before}", ratio=1, overflow="fold")
            table.add_column(f"{name}: {flip.after}", ratio=1, overflow="fold")
            table.add_row(Text(before.get(flip.item, "")), Text(after.get(flip.item, "")))
            out.print(table)
