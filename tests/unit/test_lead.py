"""The lead inside a run is the outcome of the same name (MODEL 9.1)."""

from __future__ import annotations

import numpy as np
import pytest

from abm.outcomes import capability_past, lead_months
from abm.parameter_index import ALGORITHMIC_PROGRESS
from abm.phases import lead
from abm.scenario import Scenario
from abm.series import at
from abm.simulation import Builder, prepare
from abm.vocabulary import QUARTERS

PAIR = 2
CLOSE = 1e-9


@pytest.fixture
def world(monkeypatch):
    """A block of two lanes at the start of 2020Q1."""
    monkeypatch.setattr(lead, "LANES", PAIR)
    arms = [Scenario.load("history"), Scenario.load("none_0")]
    return Builder(prepare(arms), arms, 1, replications=8).fill(np.arange(PAIR)).world


def walked(world, china, us):
    """The lead in every quarter of recorded paths, (run, quarter)."""
    world.record[at("capability_cn")], world.record[at("capability_us")] = china.T, us.T
    found = np.empty((PAIR, QUARTERS))
    for step in range(QUARTERS):
        before = world.lead.copy()
        lead.measure_lead(world, step)
        found[:, step] = world.lead
        assert (world.lead_before == before).all()
    return found


@pytest.mark.parametrize("ahead", [-2.0, 0.0, 2.0])
def test_the_lead_inside_a_run_is_the_outcome(world, ahead):
    """Paths that rise, fall and cross."""
    rng = np.random.default_rng(7)
    china, us = (57.0 + np.cumsum(rng.normal(0.4, 1.0, (PAIR, QUARTERS)), axis=1) for _ in "cu")
    us = us + ahead
    progress = world.parameter[ALGORITHMIC_PROGRESS]
    outcome = lead_months(china, us, capability_past("CN", progress), capability_past("US", progress))
    assert np.abs(walked(world, china, us) - outcome.months).max() < CLOSE


@pytest.mark.parametrize("ahead", [1.0, -1.0])
def test_a_frontier_reached_two_and_a_half_quarters_ago_is_seven_and_a_half_months_old(world, ahead):
    """The bloc in front gains 1 a quarter from 100 on; the other stands at 2.5 less."""
    front = np.tile(100.0 + np.arange(QUARTERS, dtype=float), (PAIR, 1))
    paths = (front - 2.5, front) if ahead > 0.0 else (front, front - 2.5)
    assert walked(world, *paths)[0, 10] == pytest.approx(7.5 * ahead)
