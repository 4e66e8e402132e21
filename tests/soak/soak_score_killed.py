"""`rewardkit score --workers 2` under ten SIGKILLs at random moments, of the parent or of a scoring process, started again
until it is done: the same file as one process writes unbroken, with every row once."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

from tests.bench import rows

PARTS = 6
SLICE = 1
KILLS = 10
ROWS = 60_000
RECIPE = """recipe: killed
version: 0
answer: {extract: [boxed]}
reward:
  correctness: {correct: 1.0, wrong: -0.1, no_answer: -0.2, false_none: -0.5}
  drawn: {kind: random, seed: 1}
"""


def part(number: int) -> dict[str, Any]:
    """Ten kills, and the file that comes of it."""
    draw = random.Random(number)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "r.yaml").write_text(RECIPE)
        rows.write(home / "rows.jsonl", ROWS, group=draw.choice([1, 4, 16]), seed=number)
        score = [sys.executable, "-m", "rewardkit", "score", "r.yaml", "rows.jsonl", "--json", "-o"]
        whole = subprocess.run(
            [*score, "whole.jsonl", "--workers", "1"], cwd=home, check=True, capture_output=True
        )
        killed = {"parent": 0, "process": 0}
        starts = 0
        while True:
            starts += 1
            run = subprocess.Popen(
                [*score, "out.jsonl", "--workers", "2"],
                cwd=home,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
            while run.poll() is None and sum(killed.values()) < KILLS:
                time.sleep(draw.uniform(0.2, 2.0))
                victim = _victim(run, draw)
                if victim is not None:
                    os.kill(victim, signal.SIGKILL)
                    killed["parent" if victim == run.pid else "process"] += 1
            said, complaint = run.communicate()
            if run.returncode == 0:
                break
            # Three kills in the middle of one range, and it gives up, saying that the same command does the rest.
            gave_up = run.returncode == 2 and b"3 processes ended by signal 9" in complaint
            assert gave_up or run.returncode == -signal.SIGKILL, complaint.decode()
        found = (home / "out.jsonl").read_bytes()
        assert found == (home / "whole.jsonl").read_bytes(), "the files differ"
        ids = [json.loads(line)["id"] for line in found.splitlines()]
        assert len(ids) == len(set(ids)) == ROWS
        assert said == whole.stdout, "the summaries differ"
        assert not (home / "out.jsonl.parts").exists()
        return {**killed, "starts": starts}


def _victim(run: subprocess.Popen[bytes], draw: random.Random) -> int | None:
    """The parent or one of its scoring processes; None where the run is over."""
    try:
        children = [
            one.pid
            for one in psutil.Process(run.pid).children()
            if "rewardkit.runs.processes" in " ".join(one.cmdline())
        ]
    except psutil.Error:
        return None
    if run.poll() is not None:
        return None
    if draw.random() < 0.7:  # a scoring process, if there is one yet
        return draw.choice(children) if children else None
    return run.pid


def total(figures: list[dict[str, Any]]) -> dict[str, Any]:
    """All kills of all parts; which kind is killed is drawn, so that one part alone may not see both."""
    summed = {name: sum(one[name] for one in figures) for name in ("parent", "process", "starts")}
    assert len(figures) < 3 or min(summed.values()), "one kind was never killed"
    return summed
