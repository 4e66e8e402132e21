"""LCPO's length that is asked for; every number is worked by hand from equations 1 and 2 of arXiv 2503.04697."""

import pytest

from rewardkit.audit import check
from rewardkit.errors import MissingFact
from rewardkit.recipe.recipe import Recipe
from rewardkit.terms.labels import build


@pytest.mark.parametrize(
    ("params", "tokens", "pays"),
    [
        # exact: 0.0003 a token on either side
        ({}, 1000, 0.0),
        ({}, 900, -0.03),
        ({}, 2000, -0.3),
        ({"floor": -0.1}, 2000, -0.1),
        # max: 0.5 at the wished length, whole at 1667 tokens below it, nothing at 1667 above
        ({"mode": "max"}, 1000, 0.5),
        ({"mode": "max"}, 0, 0.8),
        ({"mode": "max"}, 2000, 0.2),
        ({"mode": "max"}, 2667, 0.0),
        ({"mode": "max", "alpha": 0.001}, 400, 1.0),
    ],
)
def test_the_distance_from_the_wished_length(reading, params, tokens, pays):
    term = build("target_length", {"column": "budget", **params})
    assert term.pay(reading(tokens=tokens, fields={"budget": 1000})).value == pytest.approx(pays)


@pytest.mark.parametrize(
    "fields", [{}, {"budget": None}, {"budget": "1000"}, {"budget": True}, {"budget": 0.5}]
)
def test_a_row_that_asks_for_no_length_is_an_error(reading, fields):
    term = build("target_length", {"column": "budget"})
    with pytest.raises(MissingFact, match="in the column 'budget'"):
        term.pay(reading(tokens=10, fields=fields))


def test_the_audits_write_rows_that_ask_for_a_length():
    recipe = Recipe.model_validate(
        {
            "recipe": "l1",
            "version": 0,
            "reward": {
                "correctness": {"correct": 1.0, "wrong": 0.0, "no_answer": 0.0, "false_none": 0.0},
                "target_length": {"column": "budget"},
            },
        }
    )
    audit = check(recipe)
    assert str(audit.verdict("ordering")) == "refuted"  # 20,000 tokens cost 5.7
    assert [f.fix for f in audit.of("unbounded")] == [("reward.target_length.floor=-0.3",)]
