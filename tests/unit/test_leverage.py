"""Leverage: worked by hand, its limits in the engine, and what regimes make of it."""

from __future__ import annotations

import numpy as np
import pytest
from made_results import made

from abm import compare
from abm.backfire import Comparison
from abm.branching import Line, Tree
from abm.leverage import Leverage, leverage_lines, measured_step
from abm.regimes import NAMES, decoupling_sign, regime_codes
from abm.running import Request
from abm.scenario import Scenario
from abm.simulation import run_tree

HISTORY = Scenario.load("history")
NONE = HISTORY.counterfactual("none_0")
AT_2028 = 35


def test_leverage_by_hand():
    # a stop leaves 200 of 1,000 with controls and 700 of 1,400 without: V .8 against .5
    found = Leverage(AT_2028, {
        "deny": np.array([[200.0, 0.2, 50.0], [700.0, 700.0, 100.0]]),
        "open": np.array([[1000.0, 0.9, 100.0], [1400.0, 1400.0, 100.0]]),
        "open_gate": np.array([[2000.0, 10.0, 100.0], [1400.0, 1400.0, 100.0]]),
    })  # fmt: skip
    assert found.quarter == "2028Q4"
    assert found.level()[0] == pytest.approx([0.8, np.nan, 0.5], nan_ok=True), "too little is on offer in the second"
    assert found.level()[1] == pytest.approx([0.5, 0.5, 0.0])
    assert found.change() == pytest.approx([0.3, np.nan, 0.5], nan_ok=True)
    assert found.level(gate_open=True)[0] == pytest.approx([0.9, 0.98, 0.5])


def test_a_year_of_record_must_follow():
    assert measured_step(AT_2028) == AT_2028
    assert measured_step(51) == measured_step(48) == 47


def test_a_full_stop_leaves_domestic_chips_alone_and_open_law_no_less_than_the_run():
    """Without a grey market nothing from US vendors comes in, not even rent; with all legal, China buys the most."""
    arms = tuple(arm.without("grey_market") for arm in (HISTORY, NONE))
    deny, opened, gate = leverage_lines([((0, arm),) for arm in arms], AT_2028)
    watched = (
        "compute_bought_cn", "domestic_compute_bought", "nvidia_china_units", "offshore_chips", "smuggled_chips",
    )  # fmt: skip
    lines = [Line(line.arms, line.start, line.stop, line.embargo, watched) for line in (deny, opened, gate)]
    usual = Line(arms, deny.start, deny.stop, series=watched)
    outcomes = run_tree(Tree(Line(arms, series=(), branches=(*lines, usual))), Request(16, 1))[1:]
    for place in range(2):
        stopped, free, free_gate, as_is = (outcome.measured[place] for outcome in outcomes)
        assert stopped["nvidia_china_units"].max() == 0.0
        assert stopped["offshore_chips"].max() == 0.0
        assert stopped["smuggled_chips"].max() == 0.0
        assert np.array_equal(stopped["compute_bought_cn"], stopped["domestic_compute_bought"])
        year = [one["compute_bought_cn"].sum(axis=1) for one in (stopped, as_is, free, free_gate)]
        assert np.all(year[0] < year[2])
        assert np.median(year[1] / year[2]) <= 1.0
        assert np.median(year[3] / year[2]) >= 1.0


def test_leverage_of_the_model_is_a_share_and_does_not_depend_on_how_it_is_measured():
    pair = compare(HISTORY, runs=8, seed=5, leverage=(2028, 2032))
    assert set(pair.measured) == {AT_2028, 47}
    levels = pair.leverage(2028).level()
    assert np.all((levels > 0.0) & (levels < 1.0))
    later = compare(HISTORY, runs=8, seed=5)
    assert later.measured == {}
    again = later.leverage("2028Q4")
    for kind, values in pair.measured[AT_2028].delivered.items():
        assert again.delivered[kind].tobytes() == values.tobytes()
    assert later.measured == {}, "asking changes nothing"
    assert set(later.with_leverage((2028,)).measured) == {AT_2028}


# --- regimes ----------------------------------------------------------------------------------------------------------


def test_the_second_sign_rests_on_output_or_leverage():
    output = np.array([0.3, 0.0, 0.0, 0.0, -0.3, 0.3, -0.3, 0.0])
    change = np.array([0.0, -0.2, 0.2, 0.05, 0.0, 0.2, -0.2, np.nan])
    #  output up; leverage lost; leverage gained; neither; output down; any + counts as +, so the sixth and seventh too
    assert decoupling_sign(output, change).tolist() == [1, 1, -1, 0, -1, 1, 1, 0]
    assert decoupling_sign(output, None).tolist() == [1, 0, 0, 0, -1, 1, -1, 0]
    assert decoupling_sign(output, change, bands=2.5).tolist() == [0] * 8


@pytest.mark.parametrize("change", [-0.5, -0.05, 0.05, 0.5, np.nan])
def test_all_cells_keep_a_name_with_leverage(change):
    signs = np.array(np.meshgrid(*[[-1.0, 0.0, 1.0]] * 3)).reshape(3, -1)
    codes = regime_codes(5 * signs[0], signs[1], signs[2], leverage=np.full(27, change))
    assert np.all((codes >= 0) & (codes < len(NAMES) - 1))


def test_regimes_say_what_they_rest_on():
    arms = (
        made(2, capability_us=np.linspace(50, 70, 52), capability_cn=np.linspace(49, 69, 52)),
        made(2, capability_us=np.linspace(50, 70, 52), capability_cn=np.linspace(49, 69, 52)),
    )
    plain = Comparison(*arms)
    assert plain.regimes(2028)["neutral"].probability == 1.0
    assert plain.regimes(2028).decoupling_rests_on == "domestic output alone; leverage was not measured"
    lost = {kind: np.array([[900.0, 900.0], [100.0, 100.0]]) for kind in ("deny",)}
    lost |= {kind: np.full((2, 2), 1000.0) for kind in ("open", "open_gate")}
    measured = Comparison(*arms, {AT_2028: Leverage(AT_2028, lost)})
    table = measured.regimes(2028)
    assert table["decoupled for nothing"].probability == 1.0
    assert "measured at 2028Q4, defined in 2 of 2 pairs" in table.decoupling_rests_on
    assert measured.regimes(2030)["neutral"].probability == 1.0, "no leverage was measured there"
