"""What `check` says of the seed recipes, worked by hand."""

from dataclasses import replace

import pytest

from rewardkit.audit import check
from rewardkit.audit.findings import ClaimVerdict, Severity
from rewardkit.audit.proof.abstention import scoring_of
from rewardkit.audit.rollouts.grpo import of_group
from rewardkit.audit.space import Space
from rewardkit.documents import encode
from rewardkit.recipe.discovery import all_recipes
from rewardkit.recipe.loading import load_recipe, variant
from rewardkit.recipe.recipe import Recipe

U = 0.13


def scoring(version):
    return scoring_of(Space(load_recipe(f"math-none@{version}")))


def recipe(reward, none=(), name="made", **answer):
    return Recipe.model_validate(
        {
            "recipe": name,
            "version": 0,
            "answer": {"extract": ["boxed"], "verify": "exact", "none": list(none), **answer},
            "reward": reward,
        }
    )


TABLE = {"kind": "correctness", "correct": 1.0, "wrong": 0.0, "no_answer": 0.0, "false_none": 0.0}


# --- scoring rules ---------------------------------------------------------------------------------


def test_what_degenerate_policies_earn_on_the_mix_of_math_none():
    assert scoring(0).always_none(U) == pytest.approx(0.043)
    assert scoring(1).always_none(U) == pytest.approx(-0.566)
    assert scoring(0).always_answer(U, 0.0) == pytest.approx(-0.152)
    assert scoring(1).always_answer(U, 0.0) == pytest.approx(-0.152)


@pytest.mark.parametrize(
    ("version", "thresholds"), [(0, (0.0, 0.268, 0.423)), (1, (0.318, 0.455, 0.545))], ids=["v0", "v1"]
)
def test_where_saying_none_begins_to_pay(version, thresholds):
    rule = scoring(version)
    assert [round(rule.threshold(c), 3) for c in (0.0, 0.5, 1.0)] == list(thresholds)


def test_without_discrimination_v0_pays_none_below_a_chance_of_0_204():
    assert scoring(0).break_even(U) == pytest.approx(0.204, abs=5e-4)
    assert scoring(1).break_even(U) is None


def test_the_price_of_a_wished_threshold_makes_it_so():
    assert scoring(0).penalty_for(0.5, 0.55) == pytest.approx(-0.995)
    [found] = check(load_recipe("math-none@1"), wished=(0.5, 0.55)).of("abstention_price")
    assert found.fix == ("reward.false_positive.penalty=-0.995",)
    fixed = scoring_of(Space(variant(load_recipe("math-none@1"), found.fix)))
    assert fixed.threshold(0.55) == pytest.approx(0.5)


# --- math-none -------------------------------------------------------------------------------------


def test_v2_fails_ordering_from_91_stray_characters_on():
    [found] = check(load_recipe("math-none@2")).of("ordering")
    assert found.verdict == ClaimVerdict.REFUTED
    assert found.severity == Severity.ERROR
    right, _ = found.witness.rollouts
    assert right.completion.count("語") == 91
    assert right.tokens == 769
    assert [round(total, 3) for total in found.witness.totals] == [-0.11, -0.1]


def test_90_stray_characters_are_not_enough():
    rewards = load_recipe("math-none@2")
    right, wrong = check(rewards).of("ordering")[0].witness.rollouts
    fewer = replace(right, completion=right.completion.replace("語", "", 1))
    a, b = (score.total for score in rewards.score([fewer, wrong]))
    assert a == pytest.approx(b)


def test_every_witness_scores_what_is_said():
    for reference in ("math-none@0", "math-none@2", "r1-triplet@1", "open-r1-stack@2", "countdown@1"):
        rewards = load_recipe(reference)
        for found in check(rewards, fixes=False).findings:
            if found.witness is not None:
                scores = rewards.score(found.witness.rollouts)
                assert tuple(score.total for score in scores) == found.witness.totals, (reference, found.code)
                assert tuple(str(score.outcome) for score in scores) == found.witness.outcomes


