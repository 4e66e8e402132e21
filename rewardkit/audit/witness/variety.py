"""A few hundred real completions of a recipe, for claims that the extreme cells can neither prove nor show.

Bounds look at every axis by itself, and a cell in which three words make five steps holds no completion.
A writer comes in; its pieces, each padded in every plain way (bare, long, in steps, littered, repeated) and
with every token count that makes a difference, go out as they were read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from math import inf

from ...terms.cells import Axis
from ...types import Reading
from ..space import ends
from .padding import Padding
from .writing import GROUP, Writer

MOST_PIECES = 60
MOST_COUNTS = 12
LONG = 20_000
"""Tokens of a completion that is long by any measure."""


def varied(writer: Writer) -> list[Reading]:
    """Readings of the writer's pieces, varied on every axis that padding moves."""
    fillers = list(dict.fromkeys(axis.fillers[0] for axis in writer.axes if axis.fillers))
    pieces = [piece for piece in writer.pool if not piece.given][:MOST_PIECES]
    written = [
        writer.with_ids(
            replace(piece.reading.rollout, completion=f"{piece.head}{padding.text()}{piece.tail}")
        )
        for piece in pieces
        for padding in _paddings(fillers)
    ]
    counts = [count for axis in writer.axes if axis.name == "tokens" for count in _counts(axis)]
    own = [_counted(writer, r, count) for r in writer.recipe.read(written) for count in counts or [100]]
    given = [piece.reading for piece in writer.pool if piece.given]
    return [_named(reading, at) for at, reading in enumerate([*own, *given])]


def _named(reading: Reading, at: int) -> Reading:
    """With a name of its own in the group of witnesses: what chance pays hangs on it."""
    rollout = replace(reading.rollout, group=GROUP, id=f"varied-{at}", sample=at)
    return replace(reading, rollout=rollout)


def _paddings(fillers: Iterable[str]) -> Iterator[Padding]:
    yield Padding()
    yield Padding(bare=True)
    yield Padding(words=12)
    yield Padding(words=250)
    yield Padding(letters=300)
    yield Padding(steps=4)
    yield Padding(fillers={"so it is ": 40})
    yield Padding(fillers={"First, I read it again. Wait, please wait: is that so? ": 1})
    for filler in dict.fromkeys(["語", *fillers]):
        yield Padding(fillers={filler: 1})
        yield Padding(fillers={filler: 60})


def _counts(axis: Axis) -> list[int]:
    """Token counts at the ends of every range; tokens are a fact beside the text."""
    ends_ = {int(value) for part in axis.ranges for value in ends(part) if value < inf}
    found = sorted(ends_ | ({LONG} if axis.hi >= LONG else set()))
    return found[:: max(1, len(found) // MOST_COUNTS)]


def _counted(writer: Writer, reading: Reading, count: int) -> Reading:
    return replace(reading, rollout=writer.with_ids(replace(reading.rollout, tokens=count)))
