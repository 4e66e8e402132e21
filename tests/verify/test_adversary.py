"""A slice of what knows nothing and of what is nearly right; the whole is run by hand: see `adversary.py`.

What is paid is judged by arithmetic that shares nothing with the verifier.
"""

import importlib.util
import math
import random
import re
from fractions import Fraction
from pathlib import Path

import pytest

from rewardkit.kinds import Question
from rewardkit.types import Equality, Extraction, Rollout
from rewardkit.verify.math.verifier import Math

_spec = importlib.util.spec_from_file_location("adversary", Path(__file__).with_name("adversary.py"))
assert _spec is not None
assert _spec.loader is not None
adversary = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(adversary)

ZEROS = {
    "0.0",
    r"\frac{0}{1}",
    "x-x",
    "0x",
    r"0\%",
    "0^{1}",
    r"\ln 1",
    r"\sin 0",
    r"\sum_{k=1}^{0} k",
    r"\{0\}",
    "x=0",
    "0 units",
    "-0",
}
ONES = {
    "1.0", r"\frac{x}{x}", "x^0", "1^n", r"\sin^2x+\cos^2x", r"100\%", "0!", r"\frac{1}{1}", r"\{1\}", "x=1", "①", "1 unit",
    r"\max(1,0)", r"7 \bmod 3", "C_2^2", "one",
}  # fmt: skip
"""What may be paid for a gold of 0 and of 1."""
UNIT = r"(?:\\%|\^\{\\circ\}|\\?[a-z ^2/{}\\]*)?"


def paid(pairs):
    questions = [
        Question(
            extraction=Extraction(text=answer, span=(0, len(answer)), extractor="whole"),
            golds=(gold,), text=answer, rollout=Rollout(completion=answer, gold=gold),
        )
        for gold, answer in pairs
    ]  # fmt: skip
    verdicts = Math(deadline_s=20).verify(questions)
    return [pair for pair, verdict in zip(pairs, verdicts, strict=True) if verdict.equality == Equality.EQUAL]


def value(gold):
    """The number that a made gold is, None where it is no single rational number."""
    bare = gold.removeprefix("x=")
    if match := re.fullmatch(r"\\frac\{(-?\d+)\}\{(\d+)\}", bare):
        return Fraction(int(match[1]), int(match[2]))
    if match := re.fullmatch(r"C_\{(\d+)\}\^\{(\d+)\}", bare):
        return Fraction(math.comb(int(match[1]), int(match[2])))
    if match := re.fullmatch(r"\\log_\{(\d+)\} (\d+)", bare):
        power = round(math.log(int(match[2]), int(match[1])))
        return Fraction(power) if int(match[1]) ** power == int(match[2]) else None
    if match := re.fullmatch(rf"(-?\d+(?:\.\d+)?){UNIT}", bare):
        return Fraction(match[1])
    return None


def deserves(gold, answer):
    """Whether an answer that knows nothing happens to be the gold."""
    number = value(gold)
    if answer in adversary.NUMBERS:
        return number == int(answer)
    if number in (0, 1):
        return answer in (ZEROS, ONES)[int(number)]
    if answer == r"100\%":
        return gold == "100"
    return len(gold) == 1 and answer.strip("()") in (gold, rf"\text{{{gold}}}")


def test_what_knows_nothing_is_paid_where_it_is_the_gold_and_nowhere_else():
    golds = [*adversary.made_golds(150), "0", "1", "A", "x=3"]
    pairs = [(gold, answer) for gold in golds for answer in adversary.CONSTANTS if answer != gold]
    assert [pair for pair in paid(pairs) if not deserves(*pair)] == []


def test_the_last_number_of_a_prompt_is_paid_where_it_is_the_gold():
    prompts = [f"What is {gold} if it is not {number}?" for gold in "57" for number in (3, 5, 7)]
    pairs = [(prompt[8], adversary.last_number(prompt)) for prompt in prompts]
    assert paid(pairs) == [pair for pair in pairs if pair[0] == pair[1]]


MAY_BE_RIGHT = re.compile(r"C_|x\\equiv")
"""Golds of which another digit may be right: five choose two is five choose three."""


@pytest.mark.parametrize("seed", range(3))
def test_a_gold_with_one_wrong_step_is_not_paid(seed):
    draw = random.Random(seed)
    wrong = []
    for gold in adversary.made_golds(120, seed=seed):
        for kind, answer in adversary.mutants(gold, draw):
            percent = "%" in gold and kind == "unit"  # 50 for 50% is policy
            if kind != "swapped" and not percent and not MAY_BE_RIGHT.match(gold):
                wrong.append((gold, answer))
    assert len(wrong) > 300
    assert paid(wrong) == []
