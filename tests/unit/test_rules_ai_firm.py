"""Decisions of an AI firm: worked examples by hand, limits, directions (MODEL R5, R8-R13)."""

from __future__ import annotations

from math import e, exp, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abm.rules.ai_firm import (
    ai_revenue,
    book_value,
    choice_weight,
    compute_shortage,
    cost_of_ownership,
    cutoff_hazard,
    distilled,
    economic_exit,
    efficiency_gain,
    inclusive_value,
    induced_progress,
    integration_gain,
    largest_run,
    losing_quarters,
    market_weight,
    nest_value,
    offer_value,
    own_stack_orders,
    planned_budget,
    porting_gain,
    research_budget,
    retired_share,
    serving_gain,
    stock_cover,
    stock_money,
    utilisation,
)

SHARE = st.floats(0.0, 1.0)
AMOUNT = st.floats(1e-3, 1e3)


def test_cost_of_ownership_by_hand():
    # 12.5 x 1.6 = 20 for chip and server; 4 for the slot; power .7 kW x 1.2 x 8766 h x 4 years = 29,453.76 kWh
    # x .075 USD = 2,209.03 USD = 2.20903 thousand; together 26.20903
    assert cost_of_ownership(12.5, 0.6, 4.0, 0.7, 0.075) == pytest.approx(26.209032, rel=1e-12)
    assert cost_of_ownership(0.0, 0.6, 4.0, 0.0, 0.075) == 4.0


@given(AMOUNT, SHARE, AMOUNT, SHARE, st.floats(0.05, 0.1))
def test_owning_costs_more_than_buying_and_rises_with_each_part(price, server, host, power, electricity):
    base = cost_of_ownership(price, server, host, power, electricity)
    assert base > price
    assert cost_of_ownership(2 * price, server, host, power, electricity) > base
    assert cost_of_ownership(price, server + 0.1, host, power, electricity) > base
    assert cost_of_ownership(price, server, host + 1.0, power, electricity) > base
    assert cost_of_ownership(price, server, host, power + 1.0, electricity) > base


def test_utilisation_by_hand():
    # .25 + .75 x .4 = .55; a stack integrated to .6 reaches .25 + .75 x .6 = .7
    assert utilisation(0.25, 0.4, 0.0) == pytest.approx(0.55)
    assert utilisation(0.25, 0.4, 0.6) == pytest.approx(0.7)
    assert utilisation(0.25, 0.0, 0.0) == 0.25
    assert utilisation(0.25, 1.0, 0.0) == 1.0


@given(SHARE, SHARE, SHARE, SHARE)
def test_utilisation_is_a_share_and_rises_with_both_routes(unported, porting, integration, more):
    used = utilisation(unported, porting, integration)
    assert unported <= used <= 1.0
    assert utilisation(unported, max(porting, more), integration) >= used
    assert utilisation(unported, porting, max(integration, more)) >= used


def test_offer_value_by_hand():
    # 2 of performance at half use for a cost of 20, against .1 per thousand: ln(2 x .5 / 20 / .1) = ln .5 = -.693147;
    # 2.8 x -.693147 = -1.940812; hazard 2 x .2 = .4; favour .3: -1.940812 - .4 + .3 = -2.040812
    assert offer_value(2.0, 0.5, 20.0, 0.1, 2.8, 2.0, 0.2, 0.3) == pytest.approx(2.8 * log(0.5) - 0.1, rel=1e-12)
    assert offer_value(2.0, 1.0, 20.0, 0.1, 2.8, 2.0, 0.0, 0.0) == pytest.approx(0.0, abs=1e-14)


@given(AMOUNT, st.floats(0.1, 1.0), AMOUNT, st.floats(1.5, 4.5), SHARE)
def test_an_offer_is_worth_more_the_faster_cheaper_and_safer_it_is(speed, used, cost, sensitivity, hazard):
    base = offer_value(speed, used, cost, 0.1, sensitivity, 2.0, hazard, 0.0)
    assert offer_value(2 * speed, used, cost, 0.1, sensitivity, 2.0, hazard, 0.0) > base
    assert offer_value(speed, used, 2 * cost, 0.1, sensitivity, 2.0, hazard, 0.0) < base
    assert offer_value(speed, used, cost, 0.1, sensitivity, 2.0, hazard + 0.1, 0.0) < base
    doubled = offer_value(2 * speed, used, 2 * cost, 0.1, sensitivity, 2.0, hazard, 0.0)
    assert doubled == pytest.approx(base, abs=1e-9), "only performance per dollar counts"


