"""Firms that leave the market, and whose part of the plan they leave to whom (MODEL R14)."""

from __future__ import annotations

from abm.parameter_index import CREDIT_LIMIT, DEPRECIATION_LIFE, EXIT_PATIENCE, INTEREST_RATE
from abm.phases.node_accounts import move
from abm.phases.settle import add_promises, add_rent, sector_of_firm
from abm.rules.ai_firm import book_value, losing_quarters
from abm.rules.chips import merged_performance
from abm.rules.numbers import larger, select, smaller
from abm.state import World
from abm.vocabulary import CREDIT_AND_INTEREST, ENTRY_AND_EXIT, EQUITY, OUTSIDE, SERVE, SLOTS, SW_EXIT, TRAIN

LANES = 32
TINY = 1e-12


def share_plan(world: World, step: int) -> None:
    """Part of each firm in its bloc's plan: firms that have left leave theirs to the others, pro rata."""
    for bloc in range(world.start_capability.shape[0]):
        for run in range(LANES):
            world.total[run] = 0.0
        for firm in world.firms:
            if world.bloc[firm] == bloc:
                for run in range(LANES):
                    world.total[run] += world.exited[firm, run] * world.plan_share[step, firm]
        for firm in world.firms:
            if world.bloc[firm] == bloc:
                for run in range(LANES):
                    stays = (1.0 - world.exited[firm, run]) * world.plan_share[step, firm]
                    world.plan_now[firm, run] = stays / larger(1.0 - world.total[run], TINY)


def leave(world: World, step: int) -> None:
    """Firms long without cash, credit and margin leave; the others of their bloc buy their chips at book value."""
    for firm in world.firms:
        judge(world, firm)
    spare_the_last(world)
    if not anyone_leaves(world):
        return
    for seller in world.firms:
        for buyer in world.firms:
            if world.bloc[buyer] == world.bloc[seller] and buyer != seller:
                sell_to(world, seller, buyer)
    for firm in world.firms:
        wind_up(world, firm)
    share_plan(world, step)


def judge(state: World, firm: int) -> None:
    """Depreciation of a firm's chips, and how long it has been without cash, credit and margin."""
    add_promises(state, firm)
    add_rent(state, firm)
    for run in range(LANES):
        bought = state.spent[firm, run] - state.total[run]
        state.book[firm, run] = book_value(state.book[firm, run], bought, state.parameter[DEPRECIATION_LIFE, run])
        interest = state.parameter[INTEREST_RATE, run] / 4.0 * state.credit[firm, run]
        running = state.research_money[firm, run] + state.halls[firm, run] + interest
        losing = losing_quarters(
            state.losing[firm, run],
            state.cash[firm, run] - state.best[run],
            state.parameter[CREDIT_LIMIT, run] * state.budget[firm, run] - state.credit[firm, run],
            state.revenue[firm, run],
            running,
        )
        state.losing[firm, run] = losing
        due = losing >= state.parameter[EXIT_PATIENCE, run] and state.exited[firm, run] == 0.0
        state.leaving[firm, run] = state.switch[SW_EXIT, run] * select(due, 1.0, 0.0)
    for offer in range(state.available.shape[1]):
        for run in range(LANES):
            state.acquired[firm, offer, run] = 0.0


def spare_the_last(state: World) -> None:
    """Nobody leaves a bloc in which nobody with a plan would stay."""
    for bloc in range(state.start_capability.shape[0]):
        for run in range(LANES):
            state.total[run] = 0.0
        for firm in state.firms:
            if state.bloc[firm] == bloc:
                for run in range(LANES):
                    state.total[run] += (1.0 - state.leaving[firm, run]) * state.plan_now[firm, run]
        for firm in state.firms:
            if state.bloc[firm] == bloc:
                for run in range(LANES):
                    state.leaving[firm, run] *= select(state.total[run] > 0.0, 1.0, 0.0)
                    stays = (1.0 - state.leaving[firm, run]) * state.plan_now[firm, run]
                    state.inherits[firm, run] = stays / larger(state.total[run], TINY)


def anyone_leaves(state: World) -> bool:
    """Whether a firm leaves in any lane of the block."""
    found = 0
    for firm in state.firms:
        for run in range(LANES):
            found += state.leaving[firm, run] > 0.0
    return found > 0


def sell_to(state: World, seller: int, buyer: int) -> None:
    """A buyer's part of a leaving firm's chips, at book value: from its free cash, its owners pay the rest."""
    sector = sector_of_firm(state, seller)
    add_promises(state, buyer)
    for run in range(LANES):
        part = state.leaving[seller, run] * state.inherits[buyer, run]
        price = part * state.book[seller, run]
        missing = larger(price - larger(state.cash[buyer, run] - state.best[run], 0.0), 0.0)
        state.used[run] = part
        state.cash[buyer, run] += missing - price
        state.equity[buyer, run] += missing
        state.book[buyer, run] += price
        # the plan goes on with those who stay
        state.reference_compute[buyer, run] += part * state.reference_compute[seller, run]
        state.cash[seller, run] += price
        move(state, EQUITY, OUTSIDE, sector, missing, run)
        move(state, ENTRY_AND_EXIT, sector, sector, price, run)
    for offer in range(state.available.shape[1]):
        hand_over(state, seller, buyer, offer)


