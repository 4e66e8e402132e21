"""The same recipe in verl, OpenRLHF and verifiers, and over HTTP.

verl and verifiers are run as installed, each in its own environment (`.venv-verl`, `.venv-verifiers`); OpenRLHF needs a
GPU to install, so its file is held against the documented contract.
"""

import json
import os
import subprocess
from pathlib import Path

import pytest

from rewardkit import load_recipe
from rewardkit.errors import DataError, UsageError
from rewardkit.trainers import openrlhf, verl

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def named(monkeypatch):
    """Names a recipe in the environment."""

    def name(recipe, settings=""):
        monkeypatch.setenv("REWARDKIT_RECIPE", recipe)
        monkeypatch.setenv("REWARDKIT_SET", settings)
        openrlhf.recipe_from_environment.cache_clear()
        openrlhf.tokenizer_from_environment.cache_clear()

    monkeypatch.delenv("REWARDKIT_RECIPE", raising=False)
    monkeypatch.delenv("REWARDKIT_TOKENIZER", raising=False)
    openrlhf.recipe_from_environment.cache_clear()
    openrlhf.tokenizer_from_environment.cache_clear()
    yield name
    openrlhf.recipe_from_environment.cache_clear()
    openrlhf.tokenizer_from_environment.cache_clear()


def run_in(environment, code, *words, **variables):
    """What a program prints in another environment, as JSON."""
    python = ROOT / environment / "bin" / "python"
    if not python.exists():
        pytest.skip(f"{environment} is not there: see the README")
    done = subprocess.run(
        [python, "-c", code, *words],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, **variables},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


# --- verl ----------------------------------------------------------------------------------------


def test_verl_one_completion(named):
    named("countdown@1")
    found = verl.compute_score("x", "<answer>(3 + 4) * 2</answer>", "14", {"nums": [2, 3, 4]})
    assert found["score"] == found["terms/countdown"] == found["acc"] == found["outcomes/correct"] == 1.0
    assert found["no_reward"] == 0.0
    found = verl.compute_score("x", "seven", "14", {"nums": [2, 3, 4]})
    assert (found["score"], found["outcomes/no_answer"]) == (0.0, 1.0)
    found = verl.compute_score("x", "<answer>7</answer>", "no number", {"nums": [2, 3, 4]})
    assert (found["score"], found["no_reward"]) == (0.0, 1.0)


def test_verl_counts_or_asks_for_a_tokenizer(named):
    named("playground-none@0")
    assert verl.compute_score("x", "<answer>7</answer>", "7", {"tokens": 12})["score"] == 1.0
    with pytest.raises(UsageError, match="REWARDKIT_TOKENIZER"):
        verl.compute_score("x", "<answer>7</answer>", "7")


def test_verl_a_batch_with_groups_that_stand_apart(named):
    named("open-r1-stack@2")
    short, long = "<answer>7</answer>", "well " * 9 + "<answer>7</answer>"
    found = verl.compute_scores(
        ["x"] * 4, [short, short, long, long], ["7"] * 4, [{"index": n} for n in (1, 2, 1, 2)]
    )
    assert [one["terms/kimi_length"] for one in found] == [0.5, 0.5, -0.5, -0.5]


