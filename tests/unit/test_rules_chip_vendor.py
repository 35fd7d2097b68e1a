"""Decisions of chip vendors and supply nodes: worked examples by hand, limits, directions (MODEL R6, R7, section 3)."""

from __future__ import annotations

from math import exp, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abm.rules.chip_vendor import (
    bank_need,
    capacity_step,
    catch_up,
    complements,
    defect_density,
    design_pace,
    die_yield,
    fill_by_size,
    grey_price_premium,
    grey_supply,
    packages,
    planned_output,
    price_in_china,
    research_ratio,
    scarce_claim,
    tool_class_access,
    vendor_credit,
    worn_tools,
    yield_of_area,
)

SHARE = st.floats(0.0, 1.0)
AMOUNT = st.floats(1e-3, 1e3)


def test_research_ratio_by_hand():
    # four times the revenue at elasticity .5: 2; .1 ahead of plan at hardness 2: exp(-.2) = .818731; product 1.637462
    assert research_ratio(8.0, 2.0, 0.5, 0.1, 2.0) == pytest.approx(2.0 * exp(-0.2), rel=1e-12)
    assert research_ratio(2.0, 2.0, 0.6, 0.0, 1.75) == pytest.approx(1.0), "on plan"
    assert research_ratio(2.0, 2.0, 0.6, -0.2, 1.75) == pytest.approx(exp(0.35), rel=1e-12), (
        "behind plan ideas are easier"
    )


@given(AMOUNT, AMOUNT, st.floats(0.4, 0.9), st.floats(-1.0, 1.0))
def test_lost_revenue_costs_less_research_than_a_fixed_share_would(revenue, reference, elasticity, deviation):
    ratio = research_ratio(revenue, reference, elasticity, deviation, 1.75)
    halved = research_ratio(revenue / 2.0, reference, elasticity, deviation, 1.75)
    assert ratio / 2.0 < halved < ratio
    assert halved / ratio == pytest.approx(0.5**elasticity)


def test_design_pace_by_hand():
    # .1 x 16^.25 = .2
    assert design_pace(0.1, 16.0, 0.25) == pytest.approx(0.2)
    assert design_pace(0.1, 1.0, 0.25) == pytest.approx(0.1), "at the required R&D: the reference pace"
    assert design_pace(0.1, 16.0, 0.0) == pytest.approx(0.1), "nu = 0: money does not matter"
    assert design_pace(0.0, 16.0, 0.25) == 0.0


@given(st.floats(0.06, 0.13), st.floats(1e-6, 1e3), st.floats(0.0, 0.6))
def test_design_pace_rises_with_research(growth, ratio, elasticity):
    pace = design_pace(growth, ratio, elasticity)
    assert pace > 0.0
    assert design_pace(growth, 2.0 * ratio, elasticity) >= pace * (1 - 1e-12)


def test_catch_up_by_hand():
    # 1.7 behind, .7 of it out of reach of the node: .03 x 1 = .03
    assert catch_up(0.03, 1.7, 0.7) == pytest.approx(0.03)
    assert catch_up(0.03, 0.7, 0.7) == 0.0, "nothing left that the node allows"
    assert catch_up(0.03, -1.0, 0.7) == 0.0, "a leader does not fall back"


@given(st.floats(0.0, 0.08), st.floats(-2.0, 4.0), st.floats(0.3, 1.1))
def test_catching_up_never_overtakes_what_the_node_reaches(rate, gap, node_gap):
    step = catch_up(rate, gap, node_gap)
    assert step >= 0.0
    assert gap - step >= min(gap, node_gap) - 1e-12


