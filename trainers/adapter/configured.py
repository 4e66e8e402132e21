"""What the reward files for verl and OpenRLHF share: their settings, and what they return to the trainer.

A recipe's name, assignments on it and a tokenizer's name come as arguments or from the environment (REWARDKIT_RECIPE;
REWARDKIT_SET, one assignment per line; REWARDKIT_TOKENIZER, a name or a folder; REWARDKIT_GOLD_EXTRACT, an extractor);
recipe and tokenizer are loaded once per process. These trainers score one completion at a time, so a recipe that
compares the completions of a prompt is refused rather than scored in groups of one.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from rewardkit.errors import DataError, UsageError
from rewardkit.recipe.loading import load_recipe
from rewardkit.recipe.recipe import Recipe
from rewardkit.rows import GoldReader
from rewardkit.rows.columns import lacking
from rewardkit.rows.tokens import Counter, counted, load_tokenizer
from rewardkit.rows.values import RowFault
from rewardkit.scoring.oddities import oddities
from rewardkit.types import DECIDED, Gold, Rollout, Score

log = logging.getLogger("rewardkit")
_WARNED: set[str] = set()
_SEEN: dict[str, list[Score]] = {}
EARLY = 64
"""Completions at the start of training that are checked for oddities."""
IN_ENVIRONMENT = "REWARDKIT_GOLD_EXTRACT={}"


@dataclass(frozen=True, slots=True)
class ConfiguredRecipe:
    """A recipe, and the name or folder of the model's tokenizer if one is given."""

    recipe: Recipe
    golds: GoldReader
    tokenizer: str | None = None

    def score(self, rollouts: Sequence[Rollout]) -> list[Score]:
        """Score rollouts, counting their tokens if the recipe needs a count and they have none."""
        warn_lacking(self.recipe, rollouts)
        if self.tokenizer is not None and self.recipe.needs():
            rollouts = counted(rollouts, _counter(self.tokenizer))
        scores = self.recipe.score(rollouts)
        watch_first(self.recipe, scores)
        return scores


def configured(
    recipe: str | None = None,
    settings: str | Sequence[str] | None = None,
    tokenizer: str | None = None,
    gold_extract: str | None = None,
    option: str = IN_ENVIRONMENT,
) -> ConfiguredRecipe:
    """The recipe, the reader of its golds and the tokenizer's name, from the arguments or else the environment.

    Raises UsageError if no recipe is named, or it counts tokens and there is no tokenizer.
    """
    name = recipe or os.environ.get("REWARDKIT_RECIPE")
    if not name:
        raise UsageError("set REWARDKIT_RECIPE to a recipe, as in REWARDKIT_RECIPE=math-none@2")
    if settings is None:
        settings = os.environ.get("REWARDKIT_SET", "")
    lines = settings.splitlines() if isinstance(settings, str) else [str(one) for one in settings]
    extract = gold_extract or os.environ.get("REWARDKIT_GOLD_EXTRACT") or None
    found, golds = _loaded(str(name), tuple(lines), extract, option)
    words = tokenizer or os.environ.get("REWARDKIT_TOKENIZER")
    if found.needs() and not words:
        raise UsageError(f"{found.ref} counts tokens; set REWARDKIT_TOKENIZER to the model's tokenizer")
    return ConfiguredRecipe(found, golds, str(words) if words else None)


@cache
def _loaded(
    name: str, settings: tuple[str, ...], extract: str | None, option: str
) -> tuple[Recipe, GoldReader]:
    recipe = load_recipe(name, settings)
    return recipe, GoldReader(extract, judges=[recipe.answer], option=option)


@cache
def _counter(name: str) -> Counter:
    return load_tokenizer(name)


def warn_lacking(recipe: Recipe, rollouts: Sequence[Rollout]) -> None:
    """Log, once, that some rollouts lack a column that a condition reads. Raises UsageError if all of them do."""
    for said in lacking(recipe.fields(), [rollout.fields for rollout in rollouts]):
        if recipe.digest not in _WARNED:
            _WARNED.add(recipe.digest)
            log.warning("%s; logged once", said)


def watch_first(recipe: Recipe, scores: Sequence[Score]) -> None:
    """Log, once, what looks odd if nearly nothing is right among the first `EARLY` completions of this process."""
    seen = _SEEN.setdefault(recipe.digest, [])
    if len(seen) < EARLY:
        seen += scores
        for doubt in oddities(seen) if len(seen) >= EARLY else ():
            log.warning("nearly nothing is right among the first %d completions: %s", len(seen), doubt)


def one_at_a_time(recipe: Recipe, trainer: str) -> None:
    """Raise UsageError if a recipe compares completions and the trainer passes them one by one."""
    if recipe.reads_groups:
        labels = dict.fromkeys(path.split(".")[0] for path, term in recipe.walk() if term.reads_group)
        raise UsageError(
            f"{recipe.ref} compares the completions of a prompt ({', '.join(labels)}), and {trainer} scores them one "
            "at a time; train with TRL, or with a version of the recipe without these terms (remove: [..])"
        )


def golds_of(cells: Sequence[Any], reader: GoldReader) -> list[Gold | tuple[Gold, ...]]:
    """The gold or accepted golds of each cell; null is a null gold. Raises DataError for a cell that is not a gold."""
    reader.look(cells)
    try:
        return [reader.read(cell) for cell in cells]
    except RowFault as fault:
        raise DataError(fault.fault) from fault


def label_of(cell: Any) -> tuple[Any, dict[str, Any]]:
    """The gold's cell, for `golds_of`, and the other columns, from a trainer's only label.

    For a recipe that reads more than the gold, the label is a mapping, or its JSON, with `gold` in it:
    `{"gold": "36", "nums": [79, 60, 17]}`. Raises DataError for an empty label, which OpenRLHF passes when no label
    column was named.
    """
    if isinstance(cell, str):
        if not cell.strip():
            raise DataError("the label is empty; name the column of golds (OpenRLHF: --data.label_key)")
        cell = _mapping(cell)
    if isinstance(cell, Mapping):
        if "gold" not in cell:
            raise DataError(
                f"a label that is a mapping must have the key 'gold'; found {', '.join(map(repr, cell)) or 'none'}"
            )
        fields = {str(name): value for name, value in cell.items() if name != "gold"}
        return cell["gold"], fields
    return cell, {}


def _mapping(text: str) -> Any:
    """The mapping that a string holds as JSON with `gold` in it, else the string: a gold may be a set, `{1, 2}`."""
    if text.lstrip()[:1] != "{" or '"gold"' not in text:
        return text
    try:
        found = json.loads(text)
    except json.JSONDecodeError:
        return text
    return found if isinstance(found, Mapping) else text


def paid(score: Score) -> float:
    """The total; 0 where no term applies, which these trainers cannot represent."""
    return score.total if score.total is not None else 0.0


def logged(recipe: Recipe, score: Score) -> dict[str, float]:
    """Each term's payment (0 where it does not apply), each outcome as 0 or 1, and whether nothing was paid at all."""
    found = {
        f"terms/{label}": value if (value := score.values[label]) is not None else 0.0
        for label in recipe.reward
    }
    found |= {f"outcomes/{outcome}": float(score.outcome == outcome) for outcome in DECIDED}
    return found | {"no_reward": float(score.total is None)}