def test_length_alone_pushes_a_wrong_answer_up_in_a_group_of_8():
    [found] = check(load_recipe("math-none@0")).of("group")
    assert found.facts["verdicts"] == {"4": "proven", "8": "refuted", "16": "refuted"}
    assert found.facts["largest_proven"] == 6
    [way] = found.facts["ways"]["8"]
    assert way["axis"] == "tokens"
    assert way["rewards"] == pytest.approx([1.0, -0.1] + [-0.3] * 6)
    assert round(way["advantage"], 3) == 0.027


def test_19_stray_characters_do_so_with_lengths_in_the_window():
    [found] = check(load_recipe("math-none@2")).of("group")
    [way] = [way for way in found.facts["ways"]["8"] if way["axis"] == "characters"]
    assert way["least"] == "19"
    assert way["rewards"] == pytest.approx([1.0, -0.1] + [-0.29] * 6)
    assert round(way["advantage"], 3) == 0.011
    assert round(of_group([1.0, -0.1] + [-0.28] * 6)[1], 3) == -0.006


@pytest.mark.parametrize("reference", ["math-none@3", "playground-none@3"])
def test_v3_passes_totality_ordering_and_the_group_at_every_size(reference):
    found = check(load_recipe(reference), groups=(4, 8, 16, 64, 1024))
    for code in ("totality", "ordering", "ordering_none", "ordering_false_none", "group", "group_none"):
        assert found.verdict(code) == ClaimVerdict.PROVEN, code
    assert found.of("group")[0].facts["largest_proven"] == float("inf")
    assert not found.failed


def test_fixes_are_tried_before_they_are_offered():
    rewards = load_recipe("math-none@2")
    for code in ("ordering", "group"):
        [found] = check(rewards).of(code)
        assert found.fix
        assert check(variant(rewards, found.fix)).verdict(code) == ClaimVerdict.PROVEN


def test_false_none_is_information():
    [found] = check(load_recipe("math-none@1")).of("group_false_none")
    assert found.severity == Severity.INFO


# --- the other seeds --------------------------------------------------------------------------------


def test_r1_triplet_orders_across_formats_and_fails_in_groups():
    found = check(load_recipe("r1-triplet@1"))
    assert found.verdict("ordering") == ClaimVerdict.PROVEN
    assert found.of("ordering")[0].facts["margin"] == pytest.approx(0.4)
    [group] = found.of("group")
    assert group.verdict == ClaimVerdict.REFUTED
    assert group.facts["spread"] == pytest.approx(0.6)
    assert group.facts["gap"] == pytest.approx(0.9 - 0.5)


def test_kimi_length_alone_fails_and_holds_with_an_accuracy_of_1():
    alone = recipe({"kimi_length": {"unit": "tokens"}})
    [found] = check(alone).of("ordering")
    assert found.verdict == ClaimVerdict.REFUTED
    assert found.witness.totals == (-0.5, 0.0)
    [held] = check(recipe({"kimi_length": {"unit": "tokens"}, "accuracy": TABLE})).of("ordering")
    assert held.verdict == ClaimVerdict.PROVEN
    assert held.facts["margin"] == pytest.approx(0.5)


def test_the_modified_cosine_of_open_r1_pays_again_past_its_length():
    [found] = check(load_recipe("open-r1-stack@3"), fixes=False).of("shape")
    assert found.facts["points"] == ((0, 2.0), (1000, 1.0), (2000, 2.0))
    assert found.fix == ("reward.cosine_length.clamped=true",)
    fixed = variant(load_recipe("open-r1-stack@3"), found.fix)
    assert not check(fixed, fixes=False).of("shape")


def test_every_seed_recipe_is_answered_and_nothing_refuted_lacks_a_witness():
    for place in all_recipes():
        found = check(load_recipe(f"{place.name}@{place.version}"), fixes=False)
        assert found.verdict("totality") == ClaimVerdict.PROVEN, place
        for one in found.findings:
            if one.verdict == ClaimVerdict.REFUTED:
                assert one.witness is not None, (place, one.code)
        assert encode(found)["findings"]
        assert found.markdown()
