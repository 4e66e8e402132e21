"""kill -9 at ten random moments: the run ends with the same keys and the same greedy texts as an unkilled one."""

import os
import random
import signal
import subprocess
import sys
import threading

import pytest
from openai_server import Server, adder

from rewardkit.evals.run import EvaluationRun

pytestmark = pytest.mark.slow


def command(folder, url):
    sets = ["data.generate.n=60", "arms.sampled.n=4", "max_new_tokens=12"]
    return [
        *(
            sys.executable,
            "-m",
            "rewardkit",
            "eval",
            "run",
            "arithmetic",
            "--model",
            "tiny",
            "--backend",
            "openai",
        ),
        *("--base-url", url, "-O", "concurrency=4", "--out", str(folder), "--no-score"),
        *(part for setting in sets for part in ("--set", setting)),
    ]


class Killer:
    """Kills the process that `arm` names when the server has seen so many more requests."""

    def __init__(self):
        self.process, self.left = None, None

    def __call__(self, number):
        if self.left is not None:
            self.left -= 1
            if self.left <= 0 and self.process is not None:
                os.kill(self.process.pid, signal.SIGKILL)
                self.left = None


def test_a_run_killed_ten_times_ends_as_an_unkilled_one(tmp_path):
    rng = random.Random(20)
    killer = Killer()
    with Server(adder, on_request=killer) as server:
        killed = 0
        for _ in range(10):
            killer.left = rng.randint(1, 40)
            killer.process = subprocess.Popen(
                command(tmp_path / "killed", server.url), stderr=subprocess.DEVNULL
            )
            killed += killer.process.wait() == -signal.SIGKILL
        killer.left = None
        subprocess.run(command(tmp_path / "killed", server.url), check=True, capture_output=True)
        subprocess.run(command(tmp_path / "whole", server.url), check=True, capture_output=True)
    assert killed >= 8

    def made(name):
        return {(r.item, r.arm, r.sample): r.text for _, _, r in EvaluationRun(tmp_path / name).completions()}

    killed_texts, whole_texts = made("killed"), made("whole")
    assert killed_texts.keys() == whole_texts.keys()
    assert len(killed_texts) == 60 * 5
    greedy = {key: text for key, text in whole_texts.items() if key[1] == "greedy"}
    assert greedy.items() <= killed_texts.items()
    lines = (tmp_path / "killed" / "completions.jsonl").read_bytes().splitlines()
    assert len(lines) == 60 * 5  # none twice


def test_ctrl_c_waits_for_no_server_and_says_how_to_go_on(tmp_path):
    """The server answers twenty requests and then never again; Ctrl-C comes while four are in flight."""
    started = threading.Event()
    process = None

    def on_request(number):
        if number == 24:
            started.wait()
            os.kill(process.pid, signal.SIGINT)

    with Server(adder, lambda number, _: "hang" if number > 20 else None, on_request=on_request) as server:
        process = subprocess.Popen(command(tmp_path / "run", server.url), stderr=subprocess.PIPE, text=True)
        started.set()
        _, told = process.communicate(timeout=120)  # a request is waited for 600 seconds
    assert process.returncode == 130, told
    assert "Traceback" not in told
    assert f"stopped; the same command resumes {tmp_path / 'run'}" in told
    folder = EvaluationRun(tmp_path / "run")
    assert sum(1 for _ in folder.completions()) == 20
    with Server(adder) as server:
        done = subprocess.run(
            command(folder.path, server.url), stderr=subprocess.PIPE, text=True, check=True, timeout=120
        )
    assert "280 generated, 20 kept, 0 missing" in " ".join(done.stderr.split())
