"""Tags: the strict shape, what its parameters allow, a prompt that opened the reasoning, and the field's
own patterns, held against the regular expressions themselves."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from rewardkit.terms.kinds.shapes import PARITY
from rewardkit.terms.labels import build, tree

GOOD = "<think>7 + 3 = 10</think><answer>10</answer>"


@pytest.mark.parametrize(
    ("text", "note"),
    [
        (GOOD, ""),
        ("<think>\n7\n</think>\n\n<answer>\n10\n</answer>", ""),
        ("\n" + GOOD + "\n", ""),
        ("", "no <think>"),
        ("10", "no <think>"),
        ("<think></think><answer></answer>", "<think> is empty"),
        ("<think> \n</think><answer>10</answer>", "<think> is empty"),
        ("<think>7</think><answer> </answer>", "<answer> is empty"),
        ("<answer>10</answer>", "<answer> where <think> is expected"),
        ("<answer>10</answer><think>7</think>", "<answer> where <think> is expected"),
        ("<think>7</think>", "no <answer>"),
        ("<think>7<answer>10</answer>", "<answer> inside <think>"),
        ("<think>7</think><answer>10", "<answer> is not closed"),
        ("<think>7", "<think> is not closed"),
        ("Sure! " + GOOD, "text before <think>"),
        ("<think>7</think> so <answer>10</answer>", "text before <answer>"),
        (GOOD + ".", "text after </answer>"),
        (GOOD + "\nuser: next", "text after </answer>"),
        (GOOD + GOOD, "<think> after the last block"),
        (GOOD + "<answer>11</answer>", "<answer> after the last block"),
        (GOOD + "</answer>", "</answer> after the last block"),
        ("<think>a<think>b</think></think><answer>10</answer>", "<think> inside <think>"),
        ("<think>a</think></think><answer>10</answer>", "</think> where <answer> is expected"),
        ("<think>a</think><answer><answer>10</answer></answer>", "<answer> inside <answer>"),
        ("<think>a</think><answer>10</think></answer>", "</think> inside <answer>"),
        ("<Think>a</Think><answer>10</answer>", "<answer> where <think> is expected"),
        ("<think>a</think\n><answer>10</answer>", "<answer> inside <think>"),
    ],
)
def test_strict_to_the_last_character(reading, text, note):
    paid = build("format", {}).pay(reading(text))
    assert (paid.value, paid.note) == ((0.0, note) if note else (1.0, "in shape"))


@pytest.mark.parametrize(
    ("params", "text", "passes"),
    [
        ({"empty": True}, "<think></think><answer>10</answer>", True),
        ({"repeated": True}, GOOD + GOOD, True),
        ({"repeated": True}, GOOD + "<answer>10</answer>", False),
        ({"nested": True}, "<think>a<think>b</think>c</think><answer>10</answer>", True),
        ({"nested": True}, "<think>try <answer>9</answer>, no</think><answer>10</answer>", True),
        ({"nested": True}, "<think>a<think>b</think><answer>10</answer>", False),
        ({"before": "text"}, "Sure! " + GOOD, True),
        ({"between": "text"}, "<think>7</think> so <answer>10</answer>", True),
        ({"after": "text"}, GOOD + " done", True),
        ({"after": "nothing"}, GOOD, True),
        ({"after": "nothing"}, GOOD + "\n", False),
        ({"before": "nothing"}, "\n" + GOOD, False),
        ({"between": "nothing"}, "<think>7</think>\n<answer>10</answer>", False),
        ({"tags": ["answer"]}, "<answer>10</answer>", True),
        ({"tags": ["plan", "code", "test"]}, "<plan>a</plan><code>b</code><test>c</test>", True),
        ({"tags": ["plan", "code"]}, "<code>b</code><plan>a</plan>", False),
        ({"preset": "think"}, "<think>a</think> The answer is 10.", True),
        ({"preset": "think"}, "<think>a</think>", True),
        ({"preset": "think"}, "<think></think> 10", False),
        ({"preset": "think"}, "<think>a 10", False),
        ({"preset": "think"}, "10 <think>a</think>", False),
        ({"preset": "think"}, "<think>a</think> 10 <think>b</think>", False),
        ({"preset": "think", "before": "text"}, "10 <think>a</think>", True),
    ],
)
def test_what_parameters_allow(reading, params, text, passes):
    assert build("format", params).pay(reading(text)).value == float(passes)


@pytest.mark.parametrize(
    ("params", "text", "passes"),
    [
        ({}, "7</think><answer>10</answer>", True),
        ({}, "</think><answer>10</answer>", False),  # still empty
        ({}, GOOD, False),  # the prompt's tag and the model's: twice
        ({}, "<answer>10</answer>", False),
        ({"preset": "think"}, "7</think> 10", True),
        ({"tags": ["scratch", "answer"]}, "7</scratch><answer>10</answer>", True),
        ({"tags": ["answer"], "before": "text"}, "7</think><answer>10</answer>", True),
        ({"preset": "open-r1"}, "7\n</think>\n<answer>\n10\n</answer>", True),
        ({"preset": "trl"}, "7</think>10", True),
        ({"preset": "ms-swift"}, "7</think><answer>10</answer>", True),
    ],
)
def test_a_reasoning_that_the_prompt_opened(reading, params, text, passes):
    assert build("format", params).pay(reading(text, prefilled=True)).value == float(passes)


PATTERNS = {
    "open-r1": r"^<think>\n.*?\n</think>\n<answer>\n.*?\n</answer>$",
    "trl": r"^<think>(?!.*<think>)(.*?)</think>.*$",
    "ms-swift": r"^<think>.*?</think>\s*<answer>.*?</answer>(?![\s\S])",
}
PIECES = [
    "<think>",
    "</think>",
    "<answer>",
    "</answer>",
    "\n",
    "\n\n",
    " ",
    "x",
    "<think>\n",
    "\n</think>\n<answer>\n",
    "\n</answer>",
]


@given(pieces=st.lists(st.sampled_from(PIECES), max_size=14), project=st.sampled_from(sorted(PATTERNS)))
def test_parity_with_the_fields_expressions(pieces, project):
    text = "".join(pieces)
    matched = re.match(PATTERNS[project], text, re.DOTALL | re.MULTILINE)
    assert (PARITY[project](text) == "") == bool(matched)


@pytest.mark.parametrize(
    ("preset", "text", "pays"),
    [
        ("open-r1", "<think>\na\n</think>\n<answer>\n10\n</answer>", 1.0),
        ("open-r1", "<think>\na\n</think>\n<answer>\n10\n</answer>\ngarbage", 1.0),  # its MULTILINE $
        ("open-r1", "<think> a </think><answer> 10 </answer>", 0.0),  # its own report's prompt
        ("open-r1", "<think>\n\n</think>\n<answer>\n\n</answer>", 1.0),  # empty passes
        ("trl", "<think>a</think></think>", 1.0),  # a second </think>, and no answer
        ("trl", "<think>a<think>b</think>", 0.0),
        ("ms-swift", GOOD, 1.0),
        ("ms-swift", GOOD + "\n", 0.0),
    ],
)
def test_parity_presets_with_their_known_holes(reading, preset, text, pays):
    assert build("format", {"preset": preset}).pay(reading(text)).value == pays


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({"tags": []}, "name at least one"),
        ({"tags": ["think", "think"]}, "'think' is listed twice"),
        ({"tags": ["<think>"]}, "without its brackets, as in think"),
        ({"preset": "open-r1", "empty": True}, "`empty` has no effect"),
        ({"preset": "strict"}, "'think_answer', 'think'"),
        ({"after": "junk"}, "'nothing', 'whitespace' or 'text'"),
    ],
)
def test_a_bad_shape_is_refused_with_the_remedy(params, says):
    with pytest.raises(ValidationError, match=says):
        build("format", params)


@pytest.mark.parametrize(
    ("params", "text", "pays"),
    [
        ({}, GOOD, 1.0),
        ({}, "<think>7</think>10", 0.5),
        ({}, GOOD + "</answer>", 0.75),
        ({}, "", 0.0),
        ({}, "</answer></think><answer><think>", 1.0),  # order is not its affair
        ({"value": 2.0}, "<think>7</think>10", 1.0),
        ({"expect": ["\\boxed"], "value": 0.5}, r"\boxed{1}", 0.5),
        ({"preset": "open-r1"}, "<think>\na\n</think>\n<answer>\n10\n</answer>", 1.0),
        ({"preset": "open-r1"}, "<think>\na\n</think>\n<answer>\n10</answer>", 0.75),
        ({"preset": "open-r1"}, "<think> a </think><answer> 10 </answer>", 0.0),
        ({"preset": "open-r1"}, "<think>\na\n</think><answer>\n10\n</answer>", 0.5),
    ],
)
def test_tag_count(reading, params, text, pays):
    assert build("tag_count", params).pay(reading(text)).value == pytest.approx(pays)


def test_tag_count_where_the_prompt_opened_the_reasoning(reading):
    text = "a\n</think>\n<answer>\n10\n</answer>"
    assert build("tag_count", {"preset": "open-r1"}).pay(reading(text)).value == 0.75
    assert build("tag_count", {"preset": "open-r1"}).pay(reading(text, prefilled=True)).value == 1.0
    assert build("tag_count", {}).pay(reading(GOOD, prefilled=True)).value == 0.75


def test_presets_read_back_as_they_print():
    for kind, preset in [
        ("format", name) for name in ("think_answer", "think", "open-r1", "trl", "ms-swift")
    ] + [("tag_count", "open-r1")]:
        term = build(kind, {"preset": preset, "value": 0.5})
        assert build(kind, tree(kind, term)) == term
    assert build("format", {"preset": "think_answer"}) == build("format", {})


@pytest.mark.parametrize(
    "params", [{}, {"nested": True, "repeated": True}, {"preset": "open-r1"}, {"preset": "ms-swift"}]
)
@pytest.mark.parametrize(
    "piece", ["<think>", "</think>", "\n</think>\n<answer>\n", "</think> <answer>", "<answer>", "{", " ", "<"]
)
def test_megabytes_of_tags_are_walked_once(reading, params, piece):
    # Quadratic work on 100,000 pieces would not end within the suite's time limit.
    assert build("format", params).pay(reading("<think>\n" + piece * 100_000)).value == 0.0
