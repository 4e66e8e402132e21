"""Single claims of `check`, on small recipes."""

import pytest

from rewardkit.audit import check
from rewardkit.audit.findings import ClaimVerdict, Severity
from rewardkit.audit.proof.equal_style import at_equal_style
from rewardkit.audit.proof.ordering import margin
from rewardkit.audit.space import Space
from rewardkit.recipe.loading import load_recipe, variant
from rewardkit.recipe.recipe import Recipe
from rewardkit.types import Outcome


def recipe(reward, none=(), name="made", **answer):
    return Recipe.model_validate(
        {
            "recipe": name,
            "version": 0,
            "answer": {"extract": ["boxed"], "verify": "exact", "none": list(none), **answer},
            "reward": reward,
        }
    )


def made(reward, **more):
    return Recipe.model_validate({"recipe": "made", "version": 0, "reward": reward, **more})


CORRECTNESS = {"correct": 1.0, "wrong": 0.0, "no_answer": 0.0, "false_none": 0.0}
TABLE = {"kind": "correctness", **CORRECTNESS}


def test_a_hole_is_refused_and_a_null_price_is_on_purpose():
    hole = recipe({"accuracy": TABLE}, none=["None"])
    found = check(hole)
    assert found.verdict("totality") == ClaimVerdict.REFUTED
    assert {one.facts["outcome"] for one in found.of("totality")} == {
        "none_correct",
        "none_missed",
        "none_no_answer",
    }
    assert all(one.witness.totals == (None,) for one in found.of("totality"))
    purpose = recipe({"accuracy": {**TABLE, "no_answer": None}})
    assert check(purpose).verdict("totality") == ClaimVerdict.PROVEN
    assert check(purpose).of("left_out")


@pytest.mark.parametrize(
    ("reward", "code", "words"),
    [
        ({"a": TABLE, "l": {"kind": "length", "above": 768, "penalty": -0.2}}, "dead", "768 tokens"),
        ({"a": TABLE, "none": {"correct": 1.0, "missed": 0.0, "no_answer": 0.0}}, "dead", "None words"),
        ({"a": TABLE, "f": {"kind": "format", "weight": 0.0}}, "dead", "weight of 0"),
        ({"a": TABLE, "c": {"kind": "constant", "value": 0.5}}, "constant", "cancels"),
        ({"a": TABLE, "s": {"kind": "characters", "allow": ["ascii"], "price": -0.01}}, "unbounded", "below"),
        ({"a": TABLE, "b": {**TABLE, "correct": 0.5}}, "duplicate", "'a' and 'b'"),
        (
            {"a": TABLE, "c": {"kind": "cosine_length", "preset": "open-r1-cli"}},
            "inverted",
            "0 when short and -0.5 when long",
        ),
    ],
    ids=["past the limit", "no None words", "weight", "constant", "unbounded", "duplicate", "inverted"],
)
def test_terms_that_do_not_do_what_they_seem_to(reward, code, words):
    found = check(recipe(reward), max_completion_length=768, fixes=False).of(code)
    assert any(words in one.sentence for one in found), [one.sentence for one in found]


def test_a_window_below_the_limit_is_alive():
    found = check(
        recipe({"a": TABLE, "l": {"kind": "length", "above": 700, "penalty": -0.2}}),
        max_completion_length=768,
    )
    assert not found.of("dead")


def test_normalising_first_can_turn_right_and_wrong_around():
    [found] = check(load_recipe("r1-triplet@1")).of("aggregation")
    assert found.facts["sum"][0] > found.facts["sum"][1]
    assert found.facts["normalized"][0] < found.facts["normalized"][1]


def test_allowed_findings_do_not_fail():
    rewards = load_recipe("math-none@0")
    assert check(rewards).failed
    assert not check(rewards, allow=["group"]).failed
    kept = Recipe.model_validate({**rewards.tree(), "allow": [{"code": "group", "reason": "short groups"}]})
    assert not check(kept).failed


