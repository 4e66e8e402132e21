"""Files of rollouts for the audits: whole groups, read once, scored by one recipe or by several.

A path and the usual options come in; groups of rollouts, and their scores by group, go out. Rows that
cannot be used are kept by name, so that no figure is silently about less than the file.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ...errors import DataError
from ...recipe.recipe import Recipe
from ...recipe.spread import spread
from ...recipe.stream import CHUNK, RefusedRow, chunks, score_chunk
from ...rows import Group, parse_columns, read_rollouts
from ...rows.golds import ON_COMMAND_LINE
from ...rows.tokens import counted, load_tokenizer
from ...types import Rollout, Score, gold_fault


@dataclass(frozen=True, slots=True)
class Rollouts:
    """The groups of a file; `bad` names the rows that were left out."""

    file: str
    groups: tuple[Group, ...]
    bad: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """How many completions there are."""
        return sum(len(group) for group in self.groups)


@dataclass(frozen=True, slots=True)
class ScoredGroups:
    """Scores by group; a rollout whose gold is unusable has a total of None and is named in `faults`."""

    recipe: str
    digest: str
    labels: tuple[str, ...]
    groups: tuple[tuple[Score, ...], ...]
    faults: tuple[str, ...] = field(default=())


def load(
    path: str | Path,
    *recipes: Recipe | None,
    column: Sequence[str] | None = None,
    gold_extract: str | None = None,
    tokenizer: str | None = None,
    group_by: str | None = None,
    limit: int | None = None,
) -> Rollouts:
    """The rollouts of a file, with what every recipe needs of them (no recipe: nothing is read of them).

    Raises:
        DataError: no row can be used, or a null gold that a recipe does not allow.
        MissingFact: the file has no token counts and no tokenizer is named.
    """
    readers = [recipe for recipe in recipes if recipe is not None]
    needs = frozenset().union(*(recipe.needs() for recipe in readers))
    nulls = not readers or any(recipe.answer.null_gold == "unanswerable" for recipe in readers)
    groups = read_rollouts(
        path,
        parse_columns(column or ()),
        gold_extract=gold_extract,
        judges=[recipe.answer for recipe in readers],
        option=ON_COMMAND_LINE,
        null_gold="unanswerable" if nulls else "error",
        needs=frozenset() if tokenizer else needs,
        fields=frozenset().union(*(recipe.fields() for recipe in readers)),
        group_by=group_by,
        limit=limit,
    )
    held = list(groups)
    if tokenizer and needs:
        counter = load_tokenizer(tokenizer)
        whole = iter(counted([rollout for group in held for rollout in group], counter))
        held = [Group(group.name, [next(whole) for _ in group], group.rows) for group in held]
    if not held:
        bad = groups.report.bad
        raise DataError(f"no row can be used: {bad[0].fault if bad else 'the file is empty'}", str(path))
    return Rollouts(str(path), tuple(held), tuple(map(str, groups.report.bad)))


def from_groups(groups: Sequence[Sequence[Rollout]], name: str = "rollouts") -> Rollouts:
    """Rollouts that are at hand already, a list for each prompt."""
    return Rollouts(name, tuple(Group(str(at), group, [at] * len(group)) for at, group in enumerate(groups)))


def scored(recipe: Recipe, rollouts: Rollouts, workers: int | None = None) -> ScoredGroups:
    """Every group scored by a recipe, in order; many of them in `workers` processes (see `recipe.spread`).

    Raises:
        DataError: a rollout is refused for its data.
        UsageError: several workers were asked for, and the recipe cannot be sent to them.
    """
    found: list[tuple[Score, ...]] = []
    faults: list[str] = []
    tasks = list(chunks(rollouts.groups, CHUNK))
    made = spread(
        _scorer,
        recipe,
        recipe,
        tasks,
        completions=rollouts.size,
        workers=workers,
        name=lambda at: f"{rollouts.file} from row {tasks[at][0].rows[0]}",
    )
    for held, (refused, groups) in zip(tasks, made, strict=True):
        if refused:
            raise DataError(refused[0].fault, rollouts.file, refused[0].row)
        for group, scores in zip(held, groups, strict=True):
            found.append(tuple(scores))
            faults += [
                f"{rollouts.file}:{row}: {fault}"
                for score, row in zip(scores, group.rows, strict=True)
                if (fault := gold_fault(score)) is not None
            ]
    return ScoredGroups(recipe.ref, recipe.digest, tuple(recipe.reward), tuple(found), tuple(faults))


def _scorer(recipe: Recipe) -> Callable[[list[Group]], tuple[list[RefusedRow], list[list[Score]]]]:
    def score(held: list[Group]) -> tuple[list[RefusedRow], list[list[Score]]]:
        chunk = score_chunk(recipe, held)
        return chunk.refused, chunk.scores

    return score
