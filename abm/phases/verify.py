"""The laws, checked in every quarter of every run (MODEL section 7); a run that breaks one is marked, never hidden."""

from __future__ import annotations

from abm.parameter_index import MOBILISATION_CEILING_CN, MOBILISATION_CEILING_US
from abm.phases.settle import sector_of_firm, sector_of_vendor
from abm.rules.numbers import larger, select, smaller
from abm.state import World
from abm.vocabulary import (
    CN,
    GREY,
    LAW_BANKS,
    LAW_CHIPS,
    LAW_FINITE,
    LAW_MONEY,
    LAW_NON_NEGATIVE,
    LAW_TREASURY,
    NODES,
    OUTSIDE,
    RENTAL,
    SERVE,
    SLOTS,
    STOCK,
    TRAIN,
    US,
)

LANES = 32
TOLERANCE = 1e-9
LINE = 0
"""Hosts let chips of NVIDIA's frontier line."""


def verify(world: World, step: int) -> None:
    """Money, chips and banks balance; nothing is negative or not a number. The first law broken is kept."""
    balance_money(world)
    note(world, step, LAW_MONEY)
    balance_chips(world)
    note(world, step, LAW_CHIPS)
    balance_slots(world)
    note(world, step, LAW_CHIPS)
    balance_banks(world)
    note(world, step, LAW_BANKS)
    count_treasuries(world)
    note(world, step, LAW_TREASURY)
    find_negative(world)
    note(world, step, LAW_NON_NEGATIVE)
    find_not_finite(world, step)
    note(world, step, LAW_FINITE)


def note(state: World, step: int, law: int) -> None:
    """Mark runs whose check in `state.worst` failed; a comparison with a number that is none fails too."""
    for run in range(LANES):
        broken = not state.worst[run] <= TOLERANCE and state.failed_quarter[run] < 0
        state.failed_law[run] = law if broken else state.failed_law[run]
        state.failed_quarter[run] = step if broken else state.failed_quarter[run]


def error(left: float, right: float, size: float) -> float:
    """Difference relative to `size`, or absolute where that is below 1."""
    gap = left - right
    return larger(gap, -gap) / larger(size, 1.0)


def balance_money(state: World) -> None:
    """Rows of the flow matrix add to zero, columns to the change of cash."""
    for run in range(LANES):
        state.worst[run] = 0.0
        state.best[run] = 0.0
    for flow in range(state.flows.shape[0]):
        for run in range(LANES):
            state.total[run], state.used[run] = 0.0, 0.0
        for sector in range(state.flows.shape[1]):
            for run in range(LANES):
                money = state.flows[flow, sector, run]
                state.total[run] += money
                state.used[run] += larger(money, -money)
        for run in range(LANES):
            state.best[run] += state.used[run]
            state.worst[run] = larger(state.worst[run], error(state.total[run], 0.0, state.used[run]))
    for sector in range(OUTSIDE):
        count_cash(state, sector)
        for run in range(LANES):
            state.total[run] = state.cash_before[sector, run]
        for flow in range(state.flows.shape[0]):
            for run in range(LANES):
                state.total[run] += state.flows[flow, sector, run]
        for run in range(LANES):
            state.worst[run] = larger(state.worst[run], error(state.total[run], state.used[run], state.best[run]))


def count_cash(state: World, sector: int) -> None:
    """Cash of a sector's agents now, into `state.used`."""
    for run in range(LANES):
        state.used[run] = 0.0
    if sector == NODES:
        for node in range(state.node_role.shape[0]):
            for run in range(LANES):
                state.used[run] += state.node_cash[node, run]
    for firm in state.firms:
        if sector_of_firm(state, firm) == sector:
            for run in range(LANES):
                state.used[run] += state.cash[firm, run]
    for vendor in range(state.vendor_us.shape[0]):
        if sector_of_vendor(state, vendor) == sector:
            for run in range(LANES):
                state.used[run] += state.vendor_cash[vendor, run]


