"""The estimate of memory, beside what a training takes: a vocabulary so large that the logits are nearly all of it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("trl", reason="TRL is not installed: pip install 'rewardkit[train]'")

pytestmark = [pytest.mark.train, pytest.mark.slow, pytest.mark.timeout(600)]

SCRIPT = Path(__file__).with_name("logits_memory.py")


def measured(tiny, folder, length, smoothing):
    done = subprocess.run(
        [sys.executable, "-W", "ignore", SCRIPT, tiny, str(length), str(smoothing)],
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
        cwd=folder,
        env={**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("smoothing", [0.0, 0.1], ids=["in tiles, where TRL has them", "whole"])
def test_the_logits_of_sft_are_in_the_estimate(tiny, tmp_path, smoothing):
    short, long = (measured(tiny, tmp_path, length, smoothing) for length in (256, 768))
    more = long["peak"] - short["peak"]
    assert more > 1e9
    assert long["estimate"] - short["estimate"] == pytest.approx(more, rel=0.25)
