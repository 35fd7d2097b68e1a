"""Orders meet supply: backlog first, then three rounds in which unfilled money tries again (MODEL R8)."""

from __future__ import annotations

from abm.parameter_index import (
    BACKLOG_RELEASE,
    GREY_PREMIUM,
    MARGIN_WEIGHT,
    SIZE_PRIORITY,
    WAIT_SHARE,
)
from abm.phases.world_supply import WAFER_AREA, book_orders
from abm.rules.chip_vendor import fill_by_size, grey_price_premium, scarce_claim
from abm.rules.numbers import larger, select, smaller
from abm.rules.offshore import expected_fill
from abm.state import World
from abm.vocabulary import (
    CN,
    COMPLIANCE,
    CUSTOM,
    FRONTIER,
    GREY,
    RENTAL,
    ROW,
    SERVE,
    STOCK,
    TRAIN,
    US,
    US_NEST,
)

LANES = 32
TINY = 1e-12
THOUSAND = 1000.0
ROUNDS = 3
LINE = 0
"""Brokers divert chips of NVIDIA's frontier line."""
FULL = 0.999
"""Fill rate from which an offer still has chips for further orders."""


def clear(world: World, step: int) -> None:
    """Four passes: backlog, fresh orders with those for the warehouse, and two rounds of re-offered money.

    A firm takes its chips, gets back its money and orders anew in one go, while its rows are at hand.
    """
    for run in range(LANES):
        world.seized[run] = 0.0
    rank_buyers(world)
    open_pass(world)
    for firm in world.firms:
        tally(world, step, firm)
    for attempt in range(ROUNDS + 1):
        book_asked(world, attempt)
        ration(world)
        divert(world)
        if attempt < ROUNDS:
            open_pass(world)
        for firm in world.firms:
            deliver(world, step, firm, attempt)
            if attempt < ROUNDS:
                place_wallet(world, step, firm, attempt)
                tally(world, step, firm)
            else:
                close_wallet(world, firm)
        for offer in range(world.available.shape[1]):
            book_sales(world, offer)


def rank_buyers(state: World) -> None:
    """Size of each firm beside the largest of its bloc."""
    for bloc in range(state.wanted_by.shape[0]):
        for run in range(LANES):
            state.best[run] = TINY
        for firm in state.firms:
            if state.bloc[firm] == bloc:
                for run in range(LANES):
                    state.best[run] = larger(state.best[run], state.plan_now[firm, run])
        for firm in state.firms:
            if state.bloc[firm] == bloc:
                for run in range(LANES):
                    state.size[firm, run] = state.plan_now[firm, run] / state.best[run]


def open_pass(state: World) -> None:
    """No chips are ordered yet for the next pass."""
    for run in range(LANES):
        state.third_wanted[run] = 0.0
    for offer in range(state.available.shape[1]):
        for run in range(LANES):
            state.wanted[offer, run] = 0.0
        for bloc in range(state.wanted_by.shape[0]):
            for run in range(LANES):
                state.wanted_by[bloc, offer, run], state.sized[bloc, offer, run] = 0.0, 0.0


def ordered(state: World, firm: int, offer: int) -> bool:
    """Whether the firm has an offer on order in any run."""
    if state.available[firm, offer] == 0.0:
        return False
    count = 0
    for run in range(LANES):
        money = state.orders[firm, offer, TRAIN, run] + state.orders[firm, offer, SERVE, run]
        count += money + state.orders[firm, offer, STOCK, run] != 0.0
    return count > 0


def tally(state: World, step: int, firm: int) -> None:
    """Chips that a firm orders in a pass, added to those of other firms; only what is legal can be delivered."""
    buyer, side, bloc = state.buyer_class[step, firm], state.side[firm], state.bloc[firm]
    for offer in range(state.available.shape[1]):
        if not ordered(state, firm, offer):
            continue
        third = 1.0 if bloc == ROW and offer == LINE else 0.0
        for run in range(LANES):
            money = state.orders[firm, offer, TRAIN, run] + state.orders[firm, offer, SERVE, run]
            money += state.orders[firm, offer, STOCK, run]
            deliverable = state.legal[offer, buyer, run] * money
            chips = deliverable * state.chips_per_bn[side, offer, run]
            state.wanted[offer, run] += chips
            state.wanted_by[bloc, offer, run] += chips
            state.sized[bloc, offer, run] += chips * state.size[firm, run]
            state.third_wanted[run] += third * chips


