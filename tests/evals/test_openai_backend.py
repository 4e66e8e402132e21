"""A server that is busy, broken, silent or gone loses nothing; what it was sent is what the arm says."""

import subprocess
import sys
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openai_server import FAULTS, LOST, Server, adder

from rewardkit.errors import SetupError, UsageError
from rewardkit.evals.backends import Refusal, Request, Sampling, open_backend
from rewardkit.evals.backends.client import Unusable
from rewardkit.evals.run import EvaluationRun, generate_run
from rewardkit.evals.run.generate import Silent
from rewardkit.evals.suite.data import load_items
from rewardkit.evals.suite.prompts import Prompter
from rewardkit.evals.suite.suite import load_suite
from rewardkit.types import Finish

QUICK = {"timeout_seconds": "0.5", "longest_pause_seconds": "0.05", "attempts": "12", "concurrency": "8"}


def connect(*servers, **options):
    url = ",".join(server.url for server in servers)
    return open_backend("openai", "tiny", {**QUICK, "base_url": url, **options})


class Told(Silent):
    """Keeps what is reported while the work goes on."""

    def __init__(self, told):
        self.told = told

    def tell(self, text):
        self.told.append(text)


def requests(prompts, sampling, samples=(0,)):
    return [
        Request(index=i, prompt=p, sampling=sampling, samples=samples, item=str(i))
        for i, p in enumerate(prompts)
    ]


def texts(run):
    return {(r.item, r.arm, r.sample): r.text for _, _, r in run.completions()}


def made_calmly(path, suite):
    """What a server without faults gives."""
    with Server(adder) as calm, connect(calm) as backend:
        generate_run(EvaluationRun(path), suite, backend)
    return texts(EvaluationRun(path))


