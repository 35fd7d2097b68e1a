"""Leaders, neighbours and the mean over those that exist, on five firms in plain Python (MODEL 3, R10, R11)."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from abm.link import link
from abm.parameter_index import CLOSED_ACCESS, CROSS_BLOC_ACCESS_LOSS, NAMES
from abm.phases import knowledge

RUNS = 2
FIRMS = 6


def plain(function):
    """A helper of a phase for blocks of two lanes."""
    return link(function, sizes={"LANES": RUNS}, plain=True)


def world(capability, algorithm, alive=None, open_weights=None, neighbour=None):
    """Five firms of bloc 0 and one of bloc 1; lane 1 has no stringency."""
    values = np.zeros((len(NAMES), RUNS))
    values[CLOSED_ACCESS], values[CROSS_BLOC_ACCESS_LOSS] = 0.5, 0.4
    wide = {
        "trained": np.repeat(np.array(capability, float)[:, None], RUNS, axis=1),
        "algorithm_before": np.repeat(np.array(algorithm, float)[:, None], RUNS, axis=1),
    }
    return SimpleNamespace(
        firms=np.arange(FIRMS),
        bloc=np.array([0, 0, 0, 0, 0, 1]),
        alive=np.array([[1.0] * FIRMS if alive is None else alive]),
        exited=np.zeros((FIRMS, RUNS)),
        open_weights=np.zeros(FIRMS) if open_weights is None else np.array(open_weights),
        neighbour=np.array([[1, 2]] * FIRMS if neighbour is None else neighbour),
        parameter=values,
        stringency_smooth=np.array([1.0, 0.0]),
        leads=np.zeros((FIRMS, RUNS)),
        leader_open=np.zeros((2, RUNS)),
        leader_closed=np.zeros((2, RUNS)),
        **wide,
        **{name: np.zeros(RUNS) for name in ("best", "total", "worst", "sum_us")},
    )


def leaders(state):
    """Firms that lead their bloc in lane 0."""
    plain(knowledge.find_leaders)(state, 0)
    return [firm for firm in range(FIRMS) if state.leads[firm, 0] > 0.0]


def test_the_three_most_capable_of_a_bloc_lead():
    assert leaders(world([50, 54, 51, 53, 52, 40], [0] * 6)) == [1, 3, 4, 5]


def test_all_that_tie_for_the_third_place_lead():
    """The order of the file must not decide."""
    assert leaders(world([52, 54, 52, 52, 53, 40], [0] * 6)) == [0, 1, 2, 3, 4, 5]
    assert leaders(world([52, 52, 52, 52, 52, 40], [0] * 6)) == [0, 1, 2, 3, 4, 5]


def test_who_does_not_exist_or_has_no_model_leads_nobody():
    assert leaders(world([50, 99, 51, 53, 52, 0], [0] * 6, alive=[1, 0, 1, 1, 1, 1])) == [2, 3, 4]
    left = world([50, 99, 51, 53, 52, 0], [0] * 6)
    left.exited[1] = 1.0
    assert leaders(left) == [2, 3, 4]


def spill(state, firm):
    """Largest lead that a firm can reach, by lane."""
    plain(knowledge.find_leaders)(state, 0)
    plain(knowledge.best_knowledge)(state, 0, firm)
    return state.best.tolist()


def test_algorithms_come_from_leaders_and_neighbours_alone():
    """Firm 0 is no leader and knows most; firm 5 of the other bloc has it as neighbour or not."""
    far = world([50, 54, 51, 53, 52, 40], [4.0, 1.0, 1.0, 1.0, 1.0, 0.0], neighbour=[[1, 2]] * FIRMS)
    # the best leader is 1 ahead, closed (.5), across blocs at full stringency (1 - .4)
    assert spill(far, 5) == pytest.approx([0.3, 0.5])
    near = world([50, 54, 51, 53, 52, 40], [4.0, 1.0, 1.0, 1.0, 1.0, 0.0], neighbour=[[0, 2]] * FIRMS)
    assert spill(near, 5) == pytest.approx([1.2, 2.0])


def test_open_weights_are_read_in_full_and_nobody_unlearns():
    state = world([50, 54, 51, 53, 52, 40], [0, 1, 0, 2, 0, 9], open_weights=[0, 1, 0, 0, 0, 0])
    assert spill(state, 0) == pytest.approx([9 * 0.5 * 0.6, 4.5])
    state = world([50, 54, 51, 53, 52, 40], [0, 1, 0, 1.5, 0, 0], open_weights=[0, 1, 0, 0, 0, 0])
    assert spill(state, 0) == pytest.approx([1.0, 1.0]), "open with a smaller lead beats closed"
    assert spill(world([50] * 6, [9, 0, 0, 0, 0, 0]), 0) == [0.0, 0.0]


def test_the_network_is_row_stochastic_over_neighbours_that_exist():
    values = np.arange(FIRMS, dtype=float)[:, None, None] * np.ones((1, 1, RUNS))
    state = world([50] * 6, [0] * 6, neighbour=[[1, 2, 3, 4]] * FIRMS)
    plain(knowledge.neighbours_mean)(state, 0, 0, values, 0)
    assert state.best.tolist() == [2.5, 2.5]
    state = world([50] * 6, [0] * 6, alive=[1, 1, 0, 1, 0, 1], neighbour=[[1, 2, 3, 4]] * FIRMS)
    plain(knowledge.neighbours_mean)(state, 0, 0, values, 0)
    assert state.best.tolist() == [2.0, 2.0], "1 and 3: firms to come are not copied"
    assert state.sum_us.tolist() == [2.0, 2.0]
