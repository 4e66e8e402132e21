"""No score lies outside its cell's interval, whatever is written: the ground that every proof stands on."""

from math import isfinite

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rewardkit.audit.space import Space
from rewardkit.recipe.discovery import all_recipes
from rewardkit.recipe.loading import load_recipe
from rewardkit.terms.cells import cell_of
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
    from rewardkit.terms.cells import cells

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


RICH = {
    "recipe": "rich",
    "version": 0,
    "answer": {"none": ["None"]},
    "reward": {
        "correctness": {"correct": 2.0, "wrong": -0.1, "no_answer": -0.3, "false_none": -0.8},
        "none": {"correct": 2.0, "missed": -0.5, "no_answer": -0.5},
        "format": {"value": 0.2, "when": "tokens < 3000 and not truncated"},
        "shape": {
            "kind": "max",
            "terms": [
                {"kind": "tag_count", "value": 0.2, "when": "words < 500"},
                {"kind": "boxed", "value": 0.1, "when": "reasoned", "otherwise": -0.05},
                {"kind": "reasoning_steps", "value": 0.15, "when": "tokens > 50"},
            ],
        },
        "too_long": {"kind": "soft_overlong", "max_length": 4096, "cache": 512, "penalty": -0.4},
        "characters": {"allow": ["ascii"], "price": -0.01, "floor": -0.2, "when": "words > 3"},
        "repetition": {"max_penalty": -0.3, "when": "tokens > 100 and steps < 9"},
        "style": {
            "kind": "product",
            "terms": [
                {"kind": "length", "unit": "words", "above": 400, "penalty": -0.2},
                {"kind": "language_share", "scripts": ["latin"], "when": "correct or wrong"},
            ],
        },
    },
}
"""Five prices and more, tied to one another by conditions on tokens, words and steps."""


def _part_of_rich():
    from rewardkit.recipe.recipe import Recipe

    labels = ("correctness", "too_long", "characters", "repetition", "style")
    return Recipe.model_validate({**RICH, "reward": {name: RICH["reward"][name] for name in labels}})


@pytest.mark.parametrize("reference", ["math-none@2", "r1-triplet@1", "gsm8k-shaped@1", "part of RICH"])
def test_eliminating_axes_finds_what_listing_every_cell_finds(reference, monkeypatch):
    from rewardkit.audit import space as module
    from rewardkit.terms.cells import cells

    monkeypatch.setattr(module, "MOST_LISTED", 0)
    recipe = _part_of_rich() if reference == "part of RICH" else load_recipe(reference)
    space = Space(recipe)
    assert {component.how for component in space.components} == {"eliminated"}
    for outcome in space.outcomes[:2]:
        bounds = [recipe.bounds(cell) for cell in cells(recipe.axes(), [outcome])]
        low, high = space.lowest(outcome), space.highest(outcome)
        assert low.pays.lo == pytest.approx(min(pays.lo for pays in bounds))
        assert high.pays.hi == pytest.approx(max(pays.hi for pays in bounds))
        assert recipe.bounds(low.cell).lo == pytest.approx(low.pays.lo)  # and the cell is where it says
        assert recipe.bounds(high.cell).hi == pytest.approx(high.pays.hi)


def test_a_rich_recipe_is_proven():
    """Five style prices tied together by conditions: 100,000 cells, and the order is proven all the same."""
    from rewardkit.audit import check
    from rewardkit.recipe.recipe import Recipe

    audit = check(Recipe.model_validate(RICH), fixes=False, groups=(16,))
    assert {
        code: str(audit.verdict(code)) for code in ("totality", "ordering", "ordering_none", "group")
    } == {
        "totality": "proven",
        "ordering": "proven",
        "ordering_none": "proven",
        "group": "refuted",
    }


def test_a_recipe_that_is_too_large_to_list_is_bounded_term_by_term():
    """Loose bounds hold the exact ones, and the clean style is still found."""
    from rewardkit.audit import space as module
    from rewardkit.terms.cells import cells

    for reference in ("math-none@2", "open-r1-stack@4", "gsm8k-shaped@1"):
        recipe = load_recipe(reference)
        exact = Space(recipe)
        with pytest.MonkeyPatch.context() as patch:
            for limit in ("MOST_CELLS", "MOST_LISTED", "MOST_STEPS"):
                patch.setattr(module, limit, 1)
            loose = Space(recipe)
            assert loose.loose
            for outcome in exact.outcomes:
                bounds = [recipe.bounds(cell) for cell in cells(recipe.axes(), [outcome])]
                assert loose.lowest(outcome).pays.lo <= min(pays.lo for pays in bounds)
                assert loose.highest(outcome).pays.hi >= max(pays.hi for pays in bounds)


def test_what_may_be_absent_is_bounded_by_what_is_paid():
    """A term that pays 0.5 or nothing is never below 0.5 where it is all there is."""
    from rewardkit.recipe.recipe import Recipe

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
