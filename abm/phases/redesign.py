"""Vendors answer rules: redesign from existing die families, and prices (MODEL R6)."""

from __future__ import annotations

from abm.parameter_index import (
    DEPRECIATION_LIFE,
    DOMESTIC_PRICE_RATIO,
    DUTY_PASS_THROUGH,
    ELECTRICITY_PRICE,
    HOST_COST,
    MINERALS_COST,
    PRICE_EXPONENT,
    REDESIGN_LAG,
    REFERENCE_PRICE,
    RENTAL_MARGIN,
    RIVAL_MARKUP_FALL,
    SCRAP_SHARE,
    SECOND_LINE,
    SERVER_SHARE,
    TRAINING_MONEY_SHARE,
    UPGRADE_GAIN,
)
from abm.phases.redesign_home import redesign_at_home
from abm.phases.thresholds import under_threshold
from abm.rules.ai_firm import cost_of_ownership
from abm.rules.chip_vendor import price_in_china
from abm.rules.chips import list_price, quality, redesign_value
from abm.rules.industrial_policy import dearer_inputs
from abm.rules.numbers import larger, select
from abm.rules.offshore import rental_rate
from abm.state import World
from abm.vocabulary import COMPLIANCE, DOMESTIC, FRONTIER, GREY, PRIVATE, RENTAL, SERVE, SW_REDESIGN, TRAIN, US_NEST

LANES = 32
HALF = 0.5
LEAST_PRICE = 1e-3
"""Thousand USD: keeps offers that are not on sale out of divisions by zero."""


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
            write_off(world, step, offer, run)
            news = legal_news(world, step, run) or world.opening[offer, run] < 1.0
            if news and world.switch[SW_REDESIGN, run] > 0.0 and world.redesign_wait[offer, run] == 0.0:
                start_redesign(world, step, offer, run)
    redesign_at_home(world, step)


def start_redesign(state: World, step: int, offer: int, run: int) -> None:
    """Choose the design with the best expected margin that the vendor's other lines do not sell yet."""
    vendor = state.offer_vendor[offer]
    arm = state.arm[run]
    if legal_by_text(state, step, state.vendor_line[vendor], run) > HALF:
        return
    current, other = line_values(state, step, offer, run)
    best, best_value = -1, 0.0
    for choice in range(state.law_candidate.shape[2]):
        design = state.law_candidate[arm, step, choice]
        if design < 0:
            break
        own = state.spec_vendor[design] == vendor and state.spec_from[design] <= step
        if not own or sold_elsewhere(state, step, offer, design, run):
            continue
        value = design_value(state, step, design, run)
        if value > best_value:
            best, best_value = design, value
    cut = state.design[offer, run] < 0 or legal_by_text(state, step, offer, run) < HALF
    gain = state.parameter[UPGRADE_GAIN, run]
    better = best_value > gain * larger(current, other) and current <= other
    worthwhile = cut and best_value >= state.parameter[SECOND_LINE, run] * other
    # a line above the threshold may come back as the same design, cut down further
    other_chip = best != state.design[offer, run] or above_threshold(state, offer, run)
    if best >= 0 and other_chip and (worthwhile or better):
        state.redesign_target[offer, run] = best
        fuse = state.spec_fuse[best] > 0.0
        state.redesign_wait[offer, run] = select(fuse, 1.0, state.parameter[REDESIGN_LAG, run])


def legal_by_text(state: World, step: int, offer: int, run: int) -> float:
    """What private buyers may have of a line under published rules: a leak tells no threshold to design for."""
    design = state.design[offer, run]
    if design < 0:
        return state.legal_next[offer, PRIVATE, run]
    text = state.law_published[state.arm[run], step, design, PRIVATE]
    leaked = state.law_announced[state.arm[run], step, design, PRIVATE] < text
    return select(leaked, text, state.legal_next[offer, PRIVATE, run])


