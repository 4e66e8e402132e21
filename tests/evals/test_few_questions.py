"""Few questions, no spread, nothing there: what may be claimed then, against brute force and by simulation."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rewardkit.evals.analysis.board import CODE, ArmBoard, Board
from rewardkit.evals.analysis.measures import measures
from rewardkit.evals.metrics import maj_at_k
from rewardkit.evals.suite.data import Item
from rewardkit.evals.suite.suite import load_suite
from rewardkit.statistics import exchange_test, mcnemar_exact, paired_difference, ratio_interval

SIDES = st.lists(
    st.tuples(st.integers(0, 8), st.integers(0, 8), st.integers(0, 8), st.integers(0, 8)),
    min_size=1,
    max_size=7,
)


def arrays(rows):
    a, m, b, n = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    return (np.minimum(a, m), m), (np.minimum(b, n), n)


@settings(max_examples=60, deadline=None)
@given(SIDES)
def test_the_exchange_test_counts_every_exchange(rows):
    (num_a, den_a), (num_b, den_b) = arrays(rows)
    if not den_a.sum() or not den_b.sum():
        return
    seen = num_b.sum() / den_b.sum() - num_a.sum() / den_a.sum()
    hits = defined = 0
    for swaps in itertools.product((False, True), repeat=len(rows)):
        swap = np.array(swaps)
        below_a, below_b = np.where(swap, den_b, den_a).sum(), np.where(swap, den_a, den_b).sum()
        if not below_a or not below_b:
            continue
        gap = np.where(swap, num_a, num_b).sum() / below_b - np.where(swap, num_b, num_a).sum() / below_a
        defined += 1
        hits += abs(gap) >= abs(seen) - 1e-9
    assert exchange_test((num_a, den_a), (num_b, den_b)) == pytest.approx(hits / defined)


@pytest.mark.parametrize(("lost", "gained", "same"), [(0, 3, 2), (1, 4, 0), (2, 2, 3), (0, 0, 5)])
def test_for_one_trial_a_question_it_is_exact_mcnemar(lost, gained, same):
    a = np.array([1.0] * lost + [0.0] * gained + [1.0] * same)
    b = np.array([0.0] * lost + [1.0] * gained + [1.0] * same)
    one = np.ones(len(a))
    assert exchange_test((a, one), (b, one)) == pytest.approx(mcnemar_exact(lost, gained))


def test_beyond_every_exchange_random_ones_come_near_mcnemar():
    a, b, one = np.array([1.0] * 5 + [0.0] * 15), np.array([0.0] * 5 + [1.0] * 15), np.ones(20)
    assert exchange_test((a, one), (b, one)) == pytest.approx(mcnemar_exact(5, 15), abs=0.012)


@pytest.mark.parametrize("questions", [2, 3, 5])
def test_a_few_questions_that_all_turn_right_prove_little(questions):
    """Two questions of two exchange in four ways, of which two differ as much: p is a half, never a thousandth."""
    one = np.ones(questions)
    made = paired_difference((0 * one, one), (one, one), unit=True)
    assert made.p == pytest.approx(2 / 2**questions)
    assert made.value == made.high == 1.0
    assert made.low < 0.5


@pytest.mark.parametrize(
    ("value", "low", "high"), [(0.0, 0.0, 0.5394), (1.0, 0.4606, 1.0), (0.5, 0.1972, 0.8028)]
)
def test_five_questions_without_spread(value, low, high):
    """By hand: seven questions with a 0 and a 1 among them; 2.776 of Student's t with 4 degrees of freedom."""
    made = ratio_interval(np.full(5, 8 * value), np.full(5, 8.0))
    seven = np.array([*[value] * 5, 0.0, 1.0])
    reach = 2.776445 * seven.std(ddof=1) / math.sqrt(7)
    assert made.low == pytest.approx(max(seven.mean() - reach, 0.0), abs=1e-6)
    assert (made.low, made.high) == pytest.approx((low, high), abs=1e-3)
    assert made.method == "student, plus two"


def test_a_figure_without_bounds_and_without_spread_has_no_width():
    made = ratio_interval(np.full(9, 36.0), np.full(9, 4.0), unit=False)
    assert (made.value, made.low, made.high) == pytest.approx((9.0, 9.0, 9.0))


@pytest.mark.parametrize("questions", [2, 3, 5, 7])
def test_coverage_and_false_alarms_with_few_questions(questions):
    """Two equal policies, 8 samples a question: the interval holds the truth, and p < .05 is as rare as it says."""
    rng = np.random.default_rng(questions)
    one, times = np.ones(questions), 400
    held = held_pair = alarms = 0
    for _ in range(times):
        p = rng.beta(1.2, 1.5, size=questions)
        a, b = rng.binomial(8, p) / 8, rng.binomial(8, p) / 8
        single, pair = ratio_interval(a, one), paired_difference((a, one), (b, one), unit=True)
        held += single.low <= 1.2 / 2.7 <= single.high
        held_pair += pair.low <= 0 <= pair.high
        alarms += pair.p < 0.05
    assert held / times >= 0.9
    assert held_pair / times >= 0.93
    assert alarms / times <= 0.07


def board(outcomes):
    """A board of one sampled arm from rows of outcomes; None is a sample that is not there."""
    n = len(outcomes[0])
    arm = ArmBoard.empty("sampled", len(outcomes), n)
    for place, row in enumerate(outcomes):
        for sample, outcome in enumerate(row):
            if outcome is not None:
                arm.outcome[place, sample] = CODE[outcome]
                arm.predictions[place][sample] = arm.votes[place][sample] = outcome
    suite = load_suite("arithmetic", [f"arms={{sampled: {{n: {n}, temperature: 1}}}}", "slices=[]"])
    items = [Item(id=str(place), gold="1") for place in range(len(outcomes))]
    return Board(name="x", suite=suite, items=items, arms={"sampled": arm}, meta={}, scoring={})


