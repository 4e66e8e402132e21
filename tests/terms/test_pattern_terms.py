"""Patterns, boxes, integers, steps, JSON and the random control."""

import re
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from rewardkit.errors import SetupError
from rewardkit.terms.labels import build

SHAPED = r"<think>.*?</think>\s*<answer>.*?</answer>"


@pytest.mark.parametrize(
    ("params", "text", "pays"),
    [
        ({"pattern": "b+"}, "abbc", 1.0),
        ({"pattern": "b+"}, "ac", 0.0),
        ({"pattern": "b+", "match": "fullmatch"}, "abbc", 0.0),
        ({"pattern": "b+", "match": "fullmatch"}, "bbb", 1.0),
        ({"pattern": "B", "flags": ["ignorecase"]}, "b", 1.0),
        ({"pattern": "^b", "flags": ["multiline"]}, "a\nb", 1.0),
        ({"pattern": "a.b"}, "a\nb", 0.0),
        ({"pattern": "a.b", "flags": ["dotall"]}, "a\nb", 1.0),
        ({"pattern": "a b # (", "flags": ["verbose"]}, "ab", 1.0),
        ({"pattern": r"\d", "flags": ["ascii"]}, "４", 0.0),
        ({"pattern": r"\p{Han}", "value": -0.2, "miss": 0.1}, "答", -0.2),
        ({"pattern": r"\p{Han}", "value": -0.2, "miss": 0.1}, "a", 0.1),
        # gsm8k-shaped's own shape: unanchored, empty tags and junk around pass
        (
            {"pattern": SHAPED, "flags": ["dotall"], "value": 0.5},
            "x <think></think>\n<answer></answer> y",
            0.5,
        ),
        (
            {"pattern": SHAPED, "flags": ["dotall"], "value": 0.5},
            "<think>a</think> so <answer>4</answer>",
            0.0,
        ),
    ],
)
def test_pattern(reading, params, text, pays):
    assert build("pattern", params).pay(reading(text)).value == pays


def test_a_match_without_end_pays_the_miss_and_says_so(reading):
    term = build("pattern", {"pattern": "(.*a){25}b", "timeout_seconds": 0.05, "miss": -0.5})
    paid = term.pay(reading("a" * 5000))
    assert (paid.value, paid.note) == (-0.5, "not matched within 0.05 s")


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({"pattern": "(a"}, "bad regex: missing \\)"),
        ({"pattern": "a", "flags": ["i"]}, "'ignorecase'"),
        ({"pattern": "a", "timeout_seconds": 0}, "greater than 0"),
        ({"pattern": "a", "match": "full"}, "'search' or 'fullmatch'"),
        ({}, "Field required"),
    ],
)
def test_a_bad_pattern_is_refused_with_the_remedy(params, says):
    with pytest.raises(ValidationError, match=says):
        build("pattern", params)


def test_a_bad_regex_is_pointed_at():
    with pytest.raises(ValidationError) as caught:
        build("pattern", {"pattern": "(a"})
    assert caught.value.errors()[0]["loc"] == ("pattern",)


@pytest.mark.parametrize(
    ("text", "outcome", "made", "anywhere", "single"),
    [
        (r"so \boxed{42}", "correct", {"answer": "42"}, 1.0, 1.0),
        (r"so \fbox{42}", "wrong", {"answer": "42"}, 1.0, 1.0),
        (r"\boxed{1} no, \boxed{42}", "correct", {"answer": "42"}, 1.0, 0.0),
        (r"<answer>\boxed{42}</answer>", "correct", {"answer": "42", "extractor": "answer_tag"}, 1.0, 1.0),
        (
            r"<answer>\boxed{42} cm</answer>",
            "wrong",
            {"answer": r"\boxed{42} cm", "extractor": "answer_tag"},
            1.0,
            1.0,
        ),
        ("<answer>42</answer>", "correct", {"answer": "42", "extractor": "answer_tag"}, 0.0, 0.0),
        (r"\boxed{41} The answer is 42", "correct", {"answer": "42", "extractor": "answer_line"}, 0.0, 0.0),
        (r"\boxed{None}", "none_correct", {"answer": "None"}, 1.0, 1.0),
        (r"\boxed{None}", "false_none", {"answer": "None"}, 1.0, 1.0),
        (r"\boxed{", "no_answer", {}, 0.0, 0.0),
        ("", "no_answer", {}, 0.0, 0.0),
    ],
)
def test_boxed(reading, text, outcome, made, anywhere, single):
    read = reading(text, outcome, **made)
    assert build("boxed", {}).pay(read).value == anywhere
    assert build("boxed", {"single": True}).pay(read).value == single


def test_boxes_in_the_reasoning_are_not_counted(reading):
    text = r"<think>try \boxed{7}</think>\boxed{42}"
    read = reading(text, "correct", answer="42", answer_from=text.index("</think>"))
    assert build("boxed", {"single": True}).pay(read).value == 1.0


@pytest.mark.parametrize(
    ("answer", "pays"),
    [
        ("42", 1.0),
        ("-7", 1.0),
        ("−7", 1.0),
        ("1,234,567", 1.0),
        ("10{,}000", 1.0),
        (" $42$ ", 1.0),
        ("42.0", 0.0),
        ("1/2", 0.0),
        ("12,34", 0.0),
        ("42 apples", 0.0),
        ("x", 0.0),
        ("４２", 0.0),
    ],
)
def test_integer_answer(reading, answer, pays):
    assert build("integer_answer", {}).pay(reading(answer, answer=answer)).value == pays


