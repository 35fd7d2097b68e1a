"""Deliveries along the supply network in a quarter of one run: tools, wafers, dies, memory, packaging, chips (MODEL 3)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from abm.edges import CHIPS, UNLIMITED, Edge, deliverable, links, nodes_in_role, offer_key, partly, purchases, vendor_names
from abm.parameter_index import (
    DIVERTED_DIES,
    DOMESTIC_PACKAGING_2024,
    DOMESTIC_PACKAGING_GROWTH,
    DOMESTIC_TOOL_GROWTH,
    HBM_IMPORT_CAP,
    HBM_PRICE,
    PACKAGING_COST,
    PACKAGING_YIELD,
    PHONE_SHARE,
    WAFER_PRICE,
    WAFER_RAMP,
)
from abm.phases.clear import pooled
from abm.phases.produce import DATA_YEAR, home_memory
from abm.rules.numbers import exp
from abm.view import RunView
from abm.vocabulary import JURISDICTIONS, TOOL_CLASSES

BROKERS = "channel:diversion"
"""Key of the intermediaries through which foundry dies reach designers that law cuts off."""


def supply(run: RunView) -> tuple[Edge, ...]:
    """All deliveries of the quarter from toolmakers to AI firms, tier by tier; one edge a pair of nodes and stage."""

    def read() -> tuple[Edge, ...]:
        inputs = (*_tools(run), *_wafers(run), *_foreign_dies(run), *_memory(run), *_packaging(run), *_world_inputs(run))
        return (*inputs, *_lines(run), *purchases(run))

    return run.kept("supply", read)


def parameter(run: RunView, row: int) -> float:
    """Value of a parameter in this run."""
    return run.number("parameter", row)


# --- China's chain ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ToolPurchase:
    """Tools of one class from one country, USD bn: bought, and `open` to be bought; `legal` share not denied."""

    country: str
    tool: str
    bought: float
    open: float
    legal: float


def tool_purchases(run: RunView) -> tuple[ToolPurchase, ...]:
    """Tools bought for China's advanced lines by class and country of the maker.

    Within a class, Chinese makers keep their share and foreign ones fill the rest as far as their laws let them; the
    purchase is spread over classes by what can be had of each (`abm.phases.produce.tool_access`).
    """
    world, step = run.world, run.law_step
    orders, access = run.number("tool_orders"), run.number("tool_access")
    growth = exp(parameter(run, DOMESTIC_TOOL_GROWTH) * step)
    had: list[tuple[str, str, float, float]] = []
    for place, tool in enumerate(TOOL_CLASSES):
        weight = float(world.tool_weight[place])
        home = min(float(world.tool_share_home[place]) * growth, 1.0)
        sizes = (world.tool_share_us[place], world.tool_share_nl[place], world.tool_share_jp[place])
        denied = [float(value) for value in world.law_tools[run.arm, step, :, place]]
        foreign = [float(size) * (1.0 - share) for size, share in zip(sizes, denied, strict=True)]
        fits = min(1.0, (1.0 - home) / sum(foreign)) if sum(foreign) > 0.0 else 0.0
        for country, size, share, all_of_it in zip(JURISDICTIONS, foreign, denied, sizes, strict=True):
            if all_of_it > 0.0:
                had.append((country, tool, weight * fits * size, 1.0 - share))
        if home > 0.0:
            had.append(("CN", tool, weight * home, 1.0))
    total = sum(size for _, _, size, _ in had)
    wanted = orders / access if access > 0.0 else 0.0
    each = orders / total if total > 0.0 else 0.0
    return tuple(ToolPurchase(country, tool, each * size, wanted * size, legal) for country, tool, size, legal in had)


def _tools(run: RunView) -> Iterator[Edge]:
    """Tools for the advanced lines, by maker."""
    foundry = next(iter(nodes_in_role(run, "foundry_cn")), None)
    if foundry is None:
        return
    stage, merged = "fab_equipment", dict[str, Edge]()
    for one in tool_purchases(run):
        makers = links(run).shares(nodes_in_role(run, f"tools_{one.country.lower()}"), foundry, stage, one.tool)
        for maker, share in makers.items():
            rows = links(run).rows([maker], [foundry], stage)
            bought = share * one.bought
            edge = Edge(maker, foundry, stage, "capital", bought, share * one.open, "USD bn", bought, one.legal,
                        partly(one.legal), rows)  # fmt: skip
            merged[maker] = _merged(merged[maker], edge) if maker in merged else edge
    yield from merged.values()


def _merged(one: Edge, other: Edge) -> Edge:
    """Two classes of tools of one maker as one delivery; the stricter law counts."""
    legal = min(one.legal, other.legal)
    flow, capacity = one.flow + other.flow, one.capacity + other.capacity
    return replace(one, flow=flow, capacity=capacity, value=one.value + other.value, legal=legal, status=partly(legal))


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
    left = (1.0 - parameter(run, PHONE_SHARE)) * parameter(run, WAFER_RAMP)
    return left * run.number("advanced_wafers")


def _wafers(run: RunView) -> Iterator[Edge]:
    """Wafers started at China's own foundry."""
    price = parameter(run, WAFER_PRICE) / 1000.0
    for foundry in nodes_in_role(run, "foundry_cn")[:1]:
        for place in designers(run):
            vendor, flow = run.plan.world.vendors[place], run.number("wafers", place)
            rows = links(run).rows([foundry], vendor_names(run, place), "foundry")
            yield Edge(foundry, vendor.id, "foundry", "flow", flow, ai_wafer_capacity(run), "thousand wafers",
                       price * flow, 1.0, "free", rows)  # fmt: skip


