"""Deliveries along the supply network in a quarter of one run: tools, wafers, memory, packaging, chips (MODEL 3)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from abm.edges import (
    CHIPS,
    UNLIMITED,
    Edge,
    deliverable,
    links,
    nodes_in_role,
    offer_key,
    purchases,
    vendor_names,
)
from abm.parameter_index import (
    DESIGN_COST_SHARE,
    DIVERTED_DIES,
    DOMESTIC_TOOL_GROWTH,
    HBM_IMPORT_CAP,
    HBM_PRICE,
    MATERIALS_SHARE,
    NODE_COST_SHARE,
    PACKAGING_COST,
    PACKAGING_YIELD,
    PHONE_SHARE,
    WAFER_PRICE,
    WAFER_RAMP,
)
from abm.phases.clear import pooled
from abm.phases.tiers import memory_open, software_denial, tool_denial
from abm.rules.numbers import exp
from abm.rules.supply_node import software_part
from abm.view import RunView
from abm.vocabulary import FOUNDRY_LINE, LINES, MEMORY_LINE, TOOL_CLASSES, TOOL_MAKERS

TOOLS = "fab_equipment"
MONEY = "USD bn"
DIES = "thousand dies"
STACKS = "million stacks"
BROKERS = "channel:diversion"
"""Key of the intermediaries through which foundry dies reach designers that law cuts off."""


def supply(run: RunView) -> tuple[Edge, ...]:
    """All deliveries of the quarter from toolmakers to AI firms, tier by tier; one edge a pair of nodes."""

    def read() -> tuple[Edge, ...]:
        china = (
            *_tools(run),
            *_software(run),
            *_materials(run),
            *_wafers(run),
            *_foreign_dies(run),
            *_memory(run),
            *_packaging(run),
        )
        return (*china, *_world_inputs(run), *_lines(run), *purchases(run))

    return run.kept("supply", read)


def parameter(run: RunView, row: int) -> float:
    """Value of a parameter in this run."""
    return run.number("parameter", row)


# --- China's chain ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ToolPurchase:
    """Tools of one class from one country, USD bn: bought, and `open` to be bought; `legal` is the share not denied."""

    country: str
    tool: str
    bought: float
    open: float
    legal: float


def tool_purchases(run: RunView, line: int = FOUNDRY_LINE) -> tuple[ToolPurchase, ...]:
    """Tools bought for one of China's advanced lines, its bank included, by class and country of the maker."""
    world, step = run.world, run.law_step
    growth = exp(parameter(run, DOMESTIC_TOOL_GROWTH) * step)
    found: list[ToolPurchase] = []
    for maker, country in enumerate(TOOL_MAKERS):
        for place, tool in enumerate(TOOL_CLASSES):
            home = country == "CN"
            legal = 1.0 if home else 1.0 - float(tool_denial(world, step, maker, place, False, run.lane))
            share = float(world.tool_share[line, maker, place])
            if share == 0.0:
                continue
            offered = min(share * growth, 1.0) if home else share * legal
            wanted = run.number("tools_wanted", line) * float(world.tool_weight[line, place])
            bought = run.number("tools_sold", line, maker, place)
            found.append(ToolPurchase(country, tool, bought, max(offered * wanted, bought), legal))
    return tuple(found)


def _tools(run: RunView) -> Iterator[Edge]:
    """Tools for Chinese lines and for the world's nodes, by maker; a maker of several classes has one edge to each."""
    merged: dict[tuple[str, str], Edge] = {}
    for line, role in enumerate(LINES):
        for customer in nodes_in_role(run, role):
            for one in tool_purchases(run, line):
                for maker in nodes_in_role(run, f"tools_{one.country.lower()}"):
                    tool = TOOL_CLASSES.index(one.tool)
                    share = float(run.world.maker_part[node_place(run, maker), line, tool])
                    if share > 0.0:
                        bought, rows = share * one.bought, _rows(run, maker, customer, TOOLS)
                        edge = Edge(
                            maker, customer, TOOLS, MONEY, bought, share * one.open, bought, one.legal, rows=rows
                        )
                        key = maker, customer
                        merged[key] = _merged(merged[key], edge) if key in merged else edge
    yield from merged.values()
    for place, node in enumerate(run.plan.world.nodes):
        for source, seller in enumerate(run.plan.world.nodes):
            share = float(run.world.tool_source[source, place])
            if share > 0.0:
                bought = share * run.number("node_bought", place)
                rows = _rows(run, seller.id, node.id, TOOLS)
                yield Edge(seller.id, node.id, TOOLS, MONEY, bought, UNLIMITED, bought, rows=rows)


