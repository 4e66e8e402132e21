"""SIGTERM and SIGUSR1: a checkpoint at the next safe point, exit code 143, and a resumed run equal to an unbroken one."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("trl", reason="TRL is not installed: pip install 'rewardkit[train]'")

from rewardkit.runs.log import read_rows
from rewardkit.trainers.run.folder import last_complete

pytestmark = [pytest.mark.train, pytest.mark.slow, pytest.mark.timeout(600)]

PLAN = """\
plan: stopped
model: {{name: {model}}}
data:
  sums:
    path: {sums}
    prompt: "{{{{ question }}}}"
    completion: "{{{{ text }}}}"
    gold: answer
    id: id
options: {{max_steps: 8, save_steps: 1000, disable_tqdm: true, gradient_checkpointing: false}}
stages:
  - {stage}
"""
SFT = "{name: sft, kind: sft, data: sums, per_device_train_batch_size: 2, learning_rate: 0.001}"
GRPO = (
    "{name: grpo, kind: grpo, data: sums, recipe: playground-none@1, per_device_train_batch_size: BATCH, num_generations: 2, "
    "num_iterations: 2, max_completion_length: 6, learning_rate: 0.001}"
)
CLOCKS = ("step_time", "verifier/seconds")


def rows(run):
    """What was logged, without what depends on the machine's speed."""
    return [
        {name: value for name, value in row.items() if name not in CLOCKS}
        for row in read_rows(run / "metrics.jsonl")
    ]


def same_weights(one, other):
    from safetensors.torch import load_file

    ours, theirs = load_file(one / "model.safetensors"), load_file(other / "model.safetensors")
    return all(bool((ours[name] == theirs[name]).all()) for name in theirs)


def run(tiny, sums, folder, stage, rank, *names, processes=1):
    plan = folder / "plan.yaml"
    plan.write_text(PLAN.format(model=tiny, sums=sums, stage=stage))
    script = [Path(__file__).with_name("told_to_stop.py"), plan, folder, rank, *names]
    launch = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"]
    done = subprocess.run(
        [sys.executable, "-W", "ignore", *(launch if processes > 1 else []), *map(str, script)],
        capture_output=True,
        text=True,
        timeout=580,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""},
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return [json.loads((folder / f"rank{one}.json").read_text()) for one in range(processes)]


# A generation of the GRPO stage serves two steps, so that a signal in step 3 is answered after step 4. That is the end
# of an epoch, too: the next one must not see the rows in the first one's order again.
@pytest.mark.parametrize(
    ("stage", "name", "steps"), [(SFT, "01-sft", (3, 6)), (GRPO.replace("BATCH", "8"), "01-grpo", (4, 6))]
)
def test_a_signal_saves_and_the_resumed_run_equals_the_unbroken_one(tiny, sums, tmp_path, stage, name, steps):
    [told] = run(tiny, sums, tmp_path, stage, 0, "SIGTERM", "SIGUSR1")
    assert [one["code"] for one in told["stopped"]] == [143, 143]
    for one, step in zip(told["stopped"], steps, strict=True):
        assert any(f"saving a checkpoint at step {step}" in line for line in one["said"])
    assert any(f"resumes at step {steps[1]}" in line for line in told["last"]["said"])
    stopped, unbroken = tmp_path / "stopped", tmp_path / "unbroken"
    assert len(rows(unbroken)) == 8
    for ours, theirs in zip(rows(stopped), rows(unbroken), strict=True):
        assert ours == pytest.approx(theirs, nan_ok=True)
    assert same_weights(stopped / name / "model", unbroken / name / "model")


def test_two_processes_stop_at_the_same_step_when_one_is_asked(tiny, sums, tmp_path):
    first, second = run(tiny, sums, tmp_path, GRPO.replace("BATCH", "4"), 1, "SIGTERM", processes=2)
    assert [one["code"] for one in (*first["stopped"], *second["stopped"])] == [143, 143]
    told = [one["stopped"][0]["why"] for one in (first, second)]
    assert told == ["asked to stop; saved at step 4"] * 2
    assert first["last"]["code"] == second["last"]["code"] == 0
    for ours, theirs in zip(rows(tmp_path / "stopped"), rows(tmp_path / "unbroken"), strict=True):
        assert ours == pytest.approx(theirs, nan_ok=True)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGUSR1])
def test_the_command_ends_with_143_and_says_where_it_resumes(tiny, sums, tmp_path, number):
    plan = tmp_path / "plan.yaml"
    plan.write_text(PLAN.format(model=tiny, sums=sums, stage=GRPO.replace("BATCH", "4")))
    words = ["train", plan, "--out", "run", "--set", "options.max_steps=100000"]
    with subprocess.Popen(
        [sys.executable, "-m", "rewardkit", *map(str, words)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("grpo: grpo, 8 rows"):
                break
        while not read_rows(tmp_path / "run" / "metrics.jsonl") and process.poll() is None:
            os.sched_yield()
        process.send_signal(number)
        _, said = process.communicate(timeout=300)
    assert process.returncode == 143, said
    saved = last_complete(tmp_path / "run" / "01-grpo")
    assert saved is not None
    assert f"stopped; the same command resumes stage 'grpo' at step {saved[1]}" in said
    assert "Traceback" not in said
