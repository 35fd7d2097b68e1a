"""Generation slots and retirement, on one firm and one line in plain Python (MODEL 4, section 6)."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from abm.link import link
from abm.parameter_index import ATTRITION, DESIGN_GROWTH, ECONOMIC_AGE, NAMES, RETIREMENT_PACE
from abm.phases import deploy, slots
from abm.vocabulary import NEWEST, SERVE, SLOTS, TRAIN

RUNS = 2


def plain(function):
    """A helper of a phase for blocks of two lanes."""
    return link(function, sizes={"LANES": RUNS}, plain=True)


def market(**given):
    """One firm, one US line, two runs; slots hold 10, 20, 30 and 40 chips of performance 1, 2, 4 and 8."""
    chips = np.array([10.0, 20.0, 30.0, 40.0])
    values = np.zeros((len(NAMES), RUNS))
    for row, value in ((ATTRITION, 0.01), (DESIGN_GROWTH, 0.1), (ECONOMIC_AGE, 24.0), (RETIREMENT_PACE, 0.25)):
        values[row] = value
    line = np.array([0.0, 2.0, 4.0, 8.0])
    state = {
        "firms": np.array([0]),
        "available": np.ones((1, 1)),
        "holds": np.ones((1, 1)),
        "offer_kind": np.array([0]),
        "offer_nest": np.array([0]),
        "parameter": values,
        "performance": np.full((1, 2, RUNS), 8.0),
        "fresh": np.zeros((1, RUNS)),
        "slot_deployed": np.repeat(chips[:, None], RUNS, axis=1)[None, None],
        "slot_stored": np.repeat(chips[:, None] / 10.0, RUNS, axis=1)[None, None],
        "slot_performance": np.tile(line[:, None, None], (1, 2, RUNS))[None],
        "slot_frontier": np.zeros((1, SLOTS, RUNS)),
        "oldest_performance": np.ones((1, 1, 2, RUNS)),
        "mean_performance": np.zeros((1, 1, 2, RUNS)),
        "deployed": np.full((1, 1, 2, RUNS), 50.0),
        "warehouse": np.full((1, 1, RUNS), 10.0),
        "retired": np.zeros((1, 1, RUNS)),
        **{name: np.zeros(RUNS) for name in ("best", "total", "used", "sum_us")},
    }
    return SimpleNamespace(**{**state, **given})


def compute(state, run):
    """Training compute in halls and in store."""
    each = np.array([state.oldest_performance[0, 0, TRAIN, run], *state.slot_performance[0, 1:, TRAIN, run]])
    return ((state.slot_deployed + state.slot_stored)[0, 0, :, run] * each).sum()


def test_a_generation_that_stays_moves_nothing():
    state = market()
    before = state.slot_deployed.copy()
    plain(slots.open_slots)(state)
    assert (state.fresh == 0.0).all()
    assert np.array_equal(state.slot_deployed, before)


def test_a_new_generation_takes_the_newest_slot_and_the_two_oldest_merge():
    """Lane 0 gets a generation of 16, lane 1 none: its slots keep their bits."""
    state = market()
    state.performance[0, :, 0] = 16.0
    old = compute(state, 0)
    plain(slots.open_slots)(state)
    assert state.fresh[0].tolist() == [1.0, 0.0]
    assert state.slot_deployed[0, 0, :, 0].tolist() == [30.0, 30.0, 40.0, 0.0]
    assert state.slot_stored[0, 0, :, 0] == pytest.approx([3.0, 3.0, 4.0, 0.0])
    # 11 chips of 1 and 22 of 2: 55 / 33
    assert state.oldest_performance[0, 0, TRAIN, 0] == pytest.approx(55.0 / 33.0)
    assert state.slot_performance[0, 1:, TRAIN, 0].tolist() == [4.0, 8.0, 16.0]
    assert compute(state, 0) == pytest.approx(old), "no compute is lost"
    assert state.slot_frontier[0, NEWEST, 0] == pytest.approx(np.log(16.0) / 0.1), "quarters of progress"
    assert state.slot_deployed[0, 0, :, 1].tolist() == [10.0, 20.0, 30.0, 40.0]
    assert state.oldest_performance[0, 0, TRAIN, 1] == 1.0


def test_the_warehouse_leaves_oldest_first():
    """Half of 10 stored chips: 1 and 2 of the oldest slots, then 2 of the 3 in the third."""
    state = market(used=np.full(RUNS, 0.5), halls=np.zeros((1, RUNS)), side=np.array([0]), bloc=np.array([0]))
    state.paying = np.ones((2, 1, RUNS))
    plain(deploy.unload)(state, 0, 0)
    assert state.slot_stored[0, 0, :, 0] == pytest.approx([0.0, 0.0, 1.0, 4.0])
    assert state.slot_deployed[0, 0, :, 0] == pytest.approx([11.0, 22.0, 32.0, 40.0])
    assert state.warehouse[0, 0, 0] == pytest.approx(5.0)
    assert state.deployed[0, 0, :, 0].sum() == pytest.approx(105.0)


def retire(ahead, supplied=1.0):
    """The firm's chips after a quarter in which the best buy is `ahead` quarters of progress ahead of the oldest."""
    state = market(sum_us=np.full(RUNS, supplied))
    state.slot_frontier[0, :, :] = np.array([0.0, 10.0, 20.0, 30.0])[:, None]
    state.best[:] = ahead
    plain(deploy.retire)(state, 0, 0)
    return state


def test_old_generations_retire_and_young_ones_stay():
    """The oldest is 24 quarters of progress behind, the next 14: an eighth of the rest of the oldest goes."""
    state = retire(24.0)
    gone = 10.0 * (0.01 + 0.99 * 0.125)
    assert state.slot_deployed[0, 0, :, 0] == pytest.approx([10.0 - gone, 19.8, 29.7, 39.6])
    assert state.retired[0, 0, 0] == pytest.approx(gone + 0.9)
    left = state.slot_deployed[0, 0, :, 0]
    mean = (left * [1.0, 2.0, 4.0, 8.0]).sum() / left.sum()
    assert state.mean_performance[0, 0, SERVE, 0] == pytest.approx(mean)


@pytest.mark.parametrize(("ahead", "supplied"), [(15.0, 1.0), (60.0, 0.0)])
def test_chips_that_still_pay_only_fail(ahead, supplied):
    """Before the economic age less the spread, and in a shortage however old they are."""
    state = retire(ahead, supplied)
    assert state.slot_deployed[0, 0, :, 0] == pytest.approx([9.9, 19.8, 29.7, 39.6])


def test_both_workloads_lose_alike():
    state = retire(24.0)
    state.bloc = np.array([0])
    plain(deploy.change_workload)(state, 0, 0)
    left = state.slot_deployed[0, 0, :, 0].sum()
    assert state.deployed[0, 0, :, 0].sum() == pytest.approx(left)
    assert state.deployed[0, 0, TRAIN, 0] == pytest.approx(state.deployed[0, 0, SERVE, 0])
