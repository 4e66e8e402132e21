"""A policy of two layers that knows nothing, the rows it is asked about, and other environments and processes."""

import json
import os
import re
import subprocess
import sys
from contextlib import contextmanager, suppress
from pathlib import Path

os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXTS = [
    "What is 3 plus 4?",
    "<think>3 + 4 = 7</think><answer>7</answer>",
    "<think>one of the numbers is missing</think><answer>None</answer>",
    "0 1 2 3 4 5 6 7 8 9",
]


@pytest.fixture(scope="session")
def tiny(tmp_path_factory):
    """A model folder: Qwen3 architecture, random weights, ChatML."""
    pytest.importorskip("trl", reason="TRL is not installed: pip install 'rewardkit[train]'")
    from rewardkit.trainers.playground.policy import build_policy

    return build_policy(tmp_path_factory.mktemp("tiny") / "model", TEXTS * 20, seed=0)


@pytest.fixture
def sums(tmp_path):
    """Eight sums in a file, the last of them unanswerable, with texts to learn from."""
    import json

    path = tmp_path / "sums.jsonl"
    rows = []
    for a in range(1, 9):
        answer = "None" if a == 8 else str(a + 2)
        rows.append(
            {
                "id": f"s{a}",
                "question": f"What is {a} plus 2?",
                "answer": answer,
                "text": f"<answer>{answer}</answer>",
            }
        )
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


class Serving:
    """`rewardkit serve` in its own process: `with serving("math-none@2") as url`. `log()` is what it has said."""

    def __init__(self, folder):
        self.file = folder / "serve.log"
        self.process = None

    def log(self):
        return self.file.read_text(encoding="utf-8")

    @contextmanager
    def __call__(self, recipe, *words):
        command = [sys.executable, "-m", "rewardkit", "serve", recipe, "--port", "0", *map(str, words)]
        with self.file.open("w", encoding="utf-8") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        try:
            while "startup complete" not in self.log():
                with suppress(subprocess.TimeoutExpired):
                    pytest.fail(f"it ended with {self.process.wait(0.05)}: {self.log()}")
            port = re.search(r"on http://.*:(\d+)", self.log())[1]
            yield f"http://127.0.0.1:{port}"
        finally:
            self.process.terminate()
            self.process.wait(60)


@pytest.fixture
def serving(tmp_path):
    """Starts servers; see `Serving`."""
    pytest.importorskip("fastapi", reason="FastAPI is not installed: pip install 'rewardkit[serve]'")
    return Serving(tmp_path)


@pytest.fixture
def named(monkeypatch):
    """Names a recipe in the environment."""

    def name(recipe, tokenizer=None):
        monkeypatch.setenv("REWARDKIT_RECIPE", recipe)
        if tokenizer is not None:
            monkeypatch.setenv("REWARDKIT_TOKENIZER", str(tokenizer))

    for variable in ("REWARDKIT_RECIPE", "REWARDKIT_TOKENIZER", "REWARDKIT_SET", "REWARDKIT_GOLD_EXTRACT"):
        monkeypatch.delenv(variable, raising=False)
    return name


@pytest.fixture(scope="session")
def run_in():
    """Runs a program in another environment."""

    def run(environment, *words, told="", timeout=280, fails=False, **variables):
        """What it prints, as JSON; its errors where it is to fail."""
        python = ROOT / environment / "bin" / "python"
        if not python.exists():
            pytest.skip(f"{environment} is not there: .ci/run makes it")
        done = subprocess.run(
            [python, *map(str, words)],
            input=told,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
            env={**os.environ, "RAY_AUTH_MODE": "disabled", "VLLM_LOGGING_LEVEL": "WARNING", **variables},
        )
        assert bool(done.returncode) == fails, done.stderr[-3000:]
        return done.stderr if fails else json.loads(done.stdout.splitlines()[-1])

    return run
