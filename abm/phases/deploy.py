"""Warehouses empty into data halls; old chips retire (MODEL R9, section 6)."""

from __future__ import annotations

from abm.parameter_index import (
    ATTRITION,
    DESIGN_GROWTH,
    ECONOMIC_AGE,
    HALL_SLACK,
    HOST_COST,
    RETIREMENT_PACE,
    SERVER_SHARE,
)
from abm.phases.procure import find_use, training_share
from abm.phases.slots import open_slots
from abm.rules.ai_firm import economic_exit, retired_share
from abm.rules.numbers import clip, larger, log, select, smaller
from abm.state import World
from abm.vocabulary import CN, GREY, NEWEST, RENTAL, SERVE, SLOTS, STOCK, TRAIN, US_NEST

LANES = 32
TINY = 1e-12
HALF = 0.5
"""Share of sales that law lets through from which a line counts as one that can be bought."""
EARMARK = 0.1
"""Largest share of a firm's chips that changes its workload in a quarter (MODEL R8)."""


def deploy(world: World, step: int) -> None:
    """Deliveries go into halls as far as they have room, else to the warehouse; shortages are met from stock."""
    open_slots(world)
    for firm in world.firms:
        receive(world, firm)
        finance(world, firm)  # while what was delivered is at hand
        release_stock(world, firm)
        find_best_buy(world, step, firm)
        for offer in range(world.available.shape[1]):
            if world.holds[firm, offer] > 0.0 and owned(world, firm, offer):
                retire(world, firm, offer)
                change_workload(world, firm, offer)


def receive(state: World, firm: int) -> None:
    """New chips by purpose go into the newest slot of their line."""
    side = state.side[firm]
    for run in range(LANES):
        state.halls[firm, run] = 0.0
        state.arrived[firm, run] = 0.0
        state.room[firm, run] = (1.0 + state.parameter[HALL_SLACK, run]) * state.budget[firm, run]
    for offer in range(state.available.shape[1]):
        if state.holds[firm, offer] == 0.0:
            continue
        for run in range(LANES):
            chips = state.delivered[firm, offer, TRAIN, run] + state.delivered[firm, offer, SERVE, run]
            state.arrived[firm, run] += chips * state.paying[side, offer, run] / 1000.0
    for run in range(LANES):
        state.used[run] = smaller(state.room[firm, run] / (state.arrived[firm, run] + TINY), 1.0)
    for offer in range(state.available.shape[1]):
        if state.holds[firm, offer] == 0.0:
            continue
        for run in range(LANES):
            fits = state.used[run]
            before = state.deployed[firm, offer, TRAIN, run] + state.deployed[firm, offer, SERVE, run]
            state.chips_before[firm, offer, run] = before + state.warehouse[firm, offer, run]
            # lines without chips in any lane are not visited again this quarter
            state.retired[firm, offer, run] = 0.0
            train = state.delivered[firm, offer, TRAIN, run]
            serve = state.delivered[firm, offer, SERVE, run]
            stored = state.delivered[firm, offer, STOCK, run] + (1.0 - fits) * (train + serve)
            state.deployed[firm, offer, TRAIN, run] += fits * train
            state.deployed[firm, offer, SERVE, run] += fits * serve
            state.warehouse[firm, offer, run] += stored
            state.slot_deployed[firm, offer, NEWEST, run] += fits * (train + serve)
            state.slot_stored[firm, offer, NEWEST, run] += stored
            state.halls[firm, run] += fits * (train + serve) * fit_out(state, firm, offer, run)


def fit_out(state: World, firm: int, offer: int, run: int) -> float:
    """USD bn per thousand chips for servers, network and hall slots."""
    price = state.paying[state.side[firm], offer, run]
    return (state.parameter[SERVER_SHARE, run] * price + state.parameter[HOST_COST, run]) / 1000.0


def release_stock(state: World, firm: int) -> None:
    """The warehouse fills free halls: in China to make up for money that found no chips, abroad always.

    Leaves the part of the firm's money that found chips in `state.sum_us`.
    """
    side = state.side[firm]
    for run in range(LANES):
        state.total[run] = TINY
        state.best[run] = state.unspent[firm, run]
    for offer in range(state.available.shape[1]):
        if state.holds[firm, offer] == 0.0:
            continue
        for run in range(LANES):
            state.total[run] += state.warehouse[firm, offer, run] * state.paying[side, offer, run] / 1000.0
            state.best[run] += state.backlog[firm, offer, run]
    held = 0
    for run in range(LANES):
        missing, spent = state.best[run], state.spent[firm, run]
        state.sum_us[run] = select(missing > 0.0, spent / (spent + missing + TINY), 1.0)
        free = larger(state.room[firm, run] - state.arrived[firm, run], 0.0)
        # only Chinese firms store on purpose; what others hold did not fit into their halls
        wanted = select(state.bloc[firm] == CN, smaller(smaller(missing, free), state.budget[firm, run]), free)
        state.used[run] = smaller(wanted / state.total[run], 1.0)
        held += state.total[run] > TINY
    if held > 0:
        for offer in range(state.available.shape[1]):
            if state.holds[firm, offer] > 0.0:
                unload(state, firm, offer)


