"""Scoring a file of completions into a score file: resumable, and callable from Python.

`score_into` writes a score file and resumes what an interrupted run left; `score_all` scores every group and
returns the summary. What a person sees while it runs (lines, a progress bar) is up to the caller.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from ..errors import DataError, UsageError
from ..recipe.recipe import Recipe
from ..recipe.stream import Chunk, chunks, score_chunk
from ..rows import Group, Groups
from ..rows.tokens import Counter
from ..types import gold_fault
from .file import ScoreFile, by_group, fingerprint
from .oddities import oddities
from .record import record
from .summary import Summary

Say = Callable[[str], None]
Advance = Callable[[int], None]
Progress = Callable[[Groups], AbstractContextManager[Advance]]


def _silent(text: str) -> None:
    pass


def _no_progress(groups: Groups) -> AbstractContextManager[Advance]:
    return nullcontext(lambda scored: None)


def score_into(
    out: Path | str,
    recipe: Recipe,
    groups: Groups,
    *,
    counter: Counter | None = None,
    options: Mapping[str, Any] | None = None,
    strict: bool = False,
    overwrite: bool = False,
    say: Say = _silent,
    progress: Progress = _no_progress,
) -> dict[str, Any]:
    """Score a file into `out`, from where an interrupted run stopped. Returns the summary as plain data.

    Args:
        out: the score file, .jsonl or .parquet.
        recipe: the reward.
        groups: the rollouts, as `read_rollouts` reads them.
        counter: counts tokens where the recipe needs them and the rollouts have none.
        options: how the input was read; a run is resumed only under the same options.
        strict: stop at the first bad row or unusable gold.
        overwrite: start over even if `out` exists.
        say: called with a line about what happens.
        progress: a context that is told how many completions were scored.

    Raises:
        UsageError: `out` is the input, was made from something else, or is being written by another process.
        DataError: under `strict`, the first row that cannot be scored.
    """
    out, file = Path(out), groups.report.file
    if file != "-" and out.exists() and out.samefile(file):
        raise UsageError(f"-o {out}: is the input; write the scores elsewhere")
    header = {"recipe": recipe.ref, "digest": recipe.digest, "input": fingerprint(file), **(options or {})}
    target = ScoreFile(out, header, list(recipe.reward), overwrite=overwrite)
    try:
        if target.finished is not None:
            say(f"{out} is already complete; --overwrite scores it again")
            return target.finished
        if target.groups:
            say(f"resuming {target.part}: {target.groups:,} groups are already scored")
        summary = score_all(
            recipe, groups, counter=counter, target=target, strict=strict, say=say, progress=progress
        )
        target.finish(summary)
        say(f"wrote {out}")
        return summary
    except KeyboardInterrupt:
        say(f"stopped; the same command resumes {target.part}")
        raise
    finally:
        target.close()


def score_all(
    recipe: Recipe,
    groups: Groups,
    *,
    counter: Counter | None = None,
    target: ScoreFile | None = None,
    strict: bool = False,
    say: Say = _silent,
    progress: Progress = _no_progress,
) -> dict[str, Any]:
    """Score every group that `target` does not hold yet; returns the summary of all of them, as plain data."""
    summary = Summary(recipe.ref, recipe.digest, groups.report.file)
    if target is not None and target.groups:
        for records in by_group(target.records()):
            summary.add_group(records)
        for mark in target.marks:
            _take_mark(summary, mark)
    begun = target is not None and target.groups > 0
    with progress(groups) as advance:
        for held in chunks(_announced(groups, target.groups if target else 0, say)):
            chunk = score_chunk(recipe, held, counter)
            records, mark = _records(chunk, groups.report.file, summary, strict)
            if (
                not begun
            ):  # what looks odd is asked once, of the first chunk, so that a resumed run says the same
                mark["doubts"] = oddities([score for scores in chunk.scores for score in scores])
                begun = True
            _take_mark(summary, mark)
            if target is not None:
                target.append(records, mark)
            advance(len(records))
    report = groups.report  # iterating begins a new one
    summary.rows = report.rows
    if report.chosen is not None:
        summary.columns, summary.notes = report.chosen.columns, report.chosen.notes
    summary.warnings = report.warnings() + summary.warnings
    summary.take_faults(report.faults, map(str, report.bad))
    return summary.plain()


def _announced(groups: Groups, skip: int, say: Say) -> Iterator[Group]:
    """The groups after the first `skip`; says which columns were taken."""
    at = -1
    for at, group in enumerate(groups):
        if at == 0:
            say(str(groups.report.chosen))
        if at >= skip:
            yield group
    if at < 0:  # every row was bad; the columns may say why
        say(str(groups.report.chosen))


def _records(
    chunk: Chunk, file: str, summary: Summary, strict: bool
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The records of a chunk, added to the summary, and the mark that closes it."""
    records: list[dict[str, Any]] = []
    undecided: list[str] = []
    ceilings = 0
    for group, scores in zip(chunk.groups, chunk.scores, strict=True):
        own = [record(score) for score in scores]
        summary.add_group(own)
        records += own
        for score, row in zip(scores, group.rows, strict=True):
            verdict = score.reading.verdict
            ceilings += verdict.details.get("ceilings", 0) if verdict is not None else 0
            fault = gold_fault(score)
            if fault is not None:
                if strict:
                    raise DataError(fault, file, row)
                undecided.append(f"{file}:{row}: {fault}")
    if strict and chunk.refused:
        raise DataError(chunk.refused[0].fault, file, chunk.refused[0].row)
    refused = [f"{file}:{one.row}: {one.fault}" for one in chunk.refused]
    mark = {"groups": len(chunk.groups), "refused": refused, "undecided": undecided}
    return records, mark | ({"ceilings": ceilings} if ceilings else {})


def _take_mark(summary: Summary, mark: dict[str, Any]) -> None:
    for what in mark["refused"]:
        summary.leave_out("unfit gold", what)
    summary.name_undecided(mark["undecided"])
    summary.ceilings += mark.get("ceilings", 0)
    summary.warnings += [f"nearly nothing is right: {one}" for one in mark.get("doubts", ())]
