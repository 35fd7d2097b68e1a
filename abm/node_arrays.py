"""Arrays of supply nodes: what each does, its part in its tier, and whose tools it buys (MODEL 3, 4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from abm.state import Floats
from abm.tables import DataPack, Row, number
from abm.vocabulary import (
    LINES,
    PACKAGING_WORLD,
    QUARTERS,
    ROLES,
    TOOL_CLASSES,
    TOOL_MAKERS,
)
from abm.worldfile import WorldFile

STAGES = {"foundry_world": "foundry", "memory_world": "memory", "packaging_world": "packaging"}
"""Stage of supply_links.csv whose shares tell the suppliers of a tier apart."""


def node_arrays(world: WorldFile, pack: DataPack) -> dict[str, Any]:
    """Arrays without a run axis of nodes and of the Chinese lines that buy tools."""
    country = {str(row["firm_id"]): str(row["country"]) for row in pack.firms}
    lines = [next(place for place, node in enumerate(world.nodes) if node.role == role) for role in LINES]
    shares = [_tool_shares(pack, world.nodes[place].firm_id) for place in lines]
    return {
        "node_role": [ROLES.index(node.role) for node in world.nodes],
        "node_chinese": [float(country[node.firm_id] == "CN") for node in world.nodes],
        "node_share": _role_shares(world, pack),
        "line_node": lines,
        "tool_share": np.stack([share / share.sum(axis=0) for share in shares]),
        "tool_weight": np.stack([share.sum(axis=0) / share.sum() for share in shares]),
        "maker_part": _maker_parts(world, pack, lines),
        "tool_source": _tool_sources(world, pack),
        "foundry_plan": _foundry_plan(world),
    }


def tool_class(row: Row) -> int:
    """Class of the tools of a row; other tools are counted with metrology."""
    name = str(row["tool_class"])
    return TOOL_CLASSES.index(name if name in TOOL_CLASSES else "metrology")


def _tool_rows(pack: DataPack, customer: str) -> list[Row]:
    return [row for row in pack.supply_links.where(customer=customer, edge_kind="capital") if row["share_pct"]]


def _tool_shares(pack: DataPack, customer: str) -> Floats:
    """Percent of a customer's tools by country of the maker and class."""
    shares = np.zeros((len(TOOL_MAKERS), len(TOOL_CLASSES)))
    for row in _tool_rows(pack, customer):
        shares[TOOL_MAKERS.index(str(row["supplier_country"])), tool_class(row)] += number(row, "share_pct")
    return shares


def _maker_parts(world: WorldFile, pack: DataPack, lines: list[int]) -> Floats:
    """Share of each toolmaker in what its country sells of a class to a line; equal where the table names none."""
    parts = np.zeros((len(world.nodes), len(lines), len(TOOL_CLASSES)))
    for line, place in enumerate(lines):
        for row in _tool_rows(pack, world.nodes[place].firm_id):
            for maker, node in enumerate(world.nodes):
                if node.firm_id == row["supplier"]:
                    parts[maker, line, tool_class(row)] += number(row, "share_pct")
    for country in TOOL_MAKERS:
        mine = np.array([node.role == f"tools_{country.lower()}" for node in world.nodes])
        total = parts[mine].sum(axis=0)
        parts[mine] = np.where(total > 0.0, parts[mine] / np.where(total > 0.0, total, 1.0), 1.0 / mine.sum())
    return parts


def _tool_sources(world: WorldFile, pack: DataPack) -> Floats:
    """Share of each toolmaker in a world node's tools; nodes without rows buy as the others do on average."""
    sources = np.zeros((len(world.nodes), len(world.nodes)))
    makers = [place for place, node in enumerate(world.nodes) if node.role.startswith("tools_")]
    buyers = [place for place, node in enumerate(world.nodes) if node.role in STAGES]
    for customer in buyers:
        for row in _tool_rows(pack, world.nodes[customer].firm_id):
            for maker in makers:
                if world.nodes[maker].firm_id == row["supplier"]:
                    sources[maker, customer] = number(row, "share_pct")
    known = [customer for customer in buyers if sources[:, customer].sum() > 0.0]
    usual = sources[:, known].sum(axis=1) if known else np.isin(np.arange(len(world.nodes)), makers) * 1.0
    for customer in buyers:
        column = sources[:, customer] if customer in known else usual
        sources[:, customer] = column / column.sum()
    return sources


def _role_shares(world: WorldFile, pack: DataPack) -> Floats:
    """Part of each node in what its role sells: the world file's, else supply_links.csv's, else equal."""
    shares = np.zeros(len(world.nodes))
    for role in ROLES:
        mine = [place for place, node in enumerate(world.nodes) if node.role == role]
        sizes = np.array([world.nodes[place].share for place in mine])
        if not sizes.any() and role in STAGES:
            sizes = np.array([_link_share(pack, world.nodes[place].firm_id, STAGES[role]) for place in mine])
        if not sizes.any():
            sizes = np.ones(len(mine))
        shares[mine] = sizes / sizes.sum()
    return shares


def _link_share(pack: DataPack, supplier: str, stage: str) -> float:
    rows = pack.supply_links.where(supplier=supplier, stage=stage)
    known = [number(row, "share_pct") for row in rows if row["customer_country"] != "CN" and row["share_pct"]]
    return max(known, default=0.0)


def _foundry_plan(world: WorldFile) -> Floats:
    quarters = [t for t, _ in world.foundry_plan]
    plan: Floats = np.interp(np.arange(QUARTERS), quarters, [value for _, value in world.foundry_plan])
    return plan


def start_nodes(
    world: WorldFile,
    pack: DataPack,
    static: Mapping[str, Any],
    orders: Mapping[int, Floats],
    slack: Mapping[int, Floats],
) -> dict[str, Floats]:
    """Cash, orders and capacity of nodes in 2020Q1, from orders and slack of each tier of the world's chain."""
    runs = len(orders[PACKAGING_WORLD])
    cash, ordered, capacity = (np.zeros((len(world.nodes), runs)) for _ in range(3))
    for place, (node, role) in enumerate(zip(world.nodes, static["node_role"], strict=True)):
        if node.cash:
            cash[place] = number(pack.initial.one(entity=node.cash, quantity="cash"), "value")
        if int(role) in orders:
            ordered[place] = static["node_share"][place] * orders[int(role)]
            capacity[place] = ordered[place] * (1.0 + slack[int(role)])
    return {"node_cash": cash, "node_orders": ordered, "node_capacity": capacity}
