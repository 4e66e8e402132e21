"""Learning signal: brute force, hand arithmetic, and distributions with known shares."""

import json
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rewardkit.audit.rollouts.difficulty import Difficulty, fit
from rewardkit.audit.rollouts.load import load, scored
from rewardkit.audit.rollouts.signal import Passed, Signal, counts_of_labels, counts_of_scores
from rewardkit.errors import UsageError
from rewardkit.recipe.loading import load_recipe
from rewardkit.statistics import dead_share


def test_dead_share_of_2_right_in_16_at_4():
    assert dead_share((2, 14), 4) == pytest.approx(0.55)


@settings(deadline=None)
@given(st.integers(2, 9).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n), st.integers(2, n))))
def test_dead_share_is_that_of_all_subsets(drawn):
    n, c, size = drawn
    marks = [True] * c + [False] * (n - c)
    subsets = [sum(some) in (0, size) for some in combinations(marks, size)]
    assert dead_share((c, n - c), size) == pytest.approx(sum(subsets) / len(subsets))


def test_dead_share_cannot_be_said_of_fewer_completions():
    assert np.isnan(dead_share((2, 2), 8))


def test_the_beta_of_a_report_has_its_shares():
    """63 per cent dead at G = 4 fits Beta(.925, .300): .50 at 8, .40 at 16."""
    rates = Difficulty(0.925, 0.300)
    assert [round(rates.dead(size), 2) for size in (4, 8, 16)] == [0.63, 0.50, 0.40]


def test_uniform_pass_rates_have_2_over_g_plus_1_dead():
    assert Difficulty(1.0, 1.0).dead(8) == pytest.approx(2 / 9)


def test_the_fit_finds_the_distribution_it_was_drawn_from():
    rng = np.random.default_rng(7)
    rates = rng.beta(0.8, 1.6, 3000)
    counts = [(16, int(c)) for c in rng.binomial(16, rates)]
    found = fit(counts)
    assert found.a == pytest.approx(0.8, rel=0.1)
    assert found.b == pytest.approx(1.6, rel=0.1)


@pytest.mark.parametrize(("right", "mean"), [(0, 0.001), (8, 0.999)])
def test_problems_that_are_all_alike_fit_at_the_edge(right, mean):
    assert fit([(8, right)] * 20).mean == pytest.approx(mean, abs=2e-3)


def test_intervals_cover_the_truth():
    """Nominal 95 per cent over 40 data sets of 200 problems each."""
    rng = np.random.default_rng(3)
    truth = Difficulty(0.9, 0.9).dead(4)
    inside = 0
    for seed in range(40):
        rates = rng.beta(0.9, 0.9, 200)
        problems = [Passed(str(at), 8, int(c)) for at, c in enumerate(rng.binomial(8, rates))]
        figure = Signal(problems, seed).size(4).unbiased
        inside += figure.low <= truth <= figure.high
    assert inside >= 35


@pytest.mark.parametrize(("a", "b"), [(0.9, 0.9), (0.2, 3.0), (0.3, 0.3), (5.0, 0.2)])
@pytest.mark.parametrize("size", [2, 8])
def test_intervals_cover_with_twenty_problems_too(a, b, size):
    """Nominal 95 per cent; 1,000 data sets of 20 problems, 8 samples each: at least 92.5 per cent."""
    rng = np.random.default_rng(17)
    truth, inside = Difficulty(a, b).dead(size), 0
    for _ in range(1000):
        counts = rng.binomial(8, rng.beta(a, b, 20))
        figure = Signal([Passed(str(at), 8, int(c)) for at, c in enumerate(counts)]).dead(size)
        inside += figure.low <= truth <= figure.high
    assert inside >= 925


@pytest.mark.parametrize("c", [0, 8])
def test_without_a_mixed_group_nothing_is_fitted_or_recommended(c):
    found = Signal([Passed(str(at), 8, c) for at in range(20)])
    assert found.recommended == (None, {})
    eight = found.size(8)
    assert eight.unbiased.value == 1.0
    assert eight.unbiased.low == pytest.approx(20 / (20 + 1.959964**2))  # Wilson's at 20 of 20
    assert np.isnan(eight.fitted.value)
    assert "no group size is recommended" in found.sentences()[1]
    assert "no mixed group" in found.rows()[-1]


def test_shrunken_rates_lie_between_their_own_and_the_mean():
    rates = Difficulty(1.0, 3.0)
    assert rates.shrunken(4, 4) == pytest.approx(5 / 8)
    low, high = rates.interval(4, 4)
    assert low < 5 / 8 < high
    # Beta(5, 3): central 95 per cent
    assert (low, high) == pytest.approx((0.290, 0.901), abs=5e-3)


def test_the_band_is_on_shrunken_rates_and_sorted_by_what_they_teach():
    problems = [Passed("never", 8, 0), Passed("half", 8, 4), Passed("rare", 8, 1), Passed("always", 8, 8)]
    found = Signal(problems)
    assert next(row["id"] for row in found.worth(0.1, 0.9)) == "half"
    assert {row["id"] for row in found.worth(0.0, 1.0)} == {"never", "half", "rare", "always"}
    with pytest.raises(UsageError):
        found.worth(0.9, 0.1)


def test_a_group_of_four_that_is_never_sampled_needs_the_fit():
    found = Signal([Passed(str(at), 4, at % 5) for at in range(50)])
    eight = found.size(8)
    assert eight.covered == 0
    assert np.isnan(eight.unbiased.value)
    assert eight.fitted.low <= eight.fitted.value <= eight.fitted.high


def test_more_completions_than_labels_is_a_fault(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps({"gold": "1", "completions": ["a", "b"]}) + "\n")
    with pytest.raises(UsageError, match="--labels"):
        counts_of_labels(load(path))


@pytest.mark.data
def test_labels_and_a_recipe_agree_on_the_math_rollouts(shared_data):
    path = shared_data / "math" / "qwen_rollouts.jsonl"
    by_label = counts_of_labels(load(path))
    recipe = load_recipe("open-r1-stack@1", ["answer.extract=[boxed]"])
    by_recipe = counts_of_scores(scored(recipe, load(path, recipe)))
    different = [a.name for a, b in zip(by_label, by_recipe, strict=True) if a.c != b.c]
    assert len(different) <= 1  # one label is known to be wrong
    assert Signal(by_label).size(8).unbiased.value == pytest.approx(
        sum(1 for one in by_label if one.c in (0, 8)) / 50
    )
