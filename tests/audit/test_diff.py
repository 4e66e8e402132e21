"""Two recipes compared: cells, orders, advantages, and a migration proven."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rewardkit.audit.diff.diff import against, diff
from rewardkit.audit.diff.difference import PriceDifference
from rewardkit.audit.diff.rewards import TermMoves, tau_b
from rewardkit.audit.diff.specification import spec_diff
from rewardkit.audit.rollouts.load import load
from rewardkit.documents import encode
from rewardkit.errors import RewardkitError, UsageError
from rewardkit.recipe.loading import load_recipe, variant
from rewardkit.recipe.recipe import Recipe
from rewardkit.terms.cells import cell_of, merge
from rewardkit.terms.functions import reward_function, term
from rewardkit.types import Rollout


def math_none(version):
    return load_recipe(f"math-none@{version}")


def said(text, strays=0, **more):
    return Rollout(
        **{
            "completion": rf"\boxed{{{text}}}" + "語" * strays,
            "gold": "42",
            "tokens": 100,
            "group": "g",
            **more,
        }
    )


def test_what_v1_changed_is_one_cell():
    found = spec_diff(math_none(0), math_none(1))
    [block] = found.blocks
    assert block.outcomes == ("false_none",)
    assert block.ranges == {}
    assert block.change == "-0.7"
    assert found.prices["false_none"] == ("-0.1", "-0.8")


def test_what_v2_changed_is_every_outcome_from_one_stray_on():
    [block] = spec_diff(math_none(1), math_none(2)).blocks
    assert len(block.outcomes) == 7
    assert block.ranges == {"characters": ("[1, inf)",)}
    assert block.change == "-0.01 or less"


def made(reward, **more):
    return Recipe.model_validate({"recipe": "made", "version": 0, "reward": reward, **more})


TABLE = {"correct": 1.0, "wrong": 0.0, "no_answer": 0.0, "false_none": 0.0}
COSINE = {"kind": "cosine_length", "max_length": 1000, "wrong_short": 0.0, "wrong_long": 0.0}


def blocks(before, after, **more):
    found = spec_diff(made(before, **more), made(after, **more))
    return [(", ".join(block.outcomes), dict(block.ranges), block.change) for block in found.blocks]


def test_a_cosine_turned_around_changes_by_all_that_it_pays():
    """Both ends of the range stay where they are; each completion is paid otherwise."""
    falls, rises = (
        {**COSINE, "correct_short": 1.0, "correct_long": 0.0},
        {**COSINE, "correct_short": 0.0, "correct_long": 1.0},
    )
    assert blocks({"c": falls}, {"c": rises}) == [
        ("correct", {"tokens": ("[0, 999]",)}, "-1 to +1"),
        ("correct", {"tokens": ("[1000, inf)",)}, "+1"),
    ]


def test_the_change_of_a_slope_is_bounded_by_its_own_ends():
    """-0.1 becomes -0.2 along the same ramp: no completion is paid more, though the ranges overlap."""
    slope = {"kind": "length", "above": 100, "shape": "linear", "ramp": 100}
    found = blocks(
        {"correctness": TABLE, "l": {**slope, "penalty": -0.1}},
        {"correctness": TABLE, "l": {**slope, "penalty": -0.2}},
    )
    assert [(ranges, change) for _, ranges, change in found] == [
        ({"tokens": ("[101, 199]",)}, "-0.099 to -0.001"),
        ({"tokens": ("[200, inf)",)}, "-0.1"),
    ]


def test_what_both_hold_cancels():
    """Kimi's length is paid by its company; it is the same company before and after."""
    kimi = {"kind": "kimi_length"}
    after = {"correctness": {**TABLE, "wrong": -0.5}, "other_name": kimi}
    assert blocks({"correctness": TABLE, "k": kimi}, after) == [("wrong", {}, "-0.5")]


def test_two_slopes_without_a_bound_differ_without_a_bound():
    strays = {"kind": "characters", "allow": ["ascii"]}
    [(_, _, change)] = blocks(
        {"correctness": TABLE, "s": {**strays, "price": -0.01}},
        {"correctness": TABLE, "s": {**strays, "price": -0.02}},
    )
    assert change == "-0.01 or less"