def test_choice_weight_by_hand():
    # .7 below the best with dissimilarity .7: exp(-1) = .367879
    assert choice_weight(0.0, 0.7, 1.5, 0.7) == pytest.approx(1.0 / e, rel=1e-12)
    assert choice_weight(0.7, 0.7, 1.5, 0.7) == 1.0
    assert choice_weight(-0.8, 0.7, 1.5, 0.7) == pytest.approx(exp(-1.5 / 0.7), rel=1e-12), "at the window: in"
    assert choice_weight(-0.81, 0.7, 1.5, 0.7) == 0.0, "beyond the window: out"


@given(st.floats(-1.0, 0.0), st.floats(0.4, 1.0))
def test_choice_weight_rises_with_value(value, spread):
    base = choice_weight(value, 0.0, 1.5, spread)
    assert 0.0 < base <= 1.0
    assert choice_weight(value / 2.0, 0.0, 1.5, spread) >= base
    assert choice_weight(value, 0.0, 1.5, 2.0 * spread) >= base, "the less alike, the flatter the choice"


def test_nest_value_by_hand():
    # inclusive value above the best .7 ln 2 = .485203; its exponential 2^.7 = 1.624505
    assert nest_value(2.0, 0.7) == pytest.approx(2.0**0.7, rel=1e-12)
    assert nest_value(0.0, 0.7) == 0.0, "an empty nest attracts nobody"
    assert nest_value(1.0, 0.7) == pytest.approx(1.0, rel=1e-12), "the best offer alone: plain logit"


def test_a_nest_of_one_is_worth_as_much_as_its_offer():
    # an offer .7 below the best weighs exp(-.7/.5) in its nest; the nest then weighs exp(-.7), as in a plain logit
    assert nest_value(choice_weight(0.0, 0.7, 1.5, 0.5), 0.5) == pytest.approx(exp(-0.7), rel=1e-12)


@given(st.floats(0.4, 1.0), st.integers(1, 20))
def test_alike_offers_add_less_than_distinct_ones(spread, count):
    together = nest_value(float(count), spread)
    assert together == pytest.approx(count**spread, rel=1e-9)
    assert together <= nest_value(float(count), 1.0) * (1 + 1e-12)


def test_cutoff_hazard_by_hand():
    # a cut: .1 + .35 x (1 - .1) = .415; a signal of weight .8: .1 + .35 x (.8 - .1) = .345
    # neither: .02 + .08 x .95 = .096
    assert cutoff_hazard(0.1, 1.0, 0.0, 0.8, 0.35, 0.05, 0.02) == pytest.approx(0.415)
    assert cutoff_hazard(0.1, 0.0, 1.0, 0.8, 0.35, 0.05, 0.02) == pytest.approx(0.345)
    assert cutoff_hazard(0.1, 0.0, 0.0, 0.8, 0.35, 0.05, 0.02) == pytest.approx(0.096)
    assert cutoff_hazard(0.1, 1.0, 1.0, 0.8, 0.35, 0.05, 0.02) == pytest.approx(0.415), "the larger event counts"
    assert cutoff_hazard(0.02, 0.0, 0.0, 0.8, 0.35, 0.05, 0.02) == 0.02, "calm firms stay calm"
    assert cutoff_hazard(0.1, 0.0, 0.0, 0.8, 0.35, 0.05, 0.44) == 0.44, "never below the floor"


@given(SHARE, st.sampled_from([0.0, 1.0]), st.sampled_from([0.0, 1.0]), SHARE, SHARE, st.floats(0.0, 0.5), SHARE)
def test_cutoff_hazard_is_a_probability_that_only_events_raise(hazard, cut, signal, weight, step, decay, floor):
    after = cutoff_hazard(hazard, cut, signal, weight, step, decay, floor)
    assert floor <= after <= 1.0
    if cut == 0.0 and signal * weight == 0.0:
        assert after <= max(hazard, floor)
    else:
        assert after >= hazard


def test_stock_cover_by_hand():
    # hazard .2 at a ratio of 5: fractile 1/2; calm .02: .1/1.1 = .090909; 5 quarters x .409091 = 2.045455
    assert stock_cover(0.2, 0.02, 5.0, 5.0) == pytest.approx(5.0 * (0.5 - 0.1 / 1.1), rel=1e-12)
    assert stock_cover(0.02, 0.02, 5.0, 5.0) == 0.0, "no extra stock in calm times"
    assert stock_cover(0.01, 0.02, 5.0, 5.0) == 0.0
    assert stock_cover(0.0, 0.0, 5.0, 5.0) == 0.0


