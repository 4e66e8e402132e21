"""The outcome table, cell by cell, and what the engine does around it."""

import pytest

from rewardkit import Answer, DataError, MissingFact, Outcome, Reasoning, Recipe, Rollout, Says

ANSWER = Answer(extract=["boxed"], none=("None", "cannot be determined"), verify="math")
PRICES = {
    "correct": 1.0,
    "wrong": -0.1,
    "false_none": -0.8,
    "no_answer": -0.2,
    "none_correct": 0.9,
    "none_missed": -0.5,
    "none_no_answer": -0.6,
}


def recipe(**changes) -> Recipe:
    parts = {"name": "table", "version": 0, "answer": ANSWER, "reward": {"outcome": PRICES}}
    return Recipe(**{**parts, **changes})


@pytest.mark.parametrize(
    ("completion", "gold", "outcome"),
    [
        (r"so \boxed{42}", "42", Outcome.CORRECT),
        (r"so \boxed{41}", "42", Outcome.WRONG),
        (r"so \boxed{None}", "42", Outcome.FALSE_NONE),
        (r"so \boxed{\text{cannot be determined}}", "42", Outcome.FALSE_NONE),
        ("so 42", "42", Outcome.NO_ANSWER),
        (r"so \boxed{}", "42", Outcome.NO_ANSWER),
        (r"so \boxed{4", "42", Outcome.NO_ANSWER),
        (r"so \boxed{None}", "None", Outcome.NONE_CORRECT),
        (r"so \boxed{7}", "none", Outcome.NONE_MISSED),
        ("it cannot be determined", "None", Outcome.NONE_NO_ANSWER),
        (r"so \boxed{42}", "", Outcome.UNDECIDED),
        ("nothing", r"\frac{1}{", Outcome.UNDECIDED),
        (r"so \boxed{None}", r"\frac{1}{", Outcome.UNDECIDED),
        (r"so \boxed{\text{Neon}}", "None", Outcome.NONE_MISSED),
        (r"<think>\boxed{42}</think> \boxed{41}", "42", Outcome.WRONG),
        (r"<think>\boxed{42}", "42", Outcome.NO_ANSWER),
        (r"<think>\boxed{42}</think> done", "42", Outcome.NO_ANSWER),
    ],
)
def test_outcome(completion, gold, outcome):
    [score] = recipe().score([Rollout(completion=completion, gold=gold)])
    assert score.outcome == outcome
    assert score.total == (None if outcome == Outcome.UNDECIDED else PRICES[outcome.value])


PATTERNS = Answer(
    extract=["boxed"],
    none=("None",),
    none_patterns=(r"i (do not|don't) know", r"(there is )?not enough information( given| provided)?"),
    verify="math",
)


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        ("None", Outcome.FALSE_NONE),
        (r"\text{I don't know.}", Outcome.FALSE_NONE),
        ("I don’t know", Outcome.FALSE_NONE),
        (r"\textbf{There is NOT enough information given}", Outcome.FALSE_NONE),
        ("I don't know, 42", Outcome.WRONG),
        ("perhaps I don't know", Outcome.WRONG),
        ("not enough information about x", Outcome.WRONG),
        ("42", Outcome.CORRECT),
    ],
)
def test_a_none_pattern_is_matched_against_the_whole_answer(said, outcome):
    found = recipe(answer=PATTERNS).score([Rollout(completion=rf"so \boxed{{{said}}}", gold="42")])[0]
    assert found.outcome == outcome


def test_a_gold_that_matches_a_none_pattern_is_unanswerable():
    found = recipe(answer=PATTERNS).score(
        [Rollout(completion=r"\boxed{None}", gold="Not enough information."), Rollout(completion=r"\boxed{4}", gold="i don't know")]
    )  # fmt: skip
    assert [one.outcome for one in found] == [Outcome.NONE_CORRECT, Outcome.NONE_MISSED]


def test_a_none_pattern_that_takes_too_long_does_not_match():
    slow = ANSWER.model_copy(update={"none_patterns": ("((a|aa)+)+$",)})
    found = recipe(answer=slow).score([Rollout(completion=rf"\boxed{{{'a' * 300}b}}", gold="42")])[0]
    assert found.outcome == Outcome.WRONG


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"none_patterns": ("(",)}, r"'\(' is not a regular expression: .*; fix the pattern"),
        ({"none": (), "none_patterns": ("nope",)}, "none_patterns needs a word under 'none' too"),
    ],
)
def test_a_none_pattern_that_cannot_work_is_refused(changes, told):
    with pytest.raises(ValueError, match=told):
        Answer(**{"none": ("None",), **changes})