def test_a_server_that_fails_in_every_way_loses_nothing(tmp_path, small_suite):
    def fault(number, _):
        return FAULTS[(number // 3) % len(FAULTS)] if number % 3 == 0 else None

    with Server(adder, fault) as server, connect(server) as backend:
        folder = EvaluationRun(tmp_path / "run")
        report = generate_run(folder, small_suite, backend)
        assert report.missing == 0
        assert set(FAULTS) <= set(server.faults)
    assert texts(folder) == made_calmly(tmp_path / "calm", small_suite)
    assert len(folder.log_path.read_bytes().splitlines()) == 48  # none twice


@pytest.mark.parametrize("fault", FAULTS)
def test_a_prompt_that_always_fails_is_recorded_and_the_others_go_on(tmp_path, small_suite, fault):
    """Every way to fail: the reason stands in the folder, and a resume asks for these alone."""

    def always(_, prompt):
        return fault if prompt == poison else None

    options = {"attempts": "3", "longest_pause_seconds": "0.01", "concurrency": "48"}
    items = load_items(small_suite.data)
    poison = Prompter(small_suite.prompt).render(items[4])[-1]["content"]
    folder = EvaluationRun(tmp_path / "run")
    with Server(adder, always) as server, connect(server, **options) as backend:
        report = generate_run(folder, small_suite, backend)
    assert (report.generated, report.missing, report.refused, report.stopped) == (44, 4, 4, "")
    rows = folder.rows("refusals.jsonl")
    assert {(row["item"], row["arm"], row["sample"], row["kind"]) for row in rows} == {
        (items[4].id, arm, sample, "failed")
        for arm, n in (("greedy", 1), ("sampled", 3))
        for sample in range(n)
    }
    assert all("failed 3 times, the last time at http://127" in row["reason"] for row in rows)
    with Server(adder) as server, connect(server) as backend:
        again = generate_run(folder, small_suite, backend)
    assert (again.reused, again.generated, again.missing) == (44, 4, 0)
    assert texts(folder) == made_calmly(tmp_path / "calm", small_suite)


def test_a_run_stops_past_max_failures_and_says_so(tmp_path, small_suite):
    options = {"attempts": "2", "longest_pause_seconds": "0.01", "concurrency": "1"}
    folder = EvaluationRun(tmp_path / "run")
    with Server(adder, lambda number, _: "500" if number > 20 else None) as server:
        with connect(server, **options) as backend:
            report = generate_run(folder, small_suite, backend, max_failures=3)
        assert report.stopped == "requests for 4 questions failed in every try"
        assert report.generated == 20
        assert server.count < 20 + 2 * 28  # the rest is not asked for
    with Server(adder) as server, connect(server) as backend:
        report = generate_run(folder, small_suite, backend)
    assert (report.reused, report.missing) == (20, 0)


@pytest.mark.parametrize("lost", LOST)
def test_a_completion_that_the_server_broke_off_is_missing_and_asked_for_again(tmp_path, small_suite, lost):
    with (
        Server(adder, lambda number, _: lost if number % 3 == 0 else None) as server,
        connect(server) as backend,
    ):
        folder = EvaluationRun(tmp_path / "run")
        report = generate_run(folder, small_suite, backend)
        assert server.count == 48  # not asked for again in the same session
    assert (report.generated, report.aborted, report.refused, report.missing) == (32, 16, 0, 16)
    assert {row["kind"] for row in folder.rows("refusals.jsonl")} == {"aborted"}
    with Server(adder) as server, connect(server) as backend:
        again = generate_run(folder, small_suite, backend)
    assert (again.reused, again.generated, again.missing) == (32, 16, 0)
    assert texts(folder) == made_calmly(tmp_path / "calm", small_suite)


@pytest.mark.parametrize(
    ("message", "finish", "made"),
    [
        ({"content": "4"}, "stop", ("4", None)),
        ({"content": ""}, "stop", ("", None)),
        ({"content": None, "reasoning_content": "hm"}, "length", ("", "hm")),  # cut while it reasoned
        ({"content": None, "reasoning": "hm"}, "stop", ("", "hm")),
        ({"content": None}, "length", "aborted: no content (finish_reason length)"),
        ({"content": None, "tool_calls": []}, "tool_calls", "aborted: no content (finish_reason tool_calls)"),
        ({"content": None, "refusal": "I cannot"}, "stop", "refused: declined: I cannot"),
        ({"content": "half of"}, "abort", "aborted: the server ended it (finish_reason abort)"),
    ],
)
def test_what_is_a_completion(message, finish, made):
    answer = {"choices": [{"message": message, "finish_reason": finish}]}
    with Server(adder) as server, connect(server) as backend:
        [request] = requests([[{"role": "user", "content": "q"}]], Sampling(max_new_tokens=3))
        one, _ = backend._read((request, 0), answer)
    assert (f"{one.kind}: {one.reason}" if isinstance(one, Refusal) else (one.text, one.reasoning)) == made


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda below: (
        st.lists(below, max_size=2)
        | st.dictionaries(
            st.sampled_from(
                ["choices", "message", "text", "content", "usage", "completion_tokens", "finish_reason"]
            ),
            below,
            max_size=3,
        )
    ),
    max_leaves=12,
)


def test_no_answer_stops_a_run():
    """Whatever JSON comes back is a completion, a refusal or a try that failed."""
    with Server(adder) as server, connect(server) as backend:
        [request] = requests(["q"], Sampling(max_new_tokens=3))

        @given(JSON | st.fixed_dictionaries({"choices": st.lists(JSON, max_size=2), "usage": JSON}))
        @settings(max_examples=500, deadline=None)
        def attacked(answer):
            try:
                one, _ = backend._read((request, 0), answer)
            except Unusable:
                return
            assert isinstance(one, Refusal) or isinstance(one.text, str)
            assert isinstance(one, Refusal) or one.tokens is None or one.tokens >= 0

        attacked()


def test_both_arms_are_in_flight_at_once(tmp_path, small_suite):
    barrier = threading.Barrier(8)
    with Server(adder, on_request=lambda number: barrier.wait(60) if number <= 8 else None) as server:
        with connect(server, timeout_seconds="60") as backend:
            generate_run(EvaluationRun(tmp_path / "run"), small_suite, backend)
        assert server.arms_at_once == 2


def test_several_servers_share_the_work_and_one_may_fail_everything(tmp_path, small_suite):
    """A server that answers every probe and fails every completion gets a few tries, not its share."""
    with Server(adder) as one, Server(adder) as two, Server(adder, lambda *_: "500") as sick:
        with connect(one, two, sick) as backend:
            report = generate_run(EvaluationRun(tmp_path / "run"), small_suite, backend)
        assert (report.missing, report.refused) == (0, 0)
        assert one.bodies
        assert two.bodies
        assert sick.count < 16
        assert f"{sick.url} answered 0" in report.remarks[-1]


def test_a_server_that_breaks_off_all_it_is_asked_gets_little(tmp_path, small_suite):
    """It is the quickest of all, so by the requests in flight alone it would get the most."""
    with Server(adder) as well, Server(adder, lambda *_: "abort") as quick, connect(quick, well) as backend:
        report = generate_run(EvaluationRun(tmp_path / "run"), small_suite, backend)
    assert quick.count == report.aborted < 16


def test_the_work_goes_to_who_answers(tmp_path):
    """One server answers nothing until the other has had thirty requests: those it holds are all it gets."""
    suite = load_suite("arithmetic", ["data.generate.n=40", "arms={greedy: {}}"])
    fast = Server(adder)
    enough = threading.Event()
    slow = Server(adder, on_request=lambda _: enough.wait(60))
    fast.on_request = lambda number: enough.set() if number == 30 else None
    with fast, slow, connect(slow, fast, concurrency="4", timeout_seconds="60") as backend:
        assert generate_run(EvaluationRun(tmp_path / "run"), suite, backend).missing == 0
    assert len(fast.bodies) >= 30
    assert len(fast.bodies) + len(slow.bodies) == 40  # nothing is asked twice


def test_a_server_that_dies_is_left_out_and_taken_back(tmp_path, small_suite):
    with Server(adder) as one, Server(adder) as two:
        back = threading.Event()

        def fall(number):
            if number == 5:
                threading.Thread(target=one.die).start()

        def rise(number):
            if number == 25:
                one.revive()
            if number >= 25:
                back.wait(60)  # what is left waits here until the first is asked again

        one.on_request, two.on_request = fall, rise
        told = []
        with connect(one, two, concurrency="4", timeout_seconds="60") as backend:
            before = 0

            class Watch(Told):
                def tell(self, text):
                    super().tell(text)
                    if "answers again" in text:
                        nonlocal before
                        before = one.count
                        back.set()

            folder = EvaluationRun(tmp_path / "run")
            report = generate_run(folder, small_suite, backend, progress=Watch(told))
    assert (report.missing, report.refused) == (0, 0)
    assert [text.split(" ", 1)[0] for text in told] == [one.url, one.url]
    assert "is left out, and tried again" in told[0]
    assert "answers again, after" in told[1]
    assert one.count > before
    assert len(folder.log_path.read_bytes().splitlines()) == 48


def test_the_only_server_may_be_gone_for_a_while(tmp_path, small_suite):
    """Nothing is refused for it: a request that reaches nobody has not been tried."""
    with Server(adder) as server:
        timer = threading.Timer(0.5, server.revive)

        def fall(number):
            if number == 20:
                threading.Thread(target=lambda: (server.die(), timer.start())).start()

        server.on_request = fall
        folder = EvaluationRun(tmp_path / "run")
        with connect(server, attempts="2", timeout_seconds="60") as backend:
            report = generate_run(folder, small_suite, backend)
        timer.join()
    assert (report.missing, report.refused) == (0, 0)


def test_a_server_that_stays_away_ends_the_run_and_keeps_what_is_done(tmp_path, small_suite):
    with Server(adder) as server:
        server.on_request = lambda number: (
            threading.Thread(target=server.die).start() if number == 21 else None
        )
        server.fault = lambda number, _: "hang" if number > 20 else None
        folder = EvaluationRun(tmp_path / "run")
        with (
            connect(server, concurrency="1", patience_seconds="0.3", timeout_seconds="60") as backend,
            pytest.raises(SetupError, match=r"no answer from http.* for 0.3 s.*run the same command again"),
        ):
            generate_run(folder, small_suite, backend)
        server.closing.set()
    assert sum(1 for _ in folder.completions()) == 20
    with Server(adder) as server, connect(server) as backend:
        report = generate_run(folder, small_suite, backend)
    assert (report.reused, report.missing) == (20, 0)


def test_a_server_that_is_away_at_the_start_is_said(tmp_path, small_suite):
    with Server(adder) as server, Server(adder) as away:
        away.die()
        with connect(away, server) as backend:
            report = generate_run(EvaluationRun(tmp_path / "run"), small_suite, backend)
    assert report.missing == 0
    assert f"{away.url} did not answer at the start" in report.remarks[0]


@pytest.mark.parametrize(
    "page", [b"<html>hello</html>", b'{"data": ["x"]}', b'{"data": 3}', b"[]", b"\xff\xfe\x00"]
)
def test_a_page_that_lists_no_models_is_said_and_stops_nothing(tmp_path, small_suite, page):
    with Server(adder, models=page) as server, connect(server) as backend:
        report = generate_run(EvaluationRun(tmp_path / "run"), small_suite, backend)
    assert report.missing == 0
    assert f"{server.url}/v1/models is no list of models" in report.remarks[0]


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
    [
        ("stop", Finish.STOP),
        ("length", Finish.LENGTH),
        ("tool_calls", Finish.UNKNOWN),
        (None, Finish.UNKNOWN),
    ],
)
def test_finish_reasons_are_kept(reason, finish):
    with Server(lambda prompt, body: ("x", 3, reason)) as server, connect(server) as backend:
        [made] = backend.generate(requests(["p"], Sampling(max_new_tokens=3)))
    assert (made.finish, made.tokens) == (finish, 3)


FEW_FILES = """
import resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (128, int(sys.argv[1])))
from rewardkit.evals.backends import open_backend
try:
    open_backend("openai", "tiny", {"base_url": "http://127.0.0.1:9", "concurrency": "512"})
except Exception as told:
    print(told, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
"""


def test_connections_need_open_files():
    """The limit of the process is raised where the system allows it, and what it allows is said where not."""

    def told(most):
        return subprocess.run(
            [sys.executable, "-c", FEW_FILES, str(most)], capture_output=True, text=True, check=True
        ).stdout

    assert "512 requests in flight need more open files than the system allows (256)" in told(256)
    assert told(1024).startswith("no server answers at http://127.0.0.1:9")
    assert told(1024).endswith("712\n")


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
