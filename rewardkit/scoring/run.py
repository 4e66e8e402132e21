"""Scoring files of completions into a score file: resumable, on every core, and callable from Python.

`score_into` writes a score file and resumes what an interrupted run left; `score_all` scores every group and
returns the summary. What a person sees while it runs (lines, a progress bar) is up to the caller.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..documents import encode
from ..errors import UsageError
from ..recipe.recipe import Recipe
from ..rows import Group, Groups
from ..rows.ranges import FileRange, cut
from ..rows.sources import Csv, Json, JsonLines, Parquet
from ..rows.tokens import Counter
from ..runs.processes import cores
from .divided import FEWEST, Job, Unit, score_units, units
from .file import ScoreFile, by_group, fingerprint
from .groups import score_groups, take_mark
from .summary import Summary

Say = Callable[[str], None]
Advance = Callable[[int], None]
Progress = Callable[[Any], AbstractContextManager[Advance]]
"""Takes what is scored (its `source` has `done` and `size`) and gives what is told of every scored chunk."""


STDIN = "<stdin>"
FILES = (JsonLines, Json, Csv, Parquet)
"""What can be cut; a frame in memory cannot."""


def _silent(text: str) -> None:
    pass


def _no_progress(groups: Any) -> AbstractContextManager[Advance]:
    return nullcontext(lambda scored: None)


def score_into(
    out: Path | str,
    recipe: Recipe,
    groups: Groups | Sequence[Groups],
    *,
    counter: Counter | None = None,
    options: Mapping[str, Any] | None = None,
    strict: bool = False,
    overwrite: bool = False,
    workers: int | None = None,
    say: Say = _silent,
    progress: Progress = _no_progress,
) -> dict[str, Any]:
    """Score files into `out`, from where an interrupted run stopped. Returns the summary as plain data.

    Args:
        out: the score file, .jsonl or .parquet.
        recipe: the reward.
        groups: the rollouts of a file, as `read_rollouts` reads them, or of several.
        counter: counts tokens where the recipe needs them and the rollouts have none.
        options: how the input was read; a run is resumed only under the same options.
        strict: stop at the first bad row or unusable gold.
        overwrite: start over even if `out` exists.
        workers: how many processes score; None: the cores that this process may use, and one for small files. What
            they write is the same.
        say: called with a line about what happens.
        progress: a context that is told how many completions were scored.

    Raises:
        UsageError: `out` is an input, was made from something else, or is being written by another process; or the
            recipe holds something that several processes cannot have.
        DataError: under `strict`, the first row that cannot be scored.
    """
    out = Path(out)
    files = [groups] if isinstance(groups, Groups) else list(groups)
    for one in files:
        if one.report.file != STDIN and out.exists() and out.samefile(one.report.file):
            raise UsageError(f"-o {out}: is the input; write the scores elsewhere")
    plan = _plan(files, workers)
    made_of = plan.made_of if plan.ranges else fingerprint(files[0].report.file)
    header = {"recipe": recipe.ref, "digest": recipe.digest, "input": made_of, **(options or {})}
    target = ScoreFile(
        out, header, list(recipe.reward), overwrite=overwrite, divided=len(files) > 1 or plan.workers > 1
    )
    try:
        if target.finished is not None:
            say(f"{out} is already complete; --overwrite scores it again")
            return target.finished
        if target.groups:
            say(f"resuming {target.part}: {target.groups:,} groups are already scored")
        summary = _score_all(recipe, files, plan, counter, target, strict, say, progress, workers is not None)
        target.finish(summary)
        say(f"wrote {out}")
        return summary
    except KeyboardInterrupt:
        say(f"stopped; the same command resumes {target.parts.folder if target.parts else target.part}")
        raise
    finally:
        target.close()


def score_all(
    recipe: Recipe,
    groups: Groups | Sequence[Groups],
    *,
    counter: Counter | None = None,
    strict: bool = False,
    workers: int | None = None,
    say: Say = _silent,
    progress: Progress = _no_progress,
) -> dict[str, Any]:
    """Score every group without writing; returns the summary of all of them, as plain data. See `score_into`."""
    files = [groups] if isinstance(groups, Groups) else list(groups)
    plan = _plan(files, workers)
    return _score_all(recipe, files, plan, counter, None, strict, say, progress, workers is not None)


@dataclass(frozen=True, slots=True)
class _Plan:
    """What identifies the input, its ranges file by file (none where it must be read as a whole), and how many
    processes score it."""

    made_of: Any
    ranges: list[list[FileRange]]
    workers: int


def _plan(files: Sequence[Groups], workers: int | None) -> _Plan:
    whole = [one.report.file for one in files if one.report.file == STDIN or not one.divisible]
    if whole and len(files) > 1:
        raise UsageError(
            f"{whole[0]} cannot be read beside other files: standard input, --group-by and --limit are for one file"
        )
    if whole or not all(isinstance(one.source, FILES) for one in files):
        return _Plan(None, [], 1)
    cuts = [cut(one) for one in files]
    made_of = cuts[0][1] if len(files) == 1 else {"files": [one for _, one in cuts]}
    count = sum(len(ranges) for ranges, _ in cuts)
    wanted = workers if workers is not None else cores() if count >= FEWEST else 1
    return _Plan(made_of, [ranges for ranges, _ in cuts], min(wanted, count))


def _score_all(
    recipe: Recipe,
    files: list[Groups],
    plan: _Plan,
    counter: Counter | None,
    target: ScoreFile | None,
    strict: bool,
    say: Say,
    progress: Progress,
    asked: bool,
) -> dict[str, Any]:
    divided = target.parts is not None if target is not None else len(files) > 1 or plan.workers > 1
    if not divided:
        return _score_stream(recipe, files[0], counter, target, strict, say, progress)
    job = Job(recipe, files, counter, strict, target.parts if target else None)
    workers = plan.workers
    if workers > 1 and not asked:
        try:
            job.pickled()
        except UsageError as why:
            say(f"one process scores: {why}")
            workers = 1
    todo = units(target.header if target else {}, plan.ranges)
    for said in dict.fromkeys(str(one.open()) for one in files):
        say(said)
    size = sum(one.source.path.stat().st_size for one in files)
    source = _Distance(size)
    with progress(source) as advance:

        def done(unit: Unit, completions: int) -> None:
            source.source.done += size // len(todo)
            advance(completions)

        summary, names = score_units(job, todo, workers, done, say)
    if target is not None:
        target.names = names
    return encode(summary)


class _Distance:
    """How far the files are scored, in bytes; in the place of `Groups` for a progress bar."""

    def __init__(self, size: int) -> None:
        self.source = self
        self.done, self.size = 0, size


def _score_stream(
    recipe: Recipe,
    groups: Groups,
    counter: Counter | None,
    target: ScoreFile | None,
    strict: bool,
    say: Say,
    progress: Progress,
) -> dict[str, Any]:
    """Score every group that `target` does not hold yet, one after the other."""
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
