"""The tiny policy: an ordinary model folder, digits and tags that survive, and TRL that runs on it."""

import json
import pickle
import sys
from pathlib import Path

import pytest

pytest.importorskip("trl")
sys.path.append(str(Path(__file__).parents[2] / "docs"))  # for evidence

from evidence.measure import Sheet, measure
from evidence.sampling import MAX_TOKENS, generate
from transformers import AutoModelForCausalLM, AutoTokenizer, TrainerCallback

from rewardkit.trainers.playground.policy import TAGS, build_policy
from rewardkit.trainers.playground.reward import LONGEST, SHORTEST, HandWritten, pay
from rewardkit.trainers.playground.texts import MISSING, answer
from rewardkit.trainers.playground.training import train_grpo, train_sft
from rewardkit.trainers.playground.world import make_world, read_rows
from rewardkit.types import Finish

pytestmark = pytest.mark.train


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return make_world(tmp_path_factory.mktemp("world"), 0, {"eval": 24, "train": 32, "sft": 800})


@pytest.fixture(scope="module")
def policy(world, tmp_path_factory):
    """A policy with random weights and a tokenizer made for the world."""
    texts = [
        message["content"]
        for row in read_rows(world["sft"])
        for message in [*row["prompt"], *row["completion"]]
    ]
    return build_policy(tmp_path_factory.mktemp("policy"), texts, seed=0)


@pytest.fixture(scope="module")
def tokenizer(policy):
    return AutoTokenizer.from_pretrained(policy)


@pytest.mark.parametrize(
    "text",
    [
        answer("7+3=10, 10-2=8", "8"),
        answer(MISSING, "None"),
        "Tom has 7 pens.\n\tTwo  spaces, é, 数 and 🙂",
        "<think><<answer>></answer>",
    ],
)
def test_any_text_survives_the_tokenizer_even_without_special_tokens(tokenizer, text):
    assert tokenizer.decode(tokenizer(text)["input_ids"], skip_special_tokens=True) == text


def test_digits_and_tags_are_single_tokens(tokenizer):
    assert len(tokenizer("1234567890")["input_ids"]) == 10
    assert all(len(tokenizer(tag)["input_ids"]) == 1 for tag in TAGS)
    assert len(tokenizer) <= 400


@pytest.mark.parametrize("thought", ["", "12-9=3, 3+8=11, 11-1=10"])
def test_the_window_keeps_hasty_answers_out_and_careful_ones_in(tokenizer, thought):
    longest_answer = answer(thought, "10" if thought else "9604")
    tokens = len(tokenizer(longest_answer)["input_ids"])
    assert (SHORTEST <= tokens <= LONGEST) is bool(thought), tokens
    assert LONGEST < MAX_TOKENS


@pytest.mark.parametrize("thought", ["9-1=8", MISSING])
def test_the_shortest_reasons_are_inside_the_window(tokenizer, thought):
    tokens = len(tokenizer(answer(thought, "None" if thought == MISSING else "8"))["input_ids"])
    assert SHORTEST <= tokens <= LONGEST, tokens


def test_chat_template(tokenizer):
    question = [{"role": "user", "content": "Q"}]
    reply = [{"role": "assistant", "content": "A"}]
    opened = tokenizer.apply_chat_template(question, tokenize=False, add_generation_prompt=True)
    assert opened == "<|im_start|>user\nQ<|im_end|>\n<|im_start|>assistant\n"
    whole = tokenizer.apply_chat_template(question + reply, tokenize=False)
    assert whole == opened + "A<|im_end|>\n"  # what masks the prompt in SFT needs this prefix
    assert tokenizer.eos_token == "<|im_end|>"


def test_the_folder_loads_as_any_qwen3_does(policy):
    model = AutoModelForCausalLM.from_pretrained(policy)
    assert model.config.model_type == "qwen3"
    assert 400_000 < sum(parameter.numel() for parameter in model.parameters()) < 500_000
    assert model.generation_config.eos_token_id == AutoTokenizer.from_pretrained(policy).eos_token_id


def test_the_seed_decides_the_weights(policy, world, tmp_path):
    texts = [row["question"] for row in read_rows(world["train"])]
    same, other = (
        AutoModelForCausalLM.from_pretrained(build_policy(tmp_path / str(seed), texts, seed)).state_dict()
        for seed in (0, 1)
    )
    first = AutoModelForCausalLM.from_pretrained(policy).state_dict()["model.norm.weight"]
    layer = "model.layers.0.mlp.up_proj.weight"
    assert first.shape == same["model.norm.weight"].shape
    assert not same[layer].equal(other[layer])


def test_generation_keeps_the_order_and_counts(policy, world):
    prompts = [row["prompt"] for row in read_rows(world["eval"])[:5]]
    greedy = generate(policy, prompts, max_tokens=6)
    assert [len(found) for found in greedy] == [1] * 5
    assert greedy == generate(policy, prompts, max_tokens=6)
    sampled = generate(policy, prompts, n=3, temperature=1.0, seed=1, max_tokens=6)
    assert [len(found) for found in sampled] == [3] * 5
    assert all(0 <= one.tokens <= 6 for found in sampled for one in found)
    assert all(one.finish == Finish.LENGTH for found in sampled for one in found if one.tokens == 6)


def test_the_hand_written_reward_takes_what_trl_gives_and_pickles():
    reward = pickle.loads(pickle.dumps(HandWritten(1, eos_token_id=2)))
    assert reward.__name__ == "hand_written_v1"
    text = answer(MISSING, "None")
    ended, cut = [9] * 11 + [2], [9] * 48
    paid = reward(
        completions=[[{"role": "assistant", "content": text}]] * 2,
        completion_ids=[ended, cut],
        gold=["3", "None"],
        prompts=[],
        trainer_state=None,
        level=["easy", "easy"],
    )
    assert paid == [pay(text, "3", 11, 1), pay(text, "None", 48, 1)] == pytest.approx([-0.8, 0.8])


class Steps(TrainerCallback):
    """Counts, as a progress bar would."""

    def __init__(self):
        self.seen = 0

    def on_step_end(self, args, state, control, **kwargs):
        self.seen += 1


@pytest.mark.slow
def test_sft_then_grpo_runs_and_is_measured(world, tmp_path, monkeypatch):
    steps = Steps()
    history = train_sft(tmp_path / "sft", world["sft"], seed=0, options={"max_steps": 4}, callbacks=[steps])
    losses = [float(entry["loss"]) for entry in history if "loss" in entry]
    assert len(losses) == steps.seen == 4
    eos = AutoTokenizer.from_pretrained(tmp_path / "sft").eos_token_id
    history = train_grpo(
        tmp_path / "grpo",
        tmp_path / "sft",
        world["train"],
        HandWritten(0, eos),
        seed=0,
        options={"max_steps": 2, "per_device_train_batch_size": 16, "num_generations": 4},
        callbacks=[steps],
    )
    assert steps.seen == 6
    assert len([entry for entry in history if "rewards/hand_written_v0/mean" in entry]) == 2
    sheet = measure(tmp_path / "grpo", read_rows(world["eval"])[:8], samples=2)
    assert len(sheet.right) == 8
    assert Sheet(**json.loads(json.dumps(vars_of(sheet)))) == sheet


def vars_of(sheet: Sheet) -> dict:
    return {name: getattr(sheet, name) for name in Sheet.__dataclass_fields__}
