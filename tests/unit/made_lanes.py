"""A blueprint and lanes at default parameters, for tests of what worlds start with."""

from __future__ import annotations

import numpy as np

from abm.parameter_index import NAMES
from abm.parameters import defaults, load_parameters
from abm.scenario import Scenario
from abm.simulation import prepare
from abm.start import Lanes
from abm.vocabulary import SWITCHES


def history_plan():
    """Blueprint of history beside the rules of 2022Q2."""
    return prepare([Scenario.load("history"), Scenario.load("none_0")])


def default_lanes(runs):
    """Lanes of both arms in turn, every parameter at its default, every mechanism on."""
    values = defaults(load_parameters(), np.zeros(runs, dtype=np.int64))
    parameter = np.stack([values[name] for name in NAMES])
    return Lanes(np.arange(runs) % 2, np.arange(runs) // 2, parameter, np.ones((len(SWITCHES), runs)))
