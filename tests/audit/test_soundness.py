"""No score lies outside its cell's interval, whatever is written: the ground that every proof stands on."""

from math import isfinite

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rewardkit.audit.space import Space
from rewardkit.cells import cell_of
from rewardkit.discovery import all_recipes
from rewardkit.loading import load_recipe
from rewardkit.types import Finish, Outcome, Rollout

SEEDS = [f"{place.name}@{place.version}" for place in all_recipes()]
PIECES = st.sampled_from(
    [
        "<think>",
        "</think>",
        "<think>\n",
        "\n</think>\n",
        "<answer>",
        "</answer>",
        "\n<answer>\n",
        "\n</answer>",
        r"\boxed{42}",
        r"\boxed{41}",
        r"\boxed{None}",
        "42",
        "None",
        "(50 + 25)",
        "50 + 25 + 1",
        "The answer is 42.",
        "语" * 12,
        "word " * 40,
        "\n",
        "αβ →",
        "x" * 900,
    ]
)


@st.composite
def rollouts(draw, countdown):
    gold = "75" if countdown else draw(st.sampled_from(["42", "41.5", "None"]))
    tokens = draw(st.integers(0, 1200))
    return Rollout(
        completion="".join(draw(st.lists(PIECES, max_size=9))),
        gold=gold,
        tokens=tokens,
        token_ids=tuple(draw(st.integers(0, 5)) for _ in range(3)),
        finish=draw(st.sampled_from(list(Finish))),
        fields={"nums": [50, 25, 1, 4]},
        group="g",
    )


@pytest.mark.parametrize("reference", SEEDS)
def test_no_score_lies_outside_its_cell(reference):
    recipe = load_recipe(reference)
    space = Space(recipe)
    axes = recipe.axes()
    lows = {o: space.lowest(o).pays.lo for o in space.outcomes if space.lowest(o)}
    highs = {o: space.highest(o).pays.hi for o in space.outcomes if space.highest(o)}

    @settings(deadline=None, max_examples=25)
    @given(st.lists(rollouts(recipe.answer.verify.kind == "countdown"), min_size=1, max_size=5))
    def holds(drawn):
        for score in recipe.score(drawn):
            if score.outcome == Outcome.UNDECIDED:
                assert score.total is None
                continue
            assert score.total in recipe.bounds(cell_of(score.reading, axes))
            if score.outcome in lows and score.total is not None:
                assert lows[score.outcome] - 1e-9 <= score.total <= highs[score.outcome] + 1e-9

    holds()


def test_extremes_of_components_are_those_of_the_whole_product():
    """The split by shared axes finds what listing every cell finds."""
    from rewardkit.cells import cells

    for reference in ("math-none@2", "r1-triplet@1", "open-r1-stack@4", "gsm8k-shaped@1"):
        recipe = load_recipe(reference)
        space = Space(recipe)
        for outcome in space.outcomes:
            bounds = [recipe.bounds(cell) for cell in cells(recipe.axes(), [outcome])]
            assert space.lowest(outcome).pays.lo == min(pays.lo for pays in bounds), (reference, outcome)
            assert space.highest(outcome).pays.hi == max(pays.hi for pays in bounds), (reference, outcome)


def test_bounds_are_tight_where_prices_are_flat():
    space = Space(load_recipe("math-none@1"))
    for outcome in space.outcomes:
        low, high = space.lowest(outcome).pays, space.highest(outcome).pays
        assert isfinite(low.lo)
        assert low.lo == low.hi
        assert high.lo == high.hi


def test_a_recipe_that_is_too_large_to_list_is_bounded_term_by_term():
    """Loose bounds hold the exact ones, and the clean style is still found."""
    from rewardkit.audit import space as module
    from rewardkit.cells import cells

    for reference in ("math-none@2", "open-r1-stack@4", "gsm8k-shaped@1"):
        recipe = load_recipe(reference)
        exact = Space(recipe)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, "MOST_CELLS", 1)
            loose = Space(recipe)
            assert loose.loose
            for outcome in exact.outcomes:
                bounds = [recipe.bounds(cell) for cell in cells(recipe.axes(), [outcome])]
                assert loose.lowest(outcome).pays.lo <= min(pays.lo for pays in bounds)
                assert loose.highest(outcome).pays.hi >= max(pays.hi for pays in bounds)


def test_what_may_be_absent_is_bounded_by_what_is_paid():
    """A term that pays 0.5 or nothing is never below 0.5 where it is all there is."""
    from rewardkit.recipe import Recipe

    recipe = Recipe.model_validate(
        {
            "recipe": "made",
            "version": 0,
            "reward": {
                "bonus": {"kind": "constant", "value": 0.5, "when": "tokens > 10"},
                "more": {"kind": "constant", "value": 0.25, "when": "reasoned"},
            },
        }
    )
    space = Space(recipe)
    assert space.lowest(Outcome.CORRECT).pays.lo == 0.25
    assert space.highest(Outcome.CORRECT).pays.hi == 0.75
