"""The ensemble that the tests of this folder share, and worlds beyond it that play what happens."""

from __future__ import annotations

import pytest

from abm import simulation
from abm.scenario import Scenario
from experiments.validation.validation import run_ensemble

RUNS, SEED, TRUTHS = 48, 1, 4


@pytest.fixture(scope="session")
def ensemble():
    """48 worlds of history, with adaptation and without."""
    return run_ensemble(Scenario.load("history"), RUNS, SEED)


@pytest.fixture(scope="session")
def worlds():
    """Four worlds that the ensemble does not hold, drawn from the same priors."""
    return simulation.run_arms([Scenario.load("history")], TRUTHS, SEED, replications=1, first_world=10_000)[0]
