"""The ensemble that the statistical tests share: history against none_0 under the priors, before any fitting."""

from __future__ import annotations

import pytest
from ensemble_size import REPLICATIONS, SEED, WORLDS

import abm


@pytest.fixture(scope="session")
def pair():
    """256 pairs of worlds: 128 parameter points drawn from the priors, 2 replications each."""
    history = abm.Scenario.load("history").with_beliefs("prior")
    return abm.compare(history, "none_0", runs=WORLDS, seed=SEED, replications=REPLICATIONS)


@pytest.fixture(scope="session")
def controls(pair):
    """The arm with the controls."""
    return pair.controls


@pytest.fixture(scope="session")
def without(pair):
    """The arm without them."""
    return pair.counterfactual