def test_price_in_china_by_hand():
    # mark-up 15 falls by .3 x .5 = 15 %: 10 + 12.75 = 22.75
    assert price_in_china(25.0, 10.0, 0.5, 0.3) == pytest.approx(22.75)
    assert price_in_china(25.0, 10.0, 0.0, 0.3) == pytest.approx(25.0), "without rivals: the list price"
    assert price_in_china(25.0, 10.0, 1.0, 0.0) == pytest.approx(25.0), "without the reaction: the list price"
    assert price_in_china(8.0, 10.0, 0.5, 0.3) == 10.0, "never below unit cost"


@given(AMOUNT, AMOUNT, SHARE, SHARE)
def test_price_in_china_lies_between_cost_and_list_price(listed, cost, share, fall):
    price = price_in_china(listed, cost, share, fall)
    assert cost <= price <= max(listed, cost) * (1 + 1e-12)
    assert price_in_china(listed, cost, min(share + 0.1, 1.0), fall) <= price * (1 + 1e-12)


def test_scarce_claim_by_hand():
    # 10 thousand at a margin of .64, weighed by its square root: 10 x .8 = 8
    assert scarce_claim(10.0, 0.64, 0.5) == pytest.approx(8.0)
    assert scarce_claim(10.0, 0.64, 0.0) == pytest.approx(10.0), "without weight: pro rata"
    assert scarce_claim(10.0, -0.5, 1.0) == pytest.approx(0.1), "a loss-maker keeps a hundredth"
    assert scarce_claim(0.0, 0.9, 1.0) == 0.0


@given(AMOUNT, st.floats(-1.0, 1.0), st.floats(0.0, 2.0))
def test_claims_rise_with_orders_and_margin(wanted, margin, weight):
    claim = scarce_claim(wanted, margin, weight)
    assert 0.0 <= claim <= wanted * (1 + 1e-12)
    assert scarce_claim(2.0 * wanted, margin, weight) == pytest.approx(2.0 * claim)
    assert scarce_claim(wanted, margin + 0.1, weight) >= claim * (1 - 1e-12)


def test_planned_output_by_hand():
    # 50 x 1.1 x 1.2 = 66 less 10 unsold = 56; a capacity of 40 stops it; a full store stops all output
    assert planned_output(100.0, 50.0, log(1.1), 0.2, 10.0) == pytest.approx(56.0)
    assert planned_output(40.0, 50.0, log(1.1), 0.2, 10.0) == 40.0
    assert planned_output(100.0, 50.0, log(1.1), 0.2, 100.0) == 0.0


@given(AMOUNT, AMOUNT, st.floats(0.0, 0.2), st.floats(0.0, 0.5), AMOUNT)
def test_output_stays_within_capacity(capacity, orders, growth, buffer, unsold):
    made = planned_output(capacity, orders, growth, buffer, unsold)
    assert 0.0 <= made <= capacity
    assert planned_output(capacity, 2.0 * orders, growth, buffer, unsold) >= made
    assert planned_output(capacity, orders, growth, buffer, 2.0 * unsold) <= made


def test_bank_need_by_hand():
    # 10 own orders and, with a probability of .2, a third of the 90 thousand US chips that would be missed: 10 + 6
    assert bank_need(10.0, 0.2, 90.0, 1.0 / 3.0) == pytest.approx(16.0)
    assert bank_need(10.0, 0.0, 90.0, 1.0) == 10.0


def test_capacity_step_by_hand():
    # orders 200 grown by .1 for 2 quarters against 220 due: ln(200/220) + .2 = -.095310 + .2 = .104690
    assert capacity_step(200.0, 0.1, 2.0, 220.0, 0.3) == pytest.approx(log(200.0 / 220.0) + 0.2, rel=1e-12)
    assert capacity_step(400.0, 0.1, 2.0, 220.0, 0.3) == 0.3, "at most the cap"
    assert capacity_step(100.0, 0.1, 2.0, 220.0, 0.3) == 0.0, "capacity is not torn down"
    assert capacity_step(0.0, 0.1, 2.0, 220.0, 0.3) == 0.0, "no orders, no growth"


