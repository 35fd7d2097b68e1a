"""Both arms of a pair see the same world: bit-identical until the rules differ, and no draw is ever shifted."""

from __future__ import annotations

import market
import numpy as np
import pytest

from abm.calendar import quarter_index
from abm.law import ChipSpec
from abm.lawtables import compile_law
from abm.policy import load_policy
from abm.scenario import Scenario
from abm.series import INDEX
from abm.state import FIELDS
from abm.vocabulary import QUARTERS, SWITCHES

FIRST_SIGNAL = quarter_index("2022Q3")
"""The letters of 26 August 2022 (MODEL section 8)."""

UNREACHABLE = """
id = "unreachable"
title = "A threshold that no chip reaches"
actor = "US BIS"
jurisdiction = "US"
side = "us"
category = "chips"
citation = "invented for a test"
kind = "scenario"
effective = 2021-04-01

[[clause]]
name = "TPP of 900 million"
status = "denied"
when = ["tpp >= 900000000"]
"""


def pair(first, second, replications=1):
    """Lanes 0 and 1: the same world under two scenarios."""
    return market.builder_of([first, second], seed=5, replications=replications).fill(np.arange(2)).world


def lanes_differ(world):
    """Names of the state arrays in which lane 1 differs from lane 0 in any bit; the number of the arm aside."""
    found = []
    for name, field in FIELDS.items():
        array = getattr(world, name)
        if "run" in field.dims and name != "arm" and not market.same_bits(array[..., 0], array[..., 1]):
            found.append(name)
    return found


@pytest.mark.parametrize("name", ["history", "tight", "none_threat"])
def test_pairs_are_bit_identical_before_the_first_signal(name):
    world = pair(
        Scenario.load(name).with_beliefs("prior"), Scenario.load(name).with_beliefs("prior").counterfactual("none_0")
    )
    market.advance(world, 0, FIRST_SIGNAL)
    if name != "tight":  # its parameter for enforcement differs from the start
        assert lanes_differ(world) == []
    assert market.same_bits(world.record[..., 0], world.record[..., 1]) or name == "tight"
    market.advance(world, FIRST_SIGNAL, FIRST_SIGNAL + 1)
    known = world.record[INDEX["stringency_known"], FIRST_SIGNAL]
    assert known[0] > known[1], "the letters of August 2022 are known in this arm alone"


def test_two_arms_with_the_same_rules_are_bit_identical_to_the_end():
    world = pair(Scenario.load("history").with_beliefs("prior"), Scenario.load("history").with_beliefs("prior"))
    market.advance(world, 0, QUARTERS)
    assert lanes_differ(world) == []
    assert (world.failed_quarter == -1).all()
    assert np.ptp(world.record[INDEX["stringency"], :, 0]) > 0.3, "the rules of this world do bite"


@pytest.fixture
def unreachable(tmp_path):
    path = tmp_path / "unreachable.toml"
    path.write_text(UNREACHABLE)
    return path


@pytest.mark.parametrize("base", ["none_0", "history"])
def test_a_threshold_that_no_chip_reaches_equals_no_threshold(base, unreachable):
    world = pair(
        Scenario.load(base).with_beliefs("prior"), Scenario.load(base).with_beliefs("prior").with_policy(unreachable)
    )
    market.advance(world, 0, QUARTERS)
    assert lanes_differ(world) == []


def test_the_same_threshold_within_reach_is_no_empty_rule(unreachable):
    low = UNREACHABLE.replace("900000000", "1000")
    unreachable.write_text(low)
    world = pair(
        Scenario.load("none_0").with_beliefs("prior"),
        Scenario.load("none_0").with_beliefs("prior").with_policy(unreachable),
    )
    market.advance(world, 0, quarter_index("2021Q3"))
    assert {"legal", "record", "stringency"} <= set(lanes_differ(world))


def test_a_threshold_that_no_chip_reaches_leaves_no_trace_in_the_law(pack, unreachable):
    plan = market.plan_of("none_0", "none_0")
    history = load_policy()
    more = history.with_instruments(load_policy(unreachable))
    assert max(one.tpp_law for one in plan.designs) < 9e8
    assert isinstance(plan.designs[0].spec(), ChipSpec)
    left, right = (compile_law(policy, plan.designs, pack) for policy in (history, more))
    for name in ("open", "announced", "duty", "tool_denial", "hbm_open", "gate", "foundry_open"):
        assert np.array_equal(getattr(left, name), getattr(right, name)), name


SHOCKS = ("demand_bloc", "demand_firm", "idea", "porting_luck", "yield_luck", "grey_luck", "residual", "jump")


def test_a_mechanism_less_or_another_parameter_shifts_no_draw():
    """Every draw is a function of seed, stream, world, quarter and slot: what firms do does not reach it."""
    plain = Scenario.load("history").with_beliefs("prior").with_point(True)
    other = plain.without(*SWITCHES).with_parameters(price_sensitivity=4.0, design_growth=0.08, redesign_lag=3)
    world = pair(plain, other)
    for step in range(6):
        market.advance(world, step, step + 1)
        for name in SHOCKS:
            array = getattr(world, name)
            assert market.same_bits(array[..., 0], array[..., 1]), name
    assert not market.same_bits(world.record[..., 0], world.record[..., 1]), "the other world does differ"


def test_worlds_of_one_point_share_parameters_and_not_chance():
    builder = market.builder_of([Scenario.load("history").with_beliefs("prior")], seed=5, replications=2)
    world = builder.fill(np.arange(4)).world
    market.advance(world, 0, 1)
    assert market.same_bits(world.parameter[:, 0], world.parameter[:, 1])
    assert not market.same_bits(world.parameter[:, 1], world.parameter[:, 2])
    assert np.unique(world.demand_firm[0]).size == 4
