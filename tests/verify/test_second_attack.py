"""Pairs that a second attacker found, by cause: each was judged the other way round before it was mended."""

import pytest

from rewardkit.types import Equality
from rewardkit.verify.math import Math

EQUAL: dict[str, list[tuple[str, str]]] = {
    "one double sign in a tuple is two points": [
        (r"(\pm3,0)", "(3,0),(-3,0)"),
        ("(0,4),(0,-4)", r"(0,\pm 4)"),
    ],
}
DIFFERENT: dict[str, list[tuple[str, str]]] = {
    "a set inside a set is one element": [
        (r"\{1,2\}", r"\{\{1,2\}\}"),
        (r"\{1,2\}", r"\{1,\{2\}\}"),
        ("1", r"\{\{1\}\}"),
    ],
    "words behind a number that change it are no unit": [
        ("17", r"17\text{ squared}"),
        ("17", "17 factorial"),
        ("17", "17 plus a constant"),
        ("42", "42 thousandths"),
        ("42", "42 below zero"),
        ("3", "3 fifths"),
        ("12", "12左右"),
        ("12", "12多"),
        ("3", "3个百"),
    ],
    "what cannot be seen is not there": [("17", r"\hphantom{17}")],
    "one point is not two": [(r"(\pm 3,0)", "(3,0)")],
}
TABLE = [
    pytest.param(gold, answer, wanted, id=f"{cause}: {answer}")
    for wanted, table in ((True, EQUAL), (False, DIFFERENT))
    for cause, rows in table.items()
    for gold, answer in rows
]


@pytest.mark.parametrize(("gold", "answer", "wanted"), TABLE)
def test_pair_in_both_directions(gold, answer, wanted):
    verifier = Math(deadline_s=20)
    for verdict in (verifier.compare(gold, answer), verifier.compare(answer, gold)):
        assert (verdict.equality == Equality.EQUAL) == wanted, verdict


NO_VALUE = [
    (r"\sqrt[0]{5}", "1"),
    (r"\log_0 5", "0"),
    (r"\log_1 5", "5"),
    ("0^0", "1"),
    (r"\lfloor\pi^{10000}\rfloor", "1"),
    (r"\lceil e^{5000}\rceil", "1"),
]


@pytest.mark.parametrize(("answer", "gold"), NO_VALUE)
def test_what_has_no_value_or_too_large_a_one_is_refused(answer, gold):
    assert Math().compare(gold, answer).equality == Equality.REFUSED
