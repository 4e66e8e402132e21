"""A gain, a loss or a crossing of pass@k is claimed from a band over all k, not from where two lines meet."""

import numpy as np
import pytest
from curve_worlds import RATES, curves, sharpened

from rewardkit.statistics import difference_band
from rewardkit.statistics.bands import ENOUGH


def share_claimed(rates, n, questions, pairs, claims, change=None, seed=11):
    """The share of made-up pairs of runs of which `claims(band)` is true."""
    rng, found = np.random.default_rng(seed), 0
    for _ in range(pairs):
        truth = rates(rng, questions)
        other = truth if change is None else change(rng, truth)
        band = difference_band(curves(rng, truth, n), curves(rng, other, n), range(1, n + 1), resamples=500)
        found += claims(band)
    return found / pairs


def anything(band):
    return set(band.verdicts) != {"cannot tell"}


@pytest.mark.parametrize("name", RATES)
@pytest.mark.parametrize(("n", "questions"), [(8, 50), (64, 100)])
def test_of_two_runs_of_one_generator_nothing_is_claimed(name, n, questions):
    # at a level of 5 % more than 11 % of 150 pairs would be chance in one of 1,000 tests; `make soak` has more pairs
    assert share_claimed(RATES[name], n, questions, 150, anything) <= 0.11


def test_a_true_crossing_is_seen():
    def crosses(band):
        return band.crossing is not None

    few = share_claimed(RATES["uniform"], 64, 100, 60, crosses, sharpened)
    many = share_claimed(RATES["uniform"], 64, 500, 60, crosses, sharpened)
    assert few < many
    assert many >= 0.9


def test_the_verdicts_say_where():
    rng = np.random.default_rng(0)
    a = np.tile([0.2, 0.4, 0.6, 0.8], (50, 1)) + rng.normal(0, 0.02, (50, 4))
    b = np.tile([0.5, 0.4, 0.5, 0.5], (50, 1)) + rng.normal(0, 0.02, (50, 4))
    band = difference_band(a, b, [1, 2, 4, 8])
    assert band.verdicts == ("gains", "cannot tell", "loses", "loses")
    assert list(band.stretches()) == [("gains", 1, 1), ("cannot tell", 2, 2), ("loses", 4, 8)]
    assert band.crossing == (1, 4)
    assert all(low < value < high for low, value, high in zip(band.low, band.value, band.high, strict=True))


def test_a_lead_that_fades_is_no_crossing():
    rng = np.random.default_rng(0)
    a = np.tile([0.2, 0.8], (50, 1)) + rng.normal(0, 0.05, (50, 2))
    b = np.tile([0.5, 0.799], (50, 1)) + rng.normal(0, 0.05, (50, 2))
    band = difference_band(a, b, [1, 8])
    assert (band.verdicts, band.crossing) == (("gains", "cannot tell"), None)


def test_too_few_questions_cannot_tell():
    a, b = np.zeros((ENOUGH - 1, 2)), np.ones((ENOUGH - 1, 2))
    assert difference_band(a, b, [1, 2]).verdicts == ("cannot tell", "cannot tell")


def test_copies_of_a_question_tell_no_more_than_the_question():
    rng = np.random.default_rng(3)
    gap = rng.normal(0.02, 0.1, (40, 3))
    once = difference_band(np.zeros((40, 3)), gap, [1, 2, 4])
    five = difference_band(
        np.zeros((200, 3)), np.repeat(gap, 5, axis=0), [1, 2, 4], clusters=np.repeat(np.arange(40), 5)
    )
    assert five.low == pytest.approx(once.low, rel=0.05)
    alone = difference_band(np.zeros((200, 3)), np.repeat(gap, 5, axis=0), [1, 2, 4])
    assert np.all(np.subtract(alone.high, alone.low) < 0.5 * np.subtract(once.high, once.low))
    assert (five.questions, five.clusters) == (200, 40)