@given(AMOUNT, AMOUNT, st.floats(0.2, 0.4), st.integers(2, 4))
def test_capacity_ordered_meets_what_will_be_needed_or_the_cap(orders, due, cap, lead):
    step = capacity_step(orders, 0.08, float(lead), due, cap)
    assert 0.0 <= step <= cap
    needed = orders * exp(0.08 * lead)
    assert step == cap or due * exp(step) >= needed * (1 - 1e-9)


def test_tool_class_access_by_hand():
    # US .4 of the class half denied: .2; NL .3 with .2 denied: .24; JP .2 free: .2; domestic .05: together .69
    assert tool_class_access(1.0, 0.5, 0.4, 0.2, 0.3, 0.0, 0.2, 0.05) == pytest.approx(0.69)
    assert tool_class_access(0.5, 0.5, 0.4, 0.2, 0.3, 0.0, 0.2, 0.05) == pytest.approx(0.37), "imports halved"
    assert tool_class_access(1.0, 1.0, 0.4, 1.0, 0.3, 1.0, 0.25, 0.05) == pytest.approx(0.05), "home makers alone"
    assert tool_class_access(1.0, 0.0, 0.4, 0.0, 0.3, 0.0, 0.25, 0.2) == 1.0, "no more than is wanted"


@given(SHARE, SHARE, SHARE, SHARE)
def test_tool_access_is_a_share_that_falls_with_every_denial(us, nl, jp, home):
    def access(us=us, nl=nl, jp=jp):
        return tool_class_access(1.0, us, 0.4, nl, 0.35, jp, 0.2, home)

    assert 0.0 <= access() <= 1.0
    for tighter in (access(us=1.0), access(nl=1.0), access(jp=1.0)):
        assert tighter <= access()


def test_complements_by_hand():
    # substitution .5 is the harmonic mean: 1 / (.2/.5 + .5/1 + .3/.25) = 1/2.1 = .476190
    assert complements(0.5, 1.0, 0.25, 0.2, 0.5, 0.5) == pytest.approx(1.0 / 2.1, rel=1e-12)
    assert complements(0.4, 0.4, 0.4, 0.2, 0.5, 0.3) == pytest.approx(0.4, rel=1e-12), "alike classes: that share"
    assert complements(1.0, 1.0, 1.0, 0.2, 0.5, 0.6) == pytest.approx(1.0, rel=1e-12)


@given(st.floats(0.001, 1.0), st.floats(0.001, 1.0), st.floats(0.001, 1.0), st.floats(0.1, 0.6))
def test_the_scarcest_class_binds_the_more_the_less_it_can_be_replaced(first, second, third, substitution):
    mixed = complements(first, second, third, 0.2, 0.5, substitution)
    mean = 0.2 * first + 0.5 * second + 0.3 * third
    assert min(first, second, third) * (1 - 1e-9) <= mixed <= mean * (1 + 1e-9)
    assert complements(first, second, third, 0.2, 0.5, substitution / 2.0) <= mixed * (1 + 1e-9)


def test_worn_tools_by_hand():
    # 100 less 2 % wear and 3 % x one half without service: 96.5
    assert worn_tools(100.0, 0.02, 0.03, 0.5) == pytest.approx(96.5)
    assert worn_tools(100.0, 0.02, 0.03, 0.0) == pytest.approx(98.0)
    assert worn_tools(0.0, 0.02, 0.03, 1.0) == 0.0


def test_defect_density_by_hand():
    # yield .25 on 665.6 mm2: D0 = ln 4 / 665.6 = .00208277; one doubling of experience at 20 %: .00166622
    start = log(4.0) / 665.6
    assert defect_density(0.25, 665.6, 100.0, 100.0, 0.2) == pytest.approx(start, rel=1e-12)
    assert defect_density(0.25, 665.6, 200.0, 100.0, 0.2) == pytest.approx(0.8 * start, rel=1e-12)
    assert defect_density(0.25, 665.6, 800.0, 100.0, 0.2) == pytest.approx(0.512 * start, rel=1e-12)
    # before any wafer: a twentieth of the reference experience, .8^(ln .05 / ln 2) = 2.623 times the defects
    assert defect_density(0.25, 665.6, 0.0, 100.0, 0.2) == pytest.approx(
        start * 0.8 ** (log(0.05) / log(2.0)), rel=1e-9
    )


