"""An ensemble judged by made-up tables: truth among its worlds, truth beside them, truth that moved."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from validation_tables import SERIES, rows, table_of

from abm.calendar import periods_of, quarter_label
from abm.operators import OPERATORS
from abm.vocabulary import MECHANISMS
from experiments.validation import history as histories
from experiments.validation.history import borrowed, history
from experiments.validation.measures import measured, outside
from experiments.validation.observations import Observation, Observations, shipped_observations
from experiments.validation.scores import fair_crps
from experiments.validation.summary import NAMES, pooled_summary, series_summary
from experiments.validation.validation import ADAPTATION, KEPT, Ensemble, Judging, run_ensemble, validate

PLAIN = Judging(groups={}, tolerances={})


@pytest.fixture(scope="module")
def judged(ensemble, worlds):
    """The ensemble judged by each of four worlds beyond it."""
    return [validate(table_of(worlds, world), ensemble, PLAIN) for world in range(worlds.runs)]


# --- what the model says ----------------------------------------------------------------------------------------------


def test_every_statistic_is_measured_as_by_its_operator(ensemble):
    for name in ensemble.model.observations:
        observed = ensemble.model.observe(name)
        found = measured(OPERATORS[name], ensemble.model, observed.periods)
        np.testing.assert_array_equal(found, observed.values, err_msg=name)


def test_half_years_of_yearly_statistics(ensemble):
    """Amounts of halves add up to the year; of a stock the second half is the year's end; shares weigh both halves."""
    halves = ("2026H1", "2026H2", "2026")
    for name, check in (
        ("IDC_UNITS", lambda h1, h2, year: h1 + h2 - year),
        ("SMIC_ADV_WPM_BG", lambda h1, h2, year: (h1 + h2) / 2 - year),
        ("HBM_STOCK", lambda h1, h2, year: h2 - year),
    ):
        found = measured(OPERATORS[name], ensemble.model, halves)
        assert np.allclose(check(*found.T), 0.0, atol=1e-9), name
    share = measured(OPERATORS["IDC_SHARE_DOM"], ensemble.model, halves)
    assert ((share[:, 2] >= share[:, :2].min(axis=1)) & (share[:, 2] <= share[:, :2].max(axis=1))).all()


def test_periods_outside_of_the_record_are_told():
    fiscal, yearly, stock = (OPERATORS[name] for name in ("NVDA_DC_REV", "IDC_UNITS", "CN_NVDA_H100E_CUM"))
    assert outside(fiscal, "2032Q3", 52) == ""
    assert "ends with 2032Q3, whose fiscal quarters end a month later" in outside(fiscal, "2032Q4", 52)
    assert outside(yearly, "2032", 52) == ""
    assert outside(yearly, "2033H1", 52) == "the model's figure ends with 2032Q4"
    assert outside(stock, "2021Q4", 52) == "the model's figure begins with 2022Q1"
    assert outside(yearly, "2019", 52) == "the model's figure begins with 2020Q1"


def test_every_mechanism_is_adaptation_or_not():
    assert sorted((*ADAPTATION, *KEPT)) == sorted(MECHANISMS)


def test_both_arms_have_the_same_parameters_and_differ_by_adaptation_alone(ensemble):
    model, rigid = ensemble.model, ensemble.rigid
    assert all((model.parameters[name] == rigid.parameters[name]).all() for name in model.parameters)
    assert np.unique(model.point).size == model.runs
    assert rigid.series("stock_orders_cn").sum() == 0.0 < model.series("stock_orders_cn").sum()


# --- scores -----------------------------------------------------------------------------------------------------------


def test_an_ensemble_that_holds_the_truth_beats_every_naive_forecast(judged):
    """Mean over four worlds that could have been members; every naive forecast is worse, three of them by far."""
    pooled = [pooled_summary(one.pool) for one in judged]
    crps = np.mean([one.crps for one in pooled])
    naive = {name: np.mean([one.naive[name] for one in pooled]) for name in NAMES}
    assert all(crps < found for found in naive.values()), (crps, naive)
    assert crps < 0.8 * naive["last_value"]
    assert np.mean([one.coverage_90 for one in pooled]) > 0.7
    assert [one.n for one in pooled] == [12 + 12 + 12 + 3 + 3 + 3] * 4