def test_recipes_without_none_patterns_keep_their_digest():
    assert "none_patterns" not in ANSWER.identity()
    assert recipe().digest != recipe(answer=ANSWER.model_copy(update={"none_patterns": ("nope",)})).digest


def test_several_accepted_golds_any_may_match_and_unusable_ones_are_left_out():
    rollouts = [
        Rollout(completion=r"\boxed{42}", gold=golds)
        for golds in (("7", "42"), (r"\frac{", "42"), ("7", "8"))
    ]
    assert [r.outcome for r in recipe().read(rollouts)] == [Outcome.CORRECT, Outcome.CORRECT, Outcome.WRONG]


def test_a_value_and_none_among_the_golds_contradict_each_other():
    with pytest.raises(DataError, match="both a value and None"):
        recipe().read([Rollout(completion="x", gold=("42", "None"))])


def test_null_gold_is_an_error_unless_declared():
    row = Rollout(completion=r"\boxed{None}", gold=None)
    with pytest.raises(DataError, match="null_gold: unanswerable"):
        recipe().read([row])
    declared = recipe(answer=ANSWER.model_copy(update={"null_gold": "unanswerable"}))
    assert declared.read([row])[0].outcome == Outcome.NONE_CORRECT


def test_undecided_rollouts_have_no_total_whatever_other_terms_pay():
    both = recipe(reward={"outcome": PRICES, "constant": {"value": 5.0}})
    [score] = both.score([Rollout(completion="x", gold="")])
    assert score.total is None
    assert score.values == {"outcome": None, "constant": None}


def test_prefilled_reasoning_begins_inside():
    inside = recipe(answer=ANSWER.model_copy(update={"reasoning": Reasoning(prefilled=True)}))
    closed, unclosed = inside.read(
        [
            Rollout(completion=r"hm \boxed{1} </think> \boxed{42}", gold="42"),
            Rollout(completion=r"hm \boxed{42}", gold="42"),
        ]
    )
    assert (closed.outcome, closed.reasoned) == (Outcome.CORRECT, True)
    assert (unclosed.outcome, unclosed.says) == (Outcome.NO_ANSWER, Says.NOTHING)


def test_reasoning_that_the_server_returned_apart_is_put_back():
    [reading] = recipe().read([Rollout(completion=r"\boxed{42}", reasoning="let me see", gold="42")])
    assert reading.text == r"<think>let me see</think>\boxed{42}"
    assert reading.reasoned
    start, stop = reading.extraction.span
    assert reading.text[start:stop] == "42"


def test_without_reasoning_tags_the_whole_text_is_the_answer_part():
    plain = recipe(answer=ANSWER.model_copy(update={"reasoning": None}))
    [reading] = plain.read([Rollout(completion=r"<think>\boxed{42}", gold="42")])
    assert reading.outcome == Outcome.CORRECT


def test_nothing_applies_is_not_zero():
    silent = recipe(reward={"bonus": {"kind": "constant", "value": 1.0, "when": "none_correct"}})
    [score] = silent.score([Rollout(completion=r"\boxed{1}", gold="1")])
    assert score.total is None


def test_clip_of_the_recipe_holds_the_total():
    clipped = recipe(reward={"a": {"kind": "constant", "value": 3.0}}, clip=(-1.0, 1.0))
    assert clipped.score([Rollout(completion="", gold="1")])[0].total == 1.0


def test_modifiers_apply_in_order():
    term = {
        "kind": "constant",
        "value": 2.0,
        "when": "correct",
        "otherwise": 1.0,
        "weight": -3.0,
        "clip": [-5.0, -4.0],
    }
    right, wrong = recipe(reward={"x": term}).score(
        [Rollout(completion=rf"\boxed{{{n}}}", gold="1") for n in (1, 2)]
    )
    assert right.total == -5.0  # 2 * -3 = -6, held at -5
    assert wrong.total == -4.0  # otherwise 1 * -3 = -3, held at -4


def test_group_terms_need_contiguous_named_groups():
    grouped = recipe(reward={"kimi_length": {"unit": "words"}})
    with pytest.raises(MissingFact, match="has no group"):
        grouped.score([Rollout(completion="x", gold="1")])
    rows = [Rollout(completion="x", gold="1", group=group) for group in "aba"]
    with pytest.raises(DataError, match="not contiguous"):
        grouped.score(rows)


def test_a_missing_token_count_is_an_error_and_never_a_guess():
    long = recipe(reward={"length": {"above": 3, "penalty": -0.1}})
    with pytest.raises(MissingFact, match=r"row-7 has no token count .* give it a `tokens` count"):
        long.score([Rollout(completion="x", gold="1", id="row-7")])


def test_a_completion_that_is_no_text_is_named():
    with pytest.raises(DataError, match="NoneType"):
        recipe().read([Rollout(completion=None, gold="1", id="row-7")])
