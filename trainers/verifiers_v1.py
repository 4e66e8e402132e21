"""A recipe as the reward of a `Task` of verifiers 0.4, whose `verifiers.v1` has tasks and traces where 0.1 had rubrics.

    class Sum(vf.TaskData):
        answer: str | None = None

    class SumTask(recipe_task("math-none@2", tokenizer), vf.Task[Sum]):
        pass

In the task's data the gold is `answer`, and every other field of yours becomes a column. The total is recorded as the
reward `recipe`, every term and outcome as metrics. A task is scored by itself, so a recipe that compares completions is
refused. verifiers cannot represent "no reward": where no term applies it gets 0, and the metric `no_reward` is 1. An
exception is not hidden: verifiers records it as the task's error.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rewardkit.errors import DataError, SetupError, UsageError
from rewardkit.recipe.loading import load_recipe
from rewardkit.recipe.recipe import Recipe
from rewardkit.rows import GoldReader
from rewardkit.rows.values import RowFault, said
from rewardkit.types import Finish, Rollout

from .adapter.configured import golds_of, logged, one_at_a_time, paid, warn_lacking

try:
    import verifiers.v1 as vf  # pyright: ignore[reportMissingImports]
except ModuleNotFoundError as missing:
    raise SetupError("no verifiers.v1 is installed: pip install 'verifiers>=0.4'") from missing


def recipe_task(
    recipe: Recipe | str | Path,
    tokenizer: Any = None,
    *,
    gold: str = "answer",
    gold_extract: str | Mapping[str, Any] | None = None,
    settings: Sequence[str] = (),
) -> type:
    """A class to inherit from before `vf.Task`, which makes the recipe the task's reward.

    Args:
        recipe: a recipe, `name@version`, or a path.
        tokenizer: the model's, if the recipe counts tokens; anything with `encode`.
        gold: the field of the task's data that holds the gold, or a list of accepted ones.
        gold_extract: the extractor that finds the gold inside that field, as `hash` for GSM8K.
        settings: assignments on the recipe.

    Raises UsageError for a recipe that compares completions, or counts tokens without a tokenizer.
    """
    found = recipe if isinstance(recipe, Recipe) else load_recipe(str(recipe), settings)
    one_at_a_time(found, "verifiers")
    if found.needs() and tokenizer is None:
        raise UsageError(f"{found.ref} counts tokens; give the model's tokenizer")

    golds = GoldReader(gold_extract, judges=[found.answer])

    class RecipeTask:
        """Scores its trace by a recipe."""

        @vf.reward
        async def recipe(self, trace: Any) -> float:
            """The recipe's total; its terms and the outcome go into the trace's metrics."""
            rollout = rollout_of(self.data, trace, gold, golds, tokenizer)  # pyright: ignore[reportAttributeAccessIssue]
            warn_lacking(found, [rollout])
            score = (await asyncio.to_thread(found.score, [rollout]))[0]
            trace.record_metrics(logged(found, score))
            return paid(score)

    return RecipeTask


def rollout_of(data: Any, trace: Any, gold: str, golds: GoldReader, tokenizer: Any = None) -> Rollout:
    """The rollout of a finished trace: what the model said after the last user message.

    Raises DataError if the data has no such gold, or the model said nothing.
    """
    fields = data.model_dump()
    if gold not in fields:
        raise DataError(
            f"the task's data has no field '{gold}'; name the gold's field, as in recipe_task(.., gold='solution')"
        )
    try:
        text = said([message.model_dump() for message in trace.messages])
    except RowFault as fault:
        raise DataError(fault.fault) from fault
    tokens = None
    if tokenizer is not None:
        parts = (text.reasoning or "", text.text)
        tokens = sum(len(tokenizer.encode(part, add_special_tokens=False)) for part in parts if part)
    own = {name for name in fields if name not in vf.TaskData.model_fields and name != gold}
    return Rollout(
        completion=text.text,
        reasoning=text.reasoning,
        gold=golds_of([fields[gold]], golds)[0],
        id=str(data.id or ""),
        tokens=tokens,
        finish=Finish.LENGTH if trace.is_truncated else Finish.UNKNOWN,
        fields={name: fields[name] for name in own},
    )
