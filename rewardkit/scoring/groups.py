"""Groups of rollouts into the lines of a score file, some hundred completions at a time, and their summary."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from ..errors import DataError
from ..recipe.engine import Paid
from ..recipe.recipe import Recipe
from ..recipe.stream import ReadChunk, chunks, read_chunk
from ..rows import Group
from ..rows.tokens import Counter
from ..types import Outcome, gold_fault
from .moments import Moments
from .oddities import oddities
from .record import Lines
from .summary import Summary


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
