"""Named attacks on recipes whose weakness is known, and on one that holds."""

import pytest

from rewardkit.audit.redteam.bases import base_of, other
from rewardkit.audit.redteam.mutants import MUTATIONS
from rewardkit.audit.redteam.redteam import redteam
from rewardkit.audit.rollouts.load import load
from rewardkit.cases.files import case_rollouts
from rewardkit.documents import encode
from rewardkit.errors import UsageError
from rewardkit.recipe.discovery import all_recipes
from rewardkit.recipe.loading import load_recipe, variant
from rewardkit.recipe.recipe import Recipe
from rewardkit.types import Rollout

TABLE = {"kind": "correctness", "correct": 1.0, "wrong": 0.0, "no_answer": 0.0, "false_none": 0.0}


def recipe(reward, **answer):
    return Recipe.model_validate(
        {"recipe": "made", "version": 0, "answer": {"verify": "math", **answer}, "reward": reward}
    )


@pytest.mark.parametrize(("answer", "another"), [("42", "43"), ("B", "A"), ("A", "B"), ("-7/2", "-7/3")])
def test_another_answer_of_the_same_sort(answer, another):
    assert other(answer) == another


def test_a_base_knows_where_its_answer_and_reasoning_stand():
    rewards = recipe({"accuracy": TABLE})
    [reading] = rewards.read([Rollout(completion="<think>six sevens</think>\\boxed{42}", gold="42")])
    base = base_of(rewards, reading)
    assert base.said == "42"
    assert base.form == ("\\boxed{", "}")
    assert base.text[slice(*base.reasoning)] == "six sevens"
    mutants = {m.name: m.make(base) for m in MUTATIONS}
    assert mutants["A or B"] == "<think>six sevens</think>\\boxed{42 or 43}"
    assert mutants["another answer after"] == "<think>six sevens</think>\\boxed{42}\n\\boxed{43}"
    assert mutants["empty reasoning"] == "<think>\n</think>\\boxed{42}"
    assert mutants["answer in the reasoning"] == "<think>six sevens \\boxed{42}</think>\nThat is all."
    assert mutants["full-width digits"] == "<think>six sevens</think>\\boxed{４２}"


def test_math_none_v3_holds_where_it_matters():
    rewards = load_recipe("math-none@3")
    found = redteam(rewards, cases=case_rollouts("math-none@3", rewards))
    assert not found.failed, [f.sentence for f in found.findings]
    for name in (
        "A or B",
        "denial",
        "list of guesses",
        "None said",
        "None lookalike",
        "answer in the reasoning",
        "code",
    ):
        assert found.of(name).status == "held", name


def test_the_first_match_of_gsm8k_shaped_pays_a_second_answer():
    rewards = load_recipe("gsm8k-shaped@1")
    found = redteam(rewards, cases=case_rollouts("gsm8k-shaped@1", rewards))
    attack = found.of("another answer after")
    assert attack.status == "broken"
    assert "correctness" in attack.paid_by
    assert found.failed
    assert attack.mutant.reading.text.count("<answer>") >= 2


def test_a_last_number_reader_pays_for_a_denial_and_a_mention():
    found = redteam(recipe({"accuracy": TABLE}, extract=["last_number"], reasoning=None))
    assert found.of("denial").status == "broken"
    assert found.of("wrong, gold mentioned").status == "broken"
    assert "accuracy" in found.of("denial").paid_by
    boxed = redteam(recipe({"accuracy": TABLE}, extract=["boxed"]))
    assert boxed.of("denial").status == "held"
    assert boxed.of("wrong, gold mentioned").status == "held"


def test_a_loose_format_pays_for_stuffed_tags_or_costs_nothing():
    loose = recipe({"accuracy": TABLE, "format": {"parity": "open-r1"}}, extract=["answer_tag"])
    assert redteam(loose).of("trailing junk").status == "free"
    strict = recipe({"accuracy": TABLE, "format": {}}, extract=["answer_tag"])
    assert redteam(strict).of("trailing junk").status == "held"


def test_an_unclamped_cosine_turns_back_along_the_ladder():
    stack = variant(load_recipe("open-r1-stack@3"), ["reward.cosine_length.max_length=1000"])
    assert redteam(stack).of("padding ladder").status == "broken"
    clamped = variant(stack, ["reward.cosine_length.clamped=true"])
    assert redteam(clamped).of("padding ladder").status == "held"


def test_what_an_attack_says_scores_so():
    rewards = load_recipe("gsm8k-shaped@1")
    for finding in redteam(rewards).findings:
        honest, mutant = (rewards.score([rollout])[0].total for rollout in finding.witness.rollouts)
        assert (honest, mutant) == finding.witness.totals


def test_a_score_does_not_hang_on_neighbours():
    for reference in ("open-r1-stack@2", "math-none@2"):
        assert redteam(load_recipe(reference)).of("alone, permuted, beside others").status == "held"


def test_allowed_exploits_do_not_fail():
    rewards = recipe({"accuracy": TABLE}, extract=["last_number"], reasoning=None)
    codes = [finding.code for finding in redteam(rewards).findings]
    assert redteam(rewards).failed
    assert not redteam(rewards, allow=codes).failed


def test_without_a_right_completion_there_is_nothing_to_attack():
    rewards = recipe({"accuracy": TABLE}, extract=[{"kind": "pattern", "regex": "RESULT<<(.*?)>>"}])
    with pytest.raises(UsageError, match="right completion"):
        redteam(rewards)
    found = redteam(rewards, [Rollout(completion="RESULT<<42>>", gold="42")])
    assert found.of("A or B").tried == 1


def test_every_seed_recipe_is_attacked():
    for place in all_recipes():
        reference = f"{place.name}@{place.version}"
        rewards = load_recipe(reference)
        found = redteam(rewards, cases=case_rollouts(reference, rewards), bases=3)
        assert encode(found)["attacks"]
        assert found.markdown()
        assert sum(1 for attack in found.attacks if attack.tried) > 20, reference


@pytest.mark.data
def test_real_completions_are_attacked(shared_data):
    rewards = load_recipe("open-r1-stack@1", ["answer.extract=[boxed]"])
    rows = load(shared_data / "math" / "qwen_rollouts.jsonl", rewards, limit=10)
    found = redteam(rewards, [rollout for group in rows.groups for rollout in group])
    assert found.bases > 10
    assert found.of("denial").status == "held"


@pytest.mark.parametrize(("when", "warned"), [("wrong", True), ("correct", False)])
def test_what_costs_nothing_although_a_term_measures_it_is_a_warning(when, warned):
    """Foreign script in a right answer: the characters are counted either way, and priced in wrong answers only."""
    recipe = Recipe.model_validate(
        {
            "recipe": "made",
            "version": 0,
            "reward": {
                "correctness": {"correct": 1.0, "wrong": 0.0, "no_answer": 0.0, "false_none": 0.0},
                "characters": {"allow": ["ascii"], "price": -0.01, "when": when},
            },
        }
    )
    found = {finding.code: finding for finding in redteam(recipe).findings}
    unpriced = [finding for code, finding in found.items() if code.startswith("free_")]
    assert bool(unpriced) == warned
    for finding in unpriced:
        assert finding.facts["seen_by"] == ["characters"]
        assert str(finding.severity) == "warning"
        assert finding.witness.totals == (1.0, 1.0)
