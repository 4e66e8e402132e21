"""vLLM's CPU build, in its own environment: the offline engine and its server, beside transformers."""

import json
import os
import shutil
import signal
import socket
import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest

from rewardkit.evals.backends import open_backend
from rewardkit.evals.run import EvaluationRun, generate_run
from rewardkit.evals.run.generate import Silent
from rewardkit.evals.suite.suite import load_suite

pytestmark = [pytest.mark.vllm, pytest.mark.train, pytest.mark.slow, pytest.mark.timeout(900)]

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / ".venv-vllm" / "bin" / "python"
SETTINGS = ("data.generate.n=12", "arms.sampled.n=3", "max_new_tokens=12")
ENVIRONMENT = {"VLLM_CPU_KVCACHE_SPACE": "1", "OMP_NUM_THREADS": "2", "VLLM_LOGGING_LEVEL": "WARNING"}


def environment():
    return {**os.environ, **ENVIRONMENT, "PYTHONPATH": str(ROOT), "VLLM_CPU_OMP_THREADS_BIND": "nobind"}


@pytest.fixture(scope="module", autouse=True)
def installed():
    if not PYTHON.exists():
        pytest.skip(f"no vLLM at {PYTHON}")


def by_transformers(model, folder):
    run = EvaluationRun(folder)
    with open_backend("transformers", str(model), {"dtype": "float32", "batch_size": "12"}) as backend:
        generate_run(run, load_suite("arithmetic", SETTINGS), backend)
    return run


@pytest.fixture(scope="module")
def with_transformers(tiny_model, tmp_path_factory):
    return by_transformers(tiny_model, tmp_path_factory.mktemp("runs") / "transformers")


def greedy(folder):
    return {
        r.item: (r.text, r.tokens, str(r.finish)) for _, _, r in folder.completions() if r.arm == "greedy"
    }


def agree(ours, theirs):
    """How many of the texts are the same; a numerical tie may send one of a dozen another way."""
    return sum(ours[item] == theirs[item] for item in ours)


def by_offline_engine(model, folder):
    command = [
        *(
            str(PYTHON),
            "-m",
            "rewardkit",
            "eval",
            "run",
            "arithmetic",
            "--model",
            str(model),
            "--backend",
            "vllm",
        ),
        *("-O", "dtype=float32", "-O", "max_model_len=256", "-O", "enforce_eager=true"),
        *("--out", str(folder), "--no-score"),
        *(part for setting in SETTINGS for part in ("--set", setting)),
    ]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return EvaluationRun(folder)


def test_the_offline_engine_completes_the_suite_and_agrees_with_transformers(
    tiny_model, with_transformers, tmp_path
):
    folder = by_offline_engine(tiny_model, tmp_path / "vllm")
    assert len(list(folder.completions())) == 12 * 4
    assert agree(greedy(with_transformers), greedy(folder)) >= 11
    session = folder.rows("sessions.jsonl")[0]
    assert session["environment"]["version"].startswith("0.")
    assert session["effective"]["sampled"]["top_k"] == -1


def test_no_end_of_a_model_that_has_several_is_counted(tiny_model, tmp_path):
    model = tmp_path / "model"
    shutil.copytree(tiny_model, model)
    config = json.loads((model / "config.json").read_text())
    file = model / "generation_config.json"
    ends = [config["eos_token_id"], *range(0, config["vocab_size"], 7)]
    file.write_text(json.dumps(json.loads(file.read_text()) | {"eos_token_id": ends}))
    ours, theirs = (
        by_transformers(model, tmp_path / "transformers"),
        by_offline_engine(model, tmp_path / "vllm"),
    )
    assert agree(greedy(ours), greedy(theirs)) >= 11
    assert any(finish == "stop" for _, _, finish in greedy(theirs).values())


@contextmanager
def serving(model, log):
    """A server of the model in a process of its own, ready: (its URL, its process)."""
    import httpx

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        *(str(PYTHON), "-m", "vllm.entrypoints.openai.api_server", "--model", str(model)),
        *("--served-model-name", "tiny", "--host", "127.0.0.1", "--port", str(port)),
        *("--dtype", "float32", "--max-model-len", "256", "--enforce-eager"),
    ]
    url = f"http://127.0.0.1:{port}"
    with log.open("w") as file:
        process = subprocess.Popen(
            command, env=environment(), stdout=file, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            for _ in range(600):
                try:
                    httpx.get(f"{url}/health", timeout=1.0)
                    break
                except httpx.TransportError:
                    try:
                        process.wait(timeout=0.5)
                    except subprocess.TimeoutExpired:
                        continue
                    pytest.fail(f"the server ended:\n{log.read_text()[-3000:]}")
            yield url, process
        finally:
            process.terminate()
            process.wait(timeout=60)


@pytest.fixture(scope="module")
def server(tiny_model, tmp_path_factory):
    with serving(tiny_model, tmp_path_factory.mktemp("server") / "log") as (url, _):
        yield url


def test_its_server_completes_the_suite_and_agrees_with_transformers(server, with_transformers, tmp_path):
    folder = EvaluationRun(tmp_path / "served")
    options = {"base_url": server, "concurrency": "8", "send_seed": "false"}
    with open_backend("openai", "tiny", options) as backend:
        report = generate_run(folder, load_suite("arithmetic", SETTINGS), backend)
    assert report.missing == 0
    assert agree(greedy(with_transformers), greedy(folder)) >= 11
    session = folder.rows("sessions.jsonl")[0]
    assert session["environment"]["served_by"] == "vllm"
    assert json.loads((folder.path / "run.json").read_text())["model"]["revision"] == "unpinned"


def test_one_of_two_servers_is_killed_and_nothing_is_lost(
    server, tiny_model, with_transformers, tmp_path, tmp_path_factory
):
    told = []
    with serving(tiny_model, tmp_path_factory.mktemp("second") / "log") as (url, process):

        class Killer(Silent):
            made = 0

            def advance(self, arm, tokens):
                self.made += 1
                if self.made == 10:
                    os.killpg(process.pid, signal.SIGKILL)  # with the engine's processes

            def tell(self, text):
                told.append(text)

        folder = EvaluationRun(tmp_path / "served")
        options = {"base_url": f"{url},{server}", "concurrency": "8", "send_seed": "false"}
        with open_backend("openai", "tiny", options) as backend:
            report = generate_run(folder, load_suite("arithmetic", SETTINGS), backend, progress=Killer())
    assert (report.missing, report.refused) == (0, 0)
    assert len(folder.log_path.read_bytes().splitlines()) == 12 * 4  # none twice
    assert any(text.startswith(f"{url} does not answer") for text in told)
    assert agree(greedy(with_transformers), greedy(folder)) >= 11
