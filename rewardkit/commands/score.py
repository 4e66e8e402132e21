"""`rewardkit score RECIPE FILE... -o OUT`: a file of scores, and a summary, for files of completions.

Exit codes: 0; 1 bad rows are missing from OUT (they are named); 2 usage, or nothing to score.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from .options import AS_IT_IS, AsJson, RecipeName, RowOptions, Settings, print_json, with_row_options


@with_row_options
def score(
    recipe: RecipeName,
    file: Annotated[
        list[str],
        typer.Argument(
            help="Rows: .jsonl (or .jsonl.gz, .jsonl.zst), .json, .csv, .tsv, .parquet, patterns (in quotes) and folders of "
            "them, or - for JSONL on standard input."
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            help="The file for the scores: .jsonl or .parquet. Without it, only the summary is printed.",
        ),
    ] = None,
    rows: RowOptions = AS_IT_IS,
    set_: Settings = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Stop at the first bad row or unusable gold.")
    ] = False,
    overwrite: Annotated[
        bool,
        typer.Option(
            "--overwrite", help="Start over even if OUT exists; by default an interrupted run resumes."
        ),
    ] = False,
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers",
            min=1,
            help="How many processes score. Default: the cores that this process may use; one for small files. OUT is the "
            "same.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Score files of completions.

    OUT has one row per completion, in input order: id, group, sample, total, outcome, prediction, route, terms (label
    to number or null), recipe, digest. A killed run resumes where it stopped. Bad rows are named, counted and left out
    (exit code 1); they are never scored as 0.
    """
    from ..recipe.loading import load_recipe
    from ..rows import parse_columns, read_rollouts
    from ..rows.golds import ON_COMMAND_LINE
    from ..rows.sources import expand
    from ..rows.tokens import load_tokenizer
    from ..scoring.run import score_all, score_into

    reward = load_recipe(recipe, set_ or ())
    gc.freeze()  # a million completions later, what was imported is still no garbage
    groups = [
        read_rollouts(
            name,
            parse_columns(rows.column or ()),
            gold_extract=rows.gold_extract,
            judges=[reward.answer],
            option=ON_COMMAND_LINE,
            null_gold=reward.answer.null_gold,
            needs=frozenset() if rows.tokenizer else reward.needs(),
            fields=reward.fields(),
            group_by=rows.group_by,
            strict=strict,
            limit=rows.limit,
        )
        for name in expand(file)
    ]
    counter = load_tokenizer(rows.tokenizer) if rows.tokenizer and reward.needs() else None
    if out is None:
        summary = score_all(
            reward, groups, counter=counter, strict=strict, workers=workers, say=_say, progress=_progress
        )
    else:
        options = {name.replace("_", "-"): value for name, value in rows.given().items()}
        options["column"] = sorted(rows.column or ())
        summary = score_into(
            out,
            reward,
            groups,
            counter=counter,
            options=options,
            strict=strict,
            overwrite=overwrite,
            workers=workers,
            say=_say,
            progress=_progress,
        )
    _print(summary, as_json)
    if summary["bad_rows"]["count"]:
        raise typer.Exit(1)


def _print(summary: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(summary)
        return
    from rich.console import Console
    from rich.table import Table

    from ..scoring.summary import render

    console = Console(highlight=False)
    for part in render(summary):
        console.print(part, soft_wrap=not isinstance(part, Table))


def _say(text: str) -> None:
    from ..formatting import printable

    typer.secho(printable(text), err=True, dim=True)


@contextmanager
def _progress(groups: Any) -> Iterator[Callable[[int], None]]:
    """A bar with a rate on a terminal; nothing elsewhere."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda scored: None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = (
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TextColumn("{task.fields[scored]:,} completions, {task.fields[rate]:,.0f}/s"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=groups.source.size or None, scored=0, rate=0.0)
        scored = 0

        def advance(more: int) -> None:
            nonlocal scored
            scored += more
            rate = scored / (bar.tasks[0].elapsed or 1.0)
            bar.update(
                task, completed=groups.source.done, total=groups.source.size or None, scored=scored, rate=rate
            )

        yield advance
