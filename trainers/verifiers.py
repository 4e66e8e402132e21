"""A recipe as a `Rubric` of verifiers 0.1 and 0.2; for 0.4, which has tasks instead, see `verifiers_v1`.

    rubric = rubric("math-none@2", tokenizer)
    env = vf.SingleTurnEnv(dataset=data, rubric=rubric)

`reward` and `metrics` (every term, and the outcomes as 0 or 1) are written into the states of rollouts. The gold is
`answer`; `info` becomes the rollout's fields. verifiers' own rubrics turn an exception into a reward of 0.0; this
one raises it. verifiers cannot represent "no reward": where no term applies it gets 0, and the metric `no_reward`
is 1.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import verifiers as vf  # pyright: ignore[reportMissingImports]

from rewardkit.errors import SetupError, UsageError
from rewardkit.recipe.loading import load_recipe
from rewardkit.recipe.recipe import Recipe
from rewardkit.rows import GoldReader
from rewardkit.rows.values import said
from rewardkit.types import DECIDED, Finish, Gold, Rollout, Score

from .adapter.configured import golds_of, warn_lacking

if not hasattr(vf, "Rubric"):
    raise SetupError(
        "this verifiers has no Rubric: use rewardkit.trainers.verifiers_v1, or pip install 'verifiers<0.2'"
    )


class RecipeRubric(vf.Rubric):  # pyright: ignore[reportAttributeAccessIssue]
    """Scores by a recipe. See the module's docstring."""

    def __init__(
        self, recipe: Recipe, tokenizer: Any = None, gold_extract: str | Mapping[str, Any] | None = None
    ) -> None:
        super().__init__()
        self.recipe, self.tokenizer = recipe, tokenizer
        self.golds = GoldReader(gold_extract, judges=[recipe.answer])
        if recipe.needs() and tokenizer is None:
            raise UsageError(f"{recipe.ref} counts tokens; give the model's tokenizer")

    @property
    def has_group_rewards(self) -> bool:
        """Whether completions of a prompt must be scored together."""
        return self.recipe.reads_groups

    async def score_rollout(self, state: Any) -> None:
        """Score one rollout in place."""
        await self._score([state])

    async def score_group(self, states: Sequence[Any]) -> None:
        """Score the rollouts of one prompt in place, with their advantages over the mean."""
        if not states:
            return
        await self._score(states)
        mean = sum(state["reward"] for state in states) / len(states)
        for state in states:
            state["advantage"] = state["reward"] - mean
            for step in state.get("trajectory") or ():
                for name in ("reward", "advantage"):
                    if step.get(name) is None:
                        step[name] = state[name]

    async def _score(self, states: Sequence[Any]) -> None:
        golds = golds_of([state.get("answer") for state in states], self.golds)
        rollouts = [self._rollout(state, gold) for state, gold in zip(states, golds, strict=True)]
        warn_lacking(self.recipe, rollouts)
        scores = await asyncio.to_thread(self.recipe.score, rollouts)
        for state, score in zip(states, scores, strict=True):
            state["reward"] = score.total if score.total is not None else 0.0
            state["metrics"] = metrics(self.recipe, score)

    def _rollout(self, state: Any, gold: Gold | tuple[Gold, ...]) -> Rollout:
        completion = state["completion"]
        if not isinstance(completion, str):
            completion = [one if isinstance(one, Mapping) else one.model_dump() for one in completion]
        text = said(completion)
        tokens = None
        if self.tokenizer is not None:
            whole = text.text if text.reasoning is None else text.reasoning + text.text
            tokens = len(self.tokenizer.encode(whole, add_special_tokens=False))
        info = state.get("info") or {}
        return Rollout(
            completion=text.text,
            reasoning=text.reasoning,
            gold=gold,
            id=str(state.get("example_id", "")),
            group="0" if self.recipe.reads_groups else "",
            tokens=tokens,
            finish=Finish.LENGTH if state.get("is_truncated") else Finish.UNKNOWN,
            fields=dict(info) if isinstance(info, Mapping) else {},
        )


def metrics(recipe: Recipe, score: Score) -> dict[str, float]:
    """Every term's payment, every outcome as 0 or 1, and whether nothing was paid at all."""
    found = {label: value if (value := score.values[label]) is not None else 0.0 for label in recipe.reward}
    found |= {f"outcomes/{outcome}": float(score.outcome == outcome) for outcome in DECIDED}
    return found | {"no_reward": float(score.total is None)}


def rubric(
    recipe: Recipe | str | Path,
    tokenizer: Any = None,
    settings: Sequence[str] = (),
    *,
    gold_extract: str | Mapping[str, Any] | None = None,
) -> RecipeRubric:
    """A rubric for a recipe, `name@version`, or a path.

    Args:
        recipe: the recipe.
        tokenizer: needed if the recipe counts tokens.
        settings: `path=value` assignments that derive a variant of a recipe that is loaded here.
        gold_extract: the extractor that finds the gold inside `answer`, as `hash` for GSM8K.
    """
    found = recipe if isinstance(recipe, Recipe) else load_recipe(recipe, settings)
    return RecipeRubric(found, tokenizer, gold_extract)
