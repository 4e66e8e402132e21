"""Estimators against brute force over every subset, and against hand arithmetic."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rewardkit.evals.metrics import (
    chance_floor,
    dead_group_share,
    g_pass_at_k,
    learning_signal,
    maj_at_k,
    mean_at_n,
    mg_pass_at_k,
    pass_at_k,
    pass_hat_k,
    quadrant,
)


def every_subset(n, c, k):
    """How many of the k are right, for every k-subset of n samples of which c are right."""
    samples = [1] * c + [0] * (n - c)
    return [sum(subset) for subset in itertools.combinations(samples, k)]


CASES = [(n, c, k) for n in range(1, 13) for c in range(n + 1) for k in range(1, n + 1)]


def test_pass_at_k_is_the_combinatorial_definition():
    for n, c, k in CASES:
        counts = every_subset(n, c, k)
        assert pass_at_k(n, c, k) == pytest.approx(np.mean([x > 0 for x in counts]), abs=1e-12), (n, c, k)
        assert pass_hat_k(n, c, k) == pytest.approx(np.mean([x == k for x in counts]), abs=1e-12), (n, c, k)


@pytest.mark.parametrize("tau", [0.0, 0.25, 0.5, 0.75, 1.0])
def test_g_pass_at_k_against_every_subset(tau):
    for n, c, k in [case for case in CASES if case[0] in (5, 8)]:
        counts = every_subset(n, c, k)
        need = max(1, math.ceil(tau * k))
        assert g_pass_at_k(n, c, k, tau) == pytest.approx(np.mean([x >= need for x in counts]), abs=1e-12)


def test_mg_pass_at_k_is_the_mean_over_the_upper_half():
    for n, c, k in [case for case in CASES if case[0] == 8]:
        counts = np.array(every_subset(n, c, k))
        expected = 2 / k * sum(np.mean(counts >= i) for i in range(math.ceil(k / 2) + 1, k + 1))
        assert mg_pass_at_k(n, c, k) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("n", "c", "k", "value"),
    [
        (8, 1, 8, 1.0),  # with replacement this would read .656
        (8, 1, 1, 1 / 8),
        (4, 2, 2, 5 / 6),
        (10, 0, 10, 0.0),
        (200, 1, 100, 0.5),
        (1000, 1, 1, 0.001),
    ],
)
def test_pass_at_k_by_hand(n, c, k, value):
    assert pass_at_k(n, c, k) == pytest.approx(value, abs=1e-15)


def test_what_cannot_be_estimated_is_nan_never_zero():
    assert np.isnan(pass_at_k([4], [4], 5)).all()
    assert np.isnan(pass_hat_k([4], [4], 5)).all()
    assert np.isnan(g_pass_at_k([4], [4], 5, 0.5)).all()
    assert np.isnan(mg_pass_at_k([4], [4], 5)).all()
    assert np.isnan(mean_at_n([0], [0])).all()
    assert np.isnan(learning_signal([1], [1])).all()
    assert np.isnan(dead_group_share([[1, 1]], 3)).all()


def test_a_share_is_read_as_it_is_written():
    # 0.55 * 20 is 11.000000000000002 in floats: eleven right of twenty must do
    assert g_pass_at_k(20, 11, 20, 0.55) == 1.0


@pytest.mark.parametrize(("n", "c", "k"), [(3, 4, 1), (3, -1, 1), (3, 1, 0)])
def test_impossible_counts_are_refused(n, c, k):
    with pytest.raises(ValueError, match=r"samples"):
        pass_at_k(n, c, k)


def test_no_questions_give_no_figures():
    assert pass_at_k([], [], 1).shape == (0,)


def test_dead_groups_by_every_subset():
    rewards = [1.0, 1.0, -0.1, -0.1, -0.1, 0.0, 1.0]
    counts = [rewards.count(v) for v in set(rewards)]
    for size in range(1, 8):
        dead = np.mean([len(set(s)) == 1 for s in itertools.combinations(rewards, size)])
        assert dead_group_share([counts], size)[0] == pytest.approx(dead, abs=1e-12)


def brute_majority(predictions, right, k, vote):
    paid = []
    for subset in itertools.combinations(range(len(predictions)), k):
        piles: dict = {}
        for i in subset:
            if predictions[i] is None and not vote:
                continue
            piles.setdefault(predictions[i], []).append(right[i] and predictions[i] is not None)
        if not piles:
            paid.append(0.0)
            continue
        tallest = max(len(p) for p in piles.values())
        tied = [a for a, p in piles.items() if len(p) == tallest]
        share = {
            a: np.mean([right[i] for i in range(len(right)) if predictions[i] == a]) if a is not None else 0.0
            for a in tied
        }
        paid.append(np.mean([share[a] for a in tied]))
    return np.mean(paid)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(["1", "2", "3", "4", None]), min_size=1, max_size=8),
    st.sampled_from(["1", "2", "9"]),
    st.booleans(),
)
def test_majority_equals_every_subset(predictions, gold, vote):
    right = [p == gold for p in predictions]
    got = maj_at_k(predictions, right, "vote" if vote else "abstain")
    for k in range(1, len(predictions) + 1):
        assert got[k - 1] == pytest.approx(brute_majority(predictions, right, k, vote), abs=1e-12)


def test_majority_of_a_pile_with_two_verdicts_pays_its_share():
    assert maj_at_k(["1", "1"], [True, False]) == pytest.approx([0.5, 0.5])


def test_majority_at_one_is_the_mean_and_ties_are_shared():
    assert maj_at_k(["4", "5"], [True, False]) == pytest.approx([0.5, 0.5])
    assert maj_at_k(["4", None], [True, False]) == pytest.approx([0.5, 1.0])
    assert maj_at_k(["4", None], [True, False], "vote") == pytest.approx([0.5, 0.5])
    assert maj_at_k([None, None], [False, False]) == pytest.approx([0.0, 0.0])


def test_majority_of_many_samples_stays_exact():
    # 33 right of 64 over two answers: at k = 64 the larger pile always wins
    assert maj_at_k(["a"] * 33 + ["b"] * 31, [True] * 33 + [False] * 31)[-1] == pytest.approx(1.0, abs=1e-12)


def test_the_quadrant_sums_to_one_and_counts_at_k_equal_n():
    greedy = np.array([1.0, 1.0, 0.0, 0.0, math.nan])
    cells = quadrant(greedy, [4] * 5, [3, 0, 1, 0, 2], 4)
    assert cells["solid"][:4] == pytest.approx([1, 0, 0, 0])
    assert cells["lucky"][:4] == pytest.approx([0, 1, 0, 0])
    assert cells["headroom"][:4] == pytest.approx([0, 0, 1, 0])
    assert cells["never"][:4] == pytest.approx([0, 0, 0, 1])
    assert sum(cells.values())[:4] == pytest.approx(1.0)
    assert all(np.isnan(cell[4]) for cell in cells.values())


def test_chance_floors_by_hand():
    assert chance_floor(0.25, 8) == pytest.approx(0.8998871)
    assert chance_floor(0.1, 16) == pytest.approx(0.8146980)
    assert chance_floor(0.0, 16) == 0.0
