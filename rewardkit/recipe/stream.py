"""Scoring a stream of groups of rollouts, some hundred completions at a time.

Completions are scored in chunks of whole groups, so that verification is batched and memory use stays
constant. A rollout that the engine refuses because of its data (a gold that is both a value and None, say) is
left out and named, like any other bad row.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ..errors import DataError
from ..rows import Group
from ..rows.tokens import Counter, counted
from ..types import Reading, Score
from .recipe import Recipe

CHUNK = 256
"""The least number of completions read and verified together; a group is never split."""


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A rollout that got no score: its row in the file, and why."""

    row: int
    fault: str


@dataclass(slots=True)
class ReadChunk:
    """Some groups and the readings of all their rollouts, in order; refused rollouts are in neither."""

    groups: list[Group]
    readings: list[Reading]
    refused: list[RefusedRow] = field(default_factory=list)


@dataclass(slots=True)
class Chunk:
    """Some groups and their scores. A group whose rollouts were all refused has an empty list."""

    groups: list[Group]
    scores: list[list[Score]]
    refused: list[RefusedRow] = field(default_factory=list)


def chunks(groups: Iterable[Group], size: int = CHUNK) -> Iterator[list[Group]]:
    """Groups in chunks of at least `size` completions."""
    held: list[Group] = []
    count = 0
    for group in groups:
        held.append(group)
        count += len(group)
        if count >= size:
            yield held
            held, count = [], 0
    if held:
        yield held


def read_chunk(recipe: Recipe, groups: list[Group], counter: Counter | None = None) -> ReadChunk:
    """Read groups together.

    Args:
        recipe: the reward.
        groups: all completions of some prompts.
        counter: counts tokens if the recipe needs them and the rollouts have none.
    """
    if counter is not None and recipe.needs():
        whole = iter(counted([rollout for group in groups for rollout in group], counter))
        groups = [Group(group.name, [next(whole) for _ in group], group.rows) for group in groups]
    try:
        return ReadChunk(groups, recipe.read([rollout for group in groups for rollout in group]))
    except DataError:
        return _read_singly(recipe, groups)


def score_chunk(recipe: Recipe, groups: list[Group], counter: Counter | None = None) -> Chunk:
    """Score groups together; see `read_chunk`."""
    chunk = read_chunk(recipe, groups, counter)
    scores = iter(recipe.score_readings(chunk.readings))
    return Chunk(chunk.groups, [[next(scores) for _ in group] for group in chunk.groups], chunk.refused)


def _read_singly(recipe: Recipe, groups: list[Group]) -> ReadChunk:
    readings: list[Reading] = []
    refused: list[RefusedRow] = []
    kept: list[Group] = []
    for group in groups:
        left = Group(group.name)
        for rollout, row in zip(group, group.rows, strict=True):
            try:
                readings += recipe.read([rollout])
            except DataError as error:
                refused.append(RefusedRow(row, error.fault))
            else:
                left.append(rollout)
                left.rows.append(row)
        kept.append(left)
    return ReadChunk(kept, readings, refused)
