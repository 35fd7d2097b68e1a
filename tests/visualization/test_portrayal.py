"""What is drawn: every agent and channel once, in its tier, told apart without colour."""

from __future__ import annotations

from datetime import date

import pytest

import abm
from abm.edges import STATUSES
from abm.policy import load_policy
from experiments.figures import CONTROLS, NO_CONTROLS
from visualization.deliveries import Deliveries
from visualization.portrayal import (
    ARM_COLOURS,
    BLOC_COLOURS,
    BLOC_SHAPES,
    BLOCS,
    LABELS,
    SHORT_TIERS,
    STATUS_STROKES,
    TIERS,
    legend,
    nodes,
    position,
    ticks,
)
from visualization.watch import watch

LONGEST_LABEL, LONGEST_GROUP = 20, 16


@pytest.fixture(scope="module")
def watched():
    return watch(abm.compare("history", runs=1, seed=1), 0)


@pytest.fixture(scope="module")
def drawn(watched):
    return nodes(watched.plan)


def test_every_end_of_every_edge_is_drawn_once(watched, drawn):
    ids = [node.id for node in drawn]
    assert len(set(ids)) == len(ids)
    for key in Deliveries(watched).edges:
        assert key.supplier in ids
        assert key.customer in ids


def test_goods_go_from_left_to_right_or_within_a_tier(watched, drawn):
    tier = {node.id: node.tier for node in drawn}
    for key in Deliveries(watched).edges:
        assert tier[key.supplier] < tier[key.customer] or key.customer == "channel:diversion", key


def test_tiers_are_those_named_and_blocs_stand_in_their_order(drawn):
    assert {node.tier for node in drawn} == set(range(len(TIERS)))
    assert len(SHORT_TIERS) == len(TIERS)
    order = list(BLOCS)
    for tier in range(len(TIERS)):
        places = [order.index(node.bloc) for node in drawn if node.tier == tier]
        assert places == sorted(places)


def test_names_fit_and_are_unique_in_their_tier(drawn):
    for tier in range(len(TIERS)):
        labels = [node.label for node in drawn if node.tier == tier]
        assert len(set(labels)) == len(labels)
        assert max(map(len, labels)) <= LONGEST_LABEL
    assert max(len(node.group) for node in drawn) <= LONGEST_GROUP


def test_names_belong_to_nodes_that_exist(drawn):
    assert set(LABELS) <= {node.id for node in drawn} | {"offer:US_CUSTOM"}


def test_groups_join_nodes_of_one_bloc(drawn):
    blocs = {}
    for node in drawn:
        blocs.setdefault((node.tier, node.group), set()).add(node.bloc)
    mixed = {key for key, found in blocs.items() if len(found) > 1}
    assert mixed <= {(1, "HBM memory")}, "US and Korean makers of the world's memory"


def test_agents_behind_nodes_can_be_explained(watched, drawn):
    known = {name for kind in ("firm", "vendor", "node") for name in watched_names(watched, kind)}
    assert {node.agent for node in drawn} - {""} <= known


def watched_names(watched, kind):
    world = watched.plan.world
    return [one.id for one in {"firm": world.firms, "vendor": world.vendors, "node": world.nodes}[kind]]


def test_nothing_is_told_by_colour_alone():
    assert len(set(BLOC_SHAPES.values())) == len(BLOCS)
    assert len({*BLOC_COLOURS.values(), *ARM_COLOURS.values()}) == 5
    assert set(STATUS_STROKES) == set(STATUSES)
    assert len({STATUS_STROKES[name] for name in ("free", "licence", "denied", "evasion")}) == 4
    assert [bloc["id"] for bloc in legend()["blocs"]] == list(BLOCS)


def test_arms_have_the_colours_of_the_static_figures():
    assert ARM_COLOURS == {"controls": CONTROLS, "without": NO_CONTROLS}


@pytest.mark.parametrize(
    ("day", "expected"),
    [(date(2020, 1, 1), -0.5), (date(2020, 2, 15), -0.0055), (date(2022, 10, 7), 10.565), (date(2033, 1, 1), 51.5)],
)
def test_days_lie_inside_their_quarter(day, expected):
    assert position(day) == pytest.approx(expected, abs=1e-3)


def test_rules_of_every_arm_are_no_ticks_and_ends_follow_starts():
    policy = load_policy()
    found = ticks(policy)
    assert "us_2019_05_huawei_entity_list" not in {tick.id for tick in found}
    assert "us_2022_10_advanced_computing" in {tick.id for tick in found}
    assert all(tick.end is None or tick.end > tick.at for tick in found)
    assert ticks(abm.Scenario.load("none_0").law) == ()
    assert ticks(abm.Scenario.load("none_threat").law) == (), "what never takes effect is no rule"
