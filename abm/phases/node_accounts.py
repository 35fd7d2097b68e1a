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
from abm.rules.numbers import larger, select, smaller
from abm.rules.supply_node import credit_drawn, software_part
from abm.state import World
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
        for run in range(LANES):
            if state.vendor_us[vendor] > 0.0:
                sell_to_american(state, vendor, run)
            else:
                sell_to_chinese(state, vendor, run)
            sell_software(state, step, vendor, run)
            state.billed[vendor, run] = state.input_cost[vendor, run]
            state.input_cost[vendor, run] = 0.0
    sell_to_phones(state)
    sell_equipment(state)
    sell_materials(state)
    for node in range(state.node_role.shape[0]):
        for run in range(LANES):
            close_books(state, node, run)


def sell(state: World, role: int, money: float, run: int) -> None:
    """Sales of a role, each node its share."""
    for node in range(state.node_role.shape[0]):
        if state.node_role[node] == role:
            state.node_sales[node, run] += state.node_share[node] * money


def sell_to_american(state: World, vendor: int, run: int) -> None:
    """A US vendor's bill: memory and packaging at their prices, the rest for wafers."""
    stacks, packages = 0.0, 0.0
    for offer in range(state.offer_kind.shape[0]):
        design = state.design[offer, run]
        if state.offer_vendor[offer] == vendor and design >= 0:
            chips = state.sold_china[offer, run] + state.sold_abroad[offer, run] + state.scrapped[offer, run]
            stacks += chips * state.spec_stacks[design] / THOUSAND
            packages += chips * state.packaging[offer, run] if pooled(state, offer) else 0.0
    bill = state.input_cost[vendor, run]
    memory = smaller(stacks * state.parameter[HBM_PRICE, run], bill)
    packing = smaller(packages * state.parameter[PACKAGING_COST, run] / THOUSAND, bill - memory)
    sell(state, MEMORY_WORLD, memory, run)
    sell(state, PACKAGING_WORLD, packing, run)
    sell(state, FOUNDRY_WORLD, bill - memory - packing, run)


def sell_to_chinese(state: World, vendor: int, run: int) -> None:
    """A Chinese designer's bill: own wafers, memory of both origins, packaging, the rest for foreign foundries."""
    bill = state.input_cost[vendor, run]
    wafers = smaller(state.wafers[vendor, run] * state.parameter[WAFER_PRICE, run] / THOUSAND, bill)
    memory = smaller(state.hbm_arrived[vendor, run] * state.parameter[HBM_PRICE, run], bill - wafers)
    started = state.made[vendor, run] / state.parameter[PACKAGING_YIELD, run]
    packing = smaller(started * state.parameter[PACKAGING_COST, run] / THOUSAND, bill - wafers - memory)
    imported = memory * state.stacks_foreign[run]
    sell(state, FOUNDRY_CN, wafers, run)
    sell(state, MEMORY_WORLD, imported, run)
    sell(state, MEMORY_CN, memory - imported, run)
    sell(state, PACKAGING_CN, packing, run)
    sell(state, FOUNDRY_WORLD, bill - wafers - memory - packing, run)


def sell_software(state: World, step: int, vendor: int, run: int) -> None:
    """Design software and IP, a part of a vendor's R&D; what US makers may not sell to China, Chinese ones do."""
    money = state.parameter[DESIGN_COST_SHARE, run] * state.vendor_rd[vendor, run]
    denied = select(state.vendor_us[vendor] > 0.0, 0.0, state.law_eda[state.arm[run], step])
    home = 0.0
    for node in range(state.node_role.shape[0]):
        if state.node_role[node] == DESIGN:
            home += state.node_chinese[node] * state.node_share[node]
    for node in range(state.node_role.shape[0]):
        if state.node_role[node] == DESIGN:
            part = software_part(state.node_share[node], state.node_chinese[node], home, denied)
            state.node_sales[node, run] += part * money
    move(state, RD_OPEX_HALLS, OUTSIDE, NODES, money, run)


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
            money = 0.0
            for line in range(state.line_node.shape[0]):
                for tool in range(state.tools_sold.shape[2]):
                    money += state.maker_part[node, line, tool] * state.tools_sold[line, maker, tool, run]
            for customer in range(state.node_role.shape[0]):
                money += state.tool_source[node, customer] * state.node_bought[customer, run]
            state.node_sales[node, run] += money


def sell_materials(state: World) -> None:
    """Materials: a part of the running cost of foundries, memory makers and packaging houses."""
    for run in range(LANES):
        money = 0.0
        for node in range(state.node_role.shape[0]):
            money += materials_cost(state, node, run)
        sell(state, MATERIALS, money, run)


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
