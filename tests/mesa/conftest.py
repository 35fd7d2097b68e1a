"""A model run in plain Python to the end of 2023: enough law, redesign and scarcity to look at, no compiler."""

from __future__ import annotations

import pytest

from abm.model import ChipCurbsModel
from abm.scenario import Scenario

LAST = 15


@pytest.fixture(scope="session")
def model() -> ChipCurbsModel:
    """History at default parameters, world 0 of seed 3, after 2023Q4; tests look and do not touch."""
    made = ChipCurbsModel(Scenario.load("history").with_point(True), rng=3, compiled=False)
    for _ in range(LAST + 1):
        made.step()
    return made