def enumerate_labels(terms):
    """A list of terms with a label each."""
    for at, one in enumerate(terms):
        [(kind, parameters)] = one.items() if "kind" not in one else [(one["kind"], one)]
        yield f"{kind}_{at}", {"kind": kind, **(parameters or {})}


@pytest.mark.parametrize("seed", range(0, 36, 2))
def test_no_completion_is_paid_otherwise_than_the_difference_says(seed):
    """Random recipes, each against one with a term or two of another; bounds are of the difference itself."""
    from tests.soak.random_recipes import recipe as random_recipe
    from tests.soak.soak_random_recipes import rollouts

    one, two = random_recipe(seed), random_recipe(seed + 1)
    for made in (one, two):
        if isinstance(made["reward"], list):  # as a mapping, so that terms of one can be put into the other
            made["reward"] = dict(enumerate_labels(made["reward"]))
    two = {
        **one,
        "reward": {**one["reward"], **dict(list(two["reward"].items())[-2:])},
        "clip": two.get("clip"),
    }
    try:
        before, after = Recipe.model_validate(one), Recipe.model_validate(two)
    except (ValueError, RewardkitError):
        pytest.skip("one of the two is no recipe")
    if before.answer != after.answer or set(before.outcomes) != set(after.outcomes):
        pytest.skip("they read differently")
    axes = merge([*before.axes(), *after.axes()])
    difference = PriceDifference(before, after, axes)
    said = rollouts()[::7]
    for a, b in zip(before.score(said), after.score(said), strict=True):
        if a.total is not None and b.total is not None:
            low, high = difference.within(cell_of(a.reading, axes))
            assert low - 1e-5 <= b.total - a.total <= high + 1e-5, a.reading


def test_claims_that_change_are_named():
    found = diff(math_none(1), math_none(2))
    assert [str(change) for change in found.claims] == [
        f"{code}: proven -> refuted" for code in ("ordering", "ordering_none", "ordering_false_none")
    ]
    back = encode(diff(math_none(2), math_none(3)))["claims"]
    assert {(change["code"], change["after"]) for change in back} >= {
        ("ordering", "proven"),
        ("group", "proven"),
    }
    assert "claim ordering: proven -> refuted" in found.markdown()
    assert diff(math_none(0), math_none(0)).claims == ()


def test_a_recipe_does_not_differ_from_itself():
    found = spec_diff(math_none(2), math_none(2))
    assert found.same
    assert found.sentences() == ["nothing changed: both read and pay the same"]


def test_two_ways_to_say_the_same_price_change_terms_and_no_cell():
    before = math_none(1)
    after = variant(before, ["reward.correctness.false_none=-0.8", "reward.false_positive.penalty=0.0"])
    found = spec_diff(before, after)
    assert found.terms
    assert not found.blocks


def test_a_change_of_reading_is_told():
    found = spec_diff(math_none(0), variant(math_none(0), ["answer.extract=[answer_tag]"]))
    assert [setting.path for setting in found.reading] == ["answer.extract"]


def test_one_right_with_40_strays_beside_a_clean_one():
    group = [said("42"), said("42", 40), *[said("41")] * 6]
    held = diff(math_none(0), math_none(2), [group]).comparison
    assert round(held.cosine, 3) == 0.969
    assert (held.pairs.untied, held.pairs.reversed, held.pairs.tied) == (1, 0, 0)
    assert held.moved == 1
    assert held.by_term == {"characters": TermMoves(1, pytest.approx(-0.4))}


def test_a_right_answer_below_a_wrong_one_is_an_inversion():
    group = [said("42", 120), said("41")]
    found = diff(math_none(0), math_none(2), [group])
    assert found.comparison.pairs.inversions_before == 0
    assert found.comparison.pairs.inversions_after == 1
    assert found.comparison.pairs.reversed == 1
    assert [f.code for f in found.findings] == ["inversions"]


