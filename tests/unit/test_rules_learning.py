"""Experience-weighted attraction: worked examples by hand, limits, directions (MODEL R11)."""

from __future__ import annotations

from math import exp, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abm.rules.learning import LEAST, attraction, best_reply, choice, mixed, random_weight, replicated

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


def test_replicated_by_hand():
    # pays twice the mean of the effort: .5 x (.85 + .15 x 2) = .575
    assert replicated(0.5, 2.0, 1.0, 0.85) == pytest.approx(0.575)
    assert replicated(0.5, 1.0, 1.0, 0.85) == pytest.approx(0.5), "mean pay: at rest"
    assert replicated(0.5, 0.0, 0.0, 0.85) == pytest.approx(0.425), "nothing pays: all shares shrink alike"
    assert replicated(0.0, 9.0, 1.0, 0.85) == 0.0, "what nobody does cannot spread"


@given(SHARE, SHARE, st.floats(0.01, 5.0), st.floats(0.01, 5.0), st.floats(0.01, 5.0), MEMORY)
def test_replicated_shares_add_to_one_and_follow_pay(cut, rest, first, second, third, memory):
    shares = (cut, (1.0 - cut) * rest, (1.0 - cut) * (1.0 - rest))
    pay = (first, second, third)
    mean = sum(share * one for share, one in zip(shares, pay, strict=True))
    after = [replicated(share, one, mean, memory) for share, one in zip(shares, pay, strict=True)]
    assert sum(after) == pytest.approx(1.0)
    for share, one, new in zip(shares, pay, after, strict=True):
        assert (new - share) * (one - mean) >= -1e-12


def test_best_reply_by_hand():
    # payoffs 1, 3, 3: the first of the two best takes all
    assert [best_reply(1.0, -9.0, 3.0), best_reply(3.0, 1.0, 3.0), best_reply(3.0, 3.0, -9.0)] == [0.0, 1.0, 0.0]
    assert [best_reply(0.0, -9.0, 0.0), best_reply(0.0, 0.0, 0.0), best_reply(0.0, 0.0, -9.0)] == [1.0, 0.0, 0.0]


@given(st.lists(st.floats(0.0, 5.0), min_size=3, max_size=3))
def test_one_strategy_alone_is_the_best_reply(pay):
    before = [-1.0, pay[0], max(pay[:2])]
    after = [max(pay[1:]), pay[2], -1.0]
    chosen = [best_reply(one, first, last) for one, first, last in zip(pay, before, after, strict=True)]
    assert sorted(chosen) == [0.0, 0.0, 1.0]
    assert pay[chosen.index(1.0)] == max(pay)


def test_random_weight_by_hand():
    assert random_weight(exp(-2.0)) == pytest.approx(2.0, rel=1e-12)
    assert random_weight(0.5) == pytest.approx(log(2.0), rel=1e-12)


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
