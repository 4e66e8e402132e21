"""A recipe in OpenRLHF as installed (`.venv-openrlhf`), by the program `with_openrlhf.py`: by file and over HTTP."""

import json
from pathlib import Path

import pytest

from rewardkit.errors import DataError, UsageError
from rewardkit.trainers import openrlhf

HERE = Path(__file__).parent
FILE = HERE.parents[1] / "trainers" / "openrlhf.py"


@pytest.mark.train
def test_openrlhfs_text_without_prompt_and_end(tiny):
    tokenizer = openrlhf.hub_tokenizer(str(tiny))
    prompt = "<|im_start|>user\nWhat?<|im_end|>\n"
    cases = {
        "<answer>7</answer><|im_end|>": ("<answer>7</answer>", "stop"),
        "<answer>7</answer><|im_end|><|endoftext|><|endoftext|>": ("<answer>7</answer>", "stop"),
        "<answer>7</answer>": ("<answer>7</answer>", "length"),
        "a <|im_end|> b<|im_end|>": ("a <|im_end|> b", "stop"),
        "<|im_end|>": ("", "stop"),
    }
    for text, wanted in cases.items():
        assert openrlhf.completion_of(prompt + text, prompt, tokenizer) == wanted
    assert openrlhf.completion_of("ab<|im_end|>", "a") == ("b<|im_end|>", "unknown")
    with pytest.raises(DataError, match=r"does not begin with its prompt.*--data.max_len"):
        openrlhf.completion_of("abc", "b", tokenizer)


@pytest.mark.train
def test_openrlhf_one_number_a_query(named, tiny):
    torch = pytest.importorskip("torch")
    named("countdown@1", tiny)
    label = '{"gold": "14", "nums": [2, 3, 4]}'
    texts = ["<answer>(3+4)*2</answer><|im_end|>", "<answer>14</answer><|im_end|>"]
    found = openrlhf.reward_func(["a?" + text for text in texts], ["a?"] * 2, [label] * 2)
    assert set(found) == {"rewards", "scores", "extra_logs"}
    assert found["rewards"].tolist() == pytest.approx([1.0, 0.1])
    assert found["scores"].tolist() == [1.0, 0.0]  # right or not: what dynamic filtering averages
    assert all(torch.is_tensor(one) and one.shape == (2,) for one in found["extra_logs"].values())


def test_openrlhf_says_what_is_missing(named, caplog):
    with pytest.raises(UsageError, match="REWARDKIT_RECIPE=math-none@2"):
        openrlhf.reward_func(["a"], ["a"], ["7"])
    named("playground-none@0")
    with pytest.raises(UsageError, match="REWARDKIT_TOKENIZER"):
        openrlhf.reward_func(["a"], ["a"], ["7"])
    named("countdown@1")
    with pytest.raises(UsageError, match="end-of-sequence"):
        openrlhf.reward_func(["a"], ["a"], ["7"])
    assert (
        "no reward: OpenRLHF's texts end with" in caplog.text
    )  # OpenRLHF itself keeps what is raised to itself


QUESTION = "What is 3 plus 4?"
THOUGHT = "<think>3 + 4 = 7</think>"
SAID = [
    [QUESTION, f"{THOUGHT}<answer>7</answer><|im_end|>", "7", "stop"],
    [QUESTION, f"{THOUGHT}<answer>None</answer><|im_end|>", "7", "stop"],
    [QUESTION, THOUGHT + "<think>3", "7", "length"],
]


@pytest.fixture
def made(tiny, run_in):
    """What OpenRLHF makes of what was said."""

    def run(endpoint, recipe="playground-none@1", **more):
        return run_in(
            ".venv-openrlhf",
            *(HERE / "with_openrlhf.py", "said", tiny, endpoint),
            told=json.dumps(SAID),
            REWARDKIT_RECIPE=recipe,
            REWARDKIT_TOKENIZER=str(tiny),
            **more,
        )

    return run


def as_openrlhf_should_have_it(found):
    assert found["rewards"] == pytest.approx([1.0, -0.8, -0.1])
    assert found["scores"] == [1.0, 0.0, 0.0]
    assert found["penalised"] == pytest.approx([1.0, -0.8, -9.0])  # its own price of truncation goes on top
    assert found["info"]["terms/false_positive"] == pytest.approx([0.0, -0.8, 0.0])
    assert found["info"]["outcomes/no_answer"] == [0.0, 0.0, 1.0]


@pytest.mark.openrlhf
def test_openrlhfs_own_executor_and_experience_with_the_file(made):
    as_openrlhf_should_have_it(made(FILE))


@pytest.mark.openrlhf
def test_openrlhfs_own_executor_and_experience_over_http(tiny, made, serving):
    with serving("playground-none@1", "--tokenizer", tiny) as url:
        as_openrlhf_should_have_it(made(url))


@pytest.mark.openrlhf
def test_what_openrlhf_cannot_serve_stops_it_when_it_loads_the_file(made):
    errors = made(FILE, "open-r1-stack@2", fails=True)
    assert "open-r1-stack@2 compares the completions of a prompt (kimi_length)" in errors


@pytest.mark.openrlhf
@pytest.mark.ray
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_openrlhf_generates_with_vllm_and_is_paid_by_the_file(tiny, run_in):
    from rewardkit import load_recipe
    from rewardkit.rows.tokens import counted, load_tokenizer
    from rewardkit.types import Rollout

    found = run_in(
        ".venv-openrlhf",
        *(HERE / "with_openrlhf.py", "vllm", tiny, FILE),
        timeout=580,
        REWARDKIT_RECIPE="playground-none@1",
        REWARDKIT_TOKENIZER=str(tiny),
        VLLM_CPU_OMP_THREADS_BIND="nobind",
    )
    assert len(found["rewards"]) == 6
    assert sorted(found["labels"]) == ["7", "7", "7", "8", "8", "8"]
    tokenizer = openrlhf.hub_tokenizer(str(tiny))
    rollouts = [
        Rollout(completion=openrlhf.completion_of(text, prompt, tokenizer)[0], gold=label)
        for text, prompt, label in zip(found["texts"], found["prompts"], found["labels"], strict=True)
    ]
    scores = load_recipe("playground-none@1").score(counted(rollouts, load_tokenizer(str(tiny))))
    assert found["rewards"] == pytest.approx([score.total for score in scores])
