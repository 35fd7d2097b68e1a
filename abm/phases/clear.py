"""Orders meet supply: backlog first, then three rounds in which unfilled money tries again (MODEL R8)."""

from __future__ import annotations

import numpy as np

from abm.parameter_index import (
    BACKLOG_RELEASE,
    GREY_PREMIUM,
    MARGIN_WEIGHT,
    WAIT_SHARE,
)
from abm.rules.chip_vendor import grey_price_premium, scarce_claim
from abm.rules.numbers import larger, select, smaller
from abm.state import World
from abm.vocabulary import (
    CN,
    COMPLIANCE,
    CUSTOM,
    FRONTIER,
    GREY,
    ROW,
    SERVE,
    STOCK,
    TRAIN,
    US,
    US_NEST,
)

LANES = 32
TINY = 1e-12
ROUNDS = 3
FULL = 0.999
"""Fill rate from which an offer still has chips for further orders."""


def clear(world: World, step: int) -> None:
    """Four passes: backlog, fresh orders with those for the warehouse, and two rounds of re-offered money."""
    for attempt in range(ROUNDS + 1):
        tally(world, step, attempt)
        ration(world)
        for firm in world.firms:
            deliver(world, step, firm)
        book_sales(world)
        for firm in world.firms:
            reoffer(world, step, firm, attempt)


def tally(state: World, step: int, attempt: int) -> None:
    """Chips ordered by offer in this pass, summed over firms in fixed order; only what is legal can be delivered."""
    for offer in range(state.available.shape[1]):
        for run in range(LANES):
            state.wanted[offer, run] = 0.0
        for firm in state.firms:
            if state.available[firm, offer] == 0.0:
                continue
            buyer = state.buyer_class[step, firm]
            for run in range(LANES):
                money = state.orders[firm, offer, TRAIN, run] + state.orders[firm, offer, SERVE, run]
                money += state.orders[firm, offer, STOCK, run]
                legal = smaller(state.legal[offer, buyer, run], 1.0)
                state.wanted[offer, run] += legal * money / paid(state, firm, offer, run) * 1000.0
        if attempt < 2:
            for run in range(LANES):
                state.asked[offer, run] += state.wanted[offer, run]


def paid(state: World, firm: int, offer: int, run: int) -> float:
    """What the firm pays for one chip, passed-on duty included, thousand USD."""
    return larger(state.pay_china[offer, run] if state.bloc[firm] == CN else state.price[offer, run], 0.001)


def ration(state: World) -> None:
    """Fill rates: world packaging goes by orders and margin, other supply pro rata."""
    for run in range(LANES):
        claims, needs = 0.0, 0.0
        for offer in range(state.available.shape[1]):
            need = need_of(state, offer, run)
            needs += need
            claims += scarce_claim(need, margin_of(state, offer, run), state.parameter[MARGIN_WEIGHT, run])
        left = state.world_left[run]
        plenty = needs <= left
        spare, open_claims = left, 0.0
        for offer in range(state.available.shape[1]):
            need = need_of(state, offer, run)
            claim = scarce_claim(need, margin_of(state, offer, run), state.parameter[MARGIN_WEIGHT, run])
            got = smaller(left * claim / (claims + TINY), need)
            spare -= got
            open_claims += select(got < need, claim, 0.0)
        for offer in range(state.available.shape[1]):
            need = need_of(state, offer, run)
            claim = scarce_claim(need, margin_of(state, offer, run), state.parameter[MARGIN_WEIGHT, run])
            got = smaller(left * claim / (claims + TINY), need)
            second = select(got < need, larger(spare, 0.0) * claim / (open_claims + TINY), 0.0)
            got = select(plenty, need, smaller(got + second, need))
            by_pool = select(need > 0.0, got / larger(state.wanted[offer, run] * claim_of(state, offer, run), TINY), 1.0)
            wanted = larger(state.wanted[offer, run], TINY)
            by_supply = smaller(state.supply[offer, run] / wanted, 1.0)
            by_cap = smaller(state.cap_room[offer, run] / wanted, 1.0)
            state.fill[offer, run] = smaller(by_pool, smaller(by_supply, by_cap))


