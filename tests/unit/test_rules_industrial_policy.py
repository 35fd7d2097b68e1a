"""Answers of states, each on a worked example."""

from __future__ import annotations

import pytest

from abm.rules.industrial_policy import (
    dearer_inputs,
    ladder_share,
    lead_alarm,
    minerals_left,
    minerals_moved,
    mobilised_budget,
    public_money,
    readiness_effect,
    seen_readiness,
    state_answer,
    support_rate,
)


def test_a_state_sees_the_scarcer_of_supply_and_usefulness():
    """A fifth of budgets bought home chips, the best of which gives .4 of the best US line's performance per dollar."""
    assert seen_readiness(0.2, 0.4) == 0.2
    assert seen_readiness(0.7, 0.4) == 0.4
    assert seen_readiness(1.3, 1.1) == 1.0
    assert seen_readiness(0.0, 0.4) == 0.0


def test_answers_begin_at_the_threshold_and_are_full_at_twice_of_it():
    assert readiness_effect(0.1, 0.1) == 0.0
    assert readiness_effect(0.05, 0.1) == 0.0
    assert readiness_effect(0.15, 0.1) == pytest.approx(0.5)
    assert readiness_effect(0.2, 0.1) == 1.0
    assert readiness_effect(0.9, 0.1) == 1.0


def test_no_answer_without_stringency_and_none_before_readiness():
    """USD 2 bn at full stringency; .6 of it is felt and the state is half ready: .6 bn."""
    assert state_answer(2.0, 0.6, 0.5) == pytest.approx(0.6)
    assert state_answer(2.0, 0.0, 0.5) == 0.0
    assert state_answer(2.0, 0.6, 0.0) == 0.0


def test_state_buyers_come_first_then_listed_firms_then_private_ones():
    """An answer of one half fills the first of three rungs and half of the second."""
    assert [ladder_share(0.5, place, 3.0) for place in (0.0, 1.0, 2.0, 3.0)] == pytest.approx([1.0, 0.5, 0.0, 0.0])
    assert [ladder_share(1.0, place, 3.0) for place in (0.0, 1.0, 2.0, 3.0)] == [1.0, 1.0, 1.0, 0.0]
    assert ladder_share(1.4, 3.0, 3.0) == 0.0, "buyers abroad are never reached"
    assert [ladder_share(0.0, place, 3.0) for place in (0.0, 1.0, 2.0)] == [0.0, 0.0, 0.0]


def test_minerals_cut_packages_by_dependence_and_what_is_withheld():
    assert minerals_left(0.1, 0.5) == pytest.approx(0.95)
    assert minerals_left(0.1, 0.0) == 1.0
    assert minerals_left(0.0, 1.0) == 1.0


def test_minerals_from_elsewhere_are_dearer():
    """A package of 4 thousand USD; half is withheld, all of it would cost a tenth more: 4.2."""
    assert dearer_inputs(4.0, 0.1, 0.5) == pytest.approx(4.2)
    assert dearer_inputs(4.0, 0.1, 0.0) == 4.0


def test_what_chinese_makers_withhold_others_sell():
    """China makes a tenth of materials and withholds half of it: .05 of sales abroad move."""
    assert minerals_moved(0.1, 1.0, 0.1, 0.5) == pytest.approx(-0.05)
    assert minerals_moved(0.9, 0.0, 0.1, 0.5) == pytest.approx(0.05)
    assert minerals_moved(0.1, 1.0, 0.1, 0.0) == 0.0


def test_the_alarm_rises_over_six_months_below_the_target():
    assert lead_alarm(12.0, 15.0) == 0.0
    assert lead_alarm(12.0, 12.0) == 0.0
    assert lead_alarm(12.0, 9.0) == pytest.approx(0.5)
    assert lead_alarm(12.0, -3.0) == 1.0


def test_public_money_stops_at_its_ceiling():
    """A quarter of a plan of 8 bn at a trigger of one half is 1 bn; .4 bn are left of 47.5."""
    assert public_money(0.25, 0.5, 8.0, 47.5, 10.0) == pytest.approx(1.0)
    assert public_money(0.25, 0.5, 8.0, 47.5, 47.1) == pytest.approx(0.4)
    assert public_money(0.25, 0.5, 8.0, 47.5, 50.0) == 0.0
    assert public_money(0.0, 0.5, 8.0, 47.5, 0.0) == 0.0


def test_price_support_spends_its_money_at_the_sales_of_last_quarter():
    """Buyers spend 3 bn; with .75 bn from the state they get chips for 3.75 bn: it pays a fifth of each."""
    assert support_rate(0.75, 3.0) == pytest.approx(0.2)
    assert support_rate(0.0, 3.0) == 0.0
    assert support_rate(9.0, 3.0) == pytest.approx(0.5), "at most half of the price"
    assert support_rate(1.0, 0.0) == 0.0


def test_public_money_crowds_out_a_part_of_a_budget():
    """.5 bn on top of 2 bn, of which .3 takes the place of own money: 2.35 bn."""
    assert mobilised_budget(2.0, 0.5, 0.3) == pytest.approx(2.35)
    assert mobilised_budget(2.0, 0.0, 0.3) == 2.0
    assert mobilised_budget(2.0, 0.5, 0.0) == 2.5
    assert mobilised_budget(0.1, 0.5, 1.0) == 0.5, "no firm loses more than its own budget"
