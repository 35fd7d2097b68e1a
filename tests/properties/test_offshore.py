"""Compute abroad and the grey market, each against its own ablation (MODEL 3, R8)."""

from __future__ import annotations

import books
import market
import numpy as np
import pytest

from abm.calendar import quarter_index
from abm.link import link
from abm.parameter_index import ENFORCEMENT, GREY_DETECTION
from abm.phases.clear import divert
from abm.scenario import Scenario
from abm.series import at
from abm.vocabulary import BROKERS, GREY, GREY_CHIPS, RENTAL

LENGTH = quarter_index("2024Q1")
RULE = """
id = "cloud_rule"
title = "No rented compute for firms with headquarters in China"
actor = "US BIS"
jurisdiction = "US"
side = "us"
category = "chips"
citation = "made up for a test"
kind = "scenario"
effective = 2023-07-01

[[cloud]]
coverage = 1.0
"""


def market_of(arms, parameters=(), length=LENGTH):
    """A world at default parameters with an arm a lane, run for a time; books are kept in its last quarter."""
    world = market.builder_of([arm.with_point(True) for arm in arms], replications=1).fill(np.arange(len(arms))).world
    for row, value in parameters:
        world.parameter[row] = value
    market.advance(world, 0, length - 1)
    was = market.copy_of(world)
    market.advance(world, length - 1, length)
    books.audit(world, was, length - 1)
    assert (world.failed_quarter == -1).all()
    return world


@pytest.fixture(scope="module")
def offshore(tmp_path_factory):
    rule = tmp_path_factory.mktemp("law") / "cloud_rule.toml"
    rule.write_text(RULE, encoding="utf-8")
    history = Scenario.load("history").with_beliefs("prior")
    hard = history.with_policy(rule).without("grey_market")
    bare = history.without("grey_market")
    return market_of([history, history.without("offshore"), history.with_policy(rule), hard, bare])


def series(world, name, lane):
    return world.record[at(name), :LENGTH, lane]


def test_rented_compute_is_there_with_the_mechanism_and_not_without(offshore):
    assert series(offshore, "offshore_chips", 0)[-4:].min() > 1.0
    assert (series(offshore, "offshore_chips", 1) == 0.0).all()
    assert (series(offshore, "offshore_spending", 1) == 0.0).all()
    assert (offshore.lent[:, 1] == 0.0).all()


def test_rent_adds_to_chinese_compute_and_takes_from_the_hosts(offshore):
    assert series(offshore, "compute_cn", 0)[-1] > series(offshore, "compute_cn", 1)[-1]
    lets = offshore.lets > 0.0
    assert (offshore.lent[lets, 0] > 0.0).all()
    assert (offshore.lent[~lets] == 0.0).all()


def test_rented_compute_is_foreign_and_outside_billing(offshore):
    """The domestic part of compute bought falls; flagship billing is that of chips delivered to China alone."""
    bought, home = series(offshore, "compute_bought_cn", 0), series(offshore, "domestic_compute_bought", 0)
    rented = np.flatnonzero(offshore.offer_kind == RENTAL)[0]
    part = offshore.sold_china[rented, 0] * offshore.performance[rented, :, 0].max() / 16.0
    assert part > 0.0
    assert bought[-1] - home[-1] > 0.0
    sold = offshore.sold_china[:3, 0] * offshore.price_china[:3, 0] / 1000.0
    assert series(offshore, "nvidia_china_flagship", 0)[-1] == pytest.approx(sold.sum(), rel=1e-12)


def test_a_cloud_rule_stops_what_does_not_hide(offshore):
    """From 2023Q3 full coverage leaves hidden tenancy, 1 - enforcement at most, and nothing without a grey market."""
    since = slice(quarter_index("2023Q3"), LENGTH)
    free, ruled, hard = (series(offshore, "offshore_chips", lane)[since] for lane in (0, 2, 3))
    assert (hard == 0.0).all()
    assert (ruled < free).all()
    assert (ruled > 0.0).all()
    before = slice(0, quarter_index("2023Q2"))
    assert market.same_bits(
        series(offshore, "offshore_chips", 0)[before], series(offshore, "offshore_chips", 2)[before]
    )


def test_smuggled_chips_are_there_with_the_mechanism_and_not_without(offshore):
    assert series(offshore, "smuggled_chips", 0)[-4:].min() > 0.0
    assert (series(offshore, "smuggled_chips", 4) == 0.0).all()
    assert (series(offshore, "grey_premium", 4) == 0.0).all()
    assert series(offshore, "broker_rent", 0)[-4:].sum() > 0.0


def test_brokers_take_their_chips_out_of_what_third_countries_get():
    """One pass by hand: of 100 chips for third countries a leak of 30 goes to China, a third of it is seized."""
    world = (
        market.builder_of([Scenario.load("history").with_beliefs("prior").with_point(True)], replications=1)
        .fill(np.arange(1))
        .world
    )
    grey = np.flatnonzero(world.offer_kind == GREY)[0]
    world.fill[0], world.third_wanted[:], world.wanted[grey], world.supply[grey] = 0.5, 200.0, 80.0, 30.0
    world.seized_share[:] = 1.0 / 3.0
    link(divert, sizes={"LANES": 1}, plain=True)(world)
    assert world.diverted_now[grey, 0] == 30.0
    assert world.third_left[0] == pytest.approx(0.7, rel=1e-12)
    assert world.fill[grey, 0] * 80.0 == pytest.approx(20.0, rel=1e-12)


def test_a_path_found_out_loses_its_chips_and_rests():
    """With certain detection every other quarter's chips are seized, brokers lose them, and none arrives."""
    world = market_of([Scenario.load("history").with_beliefs("prior")], [(ENFORCEMENT, 0.5), (GREY_DETECTION, 2.0)], 14)
    assert (series(world, "smuggled_chips", 0) == 0.0).all()
    seized, rent = series(world, "seized_chips", 0)[:14], series(world, "broker_rent", 0)[:14]
    assert seized[12] > 0.0
    assert seized[13] == seized[11] == 0.0
    assert (rent[seized > 0.0] < 0.0).all()
    assert rent[12] == pytest.approx(-seized[12] * series(world, "price_frontier", 0)[12] / 1000.0)
    assert world.flows[GREY_CHIPS, BROKERS, 0] == rent[13] == 0.0
