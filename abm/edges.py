"""Who delivers what to whom in a quarter of one run: edges of networks, and purchases of chips (MODEL 3).

Flows are those of the engine, read from the state after the quarter. Where the state knows only a total, as for the
makers of one class of tools, it is split by the shares of `supply_links.csv`, and the edge names the rows.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from abm.law import classify
from abm.phases.clear import pooled
from abm.phases.thresholds import admitted_share
from abm.tables import Row
from abm.view import RunView
from abm.vocabulary import BUYER_CLASSES, CN, COMPLIANCE, GREY, LOW_TIER, TOOL_CLASSES, US_NEST

CHIPS = "thousand chips"
UNLIMITED = math.inf
STATUSES = ("free", "nac", "licence", "partly denied", "denied", "unknown", "evasion")
"""Legal status of an edge on the last day of the quarter. `evasion`: diverted dies and the grey market."""


@dataclass(frozen=True)
class Edge:
    """One delivery relation in a quarter.

    Attributes
    ----------
    supplier, customer : str
        Keys of the nodes.
    stage : str
        What is delivered: fab_equipment, design, materials, foundry, memory, packaging, line (vendor to its offer),
        accelerator.
    unit : str
        Unit of flow and capacity.
    flow, capacity : float
        Delivered in the quarter; what the supplier could have delivered to this customer if it served no other, as far
        as law lets it (inf: no limit in the model).
    value : float
        USD bn of the flow: what was paid for chips and tools, and for other inputs the prices of the model's bills.
    legal : float
        Share of the quarter's orders that law lets through; 1 where no rule applies, 0 closes the edge.
    status : str
        One of `STATUSES`; follows from `legal` if not given.
    rows : tuple of str
        Rows of supply_links.csv on this pair.
    """

    supplier: str
    customer: str
    stage: str
    unit: str
    flow: float
    capacity: float
    value: float
    legal: float = 1.0
    status: str = ""
    rows: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.status:
            status = "free" if self.legal >= 1.0 else "denied" if self.legal <= 0.0 else "partly denied"
            object.__setattr__(self, "status", status)


def offer_key(name: str) -> str:
    """Key of an offer; offers are often called like their vendors, who carry the plain id."""
    return f"offer:{name}"


# --- rows of the data pack --------------------------------------------------------------------------------------------


class Links:
    """Rows of supply_links.csv by supplier, customer and stage."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self.found: dict[tuple[str, str, str], list[Row]] = {}
        for row in rows:
            self.found.setdefault((str(row["supplier"]), str(row["customer"]), str(row["stage"])), []).append(row)

    def between(self, supplier: str, customers: Iterable[str], stage: str, tool: str = "") -> list[Row]:
        """Rows from a supplier to any of the customers, of one class of tools if asked."""
        found = [row for customer in customers for row in self.found.get((supplier, customer, stage), ())]
        return [row for row in found if not tool or tool_class(row) == tool]

    def rows(self, supplier: str, customers: Iterable[str], stage: str) -> tuple[str, ...]:
        """Ids of these rows."""
        return tuple(dict.fromkeys(str(row["edge_id"]) for row in self.between(supplier, customers, stage)))

    def shares(
        self, suppliers: Iterable[str], customers: Iterable[str], stage: str, tool: str = ""
    ) -> dict[str, float]:
        """Shares, adding to 1, of suppliers in what customers buy; suppliers without a row or a share have none.

        If no row has a share, those with a row share equally, and all of them if none has a row.
        """
        names, buyers = list(suppliers), list(customers)
        sizes: dict[str, float] = {}
        for one in names:
            known = [row["share_pct"] for row in self.between(one, buyers, stage, tool)]
            if known:
                sizes[one] = max((float(share) for share in known if isinstance(share, int | float)), default=0.0)
        if not any(sizes.values()):
            sizes = dict.fromkeys(sizes or names, 1.0)
        total = sum(sizes.values())
        return {one: size / total for one, size in sizes.items() if size > 0.0}


def tool_class(row: Row) -> str:
    """Class of tools of a row; other tools are counted with metrology."""
    name = str(row["tool_class"])
    return name if name in TOOL_CLASSES else "metrology"


def links(run: RunView) -> Links:
    """Rows between suppliers and customers."""
    return run.kept("links", lambda: Links(run.plan.pack.supply_links), always=True)


