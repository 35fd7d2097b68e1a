"""Who delivers what to whom in a quarter of one run: edges of networks, and purchases of chips (MODEL 3).

Flows are those of the engine, read from the state after the quarter. Where the state knows only a total, as for the
makers of one class of tools, it is split by the shares of `supply_links.csv`, and the edge names the rows.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from abm.law import classify
from abm.phases.clear import pooled
from abm.tables import Row
from abm.view import RunView
from abm.vocabulary import BUYER_CLASSES, GREY, OFFER_KINDS, US_NEST

CHIPS = "thousand chips"
STATUSES = ("free", "nac", "licence", "denied", "unknown", "partly denied", "evasion")
"""Legal status of an edge on the last day of the quarter. `evasion`: diverted dies and the grey market."""
UNLIMITED = math.inf


@dataclass(frozen=True)
class Edge:
    """One delivery relation in a quarter.

    Attributes
    ----------
    supplier, customer : str
        Keys of the nodes.
    stage : str
        Tier of the input: fab_equipment, foundry, memory, packaging, line (vendor to its offer), accelerator.
    kind : str
        flow, or capital for tools.
    flow, capacity : float
        Delivered in the quarter, and what the supplier could have delivered to this customer if it served no other, as
        far as law lets it (inf: no limit in the model), in `unit`.
    value : float
        USD bn of the flow; for inputs at the prices of the model's bills.
    legal : float
        Share of the quarter's orders that law lets through; 1 where no rule applies, 0 closes the edge.
    status : str
        One of `STATUSES`.
    rows : tuple of str
        Rows of supply_links.csv (or its CSET part) on this pair.
    """

    supplier: str
    customer: str
    stage: str
    kind: str
    flow: float
    capacity: float
    unit: str
    value: float
    legal: float
    status: str
    rows: tuple[str, ...] = ()


def offer_key(name: str) -> str:
    """Key of an offer; offers are often called like their vendors, who carry the plain id."""
    return f"offer:{name}"


def partly(legal: float) -> str:
    """Status of an input that law lets through to that share."""
    return "free" if legal >= 1.0 else "denied" if legal <= 0.0 else "partly denied"


# --- rows of the data pack --------------------------------------------------------------------------------------------


class Links:
    """Rows of supply_links.csv by supplier, customer and stage."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self.found: dict[tuple[str, str, str], list[Row]] = {}
        for row in rows:
            self.found.setdefault((str(row["supplier"]), str(row["customer"]), str(row["stage"])), []).append(row)

    def rows(self, suppliers: Iterable[str], customers: Iterable[str], stage: str) -> tuple[str, ...]:
        """Ids of the rows between any of the suppliers and any of the customers."""
        pairs = [(one, other, stage) for one in suppliers for other in customers]
        return tuple(dict.fromkeys(str(row["edge_id"]) for pair in pairs for row in self.found.get(pair, ())))

    def shares(self, suppliers: Iterable[str], customer: str, stage: str, tool: str = "") -> dict[str, float]:
        """Shares of suppliers in what a customer buys at a stage (and of a class of tools), adding to 1.

        Rows without a share count as 0; if none has one, suppliers share equally.
        """
        sizes: dict[str, float] = {}
        for one in suppliers:
            rows = [row for row in self.found.get((one, customer, stage), ()) if not tool or tool_class(row) == tool]
            if tool and not rows:
                continue
            known = [float(row["share_pct"]) for row in rows if isinstance(row["share_pct"], int | float)]
            sizes[one] = max(known, default=0.0)
        total = sum(sizes.values())
        if total <= 0.0:
            return {one: 1.0 / len(sizes) for one in sizes}
        return {one: size / total for one, size in sizes.items() if size > 0.0}


def tool_class(row: Row) -> str:
    """Class of tools of a row; other tools are counted with metrology."""
    name = str(row["tool_class"])
    return name if name in ("litho", "etch_dep") else "metrology"


def links(run: RunView) -> Links:
    """Rows between suppliers and customers, own ones before those derived from CSET."""
    pack = run.plan.pack
    return run.kept("links", lambda: Links([*pack.supply_links, *pack.supply_links_cset]), always=True)


