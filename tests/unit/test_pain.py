"""Relative pain, third parties, half-life of a bite and the net effect, worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from made_results import made

from abm import pain as pain_module
from abm.backfire import Comparison
from abm.effects import Arms
from abm.leverage import Leverage
from abm.pain import QUADRANTS, bite_half_life, losses
from abm.results import UnknownNameError
from abm.weights import AIMS, POINTS, share_negative, simplex, standardised

FIRST = 10
"""2022Q3, from which present values count; in it nothing is discounted."""
COLUMN = np.newaxis


def per_run(*values):
    """One constant series a run."""
    return np.array(values)[:, COLUMN]


def pain(us, surplus, profit=(0.0,), base=100.0):
    """A pair of arms with these losses a quarter of US profit, Chinese surplus and Chinese profit."""
    runs = len(us)
    rich = made(runs, us_vendor_profit=50.0, surplus_cn=50.0, vendor_cn_profit=5.0, us_vendor_revenue=base,
                budget_cn=base)  # fmt: skip
    poor = made(runs, us_vendor_profit=50.0 - per_run(*us), surplus_cn=50.0 - per_run(*surplus),
                vendor_cn_profit=5.0 - per_run(*profit), us_vendor_revenue=base, budget_cn=base)  # fmt: skip
    return Comparison(poor, rich)


def test_relative_pain_by_hand():
    # 2 lost against 3: (2 - 3) / 5; one side alone: 1, -1; both gain: (-1 + 3) / 4; next to nothing: undefined
    us, china = (2.0, 4.0, 0.0, -1.0, 0.1), (4.0, 0.0, 2.0, -3.0, 0.1)
    found = pain(us, china, (-1.0, 0.0, 0.0, 0.0, 0.0)).relative_pain("2022Q3")
    assert found.us_loss == pytest.approx(us)
    assert found.china_loss == pytest.approx([3.0, 0.0, 2.0, -3.0, 0.1])
    assert found.value == pytest.approx([-0.2, 1.0, -1.0, 0.5, np.nan], nan_ok=True)
    assert [QUADRANTS[code] for code in found.codes] == [
        "both lose", "the US loses, China gains", "China loses, the US gains", "both gain", "undefined",
    ]  # fmt: skip
    assert found.quadrants.probability.tolist() == [0.2] * 5


def test_losses_are_present_values_from_the_first_signal():
    us, china, value = losses(pain((2.0,), (3.0,)).arms)
    assert us[0, FIRST - 1] == 0.0
    assert us[0, FIRST + 4] == pytest.approx(2.0 * sum(1.08 ** -(age / 4) for age in range(5)))
    assert china[0, FIRST + 4] == pytest.approx(1.5 * us[0, FIRST + 4])
    assert np.isnan(value[0, FIRST - 1])
    assert value[0, -1] == pytest.approx(-0.2)


def test_firms_and_treasury_count_on_the_us_side_if_asked():
    rich = made(1, us_vendor_profit=50.0, us_vendor_revenue=100.0, budget_cn=100.0, surplus_us=20.0, duty=0.0)
    poor = made(1, us_vendor_profit=45.0, us_vendor_revenue=100.0, budget_cn=100.0, surplus_us=22.0, duty=1.0)
    both = Comparison(poor, rich)
    assert both.relative_pain("2022Q3").us_loss[0] == pytest.approx(5.0)
    assert both.relative_pain("2022Q3", "with AI firms and treasury").us_loss[0] == pytest.approx(5.0 - 2.0 - 1.0)
    with pytest.raises(UnknownNameError, match="nearest valid name: 'vendors'"):
        both.relative_pain(2028, "vendor")


def test_public_money_counts_as_a_loss_where_it_is_recorded(monkeypatch):
    monkeypatch.setattr(pain_module, "CHINA_COSTS", ("tool_spending", "no_such_series"))
    monkeypatch.setattr(pain_module, "US_COSTS", ("research_us",))
    rich = made(1, us_vendor_revenue=100.0, budget_cn=100.0, tool_spending=1.0)
    poor = made(1, us_vendor_revenue=100.0, budget_cn=100.0, tool_spending=4.0, research_us=2.0)
    both = Comparison(poor, rich)
    assert both.relative_pain("2022Q3").china_loss[0] == pytest.approx(3.0)
    assert both.relative_pain("2022Q3").us_loss[0] == 0.0
    assert both.relative_pain("2022Q3", "with AI firms and treasury").us_loss[0] == pytest.approx(2.0)


def test_failed_pairs_are_in_no_quadrant():
    rich = made(2, us_vendor_profit=50.0, us_vendor_revenue=100.0, budget_cn=100.0)
    poor = made(2, failed={1: (5, 0)}, us_vendor_profit=45.0, us_vendor_revenue=100.0, budget_cn=100.0)
    found = Comparison(poor, rich).relative_pain(2028)
    assert found.codes.tolist() == [1, -1]
    assert found.quadrants.runs == 1


def test_time_until_the_us_is_hurt_more():
    """Counted from the present values, so that a late loss takes time to outweigh."""
    steps = np.arange(52)
    rich = made(1, us_vendor_profit=50.0, surplus_cn=50.0, us_vendor_revenue=100.0, budget_cn=100.0)
    poor = made(1, us_vendor_profit=50.0 - 10.0 * (steps >= 20), surplus_cn=50.0 - 1.0 * (steps >= FIRST),
                us_vendor_revenue=100.0, budget_cn=100.0)  # fmt: skip
    found = Comparison(poor, rich).time_to_backfire()["relative_pain"]
    path = losses(Comparison(poor, rich).arms, "with AI firms and treasury")[2][0]
    first = int(np.argmax(path > 0.1))
    assert first > 20
    assert found.waiting.quarter.tolist() == [first]


def test_third_parties_by_hand():
    rich = made(1, revenue_row=1.0, tools_from_nl=2.0, tools_from_jp=1.0, revenue_us=10.0, revenue_cn=6.0)
    poor = made(1, revenue_row=2.0, tools_from_nl=2.0, tools_from_jp=1.0, revenue_us=10.0, revenue_cn=5.0,
                broker_rent=0.5)  # fmt: skip
    found = Comparison(poor, rich).effects("2022Q3")
    assert found["third_party_gain"].values[0] == pytest.approx(1.0)
    assert found["third_party_share"].values[0] == pytest.approx(100.0 * (5.0 / 20.0 - 4.0 / 20.0))
    assert found["grey_rents"].values[0] == pytest.approx(0.5)


def test_half_life_of_a_bite_by_hand():
    # ln 2 lost from 2023Q1 (12); a quarter less from 16 on is too much still; below half from 20 on; the third never
    free = made(4, compute_cn=100.0)
    path = np.full((4, 52), 100.0)
    path[0, 12:16], path[0, 16:20], path[0, 20:] = 50.0, 60.0, 80.0
    path[1, 12:] = 50.0
    path[2] = 99.0
    path[3, 30:] = 50.0
    found = bite_half_life(Arms(made(4, compute_cn=path), free))
    assert found.quarter[[0, 1, 3]].tolist() == [8.0, 36.0, 18.0]
    assert np.isnan(found.quarter[2]), "a loss of one in a hundred is no bite"
    assert found.observed.tolist() == [True, False, False, False]


# --- net strategic effect ---------------------------------------------------------------------------------------------


def test_share_of_negative_weights_by_hand():
    weights = np.array([[1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0], [0.25, 0.25, 0.25, 0.25]])
    # lead +2 and revenue -4 in bands: good for the first point, bad for the second; equal weights give -.5
    scores = np.array([[2.0, 0.0, -4.0, 0.0], [2.0, 1.0, 1.0, 0.0], [np.nan, 1.0, 1.0, 1.0], [-1.0, -1.0, -1.0, -1.0]])
    assert share_negative(scores, weights) == pytest.approx([2.0 / 3.0, 0.0, np.nan, 1.0], nan_ok=True)


def test_the_simplex_is_filled_evenly_and_always_the_same():
    points = simplex()
    assert points.shape == (POINTS, len(AIMS))
    assert points.min() >= 0.0
    assert points.sum(axis=1) == pytest.approx(np.ones(POINTS))
    assert points.mean(axis=0) == pytest.approx([0.25] * 4, abs=1e-3)
    # a corner beyond one half holds an eighth of the simplex
    assert np.mean(points > 0.5, axis=0) == pytest.approx([0.125] * 4, abs=5e-3)
    simplex.cache_clear()
    assert np.array_equal(simplex(), points)


def test_an_effect_counts_in_bands_and_ten_at_most():
    assert standardised("lead", np.array([2.0, -30.0])).tolist() == [2.0, -10.0]
    assert standardised("revenue", np.array([-0.06]))[0] == pytest.approx(-2.0)


def test_dependence_is_leverage_where_it_was_measured():
    arms = [
        made(
            1,
            capability_us=np.linspace(50, 70, 52),
            capability_cn=np.linspace(49, 69, 52),
            us_vendor_revenue=100.0,
            us_vendor_profit=profit,
            compute_bought_cn=100.0,
            domestic_compute_bought=home,
            budget_cn=100.0,
        )
        for profit, home in ((40.0, 60.0), (50.0, 40.0))
    ]
    plain = Comparison(*arms).net_strategic_effect(2028)  # fmt: skip
    assert plain.rests_on == "self-reliance"
    # no change of lead and revenue, 20 points more of its own chips, the US alone is hurt
    assert plain.scores[0] == pytest.approx([0.0, -2.0, 0.0, -10.0])
    assert plain.values[0] == pytest.approx(1.0, abs=2e-3)
    delivered = {"deny": np.array([[100.0], [500.0]]), "open": np.full((2, 1), 1000.0)}
    found = Comparison(*arms, {35: Leverage(35, delivered)}).net_strategic_effect(2028)
    assert found.rests_on == "leverage at 2028Q4"
    assert found.scores[0] == pytest.approx([0.0, 4.0, 0.0, -10.0])
    assert 0.0 < found.values[0] < 1.0
