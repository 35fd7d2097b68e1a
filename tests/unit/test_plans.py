"""Uncertainty about planned spending: China's slump of 2022 and its share of world supply (MODEL R13)."""

from __future__ import annotations

import numpy as np
import pytest
from made_lanes import default_lanes, history_plan

from abm.calendar import quarter_index
from abm.parameter_index import NAMES
from abm.start import Lanes, start_arrays
from abm.vocabulary import CN, QUARTERS, US

RUNS = 4


@pytest.fixture(scope="module")
def plan():
    return history_plan()


@pytest.fixture(scope="module")
def lanes():
    return default_lanes(RUNS)


def test_the_plan_of_china_has_a_slump_in_2022_and_no_other(plan, lanes):
    """A cut of .4 that grows over four quarters from 2021Q3, holds in 2022Q3 and Q4, and is gone by 2023Q2."""
    values = lanes.parameter.copy()
    values[NAMES.index("slump_cn")] = 0.0
    without = start_arrays(plan, Lanes(lanes.arm, lanes.world_id, values, lanes.switch), 1)["plan_factor"]
    values[NAMES.index("slump_cn")] = 0.4
    found = start_arrays(plan, Lanes(lanes.arm, lanes.world_id, values, lanes.switch), 1)["plan_factor"] / without
    expected = np.ones(QUARTERS)
    first = quarter_index("2021Q4")
    expected[first : first + 6] = [0.9, 0.8, 0.7, 0.6, 0.6, 0.8]
    np.testing.assert_allclose(found[:, CN], np.repeat(expected[:, None], found.shape[2], axis=1), rtol=1e-12)
    np.testing.assert_array_equal(found[:, US:], 1.0)


def test_the_plan_of_china_moves_with_its_share_of_world_supply(plan, lanes):
    """Odds of .22 against .14 = .282051/.162791 = 1.732601 from 2024Q4, none before 2022Q3; no other bloc moves."""
    values = lanes.parameter.copy()
    values[NAMES.index("slump_cn")] = 0.0
    values[NAMES.index("china_share")] = 0.22
    moved = start_arrays(plan, Lanes(lanes.arm, lanes.world_id, values, lanes.switch), 1)["plan_factor"]
    assert moved[: quarter_index("2022Q3"), CN] == pytest.approx(1.0)
    assert moved[-1, CN] == pytest.approx((0.22 / 0.78) / (0.14 / 0.86))
    assert (np.diff(moved[:, CN, 0]) >= 0.0).all()
    assert (moved[:, US] == 1.0).all()
