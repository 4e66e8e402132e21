"""The adapter in a script of one's own, under a TRL of the year before: no `log_metric`, no `log_extra`."""

import json
import os
import subprocess
from pathlib import Path

import pytest

pytestmark = [pytest.mark.train, pytest.mark.slow, pytest.mark.timeout(300)]

PYTHON = Path(__file__).parents[2] / ".venv-trl" / "bin" / "python"


@pytest.mark.skipif(not PYTHON.exists(), reason=".venv-trl is not there: .ci/run makes it")
def test_the_rewards_of_an_older_trl(tmp_path):
    done = subprocess.run(
        [PYTHON, "-W", "ignore", Path(__file__).with_name("older_trl.py"), tmp_path],
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["version"] == "0.19.1"
    assert found["recipe"] == found["by_hand"] == found["split"]
    assert found["recipe"][0][1] > 0  # rewards that differ within groups
    assert all(std > 0 for _, std in found["groups"])  # a recipe that compares the completions of a prompt
