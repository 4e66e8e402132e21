"""SIGKILL in every stage, twice, then the same command: nothing repeated, nothing missing, the same losses."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("trl", reason="TRL is not installed: pip install 'rewardkit[train]'")

from rewardkit.runs.log import read_rows

pytestmark = [pytest.mark.train, pytest.mark.slow, pytest.mark.timeout(900)]

PLAN = """\
plan: killed
model: {{name: {model}}}
data:
  sums:
    path: {sums}
    prompt: "{{{{ question }}}}"
    completion: "{{{{ text }}}}"
    gold: answer
    id: id
options: {{max_steps: 6, save_steps: 2, disable_tqdm: true, gradient_checkpointing: false}}
stages:
  - {{name: sft-1, kind: sft, data: sums, per_device_train_batch_size: 2, learning_rate: 0.001}}
  - {{name: grpo-1, kind: grpo, data: sums, recipe: playground-none@1, per_device_train_batch_size: 4,
     num_generations: 2, max_completion_length: 6, learning_rate: 0.001}}
  - {{name: sft-2, kind: sft, data: sums, per_device_train_batch_size: 2, learning_rate: 0.001}}
  - {{name: grpo-2, kind: grpo, data: sums, recipe: open-r1-stack@2, per_device_train_batch_size: 4,
     num_generations: 2, num_iterations: 2, max_completion_length: 6, learning_rate: 0.001, beta: 0.04}}
"""
STAGES = ("sft-1", "grpo-1", "sft-2", "grpo-2")


@pytest.fixture(scope="module")
def runs(tiny, tmp_path_factory):
    folder = tmp_path_factory.mktemp("killed")
    sums = folder / "sums.jsonl"
    rows = [
        {
            "id": f"s{a}",
            "question": f"What is {a} plus 2?",
            "answer": str(a + 2),
            "text": f"<answer>{a + 2}</answer>",
        }
        for a in range(1, 9)
    ]
    sums.write_text("".join(json.dumps(row) + "\n" for row in rows))
    plan = folder / "plan.yaml"
    plan.write_text(PLAN.format(model=tiny, sums=sums))
    script = Path(__file__).with_name("kill_and_resume.py")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", script, plan, folder],
        capture_output=True,
        text=True,
        timeout=880,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return folder, json.loads(done.stdout.splitlines()[-1])


def test_every_kill_killed(runs):
    _, told = runs
    assert [kill["code"] for kill in told["kills"]] == [-9] * 8
    assert told["unbroken"]["code"] == told["last"]["code"] == 0
    assert told["unbroken"]["error"] is None
    assert told["last"]["error"] is None


def test_every_stage_is_done_once_and_the_table_has_neither_holes_nor_doubles(runs):
    folder, told = runs
    for run in ("unbroken", "killed"):
        rows = [(row["stage"], row["step"]) for row in read_rows(folder / run / "metrics.jsonl")]
        assert rows == [(stage, step) for stage in STAGES for step in range(1, 7)]
        for at, stage in enumerate(STAGES, start=1):
            assert json.loads((folder / run / f"{at:02d}-{stage}" / "done.json").read_text())["steps"] == 6
    assert [line for line in told["again"]["said"] if "already done" in line] == [
        f"{stage}: already done (6 steps)" for stage in STAGES
    ]
    assert not any("steps," in line for line in told["again"]["said"])


def test_a_resumed_runs_numbers_equal_an_unbroken_ones(runs):
    folder, _ = runs
    clocks = ("step_time", "verifier/seconds")
    whole, broken = (
        [
            {name: value for name, value in row.items() if name not in clocks}
            for row in read_rows(folder / run / "metrics.jsonl")
        ]
        for run in ("unbroken", "killed")
    )
    for ours, theirs in zip(broken, whole, strict=True):
        assert ours == pytest.approx(theirs, nan_ok=True), (ours["stage"], ours["step"])


def test_the_completions_and_the_card_are_there(runs):
    import pandas as pd

    folder, _ = runs
    files = sorted((folder / "killed" / "02-grpo-1" / "completions").glob("*.parquet"))
    assert len(files) == 6
    table = pd.read_parquet(files[-1])
    assert {"outcome", "explanation", "gold", "id", "terms/correctness", "advantage"} <= set(table.columns)
    card = (folder / "killed" / "04-grpo-2" / "model" / "README.md").read_text()
    assert "playground-none@1" in card
    assert "open-r1-stack@2" in card
    record = json.loads((folder / "killed" / "run.json").read_text())
    assert record["recipes"]["grpo-1"]["ref"] == "playground-none@1"
    assert record["versions"]["trl"]


def test_a_full_disk_ends_with_the_place_and_the_remedy(runs):
    folder, told = runs
    for stage in ("01-sft-1", "02-grpo-1"):
        error = told["full"][stage]["error"]
        assert str(folder / f"full-{stage}" / stage) in error
        assert "the disk is full" in error
        assert f"then the same command resumes stage '{stage[3:]}' at step 2" in error


def test_a_kill_while_the_result_is_saved_loses_no_completion(runs):
    import pandas as pd

    folder, told = runs
    assert told["saving"]["code"] == -9
    files = sorted((folder / "killed" / "02-grpo-1" / "completions").glob("*.parquet"))
    assert [len(pd.read_parquet(file)) for file in files] == [4] * 6
