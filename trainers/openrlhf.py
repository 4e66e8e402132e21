"""A recipe as OpenRLHF's reward function: a file for `--remote_rm_url`.

    REWARDKIT_RECIPE=math-none@2 python -m openrlhf.cli.train_ppo_ray --remote_rm_url FILE --input.label_key answer ..

(`python -m rewardkit.trainers.openrlhf` prints FILE.) OpenRLHF calls `reward_func(queries, prompts, labels)` with
whole texts, prompts and golds, and takes a mapping of `rewards` (for the advantages), `scores` (for dynamic
filtering) and `extra_logs`. The completion is what follows the prompt. OpenRLHF has no word for "no reward": where
nothing applies it gets 0, and `extra_logs` counts those (`no_reward`).

OpenRLHF hands over texts and no token ids: token counts need REWARDKIT_TOKENIZER, a tokenizer's name or folder.
REWARDKIT_SET holds assignments on the recipe, one a line.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache
from typing import Any

from rewardkit.errors import DataError, UsageError
from rewardkit.loading import load_recipe
from rewardkit.recipe import Recipe
from rewardkit.rows.values import golds
from rewardkit.types import DECIDED, Rollout, Score


@cache
def recipe_from_environment() -> Recipe:
    """The recipe that REWARDKIT_RECIPE names. Raises UsageError where it is not set."""
    name = os.environ.get("REWARDKIT_RECIPE")
    if not name:
        raise UsageError("set REWARDKIT_RECIPE to a recipe, as in REWARDKIT_RECIPE=math-none@2")
    return load_recipe(name, os.environ.get("REWARDKIT_SET", "").splitlines())


@cache
def tokenizer_from_environment() -> Any:
    """The tokenizer that REWARDKIT_TOKENIZER names, or None."""
    name = os.environ.get("REWARDKIT_TOKENIZER")
    if not name:
        return None
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(name)


def needs_tokens(recipe: Recipe, given: bool) -> None:
    """Raise UsageError where the recipe counts tokens and there is no count and no tokenizer."""
    if recipe.needs() and not given and tokenizer_from_environment() is None:
        raise UsageError(f"{recipe.ref} counts tokens; set REWARDKIT_TOKENIZER to the model's tokenizer")


def counted(text: str) -> dict[str, Any]:
    """`tokens` and `token_ids` of a text, where a tokenizer is named."""
    tokenizer = tokenizer_from_environment()
    if tokenizer is None:
        return {}
    ids = tuple(tokenizer.encode(text, add_special_tokens=False))
    return {"tokens": len(ids), "token_ids": ids}


def answer_of(query: str, prompt: str) -> str:
    """The completion: the query without its prompt. Raises DataError where it does not begin with it."""
    if not query.startswith(prompt):
        raise DataError(f"a query does not begin with its prompt: {query[:60]!r} .. and {prompt[:60]!r} ..")
    return query[len(prompt) :]


def groups_of(recipe: Recipe, prompts: Sequence[str]) -> list[str]:
    """Names of runs of equal prompts, which OpenRLHF keeps together; empty where no term needs them."""
    names: list[str] = []
    for at, prompt in enumerate(prompts):
        fresh = at == 0 or prompt != prompts[at - 1]
        names.append(str(at) if fresh else names[-1])
    return names if recipe.reads_groups else [""] * len(prompts)


def zero_where_nothing(scores: Sequence[Score]) -> list[float]:
    """Totals, 0 where nothing applies."""
    return [score.total if score.total is not None else 0.0 for score in scores]


def logs(recipe: Recipe, scores: Sequence[Score]) -> dict[str, list[float]]:
    """Per completion: each term's payment, each outcome as 0 or 1, and whether it got no reward at all."""
    found = {
        f"terms/{label}": [value if (value := score.values[label]) is not None else 0.0 for score in scores]
        for label in recipe.reward
    }
    for outcome in DECIDED:
        found[f"outcomes/{outcome}"] = [float(score.outcome == outcome) for score in scores]
    found["no_reward"] = [float(score.total is None) for score in scores]
    return found


def reward_func(
    queries: Sequence[str], prompts: Sequence[str], labels: Sequence[Any], **_: Any
) -> dict[str, Any]:
    """OpenRLHF's entry: `rewards`, `scores` and `extra_logs` as tensors of one number a query."""
    import torch

    recipe = recipe_from_environment()
    needs_tokens(recipe, given=False)
    groups = groups_of(recipe, prompts)
    rollouts = []
    for at, (query, prompt, label) in enumerate(zip(queries, prompts, labels, strict=True)):
        text = answer_of(query, prompt)
        rollouts.append(
            Rollout(
                completion=text,
                prompt=prompt,
                gold=golds(label, None, True),
                group=groups[at],
                **counted(text),
            )
        )
    scores = recipe.score(rollouts)
    rewards = torch.tensor(zero_where_nothing(scores))
    return {
        "rewards": rewards,
        "scores": rewards.clone(),
        "extra_logs": {name: torch.tensor(values) for name, values in logs(recipe, scores).items()},
    }


if __name__ == "__main__":
    print(__file__)
