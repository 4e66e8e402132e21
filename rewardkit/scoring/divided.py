"""Scoring a file range by range, in as many processes as there are cores; equal, row for row, to one process's.

The files are cut into ranges that begin where a group does (`rewardkit.rows.ranges`). Each range is a unit of work: whoever
scores it writes its lines as a part, closed by all that the summary needs of it. The parts are taken in order, whoever
made them and whenever. What one range cannot know of another is settled then: where a group comes back that an earlier
range had, this process reads on from the range before, to the end of the file, as one process would have.
"""

from __future__ import annotations

import json
import pickle
from array import array
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from copy import copy
from dataclasses import dataclass, replace
from typing import Any

from ..errors import DataError
from ..recipe.recipe import Recipe
from ..recipe.spread import pickled
from ..rows import Groups
from ..rows.columns import lacks
from ..rows.ranges import FileRange, open_range
from ..rows.seen import Seen
from ..rows.sources import Source
from ..rows.tokens import Counter as Tokens
from ..runs.processes import Processes
from ..runs.units import Parts, key
from ..verify.workers.pool import borrow, lend
from .groups import score_groups
from .summary import NAMED, Summary

Say = Callable[[str], None]

FEWEST = 4
"""Ranges below which the start of another process costs more than it saves."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A range of one of the files: its place among all ranges, its file's among the files, and its part's name."""

    number: int
    file: int
    range: FileRange
    name: str


@dataclass(slots=True)
class Job:
    """All that scoring a unit needs beside the unit."""

    recipe: Recipe
    files: list[Groups]
    tokens: Tokens | None
    strict: bool
    parts: Parts | None
    """Where parts are written; None where only the summary is wanted."""

    def pickled(self) -> bytes:
        """The job for another process. Raises UsageError that names what cannot be pickled."""
        sent = replace(self, files=[copy(groups) for groups in self.files])
        for groups in sent.files:
            groups.source = Source(groups.source.path)  # each process opens its own
        return pickled(self.recipe, sent, "the tokenizer" if self.tokens is not None else "the recipe")

    def score(self, unit: Unit, seen: Seen | None = None) -> dict[str, Any]:
        """Score a unit, write its part, and return what closes it."""
        groups = self.files[unit.file].within(open_range(unit.range), seen)
        file = groups.report.file
        summary = Summary(self.recipe.ref, self.recipe.digest, file)
        scored = score_groups(
            self.recipe, groups, file, summary, self.tokens, strict=self.strict, begun=unit.number > 0
        )
        with nullcontext() if self.parts is None else self.parts.writing(unit.name) as part:
            for lines, _ in scored:
                if part is not None:
                    part.write(lines)
            report = groups.report
            closing = {
                "summary": summary.state(),
                "rows": report.rows,
                "faults": dict(report.faults),
                "bad": [str(one) for one in report.bad[:NAMED]],
                "lacking": dict(report.lacking),
                "named": _packed(groups.seen.keys() if seen is None else ()),
                "unnamed": _packed(groups.unnamed),
            }
            if part is not None:
                part.write(json.dumps(closing).encode("ascii") + b"\n")
        return closing


def prepare(payload: bytes, ask: Callable[[Any], Any]) -> Callable[[Unit], dict[str, Any]]:
    """What a scoring process does first: read the job; its verifications go to the parent's workers."""
    job: Job = pickle.loads(payload)
    borrow(ask)
    return job.score


def units(header: Mapping[str, Any], files: Sequence[Sequence[FileRange]]) -> list[Unit]:
    """The units of some files, named by what determines their parts."""
    found: list[Unit] = []
    for at, ranges in enumerate(files):
        for one in ranges:
            number = len(found)
            made_of = key(header, at, one.start, one.stop, one.first)
            found.append(Unit(number, at, one, f"{number:06d}-{made_of}"))
    return found