def node_place(run: RunView, name: str) -> int:
    """Place of a supply node in the world file."""
    return next(place for place, node in enumerate(run.plan.world.nodes) if node.id == name)


def suppliers(run: RunView, role: str) -> list[tuple[str, float]]:
    """Nodes of a role with their part in what it sells."""
    return [(name, float(run.world.node_share[node_place(run, name)])) for name in nodes_in_role(run, role)]


def _rows(run: RunView, supplier: str, customer: str, stage: str) -> tuple[str, ...]:
    """Rows of supply_links.csv between two supply nodes."""
    nodes = run.plan.world.nodes
    seller, buyer = (nodes[node_place(run, name)].firm_id for name in (supplier, customer))
    return links(run).rows(seller, [buyer], stage)


def _rows_to_vendor(run: RunView, supplier: str, vendor: int, stage: str) -> tuple[str, ...]:
    """Rows of supply_links.csv between a supply node and a vendor."""
    seller = run.plan.world.nodes[node_place(run, supplier)].firm_id
    return links(run).rows(seller, vendor_names(run, vendor), stage)


def _software(run: RunView) -> Iterator[Edge]:
    """Design software and IP of vendors, in the shares of `abm.phases.node_accounts.sell_software`."""
    world = run.world
    for place, vendor in enumerate(run.plan.world.vendors):
        paid = parameter(run, DESIGN_COST_SHARE) * run.number("vendor_rd", place)
        barred = 0.0 if world.vendor_us[place] > 0.0 else float(software_denial(world, run.law_step, run.lane))
        makers = [
            (node, share, float(world.node_chinese[node_place(run, node)])) for node, share in suppliers(run, "design")
        ]
        home = sum(share for _, share, chinese in makers if chinese > 0.0)
        for node, share, chinese in makers:
            flow = software_part(share, chinese, home, barred) * paid
            rows, legal = _rows_to_vendor(run, node, place, "design"), 1.0 if chinese > 0.0 else 1.0 - barred
            yield Edge(
                node, vendor.id, "design", MONEY, flow, UNLIMITED if legal > 0.0 else 0.0, flow, legal, rows=rows
            )


def _materials(run: RunView) -> Iterator[Edge]:
    """Materials of foundries, memory makers and packaging houses: a part of their running cost."""
    for place, node in enumerate(run.plan.world.nodes):
        if node.role.startswith(("foundry", "memory", "packaging")):
            cost = parameter(run, NODE_COST_SHARE) * run.number("node_sales", place)
            for maker, share in suppliers(run, "materials"):
                paid = share * parameter(run, MATERIALS_SHARE) * cost
                rows = _rows(run, maker, node.id, "materials")
                yield Edge(maker, node.id, "materials", MONEY, paid, UNLIMITED, paid, rows=rows)


def _merged(one: Edge, other: Edge) -> Edge:
    """Two deliveries of the same pair as one; the stricter law counts."""
    return replace(
        one,
        flow=one.flow + other.flow,
        capacity=one.capacity + other.capacity,
        value=one.value + other.value,
        legal=min(one.legal, other.legal),
        status="",
    )


def designers(run: RunView) -> list[int]:
    """Chinese designers whose main line has a design."""
    world = run.world
    return [
        place
        for place in range(len(world.vendor_us))
        if world.vendor_us[place] < 1.0 and world.design[world.vendor_line[place], run.lane] >= 0
    ]


def ai_wafer_capacity(run: RunView) -> float:
    """Thousand wafers a quarter of the 7 nm-class lines that phones and ramp leave to AI chips."""
    place = int(run.world.line_node[FOUNDRY_LINE])
    return (1.0 - parameter(run, PHONE_SHARE)) * parameter(run, WAFER_RAMP) * run.number("node_capacity", place)