def book_asked(state: World, attempt: int) -> None:
    """Orders of the quarter: those of the first two passes."""
    first = 1.0 if attempt < 2 else 0.0
    fresh = attempt == 1
    for offer in range(state.available.shape[1]):
        for run in range(LANES):
            # in scarce channels firms order what they expect to get: what they would like to have counts
            part = select(fresh, state.expected[offer, run], 1.0)
            state.asked[offer, run] += first * state.wanted[offer, run] / part
        for bloc in range(state.wanted_by.shape[0]):
            for run in range(LANES):
                known = larger(state.wanted_by[bloc, offer, run], TINY)
                state.mean_size[bloc, offer, run] = state.sized[bloc, offer, run] / known


def pooled(state: World, offer: int) -> bool:
    """Whether an offer draws on world advanced packaging."""
    return state.offer_kind[offer] in (FRONTIER, COMPLIANCE, CUSTOM, GREY)


def claims(state: World, offer: int) -> bool:
    """Whether an offer has a claim of its own on packaging: grey chips are part of what third countries get."""
    return pooled(state, offer) and state.offer_kind[offer] != GREY


def ration(state: World) -> None:
    """Fill rates: world packaging by orders and margin, what is left to those still short; other supply pro rata."""
    for run in range(LANES):
        state.sum_us[run], state.sum_home[run] = 0.0, 0.0
    for offer in range(state.available.shape[1]):
        if claims(state, offer):
            claim_packaging(state, offer)
    for run in range(LANES):
        state.total[run] = state.world_left[run]
        state.best[run] = 0.0
    for offer in range(state.available.shape[1]):
        if not claims(state, offer):
            continue
        for run in range(LANES):
            need, claim = state.needed[offer, run], state.claim[offer, run]
            got = smaller(state.world_left[run] * claim / (state.sum_home[run] + TINY), need)
            state.total[run] -= got
            state.best[run] += select(got < need, claim, 0.0)
    for offer in range(state.available.shape[1]):
        for run in range(LANES):
            wanted = larger(state.wanted[offer, run], TINY)
            by_supply = smaller(state.supply[offer, run] / wanted, 1.0)
            by_cap = smaller(state.cap_room[offer, run] / wanted, 1.0)
            state.fill[offer, run] = smaller(by_supply, by_cap)
        if claims(state, offer):
            share_packaging(state, offer)


def claim_packaging(state: World, offer: int) -> None:
    """Packaging that the orders of an offer need, and its claim on it; their sums in `sum_us` and `sum_home`."""
    for run in range(LANES):
        need = smaller(state.wanted[offer, run], state.supply[offer, run]) * state.packaging[offer, run]
        margin = 1.0 - state.unit_cost[offer, run] / larger(state.price_china[offer, run], 0.001)
        claim = scarce_claim(need, margin, state.parameter[MARGIN_WEIGHT, run])
        state.needed[offer, run] = need
        state.claim[offer, run] = claim
        state.sum_us[run] += need
        state.sum_home[run] += claim


def share_packaging(state: World, offer: int) -> None:
    """The fill rate of an offer as far as packaging goes: by claim, and what others leave by claim again."""
    for run in range(LANES):
        need, claim = state.needed[offer, run], state.claim[offer, run]
        got = smaller(state.world_left[run] * claim / (state.sum_home[run] + TINY), need)
        spare = larger(state.total[run], 0.0) * claim / (state.best[run] + TINY)
        got = select(got < need, smaller(got + spare, need), got)
        got = select(state.sum_us[run] <= state.world_left[run], need, got)
        wanted = larger(state.wanted[offer, run], TINY)
        by_pool = select(need > 0.0, got / larger(wanted * state.packaging[offer, run], TINY), 1.0)
        state.fill[offer, run] = smaller(by_pool, state.fill[offer, run])


def divert(state: World) -> None:
    """Brokers take grey chips out of what the rest of the world gets in this pass; seized ones never arrive."""
    for run in range(LANES):
        state.third_left[run] = 1.0
    for offer in range(state.available.shape[1]):
        if state.offer_kind[offer] != GREY:
            continue
        for run in range(LANES):
            there = state.fill[LINE, run] * state.third_wanted[run]
            wanted = smaller(state.wanted[offer, run], state.supply[offer, run])
            taken = smaller(wanted, there * state.third_left[run])
            state.diverted_now[offer, run] = taken
            state.third_left[run] = larger(state.third_left[run] - taken / larger(there, TINY), 0.0)
            arrives = taken * (1.0 - state.seized_share[run])
            state.fill[offer, run] = arrives / larger(state.wanted[offer, run], TINY)


