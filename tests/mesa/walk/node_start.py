"""Build supply nodes from the arrays with which the engine starts a run."""

from __future__ import annotations

from abm.vocabulary import (
    FOUNDRY_CN,
    FOUNDRY_LINE,
    FOUNDRY_WORLD,
    MEMORY_CN,
    MEMORY_LINE,
    MEMORY_WORLD,
    PACKAGING_WORLD,
    TOOLS_CN,
)

from .china import ChinaChain
from .fabs import Foundry, MemoryMaker
from .nodes import Supplier, SupplyNode, Toolmaker
from .world_chain import WorldPackaging

KINDS = {
    **dict.fromkeys(range(TOOLS_CN + 1), Toolmaker),
    **dict.fromkeys((FOUNDRY_WORLD, MEMORY_WORLD, PACKAGING_WORLD), Supplier),
    FOUNDRY_CN: Foundry,
    MEMORY_CN: MemoryMaker,
}
"""Class of a node by role; others are plain."""


def build_nodes(model, world, lane: int) -> None:
    """Nodes, the Chinese lines among them, and the chains that they form."""
    model.nodes = []
    for index, role in enumerate(world.node_role.tolist()):
        node = KINDS.get(role, SupplyNode)(model, index, role)
        node.share, node.chinese = world.node_share[index].item(), world.node_chinese[index].item()
        node.cash, node.orders = world.node_cash[index, lane].item(), world.node_orders[index, lane].item()
        node.capacity = world.node_capacity[index, lane].item()
        model.nodes.append(node)
    for maker in model.nodes:
        if isinstance(maker, Toolmaker):
            maker.parts = world.maker_part[maker.index].tolist()
            shares = zip(model.nodes, world.tool_source[maker.index].tolist(), strict=True)
            maker.customers = [(customer, share) for customer, share in shares if share > 0.0]
    build_lines(model, world, lane)
    model.packaging, model.china = WorldPackaging(model), ChinaChain(model)
    model.packaging.world_orders = world.world_orders[lane].item()
    model.china.tool_hazard = world.tool_hazard[lane].item()


def build_lines(model, world, lane: int) -> None:
    """What lines know of tools and plans."""
    model.lines = [model.nodes[index] for index in world.line_node.tolist()]
    for line, share, weight in zip(model.lines, world.tool_share.tolist(), world.tool_weight.tolist(), strict=True):
        line.maker_share, line.tool_weight = share, weight
    model.foundry, model.memory_maker = model.lines[FOUNDRY_LINE], model.lines[MEMORY_LINE]
    model.foundry.read_plan(world.foundry_plan.tolist())
    model.foundry.experience_reference = world.experience_reference[lane].item()
