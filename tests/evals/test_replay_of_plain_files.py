"""Completions that somebody has already: what a suite may leave out when they are replayed, and what is said."""

import json

import pytest
from typer.testing import CliRunner

from rewardkit.errors import DataError, UsageError
from rewardkit.evals.commands import app
from rewardkit.evals.run import EvaluationRun
from rewardkit.evals.suite.data import load_items, name_gold
from rewardkit.evals.suite.suite import Data, load_suite

SUITE = """suite: sums
data: {path: problems.jsonl, id: id}
prompt: {user: "{{ question }}"}
recipe: accuracy
arms:
  greedy: {}
  sampled: {n: 2}
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Three sums, a greedy completion and two samples of each; the first is right greedily, the others never."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    (tmp_path / "sums.yaml").write_text(SUITE)
    with open("problems.jsonl", "w") as problems, open("done.jsonl", "w") as done:
        for place in range(3):
            problems.write(
                json.dumps({"id": place, "question": f"{place}+1", "answer": str(place + 1)}) + "\n"
            )
            for arm, texts in (("greedy", ["\\boxed{1}"]), ("sampled", ["\\boxed{9}", "\\boxed{8}"])):
                row = {"id": place, "arm": arm, "completion": texts}
                done.write(json.dumps(row) + "\n")
    return tmp_path


def invoke(*arguments):
    return CliRunner().invoke(app, [str(a) for a in arguments])


def replay(*more):
    return invoke("run", "sums.yaml", "--backend", "replay", "-m", "done.jsonl", "-o", "run", *more)


def test_neither_a_temperature_nor_the_golds_column_need_be_said(folder):
    done = replay()
    assert done.exit_code == 0, done.output
    assert "columns: gold = answer" in done.output
    assert "done.jsonl on sums" in done.output
    run = EvaluationRun("run")
    assert run.suite().data.gold == "answer"
    assert run.manifest()["decoding"]["sampled"] == {"temperature": "unknown"}
    keys = run.keys()
    assert sorted(arm for _, arm, _ in keys.values()) == ["greedy"] * 3 + ["sampled"] * 3


def test_a_model_needs_the_temperature_and_says_so_before_it_is_loaded(folder):
    done = invoke("run", "sums.yaml", "-m", "no/such-model", "-o", "run")
    assert isinstance(done.exception, UsageError)
    assert "arms.sampled needs a temperature" in str(done.exception)
    assert "--set arms.sampled.temperature=1.0" in str(done.exception)
    assert not (folder / "run").exists()
    load_suite("sums.yaml", ["arms.sampled.temperature=1.0"]).check_decoding()


@pytest.mark.parametrize(
    ("row", "gold"),
    [
        ({"question": "q", "gold": "1", "answer": "2"}, "gold"),
        ({"problem": "q", "solution": "so 1", "answer": "1"}, "answer"),
        ({"problem": "q", "target": "1"}, "target"),
    ],
)
def test_the_gold_is_looked_for_under_the_names_that_score_knows(tmp_path, row, gold):
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps(row) + "\n")
    data = Data(path=str(path))
    assert name_gold(data).gold == gold
    assert load_items(data)[0].gold == row[gold]


def test_where_no_column_holds_the_gold_the_remedy_is_said(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text('{"question": "q", "label": "1"}\n')
    with pytest.raises(
        DataError, match=r"among question, label; name it in the suite, as in data: \{gold: COLUMN\}"
    ):
        load_items(Data(path=str(path)))
    assert load_items(Data(path=str(path), gold="label"))[0].gold == "1"
    with pytest.raises(DataError, match=r"rows.jsonl:1: no column 'lable'; did you mean 'label'\?"):
        load_items(Data(path=str(path), gold="lable"))


def test_a_folder_above_runs_names_them(folder):
    done = replay("--no-score")
    assert "next: rewardkit eval score run" in done.output
    for what in (".", "run/scores"):
        told = invoke("show", what).exception
        assert isinstance(told, UsageError)
        assert ("name one of those in it: run" in str(told)) == (what == ".")


def test_one_of_a_thing_is_said_in_the_singular(folder):
    replay()
    one = "\n".join(
        line for line in (folder / "done.jsonl").read_text().splitlines() if '"id": 1' not in line
    )
    (folder / "less.jsonl").write_text(one.replace("\\\\boxed{1}", "\\\\boxed{3}", 2) + "\n")
    done = invoke("run", "sums.yaml", "--backend", "replay", "-m", "less.jsonl", "-o", "other")
    assert done.exit_code == 1
    words = " ".join(done.output.split())
    assert "greedy: missing 1 of 3 completions, not counted as wrong: 1 question left out." in words
    assert "gains 1 question and loses 1" in invoke("compare", "run", "other").output


def test_an_unknown_drawing_is_no_greedy_one():
    suite = load_suite("arithmetic", ["arms.sampled={n: 2}", "data.generate.n=2"])
    drawn = suite.sampling()["sampled"][0]
    assert not drawn.greedy
    assert drawn.identity() != suite.sampling()["greedy"][0].identity()


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ([1, 2], "a row is an object of columns and values, found [1, 2]"),
        (
            {"id": 0, "completion": "x", "sample": "first"},
            "sample must be a whole number from 0; found 'first'",
        ),
        (
            {"id": 0, "completion": "x", "tokens": "many"},
            "tokens must be a whole number from 0; found 'many'",
        ),
        ({"id": 0, "completion": None}, "the completion is missing"),
        ({"id": 0, "completion": ["x", None]}, "the completion is null"),
        (
            {"id": 0, "completion": ["x", "y"], "tokens": [1]},
            "'tokens' is a list of 1, shorter than the completions",
        ),
        ({"id": 0, "text": "x"}, "no column 'completion'; found id, text"),
    ],
)
def test_a_row_that_cannot_be_replayed_is_named_before_anything_is_written(folder, row, says):
    (folder / "done.jsonl").write_text('{"id": 2, "completion": "fine"}\n\n' + json.dumps(row) + "\n")
    told = replay().exception
    assert isinstance(told, DataError)
    assert str(told).startswith("done.jsonl:3: ")
    assert says in str(told)
    assert not (folder / "run").exists()


def test_an_empty_file_is_no_run_of_missing_completions(folder):
    (folder / "done.jsonl").write_text("")
    assert "the file holds no completions" in str(replay().exception)


def test_a_byte_order_mark_another_column_and_other_reasons_to_end_are_read(folder):
    rows = [{"id": place, "response": "\\boxed{1}", "finish": "eos"} for place in range(3) for _ in range(2)]
    (folder / "done.jsonl").write_text(
        "\ufeff" + "".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8"
    )
    done = replay("--set", "arms.greedy=false")
    assert done.exit_code == 0, done.output
    assert {str(record.finish) for _, _, record in EvaluationRun("run").completions()} <= {"stop", "unknown"}


def test_where_nothing_belongs_to_the_suite_it_is_said_what_the_file_has(folder):
    text = (folder / "done.jsonl").read_text()
    (folder / "done.jsonl").write_text(text.replace('"id": ', '"id": "q').replace(', "arm"', '", "arm"'))
    done = replay()
    words = " ".join(done.output.split())
    assert "no completion of arm 'greedy' belongs to a problem: its 'id' are 'q0', 'q1', 'q2'" in words
    assert "the suite's are like '0' (-O match=COLUMN" in words
    assert "no completion was generated" in str(done.exception)


def test_an_arm_that_the_file_has_not_is_said(folder):
    lines = (folder / "done.jsonl").read_text().splitlines(keepends=True)
    (folder / "done.jsonl").write_text("".join(line for line in lines if '"greedy"' in line))
    done = replay()
    words = " ".join(done.output.split())
    assert "no completion of arm 'sampled' belongs to a problem: its arms are 'greedy'" in words
    assert "--set arms.sampled=false leaves the arm out" in words
    assert done.exit_code == 1  # they are missing; the greedy ones are shown
    assert replay("--set", "arms.sampled=false").exit_code == 0


def rows_of(*rows):
    with open("done.jsonl", "w") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)


FIVE = [{"id": place, "arm": "greedy", "completion": "\\boxed{1}"} for place in range(3)]


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (
            [{"id": place, "completion": ["x"] * 5} for place in range(3)],
            "arm 'sampled': 9 completions left out: a problem has up to 5, the suite has n: 2 (-n 5 takes them too)",
        ),
        (
            [{"id": place, "completion": ["x"] * 2} for place in range(5)],
            "arm 'sampled': 4 completions left out: no problem has the 'id' '3', '4'",
        ),
        (
            [{"id": place, "completion": ["x"]} for place in (0, 1, 2, 1)],
            "arm 'sampled': more than one row for the 'id' '1'; their completions are taken for further samples",
        ),
        (
            [{"id": place, "completion": "x"} for place in (0, 0, 1, 1, 2, 2, 2)],
            "arm 'sampled': 1 completion left out: a problem has up to 3, the suite has n: 2",
        ),
        (
            [{"id": 0, "completion": "x"}, {"id": 0, "arm": "beam", "completion": "x"}],
            "1 completion of arm 'beam' left out: the suite's arms are greedy, sampled",
        ),
        (
            [FIVE[1], {"id": 0, "completion": "x"}],
            "arm 'greedy': 1 completion left out: a problem has up to 2, the suite has n: 1 (the arm 'greedy' takes one)",
        ),
    ],
)
def test_a_replay_says_what_it_leaves_out(folder, rows, says):
    """At each start (also where all is there already), and wherever the figures are shown."""
    rows_of(*FIVE, *rows)
    for _ in range(2):
        assert f"done.jsonl: {says}" in " ".join(replay("--no-score").output.split())
    replay()
    assert f"done.jsonl: {says}" in " ".join(invoke("show", "run").output.split())


def test_a_replay_that_takes_all_says_nothing(folder):
    assert "left out" not in replay().output
    assert EvaluationRun("run").rows("sessions.jsonl")[-1]["left_out"] == []


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("slices=[questoin]", "sums, slices: item 0 has no column 'questoin'; did you mean 'question'?"),
        ("cluster=source", "sums, cluster: item 0 has no column 'source'"),
        ("chance=guess", "sums, chance: item 0 has no column 'guess'"),
        ("recipe=acuracy", "extraction profiles: accuracy"),
        ("recipe=math-none@9", "math-none has no version 9"),
        ("profiles=[last-box]", "extraction profiles:"),
    ],
)
def test_what_would_fail_after_generation_is_refused_before_it(folder, setting, says):
    assert says in str(replay("--set", setting).exception)
    assert not (folder / "run" / "completions.jsonl").exists()
