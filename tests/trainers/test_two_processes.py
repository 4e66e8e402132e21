"""Several processes: the same keys on every rank, whole groups, and a refusal where groups would be split."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("trl", reason="TRL is not installed: pip install 'rewardkit[train]'")

from rewardkit.runs.log import read_rows

pytestmark = [pytest.mark.train, pytest.mark.slow, pytest.mark.timeout(600)]

QUIET = (
    "--num_machines",
    "1",
    "--mixed_precision",
    "no",
    "--dynamo_backend",
    "no",
)  # accelerate warns of defaults
MPIRUN = Path(sys.executable).with_name("mpirun")
PLAN = """\
plan: both
model: {{name: {model}}}
data:
  sums: {{path: {sums}, prompt: "{{{{ question }}}}", gold: answer, id: id}}
options: {{max_steps: 2, save_steps: 2, disable_tqdm: true, gradient_checkpointing: false}}
stages:
  - {{name: grpo, kind: grpo, data: sums, recipe: open-r1-stack@2, per_device_train_batch_size: {batch},
     num_generations: 4, max_completion_length: 6}}
"""


def launch(*words):
    """`accelerate launch --cpu --num_processes 2`, which finds mpirun beside the interpreter."""
    tools = Path(sys.executable).parent
    return subprocess.run(
        [tools / "accelerate", "launch", "--cpu", "--num_processes", "2", *QUIET, *map(str, words)],
        capture_output=True,
        text=True,
        timeout=580,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"},
    )


@pytest.mark.skipif(not MPIRUN.exists(), reason="MPI is not installed: pip install mpich")
def test_two_processes(tiny, sums, tmp_path):
    plans = []
    for name, batch in (("whole", 4), ("split", 2)):
        plans.append(tmp_path / f"{name}.yaml")
        plans[-1].write_text(PLAN.format(model=tiny, sums=sums, batch=batch))
    (tmp_path / "hosts").write_text("localhost\n")
    script = Path(__file__).with_name("two_processes.py")
    done = launch("--mpirun_hostfile", tmp_path / "hosts", script, *plans, tmp_path)
    assert done.returncode == 0, done.stderr
    first, second = (json.loads((tmp_path / f"rank{rank}.json").read_text()) for rank in (0, 1))
    for one in (first, second):
        assert one["null"]
        assert "each of 2 processes would score 2, which splits groups" in one["refused"]
        assert [call["groups"] for call in one["calls"]] == [["0"] * 4] * 2  # one whole prompt each
    assert [set(call["metrics"]) for call in first["calls"]] == [
        set(call["metrics"]) for call in second["calls"]
    ]
    assert [set(call["columns"]) for call in first["calls"]] == [
        set(call["columns"]) for call in second["calls"]
    ]
    rows = read_rows(tmp_path / "run" / "metrics.jsonl")
    assert [row["step"] for row in rows] == [1, 2]
    import pandas as pd

    table = pd.read_parquet(tmp_path / "run" / "01-grpo" / "completions" / "completions_00002.parquet")
    assert len(table) == 8  # both processes'
    assert table.groupby("id").size().tolist() == [4, 4]


def test_one_process_where_two_were_asked_for(tiny, sums, tmp_path):
    plan = tmp_path / "plan.yaml"
    plan.write_text(PLAN.format(model=tiny, sums=sums, batch=4))
    done = launch("-m", "rewardkit", "train", plan, "--out", tmp_path / "run")
    assert "accelerate was asked for several processes on the CPU and started one" in done.stderr
    assert "torchrun --nproc-per-node" in done.stderr
    assert not (tmp_path / "run").exists()
