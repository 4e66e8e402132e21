"""Exact, choice and countdown, and the words that mean None: tables with outcomes by hand."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rewardkit.kinds import VERIFIERS, Question
from rewardkit.types import Equality, Extraction, Rollout
from rewardkit.verify.choice import Choice, letters
from rewardkit.verify.countdown import Countdown, NotArithmetic, evaluate
from rewardkit.verify.exact import Exact
from rewardkit.verify.words import same_words


def ask(verifier, answer, *golds, text=None, **fields):
    text = text if text is not None else answer
    at = text.rfind(answer)
    extraction = Extraction(text=answer, span=(at, at + len(answer)), extractor="answer_tag")
    rollout = Rollout(completion=text, gold=golds, fields=fields)
    return verifier.verify([Question(extraction=extraction, golds=golds, text=text, rollout=rollout)])[0]


EXACT = [
    (True, "Yes", "Yes", "equal"), (True, " Yes\n", "Yes", "equal"), (True, "yes", "Yes", "different"), (False, "yes", "Yes", "equal"),
    (True, r"\text{Yes}", "Yes", "different"), (True, "1.0", "1", "different"), (True, "x", " ", "undecided"),
]  # fmt: skip


@pytest.mark.parametrize(("case", "answer", "gold", "wanted"), EXACT)
def test_exact(case, answer, gold, wanted):
    assert ask(Exact(case=case), answer, gold).equality == wanted


CHOICES = [
    ("B", "B", True), ("B", "(B)", True), ("B", r"\text{(B)}", True), ("B", "b", True), ("B", "B. 12", True), ("B", "(B) 12", True), ("B", "**B**", True),
    ("B", "Option B", True), ("B", "The answer is B.", True), ("B", "故选B", True), ("B", "D", False), ("B", "AB", False), ("B", "Both", False), ("B", "B or C", False),
    ("AC", "A, C", True), ("AC", "C and A", True), ("AC", "CA", False), ("AC", "A", False), ("B", "", False), ("B", "12", False), ("B", "not B", False), ("A", "a cat", False),
]  # fmt: skip


@pytest.mark.parametrize(("gold", "answer", "equal"), CHOICES)
def test_choice(gold, answer, equal):
    assert (ask(Choice(), answer, gold).equality == Equality.EQUAL) == equal


def test_choice_beyond_the_last_option():
    assert letters("K", "J") == frozenset()
    assert ask(Choice(last="D"), "E", "D").equality == Equality.DIFFERENT
    assert ask(Choice(last="D"), "D", "E").equality == Equality.UNDECIDED
    assert "no option" in str(Choice(last="D").gold_fault("E", Rollout(completion="", gold="E")))


NONE_WORDS = [
    ("None", "None", True), ("none", "None", True), (r"\text{None}", "None", True), ("**none**", "None", True), ("None.", "None", True), (" None \n", "None", True),
    (r"\boxed{\text{cannot be determined}}", "cannot be determined", True), (r"$\text{Cannot be determined.}$", "cannot be determined", True),
    (r"\mathrm{None}", "None", True), ("`None`", "None", True), ('"None"', "None", True), (r"\text{cannot}\ \text{be determined}", "cannot be determined", True),
    ("Neon", "None", False), ("none of these", "None", False), ("None or 5", "None", False), ("5", "None", False), ("", "None", False), ("nonexistent", "None", False),
    ("can be determined", "cannot be determined", False), ("N o n e", "None", False), ("None" * 1000, "None", False),
]  # fmt: skip


@pytest.mark.parametrize(("text", "word", "same"), NONE_WORDS)
def test_none_words(text, word, same):
    assert same_words(text, word) == same


NUMS = [79, 17, 60]
COUNTDOWN = [
    # answer, text before its tag, equal, legal, value, used
    ("(79-60)+17", "", True, True, 36, [79, 60, 17]),
    ("(79 - 60) + 17 = 36", "", True, True, 36, [79, 60, 17]),
    (r"(79 - 60) + 17", "", True, True, 36, [79, 60, 17]),
    (r"\(79 - 60 + 17\)", "", True, True, 36, [79, 60, 17]),
    ("36", "(79 - 60) + 17 = 36 ", True, True, 36, [79, 60, 17]),
    ("36", "so:\n(79 - 60) + 17 = 36\n", True, True, 36, [79, 60, 17]),
    ("36", "", False, False, 36, [36]),
    ("36", "the target is 36 = 36 ", False, False, 36, [36]),
    ("36", "79 - 60 + 16 = 36 ", False, False, 36, [36]),
    ("79-60+17+1", "", False, False, 37, [79, 60, 17, 1]),
    ("79-60", "", False, True, 19, [79, 60]),
    ("79-60+17 = 37", "", False, False, None, None),
    ("79+79-122", "", False, False, 36, [79, 79, 122]),
    ("79*60/17", "", False, True, 4740 / 17, [79, 60, 17]),
    ("79/(17-17)", "", False, False, None, None),
    ("9**9**9**9", "", False, False, None, None),
    ("__import__('os')", "", False, False, None, None),
    ("79 - 60 + x", "", False, False, None, None),
    ("(" * 5000, "", False, False, None, None),
    ("-" * 300 + "79", "", False, False, None, None),
]


@pytest.mark.parametrize(("answer", "before", "equal", "legal", "value", "used"), COUNTDOWN)
def test_countdown(answer, before, equal, legal, value, used):
    text = f"{before}<answer>{answer}</answer>"
    verdict = ask(Countdown(), answer, "36", text=text, nums=NUMS)
    details = verdict.details
    assert (verdict.equality == Equality.EQUAL) == equal, details
    assert (details["legal"], details["value"], details["used"]) == (legal, value, used), details
    assert (details["target"], details["given"]) == (36, NUMS)
    assert details["error"] == (None if value is None else pytest.approx(abs(value - 36)))


@pytest.mark.parametrize(
    ("answer", "use_all", "equal"),
    [("60-24", False, True), ("60-24", True, False), ("60-24+0*7", True, True)],
)
def test_countdown_use_all(answer, use_all, equal):
    verdict = ask(Countdown(use_all=use_all), answer, "36", nums=[60, 24, 7, 0])
    assert (verdict.equality == Equality.EQUAL) == equal
    assert ("unused" in verdict.details["problem"]) == (use_all and not equal)


@pytest.mark.parametrize(
    "given", [[79, 17, 60], "[79, 17, 60]", "79, 17, 60", "79 17 60", (79, 17, 60), ["79", "17", "60"]]
)
@pytest.mark.parametrize("column", ["nums", "numbers", "given"])
def test_countdown_finds_the_given_numbers(given, column):
    verifier = Countdown(numbers="given") if column == "given" else Countdown()
    assert ask(verifier, "79-60+17", "36", **{column: given}).equality == Equality.EQUAL


@pytest.mark.parametrize(
    ("gold", "fields"),
    [("36", {}), ("36", {"nums": []}), ("36", {"nums": "some"}), ("36", {"nums": 3}), ("x", {"nums": NUMS})],
)
def test_countdown_rows_that_cannot_be_used(gold, fields):
    verdict = ask(Countdown(), "79-60+17", gold, **fields)
    assert verdict.equality == Equality.UNDECIDED
    assert (
        Countdown().gold_fault(gold, Rollout(completion="", gold=gold, fields=fields))
        == verdict.details["fault"]
    )


@st.composite
def arithmetic(draw, depth=3):
    if depth == 0 or draw(st.booleans()):
        return str(draw(st.integers(1, 99)))
    left, right = draw(arithmetic(depth - 1)), draw(arithmetic(depth - 1))
    return f"({left}{draw(st.sampled_from('+-*/'))}{right})"


@given(text=arithmetic())
def test_evaluate_agrees_with_exact_arithmetic(text):
    from fractions import Fraction

    try:
        value, used, _ = evaluate(text)
    except NotArithmetic as fault:
        assert "zero" in str(fault)  # noqa: PT017
        return
    import re

    numbers = re.findall(r"\d+", text)
    assert [str(number) for number in used] == numbers
    python = re.sub(r"(\d+)", r"Fraction(\1)", text)
    assert value == eval(python, {"Fraction": Fraction})  # of digits and operators that this test drew itself


@pytest.mark.parametrize("name", VERIFIERS.names())
@settings(deadline=None)  # the first call loads packages
@given(answer=st.text(max_size=50), gold=st.text(max_size=20))
def test_no_text_makes_a_verifier_raise(name, answer, gold):
    if name == "math":
        return  # has its own
    ask(VERIFIERS.get(name)(), answer, gold, nums=NUMS)
