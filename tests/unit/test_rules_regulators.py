"""How the US and its allies decide: worked examples by hand, limits, directions (MODEL R2, R3)."""

from __future__ import annotations

from math import exp, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abm.rules.regulators import (
    allied_denial,
    chosen_step,
    effective_alignment,
    evading_share,
    lost_share,
    moved_ratio,
    next_alignment,
    notice_quarters,
    taste,
    tier_denial,
    tier_open,
    tightening_score,
)

SHARE = st.floats(0.0, 1.0)
WEIGHT = st.floats(0.0, 2.0)
LUCK = st.floats(1e-9, 1.0 - 1e-9)


def test_the_score_by_hand():
    # 3 months short of 12 is half a unit; 5 % evasion half a unit; 20 % lost sales two; full counter-controls one
    score = tightening_score(9.0, 12.0, 0.05, 0.2, 1.0, 1.0, 0.3, 0.3, 0.3)
    assert score == pytest.approx(0.5 + 0.15 - 0.6 - 0.3, rel=1e-12)
    # two units of lead are the most that counts, in both directions
    assert tightening_score(-60.0, 12.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0) == 2.0
    assert tightening_score(60.0, 12.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0) == -2.0


@given(st.floats(-60.0, 60.0), SHARE, SHARE, WEIGHT, WEIGHT)
def test_a_shorter_lead_and_more_evasion_tighten_and_lost_sales_loosen(lead, evasion, lost, weight, other):
    def score(lead, evasion, lost):
        return tightening_score(lead, 12.0, evasion, lost, 0.0, weight, other, other, 0.0)

    assert score(lead - 1.0, evasion, lost) >= score(lead, evasion, lost)
    assert score(lead, evasion + 0.1, lost) >= score(lead, evasion, lost)
    assert score(lead, evasion, lost + 0.1) <= score(lead, evasion, lost)


def test_taste_by_hand():
    # -log(-log(1/e)) = -log(1) = 0
    assert taste(exp(-1.0)) == pytest.approx(0.0, abs=1e-12)
    assert taste(0.5) == pytest.approx(-log(log(2.0)), rel=1e-12)


def test_the_choice_by_hand():
    # tighten .4, hold 0, loosen -.4 - .5
    assert chosen_step(0.4, 0.5, 0.0, 0.0, 0.0) == 1.0
    assert chosen_step(0.4, 0.5, 0.0, 0.5, 0.0) == 0.0
    assert chosen_step(0.4, 0.5, 0.0, 0.5, 1.5) == -1.0
    # a score of -.3 doesn't overcome what speaks against loosening
    assert chosen_step(-0.3, 0.5, 0.0, 0.0, 0.0) == 0.0
    assert chosen_step(-0.8, 0.5, 0.0, 0.0, 0.0) == -1.0


@given(st.floats(-3.0, 3.0), WEIGHT, LUCK, LUCK, LUCK)
def test_a_higher_score_never_turns_a_choice_towards_loosening(score, persistence, one, two, three):
    tastes = taste(one), taste(two), taste(three)
    assert chosen_step(score + 0.5, persistence, *tastes) >= chosen_step(score, persistence, *tastes)


def test_threshold_steps_by_hand():
    assert moved_ratio(0.5, 1.0, 0.25, 1.0) == pytest.approx(0.5 * exp(-0.25), rel=1e-12)
    assert moved_ratio(0.5, -1.0, 0.25, 1.0) == pytest.approx(0.5 * exp(0.25), rel=1e-12)
    assert moved_ratio(0.9, -1.0, 0.25, 1.0) == 1.0


def test_notice_by_hand():
    # three equally likely numbers of quarters: a third of the draws each
    assert [notice_quarters(luck, 2.0) for luck in (0.1, 0.3, 0.34, 0.6, 0.67, 0.99)] == [0, 0, 1, 1, 2, 2]
    assert notice_quarters(0.99, 0.0) == 0.0


def test_evasion_by_hand():
    # without a cloud rule: 5 smuggled of 100. With one on .8, enforced in .5 of cases, .6 of rent is left, of which
    # .4 is hidden: 30 * .4 / .6 = 20 on top
    assert evading_share(5.0, 30.0, 100.0, 0.0, 0.5) == pytest.approx(0.05, rel=1e-12)
    assert evading_share(5.0, 30.0, 100.0, 0.8, 0.5) == pytest.approx(0.25, rel=1e-12)
    assert evading_share(0.0, 0.0, 0.0, 1.0, 1.0) == 0.0


def test_lost_sales_by_hand():
    # 8 planned, 5 bought, of a world revenue of 30
    assert lost_share(8.0, 5.0, 30.0) == pytest.approx(0.1, rel=1e-12)
    assert lost_share(5.0, 8.0, 30.0) == 0.0


def test_denial_of_tiers_by_hand():
    assert tier_denial(0.35, 0.2) == pytest.approx(0.55, rel=1e-12)
    assert tier_denial(0.95, 0.2) == 1.0
    assert tier_denial(0.05, -0.2) == 0.0
    assert tier_open(0.65, 0.2) == pytest.approx(0.45, rel=1e-12)
    assert tier_open(0.05, 0.2) == 0.0
    assert effective_alignment(0.3, 0.4) == 0.4
    assert effective_alignment(0.7, 0.4) == 0.7


def test_an_allys_denial_by_hand():
    # its own .6 at an alignment that went from .8 to .4 is .3; a US step of .1 reaches .4 of its sellers
    assert allied_denial(0.6, 0.4 / 0.8, 0.4, 0.1) == pytest.approx(0.34, rel=1e-12)
    # at the hand-over it is the law of the script, to the last bit
    assert allied_denial(0.725, 1.0, 0.8, 0.0) == 0.725


def test_alignment_by_hand():
    # called for: logistic(.6 + .8 - .5 * .2 + 1.2 * .5) = logistic(1.9) = .8699; a quarter of the way from .5
    aligned = next_alignment(0.5, 1.0, 0.2, 0.5, 0.6, 0.8, 0.5, 1.2, 0.25)
    assert aligned == pytest.approx(0.5 + 0.25 * (1.0 / (1.0 + exp(-1.9)) - 0.5), rel=1e-12)


@given(SHARE, st.floats(-1.0, 1.0), SHARE, SHARE)
def test_pressure_and_peers_align_and_losses_do_the_opposite(alignment, pressure, lost, peers):
    def after(pressure, lost, peers):
        return next_alignment(alignment, pressure, lost, peers, 0.6, 0.8, 0.5, 1.2, 0.25)

    assert after(pressure + 0.5, lost, peers) > after(pressure, lost, peers)
    assert after(pressure, lost, peers + 0.1) > after(pressure, lost, peers)
    assert after(pressure, lost + 0.1, peers) < after(pressure, lost, peers)
    assert 0.0 <= after(pressure, lost, peers) <= 1.0
