"""Firms without differences: what is alike, what stays, and that both arms must agree (MODEL section 11)."""

from __future__ import annotations

import numpy as np
import pytest

from abm.scenario import Scenario, ScenarioError
from abm.simulation import Builder, prepare
from abm.vocabulary import CN, CUSTOM, PRIVATE, US


@pytest.fixture(scope="module")
def plans():
    """Blueprint of history as it is and with equal firms."""
    usual = Scenario.load("history").with_point(True)
    return prepare([usual]), prepare([usual.without("firm_heterogeneity")])


def same(rows):
    """Whether all rows are alike."""
    return (rows == rows[:1]).all()


@pytest.mark.parametrize("name", ["open_weights", "own_vendor", "stack_vendor", "state_owned", "floor_kind"])
def test_firms_of_a_bloc_are_alike(plans, name):
    usual, equal = plans
    for bloc in (CN, US):
        mine = equal.arrays["bloc"] == bloc
        assert same(equal.arrays[name][mine])
    assert not same(usual.arrays[name]), "the default world tells them apart"


def test_size_follows_from_who_exists_and_adds_to_the_bloc(plans):
    usual, equal = plans
    share, alive, bloc = equal.arrays["plan_share"], equal.arrays["alive"], equal.arrays["bloc"]
    assert np.array_equal(alive, usual.arrays["alive"]), "dates of entry stay"
    for place in np.unique(bloc):
        mine = bloc == place
        assert share[:, mine].sum(axis=1) == pytest.approx(1.0)
        for t in (0, 20):
            assert np.unique(share[t, mine & (alive[t] > 0.0)]).size == 1
            assert (share[t, mine & (alive[t] == 0.0)] == 0.0).all()


def test_law_and_offers_are_the_same_for_all_of_a_bloc(plans):
    _, equal = plans
    bloc, available = equal.arrays["bloc"], equal.arrays["available"]
    assert (equal.arrays["buyer_class"][:, bloc == CN] == PRIVATE).all()
    assert same(available[bloc == CN])
    assert same(available[bloc == US])
    custom = equal.arrays["offer_kind"] == CUSTOM
    assert (available[bloc == US][:, custom] == 1.0).all(), "captive chips are open to all US firms"
    assert (available[bloc != US][:, custom] == 0.0).all()


def test_chips_of_2020_are_shared_out_evenly_and_none_is_lost(plans):
    for bloc in (CN, US):
        totals = []
        for plan, off in zip(plans, ((), ("firm_heterogeneity",)), strict=True):
            arms = [Scenario.load("history").with_point(True).without(*off)]
            world = Builder(plan, arms, 1, 1).fill(np.arange(2)).world
            totals.append(world.deployed[world.bloc == bloc].sum(axis=(0, 2)))
        assert totals[0] == pytest.approx(totals[1])
    mine = world.bloc == US
    born = mine & (world.alive[0] > 0.0)
    assert np.ptp(world.deployed[born].sum(axis=(1, 2))) == pytest.approx(0.0, abs=1e-9)


def test_one_arm_alone_cannot_have_equal_firms():
    usual = Scenario.load("history")
    with pytest.raises(ScenarioError, match=r"firm_heterogeneity.*both"):
        prepare([usual.without("firm_heterogeneity"), usual.counterfactual("none_0")])