def test_none_and_nothing_are_no_integers(reading):
    assert build("integer_answer", {}).pay(reading("None", "false_none", answer="None")).value == 0.0
    assert build("integer_answer", {}).pay(reading("", "no_answer")).value == 0.0


GSM8K_SHAPED = re.compile(r"<answer>\s*(-?\d+)\s*</answer>", re.IGNORECASE)


@given(
    st.lists(
        st.sampled_from(["<answer>", "</answer>", "<ANSWER>", "-", "4", "４", " ", "\n", "x", "+"]),
        max_size=10,
    )
)
def test_gsm8k_shapeds_integer_reward_to_the_letter(reading, pieces):
    text = "".join(pieces)
    paid = build("integer_answer", {"preset": "gsm8k-shaped", "value": 0.25}).pay(reading(text))
    assert paid.value == (0.25 if GSM8K_SHAPED.search(text) else 0.0)


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("", 0),
        ("Step 1: a Step 2: b", 2),
        ("1. a\n2. b", 1),  # no MULTILINE: only the very start
        ("a\n- b\n* c", 2),
        ("First, a. Second, b. Next, c. Finally, d.", 4),
        ("first, a", 0),
    ],
)
def test_reasoning_steps(reading, text, steps):
    assert build("reasoning_steps", {"preset": "open-r1"}).pay(reading(text)).value == min(1.0, steps / 3)
    assert build("reasoning_steps", {"enough": 4, "value": 0.2}).pay(reading(text)).value == pytest.approx(
        0.2 * min(1.0, steps / 4)
    )


PERSON = {
    "type": "object",
    "required": ["name"],
    "properties": {"age": {"type": "integer"}},
    "additionalProperties": True,
}


@pytest.mark.parametrize(
    ("text", "pays"),
    [
        ('{"name": "Ada", "age": 36}', 1.0),
        ('```json\n{"name": "Ada"}\n```', 1.0),
        ('```\n{"name": "Ada"}\n```', 1.0),
        ('{"age": 36}', 0.0),
        ('{"name": "Ada", "age": "36"}', 0.0),
        ("[]", 0.0),
        ("Ada", 0.0),
        ('{"name": NaN}', 0.0),
        ('{"name": "Ada"} and more', 0.0),
        ("[" * 200_000, 0.0),
        ("9" * 100_000, 0.0),
        ("", 0.0),
    ],
)
def test_json_schema(reading, text, pays):
    pytest.importorskip("jsonschema")
    term = build("json_schema", {"conforms_to": PERSON, "part": "text"})
    assert term.pay(reading(text)).value == pays
    if text:
        answer = build("json_schema", {"conforms_to": PERSON})
        assert answer.pay(reading("so: " + text, answer=text)).value == pays
    assert build("json_schema", {"conforms_to": PERSON}).pay(reading(text, "no_answer")).value == 0.0


@pytest.mark.parametrize(
    ("schema", "says"),
    [
        ({"type": "objct"}, "not a JSON Schema, at type"),
        ({"$ref": "https://example.org/x.json"}, "points outside the schema"),
        ({"$ref": "#/$defs/nowhere"}, "points to nothing"),
        ({"items": {"$ref": "#anchor"}}, "points to nothing"),
    ],
)
def test_a_bad_schema_is_refused_when_the_recipe_is_read(schema, says):
    pytest.importorskip("jsonschema")
    with pytest.raises(ValidationError, match=re.escape(says)):
        build("json_schema", {"conforms_to": schema})


def test_a_schema_that_names_itself(reading):
    pytest.importorskip("jsonschema")
    tree_of_lists = {"type": "array", "items": {"$ref": "#/$defs/node"}, "$defs": {"node": {"$ref": "#"}}}
    term = build("json_schema", {"conforms_to": tree_of_lists, "part": "text"})
    assert term.pay(reading("[[], [[]]]")).value == 1.0
    assert term.pay(reading("[[], [1]]")).value == 0.0
    assert term.pay(reading("[" * 900 + "]" * 900)).value in (0.0, 1.0)  # deep, and no crash


def test_random_is_the_same_again_and_spread_evenly(reading):
    term = build("random", {})
    rows = [reading("same text", id=f"r{n}") for n in range(2000)]
    drawn = [term.pay(row).value for row in rows]
    assert drawn == [term.pay(row).value for row in rows]
    assert sum(drawn) / len(drawn) == pytest.approx(0.5, abs=0.03)
    assert len(set(drawn)) == len(drawn)
    assert drawn != [build("random", {"seed": 1}).pay(row).value for row in rows]


def test_random_by_chance_pays_one_of_two(reading):
    term = build("random", {"chance": 0.25, "low": -1.0, "high": 3.0})
    drawn = [term.pay(reading("text", sample=n)).value for n in range(2000)]
    assert set(drawn) == {-1.0, 3.0}
    assert drawn.count(3.0) / len(drawn) == pytest.approx(0.25, abs=0.04)
    with pytest.raises(ValidationError, match="swap them"):
        build("random", {"low": 1.0, "high": 0.0})


def test_a_missing_jsonschema_is_named_with_the_command_that_brings_it(monkeypatch):
    monkeypatch.setitem(
        sys.modules, "jsonschema", None
    )  # what Python does for a package that cannot be imported
    with pytest.raises(SetupError, match=r"pip install 'rewardkit\[json\]'"):
        build("json_schema", {"conforms_to": {}})
