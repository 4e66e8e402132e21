"""What nobody warns of: silence that pays, truncation that pays, guesses, style among wrong answers, no KL term."""

import pytest

from rewardkit.audit import check
from rewardkit.audit.findings import Severity
from rewardkit.recipe.loading import variant
from rewardkit.recipe.recipe import Recipe

TABLE = {"correct": 1.0, "wrong": 0.0, "no_answer": 0.0, "false_none": 0.0}


def made(reward, **answer):
    return Recipe.model_validate({"recipe": "made", "version": 0, "reward": reward, "answer": answer})


def paid(finding):
    return finding.witness.totals


@pytest.mark.parametrize("verify", ["math", "exact"])
def test_silence_that_is_paid_more_than_a_wrong_try_is_an_error_with_a_fix_that_was_tried(verify):
    recipe = made({"correctness": {**TABLE, "wrong": -1.0}}, verify=verify)
    [found] = check(recipe).of("silence")
    assert found.severity == Severity.ERROR
    assert found.witness.outcomes == ("no_answer", "wrong")
    assert paid(found) == (0.0, -1.0)
    assert [score.total for score in recipe.score(found.witness.rollouts)] == [0.0, -1.0]
    assert not check(variant(recipe, found.fix)).of("silence")


def test_silence_where_there_is_no_answer_counts_too():
    reward = {"correctness": TABLE, "none": {"correct": 1.0, "missed": -0.5, "no_answer": 0.0}}
    [found] = check(made(reward, none=["None"])).of("silence")
    assert found.witness.outcomes == ("none_no_answer", "none_missed")


def test_silence_that_costs_as_much_as_a_wrong_try_is_no_finding():
    reward = {"correctness": TABLE, "too_long": {"kind": "length", "above": 100, "penalty": -0.2}}
    assert not check(made(reward)).of("silence") + check(made(reward)).of("cut")


def test_a_completion_that_is_paid_for_being_cut_is_an_error():
    reward = {"correctness": TABLE, "tired": {"kind": "constant", "value": 0.3, "when": "truncated"}}
    [found] = check(made(reward)).of("cut")
    assert found.severity == Severity.ERROR
    assert paid(found) == (0.3, 0.0)
    assert str(found.witness.rollouts[0].finish) == "length"


def test_silence_that_is_paid_is_not_said_twice_because_it_may_be_cut():
    audit = check(made({"correctness": {**TABLE, "wrong": -1.0}}))
    assert audit.of("silence")
    assert not audit.of("cut")


def test_a_verifier_that_pays_the_last_of_several_guesses_says_so():
    recipe = made({"correctness": TABLE}, verify={"kind": "math", "several": "last"})
    [found] = check(recipe).of("guesses")
    assert found.severity == Severity.WARNING
    assert found.fix == ("answer.verify.several=list",)
    assert not check(variant(recipe, found.fix)).of("guesses")


def test_among_wrong_answers_alone_a_tiny_price_of_style_is_a_full_advantage():
    reward = {"correctness": TABLE, "too_long": {"kind": "length", "above": 100, "penalty": -0.01}}
    [found] = check(made(reward)).of("all_wrong")
    assert found.severity == Severity.INFO
    assert found.facts["spread"] == pytest.approx(0.01)
    # one above seven equal ones: 7/8 of the spread over its standard deviation, which is spread / sqrt(8), and 1e-4
    assert found.facts["advantage"] == pytest.approx(0.01 * 7 / 8 / (0.01 / 8**0.5 + 1e-4))
    assert not check(made({"correctness": TABLE})).of("all_wrong")


def test_a_missing_kl_term_is_named_where_claims_are_open_only():
    reward = {"correctness": TABLE, "too_long": {"kind": "length", "above": 100, "penalty": -0.2}}
    [found] = check(made(reward)).of("no_kl")
    assert found.severity == Severity.INFO
    assert not check(made(reward), beta=0.04).of("no_kl")
    assert not check(made({"correctness": TABLE})).of("no_kl")


def test_two_terms_that_always_cancel_are_named_and_two_that_do_not_are_not():
    reward = {"a": {"kind": "correctness", **TABLE}, "b": {"kind": "format", "value": 0.2}}
    cancelling = {**reward, "c": {"kind": "format", "value": 0.2, "weight": -1.0}}
    [found] = check(made(cancelling), fixes=False).of("cancel")
    assert found.severity == Severity.WARNING
    assert "'b' and 'c'" in found.sentence
    nearly = {**reward, "c": {"kind": "format", "value": 0.2, "weight": -0.9}}
    assert not check(made(nearly), fixes=False).of("cancel")


def test_a_constant_is_a_warning():
    [found] = check(made({"correctness": TABLE, "c": {"kind": "constant", "value": 0.5}})).of("constant")
    assert found.severity == Severity.WARNING
