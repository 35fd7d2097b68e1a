"""Each mechanism switched off, each rule of learning: what moves first, in which quarter, which way; nothing before."""

from __future__ import annotations

import market
import numpy as np
import pytest
from test_reactions import ANSWERS

from abm.calendar import quarter_index
from abm.scenario import Scenario
from abm.state import FIELDS
from abm.vocabulary import FIRM_HETEROGENEITY, LEARNING_RULES, MECHANISMS

NOT_RESULTS = ("arm", "switch", "learning_rule")
"""What tells the lanes apart before anything has happened."""

FIRST = {
    "stockpiling": ("2020Q2", "dies_coming", "less", "a designer that fears a cut-off banks dies"),
    "efficiency": ("2020Q1", "algorithm", "less", "research goes on from the first quarter"),
    "porting": ("2020Q1", "porting", "less", "so does porting"),
    "full_stack": ("2020Q1", "integration", "less", "owners of a vendor integrate from the first quarter"),
    "learning_by_doing": ("2020Q1", "yield_domestic", "more", "without learning the yield is that of 2024 at once"),
    "knowledge_spillovers": ("2020Q1", "algorithm", "less", "firms behind learn from those ahead"),
    "imitation": ("2020Q1", "mix", "other", "shares of firms whose neighbours still do otherwise"),
    "us_rd_from_revenue": ("2020Q1", "vendor_rd", "other", "research of the first quarter's revenue"),
    "grey_market": ("2020Q1", "legal", "less", "without it nobody orders there"),
    "offshore": ("2020Q1", "design", "less", "without it nothing is to be rented"),
    "shortage_to_research": ("2020Q1", "research_money", "less", "some money finds no chips"),
    "redesign": ("2022Q3", "redesign_target", "less", "the letters of August 2022 cut the first line"),
    "waiting": ("2020Q1", "waiting", "less", "some money waits"),
    "hazard": ("2020Q4", "tool_hazard", "less", "the listing of the foundry is the first denial of tools"),
    "network_effects": ("2021Q1", "porting", "less", "no rival of CUDA is in use before"),
    "distillation": ("2023Q3", "capability", "less", "models of 2023Q1, the first that others query, a lag later"),
    "chinas_steps": ("2024Q1", "sold_china", "other", "the floor of March 2024 is the first step"),
}
"""Mechanism: first quarter in which anything differs, an array that does, which way it goes without, and why then."""

POLITICS = {"us_rule": "us_start", "ally_alignment": "alignment"}
"""Mechanisms of scenarios in which governments decide by rule, and an array that they move at once."""


def lanes_differ(world):
    """Names of the arrays in which lane 1 differs from lane 0 in any bit."""
    found = []
    for name, field in FIELDS.items():
        array = getattr(world, name)
        same = "run" not in field.dims or market.same_bits(array[..., 0], array[..., 1])
        if not same and name not in NOT_RESULTS:
            found.append(name)
    return found


def pair(changed, until):
    """History beside itself with a change, run up to a quarter."""
    usual = Scenario.load("history").with_beliefs("prior").with_point(True)
    world = market.builder_of([usual, changed(usual)], seed=5, replications=1).fill(np.arange(2)).world
    market.advance(world, 0, until)
    return world


def test_every_mechanism_is_looked_at():
    """In the default world nobody leaves and no state answers: see test_exit.py and test_reactions.py."""
    assert {*FIRST, FIRM_HETEROGENEITY, "exit", *ANSWERS, *POLITICS} == set(MECHANISMS)


@pytest.mark.parametrize("name", POLITICS)
def test_governments_that_decide_by_rule_do_so_from_the_hand_over_on(name):
    """Nothing before 2023Q1 in `rule`; then the US has thresholds of its own, and allies follow more or less."""
    usual = Scenario.load("rule").with_beliefs("prior").with_point(True)
    arms = [usual, usual.without(name)]
    world = market.builder_of(arms, seed=5, replications=1).fill(np.arange(2)).world
    first = quarter_index("2023Q1")
    market.advance(world, 0, first)
    assert lanes_differ(world) == []
    market.advance(world, first, first + 1)
    assert POLITICS[name] in lanes_differ(world)