def _wafers(run: RunView) -> Iterator[Edge]:
    """Wafers started at China's own foundry."""
    capacity, price = ai_wafer_capacity(run), parameter(run, WAFER_PRICE) / 1000.0
    for foundry in nodes_in_role(run, "foundry_cn"):
        for place in designers(run):
            started, rows = run.number("wafers", place), _rows_to_vendor(run, foundry, place, "foundry")
            vendor = run.plan.world.vendors[place].id
            yield Edge(foundry, vendor, "foundry", "thousand wafers", started, capacity, price * started, rows=rows)


def split_foreign(total: float, legal: float, hidden_at_most: float) -> tuple[float, float]:
    """Good dies from abroad as bought openly and through intermediaries, from their sum.

    Openly comes the legal share of what is wanted, through intermediaries the rest up to a limit: if the limit did not
    bind, the sum is what was wanted.
    """
    hidden = min(total * (1.0 - legal), hidden_at_most)
    return total - hidden, hidden


def _foreign_dies(run: RunView) -> Iterator[Edge]:
    """Good dies from foreign foundries: openly as far as law lets them, else through intermediaries."""
    world, step = run.world, run.law_step
    limit = parameter(run, DIVERTED_DIES) * float(world.law_diversion[run.arm, step])
    for foundry, share in suppliers(run, "foundry_world"):
        diverted, paid = 0.0, 0.0
        for place in designers(run):
            legal = float(world.law_foundry[run.arm, step, world.design[world.vendor_line[place], run.lane]])
            hidden_limit = limit * float(world.diverts[place])
            bought, hidden = split_foreign(run.number("foreign_wafers", place), legal, hidden_limit)
            vendor, price = run.plan.world.vendors[place].id, _die_price(run, place)
            capacity = UNLIMITED if legal > 0.0 else 0.0
            rows, flow = _rows_to_vendor(run, foundry, place, "foundry"), share * bought
            yield Edge(foundry, vendor, "foundry", DIES, flow, capacity, price * flow, legal, rows=rows)
            diverted, paid = diverted + share * hidden, paid + price * share * hidden
        if limit > 0.0:
            yield Edge(foundry, BROKERS, "foundry", DIES, diverted, UNLIMITED, paid, 0.0, "evasion")
    for place in designers(run):
        if limit * float(world.diverts[place]) > 0.0:
            legal = float(world.law_foundry[run.arm, step, world.design[world.vendor_line[place], run.lane]])
            hidden = split_foreign(run.number("foreign_wafers", place), legal, limit)[1]
            vendor, value = run.plan.world.vendors[place].id, _die_price(run, place) * hidden
            yield Edge(BROKERS, vendor, "foundry", DIES, hidden, limit, value, 0.0, "evasion")


def _die_price(run: RunView, vendor: int) -> float:
    """USD bn per thousand dies from abroad, as billed: what memory and packaging leave of a package's cost."""
    line = int(run.world.vendor_line[vendor])
    design = run.plan.designs[int(run.world.design[line, run.lane])]
    each = run.number("unit_cost", line) * parameter(run, PACKAGING_YIELD)
    each -= design.hbm_stacks * parameter(run, HBM_PRICE) + parameter(run, PACKAGING_COST)
    return max(each, 0.0) / max(design.dies_per_package, 1.0) / 1000.0


def _memory(run: RunView) -> Iterator[Edge]:
    """HBM of Chinese designers: imports as far as law lets them and China's own output, in proportion to both."""
    legal = float(memory_open(run.world, run.law_step, False, run.lane))
    imports, foreign = legal * parameter(run, HBM_IMPORT_CAP), run.number("stacks_foreign")
    maker = int(run.world.line_node[MEMORY_LINE])
    own = run.number("node_stock", maker) + run.number("node_used", maker)
    sources = [(node, part * imports, part * foreign, legal) for node, part in suppliers(run, "memory_world")]
    sources += [(node, own, 1.0 - foreign, 1.0) for node in nodes_in_role(run, "memory_cn") if own > 0.0]
    for place in designers(run):
        vendor, arrived = run.plan.world.vendors[place].id, run.number("hbm_arrived", place)
        for node, capacity, share, allowed in sources:
            flow, rows = share * arrived, _rows_to_vendor(run, node, place, "memory")
            value = parameter(run, HBM_PRICE) * flow
            yield Edge(node, vendor, "memory", STACKS, flow, capacity, value, allowed, rows=rows)


