"""A recipe as verl's reward: a file for `custom_reward_function.path`.

    python -m verl.trainer.main_ppo reward.custom_reward_function.path=pkg://rewardkit.trainers.verl \\
        +reward.custom_reward_function.reward_kwargs.recipe=math-none@2 \\
        +reward.custom_reward_function.reward_kwargs.tokenizer=Qwen/Qwen3-0.6B ..

(`python -m rewardkit.trainers.verl` prints the file's path, for versions without `pkg://`; before 0.7 the keys begin at
`custom_reward_function`.) The environment may name them instead (REWARDKIT_RECIPE ..), where it reaches every node.
`compute_score` takes one completion, as every manager of verl's reward loop calls it; `compute_scores` a batch, for the
batch manager of verl before 0.7, the only one that can serve terms that compare completions. Both return mappings of
`score`, every term, and the outcome as numbers, which verl keeps beside the reward. The gold is `ground_truth`;
`extra_info` becomes the rollout's fields. verl cannot represent "no reward": where no term applies it gets 0, and
`no_reward` is 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from rewardkit.errors import UsageError
from rewardkit.recipe.recipe import Recipe
from rewardkit.trainers.adapter.configured import (
    ConfiguredRecipe,
    configured,
    golds_of,
    logged,
    one_at_a_time,
    paid,
)
from rewardkit.trainers.adapter.fit import reads_truncation
from rewardkit.types import Rollout, Score

NAMES = ("recipe", "settings", "tokenizer", "gold_extract")
OPTION = "reward_kwargs.gold_extract={0} (or REWARDKIT_GOLD_EXTRACT={0})"


def compute_score(
    data_source: Any = None,
    solution_str: str = "",
    ground_truth: Any = None,
    extra_info: Mapping[str, Any] | None = None,
    *,
    recipe: str | None = None,
    settings: str | Sequence[str] | None = None,
    tokenizer: str | None = None,
    gold_extract: str | None = None,
    **others: Any,
) -> dict[str, Any]:
    """One completion's score, terms and outcome. A recipe with group terms is refused.

    Args:
        data_source: ignored.
        solution_str: the completion.
        ground_truth: the gold, or several accepted ones.
        extra_info: the row's other columns.
        recipe: `name@version` or a path (else REWARDKIT_RECIPE).
        settings: assignments on the recipe (else REWARDKIT_SET, one per line).
        tokenizer: the model's, for a recipe that counts tokens (else REWARDKIT_TOKENIZER).
        gold_extract: the extractor that finds the gold inside `ground_truth` (else REWARDKIT_GOLD_EXTRACT).
        others: what else verl passes; a misspelling of the four names above is refused.
    """
    found = _told(recipe, settings, tokenizer, gold_extract, others)
    one_at_a_time(found.recipe, "verl")
    [gold] = golds_of([ground_truth], found.golds)
    return _answer(found.recipe, found.score([_rollout(solution_str, gold, extra_info, "")])[0])


def compute_scores(
    data_sources: Sequence[Any] | None = None,
    solution_strs: Sequence[str] = (),
    ground_truths: Sequence[Any] = (),
    extra_infos: Sequence[Mapping[str, Any] | None] | None = None,
    *,
    recipe: str | None = None,
    settings: str | Sequence[str] | None = None,
    tokenizer: str | None = None,
    gold_extract: str | None = None,
    **others: Any,
) -> list[dict[str, Any]]:
    """A batch's scores, in order. Completions of one prompt share `extra_info['index']` and need not be adjacent."""
    found = _told(recipe, settings, tokenizer, gold_extract, others)
    infos = list(extra_infos) if extra_infos is not None else [None] * len(solution_strs)
    names = [str((info or {}).get("index", "")) for info in infos]
    first: dict[str, int] = {}
    for at, name in enumerate(names):
        first.setdefault(name, at)
    order = sorted(range(len(names)), key=lambda at: first[names[at]])
    golds = golds_of(ground_truths, found.golds)
    scores = found.score([_rollout(solution_strs[at], golds[at], infos[at], names[at]) for at in order])
    placed = dict(zip(order, scores, strict=True))
    return [_answer(found.recipe, placed[at]) for at in range(len(names))]


def _told(
    recipe: str | None,
    settings: str | Sequence[str] | None,
    tokenizer: str | None,
    gold_extract: str | None,
    others: Mapping[str, Any],
) -> ConfiguredRecipe:
    for name in others:
        meant = get_close_matches(name, NAMES, n=1, cutoff=0.75)
        if meant:
            raise UsageError(f"unknown reward_kwargs.{name}; did you mean '{meant[0]}'?")
    found = configured(recipe, settings, tokenizer, gold_extract, OPTION)
    if reads_truncation(found.recipe):
        raise UsageError(
            f"{found.recipe.ref} reads `truncated`, which verl does not pass to reward functions; train with TRL, or with a "
            "version of the recipe that leaves it out"
        )
    return found


def _rollout(text: str, gold: Any, info: Mapping[str, Any] | None, group: str) -> Rollout:
    # A count in `extra_info` is the data's, known before anything was generated: the completion's is counted here.
    fields = dict(info or {})
    return Rollout(
        completion=text,
        gold=gold,
        id=str(fields.get("id", "")),
        group=group,
        fields=fields,
    )


def _answer(recipe: Recipe, score: Score) -> dict[str, Any]:
    return {"score": paid(score), **logged(recipe, score), "acc": float(score.outcome.right)}


if __name__ == "__main__":
    print(__file__)
