"""Scores against closed forms, brute force and worked examples."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import lognorm, norm

from experiments.validation.scores import (
    LEAST_PERIODS,
    diebold_mariano,
    fair_crps,
    inside,
    quantile_crps,
    rank,
)

GENERATOR = np.random.Generator(np.random.PCG64(7))
NONE = np.zeros(6)
MEMBERS = np.array([1.0, 4.0, -2.0, 0.5, 7.0, 3.0])
ERRORS = np.array([0.5, 1.0, 0.2, 2.0, 1.5, 0.1])


def gaussian_crps(z):
    """CRPS of a standard normal (Gneiting and Raftery 2007, equation 21)."""
    return z * (2 * norm.cdf(z) - 1) + 2 * norm.pdf(z) - 1 / np.sqrt(np.pi)


def lognormal_crps(mean, sd, y):
    """CRPS of a lognormal (Baran and Lerch 2015)."""
    z = (np.log(y) - mean) / sd
    tail = norm.cdf(z - sd) + norm.cdf(sd / np.sqrt(2)) - 1
    return y * (2 * norm.cdf(z) - 1) - 2 * np.exp(mean + sd**2 / 2) * tail


def expected_distance(mean, sd):
    """E|Z| of a normal by integration."""
    low, high = mean - 12 * sd, mean + 12 * sd
    return quad(lambda x: abs(x) * norm.pdf(x, mean, sd), low, high, points=[min(max(0.0, low), high)], limit=200)[0]


def test_a_fair_score_by_brute_force():
    """Mean distance to the observation less half the mean distance over pairs of different members."""
    pairs = [abs(a - b) for i, a in enumerate(MEMBERS) for j, b in enumerate(MEMBERS) if i != j]
    expected = np.mean(np.abs(MEMBERS - 2.0)) - np.mean(pairs) / 2
    assert fair_crps(MEMBERS, NONE, 2.0) == pytest.approx(expected, rel=1e-12)


def test_the_error_of_reports_is_integrated_out():
    miss = np.mean([expected_distance(m - 2.0, s) for m, s in zip(MEMBERS, ERRORS, strict=True)])
    pairs = [
        expected_distance(MEMBERS[i] - MEMBERS[j], np.hypot(ERRORS[i], ERRORS[j]))
        for i in range(6)
        for j in range(6)
        if i != j
    ]
    assert fair_crps(MEMBERS, ERRORS, 2.0) == pytest.approx(miss - np.mean(pairs) / 2, rel=1e-6)


def test_an_error_of_next_to_nothing_changes_nothing():
    assert fair_crps(MEMBERS, NONE + 1e-9, 2.0) == pytest.approx(fair_crps(MEMBERS, NONE, 2.0), rel=1e-7)


def test_blocks_of_a_large_ensemble_add_up():
    """1,100 members stand in three blocks; the mean pair distance of two of four numbers is known."""
    members = np.tile(np.array([0.0, 1.0, 2.0, 3.0]), 275)
    small = np.full(members.size, 1e-9)
    assert fair_crps(members, small, 1.5) == pytest.approx(fair_crps(members, np.zeros(members.size), 1.5), abs=1e-7)


@pytest.mark.parametrize("observed", [-0.3, 1.7])
def test_a_fair_score_has_no_bias_even_of_five_members(observed):
    """The mean over 20,000 ensembles of five is the normal's own score, within four standard errors."""
    found = [fair_crps(members, np.zeros(5), observed) for members in GENERATOR.normal(size=(20_000, 5))]
    assert np.mean(found) == pytest.approx(gaussian_crps(observed), abs=4 * np.std(found) / np.sqrt(len(found)))


def test_one_number_scores_its_absolute_error():
    assert fair_crps(np.array([3.0, 3.0]), np.zeros(2), 5.0) == pytest.approx(2.0)
    with pytest.raises(ValueError, match="at least 2 members, not 1"):
        fair_crps(np.array([3.0]), np.zeros(1), 5.0)


@pytest.mark.parametrize("observed", [-2.5, 0.0, 0.4, 3.0])
def test_quantiles_of_a_normal_score_as_the_normal(observed):
    quantiles = norm.ppf((np.arange(499) + 0.5) / 499)
    assert quantile_crps(quantiles, observed) == pytest.approx(gaussian_crps(observed), abs=2e-4)


