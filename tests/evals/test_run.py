"""A run goes on where it was: same keys, none twice, none lost, nothing reused that should not be."""

import json
import subprocess
import sys

import pytest
from simulated_policy import Simulated

from rewardkit.errors import DataError, UsageError
from rewardkit.evals.analysis.export import export_correct
from rewardkit.evals.backends import open_backend
from rewardkit.evals.profiles import load_reader
from rewardkit.evals.run import EvaluationRun, generate_run
from rewardkit.evals.run.log import read_log
from rewardkit.evals.run.record import Record, completion_key
from rewardkit.evals.run.score import score_run
from rewardkit.evals.suite.data import load_items, name_gold
from rewardkit.evals.suite.suite import load_suite
from rewardkit.runs.log import LogWriter
from rewardkit.types import Finish


def keys(folder):
    return [(record.item, record.arm, record.sample) for _, _, record in folder.completions()]


def planned(suite, items=12):
    return {
        (f"arithmetic-{i}", arm, s)
        for i in range(1, items + 1)
        for arm, (_, n) in suite.sampling().items()
        for s in range(n)
    }


def test_a_whole_run(tmp_path, small_suite):
    folder = EvaluationRun(tmp_path / "run")
    report = generate_run(folder, small_suite, Simulated())
    assert (report.planned, report.generated, report.reused, report.missing) == (48, 48, 0, 0)
    assert sorted(keys(folder)) == sorted(planned(small_suite))
    again = generate_run(folder, small_suite, Simulated())
    assert (again.generated, again.reused, again.missing) == (0, 48, 0)


@pytest.mark.parametrize("stop", [1, 7, 12, 13, 47])
def test_a_stopped_run_generates_only_the_rest(tmp_path, small_suite, stop):
    folder = EvaluationRun(tmp_path / "run")
    first, second = Simulated(), Simulated()
    generate_run(folder, small_suite, first, window=stop)
    report = generate_run(folder, small_suite, second)
    assert (report.reused, report.generated) == (stop, 48 - stop)
    assert sorted(keys(folder)) == sorted(planned(small_suite))
    assert not set(first.asked[:stop]) & set(second.asked)


def test_raising_n_and_adding_an_arm_generate_only_what_is_missing(tmp_path):
    folder = EvaluationRun(tmp_path / "run")
    base = ["data.generate.n=12", "max_new_tokens=12"]
    greedy = load_suite("arithmetic", [*base, "arms={greedy: {}}"])
    assert generate_run(folder, greedy, Simulated()).generated == 12
    three = load_suite("arithmetic", [*base, "arms.sampled.n=3"])
    assert generate_run(folder, three, Simulated()).generated == 36
    five = load_suite("arithmetic", [*base, "arms.sampled.n=5"])
    more = Simulated()
    assert generate_run(folder, five, more).generated == 24
    assert {sample for _, _, sample in more.asked} == {3, 4}
    assert generate_run(folder, three, Simulated()).generated == 0
    assert len(keys(folder)) == 48


@pytest.mark.parametrize(
    "setting",
    [
        "arms.sampled.temperature=0.5",
        "arms.sampled.seed=1",
        "max_new_tokens=13",
        "prompt.user='{{ question }} ='",
    ],
)
def test_another_decoding_or_prompt_reuses_nothing_sampled(tmp_path, setting):
    folder = EvaluationRun(tmp_path / "run")
    base = ["data.generate.n=12", "arms.sampled.n=3", "max_new_tokens=12"]
    generate_run(folder, load_suite("arithmetic", base), Simulated())
    other = Simulated()
    generate_run(folder, load_suite("arithmetic", [*base, setting]), other)
    assert sum(arm == "sampled" for _, arm, _ in other.asked) == 36
    assert len(keys(folder)) == 48  # the old ones are in the log, and of no account


def test_another_model_needs_another_folder(tmp_path, small_suite):
    folder = EvaluationRun(tmp_path / "run")
    generate_run(folder, small_suite, Simulated("one"))
    with pytest.raises(UsageError, match=r"Give another folder with -o"):
        generate_run(folder, small_suite, Simulated("two"))


def test_the_key_holds_model_prompt_decoding_and_item():
    sampling = load_suite("arithmetic").sampling()["sampled"][0]
    base = completion_key({"model": "a", "revision": "1"}, "i", "p", sampling)
    assert base == completion_key({"revision": "1", "model": "a"}, "i", "p", sampling)
    assert base != completion_key({"model": "a", "revision": "2"}, "i", "p", sampling)
    assert base != completion_key({"model": "a", "revision": "1"}, "j", "p", sampling)
    assert base != completion_key({"model": "a", "revision": "1"}, "i", "q", sampling)