def foreign_foundry(run: RunView, vendor: int) -> str | None:
    """Foreign foundry of a designer: the one that supply_links.csv names, else the world's first."""
    known = [node.id for node in run.plan.world.nodes if node.role in ("foundry_world", "memory_world")]
    named = [one for one in known if links(run).rows([one], vendor_names(run, vendor), "foundry")]
    return next(iter([*named, *nodes_in_role(run, "foundry_world")]), None)


def split_foreign(total: float, legal: float, hidden_at_most: float) -> tuple[float, float]:
    """Good dies from abroad as bought openly and through intermediaries, from their sum.

    Openly comes `legal` of what is wanted, through intermediaries the rest up to a limit: if the limit did not bind,
    the sum is what was wanted.
    """
    hidden = total * (1.0 - legal)
    return (total - hidden, hidden) if hidden <= hidden_at_most else (total - hidden_at_most, hidden_at_most)


def _foreign_dies(run: RunView) -> Iterator[Edge]:
    """Good dies from foreign foundries: openly as far as law lets them, else through intermediaries."""
    world, step = run.world, run.law_step
    limit = parameter(run, DIVERTED_DIES) * float(world.law_diversion[run.arm, step])
    diverted: dict[str, Edge] = {}
    for place in designers(run):
        vendor, foundry = run.plan.world.vendors[place], foreign_foundry(run, place)
        if foundry is None:
            continue
        total = run.number("foreign_wafers", place)
        legal = float(world.law_foundry[run.arm, step, world.design[world.vendor_line[place], run.lane]])
        open_flow, hidden = split_foreign(total, legal, limit * float(world.diverts[place]))
        price = _die_price(run, place)
        edge = Edge(foundry, vendor.id, "foundry", "flow", open_flow, UNLIMITED if legal > 0.0 else 0.0, "thousand dies",
                    price * open_flow, legal, partly(legal),
                    links(run).rows([foundry], vendor_names(run, place), "foundry"))  # fmt: skip
        yield edge
        if hidden > 0.0:
            later = replace(edge, supplier=BROKERS, flow=hidden, capacity=limit, value=price * hidden, legal=0.0,
                            status="evasion", rows=())  # fmt: skip
            first = replace(later, supplier=foundry, customer=BROKERS, rows=edge.rows)
            before = diverted.get(foundry)
            diverted[foundry] = first if before is None else _merged(before, first)
            yield later
    yield from (replace(edge, status="evasion") for edge in diverted.values())


def _die_price(run: RunView, vendor: int) -> float:
    """USD bn per thousand dies, as the model bills dies from abroad: what is left of the cost of a package."""
    line = int(run.world.vendor_line[vendor])
    design = run.plan.designs[int(run.world.design[line, run.lane])]
    each = run.number("unit_cost", line) * parameter(run, PACKAGING_YIELD)
    each -= design.hbm_stacks * parameter(run, HBM_PRICE) + parameter(run, PACKAGING_COST)
    return max(each, 0.0) / max(design.dies_per_package, 1.0) / 1000.0


def _memory(run: RunView) -> Iterator[Edge]:
    """HBM of Chinese designers: imports as far as law lets them and China's own output, in proportion to both."""
    legal = float(run.world.law_hbm[run.arm, run.law_step])
    imports = legal * parameter(run, HBM_IMPORT_CAP)
    own = home_memory(run.world, run.law_step, run.lane)
    foreign = imports / (imports + own) if imports + own > 0.0 else 0.0
    sources = [(node, imports, foreign, legal) for node in nodes_in_role(run, "memory_world")]
    sources += [(node, own, 1.0 - foreign, 1.0) for node in nodes_in_role(run, "memory_cn")[:1]]
    makers = links(run).shares(nodes_in_role(run, "memory_world"), _largest_designer(run), "memory")
    for place in designers(run):
        vendor, arrived = run.plan.world.vendors[place], run.number("hbm_arrived", place)
        for node, capacity, share, allowed in sources:
            part = makers.get(node, 0.0) if node in nodes_in_role(run, "memory_world") else 1.0
            flow = share * part * arrived
            rows = links(run).rows([node], vendor_names(run, place), "memory")
            if part > 0.0 and (flow > 0.0 or capacity > 0.0 or rows):
                yield Edge(node, vendor.id, "memory", "flow", flow, part * capacity, "million stacks",
                           parameter(run, HBM_PRICE) * flow, allowed, partly(allowed), rows)  # fmt: skip