@pytest.mark.parametrize("name", POLITICS)
def test_under_the_script_governments_do_not_decide(name):
    world = pair(lambda usual: usual.without(name), 4)
    assert lanes_differ(world) == []
    assert not world.law_us_rule.any()


@pytest.mark.parametrize("name", FIRST)
def test_a_mechanism_less_moves_what_it_should_and_nothing_before(name):
    label, array, way, reason = FIRST[name]
    first = quarter_index(label)
    world = pair(lambda usual: usual.without(name), first)
    assert lanes_differ(world) == [], f"before {label}: {reason}"
    market.advance(world, first, first + 1)
    assert array in lanes_differ(world), reason
    change = getattr(world, array)[..., 1] - getattr(world, array)[..., 0]
    assert way == "other" or (change.max() <= 0.0 if way == "less" else change.min() >= 0.0), f"{name}: {array}"


@pytest.mark.parametrize("name", LEARNING_RULES[1:])
def test_a_rule_of_learning_moves_the_mix_alone_in_the_first_quarter(name):
    world = pair(lambda usual: usual.with_learning(name), 1)
    assert set(lanes_differ(world)) <= {"mix", "record", "firm_record"}
    mix = world.mix[..., 1]
    assert mix.sum(axis=1) == pytest.approx(1.0)
    assert mix.min() >= 0.02 * (1.0 - 1e-12)
    assert not market.same_bits(world.mix[..., 0], mix)


def test_fixed_keeps_the_first_mix_and_best_reply_goes_for_what_pays():
    fixed = pair(lambda usual: usual.with_learning("fixed"), 8)
    assert (fixed.mix[..., 1] == 1.0 / 3.0).all()
    reply = pair(lambda usual: usual.with_learning("best_reply").without("imitation"), 1)
    born = reply.alive[0] > 0.0
    assert (reply.mix[born, :, 1].argmax(axis=1) == reply.payoff[born, :, 1].argmax(axis=1)).all()
    assert reply.mix[born, :, 1].max(axis=1) == pytest.approx(0.96), "all but two floors"


def test_random_mixes_differ_between_firms_and_quarters_and_are_the_same_in_both_arms():
    usual = Scenario.load("history").with_beliefs("prior").with_point(True).with_learning("random").without("imitation")
    world = market.builder_of([usual, usual.counterfactual("none_0")], seed=5, replications=1).fill(np.arange(2)).world
    market.advance(world, 0, 1)
    before = world.mix.copy()
    assert market.same_bits(before[..., 0], before[..., 1])
    born = np.flatnonzero(world.alive[0] > 0.0)
    assert np.unique(before[born, 0, 0]).size == born.size
    market.advance(world, 1, 2)
    assert np.abs(world.mix - before)[born].max() > 0.1


def test_a_mechanism_can_be_off_in_one_arm_alone():
    usual = Scenario.load("history").with_beliefs("prior").with_point(True)
    both, here = usual.without("porting"), usual.without("porting")
    assert both.counterfactual("none_0").off == {"porting"}
    world = market.builder_of([here, usual.counterfactual("none_0")], seed=5, replications=1).fill(np.arange(2)).world
    market.advance(world, 0, 1)
    assert "porting" in lanes_differ(world), "long before the first rule"


def test_owners_and_partners_raise_the_plans_of_designers_through_integration():
    """With full stack more wafers are asked for own lines; without it nothing is planned for them."""
    world = pair(lambda usual: usual.without("full_stack"), 12)
    planned, none = world.own_plan[..., 0], world.own_plan[..., 1]
    assert (none == 0.0).all()
    assert planned[world.stack_vendor >= 0].max() > 0.0
    assert (planned[world.stack_vendor < 0] == 0.0).all()
    chinese = world.vendor_us == 0.0
    for vendor in np.flatnonzero(chinese):
        plan = planned[world.stack_vendor == vendor].sum()
        assert world.orders_smooth[vendor, 0] >= plan * (1.0 - 1e-12)