VERL = """
import asyncio, json, sys
import numpy, torch
from omegaconf import OmegaConf
from verl import DataProto
from verl.trainer.ppo.reward import get_custom_reward_fn
from verl.experimental.reward_loop.reward_manager.naive import NaiveRewardManager

class Tokenizer:
    def decode(self, ids, **_):
        return "".join(chr(int(one)) for one in ids)

config = OmegaConf.create({"reward": {"custom_reward_function": {"path": sys.argv[1], "name": "compute_score"}}})
function = get_custom_reward_fn(config)
text = "<answer>(3 + 4) * 2</answer>"
ids = torch.tensor([[ord(one) for one in text]])
data = DataProto.from_dict(
    tensors={"responses": ids, "attention_mask": torch.ones_like(ids)},
    non_tensors={
        "data_source": numpy.array(["countdown"], dtype=object),
        "reward_model": numpy.array([{"ground_truth": "14"}], dtype=object),
        "extra_info": numpy.array([{"nums": [2, 3, 4]}], dtype=object),
    },
)
async def main():
    NaiveRewardManager._class_initialized = True
    manager = NaiveRewardManager.__new__(NaiveRewardManager)
    manager.tokenizer, manager.compute_score, manager.is_async_reward_score = Tokenizer(), function, False
    manager.reward_router_address, manager.loop = None, asyncio.get_running_loop()
    return await manager.run_single(data)
print(json.dumps(asyncio.run(main())))
"""


@pytest.mark.verl
def test_verl_as_installed():
    found = run_in(".venv-verl", VERL, str(ROOT / "trainers" / "verl.py"), REWARDKIT_RECIPE="countdown@1")
    assert found["reward_score"] == 1.0
    assert found["reward_extra_info"]["terms/countdown"] == 1.0
    assert found["reward_extra_info"]["outcomes/correct"] == 1.0


# --- verifiers -----------------------------------------------------------------------------------

VERIFIERS = """
import asyncio, json
import verifiers as vf
from rewardkit.errors import DataError
from rewardkit.trainers.verifiers import rubric

class Tokenizer:
    def encode(self, text, add_special_tokens):
        return text.split()

def state(text, answer, **more):
    return vf.State(
        prompt=[{"role": "user", "content": "?"}], completion=[{"role": "assistant", "content": text}], answer=answer,
        info={}, trajectory=[{"reward": None, "advantage": None}], **more,
    )

words = "a b c d e f g h i j k "
states = [state(words + "<answer>7</answer>", "7"), state(words + "<answer>None</answer>", "7")]
one = rubric("playground-none@1", Tokenizer())
asyncio.run(one.score_group(states))
found = {"rewards": [s["reward"] for s in states], "advantages": [s["trajectory"][0]["advantage"] for s in states],
         "metrics": states[1]["metrics"], "groups": one.has_group_rewards}
single = state(words + "<answer>8</answer>", "7")
asyncio.run(one.score_rollout(single))
found["single"] = single["reward"]
grouped = rubric("open-r1-stack@2", Tokenizer())
states = [state("<answer>7</answer>", "7"), state("well " * 9 + "<answer>7</answer>", "7")]
asyncio.run(grouped.score_group(states))
found["kimi"] = [s["metrics"]["kimi_length"] for s in states]
found["reads_groups"] = grouped.has_group_rewards
strict = rubric("open-r1-stack@1", Tokenizer())
try:
    asyncio.run(strict.score_rollout(state("7", None)))
except DataError as error:
    found["error"] = str(error)
print(json.dumps(found))
"""


@pytest.mark.verifiers
def test_verifiers_as_installed():
    found = run_in(".venv-verifiers", VERIFIERS)
    assert found["rewards"] == [1.0, -0.8]
    assert found["advantages"] == pytest.approx([0.9, -0.9])
    assert found["metrics"]["false_positive"] == -0.8
    assert found["metrics"]["outcomes/false_none"] == 1.0
    assert found["single"] == pytest.approx(-0.1)
    assert (found["groups"], found["reads_groups"]) == (False, True)
    assert found["kimi"] == [0.5, -0.5]
    assert "null gold" in found["error"]  # and not a quiet 0.0


# --- OpenRLHF ------------------------------------------------------------------------------------