@given(SHARE, SHARE, st.floats(2.0, 10.0), st.floats(2.0, 8.0))
def test_stock_cover_rises_with_fear_and_stays_below_its_maximum(hazard, calm, ratio, most):
    cover = stock_cover(hazard, calm, ratio, most)
    assert 0.0 <= cover < most
    assert stock_cover(min(hazard + 0.1, 1.0), calm, ratio, most) >= cover
    assert stock_cover(hazard, calm, ratio, 2.0 * most) == pytest.approx(2.0 * cover)


def test_stock_money_by_hand():
    # gap (2 x 10 - 4) / 2 = 8 thousand chips at 12.5 thousand USD = 100 million = .1 bn; funds of .05 + .02 stop at .07
    assert stock_money(2.0, 10.0, 4.0, 12.5, 1.0, 0.0) == pytest.approx(0.1)
    assert stock_money(2.0, 10.0, 4.0, 12.5, 0.05, 0.02) == pytest.approx(0.07)
    assert stock_money(2.0, 10.0, 25.0, 12.5, 1.0, 0.0) == 0.0, "a full warehouse orders nothing"
    assert stock_money(2.0, 10.0, 4.0, 12.5, -1.0, 0.02) == pytest.approx(0.02), "debt is not spent twice"
    assert stock_money(2.0, 10.0, 4.0, 12.5, 0.0, -1.0) == 0.0, "no room for credit, no cash: no order"


@given(st.floats(0.0, 8.0), AMOUNT, AMOUNT, AMOUNT, st.floats(-10.0, 10.0), st.floats(-10.0, 10.0))
def test_stock_money_is_never_more_than_there_is(cover, need, held, price, cash, room):
    money = stock_money(cover, need, held, price, cash, room)
    assert 0.0 <= money <= max(cash, 0.0) + max(room, 0.0)
    assert stock_money(cover, need, held, price, cash + 1.0, room) >= money
    assert stock_money(cover, need, 2.0 * held, price, cash, room) <= money


def test_planned_budget_by_hand():
    # plan 10 x share .2 x e^.1 = 2.210342; revenue half above its reference: .7 + .3 x 1.5 = 1.15; product 2.541893
    assert planned_budget(10.0, 0.2, 0.3, 3.0, 2.0, 0.1) == pytest.approx(2.0 * exp(0.1) * 1.15, rel=1e-12)
    assert planned_budget(10.0, 0.2, 0.3, 2.0, 2.0, 0.0) == pytest.approx(2.0), "at reference: the plan"
    assert planned_budget(10.0, 0.2, 0.0, 9.0, 2.0, 0.0) == pytest.approx(2.0), "without feedback: the plan"
    assert planned_budget(10.0, 0.2, 0.3, 0.0, 0.0, 0.0) == pytest.approx(2.0), "before its first revenue: the plan"
    assert planned_budget(10.0, 0.2, 0.3, 50.0, 2.0, 0.0) == pytest.approx(2.6), (
        "revenue counts up to twice its reference"
    )


@given(AMOUNT, SHARE, st.floats(0.0, 0.7), AMOUNT, AMOUNT, st.floats(-0.5, 0.5))
def test_planned_budget_is_proportional_to_the_plan_and_rises_with_revenue(plan, share, feedback, revenue, base, shock):
    budget = planned_budget(plan, share, feedback, revenue, base, shock)
    assert budget >= 0.0
    assert planned_budget(2.0 * plan, share, feedback, revenue, base, shock) == pytest.approx(2.0 * budget)
    assert planned_budget(plan, share, feedback, 2.0 * revenue, base, shock) >= budget


def test_research_budget_by_hand():
    # .35 x 4 + .5 x .8 = 1.8; with 5 unspent only a quarter of the budget counts: 1.4 + .5 x 1 = 1.9
    assert research_budget(0.35, 4.0, 0.8, 0.5) == pytest.approx(1.8)
    assert research_budget(0.35, 4.0, 5.0, 0.5) == pytest.approx(1.9)
    assert research_budget(0.35, 4.0, 5.0, 0.0) == pytest.approx(1.4), "zeta = 0: shortage money stays idle"
    assert research_budget(0.35, 0.0, 5.0, 0.5) == 0.0