def test_the_preferred_checkpoint_flips():
    groups = [
        [said("42", 60, fields={"step": "late"}), said("42", fields={"step": "late"})],
        [said("42", fields={"step": "early"}), said("None", fields={"step": "early"})],
    ]
    groups = [[replace(r, group=str(at)) for r in group] for at, group in enumerate(groups)]
    held = diff(math_none(0), math_none(2), groups, checkpoint="step").comparison
    # v0: late 1, early (1 - 0.1) / 2 = 0.45; v2: late (0.4 + 1) / 2 = 0.7, early (1 - 0.8) / 2 = 0.1
    assert held.checkpoints == {"late": pytest.approx((1.0, 0.7)), "early": pytest.approx((0.45, 0.1))}
    assert held.preferred == ("late", "late")
    dear = variant(math_none(2), ["reward.characters.price=-0.05"])
    assert diff(math_none(0), dear, groups, checkpoint="step").comparison.preferred == ("late", "early")


values = st.lists(st.sampled_from([-0.3, -0.1, 0.0, 0.8, 1.0]), min_size=2, max_size=8)


@settings(deadline=None)
@given(st.tuples(values, values))
def test_tau_b_is_that_of_scipy(drawn):
    stats = pytest.importorskip("scipy.stats")
    size = min(map(len, drawn))
    a, b = (np.array(column[:size]) for column in drawn)
    theirs = stats.kendalltau(a, b).statistic
    assert tau_b(a, b) == pytest.approx(theirs, nan_ok=True)


@term(pays=(-1.0, 1.0), name="team_reward")
def team_reward(reading, *, strict: bool = False) -> float:
    """1 for a right answer, else 0: as a team had it before."""
    return 1.0 if reading.outcome.right else (-1.0 if strict else 0.0)


def plain(prices):
    return variant(
        load_recipe("r1-triplet@1"),
        [f"reward={{correctness: {{{prices}, no_answer: 0.0, false_none: 0.0}}}}"],
    )


def test_a_migration_is_proven_equal_or_its_differences_shown():
    same = plain("correct: 1.0, wrong: 0.0")
    found = diff(same, against(same, "team_reward"), must_equal=True)
    assert found.comparison.equal
    assert found.comparison.completions > 10
    assert not found.failed
    other = plain("correct: 1.0, wrong: -0.1")
    found = diff(other, against(other, "team_reward"), must_equal=True)
    assert found.failed
    assert {mover.outcome for mover in found.comparison.movers} == {"wrong"}
    assert diff(other, against(other, "team_reward", {"strict": True}), must_equal=True).failed


def test_a_trl_function_is_compared_on_rollouts():
    def paid(completions, gold, **rest):
        return [1.0 if f"{{{g}}}" in c else 0.0 for c, g in zip(completions, gold, strict=True)]

    reward_function("team_trl", paid, pays=(0.0, 1.0), gold_column="gold")
    recipe = plain("correct: 1.0, wrong: 0.0")
    group = [said("42"), said("41"), said("042")]
    found = diff(recipe, against(recipe, "team_trl"), [group], must_equal=True)
    assert found.comparison.moved == 1
    assert found.comparison.movers[0].completion == r"\boxed{042}"


def test_an_unknown_kind_is_named():
    with pytest.raises(UsageError, match="team_rewarx"):
        against(math_none(0), "team_rewarx")


@pytest.mark.data
def test_on_the_gsm8k_groups_a_change_of_reading_flips_the_model_preferred(shared_data):
    path = shared_data / "gsm8k" / "model_solutions.jsonl"
    one, two = load_recipe("open-r1-stack@2"), load_recipe("open-r1-stack@5")
    found = diff(one, two, load(path, one, two), checkpoint="models")
    labels: dict[str, list[bool]] = {}
    for line in path.open():
        row = json.loads(line)
        for name, label in zip(row["models"], row["labels"], strict=True):
            labels.setdefault(name, []).append(label)
    best = max(labels, key=lambda name: sum(labels[name]))
    assert found.comparison.preferred[1] == best
    assert found.comparison.preferred[0] != best
    assert encode(found)["comparison"]["completions"] == 2640
    assert found.markdown()