def owned(state: World, firm: int, offer: int) -> bool:
    """Whether the firm has chips of an offer in its halls in any run."""
    count = 0
    for run in range(LANES):
        chips = state.deployed[firm, offer, TRAIN, run] + state.deployed[firm, offer, SERVE, run]
        count += chips > 0.0
    return count > 0


def unload(state: World, firm: int, offer: int) -> None:
    """The share `state.used` of the stored chips of an offer moves into halls, the oldest first."""
    for run in range(LANES):
        wanted = state.used[run] * state.warehouse[firm, offer, run]
        left = wanted
        for slot in range(SLOTS):
            stored = state.slot_stored[firm, offer, slot, run]
            taken = smaller(stored, left)
            state.slot_stored[firm, offer, slot, run] = stored - taken
            state.slot_deployed[firm, offer, slot, run] += taken
            left -= taken
        moved = wanted - left
        share = training_share(state, firm, run)
        state.warehouse[firm, offer, run] -= moved
        state.deployed[firm, offer, TRAIN, run] += share * moved
        state.deployed[firm, offer, SERVE, run] += (1.0 - share) * moved
        state.halls[firm, run] += moved * fit_out(state, firm, offer, run)


def find_best_buy(state: World, step: int, firm: int) -> None:
    """Training performance, software counted, of the best line that the firm can buy now.

    In quarters of ordinary progress from that of an A100, into `state.best`.
    """
    buyer = state.buyer_class[step, firm]
    for run in range(LANES):
        state.best[run] = TINY
    for offer in range(state.available.shape[1]):
        if state.available[firm, offer] == 0.0 or state.offer_kind[offer] in (GREY, RENTAL):
            continue
        find_use(state, firm, offer, TRAIN)
        for run in range(LANES):
            reach = state.performance[offer, TRAIN, run] * state.used[run]
            reach *= select(state.legal[offer, buyer, run] >= HALF, 1.0, 0.0)
            state.best[run] = larger(state.best[run], reach)
    for run in range(LANES):
        state.best[run] = log(state.best[run]) / state.parameter[DESIGN_GROWTH, run]


def retire(state: World, firm: int, offer: int) -> None:
    """Chips leave by generation: some fail, and what new chips outdo goes; the mean performance of the rest follows.

    Retired chips leave both workloads alike.
    """
    for run in range(LANES):
        there, gone, train, serve = 0.0, 0.0, 0.0, 0.0
        for slot in range(SLOTS):
            ahead = state.best[run] - state.slot_frontier[offer, slot, run]
            economic = economic_exit(ahead, state.parameter[ECONOMIC_AGE, run], state.parameter[RETIREMENT_PACE, run])
            before = state.slot_deployed[firm, offer, slot, run]
            lost = before * retired_share(state.parameter[ATTRITION, run], economic, state.sum_us[run])
            state.slot_deployed[firm, offer, slot, run] = before - lost
            there += before
            gone += lost
            oldest = state.oldest_performance[firm, offer, TRAIN, run]
            train += (before - lost) * select(slot == 0, oldest, state.slot_performance[offer, slot, TRAIN, run])
            oldest = state.oldest_performance[firm, offer, SERVE, run]
            serve += (before - lost) * select(slot == 0, oldest, state.slot_performance[offer, slot, SERVE, run])
        share = 1.0 / larger(there - gone, TINY)
        state.mean_performance[firm, offer, TRAIN, run] = train * share
        state.mean_performance[firm, offer, SERVE, run] = serve * share
        state.retired[firm, offer, run] = gone
        kept = 1.0 - gone / larger(there, TINY)
        state.deployed[firm, offer, TRAIN, run] *= kept
        state.deployed[firm, offer, SERVE, run] *= kept


def change_workload(state: World, firm: int, offer: int) -> None:
    """A tenth of an offer's chips at most changes workload in a quarter."""
    for run in range(LANES):
        train = state.deployed[firm, offer, TRAIN, run]
        serve = state.deployed[firm, offer, SERVE, run]
        # only chips whose mix left the firm's range move: the choice of chip by workload stands
        drift = (training_share(state, firm, run) / 2.0) * (train + serve) - train
        moved = clip(larger(drift, 0.0), 0.0, EARMARK * (train + serve))
        state.deployed[firm, offer, TRAIN, run] = train + moved
        state.deployed[firm, offer, SERVE, run] = serve - moved


def finance(state: World, firm: int) -> None:
    """Orders for the warehouse beyond the firm's free cash were paid on credit; need is what it buys a quarter."""
    side = state.side[firm]
    for run in range(LANES):
        state.total[run], state.best[run] = 0.0, 0.0
    for offer in range(state.available.shape[1]):
        if state.holds[firm, offer] == 0.0:
            continue
        counts = 1.0 if state.offer_nest[offer] == US_NEST and state.offer_kind[offer] != GREY else 0.0
        for run in range(LANES):
            state.total[run] += state.delivered[firm, offer, STOCK, run] * state.paying[side, offer, run] / 1000.0
            used = state.delivered[firm, offer, TRAIN, run] + state.delivered[firm, offer, SERVE, run]
            state.best[run] += counts * used
    for run in range(LANES):
        drawn = larger(state.total[run] - state.free_cash[firm, run], 0.0)
        state.free_cash[firm, run] -= state.total[run] - drawn
        state.credit[firm, run] += drawn
        state.borrowed[firm, run] += drawn
        state.need[firm, run] += (state.best[run] - state.need[firm, run]) / 4.0
