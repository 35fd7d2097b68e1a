"""Null models of networks: what each keeps and what it breaks (MODEL 3)."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest

from abm.null_networks import OUTSIDE_SHARE, relabelled, rewired
from abm.scenario import Scenario, ScenarioError
from abm.shape import NETWORKS
from abm.simulation import prepare


@pytest.fixture(scope="module")
def plans():
    """Blueprint of history with each network."""
    history = Scenario.load("history").with_point(True)
    return {name: prepare([history.with_network(name)]) for name in NETWORKS}


def graph(neighbour):
    """The network as NetworkX sees it, from who knows to who learns."""
    made = nx.DiGraph()
    made.add_nodes_from(range(len(neighbour)))
    made.add_edges_from((near, firm) for firm, others in enumerate(neighbour.tolist()) for near in others)
    return made


def degrees(neighbour):
    made = graph(neighbour)
    return [made.in_degree(firm) for firm in made], [made.out_degree(firm) for firm in made]


@pytest.mark.parametrize("firms", [None, 60, 400])
def test_rewiring_keeps_every_degree_and_moves_most_links(firms):
    scenario = Scenario.load("history") if firms is None else Scenario.synthetic(firms)
    before = prepare([scenario]).arrays["neighbour"]
    after = rewired(before, 1)
    assert degrees(before) == degrees(after)
    assert nx.number_of_selfloops(graph(after)) == 0
    assert graph(after).number_of_edges() == before.size, "no link twice"
    kept = set(graph(before).edges) & set(graph(after).edges)
    assert len(kept) < before.size / 2


def test_rewiring_mixes_blocs(plans):
    def at_home(plan):
        bloc, near = plan.arrays["bloc"], plan.arrays["neighbour"]
        return (bloc[near] == bloc[:, None]).mean()

    assert at_home(plans["default"]) > 0.85
    assert at_home(plans["rewired"]) < 0.65
    assert at_home(plans["bloc_shuffled"]) < 0.65


def test_shuffling_keeps_the_shape_of_the_network(plans):
    before, after = (plans[name].arrays["neighbour"] for name in ("default", "bloc_shuffled"))
    assert nx.is_isomorphic(graph(before), graph(after))
    assert not np.array_equal(before, after)
    assert sorted(degrees(before)[1]) == sorted(degrees(after)[1])


@pytest.mark.parametrize("make", [rewired, relabelled])
def test_a_seed_fixes_what_is_drawn(plans, make):
    before = plans["default"].arrays["neighbour"]
    assert np.array_equal(make(before, 3), make(before, 3))
    assert not np.array_equal(make(before, 3), make(before, 4))


def test_an_outside_supplier_ships_its_part_of_what_others_deny(plans):
    usual, other = (plans[name].arrays for name in ("default", "extra_tool_supplier"))
    for name in ("law_tools", "law_tools_announced", "law_service"):
        assert usual[name].max() > 0.0
        assert other[name] == pytest.approx((1.0 - OUTSIDE_SHARE) * usual[name])


def test_one_hub_denies_what_the_strictest_country_denies(plans):
    usual, other = (plans[name].arrays["law_tools"] for name in ("default", "one_hub_tools"))
    for maker in range(usual.shape[2]):
        assert np.array_equal(other[:, :, maker], usual.max(axis=2))
    assert (other >= usual).all()
    assert (other > usual).any()


def test_a_null_model_changes_nothing_else(plans):
    touched = {
        "default": set(),
        "rewired": {"neighbour"},
        "bloc_shuffled": {"neighbour"},
        "extra_tool_supplier": {"law_tools", "law_tools_announced", "law_service"},
        "one_hub_tools": {"law_tools", "law_tools_announced"},
    }
    base = plans["default"].arrays
    for name, plan in plans.items():
        assert {key for key, array in plan.arrays.items() if not np.array_equal(array, base[key])} == touched[name]


def test_an_unknown_network_names_the_nearest():
    with pytest.raises(ScenarioError, match=r"key 'network'.*'bloc_shuffeld'.*did you mean 'bloc_shuffled'"):
        Scenario.load("history").with_network("bloc_shuffeld")
    with pytest.raises(ScenarioError, match="key 'network_seed'"):
        Scenario.load("history").with_network("rewired", seed=-1)