def legal_news(state: World, step: int, run: int) -> bool:
    """Whether what law admits, or will admit, changed this quarter."""
    return state.law_news[state.arm[run], step] > 0.0 or state.us_news[run] > 0.0


def above_threshold(state: World, offer: int, run: int) -> bool:
    """Whether a decision put the threshold below what the line sells."""
    return state.us_start[run] > 0.0 and not under_threshold(state, offer, state.us_ratio_known[run], run)


def write_off(state: World, step: int, offer: int, run: int) -> None:
    """When a rule cuts a line sold in China alone, its unsold stock is worth nothing."""
    if (
        not legal_news(state, step, run)
        or state.design[offer, run] < 0
        or legal_by_text(state, step, offer, run) >= HALF
    ):
        return
    scrap = state.parameter[SCRAP_SHARE, run] * state.sold_china[offer, run]
    state.scrapped[offer, run] = smaller_stock(scrap, state.world_stock[run], packaging(state, offer, run))
    claimed = state.scrapped[offer, run] * packaging(state, offer, run)
    state.world_stock[run] -= claimed
    state.packaging_scrapped[run] += claimed


def smaller_stock(wanted: float, stock: float, each: float) -> float:
    """Chips that can be written off out of a packaging-weighted stock."""
    return select(wanted * each <= stock, wanted, stock / larger(each, 1e-9))


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


def sold_elsewhere(state: World, step: int, offer: int, design: int, run: int) -> bool:
    """Whether another compliance line of the vendor sells or prepares a chip of the same dies."""
    for line in range(state.offer_kind.shape[0]):
        if line == offer or state.offer_kind[line] != COMPLIANCE:
            continue
        selling = state.design[line, run]
        working = state.redesign_target[line, run] if state.redesign_wait[line, run] > 0.0 else -1
        legal = legal_by_text(state, step, line, run) >= HALF
        if selling >= 0 and legal and state.spec_family[selling] == state.spec_family[design]:
            return True
        if working >= 0 and state.spec_family[working] == state.spec_family[design]:
            return True
    return False


def design_value(state: World, step: int, design: int, run: int) -> float:
    """Expected margin of a design under the rules published by now."""
    arm = state.arm[run]
    lost = state.law_duty[arm, step, design] + state.law_share[arm, step, design]
    return redesign_value(
        state.relative_known[run] * state.train_of[design, run],
        state.relative_known[run] * state.serve_of[design, run],
        state.parameter[TRAINING_MONEY_SHARE, run],
        state.parameter[REFERENCE_PRICE, run],
        state.parameter[PRICE_EXPONENT, run],
        state.spec_cost[design],
        state.law_published[arm, step, design, PRIVATE],
        lost,
    )


def set_prices(world: World, step: int) -> None:
    """List prices by performance, lower for Chinese chips; in China the mark-up falls with the rivals' share."""
    for offer in range(world.offer_kind.shape[0]):
        kind = world.offer_kind[offer]
        home = world.offer_nest[offer] != US_NEST
        grey = 1.0 if kind == GREY else 0.0
        for run in range(LANES):
            design = world.design[offer, run]
            on_sale = design >= 0
            place = design if on_sale else 0
            levy = select(on_sale and not home and kind not in (GREY, RENTAL), levies(world, step, place, run), 0.0)
            listed_cost = select(on_sale, made_for(world, place, home, run), 0.0)
            # a Chinese line has a cost of its own from its first wafers on
            known = kind == DOMESTIC and world.unit_cost[offer, run] > 0.0
            cost = select(known, world.unit_cost[offer, run], listed_cost)
            listed = list_price(
                quality(
                    world.performance[offer, TRAIN, run],
                    world.performance[offer, SERVE, run],
                    world.parameter[TRAINING_MONEY_SHARE, run],
                ),
                world.parameter[REFERENCE_PRICE, run],
                world.parameter[PRICE_EXPONENT, run],
            )
            listed *= select(home, world.parameter[DOMESTIC_PRICE_RATIO, run], 1.0)
            rivals = select(home, 1.0 - world.self_reliance[run], world.self_reliance[run])
            china = price_in_china(listed, cost, rivals, world.parameter[RIVAL_MARKUP_FALL, run])
            china = select(grey > 0.0, listed * (1.0 + world.grey_premium[run]), china)
            world.unit_cost[offer, run] = cost
            world.price[offer, run] = listed
            world.price_china[offer, run] = china
            passed = world.parameter[DUTY_PASS_THROUGH, run] * levy
            supported = select(home, 1.0 - world.price_support[run], 1.0)
            world.paying[0, offer, run] = larger(china * (1.0 + passed) * supported, LEAST_PRICE)
            world.paying[1, offer, run] = larger(listed, LEAST_PRICE)
            world.packaging[offer, run] = select(on_sale, world.spec_packaging[place], 0.0)
            world.chips_per_bn[0, offer, run] = 1000.0 / world.paying[0, offer, run]
            world.chips_per_bn[1, offer, run] = 1000.0 / world.paying[1, offer, run]
    price_rental(world)
    cost_owners(world)


