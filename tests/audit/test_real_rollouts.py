"""Every rollout command on real completions, with a tokenizer made here."""

import json

import pytest
from typer.testing import CliRunner

from rewardkit.__main__ import app

RUNNER = CliRunner(env={"COLUMNS": "80", "TERM": "dumb"})
pytestmark = pytest.mark.data


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    tokenizers = pytest.importorskip("tokenizers")
    folder = tmp_path_factory.mktemp("tokenizer")
    bare = tokenizers.Tokenizer(tokenizers.models.WordLevel({"<unk>": 0, "<eos>": 1}, unk_token="<unk>"))
    bare.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    bare.save(str(folder / "tokenizer.json"))
    config = {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "<eos>", "unk_token": "<unk>"}
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    return folder


@pytest.mark.parametrize(
    ("file", "groups"),
    [("math/qwen_rollouts.jsonl", 50), ("gsm8k/model_solutions.jsonl", 660)],
    ids=["math", "gsm8k"],
)
def test_every_rollout_command(shared_data, tokenizer, file, groups):
    common = ["--rollouts", str(shared_data / file), "--tokenizer", str(tokenizer), "--json"]

    def run(*args):
        found = RUNNER.invoke(app, [*args, *common], catch_exceptions=False)
        return json.loads(found.stdout)

    seen = run("advantages", "r1-triplet@1")
    assert len(seen["groups"]) == groups
    assert sum(seen["variance_shares"]["all"].values()) == pytest.approx(1.0)
    assert seen["frac_reward_zero_std"] <= seen["frac_reward_zero_std_correctness"]
    moved = run("diff", "r1-triplet@1", "math-none@3")["comparison"]
    assert moved["completions"] == sum(len(group["totals"]) for group in seen["groups"])
    assert run("signal", "--recipe", "r1-triplet@1")["problems"] == groups
    attacks = run("redteam", "r1-triplet@1", "--bases", "4")["attacks"]
    assert {attack["status"] for attack in attacks} <= {"held", "free", "broken", "not tried"}
