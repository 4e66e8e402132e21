"""GSM8K as it comes: its golds are solutions. A new user follows the messages to a right score."""

import json
import re
import sys

import pytest

from rewardkit.__main__ import main

RECIPE = """recipe: mine
version: 0
answer: {extract: [boxed, answer_line], verify: math}
reward:
  correctness: {correct: 1.0, wrong: 0.0, no_answer: 0.0, false_none: 0.0}
"""


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "mine.yaml").write_text(RECIPE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "4000")

    def command(*words):
        monkeypatch.setattr(sys, "argv", ["rewardkit", *map(str, words)])
        with pytest.raises(SystemExit) as left:
            main()
        said = capsys.readouterr()
        return left.value.code or 0, said.out, said.err

    return command


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def advice(said):
    """The option that a message names first."""
    return re.search(r"--gold-extract \w+", said)[0].split()


def test_real_completions_are_scored_right_by_the_second_command(shared_data, tmp_path, run):
    answers = {row["question"]: row["answer"] for row in lines(shared_data / "gsm8k" / "test.jsonl")}
    solved = lines(shared_data / "gsm8k" / "model_solutions.jsonl")
    with (tmp_path / "rollouts.jsonl").open("w") as file:
        for row in solved:
            own = {
                "question": row["question"],
                "answer": answers[row["question"]],
                "completion": row["completions"],
            }
            file.write(json.dumps(own) + "\n")
    code, out, said = run("score", "mine.yaml", "rollouts.jsonl", "--json")
    assert (code, out) == (2, "")
    code, out, _ = run("score", "mine.yaml", "rollouts.jsonl", "--json", *advice(said))
    assert code == 0
    right = sum(label for row in solved for label in row["labels"])
    assert json.loads(out)["outcomes"]["correct"] == right > 400


def test_its_training_golds_are_checked_by_the_second_command(shared_data, run):
    file = shared_data / "gsm8k" / "train.jsonl"
    code, out, said = run("check", "mine.yaml", "--data", file, "--limit", "300")
    assert code == 2
    assert "paid in full" not in out + said
    code, out, said = run("check", "mine.yaml", "--data", file, "--limit", "300", *advice(said))
    assert "All 300 golds, written in the recipe's own answer form, are paid in full." in out
    assert run("verify", "--golds", file, *advice(run("verify", "--golds", file)[2]))[0] == 0
