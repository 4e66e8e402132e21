"""A server that is busy, broken, silent or gone loses nothing; what it was sent is what the arm says."""

import pytest
from openai_server import FAULTS, Server, adder

from rewardkit.errors import SetupError, UsageError
from rewardkit.evals.backends import Refusal, Request, Sampling, open_backend
from rewardkit.evals.run import EvaluationRun, generate_run
from rewardkit.evals.suite.suite import load_suite
from rewardkit.types import Finish

QUICK = {"timeout_seconds": "0.5", "longest_pause_seconds": "0.05", "attempts": "12", "concurrency": "8"}


def connect(*servers, **options):
    url = ",".join(server.url for server in servers)
    return open_backend("openai", "tiny", {**QUICK, "base_url": url, **options})


def requests(prompts, sampling, samples=(0,)):
    return [
        Request(index=i, prompt=p, sampling=sampling, samples=samples, item=str(i))
        for i, p in enumerate(prompts)
    ]


def test_a_server_that_fails_in_every_way_loses_nothing(tmp_path, small_suite):
    def fault(number):
        return FAULTS[(number // 3) % len(FAULTS)] if number % 3 == 0 else None

    with Server(adder, fault) as server, connect(server) as backend:
        folder = EvaluationRun(tmp_path / "run")
        report = generate_run(folder, small_suite, backend)
        assert report.missing == 0
        assert set(FAULTS) <= set(server.faults)
    with Server(adder) as calm, connect(calm) as backend:
        other = EvaluationRun(tmp_path / "calm")
        generate_run(other, small_suite, backend)

    def texts(run):
        return {(r.item, r.arm, r.sample): r.text for _, _, r in run.completions()}

    assert texts(folder) == texts(other)


def test_a_server_that_is_gone_ends_the_run_and_keeps_what_is_done(tmp_path, small_suite):
    with (
        Server(adder, lambda number: "500" if number > 20 else None) as server,
        connect(server, concurrency="1") as backend,
    ):
        folder = EvaluationRun(tmp_path / "run")
        with pytest.raises(SetupError, match=r"no answer after 12 tries.*run the same command again"):
            generate_run(folder, small_suite, backend)
    assert sum(1 for _ in folder.completions()) == 20
    with Server(adder) as server, connect(server) as backend:
        report = generate_run(folder, small_suite, backend)
    assert (report.reused, report.missing) == (20, 0)


def test_several_servers_share_the_work_and_one_may_die(tmp_path, small_suite):
    with Server(adder) as one, Server(adder) as two, Server(adder, lambda _: "503") as dead:
        with connect(one, two, dead) as backend:
            assert generate_run(EvaluationRun(tmp_path / "run"), small_suite, backend).missing == 0
        assert one.bodies
        assert two.bodies


def test_a_request_that_is_wrong_is_refused_and_the_others_go_on():
    with Server(adder) as server, connect(server) as backend:
        made = list(backend.generate(requests(["1 + 1", "this is too long"], Sampling(max_new_tokens=5))))
    refused = [one for one in made if isinstance(one, Refusal)]
    assert [(one.index, "maximum context length" in one.reason) for one in refused] == [(1, True)]
    assert [one.text for one in made if not isinstance(one, Refusal)] == [r"\boxed{2}"]


def test_refused_requests_stay_missing(tmp_path):
    suite = load_suite(
        "arithmetic", ["data.generate.n=4", "arms={greedy: {}}", "prompt.user='{{ question }} too long'"]
    )
    with Server(adder) as server, connect(server) as backend:
        folder = EvaluationRun(tmp_path / "run")
        report = generate_run(folder, suite, backend)
    assert (report.refused, report.missing) == (4, 4)
    assert len(folder.rows("refusals.jsonl")) == 4


@pytest.mark.parametrize(
    ("owned_by", "sampling", "sent", "not_sent"),
    [
        (
            "openai",
            Sampling(max_new_tokens=5),
            {"temperature": 0.0, "max_tokens": 5},
            {"top_k", "min_p", "seed"},
        ),
        (
            "openai",
            Sampling(max_new_tokens=5, temperature=0.7, top_k=3),
            {"temperature": 0.7, "top_k": 3},
            {"min_p"},
        ),
        # these fill what is left out from the model's generation_config: so nothing is left out
        (
            "vllm",
            Sampling(max_new_tokens=5, temperature=0.7),
            {"top_k": -1, "min_p": 0.0, "repetition_penalty": 1.0},
            {"stop"},
        ),
    ],
)
def test_what_is_sent_is_what_the_arm_says(owned_by, sampling, sent, not_sent):
    with Server(adder, owned_by=owned_by) as server, connect(server) as backend:
        list(backend.generate(requests(["1 + 1"], sampling)))
        effective = backend.effective(sampling)
    [(path, body)] = server.bodies
    assert path == "/v1/completions"
    assert sent.items() <= body.items()
    assert sent.items() <= effective.items()
    assert not not_sent & set(body)


def test_messages_go_to_the_chat_endpoint_and_seeds_differ_by_sample():
    chat = [{"role": "user", "content": "1 + 1"}]
    drawn = Sampling(max_new_tokens=5, temperature=1.0, seed=0)
    with Server(adder) as server, connect(server) as backend:
        list(backend.generate(requests([chat], drawn, (0, 1, 2))))
        first = {body["seed"] for path, body in server.bodies}
        assert {path for path, _ in server.bodies} == {"/v1/chat/completions"}
    assert len(first) == 3
    with Server(adder) as server, connect(server, send_seed="false") as backend:
        list(backend.generate(requests([chat], drawn, (0,))))
        assert "seed" not in server.bodies[0][1]
        assert backend.effective(drawn)["seed"] == "not sent (send_seed is false)"


@pytest.mark.parametrize(
    ("reason", "finish"),
    [("stop", Finish.STOP), ("length", Finish.LENGTH), ("content_filter", Finish.UNKNOWN)],
)
def test_finish_reasons_are_kept(reason, finish):
    with Server(lambda prompt, body: ("x", 3, reason)) as server, connect(server) as backend:
        [made] = backend.generate(requests(["p"], Sampling(max_new_tokens=3)))
    assert (made.finish, made.tokens) == (finish, 3)


def test_setups_that_cannot_work_are_told_at_once():
    with (
        Server(adder, model="other") as server,
        pytest.raises(SetupError, match=r"does not serve 'tiny'; it serves other"),
    ):
        connect(server)
    with pytest.raises(SetupError, match=r"no server answers at"):
        open_backend("openai", "tiny", {"base_url": "http://127.0.0.1:9"})
    with pytest.raises(UsageError, match=r"no option 'concurency'; did you mean 'concurrency'"):
        open_backend("openai", "tiny", {"concurency": "3"})
    with pytest.raises(UsageError, match=r"option 'concurrency'.*valid integer"):
        open_backend("openai", "tiny", {"concurrency": "many"})
