"""Drawn worlds keep the laws, do not care for the order of firms, and treat mirrored blocs alike where rules do."""

from __future__ import annotations

from dataclasses import replace

import books
import market
import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from abm.link import link
from abm.parameter_index import NAMES, RESEARCH_PURCHASING_POWER, TRAINING_SHARE_CN, TRAINING_SHARE_US
from abm.phases.expect import expect
from abm.phases.learn import learn
from abm.phases.procure import order
from abm.phases.research import research
from abm.scenario import Scenario
from abm.series import SERIES
from abm.shape import NETWORKS
from abm.simulation import Builder, prepare
from abm.state import FIELDS
from abm.vocabulary import CN, US

SEARCH = (Phase.explicit, Phase.reuse, Phase.generate)
QUIET = {"demand_shock_firm": 0.0, "idea_shock": 0.0, "porting_shock": 0.0}
"""Shocks of firms are drawn by slot, so they are off where firms change places."""
LENGTH = 16
"""Quarters, to the end of 2023: two rules and the entry of new firms are behind by then."""
PAIR = 2


def pair_of(scenario, seed=1):
    """Plan, arms and a block of the two arms of one world."""
    arms = [scenario, scenario.counterfactual("none_0")]
    plan = prepare(arms)
    return plan, arms, Builder(plan, arms, seed, 1).fill(np.arange(PAIR)).world


@settings(max_examples=8, phases=SEARCH)
@given(st.integers(3, 12), st.integers(0, 2**31), st.sampled_from([0.0, 1.0, 3.0]), st.sampled_from(NETWORKS))
def test_laws_hold_in_drawn_worlds(firms, seed, spread, network):
    _, _, world = pair_of(Scenario.synthetic(firms, seed, spread).with_network(network), seed)
    for step in range(LENGTH):
        was = market.copy_of(world)
        market.advance(world, step, step + 1)
        books.audit(world, was, step)
    assert (world.failed_quarter == -1).all()


@pytest.mark.slow
def test_laws_hold_in_a_drawn_world_to_the_end():
    _, _, world = pair_of(Scenario.synthetic(64, 3))
    for step in range(52):
        was = market.copy_of(world)
        market.advance(world, step, step + 1, compiled=True)
        books.audit(world, was, step)
    assert (world.failed_quarter == -1).all()


# --- order of firms ---------------------------------------------------------------------------------------------------


def permuted(plan, order):
    """The same blueprint with its firms in another order."""
    place = np.argsort(order)
    arrays = {
        name: array.take(order, axis=FIELDS[name].dims.index("firm")) if "firm" in FIELDS[name].dims else array
        for name, array in plan.arrays.items()
    }
    arrays.update(firms=plan.arrays["firms"], neighbour=place[arrays["neighbour"]], watched=place[arrays["watched"]])
    firms = tuple(plan.world.firms[one] for one in order.tolist())
    return replace(
        plan, world=replace(plan.world, firms=firms), arrays=arrays, start_share=plan.start_share[order],
        custom_share=plan.custom_share[order],
    )  # fmt: skip


@pytest.mark.parametrize("network", ["default", "bloc_shuffled"])
def test_permuting_drawn_firms_permutes_results(network):
    scenario = Scenario.synthetic(14, 2).with_network(network).with_parameters(**QUIET)
    plan, arms, usual = pair_of(scenario)
    order = np.random.default_rng(3).permutation(14)
    other = Builder(permuted(plan, order), arms, 1, 1).fill(np.arange(PAIR)).world
    for world in (usual, other):
        market.advance(world, 0, LENGTH)
    left, right = usual.firm_record[:, :LENGTH, order], other.firm_record[:, :LENGTH]
    assert np.abs(left).max() > 0.0
    assert np.allclose(left, right, rtol=1e-9, atol=1e-9)
    wrong = []
    for row, series in enumerate(SERIES):
        one, two = usual.record[row, :LENGTH], other.record[row, :LENGTH]
        if np.abs(one - two).max() > 1e-9 * max(np.abs(one).max(), 1e-3):
            wrong.append(series.name)
    assert wrong == []


# --- mirrored blocs ---------------------------------------------------------------------------------------------------

MIRRORED = 6
RECORDS = {"record", "firm_record"}


def mirror(firm):
    """Firms come in twins: an even slot in China, the next in the US."""
    return firm + 1 - 2 * (firm % 2)


