"""Vendors answer rules: redesign from existing die families, and prices (MODEL R6)."""

from __future__ import annotations

from abm.parameter_index import (
    DOMESTIC_PRICE_RATIO,
    DUTY_PASS_THROUGH,
    PRICE_EXPONENT,
    REDESIGN_LAG,
    REFERENCE_PRICE,
    RIVAL_MARKUP_FALL,
    SCRAP_SHARE,
    SECOND_LINE,
    TRAINING_MONEY_SHARE,
    UPGRADE_GAIN,
)
from abm.phases.launch import offer_quality
from abm.rules.chip_vendor import price_in_china
from abm.rules.chips import list_price, redesign_value
from abm.rules.numbers import larger, select
from abm.state import World
from abm.vocabulary import COMPLIANCE, CUDA, DOMESTIC, GREY, LOW_TIER, PRIVATE, SW_REDESIGN, US_NEST

LANES = 32
HALF = 0.5


def redesign(world: World, step: int) -> None:
    """Vendors whose lines are cut start the best licence-free design; unsold stock of a cut line is written off."""
    for run in range(LANES):
        world.stock_before[run] = world.world_stock[run]
        world.packaging_scrapped[run] = 0.0
    for offer in range(world.offer_kind.shape[0]):
        if world.offer_kind[offer] != COMPLIANCE:
            continue
        for run in range(LANES):
            world.scrapped[offer, run] = 0.0
            if world.switch[SW_REDESIGN, run] > 0.0 and world.redesign_wait[offer, run] == 0.0:
                start_redesign(world, step, offer, run)


def start_redesign(state: World, step: int, offer: int, run: int) -> None:
    """Choose the design with the best expected margin that the vendor's other lines do not sell yet."""
    vendor = state.offer_vendor[offer]
    arm = state.arm[run]
    if state.legal_next[state.vendor_line[vendor], PRIVATE, run] > HALF:
        return
    own, other = line_values(state, step, offer, run)
    best, best_value = -1, 0.0
    for choice in range(state.law_candidate.shape[2]):
        design = state.law_candidate[arm, step, choice]
        if design < 0:
            break
        if state.spec_vendor[design] != vendor or state.spec_from[design] > step or sold_elsewhere(state, offer, design, run):
            continue
        value = design_value(state, step, design, run)
        if value > best_value:
            best, best_value = design, value
    cut = state.design[offer, run] < 0 or state.legal_next[offer, PRIVATE, run] < HALF
    gain = state.parameter[UPGRADE_GAIN, run]
    better = best_value > gain * larger(own, other) and own <= other
    worthwhile = cut and best_value >= state.parameter[SECOND_LINE, run] * other
    if best >= 0 and best != state.design[offer, run] and (worthwhile or better):
        state.redesign_target[offer, run] = best
        fuse = state.spec_fuse[best] > 0.0
        state.redesign_wait[offer, run] = select(fuse, 1.0, state.parameter[REDESIGN_LAG, run])
        if cut and state.design[offer, run] >= 0:
            scrap = state.parameter[SCRAP_SHARE, run] * state.sold_china[offer, run]
            state.scrapped[offer, run] = smaller_stock(scrap, state.world_stock[run], packaging(state, offer, run))
            claimed = state.scrapped[offer, run] * packaging(state, offer, run)
            state.world_stock[run] -= claimed
            state.packaging_scrapped[run] += claimed


def smaller_stock(wanted: float, stock: float, each: float) -> float:
    """Chips that can be written off out of a packaging-weighted stock."""
    return select(wanted * each < stock, wanted, stock / larger(each, 1e-9))


def packaging(state: World, offer: int, run: int) -> float:
    """Claim of one chip of an offer on world advanced packaging; 0 before the first design."""
    design = state.design[offer, run]
    return state.spec_packaging[design] if design >= 0 else 0.0


def line_values(state: World, step: int, offer: int, run: int) -> tuple[float, float]:
    """Expected margin of this compliance line and of the best other one of the same vendor, on sale or in work."""
    own, other = 0.0, 0.0
    for line in range(state.offer_kind.shape[0]):
        if state.offer_kind[line] != COMPLIANCE or state.offer_vendor[line] != state.offer_vendor[offer]:
            continue
        working = state.redesign_wait[line, run] > 0.0
        design = state.redesign_target[line, run] if working else state.design[line, run]
        value = design_value(state, step, design, run) if design >= 0 else 0.0
        if line == offer:
            own = value
        else:
            other = larger(other, value)
    return own, other


def sold_elsewhere(state: World, offer: int, design: int, run: int) -> bool:
    """Whether another compliance line of the vendor sells or prepares a chip of the same dies."""
    for line in range(state.offer_kind.shape[0]):
        if line == offer or state.offer_kind[line] != COMPLIANCE:
            continue
        selling = state.design[line, run]
        working = state.redesign_target[line, run] if state.redesign_wait[line, run] > 0.0 else -1
        legal = state.legal_next[line, PRIVATE, run] >= HALF
        if selling >= 0 and legal and state.spec_family[selling] == state.spec_family[design]:
            return True
        if working >= 0 and state.spec_family[working] == state.spec_family[design]:
            return True
    return False


def design_value(state: World, step: int, design: int, run: int) -> float:
    """Expected margin of a design under the rules known now."""
    arm = state.arm[run]
    lost = state.law_duty[arm, step, design] + state.law_share[arm, step, design]
    return redesign_value(
        state.relative[run] * state.train_of[design, run],
        state.relative[run] * state.serve_of[design, run],
        state.parameter[TRAINING_MONEY_SHARE, run],
        state.parameter[REFERENCE_PRICE, run],
        state.parameter[PRICE_EXPONENT, run],
        state.spec_cost[design],
        state.law_announced[arm, step, design, PRIVATE],
        lost,
    )


def set_prices(world: World, step: int) -> None:
    """List prices by performance, lower for Chinese chips; in China the mark-up falls with the rivals' share."""
    for offer in range(world.offer_kind.shape[0]):
        kind = world.offer_kind[offer]
        domestic = kind == DOMESTIC or (kind == LOW_TIER and world.offer_ecosystem[offer] != CUDA)
        for run in range(LANES):
            listed = list_price(
                offer_quality(world, offer, run),
                world.parameter[REFERENCE_PRICE, run],
                world.parameter[PRICE_EXPONENT, run],
            )
            listed *= select(domestic, world.parameter[DOMESTIC_PRICE_RATIO, run], 1.0)
            design = world.design[offer, run]
            if kind != DOMESTIC:
                world.unit_cost[offer, run] = world.spec_cost[design] if design >= 0 else 0.0
            world.price[offer, run] = listed
            rivals = world.self_reliance[run] if not domestic else 1.0 - world.self_reliance[run]
            fall = world.parameter[RIVAL_MARKUP_FALL, run]
            if kind == GREY:
                world.price_china[offer, run] = listed * (1.0 + world.grey_premium[run])
            else:
                world.price_china[offer, run] = price_in_china(listed, world.unit_cost[offer, run], rivals, fall)
            passed = world.parameter[DUTY_PASS_THROUGH, run] * levies(world, step, offer, run)
            world.pay_china[offer, run] = world.price_china[offer, run] * (1.0 + passed)


def levies(state: World, step: int, offer: int, run: int) -> float:
    """Duty and revenue share on a legal sale to China, share of the price."""
    design = state.design[offer, run]
    if design < 0 or state.offer_nest[offer] != US_NEST or state.offer_kind[offer] == GREY:
        return 0.0
    arm = state.arm[run]
    return state.law_duty[arm, step, design] + state.law_share[arm, step, design]
