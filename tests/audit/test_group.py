"""Within a group: who fills it, what is attained, and that a witness is one problem's group."""

import pytest

from rewardkit.audit import check
from rewardkit.audit.findings import ClaimVerdict
from rewardkit.audit.rollouts.grpo import of_group
from rewardkit.cases.files import case_rollouts
from rewardkit.documents import encode
from rewardkit.recipe.loading import load_recipe
from rewardkit.recipe.recipe import Recipe
from rewardkit.types import Rollout

CORRECTNESS = {"correct": 1.0, "wrong": 0.0, "no_answer": 0.0, "false_none": 0.0}


def made(reward, **more):
    return Recipe.model_validate({"recipe": "made", "version": 0, "reward": reward, **more})


def test_members_without_an_answer_push_a_wrong_one_up():
    """Nothing sets wrong answers apart; a cut completion without an answer is paid -0.5."""
    cut = {"kind": "constant", "value": -0.5, "when": "no_answer and truncated"}
    recipe = made({"correctness": CORRECTNESS, "cut": cut})
    [found] = check(recipe).of("group")
    assert found.facts["verdicts"] == {"4": "proven", "8": "refuted", "16": "refuted"}
    assert found.witness.totals == (1.0, 0.0, *[-0.5] * 6)
    assert found.witness.outcomes[2:] == ("no_answer",) * 6
    assert round(found.witness.advantages[1], 3) == 0.468
    totals = [score.total for score in recipe.score(found.witness.rollouts)]
    assert of_group(totals)[1] == pytest.approx(found.witness.advantages[1])


@pytest.mark.parametrize(
    ("silence", "largest"), [(0.0, float("inf")), (-0.5, 4), (-0.1, 12)], ids=["as wrong", "0.5", "0.1"]
)
def test_the_largest_safe_group_counts_silence(silence, largest):
    """(G - 2) * spread may not pass the gap of 1."""
    audit = check(made({"correctness": {**CORRECTNESS, "no_answer": silence}}), fixes=False)
    assert audit.of("group")[0].facts["largest_proven"] == largest


def test_false_none_is_a_claim_of_its_own():
    """Its price sets wrong answers apart as much as silence would, and that is information."""
    recipe = made({"correctness": {**CORRECTNESS, "false_none": -0.5}}, answer={"none": ["None"]})
    audit = check(recipe, unanswerable=0.0)
    assert audit.verdict("group") == ClaimVerdict.PROVEN
    [found] = audit.of("group_false_none")
    assert found.verdict is None
    assert found.facts == {
        str(size): pytest.approx(of_group([1.0, 0.0, *[-0.5] * (size - 2)])[1]) for size in (4, 8, 16)
    }
    assert found.witness.totals == (1.0, 0.0, -0.5, -0.5)


def test_prices_of_different_lengths_are_no_spread():
    """Both are paid by the cosine alone: at one length alike, so nothing is said of no answer."""
    for version in (1, 2, 3):
        assert not check(load_recipe(f"open-r1-stack@{version}"), fixes=False).of("group_no_answer")


def test_a_spread_that_no_completion_shows_may_be_and_is_unknown():
    """A function that may pay a false None -1, and never does."""
    from rewardkit.terms.functions import term

    @term(pays=(-1.0, 0.0), name="never_below", looks_at=("text",))
    def never_below(reading) -> float:
        return 0.0

    audit = check(
        made(
            {
                "correctness": CORRECTNESS,
                "odd": {"kind": "never_below", "when": "false_none", "otherwise": 0},
            },
            answer={"none": ["None"]},
        ),
        unanswerable=0.0,
    )
    [found] = audit.of("group_false_none")
    assert found.verdict == ClaimVerdict.UNKNOWN
    assert found.sentence.startswith(
        "Not decided: the arithmetic permits false Nones to earn -1 and a wrong answer 0"
    )


@pytest.mark.parametrize("reference", ["countdown@1", "math-none@0", "gsm8k-shaped@1"])
def test_a_witness_is_of_one_problem(reference):
    """Countdown's cases have their own numbers and targets: no group takes from two of them."""
    recipe = load_recipe(reference)
    for found in check(recipe, extra=case_rollouts(reference, recipe), fixes=False).findings:
        if found.witness is not None:
            problems = {(r.golds, str(r.prompt), str(r.fields)) for r in found.witness.rollouts}
            assert len(problems) == 1, found.code


def test_completions_of_rows_that_differ_in_a_column_are_never_a_group():
    """A wrong answer to the easy row is paid more than a right one to the hard row; no group holds both."""
    easy = {"kind": "constant", "value": 2.0, "when": 'field("level") == "easy"'}
    audit = check(made({"correctness": CORRECTNESS, "easy": easy}), fixes=False)
    [found] = audit.of("ordering")
    assert found.verdict == ClaimVerdict.UNKNOWN
    assert "could not be written for one and the same problem" in found.sentence


def test_unknown_says_why():
    """Nobody writes two million words here; the sentence names what could not be written."""
    far = {"kind": "length", "unit": "words", "above": 2_000_000, "penalty": -2.0}
    [found] = check(made({"correctness": CORRECTNESS, "far": far}), fixes=False).of("ordering")
    assert found.verdict == ClaimVerdict.UNKNOWN
    assert "no completion could be written that is correct with words of 2,000,001 or more" in found.sentence


def test_chance_is_drawn_again_as_it_was():
    """A witness that chance pays is written with the names that it draws by, and its sentence says so."""
    recipe = made({"correctness": {**CORRECTNESS, "wrong": 0.5}, "noise": {"kind": "random"}})
    audit = check(recipe, fixes=False)
    for code in ("ordering", "group"):
        [found] = audit.of(code)
        assert found.verdict == ClaimVerdict.REFUTED
        assert "Chance pays a part" in found.sentence
        names = ("completion", "gold", "tokens", "finish", "prompt", "id", "group", "sample")
        rows = encode(found.witness)["rollouts"]
        again = recipe.score([Rollout(**{name: row[name] for name in names}) for row in rows])
        assert [score.total for score in again] == list(found.witness.totals)


def test_no_letters_at_all_is_a_style_of_its_own():
    """Foreign letters alone and no letters at all have a share of 0; they are paid 0 and 2, right or wrong."""
    style = {"kind": "language_share", "scripts": ["latin"], "value": -1.0, "no_letters": 2.0}
    recipe = made(
        {"correctness": CORRECTNESS, "style": style}, answer={"extract": ["boxed", "hash"], "verify": "exact"}
    )
    [found] = check(recipe, fixes=False).of("ordering")
    assert found.verdict == ClaimVerdict.REFUTED
    assert found.facts["margin_at_equal_style"] == 1.0
    said = [Rollout(completion=f"#### {answer}", gold="42") for answer in ("42", "41")]
    right, wrong = (score.total for score in recipe.score(said))
    assert right - wrong == 1.0