def _packaging(run: RunView) -> Iterator[Edge]:
    """Packages that Chinese designers had finished at home; those lost in packaging are paid too."""
    price = parameter(run, PACKAGING_COST) / parameter(run, PACKAGING_YIELD) / 1000.0
    for node in nodes_in_role(run, "packaging_cn"):
        capacity = run.number("node_capacity", node_place(run, node))
        for place in designers(run):
            made, rows = run.number("made", place), _rows_to_vendor(run, node, place, "packaging")
            vendor = run.plan.world.vendors[place].id
            yield Edge(node, vendor, "packaging", "thousand packages", made, capacity, price * made, rows=rows)


# --- the world's chain ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Content:
    """What the chips that a US vendor sold or wrote off contain, and what their inputs cost, USD bn."""

    dies: float
    stacks: float
    packages: float
    bill: float


def content(run: RunView, vendor: int) -> Content:
    """Dies (thousand), HBM stacks (million) and claims on world packaging (thousand, H100 = 1) of a quarter's chips."""
    world, lane = run.world, run.lane
    dies, stacks, packages, bill = 0.0, 0.0, 0.0, 0.0
    for offer in range(len(world.offer_vendor)):
        design = run.design(offer)
        if design is None or world.offer_vendor[offer] != vendor:
            continue
        chips = float(world.sold_china[offer, lane] + world.sold_abroad[offer, lane] + world.scrapped[offer, lane])
        dies += chips * max(design.dies_per_package, 1.0)
        stacks += chips * design.hbm_stacks / 1000.0
        packages += chips * run.number("packaging", offer) if pooled(world, offer) else 0.0
        bill += chips * run.number("unit_cost", offer) / 1000.0
    return Content(dies, stacks, packages, bill)


def _world_inputs(run: RunView) -> Iterator[Edge]:
    """Inputs of US vendors, which no rule binds; dies are valued by what memory and packaging leave of the bill."""
    for place in range(len(run.world.vendor_us)):
        if run.world.vendor_us[place] < 1.0:
            continue
        vendor, used = run.plan.world.vendors[place].id, content(run, place)
        memory = min(parameter(run, HBM_PRICE) * used.stacks, used.bill)
        packing = min(parameter(run, PACKAGING_COST) * used.packages / 1000.0, used.bill - memory)
        left = used.bill - memory - packing
        for node, share in suppliers(run, "foundry_world"):
            rows = _rows_to_vendor(run, node, place, "foundry")
            yield Edge(node, vendor, "foundry", DIES, share * used.dies, UNLIMITED, share * left, rows=rows)
        for node, share in suppliers(run, "memory_world"):
            rows = _rows_to_vendor(run, node, place, "memory")
            yield Edge(node, vendor, "memory", STACKS, share * used.stacks, UNLIMITED, share * memory, rows=rows)
        for node, share in suppliers(run, "packaging_world"):
            capacity = share * (used.packages + run.number("world_left"))
            unit, flow = "thousand packages, H100 = 1", share * used.packages
            yield Edge(node, vendor, "packaging", unit, flow, capacity, share * packing)


def _lines(run: RunView) -> Iterator[Edge]:
    """Chips of a vendor sold through each of its offers, valued at what buyers paid."""
    paid: dict[str, float] = {}
    for edge in purchases(run):
        paid[edge.supplier] = paid.get(edge.supplier, 0.0) + edge.value
    for place, offer in enumerate(run.plan.world.offers):
        if run.design(place) is None or offer.kind == "rental":
            continue
        key, grey = offer_key(offer.id), offer.kind == "grey"
        chips = run.number("sold_china", place) + run.number("sold_abroad", place)
        rows = links(run).rows(offer.vendor, ["GREYMKT"], "accelerator") if grey else ()
        status = "evasion" if grey else "free"
        value, capacity = paid.get(key, 0.0), deliverable(run, place)
        yield Edge(offer.vendor, key, "line", CHIPS, chips, capacity, value, 1.0, status, rows)