def test_efficiency_gain_by_hand():
    # people (.5 x 2 / 4)^.45 and machines (50/200)^.2, both of .25: .25^.65 = .406126; x .26 = .105593
    assert efficiency_gain(0.26, 0.5, 2.0, 4.0, 50.0, 200.0, 0.45, 0.2) == pytest.approx(0.26 * 0.25**0.65, rel=1e-12)
    assert efficiency_gain(0.26, 1.0, 4.0, 4.0, 200.0, 200.0, 0.45, 0.2) == pytest.approx(0.26), "a leader at reference"
    assert efficiency_gain(0.26, 1.0, 4.0, 4.0, 0.0, 200.0, 0.45, 0.0) == pytest.approx(0.26), (
        "xi = 0: ideas need no chips"
    )


@given(st.floats(0.05, 1.0), AMOUNT, AMOUNT, AMOUNT, st.floats(0.2, 0.7), st.floats(0.0, 0.5))
def test_denying_compute_slows_ideas_and_never_reverses_them(effort, money, compute, reference, eta, xi):
    gain = efficiency_gain(0.26, effort, money, 10.0, compute, reference, eta, xi)
    assert gain > 0.0
    assert efficiency_gain(0.26, effort, money, 10.0, compute / 2.0, reference, eta, xi) <= gain
    doubled = efficiency_gain(0.26, effort, 2.0 * money, 10.0, compute, reference, eta, xi)
    assert doubled == pytest.approx(gain * 2.0**eta), "less than twice the ideas for twice the money"


def test_scarce_compute_directs_ideas_by_hand():
    # 40 of 100 planned: six tenths are lacking; at strength .5 ideas come e^.3 = 1.349859 times as fast
    assert compute_shortage(40.0, 100.0) == pytest.approx(0.6)
    assert induced_progress(0.5, 0.6) == pytest.approx(1.349859, abs=1e-6)
    assert compute_shortage(130.0, 100.0) == 0.0, "more than planned is no shortage"
    assert compute_shortage(0.0, 0.0) == 0.0, "who plans nothing lacks nothing"
    assert induced_progress(0.0, 1.0) == 1.0, "no induced innovation: exactly the model without it"


def test_distillation_by_hand():
    # teacher 60, discount 1: the floor is 59; 3 from the 56 trained, half of the tokens and .8 of it within reach
    assert distilled(56.0, 60.0, 1.0, 1.0, 1.0, 0.1) == pytest.approx(59.0)
    assert distilled(56.0, 60.0, 1.0, 0.8, 0.05, 0.1) == pytest.approx(57.2)
    assert distilled(56.0, 60.0, 1.0, 1.0, 3.0, 0.1) == pytest.approx(59.0), "more tokens than needed teach no more"
    assert distilled(56.0, 60.0, 1.0, 1.0, 0.0, 0.1) == 56.0, "who serves nothing distils nothing"
    assert distilled(56.0, 0.0, 1.0, 1.0, 1.0, 0.1) == 56.0, "nobody shows a model"
    assert distilled(60.0, 60.0, 1.0, 1.0, 1.0, 0.1) == 60.0, "the leader learns nothing from itself"


@given(st.floats(40.0, 90.0), st.floats(40.0, 90.0), st.floats(0.0, 3.0), SHARE, st.floats(0.0, 5.0))
def test_a_pupil_never_passes_its_teacher(trained, teacher, discount, access, served):
    level = distilled(trained, teacher, discount, access, served, 0.1)
    assert level >= trained
    assert level <= max(trained, teacher - discount) + 1e-12 * teacher


def test_porting_gain_by_hand():
    # work sqrt(.25 x 4 / 1) = 1; learned .4 x 1 + .4 x .5 + .2 x (.6 - .2) = .68; (1 - .2) x .06 x .68 = .03264
    assert porting_gain(0.2, 0.06, 0.4, 0.4, 0.2, 0.25, 4.0, 1.0, 0.5, 0.6) == pytest.approx(0.03264)
    # nine times the money would be work 3, but counts as 2: .8 x .06 x (.8 + .2 + .08) = .05184
    assert porting_gain(0.2, 0.06, 0.4, 0.4, 0.2, 0.25, 36.0, 1.0, 0.5, 0.6) == pytest.approx(0.05184)
    assert porting_gain(0.2, 0.06, 0.4, 0.4, 0.2, 0.0, 4.0, 1.0, 0.0, 0.1) == 0.0, "no work, no use, nothing to learn"
    assert porting_gain(1.0, 0.06, 0.4, 0.4, 0.2, 0.25, 4.0, 1.0, 0.5, 0.6) == 0.0, "a mature stack is finished"


