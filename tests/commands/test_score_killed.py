"""`rewardkit score`, killed outright in the middle, goes on where it stopped."""

import json
import os
import signal
import subprocess
import sys

RECIPE = """
recipe: r
version: 0
answer: {extract: [answer_line], verify: exact}
reward:
  correctness: {correct: 1.0, wrong: -0.1, no_answer: -0.2, false_none: -0.5}
  gated: {kind: gated}
"""
# A kind that waits at a gate: it kills its own process when the completion says so and the gate is shut.
PLUGIN = """
import os, pathlib, signal
from rewardkit import term

@term(pays=(0.0, 0.0))
def gated(reading):
    if "gate" in reading.text and pathlib.Path("shut").exists():
        os.kill(os.getpid(), signal.SIGKILL)
    return 0.0
"""


def command(folder, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "rewardkit", "score", "r.yaml", "rows.jsonl", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        env=os.environ | {"COLUMNS": "200"},
        timeout=120,
    )


def test_a_killed_run_goes_on_and_ends_in_the_same_file(tmp_path):
    (tmp_path / "r.yaml").write_text(RECIPE, encoding="utf-8")
    (tmp_path / "plugin_with_a_gate.py").write_text(PLUGIN, encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text(
        '[tool.rewardkit]\nplugins = ["plugin_with_a_gate"]\n', encoding="utf-8"
    )
    with (tmp_path / "rows.jsonl").open("w", encoding="utf-8") as file:
        for n in range(500):
            file.write(
                json.dumps({"gold": n, "completions": [f"A: {n}", "gate A: 0" if n == 450 else "A: 0"]})
                + "\n"
            )

    whole = command(tmp_path, "-o", "whole.jsonl", "--json")
    assert whole.returncode == 0, whole.stderr

    (tmp_path / "shut").touch()
    killed = command(tmp_path, "-o", "out.jsonl")
    assert killed.returncode == -signal.SIGKILL
    assert not (tmp_path / "out.jsonl").exists()
    with (tmp_path / "out.jsonl.part").open("ab") as part:
        part.write(b'{"id": "385", "group": "3')  # a line that was being written

    (tmp_path / "shut").unlink()
    resumed = command(tmp_path, "-o", "out.jsonl", "--json")
    assert resumed.returncode == 0, resumed.stderr
    assert "384 groups are already scored" in resumed.stderr  # three chunks of 128 groups of two
    assert (tmp_path / "out.jsonl").read_bytes() == (tmp_path / "whole.jsonl").read_bytes()
    assert resumed.stdout == whole.stdout
