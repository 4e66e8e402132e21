"""What each extractor finds, refuses and leaves to the next tier."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewardkit.extract import extract
from rewardkit.extract.boxed import Boxed
from rewardkit.extract.lines import AnswerLine, Hash, LastNumber
from rewardkit.extract.pattern import Pattern
from rewardkit.extract.reasoning import answer_start
from rewardkit.extract.tags import AnswerTag
from rewardkit.extract.whole import Whole
from rewardkit.kinds import EXTRACTORS

ABSENT = "absent"  # the tier is not there: the next may look
NOTHING = None  # the tier is there and holds nothing readable

BOXED = [
    (r"so \boxed{42}.", "42"),
    (r"\boxed{\frac{1}{\sqrt{2}}}", r"\frac{1}{\sqrt{2}}"),
    (r"\boxed{1}. Wait. \boxed{2}", "2"),
    (r"\boxed{7} and again \boxed{7}", "7"),
    (r"\boxed{\boxed{3}}", r"\boxed{3}"),
    (r"\fbox{5}", "5"),
    (r"\boxed {5}", "5"),
    (r"\boxed 5", "5"),
    (r"\boxed{ }", NOTHING),
    (r"\boxed{12", NOTHING),
    (r"\boxed{1} then \boxed{2", NOTHING),
    (r"\boxed{1} then \boxed{}", NOTHING),
    (r"put it in \boxed{}. It is \boxed{7}.", "7"),
    (r"\boxed{\{1, 2\}}", r"\{1, 2\}"),
    (r"\boxed{a\}b}", r"a\}b"),
    ("boxed{42}", ABSENT),
    ("a box of 42", ABSENT),
    (r"use \boxed to answer", ABSENT),
    (r"$x=\boxed{2}$ or $x=\boxed{-3}$", "2, -3"),
    (r"\boxed{2} and \boxed{3}", "2, 3"),
    (r"\boxed{2}, \boxed{3}, \boxed{2}", "3, 2"),
    (r"\boxed{2} is wrong, so \boxed{3}", "3"),
    (r"\boxed{2}. \boxed{3}", "3"),
]

TAGS = [
    ("<answer>42</answer>", "42"),
    ("<answer> $\\frac12$ </answer>", "$\\frac12$"),
    ("<answer>1</answer><answer>2</answer>", "2"),
    ("<answer>1</answer> no: <answer>2", NOTHING),
    ("<answer></answer>", NOTHING),
    ("<answer>\\boxed{3}</answer>", "3"),
    ("<answer>\\boxed{}</answer>", NOTHING),
    ("the answer is 42", ABSENT),
    ("</answer>42", ABSENT),
]

HASH = [
    ("sum\n#### 18", "18"),
    ("#### 1\n#### 2", "2"),
    ("= 18 #### 18\nmore", "18"),
    ("####\n18", NOTHING),
    ("##### 18", ABSENT),
    ("### 18", ABSENT),
]

LINES = [
    ("The answer is 42 if n is even and 43 otherwise.", NOTHING),
    ("The answer is $42$ for $n=1$ and $43$ for $n=2$.", NOTHING),
    ("The answer is 42, and we used 3 cups for it.", "42"),
    ("Some say the answer is 42. They are wrong.", NOTHING),
    ("The answer is 42. That is right.", "42"),
    ("The answer is definitely 42.", "42"),
    ("Answer:\n- 5", "5"),
    ("Answer:\n- 5\n- 6", NOTHING),
    ("Answer:\n-5", "-5"),
    ("Answer: - 5", "- 5"),
    ("The answer is 42.", "42"),
    ("The answer is 42, since 6*7=42.", "42"),
    ("The final answer is $x=5$.", "x=5"),
    ("So the answer is $18.", "$18"),
    ("The answer is .5", ".5"),
    ("The answer is 3.75 because of that.", "3.75"),
    ("The answer is:\n\n42", "42"),
    ("Answer: 1,234 people", "1,234 people"),
    ("**Answer:** 73", "73"),
    ("**Final answer: 73**", "73"),
    ("## Answer\n**x = 5**", "x = 5"),
    ("sum\nA: 18", "18"),
    ("The answer is 1. The answer is 2.", "2"),
    ("The answer is Evelyn.", "Evelyn"),
    ("The answer is (B).", "(B)"),
    ("The answer is \\(\\dfrac{7}{3}\\)", "\\dfrac{7}{3}"),
    ("答案是5。", "5"),
    ("最终答案：$3$", "3"),
    ("不能选 B，因为它不成立。故选 D。", "D"),
    ("So the answer is 41. It cannot be 42.", "41"),
    ("The answer is not 42.", NOTHING),
    ("The answer is 5 or 6.", NOTHING),
    ("The answer is $5$ or $6$.", NOTHING),
    ("The answer is at least 7.", NOTHING),
    ("The answer is between 10 and 20.", NOTHING),
    ("The answer is approximately 3.1.", NOTHING),
    ("The answer is probably 4", NOTHING),
    ("答案不是5", ABSENT),
    ("The answer isn't 41, it's 42.", ABSENT),
    ("42 is wrong. I don't know.", ABSENT),
    ("She makes 18 dollars.", ABSENT),
    ("A good approach. A: too small.", ABSENT),
]

NUMBERS = [
    ("so it is 9 * 2 = $18 a day", "$18"),
    ("$200,000-$130,000=$70,000.", "$70,000"),
    ("10 - 3 = 7 apples", "7"),
    ("it fell to -5.", "-5"),
    ("each gets 3.75 dollars.", "3.75"),
    ("a chance of 3/8.", "3/8"),
    ("it is \\frac{3}{8}.", "\\frac{3}{8}"),
    ("grew by 50%", "50%"),
    ("no number", ABSENT),
]


def outcome(tier, text):
    found = tier.find(text)
    return ABSENT if found is None else found.text


@pytest.mark.parametrize(("text", "wanted"), BOXED)
def test_boxed(text, wanted):
    assert outcome(Boxed(), text) == wanted


@pytest.mark.parametrize(("text", "wanted"), TAGS)
def test_answer_tag(text, wanted):
    assert outcome(AnswerTag(), text) == wanted


@pytest.mark.parametrize(("text", "wanted"), HASH)
def test_hash(text, wanted):
    assert outcome(Hash(), text) == wanted


@pytest.mark.parametrize(("text", "wanted"), LINES)
def test_answer_line(text, wanted):
    assert outcome(AnswerLine(), text) == wanted


@pytest.mark.parametrize(("text", "wanted"), NUMBERS)
def test_last_number(text, wanted):
    assert outcome(LastNumber(), text) == wanted


def test_whole():
    found = Whole().find("<think>a</think>\n 42 \n", 16)
    assert found is not None
    assert (found.text, found.span) == ("42", (18, 20))
    assert Whole().find(" \n") is None


PATTERNS = [
    (
        {"regex": r"<answer>(.*?)</answer>", "occurrence": "first"},
        "<answer>1</answer><answer>2</answer>",
        "1",
    ),
    ({"regex": r"<answer>(.*?)</answer>"}, "<answer>1</answer><answer>2</answer>", "2"),
    ({"regex": r"<answer>(.*?)</answer>"}, "<answer>\n 1 \n</answer>", ABSENT),
    ({"regex": r"<answer>(.*?)</answer>", "dotall": True}, "<answer>\n 1 \n</answer>", "\n 1 \n"),
    ({"regex": r"ANSWER (\d+)", "ignore_case": True}, "answer 7", "7"),
    ({"regex": r"\d+", "group": 0}, "a 1 b 22", "22"),
    ({"regex": r"x(?P<n>\d*)", "group": "n"}, "x", NOTHING),
]


@pytest.mark.parametrize(("params", "text", "wanted"), PATTERNS)
def test_pattern(params, text, wanted):
    assert outcome(Pattern(**params), text) == wanted


def test_pattern_gives_up_on_a_slow_match():
    found = Pattern(regex=r"((a|aa)+)+$", timeout_s=0.05).find("a" * 4000 + "b")
    assert found is None or (found.text is None and "took over" in found.problem)


@pytest.mark.parametrize(
    "params", [{"regex": "("}, {"regex": "a"}, {"regex": "(a)", "group": 2}, {"regex": "(a)", "group": "b"}]
)
def test_pattern_faults(params):
    with pytest.raises(ValueError, match=r"regular expression|no group"):
        Pattern(**params)


REASONING = [
    ("no tags", False, 0, False),
    ("<think>a</think>b", False, 16, True),
    ("<think> </think>b", False, 16, False),
    ("a</think>b", False, 9, True),
    ("a</think>b", True, 9, True),
    ("<think>a", False, None, False),
    ("a", True, None, False),
    ("<think>a</think>b<think>c", False, None, False),
    ("<think>a</think>b<think>c</think>d", False, 33, True),
]


@pytest.mark.parametrize(("text", "prefilled", "start", "reasoned"), REASONING)
def test_answer_start(text, prefilled, start, reasoned):
    assert answer_start(text, "<think>", "</think>", prefilled) == (start, reasoned)


TIERS = [
    # never a fall-back once a higher tier is present
    (r"\boxed{} The answer is 42.", NOTHING),
    (r"\boxed{12 The answer is 42.", NOTHING),
    ("<answer> The answer is 42.", NOTHING),
    (r"The sum is \boxed{41}. <answer>42</answer>", "42"),
    ("no box. The answer is 42.", "42"),
    ("nothing to see", ABSENT),
]


@pytest.mark.parametrize(("text", "wanted"), TIERS)
def test_first_present_tier_is_final(text, wanted):
    found = extract(text, [AnswerTag(), Boxed(), Hash(), AnswerLine()])
    assert (ABSENT if found is None else found.text) == wanted


def test_what_stands_before_the_start_is_not_seen():
    text = r"<think>\boxed{1} <answer>2</answer> #### 3. The answer is 4.</think>done"
    start, _ = answer_start(text, "<think>", "</think>")
    assert start is not None
    assert extract(text, [AnswerTag(), Boxed(), Hash(), AnswerLine(), LastNumber()], start) is None


@pytest.mark.parametrize("name", EXTRACTORS.names())
@given(
    text=st.text(alphabet=st.sampled_from("a1{}\\$#<>/. \n答A:boxedanswr"), max_size=80),
    start=st.integers(0, 5),
)
def test_spans_point_into_the_text(name, text, start):
    tier = EXTRACTORS.get(name)(**({"regex": r"(\d+)"} if name == "pattern" else {}))
    found = tier.find(text, min(start, len(text)))
    if found is not None:
        left, right = found.span
        assert min(start, len(text)) <= left <= right <= len(text)
        if found.text is not None and not found.parts and name != "answer_line":
            assert found.text in text[left:right]


@pytest.mark.parametrize("name", ["boxed", "answer_tag", "hash", "answer_line", "last_number", "whole"])
@pytest.mark.parametrize(
    "unit", ["\\boxed{", "{", "<answer>", "####", "The answer is ", "1,", "$", "\\frac{", "A:\n", "答"]
)
def test_a_megabyte_is_no_trouble(name, unit):
    tier = EXTRACTORS.get(name)()
    tier.find(
        unit * (1_000_000 // len(unit))
    )  # the suite's timeout is what this runs into when it is not linear