@given(AMOUNT, AMOUNT, st.floats(0.05, 0.3))
def test_defects_fall_with_experience(experience, reference, rate):
    density = defect_density(0.25, 665.6, experience, reference, rate)
    assert density > 0.0
    assert defect_density(0.25, 665.6, 2.0 * experience, reference, rate) <= density * (1 + 1e-12)


def test_die_yield_by_hand():
    # a doubling of experience from .25: .25^.8 = .329877 good dies
    assert die_yield(0.8 * log(4.0) / 665.6, 665.6) == pytest.approx(0.25**0.8, rel=1e-12)
    assert die_yield(0.0, 665.6) == 1.0
    assert die_yield(0.002, 0.0) == 1.0


@given(st.floats(1e-5, 0.02), st.floats(1.0, 858.0))
def test_small_dies_yield_better(density, area):
    assert 0.0 < die_yield(density, area) < die_yield(density, area / 2.0) < 1.0


def test_packages_by_hand():
    # 100 thousand dies for two each: 50; .24 million stacks at .008 million per thousand: 30; capacity 40; wanted 45
    assert packages(100.0, 2.0, 0.24, 0.008, 40.0, 45.0) == pytest.approx(30.0)
    assert packages(100.0, 2.0, 0.48, 0.008, 40.0, 45.0) == 40.0
    assert packages(100.0, 2.0, 0.48, 0.008, 60.0, 45.0) == 45.0
    assert packages(40.0, 2.0, 0.48, 0.008, 60.0, 45.0) == pytest.approx(20.0)
    assert packages(100.0, 2.0, 0.0, 0.0, 60.0, 45.0) == 45.0, "a chip without HBM does not wait for it"
    assert packages(100.0, 2.0, 0.0, 0.008, 60.0, 45.0) == 0.0, "a chip with HBM does"
    assert packages(100.0, 2.0, 0.24, 0.008, 40.0, -1.0) == 0.0


@given(AMOUNT, st.floats(1.0, 4.0), AMOUNT, st.floats(0.0, 8.0), AMOUNT, AMOUNT)
def test_no_package_is_made_of_nothing(dies, each, stacks, stacks_each, capacity, wanted):
    started = packages(dies, each, stacks, stacks_each, capacity, wanted)
    assert 0.0 <= started <= min(capacity, wanted)
    assert started * each <= dies * (1 + 1e-12)
    assert started * stacks_each <= stacks * (1 + 1e-12)


def test_grey_supply_by_hand():
    # (1 - .7) x .03 x 100 x (1 + .5)^1 = 1.35
    assert grey_supply(0.7, 0.03, 100.0, 0.5, 1.0) == pytest.approx(1.35)
    assert grey_supply(0.7, 0.03, 100.0, 0.5, 0.0) == pytest.approx(0.9), "inelastic: the premium draws nothing"
    assert grey_supply(1.0, 0.03, 100.0, 0.5, 1.0) == 0.0, "perfect enforcement"
    assert grey_supply(0.7, 0.03, 0.0, 0.5, 1.0) == 0.0, "nothing abroad to divert"


@given(SHARE, st.floats(0.005, 0.1), AMOUNT, st.floats(0.0, 3.0), st.floats(0.0, 2.0))
def test_grey_supply_falls_with_enforcement_and_rises_with_the_premium(enforcement, base, abroad, premium, elasticity):
    leaked = grey_supply(enforcement, base, abroad, premium, elasticity)
    assert leaked >= 0.0
    assert grey_supply((1.0 + enforcement) / 2.0, base, abroad, premium, elasticity) <= leaked
    assert grey_supply(enforcement, base, abroad, premium + 0.5, elasticity) >= leaked * (1 - 1e-12)


