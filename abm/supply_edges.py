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

TOOLS = "fab_equipment"
DIES = "thousand dies"
STACKS = "million stacks"
BROKERS = "channel:diversion"
"""Key of the intermediaries through which foundry dies reach designers that law cuts off."""


def supply(run: RunView) -> tuple[Edge, ...]:
    """All deliveries of the quarter from toolmakers to AI firms, tier by tier; one edge a pair of nodes."""

    def read() -> tuple[Edge, ...]:
        china = (*_tools(run), *_wafers(run), *_foreign_dies(run), *_memory(run), *_packaging(run))
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


def tool_purchases(run: RunView) -> tuple[ToolPurchase, ...]:
    """Tools bought for China's advanced lines by class and country of the maker.

    Within a class, Chinese makers keep their share and foreign ones fill the rest as far as their laws let them; the
    purchase is spread over classes by what can be had of each (`abm.phases.produce.tool_access`).
    """
    world, step = run.world, run.law_step
    growth = exp(parameter(run, DOMESTIC_TOOL_GROWTH) * step)
    had: list[tuple[str, str, float, float]] = []
    for place, tool in enumerate(TOOL_CLASSES):
        weight = float(world.tool_weight[place])
        home = min(float(world.tool_share_home[place]) * growth, 1.0)
        sizes = (world.tool_share_us[place], world.tool_share_nl[place], world.tool_share_jp[place])
        legal = [1.0 - float(denied) for denied in world.law_tools[run.arm, step, :, place]]
        foreign = [float(size) * share for size, share in zip(sizes, legal, strict=True)]
        fits = min(1.0, (1.0 - home) / sum(foreign)) if sum(foreign) > 0.0 else 0.0
        for country, size, share, usual in zip(JURISDICTIONS, foreign, legal, sizes, strict=True):
            if usual > 0.0:
                had.append((country, tool, weight * fits * size, share))
        had.append(("CN", tool, weight * home, 1.0))
    total = sum(size for _, _, size, _ in had)
    bought, access = run.number("tool_orders"), run.number("tool_access")
    each = bought / total if total > 0.0 else 0.0
    wanted = bought / access if access > 0.0 else 0.0
    return tuple(ToolPurchase(country, tool, each * size, wanted * size, legal) for country, tool, size, legal in had)


def _tools(run: RunView) -> Iterator[Edge]:
    """Tools for the advanced lines, by maker; a maker of several classes has one edge."""
    merged: dict[str, Edge] = {}
    for foundry in nodes_in_role(run, "foundry_cn")[:1]:
        for one in tool_purchases(run):
            makers = nodes_in_role(run, f"tools_{one.country.lower()}")
            for maker, share in links(run).shares(makers, [foundry], TOOLS, one.tool).items():
                bought, rows = share * one.bought, links(run).rows(maker, [foundry], TOOLS)
                edge = Edge(maker, foundry, TOOLS, "USD bn", bought, share * one.open, bought, one.legal, rows=rows)
                merged[maker] = _merged(merged[maker], edge) if maker in merged else edge
    yield from merged.values()


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
    return (1.0 - parameter(run, PHONE_SHARE)) * parameter(run, WAFER_RAMP) * run.number("advanced_wafers")


def packaging_capacity(run: RunView) -> float:
    """Thousand good packages a quarter that China's own packaging can finish."""
    growth = exp(parameter(run, DOMESTIC_PACKAGING_GROWTH) * (run.law_step - DATA_YEAR))
    return parameter(run, DOMESTIC_PACKAGING_2024) * growth * parameter(run, PACKAGING_YIELD)


def _wafers(run: RunView) -> Iterator[Edge]:
    """Wafers started at China's own foundry."""
    capacity, price = ai_wafer_capacity(run), parameter(run, WAFER_PRICE) / 1000.0
    for foundry in nodes_in_role(run, "foundry_cn")[:1]:
        for place in designers(run):
            started, rows = run.number("wafers", place), links(run).rows(foundry, vendor_names(run, place), "foundry")
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
    diverted, paid = 0.0, 0.0
    for foundry in nodes_in_role(run, "foundry_world")[:1]:
        for place in designers(run):
            legal = float(world.law_foundry[run.arm, step, world.design[world.vendor_line[place], run.lane]])
            hidden_limit = limit * float(world.diverts[place])
            bought, hidden = split_foreign(run.number("foreign_wafers", place), legal, hidden_limit)
            vendor, price = run.plan.world.vendors[place].id, _die_price(run, place)
            capacity = UNLIMITED if legal > 0.0 else 0.0
            rows = links(run).rows(foundry, vendor_names(run, place), "foundry")
            yield Edge(foundry, vendor, "foundry", DIES, bought, capacity, price * bought, legal, rows=rows)
            if hidden_limit > 0.0:
                yield Edge(BROKERS, vendor, "foundry", DIES, hidden, limit, price * hidden, 0.0, "evasion")
                diverted, paid = diverted + hidden, paid + price * hidden
        if limit > 0.0:
            yield Edge(foundry, BROKERS, "foundry", DIES, diverted, UNLIMITED, paid, 0.0, "evasion")


