"""The grammar's pairs, written from mathematics before the reader's source was opened; each is asked both ways round."""

import importlib.util
from pathlib import Path

import pytest

from rewardkit.types import Equality
from rewardkit.verify.math.verifier import Math


def table(name):
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def pairs(category, rows):
    return [
        pytest.param(gold, answer, wanted, id=f"{category}: {gold} and {answer}")
        for gold, equal, different in rows
        for answers, wanted in ((equal, True), (different, False))
        for answer in answers
    ]


READING = table("grammar_pairs_of_reading")
MATHEMATICS = table("grammar_pairs_of_mathematics")
FOUND = table("grammar_pairs_found")
BOTH_WAYS = [
    p
    for m in (READING, MATHEMATICS, FOUND)
    for category, rows in m.ROWS.items()
    for p in pairs(category, rows)
]


def judge(gold, answer):
    """Whether the verifier pays, with so long a deadline that a busy machine changes nothing."""
    verdict = Math(deadline_s=20).compare(gold, answer)
    return verdict.equality == Equality.EQUAL, verdict


def test_names_in_names_are_no_hang():
    for opened in ("A(", "f(", "x(", "C_{", "x^{-1}("):
        answer = opened * 40 + "x+1" + ("}" if opened.endswith("{") else ")") * 40
        assert not judge("1", answer)[0]


@pytest.mark.parametrize(("gold", "answer", "wanted"), BOTH_WAYS)
def test_pair(gold, answer, wanted):
    for one, other in ((gold, answer), (answer, gold)):
        paid, verdict = judge(one, other)
        assert paid == wanted, verdict


@pytest.mark.parametrize(("gold", "answer", "wanted"), pairs("as answers", READING.AS_ANSWERS))
def test_what_the_gold_makes_of_it(gold, answer, wanted):
    paid, verdict = judge(gold, answer)
    assert paid == wanted, verdict