def balance_chips(state: World) -> None:
    """Stock' = stock + delivered − retired for each firm and offer; deliveries (in `needed`) add to sales."""
    for run in range(LANES):
        state.worst[run] = 0.0
    for offer in range(state.available.shape[1]):
        for run in range(LANES):
            state.needed[offer, run] = 0.0
    for firm in state.firms:
        for offer in range(state.available.shape[1]):
            if state.holds[firm, offer] > 0.0 and state.offer_kind[offer] != RENTAL:
                balance_line(state, firm, offer)
    for offer in range(state.available.shape[1]):
        if state.offer_kind[offer] == RENTAL:
            balance_rent(state, offer)
            continue
        for run in range(LANES):
            sold = state.sold_china[offer, run] + state.sold_abroad[offer, run]
            sold -= select(state.offer_kind[offer] == GREY, state.seized[run], 0.0)
            state.worst[run] = larger(state.worst[run], error(state.needed[offer, run], sold, sold))


def balance_line(state: World, firm: int, offer: int) -> None:
    """The same for one firm and offer."""
    for run in range(LANES):
        arrived = state.delivered[firm, offer, TRAIN, run] + state.delivered[firm, offer, SERVE, run]
        arrived += state.delivered[firm, offer, STOCK, run]
        state.needed[offer, run] += arrived
        now = state.deployed[firm, offer, TRAIN, run] + state.deployed[firm, offer, SERVE, run]
        now += state.warehouse[firm, offer, run]
        due = state.chips_before[firm, offer, run] + arrived - state.retired[firm, offer, run]
        due += state.acquired[firm, offer, run]
        state.worst[run] = larger(state.worst[run], error(now, due, due))


def balance_rent(state: World, offer: int) -> None:
    """Tenants use what hosts let, hosts let what they have; nobody stores rented compute."""
    for run in range(LANES):
        state.total[run] = 0.0
    for firm in state.firms:
        for run in range(LANES):
            used = state.delivered[firm, offer, TRAIN, run] + state.delivered[firm, offer, SERVE, run]
            state.total[run] += used
            has = state.deployed[firm, LINE, TRAIN, run] + state.deployed[firm, LINE, SERVE, run]
            over = larger(state.lent[firm, run] - has, 0.0)
            state.worst[run] = larger(state.worst[run], error(over, 0.0, has))
            state.worst[run] = larger(state.worst[run], state.delivered[firm, offer, STOCK, run])
    for run in range(LANES):
        sold = state.sold_china[offer, run]
        state.worst[run] = larger(state.worst[run], error(state.total[run], sold, sold))
        over = larger(sold - state.rentable[run], 0.0)
        state.worst[run] = larger(state.worst[run], error(over, 0.0, sold))


def balance_slots(state: World) -> None:
    """The generations of a line add to the firm's chips in halls and in store, and none is negative."""
    for run in range(LANES):
        state.worst[run] = 0.0
    for firm in state.firms:
        for offer in range(state.available.shape[1]):
            if state.holds[firm, offer] == 0.0:
                continue
            for run in range(LANES):
                halls, store, least = 0.0, 0.0, 0.0
                for slot in range(SLOTS):
                    in_use, kept = (
                        state.slot_deployed[firm, offer, slot, run],
                        state.slot_stored[firm, offer, slot, run],
                    )
                    halls += in_use
                    store += kept
                    least = smaller(least, smaller(in_use, kept))
                in_use = state.deployed[firm, offer, TRAIN, run] + state.deployed[firm, offer, SERVE, run]
                kept = state.warehouse[firm, offer, run]
                more, less = halls - in_use, store - kept
                # one quotient for both: the size is that of all chips of the line
                wrong = (larger(more, -more) + larger(less, -less)) / larger(in_use + kept, 1.0)
                state.worst[run] = larger(state.worst[run], larger(wrong, -least))