def test_openrlhf_contract(named):
    torch = pytest.importorskip("torch")
    named("open-r1-stack@2")
    prompts = ["a?", "a?", "b?", "b?"]
    short, long = "<answer>7</answer>", "well " * 9 + "<answer>7</answer>"
    answers = [short, long, long, short]
    found = openrlhf.reward_func([p + a for p, a in zip(prompts, answers, strict=True)], prompts, ["7"] * 4)
    assert set(found) == {"rewards", "scores", "extra_logs"}
    assert found["rewards"].shape == found["scores"].shape == (4,)
    assert found["extra_logs"]["terms/kimi_length"].tolist() == [0.5, -0.5, -0.5, 0.5]
    assert all(torch.is_tensor(one) and one.shape == (4,) for one in found["extra_logs"].values())


def test_openrlhf_says_what_is_missing(named):
    with pytest.raises(UsageError, match="REWARDKIT_RECIPE=math-none@2"):
        openrlhf.reward_func(["a"], ["a"], ["7"])
    named("playground-none@0")
    with pytest.raises(UsageError, match="REWARDKIT_TOKENIZER"):
        openrlhf.reward_func(["a"], ["a"], ["7"])
    named("countdown@1")
    with pytest.raises(DataError, match="does not begin with its prompt"):
        openrlhf.reward_func(["abc"], ["b"], ["7"])


# --- over HTTP -----------------------------------------------------------------------------------


@pytest.fixture
def client():
    pytest.importorskip("fastapi", reason="FastAPI is not installed: pip install 'rewardkit[serve]'")
    pytest.importorskip("httpx")
    from fastapi.testclient import TestClient

    from rewardkit.trainers.serve import build

    return lambda recipe, **limits: TestClient(build(load_recipe(recipe), **limits))


def rollout(text="<answer>7</answer>", gold="7", **more):
    return {"completion": text, "gold": gold, "tokens": 12, **more}


def test_health_says_what_is_served(client):
    found = client("playground-none@1").get("/health").json()
    assert found["recipe"] == "playground-none@1"
    assert found["digest"] == load_recipe("playground-none@1").digest
    assert found["needs"] == ["tokens"]


def test_a_batch_is_scored_as_in_python(client):
    sent = [
        rollout(),
        rollout("<answer>None</answer>"),
        rollout(gold=None),
        rollout(gold=[6, 7]),
        rollout(gold=7.0),
    ]
    answer = client("playground-none@1").post("/score", json={"rollouts": sent})
    assert answer.status_code == 200
    assert [one["total"] for one in answer.json()["scores"]] == [1.0, -0.8, -0.5, 1.0, 1.0]
    second = answer.json()["scores"][1]
    assert second["outcome"] == "false_none"
    assert second["terms"]["false_positive"] == -0.8
    assert "false_positive -0.8" in second["explanation"]


def test_what_is_wrong_with_a_request_is_said(client):
    served = client("playground-none@1", max_batch=2, max_bytes=1000)
    post = served.post
    assert post("/score", json={"rollouts": [rollout()] * 3}).status_code == 413
    assert "at most 1000" in post("/score", json={"rollouts": [rollout("x" * 2000)]}).json()["detail"]
    missing = post("/score", json={"rollouts": [{"completion": "7", "gold": "7"}]})
    assert missing.status_code == 422
    assert "token count" in missing.json()["detail"]
    typo = post("/score", json={"rollouts": [rollout(golds="7")]})
    assert typo.status_code == 422
    assert "golds" in typo.text
    assert post("/score", content=b"{", headers={"content-type": "application/json"}).status_code == 422
    assert post("/score", content=iter([b"{}"])).status_code == 411


def test_openrlhfs_remote_reward(client):
    served = client("open-r1-stack@1")
    sent = {"query": ["a?<answer>7</answer>", "a?seven"], "prompts": ["a?", "a?"], "labels": ["7", "7"]}
    for path in ("/openrlhf", "/"):
        found = served.post(path, json=sent).json()
        assert found["rewards"][0] > found["rewards"][1]
        assert found["extra_logs"]["outcomes/correct"] == [1.0, 0.0]
    assert served.post("/", json={"query": ["a"]}).status_code == 422
