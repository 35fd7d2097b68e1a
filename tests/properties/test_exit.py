"""A firm without cash, credit and margin leaves; its chips, money and customers go on (MODEL R14)."""

from __future__ import annotations

import market
import numpy as np
import pytest

from abm.calendar import quarter_index
from abm.parameter_index import AI_MARKET_RATIO, CREDIT_LIMIT, EXIT_PATIENCE, LIQUIDITY, PAYOUT_SHARE
from abm.scenario import Scenario
from abm.series import at
from abm.vocabulary import AI_CN, CN, ENTRY_AND_EXIT

POOR = ("BAIDU", "META")
PATIENCE = 4


def stressed(rich=1000.0, poor=POOR):
    """No AI market, no credit; all but the poor own much cash. Lane 1 has no exit."""
    history = Scenario.load("history").with_beliefs("prior").with_point(True)
    world = market.builder_of([history, history.without("exit")], replications=1).fill(np.arange(2)).world
    for row in (AI_MARKET_RATIO, CREDIT_LIMIT, LIQUIDITY, PAYOUT_SHARE):
        world.parameter[row] = 0.0
    names = [firm.id for firm in market.plan_of("history").world.firms]
    world.cash[:] = rich
    world.cash[[names.index(name) for name in poor]] = 0.0
    return world, names


@pytest.fixture(scope="module")
def leaving():
    world, names = stressed()
    market.advance(world, 0, PATIENCE - 1)
    was = market.copy_of(world)
    market.advance(world, PATIENCE - 1, PATIENCE)
    return world, was, names


def test_poor_firms_leave_after_four_quarters_and_no_others(leaving):
    world, was, names = leaving
    assert world.parameter[EXIT_PATIENCE, 0] == PATIENCE
    assert was.exited.sum() == 0.0
    assert [names[place] for place in np.flatnonzero(world.exited[:, 0])] == list(POOR)
    assert world.exited[:, 1].sum() == 0.0
    assert world.record[at("exited_firms"), PATIENCE - 1].tolist() == [2.0, 0.0]
    assert (world.failed_quarter == -1).all()


def test_chips_go_to_the_stayers_of_the_bloc_by_plan(leaving):
    world, _, names = leaving
    place = names.index("BAIDU")
    sold = -world.acquired[place, :, 0]
    assert sold[0] > 0.0
    assert (world.deployed[place, :, :, 0] == 0.0).all()
    home = (world.bloc == CN) & (np.arange(len(names)) != place)
    plan = world.plan_share[PATIENCE - 1, home]
    assert np.allclose(world.acquired[home, 0, 0], sold[0] * plan / plan.sum(), rtol=1e-9)
    assert np.allclose(world.acquired.sum(axis=0), 0.0, atol=1e-9)
    assert (world.acquired[:, :, 1] == 0.0).all()
    assert world.cash[place, 0] == 0.0
    assert world.waiting[place, 0] == world.backlog[place, :, 0].sum() == 0.0


def test_plan_and_customers_go_to_the_stayers(leaving):
    world, _, names = leaving
    place = names.index("BAIDU")
    later = market.copy_of(world)
    market.advance(later, PATIENCE, PATIENCE + 1)
    assert later.budget[place, 0] == 0.0
    assert later.capability[place, 0] == 0.0
    for bloc in range(3):
        assert later.plan_now[world.bloc == bloc].sum(axis=0) == pytest.approx([1.0, 1.0], rel=1e-12)
    assert market.same_bits(later.plan_now[:, 1], later.plan_share[PATIENCE])
    stays = (world.bloc == CN) & (np.arange(len(names)) != place) & (world.alive[PATIENCE] > 0.0)
    assert (later.plan_now[stays, 0] > later.plan_now[stays, 1]).all()
    assert (later.failed_quarter == -1).all()


def test_the_last_firms_of_a_bloc_stay():
    world, _ = stressed(rich=0.0, poor=())
    market.advance(world, 0, PATIENCE)
    assert world.losing[:, 0].max() >= PATIENCE
    for bloc in range(3):
        mine = world.bloc == bloc
        assert (world.plan_now[mine] * (1.0 - world.exited[mine])).sum(axis=0) == pytest.approx([1.0, 1.0], rel=1e-12)


def test_a_firm_that_enters_gets_cash_from_its_parent():
    history = Scenario.load("history").with_beliefs("prior").with_point(True)
    world = market.builder_of([history], replications=1).fill(np.arange(1)).world
    names = [firm.id for firm in market.plan_of("history").world.firms]
    place, step = names.index("DEEPSEEK"), quarter_index("2023Q2")
    market.advance(world, 0, step)
    assert world.cash[place, 0] == world.flows[ENTRY_AND_EXIT, AI_CN, 0] == 0.0
    market.advance(world, step, step + 1)
    assert world.flows[ENTRY_AND_EXIT, AI_CN, 0] == pytest.approx(
        world.parameter[LIQUIDITY, 0] * world.budget[place, 0]
    )
    assert world.budget[place, 0] > 0.0
    assert world.cash[place, 0] > 0.0
    assert world.failed_quarter[0] == -1
