"""The laws of supply nodes worked out again: tiers, tools and banks, cash, and what vendors owe them."""

from __future__ import annotations

import numpy as np
from balance import TINY, at_most, close

from abm.vocabulary import (
    COMPLIANCE,
    DESIGN,
    FOUNDRY_WORLD,
    MATERIALS,
    MEMORY_WORLD,
    PACKAGING_WORLD,
    RING,
)


def input_bills(f):
    """Wafers, memory and packaging that each vendor pays, USD bn: (vendor, run)."""
    now, bills = f.now, np.zeros_like(f.now.billed)
    units = f.home + f.abroad + f.lost + np.where((f.kind == COMPLIANCE)[:, None], now.scrapped, 0.0)
    for offer, vendor in enumerate(f.vendor):
        if not f.chinese[vendor] or not f.main[offer]:
            bills[vendor] += units[offer] * now.unit_cost[offer] / 1000.0
    for vendor in np.flatnonzero(f.chinese):
        line = now.vendor_line[vendor]
        area = now.spec_area[f.place[line]] / now.spec_dies[f.place[line]]
        good = 78.0 * 665.6 / area * now.yield_domestic ** (area / 665.6)
        die = f.p["wafer_price"] / np.maximum(good, 1.0)
        bill = (now.wafers[vendor] * f.p["wafer_price"] + now.foreign_wafers[vendor] * die) / 1000.0
        bill = bill + now.hbm_arrived[vendor] * f.p["hbm_price"]
        bill = bill + now.made[vendor] / f.p["packaging_yield"] * f.p["packaging_cost"] / 1000.0
        bills[vendor] += np.where(f.on_sale[line], bill, 0.0)
    return bills


def tiers(f):
    """World nodes: capacity grows by what was ordered, stock' = stock + made - used; packages use up their inputs."""
    now, was, slot = f.now, f.was, f.step % RING
    world = np.isin(now.node_role, (FOUNDRY_WORLD, MEMORY_WORLD, PACKAGING_WORLD))
    grown = was.node_capacity * np.exp(was.node_coming[:, slot])
    close("world capacity", now.node_capacity[world], grown[world], step=f.step)
    at_most("made within capacity", now.node_made, now.node_capacity + TINY, now.node_capacity, f.step)
    there = was.node_stock + now.node_made
    close("unsold output", now.node_stock, there - now.node_used, there, f.step)
    orders = np.maximum(was.world_orders, TINY)
    for role in (FOUNDRY_WORLD, MEMORY_WORLD):
        mine = now.node_role == role
        each = was.node_orders[mine].sum(axis=0) / orders
        at_most(
            "inputs of packages",
            each * now.world_made,
            now.node_used[mine].sum(axis=0),
            there[mine].sum(axis=0),
            f.step,
        )
    world &= (was.node_tools > 0.0).all(axis=1)
    wear = f.p["tool_wear"] * was.node_made / np.maximum(now.node_capacity, TINY)
    kept = was.node_tools * (1.0 - wear) + now.node_bought
    close("tools of world nodes", now.node_tools[world], kept[world], step=f.step)


def tools(f):
    """Tools wear and arrive; bank' = bank + bought - put to use; makers sell no more than law lets them."""
    now, was, slot = f.now, f.was, f.step % RING
    wear = 1.0 - f.p["tool_wear"] - f.p["service_wear"] * now.law_service[f.arm, f.step]
    for line, node in enumerate(now.line_node):
        close(
            "tools in use",
            now.node_tools[node],
            was.node_tools[node] * wear + was.tools_coming[line, slot],
            step=f.step,
        )
        placed = now.tools_placed[line].sum(axis=0)
        coming = was.tools_coming[line].sum(axis=0) - was.tools_coming[line, slot] + placed
        close("tools on their way", now.tools_coming[line].sum(axis=0), coming, coming, f.step)
        close("tools put to use", placed, now.tools_wanted[line] * now.tool_access[line], step=f.step)
        sold = now.tools_sold[line].sum(axis=0)
        there = was.tool_bank[line] + sold
        close("tool banks", now.tool_bank[line], there - now.tools_placed[line], there, f.step)
        close("tools bought", now.node_bought[node], sold.sum(axis=0), step=f.step)
        denied = now.law_tools[f.arm, f.step].transpose(1, 2, 0)
        wanted = now.tools_wanted[line] * now.tool_weight[line][:, None]
        legal = now.tool_share[line][:3, :, None] * (1.0 - denied) * wanted + now.tools_stored[line]
        at_most("tools sold as law allows", now.tools_sold[line][:3], legal, wanted, f.step)


def nodes(f):
    """Cash of every node follows from its sales, costs, tools, debt and owners; debt is limited; sales have a payer."""
    now, was = f.now, f.was
    role = now.node_role
    interest = f.p["interest_rate"] / 4.0 * was.node_credit
    before = now.node_sales * (1.0 - f.p["node_cost_share"]) - now.node_bought - interest
    drawn = now.node_credit - was.node_credit
    given = np.zeros_like(drawn)
    given[now.line_node] = now.tool_grant
    owners_paid = was.node_cash + before + given + drawn - now.node_cash
    profit = np.maximum(before, 0.0)
    at_most("payout of nodes", owners_paid, f.p["payout_share"] * profit, now.node_sales, f.step)
    room = np.maximum(was.node_credit, f.p["credit_limit"] * now.node_sales)
    at_most("debt of nodes", now.node_credit, room, step=f.step)
    bills = input_bills(f).sum(axis=0)
    phones = now.node_capacity[now.line_node[0]] * f.p["phone_share"] * f.p["wafer_price"] / 1000.0
    chain = (role > DESIGN) & (role != MATERIALS)
    close("sales of inputs", now.node_sales[chain].sum(axis=0), bills + phones, step=f.step)
    close("sales of tools", now.node_sales[role < DESIGN].sum(axis=0), now.node_bought.sum(axis=0), step=f.step)
    software = f.p["design_cost_share"] * now.vendor_rd.sum(axis=0)
    close("sales of software", now.node_sales[role == DESIGN].sum(axis=0), software, step=f.step)