def figures(outcomes):
    return {measure.name: measure.estimate() for measure in measures(board(outcomes))}


def test_a_question_keeps_what_its_samples_define():
    """Of four questions one has no sample and one has one of two."""
    made = figures([["correct", "wrong"], [None, None], ["correct", None], ["correct", "correct"]])
    assert made["mean@2"].value == made["pass@1"].value == pytest.approx((1 / 2 + 1 + 1) / 3)
    assert made["pass@2"].value == 1.0
    assert [made[name].questions for name in ("mean@2", "pass@1", "pass@2", "maj@2")] == [3, 3, 2, 2]
    assert made["maj@2"].value == pytest.approx(0.75)  # a tie is paid one half


def test_seven_of_eight_samples_define_all_but_pass_at_8():
    seven = [*["correct"] * 3, *["wrong"] * 4, None]
    made = figures([seven, ["wrong"] * 8])
    assert made["mean@8"].value == pytest.approx((3 / 7 + 0) / 2)
    assert made["pass@4"].value == pytest.approx((1 - 1 / 35) / 2)  # of 35 fours of seven one is all wrong
    assert (made["pass@8"].value, made["pass@8"].questions) == (0.0, 1)
    assert made["maj@4"].questions == 2


def test_bounds_stand_beside_figures_where_samples_are_missing():
    made = board([["correct", "wrong"], [None, None], ["correct", None], ["correct", "correct"]])
    bounds = {measure.name: measure.bounded() for measure in measures(made)}
    assert bounds["mean@2"] == pytest.approx(((1 / 2 + 0 + 1 / 2 + 1) / 4, (1 / 2 + 1 + 1 + 1) / 4))
    assert bounds["pass@2"] == pytest.approx(((1 + 0 + 1 + 1) / 4, 1.0))
    assert bounds["maj@2"] == pytest.approx(((1 / 2 + 0 + 1 / 2 + 1) / 4, (1 / 2 + 1 + 1 + 1) / 4))
    assert bounds["tokens"] is None if "tokens" in bounds else True
    whole = board([["correct", "wrong"], ["wrong", "wrong"]])
    assert {measure.bounded() for measure in measures(whole)} == {None}


@given(
    st.lists(st.sampled_from(["r", "a", "b", "c"]), min_size=1, max_size=4),
    st.integers(1, 3),
    st.sampled_from(["abstain", "vote"]),
)
@settings(max_examples=60, deadline=None)
def test_no_way_to_fill_what_is_missing_leaves_the_bounds_of_maj(answers, lost, non_answers):
    """Whatever the missing samples might have said (an answer of the others, a new one, nothing)."""
    made = board([[*("correct" if a == "r" else "wrong" for a in answers), *[None] * lost]])
    arm = made.arms["sampled"]
    arm.votes[0][: len(answers)] = answers
    made.suite = made.suite.model_copy(update={"non_answers": non_answers})
    bounds = {measure.name: measure.bounded() for measure in measures(made)}
    for filled in itertools.product(["r", "a", "b", "c", "d", None], repeat=lost):
        votes = [*answers, *filled]
        exact = maj_at_k(votes, [vote == "r" for vote in votes], non_answers)
        for k in [k for k in made.suite.ks if f"maj@{k}" in bounds]:
            low, high = bounds[f"maj@{k}"]
            assert low - 1e-9 <= exact[k - 1] <= high + 1e-9, (votes, k)


@pytest.mark.parametrize(("outcome", "value"), [("correct", 1.0), ("wrong", 0.0)])
def test_all_right_and_all_wrong(outcome, value):
    made = figures([[outcome] * 4] * 6)
    for name in ("mean@4", "pass@1", "pass@4", "maj@4"):
        assert made[name].value == value
        assert made[name].low <= value <= made[name].high
        assert (
            made[name].high - made[name].low > 0.4
        )  # six questions say little, and no method claims otherwise
    assert (
        len({(made[f"pass@{k}"].low, made[f"pass@{k}"].method) for k in (1, 2, 4)}) == 1
    )  # one method along a curve
    assert made["dead@4"].value == 1.0


def test_none_is_answerable():
    made = figures([["correct", "false_none"], ["wrong", "correct"]])
    assert made["false_none"].value == pytest.approx(0.25)
    assert made["none_precision"].value == 0.0
    assert "none_recall" not in made  # there is nothing to recall, which is not 0
    assert "accuracy_answerable" not in made


def test_none_can_be_answered():
    made = figures([["none_correct", "none_missed"], ["none_no_answer", "none_correct"]])
    assert made["none_recall"].value == made["mean@2"].value == 0.5
    assert made["none_precision"].value == 1.0
    assert "false_none" not in made
    assert math.isfinite(made["no_answer"].value)


def test_never_and_always_right_are_bins_of_their_own():
    """At n = 64 a question that is right once is not one that is never right."""
    pytest.importorskip("altair")
    from rewardkit.evals.report.charts import pass_rates

    rights = [0] * 6 + [1] * 4 + list(range(2, 63)) + [63] * 3 + [64] * 2
    chart = pass_rates({"run": board([["correct"] * c + ["wrong"] * (64 - c) for c in rights])})
    found = dict(zip(chart.data["label"], chart.data["questions"], strict=True))
    assert (found["0%"], found["100%"]) == (6, 2)
    assert sum(found.values()) == len(rights)