def deliver(state: World, step: int, firm: int, attempt: int) -> None:
    """What a firm gets and pays in this pass; unfilled money waits as backlog while legal, or is back in the wallet."""
    buyer, side, bloc = state.buyer_class[step, firm], state.side[firm], state.bloc[firm]
    again = 1.0 if attempt == 0 else 0.0
    for run in range(LANES):
        state.wallet[firm, TRAIN, run] *= again
        state.wallet[firm, SERVE, run] *= again
    for offer in range(state.available.shape[1]):
        if not ordered(state, firm, offer):
            continue
        third = bloc == ROW and offer == LINE
        queue = 0.0 if state.offer_kind[offer] in (GREY, RENTAL) else 1.0  # where a vendor decides whom to serve
        lasts = 0.0 if state.offer_kind[offer] == RENTAL else 1.0  # nobody queues for a quarter of rent
        for run in range(LANES):
            share = state.legal[offer, buyer, run] * fill_by_size(
                state.fill[offer, run],
                queue * state.parameter[SIZE_PRIORITY, run],
                state.size[firm, run],
                state.mean_size[bloc, offer, run],
            )
            share *= select(third, state.third_left[run], 1.0)
            rate = state.chips_per_bn[side, offer, run]
            train = share * state.orders[firm, offer, TRAIN, run]
            serve = share * state.orders[firm, offer, SERVE, run]
            stock = share * state.orders[firm, offer, STOCK, run]
            state.delivered[firm, offer, TRAIN, run] += train * rate
            state.delivered[firm, offer, SERVE, run] += serve * rate
            state.delivered[firm, offer, STOCK, run] += stock * rate
            state.spent[firm, run] += train + serve + stock
            state.shipped[bloc, offer, run] += (train + serve + stock) * rate
            left_train = state.orders[firm, offer, TRAIN, run] - train
            left_serve = state.orders[firm, offer, SERVE, run] - serve
            waits = select(attempt == 0, 1.0 - state.parameter[BACKLOG_RELEASE, run], state.parameter[WAIT_SHARE, run])
            kept = waits * select(state.legal_next[offer, buyer, run] > 0.0, lasts, 0.0)
            before = (1.0 - again) * state.backlog[firm, offer, run]
            state.backlog[firm, offer, run] = before + kept * (left_train + left_serve)
            state.wallet[firm, TRAIN, run] += (1.0 - kept) * left_train
            state.wallet[firm, SERVE, run] += (1.0 - kept) * left_serve


def book_sales(state: World, offer: int) -> None:
    """Sales by destination; supply, stock and packaging shrink by them."""
    frontier = 1.0 if state.offer_kind[offer] == FRONTIER else 0.0
    nvidia = 1.0 if offer == LINE else 0.0
    grey = 1.0 if state.offer_kind[offer] == GREY else 0.0
    on_pool = 1.0 if pooled(state, offer) else 0.0
    stocked = 1.0 if state.offer_nest[offer] != US_NEST else 0.0
    vendor = state.offer_vendor[offer]
    for run in range(LANES):
        home = state.shipped[CN, offer, run]
        lost = grey * state.diverted_now[offer, run] * state.seized_share[run]
        abroad = state.shipped[US, offer, run] + state.shipped[ROW, offer, run] + lost
        state.seized[run] += lost
        state.sold_china[offer, run] += home
        state.sold_abroad[offer, run] += abroad
        state.row_sales[run] += nvidia * state.shipped[ROW, offer, run] + grey * (home + lost)
        state.us_now[vendor, run] += frontier * state.shipped[US, offer, run]
        state.supply[offer, run] = larger(state.supply[offer, run] - home - abroad, 0.0)
        state.cap_room[offer, run] = larger(state.cap_room[offer, run] - home, 0.0)
        used = on_pool * (home + abroad) * state.packaging[offer, run]
        state.world_left[run] = larger(state.world_left[run] - used, 0.0)
        state.world_sold[run] += used
        state.stock[offer, run] = larger(state.stock[offer, run] - stocked * (home + abroad), 0.0)
        state.shipped[CN, offer, run] = 0.0
        state.shipped[US, offer, run] = 0.0
        state.shipped[ROW, offer, run] = 0.0


