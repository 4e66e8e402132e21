"""The word problems: right golds, known shares, splits that share nothing, the same rows from the same seed."""

import random
import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewardkit.errors import UsageError
from rewardkit.trainers.playground.problem import LARGEST, WordProblem
from rewardkit.trainers.playground.reward import pay, read_answer
from rewardkit.trainers.playground.texts import (
    MISSING,
    answer,
    careful,
    hasty,
    teach,
)
from rewardkit.trainers.playground.world import GAINS, draw, make_splits, make_world, read_rows

seeds = st.integers(0, 10**6)


def solve(question: str) -> int | None:
    """Read the story itself: the owner's numbers only, signed by the verb; None where one is "some"."""
    if found := re.match(r"Each of (\w+) boxes holds (\w+) ", question):
        numbers = [None if one == "some" else int(one) for one in found.groups()]
        return None if None in numbers else numbers[0] * numbers[1]
    owner = re.search(r"does (\w+) have\?", question)[1]
    total = 0
    for name, verb, amount in re.findall(r"(\w+) (\w+) (some|\d+)\b", question):
        if name != owner:
            continue
        if amount == "some":
            return None
        total += int(amount) if verb in (*GAINS, "has") else -int(amount)
    return total


@given(seeds)
def test_the_gold_is_what_the_story_says(seed):
    problem = draw(random.Random(seed))
    expected = solve(problem.question)
    assert problem.gold == ("None" if expected is None else str(expected))
    assert problem.answerable == (expected is not None)


@given(seeds)
def test_a_chain_never_leaves_its_range(seed):
    problem = draw(random.Random(seed), unanswerable=0.0)
    if problem.level != "hard":
        totals = [sum(problem.numbers[: n + 1]) for n in range(len(problem.numbers))]
        assert all(0 <= total <= LARGEST for total in totals), problem


def test_the_shares_are_the_stated_ones():
    problems = [draw(random.Random(seed)) for seed in range(4000)]
    hard = sum(problem.level == "hard" for problem in problems) / len(problems)
    unanswerable = sum(not problem.answerable for problem in problems) / len(problems)
    assert (hard, unanswerable) == pytest.approx((0.15, 0.13), abs=0.02)


def test_unanswerable_may_be_asked_for():
    assert not draw(random.Random(1), unanswerable=1.0).answerable


def test_splits_share_no_question_and_no_numbers():
    splits = make_splits(3, {"eval": 200, "train": 200, "sft": 1500})
    questions = Counter(problem.question for split in splits.values() for problem in split)
    assert max(questions.values()) == 1
    keys = [{problem.key for problem in split} for split in splits.values()]
    assert not keys[0] & keys[1]
    assert not keys[0] & keys[2]
    assert not keys[1] & keys[2]


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        (("medium", (7, 3, -2)), ("medium", (7, 3, -2)), True),
        (("medium", (7, 3, -2)), ("medium", (7, 3, 2)), False),
        (("hard", (34, 67)), ("hard", (67, 34)), True),  # a product is the same either way round
        (("easy", (7, 3)), ("easy", (7, 3)), False),  # too few facts to hold one out
    ],
)
def test_when_two_stories_are_one_problem(a, b, same):
    first, second = (
        WordProblem(
            id="",
            question=f"told {way}",
            gold="0",
            level=level,
            answerable=True,
            distractor=False,
            numbers=numbers,
        )
        for way, (level, numbers) in enumerate((a, b))
    )
    assert (first.key == second.key) is same


def test_the_same_seed_gives_the_same_rows_and_another_seed_others():
    sizes = {"eval": 50, "train": 50}
    assert make_splits(1, sizes) == make_splits(1, sizes)
    assert make_splits(1, sizes)["eval"] != make_splits(2, sizes)["eval"]


def test_eval_does_not_depend_on_the_size_of_the_others():
    small, large = (make_splits(1, {"eval": 50, "train": size})["eval"] for size in (10, 100))
    assert small == large


@pytest.mark.parametrize(("size", "told"), [(0, "at least 1"), (10**6, "ask for fewer")])
def test_an_impossible_size_is_refused(size, told, monkeypatch):
    if size:  # a world of two problems, so that it is soon used up
        two = [draw(random.Random(seed)) for seed in (1, 2)]
        monkeypatch.setattr("rewardkit.trainers.playground.world._attempts", lambda rng, size: iter(two * 3))
    with pytest.raises(UsageError, match=told):
        make_splits(1, {"eval": size})


