"""`--model` takes what a person has at hand: a run, a stage, a checkpoint, an adapter, a hub name."""

import json
import shutil

import pytest

from rewardkit.errors import SetupError
from rewardkit.evals.backends.checkpoint import FoundModel, find_model


@pytest.fixture
def run(tmp_path):
    """A training run whose second stage has finished and whose third has only checkpoints."""
    for stage in ("01-sft", "02-grpo"):
        (tmp_path / "mine" / stage / "model").mkdir(parents=True)
        (tmp_path / "mine" / stage / "model" / "config.json").write_text("{}")
    for step in (9, 10):
        (tmp_path / "mine" / "03-grpo" / f"checkpoint-{step}").mkdir(parents=True)
        (tmp_path / "mine" / "03-grpo" / f"checkpoint-{step}" / "config.json").write_text("{}")
    return tmp_path / "mine"


def test_a_stage_is_its_finished_model(run):
    assert find_model(str(run / "01-sft")) == FoundModel(str(run / "01-sft" / "model"))


def test_a_run_is_its_last_finished_stage(run):
    assert find_model(str(run)) == FoundModel(str(run / "02-grpo" / "model"))


def test_a_folder_of_weights_and_a_hub_name_are_themselves(run):
    for given in (str(run / "02-grpo" / "model"), str(run / "03-grpo" / "checkpoint-9"), "Qwen/Qwen3-0.6B"):
        assert find_model(given, "lora") == FoundModel(given, "lora")


def test_an_adapter_goes_on_top_of_its_base(tmp_path):
    (tmp_path / "adapter_config.json").write_text(json.dumps({"base_model_name_or_path": "Qwen/Qwen3-0.6B"}))
    assert find_model(str(tmp_path)) == FoundModel("Qwen/Qwen3-0.6B", str(tmp_path))


def test_an_unfinished_stage_names_its_last_checkpoint(run):
    with pytest.raises(SetupError, match=r"no stage has finished yet.*03-grpo/checkpoint-10$"):
        find_model(str(run / "03-grpo"))


def test_what_is_not_there_or_holds_nothing_is_said(tmp_path):
    with pytest.raises(SetupError, match="no such folder"):
        find_model("runs/absent/02-grpo")
    with pytest.raises(SetupError, match="holds no model"):
        find_model(str(tmp_path))


def test_the_command_evaluates_a_stage(tiny_model, tmp_path, monkeypatch, capsys):
    from rewardkit.__main__ import main

    shutil.copytree(tiny_model, tmp_path / "runs" / "x" / "02-grpo" / "model")
    monkeypatch.chdir(tmp_path)
    arguments = ["--model", "runs/x/02-grpo", "--limit", "2", "--set", "arms.sampled=null", "--set"]
    command = ["rewardkit", "eval", "run", "arithmetic", *arguments, "max_new_tokens=4", "--no-score"]
    monkeypatch.setattr("sys.argv", command)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0, capsys.readouterr().err
    assert (tmp_path / "runs" / "arithmetic-02-grpo" / "run.json").is_file()
