"""Intervals cover what they say, and tests give the textbook's numbers."""

import math
import subprocess
import sys

import numpy as np
import pytest
from curve_worlds import RATES, covered
from scipy.stats import binomtest

from rewardkit.evals.metrics import pass_at_k
from rewardkit.statistics import (
    holm,
    mcnemar_exact,
    minimum_detectable_difference,
    paired_difference,
    ratio_interval,
    wilson,
)


@pytest.mark.parametrize(
    ("right", "total", "low", "high"),
    [(9, 30, 0.1666, 0.4788), (0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (50, 100, 0.4038, 0.5962)],
)
def test_wilson_by_the_textbook(right, total, low, high):
    assert wilson(right, total) == pytest.approx((low, high), abs=1e-4)


def test_wilson_is_scipys_to_the_last_digits():
    for total in (1, 7, 30, 1319):
        for right in {0, 1, total // 3, total - 1, total}:
            theirs = binomtest(right, total).proportion_ci(confidence_level=0.9, method="wilson")
            assert wilson(right, total, 0.9) == pytest.approx((theirs.low, theirs.high), abs=1e-14)


def test_an_interval_and_the_dead_share_need_no_scipy():
    code = (
        "import sys; from rewardkit.statistics import Estimate, dead_share, wilson; import rewardkit.pages.tables; "
        "wilson(3, 9); dead_share((2, 14), 4); print('scipy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_no_trials_give_no_interval():
    assert all(math.isnan(x) for x in wilson(0, 0))
    assert math.isnan(ratio_interval([], []).value)
    assert math.isnan(ratio_interval([math.nan], [1.0]).value)


def coverage(draw, truth, trials=1500, **options):
    rng = np.random.default_rng(7)
    inside = 0
    for _ in range(trials):
        num, den, clusters = draw(rng)
        made = ratio_interval(num, den, clusters=clusters, resamples=600, **options)
        inside += made.low <= truth <= made.high
    return inside / trials


def mean_of_eight(rng):
    p = rng.beta(1.2, 1.5, size=100)
    return rng.binomial(8, p) / 8, np.ones(100), None


def pass_at_four(rng):
    p = rng.beta(1.2, 1.5, size=100)
    return pass_at_k(np.full(100, 8), rng.binomial(8, p), 4), np.ones(100), None


def ratio_of_counts(rng):
    said = rng.binomial(8, 0.3, size=120)
    return rng.binomial(said, 0.7), said.astype(float), None


def clustered(rng):
    effect = np.repeat(rng.normal(0, 0.1, size=60), 4)
    return np.clip(0.5 + effect + rng.normal(0, 0.05, 240), 0, 1), np.ones(240), np.repeat(np.arange(60), 4)


def expected_pass_at_four():
    # E[1 - (1-p)^4] for p ~ Beta(1.2, 1.5)
    a, b = 1.2, 1.5
    return 1 - math.prod((b + i) / (a + b + i) for i in range(4))


@pytest.mark.parametrize(
    ("draw", "truth"),
    [
        (mean_of_eight, 1.2 / 2.7),
        (pass_at_four, expected_pass_at_four()),
        (ratio_of_counts, 0.7),
        (clustered, 0.5),
    ],
)
def test_a_95_per_cent_interval_covers_at_least_93_per_cent(draw, truth):
    assert coverage(draw, truth) >= 0.93


@pytest.mark.parametrize("name", RATES)
@pytest.mark.parametrize(("questions", "k"), [(2, 8), (8, 8), (30, 1), (30, 4), (100, 8)])
def test_it_does_where_most_questions_are_easy_or_hard(name, questions, k):
    """A percentile bootstrap covers 65 to 86 % here; `make soak` tries every size with more replicates."""
    assert covered(name, 8, k, questions, 600, seed=3)[0] >= 0.92


def test_an_interval_that_forgets_clusters_is_too_narrow():
    rng = np.random.default_rng(0)
    num, den, labels = clustered(rng)
    with_labels, without = ratio_interval(num, den, clusters=labels), ratio_interval(num, den)
    assert with_labels.high - with_labels.low > 1.5 * (without.high - without.low)


def test_all_right_still_has_an_interval():
    made = ratio_interval(np.ones(10), np.ones(10))
    assert 0.7 < made.low < 0.8
    assert made.high == 1.0


def test_pairing_removes_what_the_questions_share():
    rng = np.random.default_rng(1)
    hard = rng.random(200)
    a, b = hard, np.clip(hard + 0.05 + rng.normal(0, 0.02, 200), 0, 2)
    ones = np.ones(200)
    made = paired_difference((a, ones), (b, ones))
    assert made.low < made.value < made.high
    assert made.high - made.low < 0.01
    assert made.p < 0.01
    assert paired_difference((a, ones), (a, ones)).p == 1.0


def test_a_question_missing_on_one_side_counts_on_neither():
    nan = math.nan
    made = paired_difference(([1, 0, nan], [1, 1, 1]), ([1, 1, 1], [1, 1, 1]))
    assert made.value == pytest.approx(0.5)
    assert made.questions == 2


def test_paired_coverage():
    rng = np.random.default_rng(3)
    inside = 0
    for _ in range(1000):
        p = rng.random(80)
        a, b = rng.binomial(8, p) / 8, rng.binomial(8, np.clip(p * 0.9, 0, 1)) / 8
        made = paired_difference((a, np.ones(80)), (b, np.ones(80)), resamples=600)
        inside += made.low <= -0.05 <= made.high
    assert 0.93 <= inside / 1000 <= 0.97


@pytest.mark.parametrize(("a", "b", "p"), [(0, 0, 1.0), (1, 9, 0.021484375), (5, 5, 1.0), (0, 6, 0.03125)])
def test_mcnemar_is_the_binomial(a, b, p):
    assert mcnemar_exact(a, b) == pytest.approx(p)


def test_holm_by_hand():
    assert holm([0.01, 0.02, 0.03]) == pytest.approx([0.03, 0.04, 0.04])
    adjusted = holm([0.04, math.nan])
    assert adjusted[0] == pytest.approx(0.04)
    assert math.isnan(adjusted[1])
    assert holm([]) == []


def test_holm_like_statsmodels():
    multitest = pytest.importorskip("statsmodels.stats.multitest")
    rng = np.random.default_rng(0)
    for size in (1, 2, 7):
        ps = rng.random(size) ** 3
        assert holm(ps.tolist()) == pytest.approx(multitest.multipletests(ps, method="holm")[1])


def test_the_smallest_difference_that_can_be_seen():
    d = np.array([1.0, -1.0] * 50)  # sd 1.005
    assert minimum_detectable_difference(d) == pytest.approx((1.959964 + 0.841621) * d.std(ddof=1) / 10)
    assert math.isnan(minimum_detectable_difference(np.zeros(10)))


def test_copies_of_a_question_show_no_more_than_the_question():
    d = np.random.default_rng(2).normal(0, 0.3, 40)
    five = minimum_detectable_difference(np.repeat(d, 5), clusters=np.repeat(np.arange(40), 5))
    assert five == pytest.approx(minimum_detectable_difference(d))
    assert minimum_detectable_difference(np.repeat(d, 5)) < 0.5 * five
