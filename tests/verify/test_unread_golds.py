"""A gold that the reader does not understand is equal to its own text; of anything else nothing is said, and nothing paid."""

import json

import pytest
from typer.testing import CliRunner

from rewardkit import load_recipe
from rewardkit.kinds import Question
from rewardkit.rows.golds import doubts
from rewardkit.scoring.oddities import oddities
from rewardkit.types import Equality, Extraction, Outcome, Rollout
from rewardkit.verify.math.verifier import Math

UNREAD = [
    r"\int_0^1 f(x)\,dx",
    r"\lim_{n\to\infty} a_n",
    "10^{10^{10}}",
    r"x \oplus y",
    r"\sum_{n=1}^{\infty} a_n",
]


@pytest.mark.parametrize("gold", UNREAD)
def test_only_its_own_text_is_equal(gold):
    assert Math().compare(gold, gold).equality == Equality.EQUAL
    assert Math().compare(gold, f"${gold}$").equality == Equality.EQUAL
    for answer in ("0", "1", "x", "a_n", "y x", gold + "+1"):
        verdict = Math().compare(gold, answer)
        assert (verdict.equality, verdict.route) == (Equality.UNDECIDED, "gold")
        assert "only equal to its own text" in verdict.details["fault"]


def test_an_unread_answer_to_a_gold_that_is_read_is_wrong():
    assert Math().compare("3", r"\int_0^1 f(x)\,dx").equality in (Equality.DIFFERENT, Equality.REFUSED)


def test_of_several_golds_the_one_that_is_read_decides():
    def judged(answer):
        found = Extraction(text=answer, span=(0, len(answer)), extractor="whole")
        rollout = Rollout(completion=answer, gold=(UNREAD[0], "3"))
        return Math().verify(
            [Question(extraction=found, golds=(UNREAD[0], "3"), text=answer, rollout=rollout)]
        )[0]

    assert judged("3.0").equality == Equality.EQUAL
    assert judged("4").equality == Equality.DIFFERENT
    assert judged(UNREAD[0]).equality == Equality.EQUAL


def test_no_reward_is_paid_and_the_completions_are_counted():
    recipe = load_recipe("math-none@0")
    scores = recipe.score(
        [Rollout(completion=r"\boxed{1}", gold=UNREAD[0], id=str(n), tokens=100) for n in range(20)]
    )
    assert {(score.outcome, score.total) for score in scores} == {(Outcome.UNDECIDED, None)}
    assert "20 of 20 completions are undecided" in oddities(scores)[0]


def test_they_are_listed_when_the_data_is_loaded(tmp_path):
    file = tmp_path / "data.jsonl"
    golds = ["3", UNREAD[0], r"\frac{1}{"]
    file.write_text("".join(json.dumps({"question": "?", "gold": gold}) + "\n" for gold in golds))
    from rewardkit.__main__ import app

    found = CliRunner().invoke(app, ["verify", "--golds", str(file)])
    assert "data.jsonl:2: the gold" in found.output
    assert "data.jsonl: 3 rows, 1 unusable golds, 1 equal to their own text alone" in found.output
    rollouts = [Rollout(completion="", gold=gold) for gold in golds]
    assert [rollout.gold for rollout, _ in doubts(Math(), rollouts)] == [UNREAD[0]]


@pytest.mark.parametrize("answer", ["0/(x-x)", r"\frac{x-x}{x-x}+5", r"\frac{0}{\sqrt{2}-\sqrt{2}}"])
def test_a_division_by_what_is_always_zero_is_refused(answer):
    assert Math(deadline_s=20).compare("5", answer).equality in (Equality.REFUSED, Equality.DIFFERENT)
