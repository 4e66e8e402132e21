"""Generation by vLLM in the trainer's own process: a stage after it, the plan's end of turn, and two processes."""

import json
import os
import subprocess
from pathlib import Path

import pytest

pytestmark = [pytest.mark.vllm, pytest.mark.train, pytest.mark.slow, pytest.mark.timeout(900)]

BIN = Path(__file__).parents[2] / ".venv-vllm" / "bin"
SCRIPT = Path(__file__).with_name("with_vllm.py")
QUIET = {
    "VLLM_CPU_KVCACHE_SPACE": "1",
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",
    "VLLM_LOGGING_LEVEL": "ERROR",
    "OMP_NUM_THREADS": "1",
}


def trained(folder, *launcher):
    """What the plan of three stages logs, and the process before and after it."""
    if not (BIN / "trl").exists():
        pytest.skip(f"no TRL in {BIN.parent}: .ci/run makes it")
    done = subprocess.run(
        [BIN / "python", "-W", "ignore", *launcher, SCRIPT, folder],
        capture_output=True,
        text=True,
        timeout=850,
        check=False,
        env={**os.environ, **QUIET},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def steps(found):
    return [(row["stage"], row["step"]) for row in found["logged"]]


WHOLE = [(stage, step) for stage in ("first", "middle", "last") for step in (1, 2)]


def test_stages_follow_one_with_an_engine_and_the_process_is_left_as_it_was(sums):
    found = trained(sums.parent)
    assert steps(found) == WHOLE
    assert found["after"] == found["before"]
    assert found["group"] is None
    # a bias has every completion begin with the plan's end of turn, which is not the base tokenizer's
    assert [row["completions/mean_length"] for row in found["logged"][:2]] == [1.0, 1.0]


def test_the_process_group_of_two_processes_outlives_the_engine(sums):
    found = trained(sums.parent, "-m", "torch.distributed.run", "--nproc-per-node", "2")
    assert steps(found) == WHOLE
    assert found["after"] == found["before"]
    assert found["group"] == 2
