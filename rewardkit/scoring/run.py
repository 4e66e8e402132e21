"""Scoring a file of completions into a score file: resumable, and callable from Python.

`score_into` writes a score file and resumes what an interrupted run left; `score_all` scores every group and
returns the summary. What a person sees while it runs (lines, a progress bar) is up to the caller.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from itertools import islice
from pathlib import Path
from typing import Any

from ..documents import encode
from ..errors import DataError, UsageError
from ..recipe.engine import Paid
from ..recipe.recipe import Recipe
from ..recipe.stream import ReadChunk, chunks, read_chunk
from ..rows import Group, Groups
from ..rows.tokens import Counter
from ..types import Outcome, gold_fault
from .file import ScoreFile, by_group, fingerprint
from .moments import Moments
from .oddities import oddities
from .record import Lines
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
            take_mark(summary, mark)
    begun = target is not None and target.groups > 0
    with progress(groups) as advance:
        fresh = _announced(groups, target.groups if target else 0, say)
        for lines, mark in score_groups(
            recipe, fresh, groups.report.file, summary, counter, strict=strict, begun=begun
        ):
            if target is not None:
                target.append(lines, mark)
            advance(mark["completions"])
    report = groups.report  # iterating begins a new one
    summary.rows = report.rows
    if report.chosen is not None:
        summary.columns, summary.notes = report.chosen.columns, report.chosen.notes
    summary.warnings = report.warnings() + summary.warnings
    summary.take_faults(report.faults, map(str, report.bad))
    return encode(summary)


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


def score_groups(
    recipe: Recipe,
    groups: Iterable[Group],
    file: str,
    summary: Summary,
    counter: Counter | None = None,
    *,
    strict: bool = False,
    begun: bool = False,
) -> Iterator[tuple[bytes, dict[str, Any]]]:
    """Score groups chunk by chunk: the lines of a score file, and the mark that closes them.

    Args:
        recipe: the reward.
        groups: the groups.
        file: what the groups are read from, for messages.
        summary: to which the scores are added.
        counter: counts tokens where the recipe needs them and the rollouts have none.
        strict: raise at the first rollout that cannot be scored.
        begun: whether these groups follow others. What looks odd is asked once, of the first chunk of a file.
    """
    lines = Lines(recipe.reward, recipe.ref, recipe.digest)
    for held in chunks(groups):
        chunk = read_chunk(recipe, held, counter)
        paid = recipe.pay_readings(chunk.readings)
        mark = _mark(chunk, file, strict)
        if not begun:
            mark["doubts"] = oddities(recipe.score_readings(chunk.readings))
            begun = True
        _summarise(summary, recipe, chunk, paid)
        take_mark(summary, mark)
        yield "".join(map(lines.line, chunk.readings, paid)).encode("ascii"), mark


def _summarise(summary: Summary, recipe: Recipe, chunk: ReadChunk, paid: Sequence[Paid]) -> None:
    summary.outcomes.update([reading.outcome._value_ for reading in chunk.readings])
    summary.routes.update([reading.route for reading in chunk.readings])
    for at, label in enumerate(recipe.reward):
        if paid:
            summary.terms.setdefault(label, Moments()).add_all([one.values[at] for one in paid])
    totals = iter([one.total for one in paid])
    for group in chunk.groups:
        summary.add_totals(list(islice(totals, len(group))))


def _mark(chunk: ReadChunk, file: str, strict: bool) -> dict[str, Any]:
    """What a summary needs of a chunk beside its records."""
    rows = [row for group in chunk.groups for row in group.rows]
    undecided: list[str] = []
    ceilings = 0
    for reading, row in zip(chunk.readings, rows, strict=True):
        if reading.verdict is not None and reading.verdict.details:
            ceilings += reading.verdict.details.get("ceilings", 0)
        if reading.outcome is Outcome.UNDECIDED:
            fault = gold_fault(reading)
            if fault is not None:
                if strict:
                    raise DataError(fault, file, row)
                undecided.append(f"{file}:{row}: {fault}")
    if strict and chunk.refused:
        raise DataError(chunk.refused[0].fault, file, chunk.refused[0].row)
    refused = [f"{file}:{one.row}: {one.fault}" for one in chunk.refused]
    mark = {"groups": len(chunk.groups), "completions": len(rows), "refused": refused, "undecided": undecided}
    return mark | ({"ceilings": ceilings} if ceilings else {})


def take_mark(summary: Summary, mark: Mapping[str, Any]) -> None:
    """Add what the mark of a chunk says to the summary."""
    for what in mark["refused"]:
        summary.leave_out("unfit gold", what)
    summary.name_undecided(mark["undecided"])
    summary.ceilings += mark.get("ceilings", 0)
    summary.warnings += [f"nearly nothing is right: {one}" for one in mark.get("doubts", ())]
