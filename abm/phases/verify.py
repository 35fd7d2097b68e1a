"""The laws, checked in every quarter of every run (MODEL section 7); a run that breaks one is marked, never hidden."""

from __future__ import annotations

from abm.phases.settle import sector_of_firm, sector_of_vendor
from abm.rules.numbers import larger
from abm.state import World
from abm.vocabulary import (
    AI_CN,
    LAW_BANKS,
    LAW_CHIPS,
    LAW_FINITE,
    LAW_MONEY,
    LAW_NON_NEGATIVE,
    NODES,
    SERVE,
    TRAIN,
    VENDORS_CN,
)

LANES = 32
TOLERANCE = 1e-9


def verify(world: World, step: int) -> None:
    """Chips, banks, packaging and money balance; nothing is negative or not a number."""
    for run in range(LANES):
        if world.failed_quarter[run] >= 0:
            continue
        law = -1
        if not money_balances(world, run):
            law = LAW_MONEY
        if not chips_balance(world, run):
            law = LAW_CHIPS
        if not banks_balance(world, run):
            law = LAW_BANKS
        if not nothing_negative(world, run):
            law = LAW_NON_NEGATIVE
        if not all_finite(world, step, run):
            law = LAW_FINITE
        if law >= 0:
            world.failed_quarter[run] = step
            world.failed_law[run] = law


def close(left: float, right: float, size: float) -> bool:
    """Equal to 1e-9 of their size."""
    gap = left - right
    return larger(gap, -gap) <= TOLERANCE * larger(size, 1.0)


def money_balances(state: World, run: int) -> bool:
    """Rows of the flow matrix add to zero, columns to the change of cash."""
    sectors, flows = state.flows.shape[1], state.flows.shape[0]
    size = 0.0
    for flow in range(flows):
        total, gross = 0.0, 0.0
        for sector in range(sectors):
            money = state.flows[flow, sector, run]
            total += money
            gross += larger(money, -money)
        size += gross
        if not close(total, 0.0, gross):
            return False
    for sector in range(AI_CN, NODES + 1):
        change = 0.0
        for flow in range(flows):
            change += state.flows[flow, sector, run]
        if not close(state.cash_before[sector, run] + change, cash_of(state, sector, run), size):
            return False
    return True


def cash_of(state: World, sector: int, run: int) -> float:
    """Cash of a sector now."""
    total = 0.0
    for firm in state.firms:
        total += state.cash[firm, run] if sector_of_firm(state, firm) == sector else 0.0
    if sector == NODES:
        return state.node_cash[run]
    for vendor in range(state.vendor_us.shape[0]):
        if sector <= VENDORS_CN:
            total += state.vendor_cash[vendor, run] if sector_of_vendor(state, vendor) == sector else 0.0
    return total


def chips_balance(state: World, run: int) -> bool:
    """Stock' = stock + delivered − retired for each firm and offer; deliveries add to sales."""
    for offer in range(state.available.shape[1]):
        total = 0.0
        for firm in state.firms:
            arrived = 0.0
            for purpose in range(3):
                arrived += state.delivered[firm, offer, purpose, run]
            total += arrived
            now = state.deployed[firm, offer, TRAIN, run] + state.deployed[firm, offer, SERVE, run]
            now += state.warehouse[firm, offer, run]
            due = state.chips_before[firm, offer, run] + arrived - state.retired[firm, offer, run]
            if not close(now, due, due):
                return False
        if not close(total, state.sold_china[offer, run] + state.sold_abroad[offer, run], total):
            return False
    return True


def banks_balance(state: World, run: int) -> bool:
    """World packaging: what was there and made is sold or left; dies and memory: used at most what came in."""
    made = state.stock_before[run] + state.world_made[run]
    if not close(made, state.world_stock[run] + state.world_sold[run] + state.packaging_scrapped[run], made):
        return False
    for vendor in range(state.vendor_us.shape[0]):
        due = state.dies_before[vendor, run] + state.dies_arrived[vendor, run] - state.dies_used[vendor, run]
        if not close(due, state.die_bank[vendor, run], due):
            return False
        stacks = state.hbm_before[vendor, run] + state.hbm_arrived[vendor, run] - state.hbm_used[vendor, run]
        if not close(stacks, state.hbm_bank[vendor, run], stacks):
            return False
    return True


def nothing_negative(state: World, run: int) -> bool:
    """Cash, chips, banks and stocks are never below zero."""
    least = state.node_cash[run]
    least = least if least < state.world_stock[run] else state.world_stock[run]
    for firm in state.firms:
        least = least if least < state.cash[firm, run] else state.cash[firm, run]
        for offer in range(state.available.shape[1]):
            stored = state.warehouse[firm, offer, run]
            least = least if least < stored else stored
            for workload in range(2):
                chips = state.deployed[firm, offer, workload, run]
                least = least if least < chips else chips
    for vendor in range(state.vendor_us.shape[0]):
        dies, stacks = state.die_bank[vendor, run], state.hbm_bank[vendor, run]
        least = least if least < dies else dies
        least = least if least < stacks else stacks
    return least >= -TOLERANCE


def all_finite(state: World, step: int, run: int) -> bool:
    """No recorded series is infinite or not a number."""
    for row in range(state.record.shape[0]):
        value = state.record[row, step, run]
        if not (value - value == 0.0):
            return False
    return True
