"""Fixes as a user meets them: assigned to the recipe's file, whatever shape it has, and nothing new goes wrong."""

import pytest

from rewardkit.audit import check
from rewardkit.audit.findings import ClaimVerdict, Severity
from rewardkit.recipe.loading import load_recipe, variant
from rewardkit.recipe.recipe import Recipe
from tests.soak.soak_random_recipes import one

LISTED = """
recipe: listed
version: 0
reward:
  - {kind: correctness, correct: 1.0, wrong: 0.0, no_answer: 0.0, false_none: 0.0}
  - kind: sum
    terms:
      - {kind: length, above: 100, penalty: -0.2}
      - {kind: length, below: 20, penalty: -0.2}
"""


def written(folder, text=LISTED):
    path = folder / "recipe.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_fix_under_a_list_of_terms_is_assigned_by_label(tmp_path):
    path = written(tmp_path)
    [found] = check(load_recipe(path)).of("group")
    assert found.fix == ("reward.sum.when=correct",)
    assert check(load_recipe(path, found.fix)).verdict("group") == ClaimVerdict.PROVEN


def test_labels_reach_into_lists_within_lists_and_places_still_do(tmp_path):
    path = written(tmp_path)
    by_label = load_recipe(path, ["reward.sum.terms.length_2.penalty=-0.5"])
    by_place = load_recipe(path, ["reward.1.terms.1.penalty=-0.5"])
    assert by_label == by_place
    assert by_label.reward["sum"].terms["length_2"].penalty == -0.5


def test_a_new_term_goes_into_a_list(tmp_path):
    added = load_recipe(written(tmp_path), ["reward.format.value=0.1"])
    assert list(added.reward) == ["correctness", "sum", "format"]


def test_many_candidates_are_taken_together_and_those_that_are_not_needed_dropped():
    """Fourteen words are paid for, and the nine dearest break the claim: 0.02 x 5 leaves a gap that a group of 4 keeps."""
    prices = {f"p{at:02}": 0.2 if at < 9 else 0.02 for at in range(14)}
    words = {n: {"kind": "pattern", "pattern": f"word{n}", "value": value} for n, value in prices.items()}
    table = {"correct": 1.0, "wrong": 0.0, "no_answer": 0.0, "false_none": 0.0}
    recipe = Recipe.model_validate(
        {"recipe": "many", "version": 0, "reward": {"correctness": table, **words}}
    )
    [found] = check(recipe, groups=(4,)).of("group")
    assert found.verdict == ClaimVerdict.REFUTED
    assert 1 < len(found.fix) < 14
    assert check(variant(recipe, found.fix), fixes=False, groups=(4,)).verdict("group") == ClaimVerdict.PROVEN


def test_a_fix_that_would_make_another_warning_is_not_offered():
    """Priced where right alone, the bonus would say what correctness says: a warning that was not there."""
    table = {"correct": 1.0, "wrong": 0.0, "no_answer": 0.0, "false_none": 0.0}
    bonus = {"kind": "constant", "value": 0.3, "when": "correct or tokens > 50"}
    recipe = Recipe.model_validate(
        {"recipe": "made", "version": 0, "reward": {"correctness": table, "bonus": bonus}}
    )
    before = {(f.code, f.term) for f in check(recipe).findings if f.severity != Severity.INFO}
    for found in check(recipe).findings:
        if found.fix:
            after = check(variant(recipe, found.fix), fixes=False).findings
            assert {(f.code, f.term) for f in after if f.severity != Severity.INFO} <= before


@pytest.mark.parametrize("seed", [3, 8, 14, 21, 35, 57, 90, 123])
def test_random_recipes_keep_what_is_claimed(seed):
    """A slice of `make soak`: claims, witnesses read back from JSON, and fixes assigned to the file."""
    assert one(seed).get("wrong", []) == []


def test_of_many_terms_the_first_fixes_are_tried_and_the_others_say_that_they_were_not():
    stray = {"allow": ["ascii"], "kind": "characters"}
    reward = {"correctness": {"correct": 1.0, "wrong": 0.0, "no_answer": 0.0, "false_none": 0.0}}
    reward |= {f"c{at}": {**stray, "price": -0.001 * (at + 1)} for at in range(39)}
    found = check(Recipe.model_validate({"recipe": "many", "version": 0, "reward": reward})).of("unbounded")
    tried = [finding for finding in found if finding.fix or "would fix it" in finding.advice]
    left = [finding for finding in found if "was not tried, as the recipe has 40 terms" in finding.advice]
    assert len(found) == 39
    assert (len(tried), len(left)) == (4, 35)
