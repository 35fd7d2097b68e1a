"""Thresholds and tiers once the US decides: continuous at the hand-over, cut and freed by decisions (MODEL R2)."""

from __future__ import annotations

import numpy as np
import pytest

from abm.calendar import quarter_index
from abm.machine import STOCK
from abm.phases import thresholds, tiers
from abm.scenario import Scenario
from abm.simulation import Builder, prepare
from abm.vocabulary import COMPLIANCE, FRONTIER, LISTED, PRIVATE, TOOLS_NL, TOOLS_US

FIRST = quarter_index("2023Q1")
RULED, FROZEN = range(2)


@pytest.fixture(scope="module")
def held():
    """2023Q1 under a US that holds, as it does in world 2, beside the frozen law of 2022Q4."""
    rule = Scenario.load("rule").with_point(True).with_parameters(ally_by_loss=0.0)
    frozen = rule.counterfactual("frozen").with_continuation("freeze_abs")
    builder = Builder(prepare([rule, frozen]), [rule, frozen], 1, replications=8, first_world=2)
    world = builder.fill(np.arange(2)).world
    STOCK.plain(2)(world, 0, FIRST + 1)
    assert world.us_review[RULED] == 1.0
    assert world.us_step[RULED] == 0.0, "the draw of this world is a hold"
    return world


def lines(world, kind):
    """Offers of a kind with a design on sale."""
    return [o for o in range(world.offer_kind.shape[0]) if world.offer_kind[o] == kind and world.design[o, RULED] >= 0]


def admitted(world, offer, ratio, buyer=PRIVATE):
    law = world.law_open[world.arm[RULED], FIRST, world.design[offer, RULED], buyer]
    return thresholds.admitted_share(world, law, offer, buyer, ratio, RULED)


def test_the_hand_over_changes_nothing(held):
    """The same law in the same state: what may be sold, what is denied, thresholds."""
    assert held.legal[..., RULED].tobytes() == held.legal[..., FROZEN].tobytes()
    assert held.relative[RULED] == pytest.approx(1.0, rel=1e-12)
    assert held.stringency[RULED] == pytest.approx(held.stringency[FROZEN], rel=1e-12)
    assert held.cut[RULED] == held.signal[RULED] == 0.0
    assert 0.0 < held.us_start[RULED] < 1.0


def test_a_line_above_a_lower_threshold_is_cut_and_legal_again_above_it(held):
    best = max(lines(held, COMPLIANCE), key=lambda offer: held.us_quality[offer, RULED])
    at = held.us_quality[best, RULED] / held.us_best[RULED]
    assert admitted(held, best, at * 1.01) == 1.0
    assert admitted(held, best, at * 0.99) == 0.0


def test_the_frontier_is_free_once_the_threshold_reaches_it_but_not_to_listed_buyers(held):
    top = max(lines(held, FRONTIER), key=lambda offer: held.us_quality[offer, RULED])
    assert admitted(held, top, held.us_start[RULED]) == 0.0
    assert admitted(held, top, 1.0) == 1.0
    assert admitted(held, top, 1.0, LISTED) == 0.0
    assert thresholds.highest_ratio(held, RULED) == 1.0


def test_tiers_move_with_the_shift_and_stay_shares(held):
    world = held._replace(us_shift=np.array([0.1, 0.0]), us_shift_known=np.array([-0.7, 0.0]))
    for tool in range(3):
        law = world.law_tools[world.arm[RULED], FIRST, TOOLS_US, tool]
        assert tiers.tool_denial(world, FIRST, TOOLS_US, tool, False, RULED) == pytest.approx(min(law + 0.1, 1.0))
        assert tiers.tool_denial(world, FIRST, TOOLS_US, tool, True, RULED) == 0.0
    assert tiers.memory_open(world, FIRST, False, RULED) == pytest.approx(0.9)
    assert tiers.service_denial(world, FIRST, RULED) == pytest.approx(0.3)
    assert tiers.cloud_coverage(world, FIRST, False, RULED) == pytest.approx(0.1)


def test_an_allys_rules_move_with_its_alignment(held):
    kept = np.ones_like(held.ally_kept)
    kept[TOOLS_NL, RULED] = 0.5
    world = held._replace(ally_kept=kept, law_tools=np.full_like(held.law_tools, 0.6))
    assert tiers.tool_denial(world, FIRST, TOOLS_NL, 0, False, RULED) == pytest.approx(0.3)
    assert tiers.tool_denial(world, FIRST, TOOLS_NL, 0, False, FROZEN) == 0.6


def test_steps_beyond_the_last_tier_are_not_banked(held):
    """Nothing of the script's law denies more than half, so a shift of more than that would only delay a turn."""
    least, most = tiers.extreme_tiers(held, FIRST, RULED)
    assert least == 0.0
    assert most == pytest.approx(0.5)