@pytest.mark.parametrize("observed", [0.2, 1.0, 9.0])
def test_quantiles_of_a_lognormal_score_as_the_lognormal(observed):
    quantiles = lognorm.ppf((np.arange(499) + 0.5) / 499, 0.8, scale=np.exp(0.3))
    assert quantile_crps(quantiles, observed) == pytest.approx(lognormal_crps(0.3, 0.8, observed), rel=5e-3)


def test_ranks_by_hand():
    """Of -2 .5 1 3 4 7 three lie below 2: (3 + 1/2) / 7; a tie counts half, and no rank is 0 or 1."""
    assert rank(MEMBERS, NONE, 2.0) == pytest.approx(0.5)
    assert rank(MEMBERS, NONE, 3.0) == pytest.approx(4 / 7)
    assert rank(MEMBERS, NONE, -9.0) == pytest.approx(0.5 / 7)
    spread = np.sum(norm.cdf((2.0 - MEMBERS) / ERRORS))
    assert rank(MEMBERS, ERRORS, 2.0) == pytest.approx((spread + 0.5) / 7)


@pytest.mark.parametrize("error", [0.0, 1.0])
def test_bands_cover_what_they_say(error):
    """Of 4,000 observations from the forecast's own distribution half lie in the central half; four standard errors."""
    observed = GENERATOR.normal(size=4000) + error * GENERATOR.normal(size=4000)
    known = norm.ppf((np.arange(400) + 0.5) / 400)
    ranks = [rank(known, np.full(400, error), y) for y in observed]
    for band in (0.5, 0.9):
        share = np.mean([inside(one, band) for one in ranks])
        assert share == pytest.approx(band, abs=4 * np.sqrt(band * (1 - band) / 4000))


def test_bands_end_where_they_should():
    assert [inside(r, 0.5) for r in (0.24, 0.25, 0.75, 0.76)] == [False, True, True, False]
    assert [inside(r, 0.9) for r in (0.04, 0.06, 0.94, 0.96)] == [False, True, True, False]


def test_a_diebold_mariano_test_by_hand():
    """3 1 3 1 ...: mean 2, variance 1; without lags 2 / sqrt(1/8) · sqrt(7/8) = sqrt(28)."""
    found = diebold_mariano([3.0, 1.0] * 4, lags=0)
    assert found.statistic == pytest.approx(np.sqrt(28.0))
    assert found.p_value == pytest.approx(0.001132, abs=2e-6)  # two tails of Student's t with 7 degrees of freedom
    assert (found.n, found.lags, found.reason) == (8, 0, "")


def test_autocovariances_enter_the_variance():
    """1 1 3 3 ...: variance 1, first autocovariance 1/8, so 1.25; h = 2 shrinks by sqrt(5.25 / 8)."""
    found = diebold_mariano([1.0, 1.0, 3.0, 3.0] * 2, lags=1)
    assert found.statistic == pytest.approx(2 / np.sqrt(1.25 / 8) * np.sqrt(5.25 / 8))


def test_a_negative_variance_gives_way_to_bartletts_weights():
    """3 1 3 1 ...: 1 - 2 · 7/8 is negative; half of the weight leaves 1 - 7/8."""
    found = diebold_mariano([3.0, 1.0] * 4, lags=1)
    assert found.statistic == pytest.approx(2 / np.sqrt(0.125 / 8) * np.sqrt(5.25 / 8))


def test_the_better_forecast_has_the_sign():
    worse = GENERATOR.normal(1.0, 0.1, size=27)
    assert diebold_mariano(-worse).statistic < -5.0
    assert diebold_mariano(worse).statistic > 5.0
    assert diebold_mariano(worse).lags == 3


def test_too_few_periods_and_equal_forecasts_give_the_reason_instead():
    short = diebold_mariano([1.0] * (LEAST_PERIODS - 1))
    assert (short.statistic, short.p_value, short.n) == (None, None, 7)
    assert short.reason == "7 periods; at least 8 are needed"
    same = diebold_mariano([0.0] * 9)
    assert (same.statistic, same.reason) == (None, "the differences do not vary")