def place_wallet(state: World, step: int, firm: int, attempt: int) -> None:
    """Place the wallet on offers: by weight at first, later only where chips are left; else it is unspent."""
    buyer = state.buyer_class[step, firm]
    least = 0.0 if attempt == 0 else FULL
    for run in range(LANES):
        state.sum_us[run], state.sum_home[run] = 0.0, 0.0
    for offer in range(state.available.shape[1]):
        if state.available[firm, offer] == 0.0:
            continue
        for run in range(LANES):
            takes = select(state.fill[offer, run] >= least, state.legal[offer, buyer, run], 0.0)
            train = select(takes > 0.0, state.weight[firm, offer, TRAIN, run], 0.0)
            serve = select(takes > 0.0, state.weight[firm, offer, SERVE, run], 0.0)
            state.orders[firm, offer, TRAIN, run] = train
            state.orders[firm, offer, SERVE, run] = serve
            state.sum_us[run] += train
            state.sum_home[run] += serve
    for run in range(LANES):
        state.sum_us[run] = money_each(state, firm, TRAIN, state.sum_us[run], run)
        state.sum_home[run] = money_each(state, firm, SERVE, state.sum_home[run], run)
    for offer in range(state.available.shape[1]):
        if state.available[firm, offer] == 0.0:
            continue
        for run in range(LANES):
            state.orders[firm, offer, TRAIN, run] *= state.sum_us[run]
            state.orders[firm, offer, SERVE, run] *= state.sum_home[run]
    if state.bloc[firm] == CN:
        place_stock(state, firm, attempt)


def money_each(state: World, firm: int, workload: int, total: float, run: int) -> float:
    """Money of a wallet for each unit of the weights that take orders; it is unspent where none does."""
    money = state.wallet[firm, workload, run]
    nowhere = select(total <= 0.0, 1.0, 0.0)
    state.unspent[firm, run] += nowhere * money
    state.wallet[firm, workload, run] = (1.0 - nowhere) * money
    return (1.0 - nowhere) * money / larger(total, TINY)


def close_wallet(state: World, firm: int) -> None:
    """After the last pass nothing is on order; what is still in the wallet is unspent."""
    for run in range(LANES):
        state.unspent[firm, run] += state.wallet[firm, TRAIN, run]
        state.unspent[firm, run] += state.wallet[firm, SERVE, run]
        state.wallet[firm, TRAIN, run] = 0.0
        state.wallet[firm, SERVE, run] = 0.0
    for offer in range(state.available.shape[1]):
        if state.available[firm, offer] == 0.0:
            continue
        for purpose in range(state.orders.shape[2]):
            for run in range(LANES):
                state.orders[firm, offer, purpose, run] = 0.0


def place_stock(state: World, firm: int, attempt: int) -> None:
    """Orders for the warehouse are placed once, with the fresh ones."""
    once = 1.0 if attempt == 0 else 0.0
    for offer in range(state.available.shape[1]):
        if state.available[firm, offer] == 0.0 or state.offer_nest[offer] != US_NEST:
            continue
        for run in range(LANES):
            extra = once * state.stock_weight[firm, offer, run] * state.stock_money[firm, run]
            state.orders[firm, offer, STOCK, run] = extra


def close_market(world: World) -> None:
    """Unsold packages carry over, the grey premium follows orders, order books are smoothed for the next plan."""
    for run in range(LANES):
        world.world_stock[run] = world.world_left[run]
        ordered, wafers, stacks = 0.0, 0.0, 0.0
        for offer in range(world.available.shape[1]):
            design = world.design[offer, run]
            if pooled(world, offer) and design >= 0:
                ordered += world.asked[offer, run] * world.spec_packaging[design]
                wafers += world.asked[offer, run] * world.spec_area[design] / WAFER_AREA
                stacks += world.asked[offer, run] * world.spec_stacks[design] / THOUSAND
            leaked = world.supply[offer, run] + world.sold_china[offer, run] + world.sold_abroad[offer, run]
            if world.offer_kind[offer] in (GREY, RENTAL):
                world.expected[offer, run] = expected_fill(leaked, world.asked[offer, run])
            if world.offer_kind[offer] == GREY:
                world.grey_premium[run] = grey_price_premium(
                    world.grey_premium[run], world.asked[offer, run], leaked, world.parameter[GREY_PREMIUM, run]
                )
        world.world_orders[run] = ordered
        book_orders(world, wafers, stacks, run)
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