def balance_banks(state: World) -> None:
    """World packaging: what was there and made is sold, scrapped or left; dies and memory: in, out and store."""
    for run in range(LANES):
        made = state.stock_before[run] + state.world_made[run]
        gone = state.world_stock[run] + state.world_sold[run] + state.packaging_scrapped[run]
        state.worst[run] = error(made, gone, made)
    for vendor in range(state.vendor_us.shape[0]):
        for run in range(LANES):
            dies = state.dies_before[vendor, run] + state.dies_arrived[vendor, run] - state.dies_used[vendor, run]
            stacks = state.hbm_before[vendor, run] + state.hbm_arrived[vendor, run] - state.hbm_used[vendor, run]
            wrong = error(dies, state.die_bank[vendor, run], dies)
            wrong = larger(wrong, error(stacks, state.hbm_bank[vendor, run], stacks))
            state.worst[run] = larger(state.worst[run], wrong)
    balance_nodes(state)


def balance_nodes(state: World) -> None:
    """Nodes: unsold before and made is used or left. Lines: tools banked before and sold are in use or banked."""
    for node in range(state.node_role.shape[0]):
        for run in range(LANES):
            there = state.node_before[node, run] + state.node_made[node, run]
            gone = state.node_used[node, run] + state.node_stock[node, run]
            state.worst[run] = larger(state.worst[run], error(there, gone, there))
    for line in range(state.line_node.shape[0]):
        for tool in range(state.tool_bank.shape[1]):
            for run in range(LANES):
                there, sold = state.bank_before[line, tool, run], 0.0
                for maker in range(state.tools_sold.shape[1]):
                    sold += state.tools_sold[line, maker, tool, run]
                left = state.tool_bank[line, tool, run] + state.tools_placed[line, tool, run]
                state.worst[run] = larger(state.worst[run], error(there + sold, left, left))


def count_treasuries(state: World) -> None:
    """No state gives more in answer to others than its ceiling."""
    for run in range(LANES):
        ceiling_us = state.parameter[MOBILISATION_CEILING_US, run]
        ceiling_cn = state.parameter[MOBILISATION_CEILING_CN, run]
        over_us = larger(state.mobilised_total[US, run] - ceiling_us, 0.0)
        over_cn = larger(state.mobilised_total[CN, run] + state.subsidy_total[run] - ceiling_cn, 0.0)
        state.worst[run] = larger(error(over_us, 0.0, ceiling_us), error(over_cn, 0.0, ceiling_cn))


def find_negative(state: World) -> None:
    """How far below zero the lowest of cash, chips, banks and stocks is."""
    for run in range(LANES):
        state.total[run] = state.world_stock[run]
    for firm in state.firms:
        for run in range(LANES):
            state.total[run] = smaller(state.total[run], state.cash[firm, run])
        for offer in range(state.available.shape[1]):
            if state.holds[firm, offer] == 0.0:
                continue
            for run in range(LANES):
                least = smaller(state.warehouse[firm, offer, run], state.deployed[firm, offer, TRAIN, run])
                least = smaller(least, state.deployed[firm, offer, SERVE, run])
                state.total[run] = smaller(state.total[run], least)
    for vendor in range(state.vendor_us.shape[0]):
        for run in range(LANES):
            least = smaller(state.die_bank[vendor, run], state.hbm_bank[vendor, run])
            least = smaller(least, state.vendor_cash[vendor, run])
            state.total[run] = smaller(state.total[run], least)
    find_negative_nodes(state)
    for run in range(LANES):
        state.worst[run] = -state.total[run]


def find_negative_nodes(state: World) -> None:
    """The same for cash, debt, stocks and tools of supply nodes."""
    for node in range(state.node_role.shape[0]):
        for run in range(LANES):
            least = smaller(state.node_cash[node, run], state.node_stock[node, run])
            state.total[run] = smaller(state.total[run], smaller(least, state.node_credit[node, run]))
    for line in range(state.line_node.shape[0]):
        for tool in range(state.tool_bank.shape[1]):
            for run in range(LANES):
                state.total[run] = smaller(state.total[run], state.tool_bank[line, tool, run])


def find_not_finite(state: World, step: int) -> None:
    """Whether any recorded series is infinite or not a number: value − value is 0 for all others."""
    for run in range(LANES):
        state.worst[run] = 0.0
    for row in range(state.record.shape[0]):
        for run in range(LANES):
            value = state.record[row, step, run]
            state.worst[run] += select(value - value == 0.0, 0.0, 1.0)