def _largest_designer(run: RunView) -> str:
    """Designer whose memory suppliers are on record; the shares of the pooled imports are his."""
    return next((one.id for one in run.plan.world.vendors if one.diverts), "")


def _packaging(run: RunView) -> Iterator[Edge]:
    """Chips that Chinese designers had packaged at home."""
    growth = exp(parameter(run, DOMESTIC_PACKAGING_GROWTH) * (run.law_step - DATA_YEAR))
    passed = parameter(run, PACKAGING_YIELD)
    capacity = parameter(run, DOMESTIC_PACKAGING_2024) * growth * passed
    for node in nodes_in_role(run, "packaging_cn")[:1]:
        for place in designers(run):
            vendor, flow = run.plan.world.vendors[place], run.number("made", place)
            rows = links(run).rows([node], vendor_names(run, place), "packaging")
            value = flow / passed * parameter(run, PACKAGING_COST) / 1000.0
            yield Edge(node, vendor.id, "packaging", "flow", flow, capacity, "thousand packages", value, 1.0, "free", rows)


# --- the world's chain ------------------------------------------------------------------------------------------------


def us_units(run: RunView, vendor: int) -> list[tuple[int, float]]:
    """Offers of a US vendor and the thousand chips of each that were sold or scrapped in the quarter."""
    world, lane = run.world, run.lane
    return [
        (offer, float(world.sold_china[offer, lane] + world.sold_abroad[offer, lane] + world.scrapped[offer, lane]))
        for offer in range(len(world.offer_vendor))
        if world.offer_vendor[offer] == vendor and world.design[offer, lane] >= 0
    ]


def _world_inputs(run: RunView) -> Iterator[Edge]:
    """What the chips of US vendors took: dies, memory, advanced packaging; dies are valued by the rest of the bill."""
    memory_price, packaging_price = parameter(run, HBM_PRICE), parameter(run, PACKAGING_COST) / 1000.0
    for place, vendor in enumerate(run.plan.world.vendors):
        if run.world.vendor_us[place] < 1.0:
            continue
        units = us_units(run, place)
        specs = [(run.plan.designs[int(run.world.design[offer, run.lane])], chips) for offer, chips in units]
        dies = sum(max(design.dies_per_package, 1.0) * chips for design, chips in specs)
        stacks = sum(design.hbm_stacks * chips for design, chips in specs) / 1000.0
        claims = sum(run.number("packaging", offer) * chips for offer, chips in units if pooled(run.world, offer))
        bill = sum(run.number("unit_cost", offer) * chips for offer, chips in units) / 1000.0
        die_bill = max(bill - memory_price * stacks - packaging_price * claims, 0.0)
        names, found = vendor_names(run, place), links(run)
        for node in nodes_in_role(run, "foundry_world")[:1]:
            yield _free(node, vendor.id, "foundry", dies, "thousand dies", die_bill, found.rows([node], names, "foundry"))
        makers = found.shares(nodes_in_role(run, "memory_world"), run.plan.world.vendors[0].id, "memory")
        for node, share in makers.items():
            rows = found.rows([node], names, "memory")
            value = memory_price * share * stacks
            yield _free(node, vendor.id, "memory", share * stacks, "million stacks", value, rows)
        for node in nodes_in_role(run, "packaging_world")[:1]:
            edge = _free(node, vendor.id, "packaging", claims, "thousand packages, H100 = 1", packaging_price * claims, ())
            yield replace(edge, capacity=claims + run.number("world_left"))


def _free(supplier: str, customer: str, stage: str, flow: float, unit: str, value: float, rows: Sequence[str]) -> Edge:
    """A delivery that no rule and no limit of the model binds."""
    return Edge(supplier, customer, stage, "flow", flow, UNLIMITED, unit, value, 1.0, "free", tuple(rows))


def _lines(run: RunView) -> Iterator[Edge]:
    """Chips of a vendor sold through each of its offers, valued at what buyers paid."""
    spent: dict[str, float] = {}
    for edge in purchases(run):
        spent[edge.supplier] = spent.get(edge.supplier, 0.0) + edge.value
    for place, offer in enumerate(run.plan.world.offers):
        if run.world.design[place, run.lane] < 0:
            continue
        key = offer_key(offer.id)
        chips = run.number("sold_china", place) + run.number("sold_abroad", place)
        rows = links(run).rows(vendor_names(run, run.plan.world.vendor(offer.vendor)), ["GREYMKT"], "accelerator")
        grey = offer.kind == "grey"
        yield Edge(offer.vendor, key, "line", "flow", chips, deliverable(run, place), CHIPS, spent.get(key, 0.0),
                   1.0, "evasion" if grey else "free", rows if grey else ())  # fmt: skip