def test_the_files_read_back_with_the_columns_that_trainers_want(tmp_path):
    files = make_world(tmp_path, 5, {"eval": 20, "sft": 30})
    evaluation, lessons = (read_rows(files[name]) for name in ("eval", "sft"))
    assert len(evaluation) == 20
    assert evaluation[0]["prompt"] == [{"role": "user", "content": evaluation[0]["question"]}]
    assert {"id", "gold", "level", "answerable", "distractor", "numbers"} <= evaluation[0].keys()
    assert len(lessons) == 30
    assert [message["role"] for message in lessons[0]["completion"]] == ["assistant"]
    assert lessons[0].keys() == evaluation[0].keys() | {"completion"}


@given(seeds)
def test_a_careful_text_ends_at_the_gold_and_each_step_is_true(seed):
    problem = draw(random.Random(seed))
    if problem.level == "hard" and problem.answerable:
        with pytest.raises(ValueError, match="product"):
            careful(problem)
        return
    text = careful(problem)
    assert read_answer(text) == problem.gold
    for a, sign, b, c in re.findall(r"(\d+)([+-])(\d+)=(\d+)", text):
        assert int(a) + int(sign + b) == int(c)


def test_texts_in_words():
    problem = WordProblem(
        id="", question="", gold="8", level="medium", answerable=True, distractor=False, numbers=(7, 3, -2)
    )
    assert careful(problem) == "<think>7+3=10, 10-2=8</think><answer>8</answer>"
    assert hasty(problem, random.Random(0)) == "<think></think><answer>8</answer>"


def test_the_mix_of_texts():
    rng = random.Random(0)
    problems = [draw(rng) for _ in range(4000)]
    kinds: dict[tuple, Counter] = {}
    for problem in problems:
        text = teach(problem, rng)
        kind = "none" if MISSING in text else "hasty" if "<think></think>" in text else "careful"
        kinds.setdefault((problem.answerable, problem.level == "hard"), Counter())[kind] += 1
    shares = {of: {kind: n / found.total() for kind, n in found.items()} for of, found in kinds.items()}
    assert shares[True, False] == pytest.approx({"careful": 0.42, "hasty": 0.48, "none": 0.10}, abs=0.03)
    assert shares[True, True] == pytest.approx({"hasty": 0.90, "none": 0.10}, abs=0.05)
    assert shares[False, False]["none"] == pytest.approx(0.8, abs=0.06)


@pytest.mark.parametrize(
    ("completion", "said"),
    [
        (answer("7+3=10", "10"), "10"),
        (answer("", "007"), "7"),
        (answer(MISSING, "None"), "None"),
        (answer("", " None "), "None"),
        (answer("", "10 pens"), None),
        (answer("", ""), None),
        ("<think>it is <answer>10</answer>", None),  # the reasoning is never closed
        ("<think><answer>9</answer></think><answer>10</answer>", "10"),
        ("<answer>1</answer><answer>2</answer>", "2"),
        ("", None),
        ("<answer>10", None),
    ],
)
def test_the_final_answer(completion, said):
    assert read_answer(completion) == said


@pytest.mark.parametrize(
    ("completion", "gold", "tokens", "v0", "v1"),
    [
        (answer("7+3=10", "10"), "10", 13, 1.0, 1.0),
        (answer("", "10"), "10", 6, 0.8, 0.8),  # right but too short
        (answer("", "11"), "10", 6, -0.3, -0.3),
        (answer("7+3=11", "11"), "10", 13, -0.1, -0.1),
        (answer(MISSING, "None"), "10", 11, -0.1, -0.8),
        (answer("", "None"), "10", 5, -0.3, -1.0),
        (answer(MISSING, "None"), "None", 11, 1.0, 1.0),
        (answer("", "10"), "None", 6, -0.7, -0.7),
        ("", "None", 0, -0.7, -0.7),
        ("and so on", "10", 48, -0.3, -0.3),
        (answer("", "10"), "10", 10, 1.0, 1.0),  # both ends of the window are inside
        (answer("", "10"), "10", 32, 1.0, 1.0),
        (answer("", "10"), "10", 33, 0.8, 0.8),
    ],
)
def test_the_hand_written_reward(completion, gold, tokens, v0, v1):
    assert (pay(completion, gold, tokens, 0), pay(completion, gold, tokens, 1)) == pytest.approx((v0, v1))
