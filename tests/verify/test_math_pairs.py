"""Pairs of gold and answer, equal and not, each asked both ways round: the verdict must be the same."""

import importlib.util
from pathlib import Path

import pytest

from rewardkit.types import Equality
from rewardkit.verify.math.verifier import Math

_spec = importlib.util.spec_from_file_location(
    "equivalence_pairs", Path(__file__).with_name("equivalence_pairs.py")
)
assert _spec is not None
assert _spec.loader is not None
pairs = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(pairs)

TABLE = [
    pytest.param(gold, answer, wanted, id=f"{category}-{index}-{'equal' if wanted else 'different'}")
    for wanted, table in ((True, pairs.EQUAL), (False, pairs.DIFFERENT))
    for category, rows in table.items()
    for index, (gold, answer) in enumerate(rows)
]


@pytest.mark.parametrize(("gold", "answer", "wanted"), TABLE)
def test_pair(gold, answer, wanted):
    verifier = Math(deadline_s=20)  # a verdict on the mathematics, whatever else the machine is doing
    verdicts = [verifier.compare(gold, answer)]
    if answer.strip():
        verdicts.append(verifier.compare(answer, gold))
    for verdict in verdicts:
        assert (verdict.equality == Equality.EQUAL) == wanted, verdict


POLICIES = [
    ("percent", "unit", "40", r"40\%", True),
    ("percent", "fraction", "40", r"40\%", False),
    ("percent", "fraction", "0.4", r"40\%", True),
    ("percent", "strict", "0.4", r"40\%", False),
    ("percent", "strict", r"40\%", "40 percent", True),
    ("units", "one_side", "5", r"5\text{ cm}", True),
    ("units", "strict", "5", r"5\text{ cm}", False),
    ("units", "strict", r"5\text{ cm}", "5 cm", True),
    ("units", "ignore", r"5\text{ cm}", r"5\text{ km}", True),
    ("units", "one_side", r"5\text{ cm}", r"5\text{ km}", False),
    ("units", "one_side", r"120\text{ minutes}", r"2\text{ hours}", False),
    ("units", "convert", r"120\text{ minutes}", r"2\text{ hours}", True),
    ("units", "convert", "1.5 hours", "1 hour 30 minutes", True),
    ("units", "convert", "90 minutes", "1 hour and 30 minutes", True),
    ("units", "convert", "66 inches", "5 ft 6 in", True),
    ("units", "convert", r"1\text{ m}^2", r"10000\text{ cm}^2", True),
    ("units", "convert", r"1\text{ m}^2", r"100\text{ cm}^2", False),
    ("units", "convert", r"20\text{ m/s}", r"72\text{ km/h}", True),
    ("units", "convert", r"\$0.50", "50 cents", True),
    ("units", "convert", "120", "2 hours", False),
    ("units", "convert", "90", "1 hour 30 minutes", False),
    ("units", "convert", "2", "120 minutes", False),
    ("units", "convert", "5 kg", "5 m", False),
    ("units", "convert", "5 kg", "5", True),
    ("units", "convert", "100 °C", "212 °F", False),
    ("ordered", False, "1, 2", "2, 1", True),
    ("ordered", True, "1, 2", "2, 1", False),
    ("ordered", True, r"\{1, 2\}", r"\{2, 1\}", True),
    ("decimals", "exact", "0.33", r"\frac13", False),
    ("decimals", "gold_precision", "0.33", r"\frac13", True),
    ("decimals", "gold_precision", "3.14", r"\pi", True),
    ("decimals", "gold_precision", r"\frac13", "0.33", False),
    ("decimals", "gold_precision", "0.16", r"0.1\overline{6}", False),
    ("decimals", "gold_precision", "100", "100.01", False),
]


@pytest.mark.parametrize(("name", "value", "gold", "answer", "wanted"), POLICIES)
def test_policy(name, value, gold, answer, wanted):
    verdict = Math(**{name: value}).compare(gold, answer)
    assert (verdict.equality == Equality.EQUAL) == wanted, verdict


REFUSED = [
    "9^{9^{9^9}}", r"10^{10^{10}}", r"(10^{10})!", "1e99999999", r"\left(\frac{13}{10}\right)^{6472416997}", r"\sum_{k=1}^{100} k",
    r"\int_0^1 x dx", r"\binom{10^9}{5}", "((" * 200 + "1" + "))" * 200, "e^{e^{e^{e^e}}}", r"7^{7^{7^7}} \mod 10", "5^" * 500 + "5",
]  # fmt: skip


@pytest.mark.parametrize("answer", REFUSED)
def test_what_could_be_unbounded_is_refused_and_never_run(answer):
    assert Math().compare("1", answer).equality == Equality.REFUSED
    assert Math().compare(answer, answer).equality == Equality.EQUAL


GOLD_FAULTS = [
    ("42", False), (r"\text{Evelyn}", False), ("9^{9^{9^9}}", False), (r"\sum_{k=1}^n k", False), ("", True), ("  ", True),
    ("$$", True), ("?", True), (r"\$", True), ("4\u200b2", True), (r"\frac{1}{2", True), (r"\frac{0}{0}", True),
]  # fmt: skip


@pytest.mark.parametrize(("gold", "faulty"), GOLD_FAULTS)
def test_unusable_golds_are_undecided_and_named(gold, faulty):
    verifier = Math()
    fault = verifier.gold_fault(gold, None)  # type: ignore[arg-type]
    assert bool(fault) == faulty, fault
    assert (verifier.compare(gold, gold).equality == Equality.UNDECIDED) == faulty


def test_one_of_several_golds_is_enough():
    from rewardkit.kinds import Question
    from rewardkit.types import Extraction, Rollout

    def asked(answer, golds, parts=()):
        extraction = Extraction(text=answer, span=(0, len(answer)), extractor="boxed", parts=parts)
        return Question(
            extraction=extraction, golds=golds, text=answer, rollout=Rollout(completion=answer, gold=golds)
        )

    questions = [
        asked("2", ("1", "2")),
        asked("3", ("1", "2")),
        asked("2", ("?", "2")),
        asked("2", ("?", "$$")),
        asked("2, -3", ("-3, 2",), ("2", "-3")),
        asked("2, -3", ("-3",), ("2", "-3")),
    ]
    found = [str(verdict.equality) for verdict in Math().verify(questions)]
    assert found == ["equal", "different", "equal", "undecided", "equal", "different"]
    assert Math(several="last").verify([questions[-1]])[0].equality == Equality.EQUAL
    assert Math(several="last").verify([questions[-2]])[0].equality == Equality.EQUAL
