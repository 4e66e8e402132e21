"""Nearly nothing is right: what looks odd is said by score, evaluations and trainers."""

import json
import logging
import sys

import pytest
from typer.testing import CliRunner

from rewardkit import load_recipe
from rewardkit.__main__ import main
from rewardkit.scoring.oddities import oddities
from rewardkit.types import Rollout

RECIPE = """recipe: mine
version: 0
answer: {extract: [boxed], verify: math}
reward:
  correctness: {correct: 1.0, wrong: 0.0, no_answer: 0.0, false_none: 0.0}
"""
SOLUTION = "She has nine and buys {} more of them, which makes {} eggs in her basket"  # no mark of an answer
SHAPES = {
    "golds hold more": (lambda n: SOLUTION.format(n, n + 9), lambda n: rf"\boxed{{{n + 9}}}", "gold_extract"),
    "answers hold more": (
        str,
        lambda n: rf"\boxed{{\text{{{SOLUTION.format(n, n)}}}}}",
        "extractor take more",
    ),
    "letters and numbers": (lambda n: "ABCD"[n % 4], lambda n: rf"\boxed{{{n}}}", "single letters"),
    "another extractor": (str, lambda n: f"so\n#### {n}", "'hash' finds the gold itself in 40 of them"),
}


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "mine.yaml").write_text(RECIPE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "4000")


def made(shape, count=40):
    gold, said, _ = SHAPES[shape]
    return [
        {"question": f"q{n}", "id": str(n), "gold": gold(n), "completion": said(n)}
        for n in range(10, 10 + count)
    ]


def write(rows, name):
    with open(name, "w") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)


def scored(rows):
    return load_recipe("mine.yaml").score(
        [Rollout(completion=row["completion"], gold=row["gold"]) for row in rows]
    )


@pytest.mark.parametrize("shape", SHAPES)
def test_score_says_what_looks_odd(shape, monkeypatch, capsys):
    write(made(shape), "rows.jsonl")
    monkeypatch.setattr(sys, "argv", ["rewardkit", "score", "mine.yaml", "rows.jsonl"])
    with pytest.raises(SystemExit) as left:
        main()
    assert not left.value.code
    [said] = [line for line in capsys.readouterr().out.splitlines() if "nearly nothing is right" in line]
    assert SHAPES[shape][2] in said


def test_an_evaluation_says_it():
    from rewardkit.evals.commands import app

    rows = made("letters and numbers")
    write(rows, "rows.jsonl")
    write([{"id": row["id"], "arm": "greedy", "completion": row["completion"]} for row in rows], "done.jsonl")
    with open("suite.yaml", "w") as file:
        file.write(
            'suite: own\ndata: {path: rows.jsonl, id: id}\nprompt: {user: "{{ question }}"}\nrecipe: mine.yaml\n'
            "arms: {greedy: {}}\n"
        )
    words = ["run", "suite.yaml", "--backend", "replay", "-m", "done.jsonl", "-o", "run"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    assert "single letters" in done.stderr


def test_the_first_steps_of_a_training_say_it_once(caplog):
    from rewardkit.trainers.trl import reward_functions

    [function] = reward_functions("mine.yaml")
    rows = made("another extractor", 32)
    with caplog.at_level(logging.WARNING, "rewardkit"):
        for _ in range(4):
            function(completions=[row["completion"] for row in rows], gold=[row["gold"] for row in rows])
    [record] = caplog.records
    assert "among the first 64 completions" in record.message
    assert "'hash' finds the gold itself" in record.message


@pytest.mark.parametrize(
    ("said", "count"),
    [
        (lambda n: rf"\boxed{{{n + 1}}}", 40),  # wrong, and nothing odd about it
        (lambda n: f"so\n#### {n}", 19),  # too few
        (lambda n: rf"\boxed{{{n}}}" if n % 9 == 0 else f"#### {n}", 40),  # some are right
    ],
)
def test_nothing_is_said_without_a_reason(said, count):
    rows = [{"gold": str(n), "completion": said(n)} for n in range(count)]
    assert oddities(scored(rows)) == []