@given(SHARE, st.floats(0.02, 0.15), SHARE, SHARE, AMOUNT, AMOUNT, SHARE, SHARE)
def test_porting_never_leaps_past_one_and_rises_with_each_source(
    maturity, rate, own, effort, money, reference, use, near
):
    network, spill = 0.6 * (1.0 - own), 0.4 * (1.0 - own)

    def gain(effort=effort, use=use, near=near, maturity=maturity):
        return porting_gain(maturity, rate, own, network, spill, effort, money, reference, use, near)

    assert 0.0 <= gain() <= 1.0 - maturity
    assert gain(effort=1.0) >= gain()
    assert gain(use=1.0) >= gain()
    assert gain(near=1.0) >= gain()
    assert gain(near=maturity / 2.0) == pytest.approx(gain(near=0.0)), "neighbours who know less teach nothing"


def test_integration_gain_by_hand():
    # .02 x sqrt(.25) x (1 - .1) = .009
    assert integration_gain(0.1, 0.02, 0.25) == pytest.approx(0.009)
    assert integration_gain(1.0, 0.02, 0.25) == 0.0
    assert integration_gain(0.1, 0.02, 0.0) == 0.0


@given(SHARE, st.floats(0.0, 0.05), SHARE)
def test_integration_stays_below_one(integration, rate, effort):
    assert 0.0 <= integration_gain(integration, rate, effort) <= 1.0 - integration


def test_largest_run_by_hand():
    # a tenth of 100 thousand A100 is 10; with 6 before: (10 + 6) / 2 = 8
    assert largest_run(0.1, 100.0, 6.0) == pytest.approx(8.0)
    assert largest_run(0.1, 100.0, 10.0) == pytest.approx(10.0), "steady compute gives the same run"
    assert largest_run(0.1, 0.0, 6.0) == pytest.approx(3.0)


def test_ai_revenue_by_hand():
    # weights of all firms add to 4, the outside good is 1: a firm of weight 1 takes 10 x 1/5 = 2, all firms take 8
    assert ai_revenue(10.0, 1.0, 4.0) == pytest.approx(2.0)
    assert ai_revenue(10.0, 0.0, 4.0) == 0.0


@given(st.lists(st.floats(0.0, 50.0), min_size=1, max_size=9), AMOUNT)
def test_firms_never_earn_more_than_their_market(weights, market):
    earned = [ai_revenue(market, weight, sum(weights)) for weight in weights]
    assert sum(earned) <= market * (1 + 1e-12)
    assert sum(earned) == pytest.approx(market * sum(weights) / (1.0 + sum(weights)))


def test_market_weight_by_hand():
    # .2 x exp(.6 x 1.5 + .5 x ln .5) = .2 x e^.9 x sqrt(.5) = .2 x 2.459603 x .707107 = .347840
    assert market_weight(0.2, 0.6, 1.5, 0.5, 0.5) == pytest.approx(0.2 * exp(0.9) * 0.5**0.5, rel=1e-12)
    assert market_weight(0.2, 0.6, 0.0, 0.5, 1.0) == pytest.approx(0.2), "at reference: the firm's size"
    assert market_weight(0.2, 0.6, 0.0, 0.5, 3.0) == pytest.approx(0.2), "tokens that nobody asks for earn nothing"
    assert market_weight(0.2, 0.6, 0.0, 0.5, 0.0) == pytest.approx(0.2 * 0.05**0.5), "customers never leave altogether"


@given(SHARE, st.floats(-4.0, 4.0), st.floats(0.0, 2.0))
def test_customers_prefer_capable_firms_that_serve(share, ahead, served):
    weight = market_weight(share, 0.6, ahead, 0.5, served)
    assert weight >= 0.0
    assert market_weight(share, 0.6, ahead + 0.1, 0.5, served) >= weight
    assert market_weight(share, 0.6, ahead, 0.5, served + 0.1) >= weight


def test_book_value_by_hand():
    # 2 USD bn over 20 quarters lose a twentieth, .1; .5 bought: 2.4
    assert book_value(2.0, 0.5, 20.0) == pytest.approx(2.4, rel=1e-12)