def test_what_cannot_be_written_is_unknown_and_never_refuted():
    """Nobody can be wrong without a box where the box is what is read; the bounds do not know that."""
    rewards = recipe({"accuracy": TABLE, "box": {"kind": "boxed", "value": 1.5}})
    found = check(rewards, fixes=False)
    assert found.verdict("ordering") == ClaimVerdict.UNKNOWN
    assert found.of("ordering")[0].witness is None
    assert "no completion could be written that is correct with box of 0" in found.of("ordering")[0].sentence
    assert not any(one.code == "ordering" for one in found.errors)


def test_a_plugin_that_may_stay_away_leaves_totality_unknown_or_witnessed():
    from rewardkit.terms.functions import term

    @term(pays=(0.0, 1.0), name="sometimes_paid")
    def sometimes_paid(reading) -> float | None:
        return 1.0 if reading.outcome.right else None

    @term(pays=(0.0, 1.0), name="always_paid")
    def always_paid(reading) -> float | None:
        return 1.0 if reading.outcome.right else 0.0

    found = check(recipe({"sometimes_paid": {}})).of("totality")
    assert {str(one.verdict) for one in found if one.facts["outcome"] == "wrong"} == {"refuted"}
    assert {str(one.verdict) for one in found if one.facts["outcome"] == "correct"} == {"unknown"}
    assert not check(recipe({"always_paid": {}})).failed


def test_a_longest_completion_narrows_every_claim():
    """Past 768 tokens the price is 1.5: nobody gets there where completions end at 512."""
    reward = {"a": TABLE, "l": {"kind": "length", "above": 768, "penalty": -1.5}}
    assert check(recipe(reward)).verdict("ordering") == ClaimVerdict.REFUTED
    assert check(recipe(reward), max_completion_length=512).verdict("ordering") == ClaimVerdict.PROVEN


def test_a_clip_of_the_recipe_counts():
    reward = {"a": TABLE, "s": {"kind": "characters", "allow": ["ascii"], "price": -0.01}}
    clipped = Recipe.model_validate({**recipe(reward).tree(), "clip": [-0.5, 1.0]})
    [found] = check(clipped).of("ordering")
    assert found.facts["least_right"] == -0.5
    assert found.facts["margin_at_equal_style"] == pytest.approx(0.0)


def test_equal_style_cancels_what_does_not_read_the_outcome():
    space = Space(load_recipe("math-none@2"))
    assert at_equal_style(space, Outcome.CORRECT, Outcome.WRONG) == pytest.approx(1.1)
    assert margin(space, Outcome.CORRECT, [Outcome.WRONG])[0] == float("-inf")


def test_a_fix_leaves_no_outcome_without_a_price():
    """Priced where right alone, the format is all that a problem without an answer was paid."""
    recipe = made(
        {"correctness": CORRECTNESS, "format": {"value": 0.5}}, answer={"none": ["None"], "verify": "exact"}
    )
    assert check(recipe).verdict("totality") == ClaimVerdict.PROVEN
    [found] = check(recipe).of("group")
    assert found.fix == ("reward.format.when=correct or none_correct", "reward.format.otherwise=0")
    fixed = check(variant(recipe, found.fix))
    assert (fixed.verdict("group"), fixed.verdict("totality")) == (ClaimVerdict.PROVEN, ClaimVerdict.PROVEN)


def test_no_price_is_offered_that_a_clip_would_take_away():
    table = {"correct": 1.0, "missed": -0.5, "no_answer": -0.5}
    answer = {"none": ["None"]}
    free = made({"correctness": CORRECTNESS, "none": table}, answer=answer)
    held = made({"correctness": CORRECTNESS, "none": table}, answer=answer, clip=[0.0, 1.0])
    [found] = check(free).of("abstention")
    assert found.fix
    [found] = check(held).of("abstention")
    assert found.fix == ()


def test_a_rightful_none_that_gains_nothing_has_no_threshold():
    """Paid -0.8 where an answer is paid -0.1: no chance of there being no answer makes None pay."""
    recipe = made(
        {"correctness": CORRECTNESS, "none": {"correct": -0.8, "missed": -0.1, "no_answer": -0.5}},
        answer={"none": ["None"]},
    )
    audit = check(recipe)
    [found] = audit.of("abstention")
    assert found.severity == Severity.WARNING
    assert found.sentence.startswith("Where there is no answer, None earns -0.8 and an answer -0.1")
    assert "scoring" not in audit.tables