@pytest.mark.parametrize(("factor", "sign"), [(4.0, -1), (0.2, 1)])
def test_a_truth_that_moved_is_caught_by_bias_and_coverage(ensemble, worlds, judged, factor, sign):
    series = ("NVDA_CHINA_REV_BILL", "NVDA_DC_REV", "TENCENT_CAPEX_Y")
    moved = [
        pooled_summary(validate(table_of(worlds, world, series, factor), ensemble, PLAIN).pool)
        for world in range(worlds.runs)
    ]
    usual = [pooled_summary([one for one in found.pool if one.observation.series_id in series]) for found in judged]
    bias, before = (np.mean([one.bias for one in found]) for found in (moved, usual))
    assert sign * bias > 0.5
    assert sign * (bias - before) > 0.5
    assert np.mean([one.coverage_50 for one in moved]) < np.mean([one.coverage_50 for one in usual])


def test_one_observation_by_hand(ensemble):
    """CRPS, bias, sign, error and spread of one quarter, from members and facts."""
    found = validate(rows(("NVDA_DC_REV", "2025Q2", 50.0)), ensemble, PLAIN)
    (one,) = found.scored
    members = measured(OPERATORS["NVDA_DC_REV"], ensemble.model, ["2025Q2"])[:, 0]
    facts = history("NVDA_DC_REV", 19).values
    assert one.crps == pytest.approx(fair_crps(members, np.zeros(members.size), 50.0))
    assert one.spread == pytest.approx(np.std(facts, ddof=1))
    assert one.last == facts[-1] == 35.6
    summary = series_summary(found.scored)
    assert summary.crps == pytest.approx(one.crps / one.spread)
    assert summary.crps_in_unit == pytest.approx(one.crps)
    assert summary.bias == pytest.approx((np.median(members) - 50.0) / one.spread)
    assert summary.mape == pytest.approx(2 * abs(np.median(members) - 50.0))
    assert summary.sign == float(np.median(members) > 35.6)


def test_the_error_of_reports_widens_the_bands_and_not_the_quantiles(ensemble):
    table = Observations("made.csv", (Observation(2, "NVDA_DC_REV", "2025Q2", 90.0, 30.0, 150.0),), {})
    sure = Observations("made.csv", (Observation(2, "NVDA_DC_REV", "2025Q2", 90.0, None, None),), {})
    (wide,), (narrow,) = (validate(one, ensemble, PLAIN).scored for one in (table, sure))
    assert wide.quantiles == narrow.quantiles
    assert abs(wide.rank - 0.5) < abs(narrow.rank - 0.5)
    assert set(wide.naive) == set(NAMES)
    assert wide.naive["last_value"] == narrow.naive["last_value"]


def test_groups_weigh_once_in_the_pool(ensemble):
    table = rows(
        ("NVDA_CHINA_REV_BILL", "2025Q1", 5.0), ("CN_NVDA_UNITS_FLOW", "2025Q1", 300.0), ("NVDA_DC_REV", "2025Q1", 40.0)
    )
    alone, shared = (validate(table, ensemble, judging) for judging in (PLAIN, Judging()))
    assert [one.weight for one in alone.pool] == [1.0, 1.0, 1.0]
    assert [one.weight for one in shared.pool] == [0.5, 0.5, 1.0]
    scaled = [one.crps / one.spread for one in shared.pool]
    assert pooled_summary(shared.pool).crps == pytest.approx((scaled[0] + scaled[1] + 2 * scaled[2]) / 4)
    assert pooled_summary(shared.pool).weight == 2.0


def test_tests_of_the_pool_go_over_quarters(judged):
    summary = pooled_summary(judged[0].pool)
    assert {test.n for test in summary.tests.values()} == {12}
    assert all(test.statistic is not None for test in summary.tests.values())
    short = [one for one in judged[0].scored if one.observation.series_id == "TENCENT_CAPEX_Y"]
    assert series_summary(short).tests["last_value"].reason == "3 periods; at least 8 are needed"


