"""Completions that somebody has already: what a suite may leave out when they are replayed, and what is said."""

import json

import pytest
from typer.testing import CliRunner

from rewardkit.errors import DataError, UsageError
from rewardkit.evals.commands import app
from rewardkit.evals.data import load_items, name_gold
from rewardkit.evals.run import RunFolder
from rewardkit.evals.suite import Data, load_suite

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
    run = RunFolder("run")
    assert run.suite().data.gold == "answer"
    assert run.meta()["decoding"]["sampled"] == {"temperature": "unknown"}
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
    assert "greedy: missing 1 of 3 completions; 1 question left out of per-question metrics" in words
    assert "gains 1 question and loses 1" in invoke("compare", "run", "other").output


def test_an_unknown_drawing_is_no_greedy_one():
    suite = load_suite("arithmetic", ["arms.sampled={n: 2}", "data.generate.n=2"])
    drawn = suite.sampling()["sampled"][0]
    assert not drawn.greedy
    assert drawn.identity() != suite.sampling()["greedy"][0].identity()
