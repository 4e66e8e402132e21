"""The hand-written reward and the recipe `playground-none` pay the same, to the last cent."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewardkit.recipe.loading import load_recipe
from rewardkit.trainers.playground.reward import HandWritten, pay
from rewardkit.trainers.playground.texts import MISSING, answer, teach
from rewardkit.trainers.playground.world import draw, make_world
from rewardkit.types import Rollout

PIECES = [
    "<think>",
    "</think>",
    "<answer>",
    "</answer>",
    "None",
    "7",
    "12",
    "3+4=7",
    ", ",
    " ",
    MISSING,
    "\n",
]
golds = st.sampled_from(["7", "12", "None", "4"])
texts = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=9).map("".join),
    st.builds(
        answer, st.sampled_from(["", "3+4=7", MISSING]), st.sampled_from(["7", "12", "None", "", "07"])
    ),
)


@pytest.fixture(scope="module", params=[0, 1])
def recipe(request):
    return load_recipe(f"playground-none@{request.param}")


@given(completion=texts, gold=golds, tokens=st.integers(0, 48))
def test_any_completion(recipe, completion, gold, tokens):
    (score,) = recipe.score([Rollout(completion=completion, gold=gold, tokens=tokens)])
    assert score.total == pytest.approx(pay(completion, gold, tokens, recipe.version)), score


def test_the_texts_that_the_policy_is_taught(recipe):
    rng = random.Random(0)
    problems = [draw(rng) for _ in range(300)]
    written = [teach(problem, rng) for problem in problems]
    rollouts = [
        Rollout(completion=text, gold=problem.gold, tokens=len(text) // 3)
        for problem, text in zip(problems, written, strict=True)
    ]
    paid = [score.total for score in recipe.score(rollouts)]
    by_hand = [pay(r.completion, str(r.gold), r.tokens or 0, recipe.version) for r in rollouts]
    assert paid == by_hand


@pytest.fixture(scope="module")
def taught(tmp_path_factory):
    """A policy after so much SFT that it writes all three ways of answering, and its world."""
    pytest.importorskip("trl")
    from rewardkit.trainers.playground.training import train_sft

    root = tmp_path_factory.mktemp("taught")
    world = make_world(root / "world", 0, {"train": 64, "sft": 1600})
    train_sft(root / "sft", world["sft"], seed=0, options={"max_steps": 50})
    return root / "sft", world


@pytest.mark.train
@pytest.mark.slow
@pytest.mark.parametrize("version", [0, 1])
def test_the_stock_trainer_sees_the_same_rewards_step_by_step(taught, version, tmp_path):
    from transformers import AutoTokenizer

    from rewardkit.trainers.playground.training import grpo_config, train_grpo
    from rewardkit.trainers.trl import reward_functions

    policy, world = taught
    options = {"max_steps": 3, "per_device_train_batch_size": 32, "num_generations": 8}
    tokenizer = AutoTokenizer.from_pretrained(policy)
    recipe = reward_functions(f"playground-none@{version}", grpo_config(tmp_path, 0, options), tokenizer)
    steps = []
    for name, rewards in (("by hand", HandWritten(version, tokenizer.eos_token_id)), ("recipe", recipe)):
        history = train_grpo(tmp_path / name, policy, world["train"], rewards, seed=0, options=options)
        steps.append(
            [(entry["reward"], entry["reward_std"], entry["loss"]) for entry in history if "reward" in entry]
        )
    by_hand, by_recipe = steps
    assert by_hand == by_recipe
    assert len({reward for reward, *_ in by_hand}) > 1, by_hand