def test_grey_price_premium_by_hand():
    # orders 99, supply 9 (each plus one thousand): ln(100/10) = 2.302585 x .5 = 1.151293; half way from .4: .775646
    assert grey_price_premium(0.4, 99.0, 9.0, 0.5) == pytest.approx(0.4 + (0.5 * log(10.0) - 0.4) / 2.0, rel=1e-12)
    assert grey_price_premium(0.4, 9.0, 9.0, 0.5) == pytest.approx(0.2), "in balance the premium halves"
    assert grey_price_premium(0.0, 9.0, 99.0, 0.5) == 0.0, "never below zero"


@given(st.floats(0.0, 3.0), AMOUNT, AMOUNT, st.floats(0.1, 1.2))
def test_the_grey_premium_follows_excess_orders(premium, wanted, supply, slope):
    after = grey_price_premium(premium, wanted, supply, slope)
    assert after >= 0.0
    assert grey_price_premium(premium, 2.0 * wanted, supply, slope) >= after
    assert grey_price_premium(premium, wanted, 2.0 * supply, slope) <= after


def test_fill_by_size_by_hand():
    # half is filled, buyers order alike: sizes 1 and .2, mean .6; .5 +- 1 x .5 x .5 x .4
    assert fill_by_size(0.5, 1.0, 1.0, 0.6) == pytest.approx(0.6)
    assert fill_by_size(0.5, 1.0, 0.2, 0.6) == pytest.approx(0.4)
    assert fill_by_size(0.5, 0.0, 1.0, 0.6) == 0.5, "pro rata"
    assert fill_by_size(1.0, 1.0, 0.2, 0.6) == 1.0, "enough for all"
    assert fill_by_size(0.0, 1.0, 1.0, 0.6) == 0.0, "nothing for nobody"


@given(SHARE, SHARE, st.lists(st.tuples(AMOUNT, SHARE), min_size=1, max_size=8))
def test_priority_moves_chips_between_buyers_and_makes_none(fill, priority, buyers):
    ordered = sum(order for order, _ in buyers)
    mean = sum(order * size for order, size in buyers) / ordered
    parts = [fill_by_size(fill, priority, size, mean) for _, size in buyers]
    assert sum(order * part for (order, _), part in zip(buyers, parts, strict=True)) == pytest.approx(fill * ordered)
    assert all(-1e-12 <= part <= 1.0 + 1e-12 for part in parts)


def test_vendor_credit_by_hand():
    assert vendor_credit(-0.5, 0.2, 1.0) == 0.5  # .8 of credit is left
    assert vendor_credit(-1.5, 0.2, 1.0) == pytest.approx(0.8, rel=1e-12)  # owners pay the other .7
    assert vendor_credit(0.3, 0.2, 1.0) == -0.2  # all is paid back
    assert vendor_credit(0.1, 0.2, 1.0) == -0.1
    assert vendor_credit(-0.5, 1.2, 1.0) == 0.0  # over its limit


@given(st.floats(-10.0, 10.0), AMOUNT, AMOUNT)
def test_vendor_credit_never_passes_its_limit_nor_pays_back_more_than_is_owed(cash, debt, room):
    drawn = vendor_credit(cash, debt, room)
    assert -debt <= drawn <= max(room - debt, 0.0)
    assert drawn * cash <= 0.0  # draws only without cash, pays back only from cash


def test_yield_of_area_by_hand():
    assert yield_of_area(0.25, 600.0, 300.0) == pytest.approx(0.5), "half the area: the square root"
    assert yield_of_area(0.25, 600.0, 600.0) == pytest.approx(0.25)
    assert yield_of_area(0.0, 600.0, 300.0) < 1e-5, "no good die yet"
