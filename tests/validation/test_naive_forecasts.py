"""Naive forecasts by hand, on made-up histories; and nothing later than the cut-off is looked at."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import logit

from abm.calendar import periods_of, quarter_index
from abm.operators import OPERATORS
from experiments.validation import history as histories
from experiments.validation.forecasts import (
    DAMPING,
    LEVELS,
    last_value,
    log_linear_trend,
    logistic_share,
    naive_forecasts,
)
from experiments.validation.history import Borrowed, History, borrowed, history, pace, spread
from experiments.validation.observations import Observation
from experiments.validation.reporting import (
    Tolerance,
    error_sd,
    shared_weights,
    target_groups,
    target_tolerances,
)

LENT = Borrowed({"log": 0.2, "logit": 0.3}, 0.4)
AMOUNT, SHARE, LEVEL, LAG = (
    OPERATORS[name] for name in ("NVDA_DC_REV", "IDC_SHARE_DOM", "CN_NVDA_H100E_CUM", "ECI_LAG")
)
CUT = quarter_index("2024Q4")


def past(operator, values, first="2023Q1"):
    """Quarterly values from a quarter on."""
    start = quarter_index(first)
    periods = tuple(f"{2020 + (start + t) // 4}Q{(start + t) % 4 + 1}" for t in range(len(values)))
    return History(operator, periods, np.array(values, dtype=float))


def sd_of(forecast, forward):
    """Standard deviation on a scale, from the quantiles at 1/8 and 7/8, which stand 2.3007 deviations apart."""
    level = (np.arange(LEVELS) + 0.5) / LEVELS
    low, high = (forward(np.interp(share, level, forecast.quantiles)) for share in (0.125, 0.875))
    return (high - low) / (2 * 1.1503494)


def test_the_last_value_walks_at_random():
    """Changes of ln 2, 0, ln 2 a quarter: pace sqrt(2/3) ln 2; four quarters on the spread is twice that."""
    found = last_value(past(AMOUNT, [1, 2, 2, 4]), quarter_index("2024Q4") + 0.5, LENT)
    assert found.point == pytest.approx(4.0)
    assert sd_of(found, np.log) == pytest.approx(2 * np.sqrt(2 / 3) * np.log(2), rel=1e-3)


def test_an_exponential_goes_on():
    exact = past(AMOUNT, [1, 2, 4, 8, 16])
    found = log_linear_trend(exact, exact.time("2024Q4"), LENT)
    assert found.point == pytest.approx(128.0)
    assert np.ptp(found.quantiles) == pytest.approx(0.0, abs=1e-9)


def test_the_spread_of_a_trend_is_that_of_a_new_observation():
    """ln values 0 1 0 a year apart: slope 0, residual sum 2/3 on one degree; a year on 1 + 1/3 + 8^2 / (2 · 4^2)."""
    known = History(AMOUNT, ("2021", "2022", "2023"), np.exp([0.0, 1.0, 0.0]))
    found = log_linear_trend(known, known.time("2024"), LENT)
    expected = np.sqrt(2 / 3) * np.sqrt(1 + 1 / 3 + 2)
    assert found.point == pytest.approx(np.exp(1 / 3))
    assert sd_of(found, np.log) == pytest.approx(expected, rel=1e-3)


def test_a_share_follows_its_s_curve_and_its_log_trend_stops_at_100():
    odds = logit(0.1) + 0.5 * np.arange(5)
    shares = past(SHARE, 100 / (1 + np.exp(-odds)))
    assert logistic_share(shares, shares.time("2025Q2"), LENT).point == pytest.approx(
        100 / (1 + np.exp(-(logit(0.1) + 0.5 * 9)))
    )
    assert log_linear_trend(shares, shares.time("2027Q4"), LENT).point == 100.0


def test_the_growth_of_an_amount_fades():
    """ln 2 a quarter: two quarters after the last value .9 + .81 of it have been added."""
    exact = past(AMOUNT, [1, 2, 4, 8, 16])
    found = logistic_share(exact, exact.time("2024Q3"), LENT)
    assert np.log(found.point / 16) == pytest.approx(np.log(2) * (DAMPING + DAMPING**2))


def test_few_values_borrow_their_pace_and_show_no_trend():
    one, two = past(AMOUNT, [5.0]), past(AMOUNT, [2.5, 5.0])
    time = one.time("2024Q1")
    for make in (last_value, log_linear_trend, logistic_share):
        assert make(one, time, LENT).point == make(two, time, LENT).point == pytest.approx(5.0)
        assert sd_of(make(one, time, LENT), np.log) == pytest.approx(0.2 * 2.0, rel=1e-3)
        assert sd_of(make(two, time, LENT), np.log) == pytest.approx(0.2 * np.sqrt(3.0), rel=1e-3)


def test_values_of_less_than_a_year_show_no_trend():
    """Four quarters span three from middle to middle; the fifth makes a year."""
    short, long = past(AMOUNT, [1, 2, 4, 8]), past(AMOUNT, [0.5, 1, 2, 4, 8], "2022Q4")
    time = short.time("2024Q1")
    assert log_linear_trend(short, time, LENT).point == logistic_share(short, time, LENT).point == pytest.approx(8.0)
    assert log_linear_trend(long, time, LENT).point == pytest.approx(16.0)


def test_numbers_with_a_sign_follow_a_straight_line():
    months = past(LAG, [-2.0, 0.0, 2.0, 4.0, 6.0])
    time = months.time("2024Q3")
    assert log_linear_trend(months, time, LENT).point == pytest.approx(10.0)
    assert last_value(months, time, LENT).point == pytest.approx(6.0)
    time = months.time("2024Q1")
    assert sd_of(last_value(past(LAG, [-4.0]), time, LENT), lambda x: x) == pytest.approx(0.2 * 4.0 * 2.0, rel=1e-3)


def test_naive_forecasts_come_by_name_with_ordered_quantiles():
    found = naive_forecasts(history("IDC_SHARE_DOM", CUT), "2026", borrowed(CUT))
    assert list(found) == ["last_value", "log_linear_trend", "logistic_share"]
    assert all((np.diff(one.quantiles) >= 0.0).all() and one.quantiles[-1] <= 100.0 for one in found.values())
    assert found["last_value"].point == pytest.approx(30.0)


# --- the past ---------------------------------------------------------------------------------------------------------


def test_flows_come_at_the_rate_of_the_period_and_levels_as_they_are():
    flow, level = past(AMOUNT, [1, 2, 3]), past(LEVEL, [1, 2, 3])
    assert flow.at(4).values.tolist() == [4.0, 8.0, 12.0]
    assert level.at(4).values.tolist() == [1.0, 2.0, 3.0]
    assert flow.times.tolist() == [12.5, 13.5, 14.5]
    assert level.times.tolist() == [13.0, 14.0, 15.0]
    mixed = History(AMOUNT, ("2023Q4", "2023"), np.array([3.0, 8.0]))
    assert mixed.at(4).values.tolist() == [8.0]
    assert mixed.at(2).values.tolist() == [6.0, 4.0]


def test_pace_of_changes_over_uneven_times():
    """Changes of 1 in a quarter and of 4 in four: variances a quarter of 1 and 4."""
    assert pace(np.array([0.0, 1.0, 5.0]), np.array([0.0, 1.0, 5.0])) == pytest.approx(np.sqrt(2.5))
    assert pace(np.array([0.0, 1.0, 5.0]), np.array([0.0, 1.0, 5.0]), drift=1.0) == 0.0


def test_spread_is_a_deviation_or_borrowed():
    assert spread(past(AMOUNT, [1, 2, 3]), LENT) == pytest.approx(1.0)
    assert spread(past(AMOUNT, [4, 6]), LENT) == pytest.approx(0.4 * 5.0)
    assert spread(past(AMOUNT, [5, 5, 5]), LENT) == pytest.approx(0.4 * 5.0)
    assert np.isnan(spread(past(AMOUNT, []), LENT))


@pytest.mark.parametrize("cut_off", ["2022Q4", "2023Q4", "2024Q4"])
def test_nothing_later_than_the_cut_off_is_known(cut_off):
    step = quarter_index(cut_off)
    for name in OPERATORS:
        found = history(name, step)
        assert all(periods_of(period)[-1] <= step for period in found.periods)
        assert found.times.tolist() == sorted(found.times)
    lent = borrowed(step)
    assert 0.0 < lent.variation < 2.0
    assert all(0.0 < one < 2.0 for one in lent.pace.values())


def test_values_after_the_cut_off_change_no_forecast(monkeypatch):
    """The same forecast with every later fact multiplied by ten."""
    step = quarter_index("2023Q4")
    before = naive_forecasts(history("NVDA_DC_REV", step), "2024Q2", borrowed(step))
    real = histories.known_facts

    def spoilt(name):
        return {
            period: tuple(10 * x for x in fact) if periods_of(period)[-1] > step else fact
            for period, fact in real(name).items()
        }

    monkeypatch.setattr(histories, "known_facts", spoilt)
    after = naive_forecasts(history("NVDA_DC_REV", step), "2024Q2", borrowed(step))
    assert all((before[name].quantiles == after[name].quantiles).all() for name in before)
    assert history("NVDA_DC_REV", CUT).values[-1] == pytest.approx(356.0)


def test_borrowing_from_nothing_is_refused():
    with pytest.raises(ValueError, match="no series has 3 values by step 0; take a later quarter"):
        borrowed(0)


# --- errors of reports and groups -------------------------------------------------------------------------------------


def test_the_wider_of_range_and_tolerance_is_the_error():
    """A range of 8 to 12 is 2 / 1.645 on either side; 20 % of 30 in logarithms is 5.47 / 1.645."""
    row = Observation(2, "NVDA_DC_REV", "2025Q1", 10.0, 8.0, 12.0)
    sd = error_sd(np.array([5.0, 30.0]), row, Tolerance(0.2, relative=True))
    assert sd == pytest.approx(np.array([2.0, 30 * np.log(1.2)]) / 1.6448536)
    assert error_sd(np.array([5.0]), row, Tolerance(3.0, relative=False)) == pytest.approx([3.0 / 1.6448536])
    one_ended = Observation(2, "NVDA_DC_REV", "2025Q1", 10.0, None, 11.0)
    assert error_sd(np.array([5.0]), one_ended, None) == pytest.approx([1.0 / 1.6448536])
    assert error_sd(np.array([5.0]), Observation(2, "NVDA_DC_REV", "2025Q1", 10.0, None, None), None) == [0.0]


def test_series_of_the_same_shipments_share_a_group_and_series_of_the_same_unit_a_tolerance():
    groups, tolerances = target_groups(), target_tolerances()
    same = ("NVDA_CHINA_REV_BILL", "NVDA_CHINA_REV_FY", "CN_NVDA_H100E_FLOW", "CN_NVDA_UNITS_FLOW", "CN_NVDA_H100E_CUM")
    assert len({groups[name] for name in same}) == 1
    assert groups["NVDA_DC_REV_FY"] == groups["NVDA_DC_REV"] != groups["ECI_LAG"]
    assert "CN_COMPUTE_SHARE" not in groups
    assert tolerances["NVDA_CHINA_REV_FY"] == tolerances["NVDA_CHINA_REV_BILL"]
    assert "CN_SHARE_OF_NVDA_CUM" not in tolerances


def test_what_a_group_says_of_a_quarter_counts_once():
    """Money and units of a quarter count half each; a year beside its four quarters counts as the mean of them."""
    made = [("A", "2025Q1"), ("B", "2025Q1"), ("A", "2025Q2"), ("C", "2025"), ("D", "2025Q1")]
    rows = [Observation(0, name, period, 1.0, None, None) for name, period in made]
    found = shared_weights(rows, dict.fromkeys("ABC", "chips"))
    assert found == pytest.approx([1 / 3, 1 / 3, 1 / 2, (1 / 3 + 1 / 2 + 1 + 1) / 4, 1.0])
    assert shared_weights(rows, {}).tolist() == [1.0] * 5