def hand_over(state: World, seller: int, buyer: int, offer: int) -> None:
    """Chips of an offer change hands in the part `used`, generation by generation."""
    merge_means(state, seller, buyer, offer)
    for run in range(LANES):
        part = state.used[run]
        train = part * state.deployed[seller, offer, TRAIN, run]
        serve = part * state.deployed[seller, offer, SERVE, run]
        stored = part * state.warehouse[seller, offer, run]
        state.deployed[buyer, offer, TRAIN, run] += train
        state.deployed[buyer, offer, SERVE, run] += serve
        state.warehouse[buyer, offer, run] += stored
        state.acquired[buyer, offer, run] += train + serve + stored
        state.acquired[seller, offer, run] -= train + serve + stored
    for slot in range(SLOTS):
        for run in range(LANES):
            part = state.used[run]
            state.slot_deployed[buyer, offer, slot, run] += part * state.slot_deployed[seller, offer, slot, run]
            state.slot_stored[buyer, offer, slot, run] += part * state.slot_stored[seller, offer, slot, run]


def merge_means(state: World, seller: int, buyer: int, offer: int) -> None:
    """Mean performance of the buyer's chips in halls, and of its oldest slot, with what it takes over."""
    for run in range(LANES):
        part = state.used[run]
        own = state.deployed[buyer, offer, TRAIN, run] + state.deployed[buyer, offer, SERVE, run]
        new = part * (state.deployed[seller, offer, TRAIN, run] + state.deployed[seller, offer, SERVE, run])
        old_own = state.slot_deployed[buyer, offer, 0, run] + state.slot_stored[buyer, offer, 0, run]
        old_new = part * (state.slot_deployed[seller, offer, 0, run] + state.slot_stored[seller, offer, 0, run])
        for workload in range(2):
            mine = state.mean_performance[buyer, offer, workload, run]
            theirs = state.mean_performance[seller, offer, workload, run]
            mean = merged_performance(mine, own, theirs, new)
            state.mean_performance[buyer, offer, workload, run] = select(new > 0.0, mean, mine)
            mine = state.oldest_performance[buyer, offer, workload, run]
            theirs = state.oldest_performance[seller, offer, workload, run]
            mean = merged_performance(mine, old_own, theirs, old_new)
            state.oldest_performance[buyer, offer, workload, run] = select(old_new > 0.0, mean, mine)


def wind_up(state: World, firm: int) -> None:
    """A leaving firm pays its lenders, then its owners; what it owes beyond that is the lenders' loss."""
    sector = sector_of_firm(state, firm)
    for run in range(LANES):
        gone = state.leaving[firm, run]
        stays = 1.0 - gone
        cash = gone * state.cash[firm, run]
        repaid = smaller(gone * state.credit[firm, run], cash)
        move(state, CREDIT_AND_INTEREST, sector, OUTSIDE, repaid, run)
        move(state, EQUITY, sector, OUTSIDE, cash - repaid, run)
        state.borrowed[firm, run] -= repaid
        state.equity[firm, run] -= cash - repaid
        state.cash[firm, run] -= cash
        state.exited[firm, run] = larger(state.exited[firm, run], gone)
        state.credit[firm, run] *= stays
        state.waiting[firm, run] *= stays
        state.book[firm, run] *= stays
        state.capability[firm, run] *= stays
        state.run_compute[firm, run] *= stays
        state.reference_compute[firm, run] *= stays
        state.training[firm, run] *= stays
        state.serving[firm, run] *= stays
        state.lent[firm, run] *= stays
        state.replaced[firm, run] *= stays
        state.budget[firm, run] *= stays
        state.research_money[firm, run] *= stays
        state.diverted[firm, run] *= stays
        state.revenue[firm, run] *= stays
    for offer in range(state.available.shape[1]):
        for run in range(LANES):
            stays = 1.0 - state.leaving[firm, run]
            state.backlog[firm, offer, run] *= stays
            state.warehouse[firm, offer, run] *= stays
            state.deployed[firm, offer, TRAIN, run] *= stays
            state.deployed[firm, offer, SERVE, run] *= stays
            state.mean_performance[firm, offer, TRAIN, run] *= stays
            state.mean_performance[firm, offer, SERVE, run] *= stays
            for slot in range(SLOTS):
                state.slot_deployed[firm, offer, slot, run] *= stays
                state.slot_stored[firm, offer, slot, run] *= stays
