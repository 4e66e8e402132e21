"""`rewardkit score RECIPE FILE -o OUT`: a file of completions into a file of scores and a summary.

Exit codes: 0; 1 rows were bad and are missing from OUT (they are named); 2 usage, or nothing to score.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .options import Columns_, GoldExtract, GroupBy, Limit, RecipeName, Settings, Tokenizer

if TYPE_CHECKING:
    from ..recipe import Recipe
    from ..rows import Group, Groups
    from ..scorefile import ScoreFile
    from ..scoring import Chunk
    from ..summary import Summary
    from ..tokens import Counter


def score(
    recipe: RecipeName,
    file: Annotated[
        str,
        typer.Argument(help="Rows: .jsonl, .json, .csv, .tsv, .parquet, or - for JSONL on standard input."),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", help="Where the scores go: .jsonl or .parquet. Without it: only the summary."
        ),
    ] = None,
    column: Columns_ = None,
    gold_extract: GoldExtract = None,
    tokenizer: Tokenizer = None,
    set_: Settings = None,
    group_by: GroupBy = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Stop at the first bad row or unusable gold.")
    ] = False,
    limit: Limit = None,
    overwrite: Annotated[
        bool,
        typer.Option(
            "--overwrite", help="Begin anew where OUT or a part of it exists. Else a run goes on by itself."
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Score a file of completions.

    OUT has a row a completion, in input order: id, group, sample, total, outcome, prediction, route, terms (label to
    number or null), recipe, digest. A killed run goes on where it stopped. Bad rows are named, counted and left out
    (exit code 1); they are never scored as 0.
    """
    from ..loading import load_recipe
    from ..rows import parse_columns, read_rollouts
    from ..tokens import load_tokenizer

    reward = load_recipe(recipe, set_ or ())
    needs = frozenset() if tokenizer else reward.needs()
    groups = read_rollouts(
        file,
        parse_columns(column or ()),
        gold_extract=gold_extract,
        null_gold=reward.answer.null_gold,
        needs=needs,
        group_by=group_by,
        strict=strict,
        limit=limit,
    )
    counter = load_tokenizer(tokenizer) if tokenizer and reward.needs() else None
    if out is None:
        summary = _run(reward, groups, counter, None, strict)
    else:
        options = {"column": sorted(column or ()), "gold-extract": gold_extract, "tokenizer": tokenizer}
        options |= {"group-by": group_by, "limit": limit}
        summary = _into(out, file, reward, groups, counter, options, strict, overwrite)
    _print(summary, as_json)
    if summary["bad_rows"]["count"]:
        raise typer.Exit(1)


def _into(
    out: Path,
    file: str,
    reward: Recipe,
    groups: Groups,
    counter: Counter | None,
    options: dict[str, Any],
    strict: bool,
    overwrite: bool,
) -> dict[str, Any]:
    """Score into a file, from where a former run stopped."""
    from ..errors import UsageError
    from ..scorefile import ScoreFile, fingerprint

    if file != "-" and out.exists() and out.samefile(file):
        raise UsageError(f"-o {out}: is the input; write the scores elsewhere")
    header = {"recipe": reward.ref, "digest": reward.digest, "input": fingerprint(file), **options}
    target = ScoreFile(out, header, list(reward.reward), overwrite=overwrite)
    try:
        if target.finished is not None:
            _say(f"{out} is complete already; --overwrite scores again")
            return target.finished
        if target.groups:
            _say(f"going on with {target.part}: {target.groups:,} groups are scored")
        summary = _run(reward, groups, counter, target, strict)
        target.finish(summary)
        _say(f"wrote {out}")
        return summary
    except KeyboardInterrupt:
        _say(f"stopped; the same command goes on with {target.part}")
        raise
    finally:
        target.close()


def _run(
    reward: Recipe, groups: Groups, counter: Counter | None, target: ScoreFile | None, strict: bool
) -> dict[str, Any]:
    """Score every group that is not scored yet; the summary of all of them."""
    from ..scorefile import by_group
    from ..scoring import chunks, score_chunk
    from ..summary import Summary

    summary = Summary(reward.ref, reward.digest, groups.report.file)
    if target is not None and target.groups:
        for records in by_group(target.records()):
            summary.add_group(records)
        for mark in target.marks:
            _take_mark(summary, mark)
    with _progress(groups) as advance:
        for held in chunks(_announced(groups, target.groups if target else 0)):
            chunk = score_chunk(reward, held, counter)
            records, mark = _records(chunk, groups.report.file, summary, strict)
            _take_mark(summary, mark)
            if target is not None:
                target.append(records, mark)
            advance(len(records))
    report = groups.report
    summary.rows = report.rows
    if report.chosen is not None:
        summary.columns, summary.notes = report.chosen.columns, report.chosen.notes
    summary.take_faults(report.faults, map(str, report.bad))
    return summary.plain()


def _announced(groups: Groups, skip: int) -> Iterator[Group]:
    """The groups after the first `skip`; says which columns were taken."""
    at = -1
    for at, group in enumerate(groups):
        if at == 0:
            _say(str(groups.report.chosen))
        if at >= skip:
            yield group
    if at < 0:  # every row was bad; the columns may say why
        _say(str(groups.report.chosen))


def _records(
    chunk: Chunk, file: str, summary: Summary, strict: bool
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The records of a chunk, added to the summary, and the mark that closes it."""
    from ..errors import DataError
    from ..scoring import gold_fault, record

    records: list[dict[str, Any]] = []
    undecided: list[str] = []
    for group, scores in zip(chunk.groups, chunk.scores, strict=True):
        own = [record(score) for score in scores]
        summary.add_group(own)
        records += own
        for score, row in zip(scores, group.rows, strict=True):
            fault = gold_fault(score)
            if fault is not None:
                if strict:
                    raise DataError(fault, file, row)
                undecided.append(f"{file}:{row}: {fault}")
    if strict and chunk.refused:
        raise DataError(chunk.refused[0].fault, file, chunk.refused[0].row)
    refused = [f"{file}:{one.row}: {one.fault}" for one in chunk.refused]
    return records, {"groups": len(chunk.groups), "refused": refused, "undecided": undecided}


def _take_mark(summary: Summary, mark: dict[str, Any]) -> None:
    for what in mark["refused"]:
        summary.leave_out("unfit gold", what)
    summary.name_undecided(mark["undecided"])


def _print(summary: dict[str, Any], as_json: bool) -> None:
    if as_json:
        import json

        typer.echo(json.dumps(summary, indent=2))
        return
    from rich.console import Console
    from rich.table import Table

    from ..summary import render

    console = Console(highlight=False)
    for part in render(summary):
        console.print(part, soft_wrap=not isinstance(part, Table))


def _say(text: str) -> None:
    from ..summary import printable

    typer.secho(printable(text), err=True, dim=True)


@contextmanager
def _progress(groups: Groups) -> Iterator[Callable[[int], None]]:
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