def made_for(state: World, design: int, home: bool, run: int) -> float:
    """Cost of a package as bought in, thousand USD; abroad minerals that China withholds are dearer elsewhere."""
    cost = state.spec_cost[design]
    dearer = dearer_inputs(cost, state.parameter[MINERALS_COST, run], state.counter_control[run])
    return select(home, cost, dearer)


def price_rental(state: World) -> None:
    """A rented chip costs its tenant a quarter of the host's cost of owning it and a margin; its vendor nothing."""
    for offer in range(state.offer_kind.shape[0]):
        if state.offer_kind[offer] != RENTAL:
            continue
        for run in range(LANES):
            owning = own_cost(state, offer, state.price[offer, run], run)
            life = state.parameter[DEPRECIATION_LIFE, run]
            rate = larger(rental_rate(owning, life, state.parameter[RENTAL_MARGIN, run]), LEAST_PRICE)
            state.unit_cost[offer, run] = 0.0
            state.packaging[offer, run] = 0.0
            state.price_china[offer, run] = rate
            state.paying[0, offer, run] = rate
            state.chips_per_bn[0, offer, run] = 1000.0 / rate


def own_cost(state: World, offer: int, price: float, run: int) -> float:
    """Cost of ownership of an offer's chip bought at a price, thousand USD."""
    design = state.design[offer, run]
    power = select(design >= 0, state.spec_power[design if design >= 0 else 0], 1.0)
    return cost_of_ownership(
        price,
        state.parameter[SERVER_SHARE, run],
        state.parameter[HOST_COST, run],
        power,
        state.parameter[ELECTRICITY_PRICE, run],
    )


def levies(state: World, step: int, design: int, run: int) -> float:
    """Duty and revenue share on a legal sale to China, share of the price."""
    arm = state.arm[run]
    return state.law_duty[arm, step, design] + state.law_share[arm, step, design]


def cost_owners(state: World) -> None:
    """Cost of ownership of each offer in China and abroad, and the best US line's performance per cost."""
    for side in range(2):
        for workload in range(2):
            for run in range(LANES):
                state.reference[side, workload, run] = LEAST_PRICE
        for offer in range(state.offer_kind.shape[0]):
            for run in range(LANES):
                cost = own_cost(state, offer, state.paying[side, offer, run], run)
                # a tenant pays rent over the life of the chip and nothing else
                let = state.parameter[DEPRECIATION_LIFE, run] * state.paying[side, offer, run]
                state.owning[side, offer, run] = select(state.offer_kind[offer] == RENTAL, let, cost)
            if state.offer_kind[offer] != FRONTIER:
                continue
            for workload in range(2):
                for run in range(LANES):
                    each = state.performance[offer, workload, run] / state.owning[side, offer, run]
                    state.reference[side, workload, run] = larger(state.reference[side, workload, run], each)
