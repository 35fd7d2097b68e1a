"""Accounts of supply nodes: who is paid for which input, tools, software and material; cash and credit (MODEL 7)."""

from __future__ import annotations

from abm.parameter_index import (
    CREDIT_LIMIT,
    DESIGN_COST_SHARE,
    HBM_PRICE,
    INTEREST_RATE,
    MATERIALS_SHARE,
    NODE_COST_SHARE,
    PACKAGING_COST,
    PACKAGING_YIELD,
    PAYOUT_SHARE,
    PHONE_SHARE,
    WAFER_PRICE,
)
from abm.phases.clear import pooled
from abm.phases.tiers import software_denial
from abm.rules.industrial_policy import minerals_moved
from abm.rules.numbers import larger, select, smaller
from abm.rules.supply_node import credit_drawn, software_part
from abm.state import Floats, World
from abm.vocabulary import (
    CREDIT_AND_INTEREST,
    DESIGN,
    FOUNDRY_CN,
    FOUNDRY_LINE,
    FOUNDRY_WORLD,
    INPUTS,
    MATERIALS,
    MEMORY_CN,
    MEMORY_WORLD,
    NODES,
    OUTSIDE,
    PACKAGING_CN,
    PACKAGING_WORLD,
    RD_OPEX_HALLS,
    RENTAL,
    TOOLS,
    TOOLS_CN,
    VENDOR_EQUITY,
)

LANES = 32
THOUSAND = 1000.0


def pay_nodes(state: World, step: int) -> None:
    """Supply nodes: sales by what customers used, running cost, tools, interest, owners."""
    for node in range(state.node_role.shape[0]):
        for run in range(LANES):
            state.node_sales[node, run] = 0.0
    for vendor in range(state.vendor_us.shape[0]):
        if state.vendor_us[vendor] > 0.0:
            sell_to_american(state, vendor)
        else:
            sell_to_chinese(state, vendor)
        sell_software(state, step, vendor)
        for run in range(LANES):
            state.billed[vendor, run] = state.input_cost[vendor, run]
            state.input_cost[vendor, run] = 0.0
    sell_to_phones(state)
    sell_equipment(state)
    sell_materials(state)
    for line in range(state.line_node.shape[0]):
        for run in range(LANES):
            state.node_cash[state.line_node[line], run] += state.tool_grant[line, run]
    for node in range(state.node_role.shape[0]):
        for run in range(LANES):
            close_books(state, node, run)


def sell(state: World, role: int, money: Floats) -> None:
    """Sales of a role, each node its share."""
    for node in range(state.node_role.shape[0]):
        if state.node_role[node] == role:
            for run in range(LANES):
                state.node_sales[node, run] += state.node_share[node] * money[run]


def sell_to_american(state: World, vendor: int) -> None:
    """A US vendor's bill: memory and packaging at their prices, the rest for wafers."""
    for run in range(LANES):
        state.sum_us[run], state.sum_home[run] = 0.0, 0.0
    for offer in range(state.offer_kind.shape[0]):
        if state.offer_vendor[offer] != vendor or state.offer_kind[offer] == RENTAL:
            continue
        packed = pooled(state, offer)
        for run in range(LANES):
            design = state.design[offer, run]
            if design >= 0:
                chips = state.sold_china[offer, run] + state.sold_abroad[offer, run] + state.scrapped[offer, run]
                state.sum_us[run] += chips * state.spec_stacks[design] / THOUSAND
                state.sum_home[run] += chips * state.packaging[offer, run] if packed else 0.0
    for run in range(LANES):
        bill = state.input_cost[vendor, run]
        memory = smaller(state.sum_us[run] * state.parameter[HBM_PRICE, run], bill)
        packing = smaller(state.sum_home[run] * state.parameter[PACKAGING_COST, run] / THOUSAND, bill - memory)
        state.sum_us[run], state.sum_home[run], state.total[run] = memory, packing, bill - memory - packing
    sell(state, MEMORY_WORLD, state.sum_us)
    sell(state, PACKAGING_WORLD, state.sum_home)
    sell(state, FOUNDRY_WORLD, state.total)


def sell_to_chinese(state: World, vendor: int) -> None:
    """A Chinese designer's bill: own wafers, memory of both origins, packaging, the rest for foreign foundries."""
    for run in range(LANES):
        bill = state.input_cost[vendor, run]
        wafers = smaller(state.wafers[vendor, run] * state.parameter[WAFER_PRICE, run] / THOUSAND, bill)
        memory = smaller(state.hbm_arrived[vendor, run] * state.parameter[HBM_PRICE, run], bill - wafers)
        started = state.made[vendor, run] / state.parameter[PACKAGING_YIELD, run]
        packing = smaller(started * state.parameter[PACKAGING_COST, run] / THOUSAND, bill - wafers - memory)
        imported = memory * state.stacks_foreign[run]
        state.best[run], state.sum_us[run], state.sum_home[run] = wafers, imported, memory - imported
        state.used[run], state.total[run] = packing, bill - wafers - memory - packing
    sell(state, FOUNDRY_CN, state.best)
    sell(state, MEMORY_WORLD, state.sum_us)
    sell(state, MEMORY_CN, state.sum_home)
    sell(state, PACKAGING_CN, state.used)
    sell(state, FOUNDRY_WORLD, state.total)