# --- what is known, and what is not scored ----------------------------------------------------------------------------


def test_observations_that_the_forecast_has_seen_are_left_out_beside_later_ones(ensemble):
    found = validate(rows(("NVDA_DC_REV", "2024Q4", 35.6), ("NVDA_DC_REV", "2025Q1", 40.0)), ensemble)
    assert [one.observation.period for one in found.scored] == ["2025Q1"]
    assert not found.in_sample
    ((row, why),) = found.left_out
    assert (row.row, why[:45]) == (2, "is no later than 2024Q4, which the forecasts ")


def test_a_table_of_the_past_is_forecast_from_what_came_before(ensemble):
    """Last values are those before each period, never the observation itself; the first value has none."""
    facts = [
        ("NVDA_DC_REV", period, value) for period, value in (("2020Q1", 1.141), ("2020Q2", 1.752), ("2024Q4", 35.6))
    ]
    found = validate(rows(*facts), ensemble)
    assert found.in_sample
    assert [(one.observation.period, one.last) for one in found.scored] == [("2020Q2", 1.141), ("2024Q4", 30.8)]
    assert [why for _, why in found.left_out] == [
        "is the first value of its series: nothing to make a naive forecast from"
    ]


def test_a_series_without_a_value_to_2024_is_scored_in_its_unit_and_not_pooled(ensemble):
    found = validate(rows(("CN_COMPUTE_SHARE", "2026Q4", 10.0), ("NVDA_DC_REV", "2025Q1", 40.0)), ensemble)
    assert [one.observation.series_id for one in found.pool] == ["NVDA_DC_REV"]
    summary = series_summary([one for one in found.scored if one.weight == 0.0])
    assert (summary.n, summary.crps, summary.bias, summary.sign) == (1, None, None, None)
    assert summary.crps_in_unit > 0.0
    assert set(summary.naive.values()) == {None}


def test_a_world_without_the_firm_leaves_its_series_out(ensemble):
    fewer = dataclasses.replace(
        ensemble.model, firms=tuple("X" if firm == "TENCENT" else firm for firm in ensemble.model.firms)
    )
    found = validate(rows(("TENCENT_CAPEX_Y", "2025", 90.0)), Ensemble(ensemble.scenario, fewer, fewer))
    assert not found.scored
    assert "is about the firm TENCENT, which this world does not have" in found.left_out[0][1]


def test_the_back_test_uses_nothing_of_2024(ensemble, monkeypatch):
    """Forecasts, spreads and last values of the facts of 2024 are those of a world in which 2024 was never observed."""
    observations = shipped_observations(16, 19)
    judging = Judging("2023Q4")
    before = validate(observations, ensemble, judging)
    assert len(before.scored) > 50
    known = histories.known_facts
    monkeypatch.setattr(
        histories,
        "known_facts",
        lambda name: {period: fact for period, fact in known(name).items() if periods_of(period)[-1] < 16},
    )
    after = validate(observations, ensemble, judging)
    for one, other in zip(before.scored, after.scored, strict=True):
        assert one.naive == other.naive
        assert np.array_equal([one.spread, one.last], [other.spread, other.last], equal_nan=True)
    assert borrowed(15) == borrowed(19)


def test_the_last_known_value_moves_no_run(ensemble):
    """No assimilation: members stay where the runs are, whatever was observed last."""
    found = validate(rows(("NVDA_DC_REV", "2025Q1", 40.0)), ensemble, PLAIN)
    members = measured(OPERATORS["NVDA_DC_REV"], ensemble.model, [quarter_label(20)])[:, 0]
    assert found.scored[0].quantiles == pytest.approx(np.quantile(members, (0.05, 0.25, 0.5, 0.75, 0.95)))


def test_the_ensemble_depends_on_scenario_and_seed_alone(ensemble):
    few = run_ensemble(ensemble.scenario, 3, ensemble.model.seed, threads=1)
    for name in SERIES:
        assert (few.model.observe(name).values == ensemble.model.observe(name).values[:3]).all()