def twins():
    """A world at the end of 2020 in which each Chinese firm has a US twin: same size, chips, know-how, neighbours.

    What tells blocs apart by parameter is set equal: training share, price of researchers. Law lets everything pass
    and nobody fears. What still differs is told in the ODD: only Chinese firms fear denial and store on purpose, and
    prices, offers, supply chains and hosts are those of real countries.
    """
    scenario = Scenario.synthetic(MIRRORED, 1, 0.5).with_point(True)
    plan = prepare([scenario])
    arrays = {name: array.copy() for name, array in plan.arrays.items()}
    arrays["bloc"][:] = np.arange(MIRRORED) % 2
    near = np.array([[2, 4, 1, 3], [0, 4, 3, 5], [0, 2, 5, 1]])
    arrays["neighbour"][0::2] = near
    arrays["neighbour"][1::2] = mirror(near)
    world = market.world_of(
        replace(plan, arrays=arrays), Builder(plan, [scenario], 1, 1).lanes(np.arange(PAIR)), seed=1
    )
    market.advance(world, 0, 4)
    rng = np.random.default_rng(5)
    for name, field in FIELDS.items():
        array = getattr(world, name)
        if "firm" in field.dims and name not in ("firms", "bloc", "neighbour") and not field.integer:
            axis = field.dims.index("firm")
            if name in ("algorithm", "algorithm_before", "porting", "capability", "training"):
                array *= 1.0 + 0.2 * rng.random(array.shape)
            np.moveaxis(array, axis, 0)[1::2] = np.moveaxis(array, axis, 0)[0::2]
        elif "firm" in field.dims and name in ("buyer_class", "own_vendor", "stack_vendor", "floor_kind"):
            np.moveaxis(array, field.dims.index("firm"), 0)[:] = 0 if name in ("buyer_class", "floor_kind") else -1
        elif field.dims[:1] == ("side",) or name in ("demand_bloc", "leader_open", "leader_closed"):
            array[1] = array[0]
    world.side[:] = np.arange(MIRRORED) % 2
    world.available[:] = world.available.max(axis=0)
    world.plan[:, US], world.plan_factor[:, US] = world.plan[:, CN], world.plan_factor[:, CN]
    world.parameter[TRAINING_SHARE_US] = world.parameter[TRAINING_SHARE_CN]
    world.parameter[RESEARCH_PURCHASING_POWER] = 1.0
    for name in ("hazard", "hazard_start", "stringency_smooth", "law_mandate"):
        getattr(world, name)[:] = 0.0
    world.legal[:], world.legal_next[:] = 1.0, 1.0
    return world


def unlike_twins(world):
    """Arrays of firms in which a twin differs from the other."""
    found = []
    for name, field in FIELDS.items():
        if "firm" in field.dims and name not in ("firms", "bloc", "side", "neighbour"):
            array = np.moveaxis(getattr(world, name), field.dims.index("firm"), 0)
            if not np.allclose(array[0::2], array[1::2], rtol=1e-12, atol=1e-12):
                found.append(name)
    return found


def act(phase, world, step):
    with np.errstate(divide="ignore", invalid="ignore"):
        link(phase, sizes={"LANES": PAIR}, plain=True)(world, step)


@pytest.mark.parametrize("phase", [research, learn, order])
def test_twins_of_two_blocs_do_the_same(phase):
    """R&D and diffusion, learning of strategies, procurement from the same offers: flags do not matter."""
    world = twins()
    assert unlike_twins(world) == []
    before = market.copy_of(world)
    act(phase, world, 4)
    changed = [name for name, one, two in zip(FIELDS, before, world, strict=True) if not np.array_equal(one, two)]
    assert any("firm" in FIELDS[name].dims for name in changed)
    assert unlike_twins(world) == []


def test_the_test_of_twins_can_fail():
    """Cheaper researchers on one side tell twins apart, and so does fear, which the rules know in China alone."""
    world = twins()
    world.parameter[RESEARCH_PURCHASING_POWER] = 1.5
    act(research, world, 4)
    assert "algorithm" in unlike_twins(world)
    world = twins()
    world.cut[:] = 1.0
    act(expect, world, 4)
    assert unlike_twins(world) == ["hazard"]
    assert len(NAMES) == world.parameter.shape[0]
