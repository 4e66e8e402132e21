"""Mean, spread, shares and groups without spread, by hand."""

import io
import json
import math
import statistics
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from rewardkit.documents import encode
from rewardkit.formatting import printable, signed
from rewardkit.scoring.moments import MOST_DISTINCT, Moments
from rewardkit.scoring.summary import Summary, render


def record(total, outcome="correct", route="literal", **terms):
    return {"total": total, "outcome": outcome, "route": route, "terms": terms}


@given(st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=30))
def test_moments_are_those_of_the_standard_library(numbers):
    moments = Moments()
    for number in numbers:
        moments.add(number)
    assert moments.mean == pytest.approx(statistics.fmean(numbers), abs=1e-9)
    assert moments.spread == pytest.approx(statistics.stdev(numbers), abs=1e-6)
    assert (moments.lowest, moments.highest) == (min(numbers), max(numbers))


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=30), st.data())
def test_moments_of_parts_are_those_of_the_whole_to_the_last_bit(numbers, data):
    whole, parts = Moments(), Moments()
    whole.add_all(numbers)
    shuffled = data.draw(st.permutations(numbers))
    cut = data.draw(st.integers(0, len(numbers)))
    for some in (shuffled[:cut], [], shuffled[cut:]):
        part = Moments()
        part.add_all(some)
        parts.merge(Moments.from_state(json.loads(json.dumps(part.state()))))
    assert parts.plain() == whole.plain()
    assert whole.mean == float(sum(map(Fraction, numbers)) / len(numbers))


def test_moments_are_exact_past_the_values_that_are_counted_one_by_one():
    moments = Moments()
    for number in range(3 * MOST_DISTINCT):
        moments.add(0.1 * number)
    numbers = [Fraction(0.1 * number) for number in range(3 * MOST_DISTINCT)]
    assert moments.mean == float(sum(numbers) / len(numbers))
    assert moments.count == len(numbers)


def test_no_number_is_not_zero():
    assert Moments().plain() == {"paid": 0, "mean": None, "spread": None, "lowest": None, "highest": None}
    one = Moments()
    one.add(0.5)
    assert one.plain()["spread"] is None


def summary():
    made = Summary("r@0", "0" * 16, "rows.jsonl")
    made.add_group([record(1.0, a=1.0, b=None), record(0.0, "wrong", a=0.0, b=None)])
    made.add_group([record(1.0, a=1.0, b=None), record(1.0, a=1.0, b=None)])
    made.add_group([record(None, "undecided", "gold", a=None, b=None), record(1.0, a=1.0, b=0.5)])
    return made


def test_a_summary_by_hand():
    plain = encode(summary())
    assert plain["completions"] == 6
    assert plain["total"]["mean"] == pytest.approx(0.8)  # 4 of 5: the undecided has none
    assert plain["total"]["spread"] == pytest.approx(math.sqrt((4 * 0.04 + 0.64) / 4))
    assert plain["terms"]["b"] == {"paid": 1, "mean": 0.5, "spread": None, "lowest": 0.5, "highest": 0.5}
    assert plain["outcomes"] == {"correct": 4, "wrong": 1, "undecided": 1}
    assert plain["shares"]["wrong"] == pytest.approx(1 / 6)
    assert plain["groups"] == {"count": 3, "compared": 2, "zero_spread": 1}  # one total is no comparison


def test_bad_rows_are_counted_beyond_those_that_are_named():
    made = summary()
    for row in range(50):
        made.leave_out("missing gold", f"rows.jsonl:{row}: no gold")
    plain = encode(made)["bad_rows"]
    assert plain["count"] == 50
    assert plain["by_kind"] == {"missing gold": 50}
    assert len(plain["first"]) == 20


def test_it_prints_within_eighty_columns():
    made = summary()
    made.add_group(
        [record(-123.4567, "none_no_answer", "symbolic", a_label_that_is_quite_long_really=-123.4567)]
    )
    made.leave_out("null gold", "rows.jsonl:9: null\x1b[31m \ud800")
    out = io.StringIO()
    console = Console(file=out, width=80, highlight=False)
    for part in render(encode(made)):
        console.print(part)
    text = out.getvalue()
    text.encode("utf-8")
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) <= 80
    assert "1 of 2 groups (50.0%) have zero spread" in text
    assert "1 bad row left out, and not scored (null gold: 1)" in text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.9, "+0.90"),
        (-0.0625, "-0.0625"),
        (0.0, "+0.00"),
        (None, "–"),
        (0.9267766952966369, "+0.9268"),
        (-1e-6, "-1e-06"),
    ],
)
def test_payments(value, text):
    assert signed(value) == text


def test_printable():
    assert printable("a\x00\ud800\n☃") == "a\\x00\\ud800\\n☃"