def record(sample=0, text="x"):
    return Record(
        key="k", item="i", arm="greedy", sample=sample, text=text, tokens=1, finish=Finish.STOP, session=0
    )


@pytest.mark.parametrize(
    "torn", [b'{"key": "k"', b"{", b'{"key":"k","item":"i","text":"\xf0\x9f', b"x" * 200_000]
)
def test_a_torn_last_line_is_passed_over_and_cut_off(tmp_path, torn):
    path = tmp_path / "log.jsonl"
    with LogWriter(path) as log:
        log.append(record(0).line())
    whole = path.read_bytes()
    path.write_bytes(whole + torn)
    assert [r.sample for _, r in read_log(path)] == [0]
    with LogWriter(path) as log:
        log.append(record(1).line())
    assert [r.sample for _, r in read_log(path)] == [0, 1]
    assert path.read_bytes().startswith(whole)


def test_a_damaged_line_elsewhere_is_an_error_that_names_it(tmp_path):
    path = tmp_path / "log.jsonl"
    path.write_bytes(record().line() + b"{broken}\n" + record(1).line())
    with pytest.raises(DataError, match=r"log.jsonl:2: a damaged line"):
        list(read_log(path))


def test_every_text_survives_the_log(tmp_path):
    texts = ["", "a\nb\r\n", "\u2028\u2029\x00", "\ud800 lone", "中文 🎲", '"quoted" \\boxed{1}']
    path = tmp_path / "log.jsonl"
    with LogWriter(path) as log:
        for sample, text in enumerate(texts):
            log.append(record(sample, text).line())
    assert [r.text for _, r in read_log(path)] == texts


HOLD = """
import sys
from rewardkit.evals.run import EvaluationRun
with EvaluationRun(sys.argv[1]).writing():
    print("held", flush=True)
    sys.stdin.read()
"""


def test_two_writers_are_refused_and_a_killed_one_lets_go(tmp_path, small_suite):
    path = tmp_path / "run"
    other = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert other.stdout.readline() == "held\n"
    with pytest.raises(UsageError, match=r"another process is writing"):
        generate_run(EvaluationRun(path), small_suite, Simulated())
    other.kill()
    other.wait()
    assert generate_run(EvaluationRun(path), small_suite, Simulated()).missing == 0
    other.stdin.close()
    other.stdout.close()


def test_what_was_done_is_written_down(tmp_path, small_suite):
    folder = EvaluationRun(tmp_path / "run")
    generate_run(folder, small_suite, Simulated(), window=5)
    generate_run(folder, small_suite, Simulated())
    sessions = folder.rows("sessions.jsonl")
    assert len(sessions) == 2
    assert sessions[0]["environment"] == {"backend": "simulated"}
    assert sessions[0]["effective"]["sampled"]["temperature"] == 1.0
    assert {r.session for _, _, r in folder.completions()} == {0, 1}
    meta = json.loads((folder.path / "run.json").read_text())
    assert meta["n"] == {"greedy": 1, "sampled": 3}
    assert folder.suite() == small_suite.model_copy(update={"data": name_gold(small_suite.data)})


def test_right_completions_are_exported_as_messages_to_learn_from(tmp_path):
    """Each text once, in the suite's own words: the chat template is the trainer's to apply."""
    suite = load_suite("arithmetic", ("data.generate.n=4", "arms={sampled: {n: 2, temperature: 1.0}}"))
    told = {item.id: rf"so \boxed{{{item.gold or 'None'}}}" for item in load_items(suite.data)}
    replayed = tmp_path / "told.jsonl"
    wrong = next(iter(told))
    lines = [
        json.dumps({"id": item, "completion": [text if item != wrong else "no idea", text]})
        for item, text in told.items()
    ]
    replayed.write_text("\n".join(lines) + "\n", encoding="utf-8")
    folder = EvaluationRun(tmp_path / "run")
    with open_backend("replay", str(replayed), {"completion": "completion"}) as backend:
        generate_run(folder, suite, backend)
    score_run(folder, load_reader("accuracy", []))
    out = tmp_path / "sft.jsonl"
    assert export_correct(folder, out) == 4
    rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert {row["id"]: row["completion"][0]["content"] for row in rows} == told
    assert all(row["prompt"][-1]["role"] == "user" for row in rows)
