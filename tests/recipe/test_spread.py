"""What several processes find of many rollouts is what one finds."""

import json
import os
import sys

import pytest
from typer.testing import CliRunner

from rewardkit import DataError, Recipe, UsageError, load_recipe
from rewardkit.__main__ import app
from rewardkit.audit.rollouts.load import load, scored
from rewardkit.recipe import spread as spreading
from rewardkit.recipe.spread import spread
from rewardkit.scoring.record import record
from rewardkit.terms.functions import reward_function

RECIPE = """
recipe: r
version: {version}
answer: {{extract: [boxed], verify: math, none: [None]}}
reward:
  correctness: {{correct: 1.0, wrong: {wrong}, no_answer: -0.2, false_none: -0.5}}
  none: {{correct: 1.0, missed: -0.5, no_answer: -0.5}}
  drawn: {{kind: random, seed: 3}}
"""
ANSWERS = ["{gold}", "\\frac{{{gold}}}{{1}}", "x + 1", "\\sin^2({gold})+\\cos^2({gold})", "None", "{gold}.0"]


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.yaml").write_text(RECIPE.format(version=0, wrong=-0.1))
    (tmp_path / "b.yaml").write_text(RECIPE.format(version=1, wrong=-0.3))
    rows = [
        {
            "id": f"{prompt}-{sample}",
            "group": f"q{prompt}",
            "prompt": f"What is it, number {prompt}?",
            "gold": ["None", "\\frac{1}{", str(prompt)][min(prompt % 9, 2)],
            "completion": f"so, it is \\boxed{{{ANSWERS[(prompt + sample) % 6].format(gold=prompt)}}}",
        }
        for prompt in range(220)
        for sample in range(5)
    ]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return tmp_path


def printed(*words):
    found = CliRunner().invoke(app, [*words, "--json"])
    assert found.exit_code in (0, 1), found.output
    return json.loads(found.stdout)


@pytest.mark.parametrize(
    "words",
    [
        ("signal", "--rollouts", "rows.jsonl", "--recipe", "a.yaml"),
        ("diff", "a.yaml", "b.yaml", "--rollouts", "rows.jsonl"),
        ("advantages", "a.yaml", "--rollouts", "rows.jsonl"),
    ],
    ids=lambda words: words[0],
)
def test_a_command_prints_the_same_with_three_workers(project, words):
    assert printed(*words, "--workers", "3") == printed(*words, "--workers", "1")


def test_scores_of_several_processes_are_equal_and_in_order(project):
    recipe = load_recipe("a.yaml")
    rollouts = load("rows.jsonl", recipe)
    assert rollouts.size == 1100
    one, three = scored(recipe, rollouts, 1), scored(recipe, rollouts, 3)
    assert three.faults == one.faults != ()
    for mine, theirs in zip(one.groups, three.groups, strict=True):
        assert [(record(score), score.terms, score.reading.rollout) for score in theirs] == [
            (record(score), score.terms, score.reading.rollout) for score in mine
        ]


def processes(job):
    return lambda task: (os.getpid(), job + task)


def failing(job):
    def work(task):
        if task in job:
            raise DataError(f"task {task}")
        return task

    return work


def recipe(**reward):
    return Recipe.model_validate({"recipe": "r", "version": 0, "reward": reward})


PLAIN = {"correctness": {"correct": 1.0, "wrong": 0.0, "no_answer": 0.0, "false_none": 0.0}}


def test_few_completions_stay_in_this_process_and_many_do_not(monkeypatch):
    monkeypatch.setattr(spreading, "cores", lambda: 2)
    few = list(spread(processes, 10, recipe(**PLAIN), range(4), completions=spreading.MANY - 1))
    many = list(spread(processes, 10, recipe(**PLAIN), range(4), completions=spreading.MANY))
    assert [value for _, value in few] == [value for _, value in many] == [10, 11, 12, 13]
    assert {pid for pid, _ in few} == {os.getpid()}
    assert os.getpid() not in {pid for pid, _ in many}


@pytest.mark.parametrize("workers", [1, 3])
def test_what_comes_before_the_first_failure_is_given_and_then_it_is_raised(workers):
    found = []
    made = spread(failing, {5, 7}, recipe(**PLAIN), range(9), completions=9, workers=workers)
    with pytest.raises(DataError, match="task 5"):
        found.extend(made)  # keeps what comes before the failure
    assert found == [0, 1, 2, 3, 4]


def test_what_cannot_be_sent_is_named_where_several_were_asked_for_and_stays_here_where_not(monkeypatch):
    made = reward_function("stays_here", lambda completions, **_: [0.0] * len(completions), pays=(0, 1))
    for name in (made.__name__, made.kind):
        if hasattr(sys.modules[made.__module__], name):
            delattr(sys.modules[made.__module__], name)
    mine = recipe(own={"kind": made.kind}, **PLAIN)
    with pytest.raises(UsageError, match=rf"reward\.own \(the kind '{made.kind}'\) cannot be pickled"):
        list(spread(len_of, mine, mine, range(4), completions=4, workers=2))
    monkeypatch.setattr(spreading, "cores", lambda: 2)
    assert list(spread(len_of, mine, mine, range(4), completions=spreading.MANY)) == [2, 2, 2, 2]


def len_of(job):
    return lambda task: len(job.reward)
