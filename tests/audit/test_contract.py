"""`check --data`: the gold in the recipe's own form, and what degenerate policies earn on the mix."""

import json

import pytest

from rewardkit.audit import check
from rewardkit.audit.data.contract import with_data
from rewardkit.audit.findings import Severity
from rewardkit.audit.proof.prompt import example_of, prefill_finding
from rewardkit.audit.witness.templates import honest
from rewardkit.recipe.loading import load_recipe, variant
from rewardkit.recipe.recipe import Recipe


@pytest.fixture
def rows(tmp_path):
    def write(*golds):
        path = tmp_path / "rows.jsonl"
        lines = [json.dumps({"question": f"Question {at}?", "gold": gold}) for at, gold in enumerate(golds)]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return write


def audit(reference, path, **options):
    recipe = load_recipe(reference)
    return with_data(check(recipe, fixes=False), recipe, path, **options)


def breaches(found):
    return {breach.place.rpartition(":")[2]: breach.sort for breach in found.tables["contract"]}


def test_golds_that_are_paid_in_full_pass(rows):
    found = audit("math-none@2", rows("42", "3/4", r"\frac{1}{2}", None))
    assert [one.severity for one in found.of("contract")] == [Severity.INFO]
    assert "contract" not in found.tables


def test_a_gold_whose_own_characters_are_priced_is_named(rows):
    found = audit("math-none@2", rows("42", "7元"))
    assert breaches(found) == {"2": "'characters' fires on the gold"}
    assert found.of("contract")[0].severity == Severity.ERROR


def test_neon_is_told_from_none_and_named_as_a_lookalike(rows):
    found = audit("math-none@0", rows("Neon", "42"))
    assert breaches(found)["1"] == "None-word lookalike"
    assert all(one.severity == Severity.INFO for one in found.of("contract"))


def test_a_row_that_cannot_be_read_is_named(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text('{"gold": "1"}\nnot json\n', encoding="utf-8")
    found = audit("math-none@0", path)
    assert any("rows.jsonl:2" in one.sentence for one in found.of("contract"))


def test_policies_on_the_mix_earn_what_the_arithmetic_says(rows):
    """13 of 100 rows unanswerable; the golds are 5 twice and else all different."""
    golds = [None] * 13 + ["5", "5"] + [str(number) for number in range(100, 185)]
    for version, expected in ((0, 0.043), (1, -0.566)):
        table = audit(f"math-none@{version}", rows(*golds)).tables["policies"]
        earned = {one.name: one.mean for one in table.earned}
        assert earned["always None"] == pytest.approx(expected)
        assert earned["always 0"] == pytest.approx(-0.152)
        # two hits of 100: 0.02 x 1 + 0.85 x -0.1 + 0.13 x -0.5
        assert earned["always 5 (most frequent)"] == pytest.approx(-0.13)
        assert table.honest(1.0) == pytest.approx(1.0)
        assert table.honest(0.0) == pytest.approx(-0.152)
        # -0.152 + a (1 + 0.152) = 0.043 under v0
    assert audit("math-none@0", rows(*golds)).of("policies")[0].facts["best"] == "always None"


def test_a_policy_that_beats_honesty_is_an_error(rows):
    golds = [None] * 9 + ["5"]
    found = audit("math-none@0", rows(*golds), accuracy=0.5)
    # always None: 0.9 - 0.01 = 0.89; honest at 0.5: 0.5 x 1 + 0.5 x -0.46 = 0.27
    [policy] = found.of("policy")
    assert policy.severity == Severity.ERROR
    assert "+0.890" in policy.sentence
    assert "+0.270" in policy.sentence


def test_the_share_of_none_golds_is_told(rows):
    [mix] = audit("math-none@0", rows("1", None, "None", "2")).of("mix")
    assert mix.facts["unanswerable"] == 2


def test_the_prompt_of_open_r1_stack_shows_what_its_format_does_not_pay():
    recipe = load_recipe("open-r1-stack@1")
    assert example_of(recipe) == "<think> reasoning process here </think><answer> answer here </answer>"
    found = check(recipe, fixes=False).of("prompt_example")
    assert {one.term for one in found} == {"reward.format", "reward.tag_count"}


def test_a_template_that_prefills_the_reasoning_makes_the_format_impossible():
    recipe = variant(
        load_recipe("r1-triplet@1"), ["answer.extract=[answer_tag]", "reward.format.preset=think_answer"]
    )
    [found] = prefill_finding(recipe, honest(recipe), True)
    assert found.fix == ("answer.reasoning.prefilled=true",)
    fixed = variant(recipe, found.fix)
    assert not prefill_finding(fixed, honest(fixed), True)
    assert not prefill_finding(recipe, honest(recipe), None)


@pytest.mark.data
def test_every_gold_of_gsm8k_is_paid_in_full(shared_data):
    found = audit("math-none@2", shared_data / "gsm8k" / "test.jsonl", gold_extract="hash", limit=300)
    assert not [one for one in found.of("contract") if one.severity == Severity.ERROR]


@pytest.mark.train
def test_a_chat_template_is_looked_into():
    transformers = pytest.importorskip("transformers")
    from tokenizers import Tokenizer, models

    from rewardkit.audit.data.contract import _opened

    class Held:
        def __init__(self, template):
            bare = Tokenizer(models.WordLevel({"a": 0}, unk_token="a"))
            self.tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_object=bare)
            self.tokenizer.chat_template = template

    recipe = load_recipe("r1-triplet@1")
    assert _opened(Held("{{ messages[0].content }}<assistant><think>\n"), recipe) is True
    assert _opened(Held("{{ messages[0].content }}<assistant>"), recipe) is False
    assert _opened(Held(None), recipe) is None


def test_countdown_rows_are_read_and_their_targets_do_not_pay(tmp_path):
    path = tmp_path / "rows.jsonl"
    rows = [
        {"target": 75, "nums": [50, 25, 1]},
        {"target": "x", "nums": [1, 2]},
        {"target": 5, "nums": "none"},
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    found = audit("countdown@1", path)
    assert breaches(found) == {"2": "unusable gold", "3": "unusable gold"}
    earned = {one.name: one.mean for one in found.tables["policies"].earned}
    assert earned["format alone"] == 0.0


def test_every_accepted_gold_is_written_out(rows):
    """The first is paid in full; the second holds characters that version 2 charges for."""
    found = audit("math-none@2", rows(["42", "42語"], ["42", "42.0"]))
    [breach] = found.tables["contract"]
    assert breach.place.endswith(":1")
    assert "42語" in breach.reason


def test_data_without_a_none_gold_says_nothing_of_such_problems(rows):
    found = audit("math-none@1", rows("42", "7"))
    assert not {one.code for one in found.findings} & {"ordering_none", "group_none"}
    assert "scoring" not in found.tables
    [one] = found.of("abstention")
    assert one.sentence.startswith("Every problem has an answer")


def none_word(extract, path):
    recipe = Recipe.model_validate(
        {
            "recipe": "made",
            "version": 0,
            "answer": {"extract": extract, "none": ["None"]},
            "reward": {"correctness": {"correct": 1.0, "wrong": 0.0, "no_answer": 0.0, "false_none": 0.0}},
        }
    )
    found = with_data(check(recipe, fixes=False), recipe, path).of("contract")
    return [one for one in found if one.facts.get("sort") == "None word that can never be said"]


def test_a_none_word_that_no_extractor_finds_is_an_error(rows):
    [found] = none_word(["last_number"], rows("42"))
    assert found.severity == Severity.ERROR
    assert "'None'" in found.sentence
    assert not none_word(["boxed", "last_number"], rows("42"))
