"""A recipe as verl's reward: a file for `custom_reward_function.path`.

    REWARDKIT_RECIPE=math-none@2 REWARDKIT_TOKENIZER=Qwen/Qwen3-0.6B python -m verl.trainer.main_ppo \\
        custom_reward_function.path=FILE custom_reward_function.name=compute_score ..

(`python -m rewardkit.trainers.verl` prints FILE; verl 0.9 writes the options under `reward.`.) `compute_score` takes one completion, `compute_scores` a batch
(`reward_model.reward_manager=batch`), as group terms need. Both return mappings of `score`, every term, and the outcome as
numbers, which verl keeps beside the reward. The gold is `ground_truth`; `extra_info` becomes the rollout's fields.
verl has no word for "no reward": where nothing applies it gets 0, and `no_reward` is 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rewardkit.recipe import Recipe
from rewardkit.rows.values import as_list, golds
from rewardkit.trainers.openrlhf import counted, needs_tokens, recipe_from_environment
from rewardkit.types import DECIDED, Rollout, Score


def compute_score(
    data_source: Any = None,
    solution_str: str = "",
    ground_truth: Any = None,
    extra_info: Mapping[str, Any] | None = None,
    **_: Any,
) -> dict[str, Any]:
    """One completion's score, terms and outcome. A recipe with group terms needs `compute_scores`."""
    recipe = recipe_from_environment()
    return _answer(recipe, recipe.score([_rollout(recipe, solution_str, ground_truth, extra_info, "")])[0])


def compute_scores(
    data_sources: Sequence[Any] | None = None,
    solution_strs: Sequence[str] = (),
    ground_truths: Sequence[Any] = (),
    extra_infos: Sequence[Mapping[str, Any] | None] | None = None,
    **_: Any,
) -> list[dict[str, Any]]:
    """A batch's, in order. Completions of one prompt share `extra_info['index']`, and may stand anywhere."""
    recipe = recipe_from_environment()
    infos = list(extra_infos) if extra_infos is not None else [None] * len(solution_strs)
    names = [_group(info) for info in infos]
    order = (
        sorted(range(len(names)), key=lambda at: names.index(names[at]))
        if recipe.reads_groups
        else range(len(names))
    )
    scores = recipe.score(
        [_rollout(recipe, solution_strs[at], ground_truths[at], infos[at], names[at]) for at in order]
    )
    placed = dict(zip(order, scores, strict=True))
    return [_answer(recipe, placed[at]) for at in range(len(names))]


def _group(info: Mapping[str, Any] | None) -> str:
    return str((info or {}).get("index", ""))


def _rollout(recipe: Recipe, text: str, gold: Any, info: Mapping[str, Any] | None, group: str) -> Rollout:
    fields = dict(info or {})
    given = fields.get("tokens") is not None
    needs_tokens(recipe, given)
    facts: dict[str, Any] = {"tokens": int(fields["tokens"])} if given else counted(text)
    values = as_list(gold)
    return Rollout(
        completion=text,
        gold=golds(values if values is not None else gold, None, True),
        id=str(fields.get("id", "")),
        group=group,
        fields=fields,
        **facts,
    )


def _answer(recipe: Recipe, score: Score) -> dict[str, Any]:
    found: dict[str, Any] = {"score": score.total if score.total is not None else 0.0}
    found |= {
        f"terms/{label}": value if (value := score.values[label]) is not None else 0.0
        for label in recipe.reward
    }
    found |= {f"outcomes/{outcome}": float(score.outcome == outcome) for outcome in DECIDED}
    found["acc"] = float(score.outcome.right)
    found["no_reward"] = float(score.total is None)
    return found


if __name__ == "__main__":
    print(__file__)