def pooled(state: World, offer: int) -> bool:
    """Whether an offer draws on world advanced packaging."""
    return state.offer_kind[offer] in (FRONTIER, COMPLIANCE, CUSTOM, GREY)


def claim_of(state: World, offer: int, run: int) -> float:
    """Claim of one chip on world advanced packaging."""
    design = state.design[offer, run]
    return state.spec_packaging[design] if design >= 0 else 0.0


def need_of(state: World, offer: int, run: int) -> float:
    """World packaging that this pass's orders for an offer need, within the offer's own supply."""
    design = state.design[offer, run]
    if not pooled(state, offer) or design < 0:
        return 0.0
    return smaller(state.wanted[offer, run], state.supply[offer, run]) * state.spec_packaging[design]


def margin_of(state: World, offer: int, run: int) -> float:
    """Margin over price of an offer."""
    return 1.0 - state.unit_cost[offer, run] / larger(state.price_china[offer, run], 0.001)


def deliver(state: World, step: int, firm: int) -> None:
    """Deliveries and payments of one firm in this pass; what is left of each order stays in `orders`."""
    buyer = state.buyer_class[step, firm]
    for offer in range(state.available.shape[1]):
        if state.available[firm, offer] == 0.0:
            continue
        for purpose in range(3):
            for run in range(LANES):
                share = smaller(state.legal[offer, buyer, run], 1.0) * state.fill[offer, run]
                money = share * state.orders[firm, offer, purpose, run]
                chips = money / paid(state, firm, offer, run) * 1000.0
                state.delivered[firm, offer, purpose, run] += chips
                state.shipped[firm, offer, purpose, run] = chips
                state.orders[firm, offer, purpose, run] -= money
                state.spent[firm, run] += money


def book_sales(state: World) -> None:
    """Sales by offer and destination, summed over firms in fixed order; supply and packaging shrink by them."""
    for offer in range(state.available.shape[1]):
        for run in range(LANES):
            home, abroad, row, us = 0.0, 0.0, 0.0, 0.0
            for firm in state.firms:
                if state.available[firm, offer] == 0.0:
                    continue
                chips = 0.0
                for purpose in range(3):
                    chips += state.shipped[firm, offer, purpose, run]
                bloc = state.bloc[firm]
                home += chips if bloc == CN else 0.0
                abroad += chips if bloc != CN else 0.0
                row += chips if bloc == ROW else 0.0
                us += chips if bloc == US else 0.0
            state.sold_china[offer, run] += home
            state.sold_abroad[offer, run] += abroad
            if offer == 0:
                state.row_sales[run] += row
            if state.offer_kind[offer] == FRONTIER:
                state.us_now[state.offer_vendor[offer], run] += us
            sold = home + abroad
            state.supply[offer, run] = larger(state.supply[offer, run] - sold, 0.0)
            state.cap_room[offer, run] = larger(state.cap_room[offer, run] - home, 0.0)
            design = state.design[offer, run]
            if pooled(state, offer) and design >= 0:
                used = sold * state.spec_packaging[design]
                state.world_left[run] = larger(state.world_left[run] - used, 0.0)
                state.world_sold[run] += used
            if state.offer_nest[offer] != US_NEST:
                state.stock[offer, run] = larger(state.stock[offer, run] - sold, 0.0)


