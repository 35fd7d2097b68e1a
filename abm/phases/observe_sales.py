"""What vendors sold in China this quarter, and when in the quarter."""

from __future__ import annotations

from abm.parameter_index import ATTRITION, LOW_TIER_CN, LOW_TIER_US
from abm.rules.numbers import larger, select, smaller
from abm.series import at
from abm.state import World
from abm.vocabulary import (
    BROKERS,
    COMPLIANCE,
    DOMESTIC_NEST,
    FRONTIER,
    GREY,
    GREY_CHIPS,
    LOW_TIER,
    PRIVATE,
    QUARTERS,
    RENTAL,
)

TINY = 1e-12
THOUSAND = 1000.0
NVIDIA = 0
NVIDIA_A, NVIDIA_B, AMD_COMPLIANCE = 1, 2, 4
MONTH = 1.0 / 3.0
"""Part of a quarter."""
OPENED = 1.0 / 9.0
"""Part of a first quarter's sales that falls in its first month: sales begin on any day alike."""

(
    UNITS, FIRST_MONTH, H100E, FLAGSHIP, ABROAD_H100E, RESIDUAL, LOW_CARDS, DOMESTIC_CARDS, SMUGGLED, PREMIUM,
    FILL_FRONTIER, PRICE_FRONTIER, PRICE_A, PRICE_B, DESIGN_FRONTIER, DESIGN_A, DESIGN_B, DESIGN_AMD, SEIZED_CHIPS,
    BROKER_RENT, OFFSHORE_CHIPS, OFFSHORE_SPENDING, OFFSHORE_FLOW,
) = (at(name) for name in (
    "nvidia_china_units", "nvidia_china_first_month", "nvidia_china_h100e", "nvidia_china_flagship",
    "nvidia_abroad_h100e", "nvidia_china_residual", "us_low_tier_cards", "domestic_cards", "smuggled_chips",
    "grey_premium", "fill_us_frontier", "price_frontier", "price_compliance_a", "price_compliance_b",
    "design_frontier", "design_compliance_a", "design_compliance_b", "design_amd", "seized_chips", "broker_rent",
    "offshore_chips", "offshore_spending", "offshore_flow",
))  # fmt: skip


def put(state: World, row: int, step: int, run: int, value: float) -> None:
    """Write one value."""
    state.record[row, step, run] = value


def observe_sales(state: World, step: int, run: int) -> None:
    """NVIDIA's and others' deliveries in chips, accounting units and dollars."""
    units, early, h100e, money, abroad, cards, low = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for offer in range(state.available.shape[1]):
        kind = state.offer_kind[offer]
        sold = state.sold_china[offer, run]
        if state.offer_vendor[offer] == NVIDIA and kind in (FRONTIER, COMPLIANCE):
            units += sold
            early += sold * first_month(state, step, offer, run)
            h100e += sold * state.accounting[offer, run]
            money += sold * state.price_china[offer, run] / THOUSAND
            abroad += state.sold_abroad[offer, run] * state.accounting[offer, run]
        if state.offer_nest[offer] == DOMESTIC_NEST:
            cards += sold
        elif kind == LOW_TIER:
            low += sold
        if kind == GREY:
            put(state, SMUGGLED, step, run, sold)
        elif kind == RENTAL:
            observe_rental(state, step, offer, run)
    put(state, SEIZED_CHIPS, step, run, state.seized[run])
    put(state, BROKER_RENT, step, run, state.flows[GREY_CHIPS, BROKERS, run])
    put(state, UNITS, step, run, units)
    put(state, FIRST_MONTH, step, run, select(units > 0.0, early / larger(units, TINY), MONTH))
    put(state, H100E, step, run, h100e)
    put(state, FLAGSHIP, step, run, money)
    put(state, ABROAD_H100E, step, run, abroad)
    put(state, RESIDUAL, step, run, state.residual[run] * state.residual_path[step])
    put(state, LOW_CARDS, step, run, low + state.parameter[LOW_TIER_US, run])
    put(state, DOMESTIC_CARDS, step, run, cards + state.parameter[LOW_TIER_CN, run])
    put(state, PREMIUM, step, run, state.grey_premium[run])
    filled = (state.sold_china[0, run] + state.sold_abroad[0, run]) / larger(state.asked[0, run], TINY)
    put(state, FILL_FRONTIER, step, run, smaller(filled, 1.0))
    put(state, PRICE_FRONTIER, step, run, state.price[0, run])
    put(state, PRICE_A, step, run, state.price_china[NVIDIA_A, run])
    put(state, PRICE_B, step, run, state.price_china[NVIDIA_B, run])
    put(state, DESIGN_FRONTIER, step, run, float(state.design[0, run]))
    put(state, DESIGN_A, step, run, float(state.design[NVIDIA_A, run]))
    put(state, DESIGN_B, step, run, float(state.design[NVIDIA_B, run]))
    put(state, DESIGN_AMD, step, run, float(state.design[AMD_COMPLIANCE, run]))


def first_month(state: World, step: int, offer: int, run: int) -> float:
    """Part of an offer's sales of the quarter that falls in its first month.

    A rule that ends sales inside the quarter leaves its first days, one that allows them its last.
    """
    design = state.design[offer, run]
    if design < 0:
        return MONTH
    if state.opening[offer, run] < 1.0:
        return OPENED
    arm, last = state.arm[run], QUARTERS - 1
    now = state.law_open[arm, step, design, PRIVATE]
    following = state.law_open[arm, min(step + 1, last), design, PRIVATE]
    before = state.law_open[arm, max(step - 1, 0), design, PRIVATE]
    if now <= 0.0:
        return MONTH
    if following < now < 1.0:
        return smaller(MONTH / now, 1.0)
    if before < now < 1.0:
        return larger(MONTH - (1.0 - now), 0.0) / now
    return MONTH


def observe_rental(state: World, step: int, offer: int, run: int) -> None:
    """Compute rented abroad: chips, rent, and what hosts would pay for the chips that came on top and wore out."""
    chips = state.sold_china[offer, run]
    before = state.record[OFFSHORE_CHIPS, step - 1, run] if step > 0 else 0.0
    bought = larger(chips - (1.0 - state.parameter[ATTRITION, run]) * before, 0.0)
    put(state, OFFSHORE_CHIPS, step, run, chips)
    put(state, OFFSHORE_SPENDING, step, run, chips * state.price_china[offer, run] / THOUSAND)
    put(state, OFFSHORE_FLOW, step, run, bought * state.price[0, run] / THOUSAND)
