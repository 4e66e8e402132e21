"""What GRPO would see, worked by hand."""

import json

import pytest

from rewardkit.audit.rollouts.advantages import grpo_advantages
from rewardkit.audit.rollouts.grpo import of_group
from rewardkit.audit.rollouts.load import from_groups, load, scored
from rewardkit.errors import UsageError
from rewardkit.recipe.loading import load_recipe
from rewardkit.types import Rollout

V2 = load_recipe("math-none@2")


def said(text, gold="42", tokens=100, group="g", **more):
    return Rollout(completion=rf"\boxed{{{text}}}", gold=gold, tokens=tokens, group=group, **more)


RIGHT, WRONG = said("42"), said("41")


def stray(rollout, number):
    return Rollout(
        completion=rollout.completion + "語" * number, gold=rollout.gold, tokens=100, group=rollout.group
    )


def view(*rollouts, recipe=V2, **options):
    return grpo_advantages(scored(recipe, from_groups([list(rollouts)])), **options)


def test_eight_wrong_one_with_a_single_stray_character():
    found = view(*[WRONG] * 7, stray(WRONG, 1))
    assert round(found.groups[0].advantages[-1], 3) == -2.407
    assert (found.dead, found.dead_correctness) == (0.0, 1.0)
    assert found.amplified.groups == 1
    assert found.amplified.least_spread == pytest.approx(0.01)
    unscaled = view(*[WRONG] * 7, stray(WRONG, 1), scale="none")
    assert round(unscaled.groups[0].advantages[-1], 5) == -0.00875


def test_a_lone_right_answer_among_eight():
    assert round(view(RIGHT, *[WRONG] * 7).groups[0].advantages[0], 3) == 2.474
    assert round(view(RIGHT, *[WRONG] * 7, scale="none").groups[0].advantages[0], 4) == 0.9625


def test_shares_of_variance_sum_to_one_in_every_class():
    groups = [
        [RIGHT, stray(WRONG, 5), said("41", tokens=900), WRONG],
        [RIGHT, stray(RIGHT, 3), RIGHT, said("42", tokens=5)],
        [WRONG, stray(WRONG, 2), WRONG, WRONG],
        [said("None", gold=None), said("3", gold=None), stray(said("3", gold=None), 9), said("3", gold=None)],
    ]
    found = grpo_advantages(scored(V2, from_groups(groups)))
    assert found.classes == {"mixed": 1, "all right": 1, "all wrong": 1, "unanswerable": 1}
    for sort, shares in found.shares.items():
        assert sum(shares.values()) == pytest.approx(1.0), sort
    assert found.shares["all wrong"]["characters"] == pytest.approx(1.0)


def test_a_clip_of_the_recipe_is_a_share_of_its_own():
    from rewardkit.recipe.loading import variant

    clipped = variant(V2, ["clip=[-0.15, 1.0]"])
    found = view(RIGHT, WRONG, stray(WRONG, 30), WRONG, recipe=clipped)
    assert sum(found.shares["all"].values()) == pytest.approx(1.0)
    assert "(clip)" in found.shares["all"]


def test_an_unusable_gold_leaves_the_baseline():
    found = view(RIGHT, WRONG, WRONG, said("1", gold=" "))
    assert found.unpaid == 1
    assert found.groups[0].advantages[-1] == 0.0
    assert found.groups[0].advantages[:3] == pytest.approx(of_group([1.0, -0.1, -0.1]))


def test_groups_of_one_are_refused():
    with pytest.raises(UsageError, match="several completions"):
        view(RIGHT)


def test_wrong_answers_that_are_pushed_up_are_counted():
    found = view(RIGHT, WRONG, *[said("41", tokens=900)] * 6)
    # 1, -0.1, -0.3 x 6
    assert found.pushed == 1
    assert not found.inversions


@pytest.mark.data
def test_on_the_gsm8k_groups(shared_data):
    recipe = load_recipe("open-r1-stack@5")
    rows = load(shared_data / "gsm8k" / "model_solutions.jsonl", recipe)
    found = grpo_advantages(scored(recipe, rows))
    labels = [json.loads(line)["labels"] for line in (shared_data / "gsm8k" / "model_solutions.jsonl").open()]
    dead = sum(1 for row in labels if len(set(row)) == 1) / len(labels)
    assert found.dead_correctness == pytest.approx(dead, abs=0.01)
    assert found.dead < 0.01