def test_losing_quarters_counts_only_without_cash_credit_and_margin():
    assert losing_quarters(3.0, 0.0, 0.0, 1.0, 1.5) == 4.0
    assert losing_quarters(3.0, 0.1, 0.0, 1.0, 1.5) == 0.0
    assert losing_quarters(3.0, 0.0, 0.1, 1.0, 1.5) == 0.0
    assert losing_quarters(3.0, 0.0, 0.0, 1.5, 1.5) == 0.0
    assert losing_quarters(0.0, 0.0, -2.0, 0.0, 0.1) == 1.0  # debt from a larger budget


def test_own_stack_orders_by_hand():
    # a fifth of a budget of 2 bn buys 400 m worth: at 16 thousand each 25 thousand chips
    assert own_stack_orders(0.2, 2.0, 16.0) == pytest.approx(25.0)
    assert own_stack_orders(0.0, 2.0, 16.0) == 0.0, "without integration nothing is planned"


def test_economic_exit_by_hand():
    # at the economic age half of the pace
    assert economic_exit(24.0, 24.0, 0.25) == pytest.approx(0.125)
    # three quarters of progress before it: (-3 x .25 + 1) / 2 = .125; x .25 = .03125
    assert economic_exit(21.0, 24.0, 0.25) == pytest.approx(0.03125)
    assert economic_exit(20.0, 24.0, 0.25) == 0.0, "still pays"
    assert economic_exit(-30.0, 24.0, 0.25) == 0.0, "nothing better can be bought"
    assert economic_exit(40.0, 24.0, 0.25) == pytest.approx(0.25), "no cliff: one chip in four a quarter"


@given(st.floats(-20.0, 60.0), st.floats(0.0, 20.0), st.floats(20.0, 28.0), st.floats(0.15, 0.5))
def test_exit_rises_with_progress_and_falls_with_the_economic_age(progress, more, age, pace):
    share = economic_exit(progress, age, pace)
    assert 0.0 <= share <= pace
    assert economic_exit(progress + more, age, pace) >= share
    assert economic_exit(progress, age + more, pace) <= share


def test_retired_share_by_hand():
    # 1.25 % fail; of the other 98.75 % a tenth is outdone and two thirds of them find their replacement
    assert retired_share(0.0125, 0.1, 2.0 / 3.0) == pytest.approx(0.0125 + 0.9875 * 0.1 * 2.0 / 3.0)
    assert retired_share(0.0125, 0.25, 0.0) == 0.0125, "in a shortage old chips still pay"
    assert retired_share(0.0125, 0.0, 1.0) == 0.0125


def test_serving_gain_by_hand():
    # own research at .8 of a leading lab: .5 x .8 = .4; practice is 10 x .5 = 5, a tenth of the distance of 1 comes too
    assert serving_gain(0.5, 0.8, 10.0, 4.0, 0.1) == pytest.approx(0.4 + 0.1)
    assert serving_gain(0.5, 0.8, 10.0, 6.0, 0.1) == pytest.approx(0.4), "nobody unlearns who is ahead"
    assert serving_gain(0.5, 5.0, 0.0, 0.0, 0.1) == pytest.approx(1.0), "twice the pace at most"


def test_inclusive_value_by_hand():
    # two nests of weight 1 beside the best offer of value .5, sensitivity 2: (.5 + ln 2) / 2
    assert inclusive_value(0.5, 2.0, 1.0, 0.0, 2.0) == pytest.approx((0.5 + log(2.0)) / 2.0)
    assert inclusive_value(0.0, 1.0, 0.2, 0.0, 2.0) == pytest.approx(0.0), (
        "the best US line alone is worth nothing more"
    )
    # a quarter of the money may go to the domestic nest alone, which weighs .2
    assert inclusive_value(0.0, 1.0, 0.2, 0.25, 2.0) == pytest.approx(0.25 * log(0.2) / 2.0)


@given(st.floats(0.01, 5.0), st.floats(0.001, 1.0), st.floats(0.0, 1.0), st.floats(1.0, 5.0))
def test_a_mandate_costs_whoever_has_more_to_choose_from(every, part, mandate, sensitivity):
    free = inclusive_value(0.0, every, part * every, 0.0, sensitivity)
    assert inclusive_value(0.0, every, part * every, mandate, sensitivity) <= free + 1e-12
