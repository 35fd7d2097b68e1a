"""Distillation on three firms of two blocs, in plain Python: lag, access, tokens, and who may not (MODEL 3, R12)."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from abm.link import link
from abm.parameter_index import (
    CAPABILITY_ELASTICITY,
    CROSS_BLOC_ACCESS_LOSS,
    DISTILLATION_DISCOUNT,
    DISTILLATION_LAG,
    DISTILLATION_START,
    DISTILLATION_TOKENS,
    NAMES,
)
from abm.phases import distill
from abm.vocabulary import RING, SW_DISTILLATION, SWITCHES

RUNS, FIRMS = 2, 3


def plain(function):
    """A helper of a phase for blocks of two lanes."""
    return link(function, sizes={"LANES": RUNS}, plain=True)


def world(trained, lag=2.0, start=0.0, open_weights=(0.0, 0.0, 0.0)):
    """Firms 0 and 1 of bloc 0, firm 2 of bloc 1; the discount is .5 of capability, 1 of ln compute.

    Lane 0 has full stringency, lane 1 none; across blocs full stringency costs .4 of access.
    """
    values = np.zeros((len(NAMES), RUNS))
    values[DISTILLATION_LAG], values[DISTILLATION_START] = lag, start
    values[DISTILLATION_DISCOUNT], values[CAPABILITY_ELASTICITY] = 0.5, 0.5
    values[CROSS_BLOC_ACCESS_LOSS], values[DISTILLATION_TOKENS] = 0.4, 0.1
    return SimpleNamespace(
        firms=np.arange(FIRMS),
        bloc=np.array([0, 0, 1]),
        alive=np.ones((20, FIRMS)),
        exited=np.zeros((FIRMS, RUNS)),
        parameter=values,
        switch=np.ones((len(SWITCHES), RUNS)),
        stringency_smooth=np.array([1.0, 0.0]),
        trained=np.repeat(np.array(trained, float)[:, None], RUNS, axis=1),
        capability=np.zeros((FIRMS, RUNS)),
        served=np.ones((FIRMS, RUNS)),
        open_weights=np.array(open_weights),
        shown_open=np.zeros((2, RING, RUNS)),
        shown_closed=np.zeros((2, RING, RUNS)),
        best=np.zeros(RUNS),
    )


def after(state, quarters):
    """Capability [firm, run] after some quarters in which nobody trains anything new."""
    for step in range(quarters):
        plain(distill.distil)(state, step)
        plain(distill.show_models)(state, step)
    return state.capability


def test_a_pupil_follows_after_the_lag():
    assert after(world([56.0, 60.0, 56.0]), 2)[0].tolist() == [56.0, 56.0], "two quarters on"
    assert after(world([56.0, 60.0, 56.0]), 3)[0].tolist() == [59.0, 59.0], "60 less 1"
    assert after(world([56.0, 60.0, 56.0], lag=1.0), 2)[0].tolist() == [59.0, 59.0]


def test_controls_cost_access_across_blocs():
    """3 to go: at full stringency six tenths of it, 1.8; but never past what is 1 below the teacher."""
    found = after(world([56.0, 60.0, 56.0]), 3)
    assert found[2].tolist() == pytest.approx([57.8, 59.0])


def test_open_weights_can_be_had_anywhere():
    found = after(world([56.0, 60.0, 56.0], open_weights=(0.0, 1.0, 0.0)), 3)
    assert found[2].tolist() == [59.0, 59.0]


def test_the_leader_stays_ahead_for_ever():
    found = after(world([56.0, 60.0, 56.0]), 20)
    assert found[1].tolist() == [60.0, 60.0]
    assert found[0].tolist() == [59.0, 59.0], "a pupil of pupils loses the discount again"


def test_models_are_shown_from_a_date_on():
    assert after(world([56.0, 60.0, 56.0], start=5.0), 7)[0].tolist() == [56.0, 56.0]
    assert after(world([56.0, 60.0, 56.0], start=5.0), 8)[0].tolist() == [59.0, 59.0]


def test_who_does_not_serve_exist_or_train_distils_nothing():
    state = world([56.0, 60.0, 0.0])
    state.served[0] = 0.0
    found = after(state, 4)
    assert found[0].tolist() == [56.0, 56.0]
    assert found[2].tolist() == [0.0, 0.0], "no model of its own to train on"
    state = world([56.0, 60.0, 56.0])
    state.exited[0] = 1.0
    assert after(state, 4)[0].tolist() == [56.0, 56.0]


def test_models_of_firms_that_left_are_gone_after_the_lag():
    state = world([56.0, 60.0, 50.0])
    state.exited[1] = 1.0
    assert after(state, 4)[2].tolist() == pytest.approx([53.0, 55.0]), "the best that is left is 56"


def test_switched_off_capability_is_what_was_trained():
    state = world([56.0, 60.0, 56.0])
    state.switch[SW_DISTILLATION] = 0.0
    assert after(state, 6).tolist() == state.trained.tolist()