def sell_software(state: World, step: int, vendor: int) -> None:
    """Design software and IP, a part of a vendor's R&D; what US makers may not sell to China, Chinese ones do."""
    home = 0.0
    for node in range(state.node_role.shape[0]):
        if state.node_role[node] == DESIGN:
            home += state.node_chinese[node] * state.node_share[node]
    american = state.vendor_us[vendor] > 0.0
    for node in range(state.node_role.shape[0]):
        if state.node_role[node] != DESIGN:
            continue
        for run in range(LANES):
            denied = select(american, 0.0, software_denial(state, step, run))
            part = software_part(state.node_share[node], state.node_chinese[node], home, denied)
            state.node_sales[node, run] += part * software_money(state, vendor, run)
    for run in range(LANES):
        move(state, RD_OPEX_HALLS, OUTSIDE, NODES, software_money(state, vendor, run), run)


def software_money(state: World, vendor: int, run: int) -> float:
    """What a vendor pays for design software and IP, USD bn."""
    return state.parameter[DESIGN_COST_SHARE, run] * state.vendor_rd[vendor, run]


def sell_to_phones(state: World) -> None:
    """Phones take their part of China's 7 nm-class wafers at the same price; their makers stand outside the model."""
    node = state.line_node[FOUNDRY_LINE]
    for run in range(LANES):
        wafers = state.node_capacity[node, run] * state.parameter[PHONE_SHARE, run]
        money = wafers * state.parameter[WAFER_PRICE, run] / THOUSAND
        state.node_sales[node, run] += money
        move(state, INPUTS, OUTSIDE, NODES, money, run)


def sell_equipment(state: World) -> None:
    """Toolmakers: sales to Chinese lines as law let them, and to the world's nodes in their usual shares."""
    for node in range(state.node_role.shape[0]):
        maker = state.node_role[node]
        if maker > TOOLS_CN:
            continue
        for run in range(LANES):
            state.total[run] = 0.0
        for line in range(state.line_node.shape[0]):
            for tool in range(state.tools_sold.shape[2]):
                for run in range(LANES):
                    state.total[run] += state.maker_part[node, line, tool] * state.tools_sold[line, maker, tool, run]
        for customer in range(state.node_role.shape[0]):
            for run in range(LANES):
                state.total[run] += state.tool_source[node, customer] * state.node_bought[customer, run]
        for run in range(LANES):
            state.node_sales[node, run] += state.total[run]


def sell_materials(state: World) -> None:
    """Materials: a part of the running cost of foundries, memory makers and packaging houses."""
    for run in range(LANES):
        state.total[run] = 0.0
    for node in range(state.node_role.shape[0]):
        for run in range(LANES):
            state.total[run] += materials_cost(state, node, run)
    sell(state, MATERIALS, state.total)
    withhold_minerals(state)


def withhold_minerals(state: World) -> None:
    """Sales to nodes abroad that China's makers of materials give up under counter-controls go to the others."""
    home = 0.0
    for node in range(state.node_role.shape[0]):
        if state.node_role[node] == MATERIALS:
            home += state.node_chinese[node] * state.node_share[node]
    for run in range(LANES):
        state.total[run] = 0.0
    for node in range(state.node_role.shape[0]):
        for run in range(LANES):
            state.total[run] += (1.0 - state.node_chinese[node]) * materials_cost(state, node, run)
    for node in range(state.node_role.shape[0]):
        if state.node_role[node] != MATERIALS:
            continue
        share, chinese = state.node_share[node], state.node_chinese[node]
        for run in range(LANES):
            moved = minerals_moved(share, chinese, home, state.counter_control[run])
            state.node_sales[node, run] += moved * state.total[run]


def materials_cost(state: World, node: int, run: int) -> float:
    """What a node pays for materials, USD bn."""
    uses = state.node_role[node] > DESIGN and state.node_role[node] != MATERIALS
    share = state.parameter[MATERIALS_SHARE, run] * state.parameter[NODE_COST_SHARE, run]
    return select(uses, share * state.node_sales[node, run], 0.0)


def close_books(state: World, node: int, run: int) -> None:
    """Cash of a node: debt fills a gap as far as it goes and is paid back first; owners fill the rest, take profit."""
    sales, tools = state.node_sales[node, run], state.node_bought[node, run]
    cost, materials = state.parameter[NODE_COST_SHARE, run] * sales, materials_cost(state, node, run)
    interest = state.parameter[INTEREST_RATE, run] / 4.0 * state.node_credit[node, run]
    profit = sales - cost - tools - interest
    cash = state.node_cash[node, run] + profit
    drawn = credit_drawn(cash, state.node_credit[node, run], state.parameter[CREDIT_LIMIT, run] * sales)
    state.node_credit[node, run] += drawn
    cash += drawn
    paid = select(cash < 0.0, cash, smaller(state.parameter[PAYOUT_SHARE, run] * larger(profit, 0.0), cash))
    state.node_cash[node, run] = cash - paid
    move(state, RD_OPEX_HALLS, NODES, OUTSIDE, cost - materials, run)
    # makers of tools and materials are nodes too: what they are paid stays in the column
    move(state, TOOLS, NODES, NODES, tools, run)
    move(state, CREDIT_AND_INTEREST, OUTSIDE, NODES, drawn - interest, run)
    move(state, VENDOR_EQUITY, NODES, OUTSIDE, paid, run)


def move(state: World, flow: int, payer: int, payee: int, money: float, run: int) -> None:
    """One payment between sectors, USD bn."""
    state.flows[flow, payer, run] -= money
    state.flows[flow, payee, run] += money
