"""A recipe over HTTP: what is answered, what is refused and how, and a server that is really started."""

import json
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection

import pytest

from rewardkit import load_recipe
from rewardkit.trainers.serve import build

httpx = pytest.importorskip("httpx")
testing = pytest.importorskip("fastapi.testclient", reason="needs FastAPI: pip install 'rewardkit[serve]'")

JSON = {"content-type": "application/json"}
REWARDKIT = [sys.executable, "-m", "rewardkit", "serve"]


@pytest.fixture
def client():
    return lambda recipe, **limits: testing.TestClient(build(load_recipe(recipe), **limits))


def rollout(text="<answer>7</answer>", gold="7", **more):
    return {"completion": text, "gold": gold, "tokens": 12, **more}


def test_health_says_what_is_served(client):
    found = client("playground-none@1").get("/health").json()
    assert found["recipe"] == "playground-none@1"
    assert found["digest"] == load_recipe("playground-none@1").digest
    assert found["needs"] == ["tokens"]


def test_a_batch_is_scored_as_in_python(client):
    sent = [
        rollout(),
        rollout("<answer>None</answer>"),
        rollout(gold=None),
        rollout(gold=[6, 7]),
        rollout(gold=7.0),
    ]
    answer = client("playground-none@1").post("/score", json={"rollouts": sent})
    assert answer.status_code == 200
    assert [one["total"] for one in answer.json()["scores"]] == [1.0, -0.8, -0.5, 1.0, 1.0]
    second = answer.json()["scores"][1]
    assert second["outcome"] == "false_none"
    assert second["terms"]["false_positive"] == -0.8
    assert "false_positive -0.8" in second["explanation"]


def test_what_is_wrong_with_a_request_is_said(client):
    served = client("playground-none@1", max_batch=2, max_bytes=1000)
    post = served.post
    assert post("/score", json={"rollouts": [rollout()] * 3}).status_code == 413
    assert "at most 1000" in post("/score", json={"rollouts": [rollout("x" * 2000)]}).json()["detail"]
    missing = post("/score", json={"rollouts": [{"completion": "7", "gold": "7"}]})
    assert missing.status_code == 422
    assert "token count" in missing.json()["detail"]
    assert (
        post("/score", json={"rollouts": [rollout(gold=[])]}).json()["detail"].startswith("the list of golds")
    )
    typo = post("/score", json={"rollouts": [rollout(golds="7")]})
    assert typo.status_code == 422
    assert "golds" in typo.text
    assert post("/score", content=b"{", headers={"content-type": "application/json"}).status_code == 422
    assert post("/score", content=iter([b"{}"])).status_code == 411


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        ('{"rollouts": [{"completion": "é", "gold": "7"}]}'.encode("latin-1"), 400, "utf-8"),
        (b'{"rollouts": ' + b"[" * 200_000 + b"]" * 200_000 + b"}", 400, "recursion"),
        (b'{"rollouts": [{"completion": NaN, "gold": "7"}]}', 422, "valid string"),
        (b'{"rollouts": [{"completion": "7", "gold": "7", "\\ud800": 1}]}', 422, "unicode"),
        (b'{"rollouts": [{"completion": "7", "tokens": 1}]}', 422, "Field required"),
        (b'{"rollouts": [{"completion": "7", "gold": {"a": 1}}]}', 422, "gold"),
        (
            b'{"rollouts": [{"completion": "7", "gold": "7", "tokens": -1}]}',
            422,
            "greater than or equal to 0",
        ),
        (b"[]", 422, "dictionary"),
        (b"", 422, "Field required"),
    ],
)
def test_a_body_that_cannot_be_read_is_answered_with_why(client, body, status, says, caplog):
    answer = client("playground-none@1").post("/score", content=body, headers=JSON)
    assert answer.status_code == status
    assert says in answer.text
    assert len(answer.text) < 4000  # and not with the body itself
    assert "refused" in caplog.text  # a client that shows numbers alone leaves its user with the log


def test_a_lone_surrogate_is_scored_and_answered(client):
    sent = json.dumps({"rollouts": [rollout("<answer>\ud800</answer>", id="\udfff")]})
    score = client("playground-none@1").post("/score", content=sent, headers=JSON).json()["scores"][0]
    assert (score["id"], score["outcome"]) == ("\udfff", "wrong")


def test_nan_is_a_null_gold_and_a_boolean_is_itself(client):
    sent = b'{"rollouts": [{"completion": "<answer>None</answer>", "gold": NaN, "tokens": 12}, '
    sent += b'{"completion": "<answer>True</answer>", "gold": true, "tokens": 12}]}'
    scores = client("playground-none@1").post("/score", content=sent, headers=JSON).json()["scores"]
    assert [one["outcome"] for one in scores] == ["none_correct", "correct"]


def test_the_page_of_the_interface(client):
    served = client("playground-none@1")
    paths = served.get("/openapi.json").json()["paths"]
    assert set(paths) == {"/health", "/score", "/openrlhf", "/"}
    assert served.get("/docs").status_code == 200


