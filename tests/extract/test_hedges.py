"""A box behind a hedge is one of several answers, never the last word."""

import pytest

from rewardkit.extract.boxed import Boxed
from rewardkit.kinds import Question
from rewardkit.types import Equality, Rollout
from rewardkit.verify.math.verifier import Math

HEDGES = [
    "|", " | ", " or else ", " vs. ", " vs ", " versus ", " or maybe ", " / ", " or ", r" \mid ", "，或者 ", " otherwise ",
    ", alternatively ", " or possibly ", " OR ", " and/or ", " perhaps ",
]  # fmt: skip
CORRECTIONS = [". Wait, no: ", " is wrong; it is ", "\n\nLet me check again. ", " so the final answer is "]


def judged(completion, gold, several):
    found = Boxed().find(completion)
    assert found is not None
    question = Question(
        extraction=found, golds=(gold,), text=completion, rollout=Rollout(completion=completion, gold=gold)
    )
    return Math(several=several).verify([question])[0].equality == Equality.EQUAL


@pytest.mark.parametrize("hedge", HEDGES)
@pytest.mark.parametrize("gold", ["4", "5"])
def test_neither_of_two_hedged_boxes_is_the_answer(hedge, gold):
    completion = rf"\boxed{{4}}{hedge}\boxed{{5}}"
    assert not judged(completion, gold, "list")
    assert not judged(completion, gold, "one")
    assert judged(completion, gold, "last") == (gold == "5")


@pytest.mark.parametrize("hedge", [" and ", ", ", " | "])
def test_one_box_must_hold_all_where_one_is_asked_for(hedge):
    completion = rf"\boxed{{4}}{hedge}\boxed{{5}}"
    assert judged(completion, "4, 5", "list")
    assert not judged(completion, "4, 5", "one")
    assert judged(r"\boxed{4, 5}", "4, 5", "one")


@pytest.mark.parametrize("between", CORRECTIONS)
@pytest.mark.parametrize("several", ["list", "last", "one"])
def test_a_correction_replaces_the_box_before_it(between, several):
    completion = rf"\boxed{{4}}{between}\boxed{{5}}"
    assert judged(completion, "5", several)
    assert not judged(completion, "4", several)


def test_the_same_box_again_is_no_hedge():
    assert judged(r"\boxed{4} | \boxed{4}", "4", "one")
