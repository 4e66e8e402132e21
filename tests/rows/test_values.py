"""Cells as JSON, CSV, parquet and pandas have them, and what they mean."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewardkit.kinds import EXTRACTORS
from rewardkit.rows import values
from rewardkit.rows.values import RowFault, number_text
from rewardkit.types import Finish


@pytest.mark.parametrize(
    ("cell", "gold"),
    [
        ("18", "18"),
        (18, "18"),
        (18.0, "18"),
        (np.float64(18.0), "18"),
        (np.int64(18), "18"),
        (Decimal("18.50"), "18.5"),
        (0.25, "0.25"),
        (-0.1, "-0.1"),
        (1e-7, "0.0000001"),
        (10**40, "1" + "0" * 40),
        (True, "True"),
        ("", ""),
        (["18", 18.0, "eighteen"], ("18", "18", "eighteen")),
        (["18"], "18"),
        (np.array(["1", "2"]), ("1", "2")),
    ],
)
def test_golds(cell, gold):
    assert values.golds(cell, None, False) == gold


@pytest.mark.parametrize("null", [None, float("nan"), np.float64("nan"), pd.NA, pd.NaT])
def test_a_null_gold_is_a_fault_unless_it_means_unanswerable(null):
    assert values.golds(null, None, True) is None
    with pytest.raises(RowFault, match=r"answer\.null_gold: unanswerable") as fault:
        values.golds(null, None, False)
    assert fault.value.kind == "null gold"


def test_an_empty_list_of_golds_is_a_missing_gold_whatever_null_means():
    with pytest.raises(RowFault) as fault:
        values.golds([], None, True)
    assert fault.value.kind == "missing gold"


def test_a_gold_inside_a_text():
    hashed = EXTRACTORS.get("hash")()
    assert values.golds("48/2 = 24\n#### 72", hashed, False) == "72"
    with pytest.raises(RowFault, match="'hash' finds no gold in the string that ends 'about 72'"):
        values.golds("about 72", hashed, False)


@given(st.integers())
def test_whole_numbers_print_as_they_are(number):
    assert number_text(number) == str(number)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_print_without_exponent_and_read_back(number):
    text = number_text(number)
    assert "e" not in text.lower()
    assert float(text) == number


def test_of_messages_the_assistants_after_the_last_user_are_the_completion():
    chat = [
        {"role": "user", "content": "1+1?"},
        {"role": "assistant", "content": "3"},
        {"role": "user", "content": "sure?"},
        {"role": "assistant", "content": "no: 2", "reasoning_content": "1+1 is 2"},
    ]
    said = values.said(chat)
    assert (said.text, said.reasoning, said.prompt) == ("no: 2", "1+1 is 2", chat[:3])


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ([{"role": "assistant", "content": "2"}], "2"),
        ({"role": "assistant", "content": "2"}, "2"),
        ([{"role": "assistant", "content": [{"type": "text", "text": "2"}, {"type": "image_url"}]}], "2"),
        (
            [
                {"role": "assistant", "content": None, "tool_calls": []},
                {"role": "tool", "content": "9"},
                {"role": "assistant", "content": "2"},
            ],
            "\n2",
        ),
        ("", ""),
    ],
)
def test_the_text_of_a_completion(cell, text):
    assert values.said(cell).text == text


@pytest.mark.parametrize(
    ("cell", "kind"),
    [
        (None, "missing completion"),
        (float("nan"), "missing completion"),
        ([{"role": "user", "content": "1+1?"}], "missing completion"),
        (5, "completion is not a string"),
        ({"text": "2"}, "completion is not a string"),
        ([{"role": "assistant", "content": 2}], "completion is not a string"),
    ],
)
def test_what_is_no_completion(cell, kind):
    with pytest.raises(RowFault) as fault:
        values.said(cell)
    assert fault.value.kind == kind


@pytest.mark.parametrize(("cell", "count"), [(7, 7), (7.0, 7), ("7", 7), (None, None), (float("nan"), None)])
def test_counts(cell, count):
    assert values.count(cell, "tokens") == count


@pytest.mark.parametrize("cell", [-1, 1.5, True, "many", [1, 2], float("inf")])
def test_what_is_no_count(cell):
    with pytest.raises(RowFault, match="tokens must be a whole number from 0"):
        values.count(cell, "tokens")


@pytest.mark.parametrize(
    ("cell", "finish"),
    [
        ("stop", Finish.STOP),
        ("eos_token", Finish.STOP),
        ("length", Finish.LENGTH),
        ("MAX_TOKENS", Finish.LENGTH),
        (True, Finish.LENGTH),
        (False, Finish.STOP),
        (np.bool_(True), Finish.LENGTH),
        (None, Finish.UNKNOWN),
        ("content_filter", Finish.UNKNOWN),
    ],
)
def test_finish_reasons(cell, finish):
    assert values.finish(cell) == finish


def test_a_list_is_no_finish_reason():
    with pytest.raises(RowFault, match=r"finish must be a word such as stop or length; found \['stop'\]"):
        values.finish(["stop"])