def test_where_every_problem_has_an_answer_nothing_is_said_of_those_without():
    recipe = made(
        {
            "correctness": {**CORRECTNESS, "false_none": 0.2},
            "none": {"correct": 1.0, "missed": 0.0, "no_answer": 0.0},
        },
        answer={"none": ["None"]},
    )
    audit = check(recipe, unanswerable=0.0)
    assert not {f.code for f in audit.findings} & {"ordering_none", "group_none", "left_out"}
    assert "scoring" not in audit.tables
    [found] = audit.of("abstention")
    assert found.severity == Severity.INFO
    assert found.sentence == (
        "Every problem has an answer (unanswerable 0), so what is paid where there is none is left out. Saying None "
        "pays for a model that solves less than 20 % of them."
    )
    assert audit.of("totality")[0].facts["cells"] == 8


def test_a_hole_that_no_problem_falls_into_is_none_with_answerable_problems_alone():
    recipe = made({"correctness": CORRECTNESS}, answer={"none": ["None"]})
    assert check(recipe).verdict("totality") == ClaimVerdict.REFUTED
    assert check(recipe, unanswerable=0.0).verdict("totality") == ClaimVerdict.PROVEN


def test_a_fix_that_would_break_what_holds_is_told_as_advice():
    """Past the limit the price never fires; below it, it would push wrong answers up within a group."""
    length = {"kind": "length", "above": 1000, "penalty": -0.5}
    recipe = made({"correctness": CORRECTNESS, "too_long": length})
    [found] = check(recipe, max_completion_length=768).of("dead")
    assert found.fix == ()
    assert found.advice == (
        "reward.too_long.above=576 would fix it, and `group` would hold no more: price it where right"
    )
    [found] = check(
        made({"correctness": CORRECTNESS, "too_long": {**length, "when": "correct"}}),
        max_completion_length=768,
    ).of("dead")
    assert found.fix == ("reward.too_long.above=576",)


@pytest.mark.parametrize(
    ("term", "code"),
    [
        ({"kind": "repetition", "ngram": 1, "max_penalty": -0.8, "unit": "characters"}, "group"),
        ({"kind": "language_share", "scripts": ["latin"], "value": -4.0, "no_letters": 2.0}, "ordering"),
    ],
)
def test_a_claim_that_no_extreme_cell_shows_is_refuted_by_some_completion(term, code):
    """No text repeats every character, and a share of exactly 1 with other letters in it is none: the bounds'
    own extremes cannot be written, but some completion shows the same."""
    recipe = made({"correctness": CORRECTNESS, "style": term}, answer={"verify": "exact"})
    [found] = check(recipe).of(code)
    assert found.verdict == ClaimVerdict.REFUTED
    scores = recipe.score(found.witness.rollouts)
    assert [score.total for score in scores] == list(found.witness.totals)


def test_terms_that_only_may_pay_together_are_not_said_to_price_the_same():
    """A price within [0, 2] is 0 for some right answers where correctness pays 1."""
    recipe = made(
        {
            "correctness": CORRECTNESS,
            "steps": {"kind": "reasoning_steps", "when": "correct", "otherwise": 0.0, "value": 2.0},
            "bonus": {"kind": "constant", "when": "correct", "otherwise": 0.0, "value": 0.5},
        }
    )
    assert [f.term for f in check(recipe).of("duplicate")] == ["reward.bonus"]


@pytest.mark.parametrize("version", [1, 3])
def test_an_unclamped_wave_is_refuted_at_the_length_where_it_turns(version):
    """A wrong answer of 1000 characters in open-r1's shape is paid 1.5, as much as a right one without it."""
    assert (
        check(load_recipe(f"open-r1-stack@{version}"), fixes=False).verdict("ordering")
        == ClaimVerdict.REFUTED
    )