def score_units(
    job: Job, todo: Sequence[Unit], workers: int, advance: Callable[[Unit, int], None], say: Say
) -> tuple[Summary, list[str]]:
    """Score what is missing, and add it all up in order.

    Args:
        job: what is scored, and how.
        todo: every unit of it, in order.
        workers: how many processes score; with one, this process does.
        advance: told of each unit that is done, with its completions.
        say: told what happens.

    Returns:
        The summary, and the names of the parts that make the score file, in order.
    """
    closings: dict[int, dict[str, Any]] = {}
    for unit in todo:
        if job.parts is not None and job.parts.has(unit.name):
            closings[unit.number] = json.loads(job.parts.last_line(unit.name))
            advance(unit, closings[unit.number]["summary"]["completions"])
    missing = [unit for unit in todo if unit.number not in closings]
    if closings:
        say(f"resuming: {len(closings):,} of {len(todo):,} parts are already scored")
    for unit, closing in _scored(job, missing, min(workers, len(missing))):
        closings[unit.number] = closing
        advance(unit, closing["summary"]["completions"])
    return _Joined(job, todo, say).take(closings)


def _scored(job: Job, missing: Sequence[Unit], workers: int) -> Iterator[tuple[Unit, dict[str, Any]]]:
    """Every unit with what closes it, as they are done."""
    if workers < 2:
        for unit in missing:
            yield unit, job.score(unit)
        return
    with Processes(
        workers,
        f"{__name__}:prepare",
        job.pickled(),
        answer=lend,
        name=lambda index: str(missing[index].range),
    ) as processes:
        for index, closing in processes.run(missing):
            yield missing[index], closing


class _Joined:
    """The units' closings added up in order."""

    def __init__(self, job: Job, todo: Sequence[Unit], say: Say) -> None:
        self.job, self.todo, self.say = job, todo, say
        self.summary = Summary(job.recipe.ref, job.recipe.digest, shown([g.report.file for g in job.files]))
        self.seen = Seen()
        self.faults: Counter[str] = Counter()
        self.bad: list[str] = []
        self.lacking: Counter[str] = Counter()

    def take(self, closings: Mapping[int, dict[str, Any]]) -> tuple[Summary, list[str]]:
        """The summary of all, and the parts that make the file."""
        names: list[str] = []
        held: tuple[Unit, dict[str, Any]] | None = None  # joined once the next is seen not to continue it
        at = 0
        while at < len(self.todo):
            unit = self.todo[at]
            closing = closings[unit.number]
            if self._comes_back(closing, held[1] if held else None):
                first = held[0] if held and held[0].file == unit.file else unit
                if held and first is unit:
                    self._join(*held)
                    names.append(held[0].name)
                unit = replace(
                    first,
                    range=replace(first.range, stop=None),
                    name=f"{first.name}-on",
                )
                self.say(f"groups come back in {unit.range}: one process reads it to its end")
                closing = self.job.score(unit, self.seen)
                held = None
                self._join(unit, closing)
                names.append(unit.name)
                at = next(
                    (n for n in range(at, len(self.todo)) if self.todo[n].file != unit.file), len(self.todo)
                )
                continue
            if held:
                self._join(*held)
                names.append(held[0].name)
            held = (unit, closing)
            at += 1
        if held:
            self._join(*held)
            names.append(held[0].name)
        return self._summary(), names

    def _comes_back(self, closing: Mapping[str, Any], before: Mapping[str, Any] | None) -> bool:
        """Whether a unit has a group that an earlier one has."""
        last = set(_unpacked(before["named"])) if before else frozenset()
        return any(
            name in last or name in self.seen
            for kind in ("named", "unnamed")
            for name in _unpacked(closing[kind])
        )

    def _join(self, unit: Unit, closing: Mapping[str, Any]) -> None:
        self.summary.merge(closing["summary"])
        self.summary.rows += closing["rows"]
        self.faults.update(closing["faults"])
        self.bad += closing["bad"][: NAMED - len(self.bad)]
        self.lacking.update(closing["lacking"])
        for name in _unpacked(closing["named"]):
            self.seen.add(name)

    def _summary(self) -> Summary:
        summary = self.summary
        if not summary.rows:
            raise DataError("the file holds no rows", summary.file)
        chosen = self.job.files[0].open()
        summary.columns, summary.notes = chosen.columns, chosen.notes
        missing = [lacks(name, count, summary.rows) for name, count in sorted(self.lacking.items())]
        summary.warnings = missing + summary.warnings
        summary.take_faults(self.faults, self.bad)
        return summary


def shown(files: Sequence[str]) -> str:
    """Some files in a few words."""
    return files[0] if len(files) == 1 else f"{files[0]} and {len(files) - 1} more"


def _packed(keys: Any) -> str:
    return b64encode(array("Q", keys).tobytes()).decode("ascii")


def _unpacked(text: str) -> array[int]:
    return array("Q", b64decode(text))