def reoffer(state: World, step: int, firm: int, attempt: int) -> None:
    """Unfilled money: part waits as backlog while the offer stays legal, the rest goes to what is still on sale."""
    buyer = state.buyer_class[step, firm]
    free = np.zeros((2, LANES))
    for offer in range(state.available.shape[1]):
        if state.available[firm, offer] == 0.0:
            continue
        for run in range(LANES):
            open_later = select(state.legal_next[offer, buyer, run] > 0.0, 1.0, 0.0)
            kept = select(attempt == 0, 1.0 - state.parameter[BACKLOG_RELEASE, run],
                          state.parameter[WAIT_SHARE, run])  # fmt: skip
            kept *= open_later
            left_train = state.orders[firm, offer, TRAIN, run]
            left_serve = state.orders[firm, offer, SERVE, run]
            before = select(attempt == 0, 0.0, state.backlog[firm, offer, run])
            state.backlog[firm, offer, run] = before + kept * (left_train + left_serve)
            free[TRAIN, run] += (1.0 - kept) * left_train
            free[SERVE, run] += (1.0 - kept) * left_serve
    for run in range(LANES):
        for workload in range(2):
            if attempt == 0:
                state.wallet[firm, workload, run] += free[workload, run]
            else:
                state.wallet[firm, workload, run] = free[workload, run]
    spread(state, step, firm, attempt)


def spread(state: World, step: int, firm: int, attempt: int) -> None:
    """Place the wallet on offers: by weight in the first round, later only where chips are left; at the end it is unspent."""
    buyer = state.buyer_class[step, firm]
    for workload in range(2):
        total = np.zeros(LANES)
        for offer in range(state.available.shape[1]):
            if state.available[firm, offer] == 0.0:
                continue
            for run in range(LANES):
                total[run] += open_weight(state, firm, offer, workload, buyer, attempt, run)
        for offer in range(state.available.shape[1]):
            if state.available[firm, offer] == 0.0:
                continue
            for run in range(LANES):
                weight = open_weight(state, firm, offer, workload, buyer, attempt, run)
                goes = select(attempt < ROUNDS, weight / (total[run] + TINY), 0.0)
                state.orders[firm, offer, workload, run] = goes * state.wallet[firm, workload, run]
                extra = state.stock_weight[firm, offer, run] * state.stock_money[firm, run]
                state.orders[firm, offer, STOCK, run] = select(attempt == 0, extra, 0.0)
        for run in range(LANES):
            nowhere = select((total[run] <= 0.0) or (attempt == ROUNDS), 1.0, 0.0)
            state.unspent[firm, run] += nowhere * state.wallet[firm, workload, run]
            state.wallet[firm, workload, run] *= 1.0 - nowhere


def open_weight(state: World, firm: int, offer: int, workload: int, buyer: int, attempt: int, run: int) -> float:
    """Choice weight of an offer that can still deliver."""
    still = select(attempt == 0, 1.0, select(state.fill[offer, run] >= FULL, 1.0, 0.0))
    legal = select(state.legal[offer, buyer, run] > 0.0, 1.0, 0.0)
    return state.weight[firm, offer, workload, run] * still * legal


def close_market(world: World) -> None:
    """Unsold packages carry over, the grey premium follows orders, order books are smoothed for the next plan."""
    for run in range(LANES):
        world.world_stock[run] = world.world_left[run]
        ordered = 0.0
        for offer in range(world.available.shape[1]):
            design = world.design[offer, run]
            if pooled(world, offer) and design >= 0:
                ordered += world.asked[offer, run] * world.spec_packaging[design]
            if world.offer_kind[offer] == GREY:
                leaked = world.supply[offer, run] + world.sold_china[offer, run]
                world.grey_premium[run] = grey_price_premium(
                    world.grey_premium[run], world.asked[offer, run], leaked, world.parameter[GREY_PREMIUM, run]
                )
        world.world_orders[run] = ordered
        bought, home = 0.0, 0.0
        for offer in range(world.available.shape[1]):
            bought += world.sold_china[offer, run] if pooled(world, offer) else 0.0
        world.us_units_china[run] = bought
        for vendor in range(world.vendor_us.shape[0]):
            line = world.vendor_line[vendor]
            change = (world.asked[line, run] - world.orders_smooth[vendor, run]) / 2.0
            world.orders_smooth[vendor, run] += change
            home += (1.0 - world.vendor_us[vendor]) * world.orders_smooth[vendor, run]
            world.us_sales[vendor, run] = world.us_now[vendor, run]
            world.us_now[vendor, run] = 0.0
        world.home_orders[run] = home
