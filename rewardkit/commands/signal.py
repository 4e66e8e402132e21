"""`rewardkit signal --rollouts FILE`: which problems teach something, and at which group size.

Exit codes: 0; 2 usage or bad input.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .options import AS_IT_IS, AsJson, RowOptions, Settings, Workers, print_document, with_row_options


@with_row_options
def signal(
    rollouts: Annotated[
        str,
        typer.Option(
            help="Completions: .jsonl, .json, .csv, .tsv, .parquet, or - for JSONL on standard input."
        ),
    ],
    recipe: Annotated[
        str | None,
        typer.Option(help="The recipe that says which completions are right: name@version, or a path."),
    ] = None,
    labels: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="A column of booleans that says so instead; default `labels`."),
    ] = None,
    export: Annotated[
        Path | None, typer.Option(help="Write the problems worth training on here, as JSONL.")
    ] = None,
    low: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Lowest shrunken pass rate worth training on.")
    ] = 0.1,
    high: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Highest shrunken pass rate worth training on.")
    ] = 0.9,
    seed: Annotated[int, typer.Option(help="The seed of the bootstrap.")] = 0,
    set_: Settings = None,
    rows: RowOptions = AS_IT_IS,
    workers: Workers = None,
    as_json: AsJson = False,
) -> None:
    """Find the problems worth training on, their difficulty, the dead groups for G = 2 to 64, and a group size."""
    from ..audit.rollouts.load import load, scored
    from ..audit.rollouts.signal import Signal, counts_of_labels, counts_of_scores
    from ..errors import UsageError
    from ..recipe.loading import load_recipe

    if recipe is not None and labels is not None:
        raise UsageError("--recipe and --labels both say which completions are right; keep one")
    reader = load_recipe(recipe, set_ or ()) if recipe is not None else None
    loaded = load(rollouts, reader, **rows.given())
    problems = (
        counts_of_labels(loaded, labels)
        if reader is None
        else counts_of_scores(scored(reader, loaded, workers))
    )
    found = Signal(problems, seed)
    worth = found.worth(low, high)
    if export is not None:
        import json

        from ..files import write_whole

        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in worth)
        write_whole(export, lines)
    if as_json:
        print_document("signal", found, bad_rows=loaded.bad)
        return
    from rich.console import Console

    from ..audit.render import left_out
    from ..formatting import terminal_table

    console = Console(highlight=False)
    for line in found.sentences((low, high)):
        console.print(line)
    console.print(terminal_table(found.header, found.rows(), "Groups without signal"))
    if export is not None:
        number = len(problems)
        kept = (
            f"{len(worth)} of {number} problems"
            if len(worth) < number
            else f"all {number} problems, so nothing was filtered out"
        )
        console.print(f"wrote {export}: {kept}")
    left_out(console, loaded.bad)