def _die_price(run: RunView, vendor: int) -> float:
    """USD bn per thousand dies from abroad, as billed: what memory and packaging leave of a package's cost."""
    line = int(run.world.vendor_line[vendor])
    design = run.plan.designs[int(run.world.design[line, run.lane])]
    each = run.number("unit_cost", line) * parameter(run, PACKAGING_YIELD)
    each -= design.hbm_stacks * parameter(run, HBM_PRICE) + parameter(run, PACKAGING_COST)
    return max(each, 0.0) / max(design.dies_per_package, 1.0) / 1000.0


def _memory(run: RunView) -> Iterator[Edge]:
    """HBM of Chinese designers: imports as far as law lets them and China's own output, in proportion to both."""
    legal = float(run.world.law_hbm[run.arm, run.law_step])
    imports, own = legal * parameter(run, HBM_IMPORT_CAP), float(home_memory(run.world, run.law_step, run.lane))
    foreign = imports / (imports + own) if imports + own > 0.0 else 0.0
    buyers = [name for place in designers(run) for name in vendor_names(run, place)]
    makers = links(run).shares(nodes_in_role(run, "memory_world"), buyers, "memory")
    sources = [(node, part * imports, part * foreign, legal) for node, part in makers.items()]
    sources += [(node, own, 1.0 - foreign, 1.0) for node in nodes_in_role(run, "memory_cn")[:1] if own > 0.0]
    for place in designers(run):
        vendor, arrived = run.plan.world.vendors[place].id, run.number("hbm_arrived", place)
        for node, capacity, share, allowed in sources:
            flow, rows = share * arrived, links(run).rows(node, vendor_names(run, place), "memory")
            value = parameter(run, HBM_PRICE) * flow
            yield Edge(node, vendor, "memory", STACKS, flow, capacity, value, allowed, rows=rows)


def _packaging(run: RunView) -> Iterator[Edge]:
    """Packages that Chinese designers had finished at home; those lost in packaging are paid too."""
    capacity, price = packaging_capacity(run), parameter(run, PACKAGING_COST) / parameter(run, PACKAGING_YIELD) / 1000.0
    for node in nodes_in_role(run, "packaging_cn")[:1]:
        for place in designers(run):
            made, rows = run.number("made", place), links(run).rows(node, vendor_names(run, place), "packaging")
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
    vendors = [place for place in range(len(run.world.vendor_us)) if run.world.vendor_us[place] > 0.0]
    buyers = [name for place in vendors for name in vendor_names(run, place)]
    makers = links(run).shares(nodes_in_role(run, "memory_world"), buyers, "memory")
    for place in vendors:
        vendor, names, used = run.plan.world.vendors[place].id, vendor_names(run, place), content(run, place)
        memory = parameter(run, HBM_PRICE) * used.stacks
        packing = parameter(run, PACKAGING_COST) * used.packages / 1000.0
        for node in nodes_in_role(run, "foundry_world")[:1]:
            left, rows = max(used.bill - memory - packing, 0.0), links(run).rows(node, names, "foundry")
            yield Edge(node, vendor, "foundry", DIES, used.dies, UNLIMITED, left, rows=rows)
        for node, share in makers.items():
            rows = links(run).rows(node, names, "memory")
            yield Edge(node, vendor, "memory", STACKS, share * used.stacks, UNLIMITED, share * memory, rows=rows)
        for node in nodes_in_role(run, "packaging_world")[:1]:
            capacity = used.packages + run.number("world_left")
            yield Edge(node, vendor, "packaging", "thousand packages, H100 = 1", used.packages, capacity, packing)


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