def nodes_in_role(run: RunView, role: str) -> list[str]:
    """Supply nodes that the flow of a role pays, in the order of the world file."""
    return [node.id for node in run.plan.world.nodes if node.role == role]


def countries(run: RunView) -> Mapping[str, str]:
    """Country of every firm of the data pack; world advanced packaging stands in Taiwan."""

    def read() -> dict[str, str]:
        return {"COWOS": "TW", **{str(row["firm_id"]): str(row["country"]) for row in run.plan.pack.firms}}

    return run.kept("countries", read, always=True)


def vendor_names(run: RunView, vendor: int) -> tuple[str, ...]:
    """Ids under which the data pack knows a vendor: its own, its members', its owners' if it serves them alone."""
    entry = run.plan.world.vendors[vendor]
    captive = any(offer.vendor == entry.id and offer.kind == "custom" for offer in run.plan.world.offers)
    owners = [name for firm in run.plan.world.firms if captive and firm.owns == entry.id for name in firm.members]
    return (entry.id, *entry.members, *owners)


# --- purchases --------------------------------------------------------------------------------------------------------


def purchases(run: RunView) -> tuple[Edge, ...]:
    """Chips that AI firms bought in the quarter, by offer; an offer on sale to a firm has an edge even at 0."""
    return run.kept("purchases", lambda: tuple(_purchases(run)))


def _purchases(run: RunView) -> Iterator[Edge]:
    world, file = run.world, run.plan.world
    for place, offer in enumerate(file.offers):
        if world.design[place, run.lane] < 0:
            continue
        grey = offer.kind == OFFER_KINDS[GREY]
        sellers = ("GREYMKT",) if grey else vendor_names(run, file.vendor(offer.vendor))
        for index, firm in enumerate(file.firms):
            if world.available[index, place] == 0.0 or world.alive[run.law_step, index] == 0.0:
                continue
            chips = float(world.delivered[index, place, :, run.lane].sum())
            legal, status = sale_law(run, place, int(world.buyer_class[run.law_step, index]))
            capacity = deliverable(run, place, int(world.bloc[index])) if legal > 0.0 else 0.0
            yield Edge(
                offer_key(offer.id),
                firm.id,
                "accelerator",
                "flow",
                chips,
                capacity,
                CHIPS,
                chips * run.number("paying", int(world.side[index]), place) / 1000.0,
                legal,
                status,
                links(run).rows(sellers, firm.members, "accelerator"),
            )


def deliverable(run: RunView, offer: int, bloc: int | None = None) -> float:
    """Thousand chips of an offer that could be delivered this quarter: sold and left over; inf if the model sets no limit.

    For buyers in China a volume cap counts too.
    """
    world = run.world
    china = run.number("sold_china", offer)
    sold = china + run.number("sold_abroad", offer)
    if pooled(world, offer):
        claim = run.number("packaging", offer)
        left = run.number("world_left") / claim if claim > 0.0 else UNLIMITED
        if world.offer_kind[offer] == GREY:
            left = min(left, run.number("supply", offer))
    else:
        left = run.number("stock", offer) if world.offer_nest[offer] != US_NEST else UNLIMITED
    if bloc == CN and world.offer_kind[offer] == COMPLIANCE:
        return min(sold + left, china + run.number("cap_room", offer))
    return sold + left


def sale_law(run: RunView, offer: int, buyer: int) -> tuple[float, str]:
    """Share of an offer's orders that law and China's gate let through to a class of buyers, and its status."""
    world, design = run.world, run.design(offer)
    legal = run.number("legal", offer, buyer)
    if world.offer_kind[offer] == GREY:
        return legal, "evasion"
    name = BUYER_CLASSES[buyer]
    if design is None or name == "foreign" or world.offer_nest[offer] != US_NEST:
        return legal, "free"

    def ask() -> str:
        return classify(design.spec(), run.today, buyer=name, policy=run.policy).status

    return legal, run.kept(f"law of {design.id} for {name}", ask)
