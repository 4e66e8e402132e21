"""A line of a score file is what `json` makes of the score's record, and paying alone pays what scoring pays."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewardkit import Rollout, load_recipe
from rewardkit.scoring.record import Lines, record

RECIPES = ["math-none@2", "math-none@3", "r1-triplet@1", "open-r1-stack@2", "playground-none@3"]
TEXTS = st.sampled_from(
    [
        r"\boxed{4}",
        r"\boxed{\frac{1}{2}}",
        "<think>a</think>",
        "<answer>4</answer>",
        "None",
        r"\boxed{None}",
        "é",
        "\ud800",
    ]
)


@st.composite
def groups(draw):
    name = draw(st.sampled_from(["q1", 'q"\n', "问"]))
    gold = draw(st.sampled_from(["4", "0.5", "None", "\\", "\ud800"]))
    return [
        Rollout(
            completion="".join(draw(st.lists(TEXTS, max_size=3))),
            gold=gold,
            id=draw(st.sampled_from(["", "7", "\x7f"])),
            group=name,
            sample=at,
            tokens=draw(st.integers(0, 2000)),
            token_ids=tuple(range(draw(st.integers(0, 60)))),
        )
        for at in range(draw(st.integers(1, 4)))
    ]


@pytest.mark.parametrize("name", RECIPES)
@given(rollouts=groups())
def test_a_line_is_that_of_the_score(name, rollouts):
    recipe = load_recipe(name)
    lines = Lines(recipe.reward, recipe.ref, recipe.digest)
    readings = recipe.read(rollouts)
    scores = recipe.score_readings(readings)
    paid = recipe.pay_readings(readings)
    assert [(one.total, one.values) for one in paid] == [(s.total, tuple(s.values.values())) for s in scores]
    for reading, one, score in zip(readings, paid, scores, strict=True):
        assert lines.line(reading, one) == json.dumps(record(score)) + "\n"


def test_a_payment_that_is_no_number_is_refused_not_written():
    recipe = load_recipe("math-none@2")
    readings = recipe.read([Rollout(completion="x", gold="1", tokens=3)])
    paid = recipe.pay_readings(readings)[0]
    lines = Lines(recipe.reward, recipe.ref, recipe.digest)
    for value in (float("nan"), float("inf")):
        with pytest.raises(ValueError, match="cannot be written"):
            lines.line(readings[0], type(paid)(value, paid.values))
