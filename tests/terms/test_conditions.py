"""Conditions: what they mean, how they print, and where they are wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewardkit.terms.conditions.parse import Compare, ConditionError, Field, HasTag, parse
from rewardkit.types import Finish, Outcome, Reading, Rollout, Says


def reading(outcome: Outcome = Outcome.CORRECT, text: str = "<think>a</think> b", **facts) -> Reading:
    rollout = Rollout(
        completion=text,
        gold="1",
        **{"tokens": 10, "fields": {"level": "3", "n": 2, "one": 1, "empty": None}, **facts},
    )
    return Reading(rollout=rollout, text=text, outcome=outcome, says=Says.VALUE, reasoned=True)


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("correct", True),
        ("not correct", False),
        ("wrong or correct and truncated", False),
        ("(wrong or correct) and not truncated", True),
        ("correct or wrong and truncated", True),
        ("not wrong and not truncated", True),
        ("answerable and answered and not abstained", True),
        ("reasoned", True),
        (
            "tokens > 9 and tokens <= 10 and tokens >= 10 and tokens < 11 and tokens == 10 and tokens != 9",
            True,
        ),
        ("tokens > 9.5", True),
        ("words == 2", True),
        ("characters > 18", False),
        ("steps < 1", True),
        ('has_tag("think")', True),
        ("has_tag('answer')", False),
        ('field("level") == "3"', True),
        ('field("level") == 3', False),
        ('field("n") == 2', True),
        ('field("missing") == "x"', False),
        ('field("one") == true', False),
        ('field("missing") == null', False),
        ('field("empty") == null', True),
        ("((((correct))))", True),
    ],
)
def test_meaning(text: str, holds: bool) -> None:
    assert parse(text).holds(reading()) is holds


def test_truncated_is_a_fact_beside_the_outcome() -> None:
    assert parse("truncated and correct").holds(reading(finish=Finish.LENGTH))


@pytest.mark.parametrize(
    ("text", "offset", "words"),
    [
        ("corect", 0, "did you mean 'correct'?"),
        ("correct and", 11, "expected a fact, found 'the end'"),
        ("correct wrong", 8, "expected 'and', 'or' or the end, found 'wrong'"),
        ("(correct", 8, "expected ')', found 'the end'"),
        ("tokens", 6, "'tokens' is a number; compare it"),
        ("tokens > many", 9, "expected a number after '>', found 'many'"),
        ("tokens => 3", 7, "'=' cannot be used"),
        ("correct & wrong", 8, "'&' cannot be used"),
        ("has_tag(think)", 8, "expected a name in quotes, found 'think'"),
        ('field("x") = 3', 11, "'=' cannot be used"),
        ('field("x") > 3', 11, "expected '==', found '>'"),
        ("__import__('os')", 0, "unknown fact '__import__'"),
        (" or ".join(["correct"] * 251), len(" or ".join(["correct"] * 250) + " or "), "at most 500 words"),
        ("not not correct", 4, "expected a fact, found 'not'"),
        ("", 0, "expected a fact, found 'the end'"),
    ],
)
def test_faults_point_into_the_condition(text: str, offset: int, words: str) -> None:
    with pytest.raises(ConditionError) as caught:
        parse(text)
    assert words in str(caught.value)
    assert caught.value.offset == offset


atoms = st.sampled_from(
    [
        "correct",
        "truncated",
        "reasoned",
        "tokens > 3",
        "words <= 2.5",
        'has_tag("think")',
        'field("a\\"b") == null',
    ]
)


@given(st.text(), st.text())
def test_any_text_in_quotes_reads_back(name: str, literal: str) -> None:
    field = Field(name, literal)
    assert parse(str(field)) == field
    assert parse(str(HasTag(name))) == HasTag(name)


conditions = st.recursive(
    atoms,
    lambda inner: (
        st.builds("({}) and ({})".format, inner, inner)
        | st.builds("({}) or ({})".format, inner, inner)
        | st.builds("not ({})".format, inner)
    ),
    max_leaves=6,
)


@given(conditions, st.sampled_from([Outcome.CORRECT, Outcome.WRONG]))
def test_one_canonical_print_that_reads_back_and_means_the_same(text: str, outcome: Outcome) -> None:
    condition = parse(text)
    again = parse(str(condition))
    assert str(again) == str(condition)
    assert again.holds(reading(outcome)) == condition.holds(reading(outcome))
    assert again == condition
    assert hash(again) == hash(condition)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_any_number_reads_back(number: float) -> None:
    """`tokens > 1234567` must not come back as 1.23457e+06, which pays somebody else."""
    condition = Compare("tokens", ">", number)
    assert parse(str(condition)).number == number


@pytest.mark.parametrize("number", ["768", "1234567", "0.5", "1e+20", "123456.75"])
def test_a_number_is_printed_as_people_write_it(number: str) -> None:
    assert str(parse(f"tokens > {number}")) == f"tokens > {number}"