def test_openrlhfs_remote_reward(client):
    served = client("open-r1-stack@1")
    sent = {"query": ["a?<answer>7</answer>", "a?seven"], "prompts": ["a?", "a?"], "labels": ["7", "7"]}
    for path in ("/openrlhf", "/"):
        found = served.post(path, json=sent).json()
        assert found["rewards"][0] > found["rewards"][1]
        assert found["scores"] == found["extra_logs"]["outcomes/correct"] == [1.0, 0.0]


@pytest.mark.parametrize(
    ("recipe", "sent", "says"),
    [
        ("open-r1-stack@1", {"query": ["a"]}, "--data.label_key"),
        ("open-r1-stack@1", {"query": ["a"], "labels": [""]}, "--data.label_key"),
        (
            "open-r1-stack@1",
            {"query": ["a"], "prompts": ["b"], "labels": ["7"]},
            "does not begin with its prompt",
        ),
        ("open-r1-stack@1", {"query": ["a<|im_end|>"], "labels": ["7"]}, "--tokenizer"),
        (
            "open-r1-stack@1",
            {"query": ["a"], "prompts": ["a", "b"], "labels": ["7"]},
            "2 prompts for 1 queries",
        ),
        ("open-r1-stack@2", {"query": ["a"], "labels": ["7"]}, "compares the completions of a prompt"),
    ],
)
def test_what_openrlhf_gets_no_reward_for(client, recipe, sent, says):
    answer = client(recipe).post("/", json=sent)
    assert answer.status_code == 422
    assert says in answer.json()["detail"]


@pytest.mark.train
def test_with_the_models_tokenizer_it_counts_and_finds_the_end(client, tiny):
    served = client("playground-none@1", tokenizer=str(tiny))
    bare = {"completion": "<answer>7</answer>", "gold": "7"}
    assert served.post("/score", json={"rollouts": [bare]}).json()["scores"][0]["terms"]["too_short"] == -0.2
    sent = {"query": ["a?<answer>7</answer><|im_end|>"], "prompts": ["a?"], "labels": ["7"]}
    assert served.post("/", json=sent).json()["rewards"] == [pytest.approx(0.8)]


# --- a server that is really started -------------------------------------------------------------


def test_hostile_answers_of_some_clients_and_plain_ones_of_others(serving):
    """Eight clients at once, half of them with answers that no verifier should work out; health answers meanwhile."""
    plain = [
        (r"\boxed{\frac{14}{2}}", "7"),
        (r"\boxed{8}", "7"),
        (r"\boxed{\cos 2\theta}", r"1-2\sin^2\theta"),
    ]
    hostile = [
        (r"\boxed{9^{9^{9^{9}}}}", "7"),
        (r"\boxed{\sum_{n=1}^{99999999} \frac{1}{n}}", r"\cos x"),
        (r"\boxed{" + "{" * 5000 + "7" + "}" * 5000 + "}", "7"),
        (r"\boxed{" + "9" * 100_000 + "!}", "7"),
    ]

    def ask(url, who):
        pairs = plain + (hostile if who % 2 else [])
        sent = {"rollouts": [{"completion": text, "gold": gold, "tokens": 50} for text, gold in pairs]}
        return [httpx.post(f"{url}/score", json=sent, timeout=120).json()["scores"] for _ in range(10)]

    with serving("math-none@2") as url, ThreadPoolExecutor(8) as clients:
        asked = [clients.submit(ask, url, who) for who in range(8)]
        assert httpx.get(f"{url}/health", timeout=60).json()["status"] == "ok"
        for who, answers in enumerate(asked):
            for scores in answers.result():
                outcomes = [one["outcome"] for one in scores]
                assert outcomes == ["correct", "wrong", "correct"] + (["wrong"] * 4 if who % 2 else [])


def test_a_server_told_to_end_answers_what_it_was_asked_before(serving):
    rollouts = [
        {"completion": rf"\boxed{{\cos {n}\theta}}", "gold": rf"1-2\sin^2 {n}\theta", "tokens": 50}
        for n in range(100)
    ]
    with serving("math-none@2") as url:
        asked = HTTPConnection(url.removeprefix("http://"), timeout=120)
        asked.request("POST", "/score", json.dumps({"rollouts": rollouts}), JSON)
        httpx.get(f"{url}/health", timeout=60)  # what came before it has been read
        serving.process.terminate()
        assert len(json.load(asked.getresponse())["scores"]) == 100
        serving.process.wait(60)
    assert "Finished server process" in serving.log()


def test_a_port_that_is_taken_and_hosts_that_are_not_ours(serving):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for words, says in (
            (["--port", str(port)], f"cannot listen on port {port} of 127.0.0.1"),
            (["--host", "8.8.8.8"], "cannot listen on port 8765 of 8.8.8.8"),
            (["--host", "nohost.invalid"], "--host nohost.invalid is not an address"),
        ):
            done = subprocess.run(
                [*REWARDKIT, "countdown@1", *words], capture_output=True, text=True, check=False
            )
            assert done.returncode == 2
            assert says in done.stderr


def test_a_server_for_everybody_says_so(serving):
    with serving("countdown@1", "--host", "0.0.0.0"):
        assert "there is no authentication" in serving.log()
