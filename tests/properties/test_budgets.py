"""Budgets before any rule: firms begin with what is planned for them (MODEL R13)."""

from __future__ import annotations

import market
import numpy as np
import pytest

from abm.calendar import quarter_index
from abm.scenario import Scenario

QUIET = {"demand_shock_firm": 0.0, "demand_shock_bloc": 0.0}


@pytest.fixture(scope="module")
def quiet():
    """Budgets over plans by quarter and firm, without shocks of demand; NaN where a firm has no plan."""
    arm = Scenario.load("none_0").with_beliefs("prior").with_point(True).with_parameters(**QUIET)
    builder = market.builder_of([arm, arm])
    world = builder.fill(np.arange(2)).world
    ratios = []
    for step in range(quarter_index("2023Q4")):
        market.advance(world, step, step + 1)
        plan = world.plan[step, world.bloc] * world.plan_share[step] * world.plan_factor[step, world.bloc, 0]
        ratios.append(np.where(plan > 0.0, world.budget[:, 0] / np.where(plan > 0.0, plan, 1.0), np.nan))
    return np.array(ratios), [firm.id for firm in builder.plan.world.firms]


def test_in_the_first_quarter_every_firm_has_its_plan(quiet):
    ratios, firms = quiet
    off = {firm: ratio for firm, ratio in zip(firms, ratios[0], strict=True) if not np.isnan(ratio)}
    assert off == pytest.approx(dict.fromkeys(off, 1.0))


@pytest.mark.parametrize(("firm", "entry"), [("DEEPSEEK", "2023Q2"), ("XAI", "2023Q1"), ("GULF_SEA_HOSTS", "2022Q1")])
def test_a_newcomer_begins_with_its_plan(quiet, firm, entry):
    ratios, firms = quiet
    own, start = ratios[:, firms.index(firm)], quarter_index(entry)
    assert np.isnan(own[:start]).all()
    assert own[start] == pytest.approx(1.0)


def test_revenue_moves_budgets_by_no_more_than_its_weight(quiet):
    """(1 - gamma) to (1 + gamma) of the plan: revenue counts from nothing to twice its reference."""
    ratios, _ = quiet
    assert np.nanmin(ratios) >= 0.7 - 1e-9
    assert np.nanmax(ratios) <= 1.3 + 1e-9
