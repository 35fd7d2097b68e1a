"""Experience-weighted attraction: worked examples by hand, limits, directions (MODEL R11)."""

from __future__ import annotations

from math import exp

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abm.rules.learning import LEAST, attraction, choice, mixed

SHARE = st.floats(0.0, 1.0)
MEMORY = st.floats(0.7, 1.0)


def test_attraction_by_hand():
    # paid twice the mean; a strategy with half of the effort counts .5 + .5 x 3 x .5 = 1.25; 1.25 x 2 = 2.5;
    # .85 x 1 + .15 x 2.5 = 1.225
    assert attraction(1.0, 0.5, 2.0, 1.0, 0.85, 0.5) == pytest.approx(1.225)
    # not in use: .5 x 2 = 1 counts; .85 + .15 = 1
    assert attraction(1.0, 0.0, 2.0, 1.0, 0.85, 0.5) == pytest.approx(1.0)
    assert attraction(1.0, 0.5, 2.0, 1.0, 1.0, 0.5) == 1.0, "perfect memory learns nothing new"
    assert attraction(1.0, 1.0 / 3.0, 1.0, 1.0, 0.85, 0.5) == pytest.approx(1.0), "equal pay, equal effort: at rest"
    assert attraction(0.5, 0.5, 0.0, 0.0, 0.85, 0.5) == pytest.approx(0.425), "nothing paid: attractions fade"


@given(st.floats(0.0, 5.0), SHARE, st.floats(0.0, 5.0), st.floats(0.01, 5.0), MEMORY, SHARE)
def test_attraction_rises_with_pay_and_with_use(before, share, payoff, mean, memory, foregone):
    score = attraction(before, share, payoff, mean, memory, foregone)
    assert score >= 0.0
    assert attraction(before, share, payoff + 1.0, mean, memory, foregone) >= score
    assert attraction(before, (share + 1.0) / 2.0, payoff, mean, memory, foregone) >= score * (1 - 1e-12)
    full = attraction(before, share, payoff, mean, memory, 1.0)
    assert full == pytest.approx(attraction(before, 0.0, payoff, mean, memory, 1.0)), "delta = 1: use does not matter"


def test_choice_by_hand():
    # one below the best at a sharpness of two: exp(-2) = .135335
    assert choice(1.0, 2.0, 2.0) == pytest.approx(exp(-2.0), rel=1e-12)
    assert choice(2.0, 2.0, 5.0) == 1.0
    assert choice(1.0, 2.0, 0.0) == 1.0, "without sharpness all are alike"


@given(st.floats(0.0, 5.0), st.floats(0.0, 5.0), st.floats(0.5, 5.0))
def test_the_best_strategy_weighs_most(score, other, sharpness):
    best = max(score, other)
    weights = [choice(one, best, sharpness) for one in (score, other)]
    assert max(weights) == 1.0
    assert min(weights) > 0.0
    assert (weights[0] - weights[1]) * (score - other) >= 0.0


def test_mixed_by_hand():
    # .85 x .5 + .15 x .2 = .455; .02 + .94 x .455 = .4477
    assert mixed(0.5, 0.2, 0.15) == pytest.approx(0.4477)
    assert mixed(0.0, 0.0, 0.15) == LEAST == 0.02
    assert mixed(1.0, 1.0, 0.15) == pytest.approx(0.96), "two floors are left for the other two"
    assert mixed(0.5, 0.2, 1.0) == pytest.approx(0.02 + 0.94 * 0.2), "a pure imitator"


@given(SHARE, SHARE, SHARE, SHARE, st.floats(0.0, 1.0))
def test_three_mixed_shares_add_to_one_above_their_floor(cut, rest, other_cut, other_rest, imitation):
    own = (cut, (1.0 - cut) * rest, (1.0 - cut) * (1.0 - rest))
    near = (other_cut, (1.0 - other_cut) * other_rest, (1.0 - other_cut) * (1.0 - other_rest))
    shares = [mixed(one, two, imitation) for one, two in zip(own, near, strict=True)]
    assert sum(shares) == pytest.approx(1.0)
    assert min(shares) >= LEAST * (1 - 1e-12)
