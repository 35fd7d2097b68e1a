"""Algorithms of 2020Q1 on four firms in plain Python: they meet observed training compute of firms that have chips."""

from __future__ import annotations

from math import e
from types import SimpleNamespace

import numpy as np
import pytest

from abm.link import link
from abm.phases import earn
from abm.vocabulary import TRAIN

RUNS = 2


def anchored(compute):
    """Algorithms [firm] of firms 0 to 2 of bloc 0, which reached 10, and firm 3 of bloc 1, which reached 7."""
    state = SimpleNamespace(
        firms=np.arange(4),
        bloc=np.array([0, 0, 0, 1]),
        run_compute=np.repeat(np.array(compute, float)[:, None], RUNS, axis=1),
        start_capability=np.array([[10.0] * RUNS, [7.0] * RUNS]),
        algorithm=np.zeros((4, 2, RUNS)),
        algorithm_before=np.zeros((4, RUNS)),
    )
    link(earn.anchor_capability, sizes={"LANES": RUNS}, plain=True)(state)
    assert np.array_equal(state.algorithm[:, TRAIN], state.algorithm_before)
    return state.algorithm[:, TRAIN, 0]


def test_the_mean_of_the_top_three_meets_what_was_observed():
    # ln runs 1, 2, 3: mean 2, so 10 - 2; alone in its bloc: 7 - 2
    assert anchored([e, e**2, e**3, e**2]) == pytest.approx([8.0, 8.0, 8.0, 5.0])


def test_firms_without_chips_say_nothing_of_algorithms():
    """A firm to come has no run: its bloc is no better for it."""
    assert anchored([e, e**3, 0.0, e**2])[:3] == pytest.approx([8.0] * 3)
    assert anchored([e, e**2, e**3, 0.0])[3] == 7.0, "a bloc without chips"
