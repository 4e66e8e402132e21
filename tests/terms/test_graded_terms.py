"""Repetition, nearness to a number, and Countdown: every number here is worked by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from rewardkit.errors import MissingFact
from rewardkit.terms.kinds.graded import plain_number
from rewardkit.terms.kinds.repetition import distinct_ngrams
from rewardkit.terms.labels import build
from rewardkit.types import Equality, Verdict


@pytest.mark.parametrize(
    ("params", "text", "pays"),
    [
        ({"ngram": 2}, "no no no no no", -0.75),  # 4 bigrams, 1 new: (1 - 1/4) * -1
        ({"ngram": 3}, "A B C A B C", -0.25),  # 4 trigrams, ABC twice: (1 - 3/4) * -1
        ({"ngram": 3, "max_penalty": -0.05}, "a b c A B C", -0.0125),  # lower-cased
        ({"ngram": 3}, "a b", 0.0),
        ({"ngram": 3}, "", 0.0),
        ({"ngram": 2}, "a b c d", 0.0),
        ({"ngram": 1}, "a a a a", -0.75),
        ({"ngram": 40, "max_penalty": -0.05}, "word " * 41, -0.025),  # 2 runs of 40, 1 new
        ({"ngram": 2, "unit": "characters"}, "哈哈哈哈哈", -0.75),
        ({"preset": "open-r1"}, "A B C A B C", -0.25),
    ],
)
def test_repetition_of_words(reading, params, text, pays):
    assert build("repetition", params).pay(reading(text)).value == pytest.approx(pays)


@pytest.mark.parametrize(
    ("ids", "n", "pays"),
    [
        ((1, 2, 1, 2, 1, 2), 2, -0.6),
        ((5, 5, 5, 5, 5), 2, -0.75),
        ((1, 2, 3, 4), 2, 0.0),
        ((1,), 2, 0.0),
        ((), 2, 0.0),
    ],
)
def test_repetition_of_tokens(reading, ids, n, pays):
    assert build("repetition", {"preset": "trl", "ngram": n}).pay(
        reading(token_ids=ids)
    ).value == pytest.approx(pays)


def test_a_count_of_tokens_is_not_enough_to_find_repeats(reading):
    with pytest.raises(MissingFact, match="no token ids"):
        build("repetition", {"preset": "trl"}).pay(reading("a a a", tokens=3))


def test_a_positive_penalty_is_refused():
    with pytest.raises(ValidationError, match="write -1"):
        build("repetition", {"max_penalty": 1.0})


@given(st.lists(st.integers(0, 3), max_size=60), st.integers(1, 12))
def test_runs_are_named_as_they_differ(items, n):
    plain = {tuple(items[at : at + n]) for at in range(len(items) - n + 1)}
    assert distinct_ngrams(items, n) == len(plain)


def test_a_megabyte_of_repeats(reading):
    assert build("repetition", {"ngram": 100}).pay(reading("ha " * 300_000)).value == pytest.approx(
        -1.0, abs=1e-4
    )


def near(reading, answer, gold="100", outcome="wrong", **params):
    verdict = Verdict(equality=Equality.DIFFERENT, route="numeric", answer=answer, gold=gold)
    return build("numeric_closeness", params).pay(reading("", outcome, answer=answer, verdict=verdict)).value


@pytest.mark.parametrize(
    ("answer", "pays"),
    [
        ("100", 0.8),
        ("105", 0.55),
        ("95", 0.55),
        ("110", 0.3),
        ("110.01", 0.0),
        ("1/0", 0.0),
        ("x", 0.0),
        ("1e400", 0.0),
    ],
)
def test_nearness_to_the_gold(reading, answer, pays):
    assert near(reading, answer, within=10.0) == pytest.approx(pays)


@pytest.mark.parametrize(
    ("answer", "gold", "pays"),
    [("105", "100", 0.55), ("-95", "-100", 0.55), ("1/4", "1/4", 0.8), ("1", "0", 0.0), ("111", "100", 0.0)],
)
def test_nearness_relative_to_the_gold(reading, answer, gold, pays):
    assert near(reading, answer, gold, within=0.1, relative=True) == pytest.approx(pays)


def test_nearness_by_outcome(reading):
    assert near(reading, "100", outcome="correct", within=10) == 1.0
    assert near(reading, "100", outcome="no_answer", within=10, wrong=-0.1) == -0.1
    assert near(reading, "None", outcome="false_none", within=10, wrong=-0.1) == -0.1
    assert near(reading, "100", outcome="none_missed", within=10) is None
    assert (
        build("numeric_closeness", {"within": 1}).pay(reading("", "wrong")).value == 0.0
    )  # no verdict to read


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({}, "Field required"),
        ({"within": 0}, "greater than 0"),
        ({"within": 1, "near": 0.1, "far": 0.5}, "swap them"),
    ],
)
def test_bad_nearness_is_refused(params, says):
    with pytest.raises(ValidationError, match=says):
        build("numeric_closeness", params)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("3/4", 0.75),
        ("-1.5e3", -1500.0),
        (" .5 ", 0.5),
        ("1_000", None),
        ("nan", None),
        ("1e99999", None),
        ("", None),
        ("1" * 500, None),
    ],
)
def test_plain_numbers(text, number):
    assert plain_number(text.strip()) == number


@pytest.mark.parametrize(
    ("outcome", "details", "pays"),
    [
        ("correct", {"value": 36, "legal": True, "error": 0}, 1.0),
        ("wrong", {"value": 37, "legal": True, "error": 1}, 0.75),
        ("wrong", {"value": 31, "legal": True, "error": 5}, 0.55),
        ("wrong", {"value": 46, "legal": True, "error": 10}, 0.3),
        ("wrong", {"value": 47, "legal": True, "error": 11}, 0.1),
        ("wrong", {"value": 37, "legal": False, "error": 1}, 0.1),  # 79-60+17+1: a number not given
        ("wrong", {"value": 36, "legal": False, "error": 0}, 0.1),  # the target alone
        ("wrong", {"value": None, "legal": False, "error": None}, 0.1),  # words in the tag
        ("wrong", {}, 0.1),  # the verifier gave up on it
        ("no_answer", {}, 0.0),
        ("false_none", {}, 0.0),
        ("none_missed", {}, None),
    ],
)
def test_countdown_from_the_verifiers_details(reading, outcome, details, pays):
    verdict = Verdict(equality=Equality.DIFFERENT, route="arithmetic", details=details)
    paid = build("countdown", {}).pay(reading("", outcome, verdict=verdict)).value
    assert paid == (None if pays is None else pytest.approx(pays))


@pytest.mark.parametrize(
    ("text", "pays"),
    [
        ("<answer>(79 - 60) + 17</answer>", 1.0),
        ("(79 - 60) + 17 = 36 <answer>36</answer>", 1.0),
        ("<answer>79 - 60 + 17 + 1</answer>", 0.1),
        ("<answer>36</answer>", 0.1),
        ("<answer>79 - 60</answer>", 0.1),  # 19, off by 17
        ("<answer>60 - 17</answer>", 0.45),  # 43, off by 7: 0.8 - 0.05 * 7
        ("<answer>cannot</answer>", 0.1),
        ("<answer>9**9**9**9</answer>", 0.1),
    ],
)
def test_countdown_with_its_verifier(text, pays):
    from rewardkit.extract.tags import AnswerTag
    from rewardkit.kinds import Question
    from rewardkit.types import Outcome, Reading, Rollout, Says
    from rewardkit.verify.countdown import Countdown

    rollout = Rollout(completion=text, gold="36", fields={"nums": [79, 17, 60]})
    found = AnswerTag().find(text)
    assert found is not None
    (verdict,) = Countdown().verify([Question(extraction=found, golds=("36",), text=text, rollout=rollout)])
    outcome = Outcome.CORRECT if verdict.equality == Equality.EQUAL else Outcome.WRONG
    read = Reading(
        rollout=rollout, text=text, outcome=outcome, says=Says.VALUE, extraction=found, verdict=verdict
    )
    assert build("countdown", {}).pay(read).value == pytest.approx(pays)