def nodes_in_role(run: RunView, role: str) -> list[str]:
    """Supply nodes that the flow of a role pays, in the order of the world file."""
    return [node.id for node in run.plan.world.nodes if node.role == role]


def countries(run: RunView) -> Mapping[str, str]:
    """Country of every firm of the data pack."""

    def read() -> dict[str, str]:
        return {str(row["firm_id"]): str(row["country"]) for row in run.plan.pack.firms}

    return run.kept("countries", read, always=True)


def vendor_names(run: RunView, vendor: int) -> tuple[str, ...]:
    """Ids under which the data pack knows a vendor: its own, its members', its owners' if it serves them alone."""
    world = run.plan.world
    entry = world.vendors[vendor]
    captive = any(offer.vendor == entry.id and offer.kind == "custom" for offer in world.offers)
    owners = [name for firm in world.firms if captive and firm.owns == entry.id for name in firm.members]
    return (entry.id, *entry.members, *owners)


# --- purchases --------------------------------------------------------------------------------------------------------


def purchases(run: RunView) -> tuple[Edge, ...]:
    """Chips that AI firms bought in the quarter, by offer; an offer on sale has edges even if it sold none."""
    return run.kept("purchases", lambda: tuple(_purchases(run)))


def _purchases(run: RunView) -> Iterator[Edge]:
    world, file = run.world, run.plan.world
    for place, offer in enumerate(file.offers):
        if world.design[place, run.lane] < 0 or offer.kind == "rental":  # tenants buy no chips
            continue
        sellers = ("GREYMKT",) if offer.kind == "grey" else vendor_names(run, file.vendor(offer.vendor))
        for index, firm in enumerate(file.firms):
            if world.available[index, place] == 0.0 or world.alive[run.law_step, index] == 0.0:
                continue
            chips = float(world.delivered[index, place, :, run.lane].sum())
            legal, status = sale_law(run, place, int(world.buyer_class[run.law_step, index]))
            yield Edge(
                offer_key(offer.id),
                firm.id,
                "accelerator",
                CHIPS,
                chips,
                deliverable(run, place, int(world.bloc[index])) if legal > 0.0 else 0.0,
                chips * run.number("paying", int(world.side[index]), place) / 1000.0,
                legal,
                status,
                tuple(name for one in sellers for name in links(run).rows(one, firm.members, "accelerator")),
            )


def deliverable(run: RunView, offer: int, bloc: int | None = None) -> float:
    """Thousand chips of an offer that were sold or left over in the quarter; inf if the model sets no limit.

    For buyers in China a volume cap counts too.
    """
    world = run.world
    china = run.number("sold_china", offer)
    sold = china + run.number("sold_abroad", offer)
    if world.offer_kind[offer] == LOW_TIER:
        return UNLIMITED
    if not pooled(world, offer):
        return sold + run.number("stock", offer)
    claim = run.number("packaging", offer)
    left = run.number("world_left") / claim if claim > 0.0 else UNLIMITED
    if world.offer_kind[offer] == GREY:
        left = min(left, run.number("supply", offer))
    if world.offer_kind[offer] == COMPLIANCE and bloc == CN:
        return min(sold + left, china + run.number("cap_room", offer))
    return sold + left


def sale_law(run: RunView, offer: int, buyer: int) -> tuple[float, str]:
    """Share of an offer's orders that law and China's gate let through to a class of buyers, and its legal status."""
    legal, design, name = run.number("legal", offer, buyer), run.design(offer), BUYER_CLASSES[buyer]
    if run.world.offer_kind[offer] == GREY:
        return legal, "evasion"
    if design is None or name == "foreign" or run.world.offer_nest[offer] != US_NEST:
        return legal, "free"

    def ask() -> str:
        return classify(design.spec(), run.today, buyer=name, policy=run.policy).status

    status = run.kept(f"law of {design.id} for {name}", ask)
    return legal, _moved(run, offer, buyer, status)


def _moved(run: RunView, offer: int, buyer: int, status: str) -> str:
    """Legal status of an offer as US decisions since the script moved it."""
    world, lane = run.world, run.lane
    script = world.law_open[run.arm, run.law_step, world.design[offer, lane], buyer]
    now = admitted_share(world, script, offer, buyer, world.us_ratio[lane], lane)
    return status if (now > 0.0) == (script > 0.0) else "free" if now > 0.0 else "denied"
