"""Warehouses empty into data halls; old chips retire (MODEL R9, section 6)."""

from __future__ import annotations

from abm.parameter_index import (
    ATTRITION,
    HALL_SLACK,
    HOST_COST,
    SERVER_SHARE,
    TRAINING_SHARE_CN,
    TRAINING_SHARE_US,
)
from abm.rules.numbers import clip, larger, select, smaller
from abm.state import World
from abm.vocabulary import CN, GREY, SERVE, STOCK, TRAIN, US_NEST

LANES = 32
TINY = 1e-12
EARMARK = 0.1
"""Largest share of a firm's chips that changes its workload in a quarter (MODEL R8)."""


def deploy(world: World, step: int) -> None:
    """Deliveries go into halls as far as they have room, else to the warehouse; shortages are met from stock."""
    for firm in world.firms:
        receive(world, firm)
        release_stock(world, firm)
        retire_and_earmark(world, firm)
        finance(world, firm)


def receive(state: World, firm: int) -> None:
    """New chips by purpose; mean performance of the firm's chips of an offer follows."""
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
    for offer in range(state.available.shape[1]):
        if state.holds[firm, offer] == 0.0:
            continue
        for run in range(LANES):
            fits = smaller(state.room[firm, run] / (state.arrived[firm, run] + TINY), 1.0)
            before = state.deployed[firm, offer, TRAIN, run] + state.deployed[firm, offer, SERVE, run]
            before += state.warehouse[firm, offer, run]
            state.chips_before[firm, offer, run] = before
            train = state.delivered[firm, offer, TRAIN, run]
            serve = state.delivered[firm, offer, SERVE, run]
            stored = state.delivered[firm, offer, STOCK, run]
            new = train + serve + stored
            for workload in range(2):
                mean = state.mean_performance[firm, offer, workload, run]
                fresh = state.performance[offer, workload, run]
                mixed = (before * mean + new * fresh) / (before + new + TINY)
                state.mean_performance[firm, offer, workload, run] = mixed
            state.deployed[firm, offer, TRAIN, run] += fits * train
            state.deployed[firm, offer, SERVE, run] += fits * serve
            state.warehouse[firm, offer, run] += stored + (1.0 - fits) * (train + serve)
            state.halls[firm, run] += fits * (train + serve) * fit_out(state, firm, offer, run)


def fit_out(state: World, firm: int, offer: int, run: int) -> float:
    """USD bn per thousand chips for servers, network and hall slots."""
    price = state.paying[state.side[firm], offer, run]
    return (state.parameter[SERVER_SHARE, run] * price + state.parameter[HOST_COST, run]) / 1000.0


def release_stock(state: World, firm: int) -> None:
    """Money that found no chips is matched from the warehouse, within hall room, to keep data halls on plan."""
    if state.bloc[firm] != CN:
        return
    for run in range(LANES):
        state.total[run] = TINY
        state.best[run] = state.unspent[firm, run]
    for offer in range(state.available.shape[1]):
        for run in range(LANES):
            state.total[run] += state.warehouse[firm, offer, run] * state.paying[0, offer, run] / 1000.0
            state.best[run] += state.backlog[firm, offer, run]
    for run in range(LANES):
        free = larger(state.room[firm, run] - state.arrived[firm, run], 0.0)
        wanted = smaller(smaller(state.best[run], free), state.budget[firm, run])
        state.used[run] = smaller(wanted / state.total[run], 1.0)
    for offer in range(state.available.shape[1]):
        for run in range(LANES):
            moved = state.used[run] * state.warehouse[firm, offer, run]
            share = state.parameter[TRAINING_SHARE_CN, run]
            state.warehouse[firm, offer, run] -= moved
            state.deployed[firm, offer, TRAIN, run] += share * moved
            state.deployed[firm, offer, SERVE, run] += (1.0 - share) * moved
            state.halls[firm, run] += moved * fit_out(state, firm, offer, run)


def retire_and_earmark(state: World, firm: int) -> None:
    """Attrition, and chips that change workload, at most a tenth a quarter."""
    for offer in range(state.available.shape[1]):
        if state.holds[firm, offer] == 0.0:
            continue
        for run in range(LANES):
            lost = state.parameter[ATTRITION, run]
            train = state.deployed[firm, offer, TRAIN, run]
            serve = state.deployed[firm, offer, SERVE, run]
            state.retired[firm, offer, run] = lost * (train + serve)
            train *= 1.0 - lost
            serve *= 1.0 - lost
            share = select(
                state.bloc[firm] == CN,
                state.parameter[TRAINING_SHARE_CN, run],
                state.parameter[TRAINING_SHARE_US, run],
            )
            # only chips whose mix left the firm's range move: the choice of chip by workload stands
            drift = (share / 2.0) * (train + serve) - train
            moved = clip(larger(drift, 0.0), 0.0, EARMARK * (train + serve))
            state.deployed[firm, offer, TRAIN, run] = train + moved
            state.deployed[firm, offer, SERVE, run] = serve - moved


def finance(state: World, firm: int) -> None:
    """Orders for the warehouse beyond the firm's free cash were paid on credit; need is what it buys a quarter."""
    for run in range(LANES):
        state.total[run], state.best[run] = 0.0, 0.0
    for offer in range(state.available.shape[1]):
        if state.holds[firm, offer] == 0.0:
            continue
        counts = 1.0 if state.offer_nest[offer] == US_NEST and state.offer_kind[offer] != GREY else 0.0
        side = state.side[firm]
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
