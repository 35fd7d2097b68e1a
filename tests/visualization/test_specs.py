"""Charts name quantities that exist, in units that follow from them, and say what they show."""

from __future__ import annotations

import json

import numpy as np
import pytest

import abm
from abm.calendar import periods_of, quarter_index
from abm.operators import LAST_OBSERVED, OPERATORS
from abm.outcomes import OUTCOMES
from abm.series import INDEX, SERIES
from visualization.quantity import FISCAL_SHIFT, measure, middle, usual_periods
from visualization.specs import CHARTS, LEVERAGE, chart, describe

UNITS = {name: made.unit for name, made in OPERATORS.items()} | {name: made.unit for name, made in OUTCOMES.items()}
UNITS |= {series.name: series.unit for series in SERIES}
SHARES = ("share", "0-1", "1/quarter")
SAME = {"percent": "%", "thousand units": ("thousand packages", "thousand chips")}
"""Words of the page for units of statistics."""


@pytest.fixture(scope="module")
def pair():
    return abm.compare("history", runs=4, seed=2)


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_names_a_quantity_in_its_unit(name):
    one = CHARTS[name]
    if one.quantity == LEVERAGE:
        assert (one.factor, one.unit[0]) == (100.0, "%")
        return
    assert one.quantity in {*INDEX, *OUTCOMES, *OPERATORS}
    recorded = UNITS[one.quantity]
    if one.factor != 1.0:
        assert recorded in SHARES
        assert (one.factor, one.unit[0]) == (100.0, "%")
    else:
        assert one.unit.startswith(SAME.get(recorded, recorded)), recorded


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_says_what_it_shows(name):
    one = CHARTS[name]
    assert one.title[0].isupper()
    assert not one.title.endswith(".")
    assert len(one.title) <= 60
    assert one.definition.endswith(".")
    assert len(one.definition.split()) >= 8
    assert quarter_index(one.axis.start) >= 0
    assert json.loads(json.dumps(describe(name)))["id"] == name


def test_titles_are_told_apart():
    assert len({one.title for one in CHARTS.values()}) == len(CHARTS)
    assert sum(one.headline for one in CHARTS.values()) == 8


def test_an_unknown_chart_is_named_with_the_nearest():
    with pytest.raises(KeyError, match="nearest valid name: 'us_revenue'"):
        chart("us_revenu")


def test_numbers_are_those_of_the_results(pair):
    found = measure(pair, ("self_reliance", "nvidia_billing", "yield"))
    share = 100.0 * pair.counterfactual["self_reliance_year"].values
    np.testing.assert_array_equal(found["self_reliance"].values[1], share)
    billing = pair.controls.observe("NVDA_CHINA_REV_BILL")
    np.testing.assert_array_equal(found["nvidia_billing"].values[0], billing.values)
    assert found["nvidia_billing"].at[0] == pytest.approx(FISCAL_SHIFT)
    assert found["yield"].periods[4] == "2024"
    assert found["yield"].at[4] == 17.5


def test_one_run_alone_has_the_numbers_it_has_among_others(pair):
    names = tuple(CHARTS)
    together, alone = measure(pair, names), measure(pair, names, 2)
    for name in names:
        np.testing.assert_array_equal(together[name].values[:, 2:3], alone[name].values)


@pytest.mark.parametrize("name", [name for name, one in CHARTS.items() if one.quantity in OPERATORS])
def test_observations_are_the_data_and_end_with_2024(pair, name):
    found = measure(pair, (name,))[name]
    evidence = pair.controls.observe(CHARTS[name].quantity)
    known = dict(zip(evidence.periods, evidence.observed.value, strict=True))
    for dot in found.observed:
        assert periods_of(dot.period)[-1] <= LAST_OBSERVED
        assert dot.value == known[dot.period] * CHARTS[name].factor
        assert dot.period in found.periods


def test_half_years_do_not_stand_among_years():
    assert usual_periods(("2022", "2022H1", "2023", "2023H1", "2024")) == (0, 2, 4)
    assert middle("2024H1") == 16.5


def test_leverage_is_there_where_it_was_measured(pair):
    assert measure(pair, ("leverage",))["leverage"].periods == ()
    more = pair.with_leverage((2026, 2030))
    found = measure(more, ("leverage",))["leverage"]
    assert found.periods == ("2026Q4", "2030Q4")
    np.testing.assert_array_equal(found.values[:, :, 1], 100.0 * more.leverage(2030).level())
