"""Deliveries of a whole paired run along the supply network, edge by edge and quarter by quarter (MODEL 3).

The same flows as `abm.supply_edges`, which reads one quarter of one run, for all quarters and both arms at once: tests
hold the two against each other, edge by edge.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from abm.edges import CHIPS, STATUSES, offer_key
from abm.parameter_index import (
    DESIGN_COST_SHARE,
    DIVERTED_DIES,
    HBM_PRICE,
    MATERIALS_SHARE,
    NODE_COST_SHARE,
    PACKAGING_COST,
    PACKAGING_YIELD,
    WAFER_PRICE,
)
from abm.supply_edges import BROKERS, DIES, MONEY, STACKS, TOOLS
from abm.vocabulary import COMPLIANCE, CUSTOM, FRONTIER, GREY, LINES, MEMORY_LINE, TOOL_MAKERS, US_NEST
from visualization.rulings import rulings
from visualization.watch import Watched

type Floats = NDArray[np.float64]
type Bools = NDArray[np.bool_]
type Codes = NDArray[np.int64]

ABSENT = -1
"""Status of an edge in quarters in which it does not exist."""
FREE, DENIED, PARTLY, EVASION = (STATUSES.index(name) for name in ("free", "denied", "partly denied", "evasion"))
_POOLED = (FRONTIER, COMPLIANCE, CUSTOM, GREY)


@dataclass(frozen=True, eq=False)
class Flow:
    """What an edge carries; arrays are (quarter, arm)."""

    flow: Floats
    value: Floats
    status: Codes


@dataclass(frozen=True)
class Key:
    """An edge: who delivers what to whom, and the unit of its flow (values are USD bn a quarter)."""

    supplier: str
    customer: str
    stage: str
    unit: str


@dataclass(eq=False)
class Deliveries:
    """All edges of a paired run, in the order of the supply chain."""

    watched: Watched
    edges: dict[Key, Flow] = field(default_factory=dict)

    def __post_init__(self) -> None:
        world = self.watched.plan.world
        self.nodes = [node.id for node in world.nodes]
        self.vendors = [vendor.id for vendor in world.vendors]
        for part in (
            self._line_tools, self._world_tools, self._software, self._materials, self._wafers, self._foreign_dies,
            self._memory, self._packaging, self._world_inputs, self._sales,
        ):  # fmt: skip
            part()

    # --- reading --------------------------------------------------------------------------------------------------

    def get(self, name: str, *place: int) -> Any:
        """A number of the state in every quarter and arm: (quarter, arm)."""
        values = self.watched.state[name]
        return values[(slice(None), *place)]

    def parameter(self, row: int) -> Floats:
        """A parameter, (quarter, arm)."""
        return np.asarray(self.get("parameter", row))

    def of_design(self, name: str, offer: int) -> Floats:
        """A property of the design on sale in an offer, 0 where there is none: (quarter, arm)."""
        design = self.get("design", offer)
        table = np.append([float(getattr(one, name)) for one in self.watched.plan.designs], 0.0)
        return np.asarray(table[design])

    @cached_property
    def _nothing(self) -> Floats:
        return np.zeros((self.watched.quarters, len(self.watched.stages)))

    def _sum(self, parts: Iterable[Floats]) -> Floats:
        return sum(parts, self._nothing)

    def _law(self, name: str, *place: Any) -> Floats:
        """An array of law, (arm, quarter, ...), as (quarter, arm) of the pair."""
        law, arm = self.watched.static(name), self.get("arm")
        return np.asarray(law[(arm, np.arange(self.watched.quarters)[:, None], *place)])

    def _role(self, *roles: str) -> list[int]:
        return [place for place, node in enumerate(self.watched.plan.world.nodes) if node.role in roles]

    def _suppliers(self, role: str) -> list[tuple[int, float]]:
        """Nodes of a role with their part in what it sells."""
        return [(place, float(self.watched.static("node_share")[place])) for place in self._role(role)]

    def _main_line(self, vendor: int) -> int:
        return int(self.watched.static("vendor_line")[vendor])

    def _designers(self) -> list[tuple[int, Bools]]:
        """Chinese designers, and when their main line has a design."""
        foreign = self.watched.static("vendor_us") >= 1.0
        return [(v, self.get("design", self._main_line(v)) >= 0) for v in range(len(self.vendors)) if not foreign[v]]

    # --- writing --------------------------------------------------------------------------------------------------

    def _add(
        self, key: Key, flow: Floats, value: Floats, legal: Any = 1.0, exists: Any = True, status: Any = None
    ) -> None:
        """Add an edge; one that exists already carries both, under the stricter law."""
        legal = legal + self._nothing
        codes = np.where(legal >= 1.0, FREE, np.where(legal <= 0.0, DENIED, PARTLY)) if status is None else status
        exists = np.broadcast_to(exists, legal.shape)
        mine = Flow(
            np.where(exists, flow, 0.0), np.where(exists, value, 0.0), np.where(exists, codes, ABSENT).astype(np.int64)
        )
        self.edges[key] = mine

    def _line_tools(self) -> None:
        """Tools for China's advanced lines; a maker of several classes has one edge to each."""
        watched = self.watched
        share, part = watched.static("tool_share"), watched.static("maker_part")
        for line, role in enumerate(LINES):
            for customer in self._role(role):
                for country, name in enumerate(TOOL_MAKERS):
                    classes = [int(tool) for tool in np.flatnonzero(share[line, country])]
                    for maker in self._role(f"tools_{name.lower()}"):
                        mine = [tool for tool in classes if part[maker, line, tool] > 0.0]
                        if mine:
                            bought = self._sum(
                                part[maker, line, t] * self.get("tools_sold", line, country, t) for t in mine
                            )
                            legal = watched.tools_legal[:, country, mine].min(axis=1)
                            key = Key(self.nodes[maker], self.nodes[customer], TOOLS, MONEY)
                            self._add(key, bought, bought, legal)

    def _world_tools(self) -> None:
        for (maker, place), share in np.ndenumerate(self.watched.static("tool_source")):
            if share > 0.0:
                bought = share * self.get("node_bought", place)
                self._add(Key(self.nodes[maker], self.nodes[place], TOOLS, MONEY), bought, bought)

    def _software(self) -> None:
        """Design software; what US rules bar, Chinese makers sell instead (`abm.rules.supply_node.software_part`)."""
        chinese = self.watched.static("node_chinese")
        makers = self._suppliers("design")
        home = sum(share for place, share in makers if chinese[place] > 0.0)
        for vendor, name in enumerate(self.vendors):
            paid = self.parameter(DESIGN_COST_SHARE) * self.get("vendor_rd", vendor)
            barred = self._nothing if self.watched.static("vendor_us")[vendor] > 0.0 else self.watched.software_barred
            lost = barred if home > 0.0 else self._nothing
            for maker, share in makers:
                own = chinese[maker] > 0.0
                flow = paid * (share + share / home * lost * (1.0 - home) if own else share * (1.0 - lost))
                self._add(Key(self.nodes[maker], name, "design", MONEY), flow, flow, 1.0 if own else 1.0 - barred)

    def _materials(self) -> None:
        for place, node in enumerate(self.watched.plan.world.nodes):
            if node.role.startswith(("foundry", "memory", "packaging")):
                cost = self.parameter(NODE_COST_SHARE) * self.get("node_sales", place)
                for maker, share in self._suppliers("materials"):
                    paid = share * self.parameter(MATERIALS_SHARE) * cost
                    self._add(Key(self.nodes[maker], node.id, "materials", MONEY), paid, paid)

    def _wafers(self) -> None:
        price = self.parameter(WAFER_PRICE) / 1000.0
        for foundry in self._role("foundry_cn"):
            for vendor, designs in self._designers():
                started = self.get("wafers", vendor)
                key = Key(self.nodes[foundry], self.vendors[vendor], "foundry", "thousand wafers")
                self._add(key, started, price * started, exists=designs)

    def _foreign_dies(self) -> None:
        """Good dies from foreign foundries: openly as far as law lets them, else through intermediaries."""
        limit = self.parameter(DIVERTED_DIES) * self._law("law_diversion")
        diverts = self.watched.static("diverts")
        hidden_by, priced, passed = {}, {}, limit > 0.0
        for vendor, designs in self._designers():
            design = self.get("design", self._main_line(vendor))
            legal = np.where(designs, self._law("law_foundry", np.maximum(design, 0)), 1.0)
            total = self.get("foreign_wafers", vendor)
            hidden = np.minimum(total * (1.0 - legal), limit * diverts[vendor])
            price = self._die_price(vendor)
            for foundry, share in self._suppliers("foundry_world"):
                flow = share * (total - hidden)
                key = Key(self.nodes[foundry], self.vendors[vendor], "foundry", DIES)
                self._add(key, flow, price * flow, legal, designs)
            if diverts[vendor] > 0.0:
                hidden_by[vendor] = np.where(designs, hidden, 0.0)
                priced[vendor] = price
                key = Key(BROKERS, self.vendors[vendor], "foundry", DIES)
                evades = np.full(hidden.shape, EVASION)
                self._add(key, hidden, price * hidden, 0.0, designs & (limit * diverts[vendor] > 0.0), evades)
        for foundry, share in self._suppliers("foundry_world"):
            sent = self._sum(share * one for one in hidden_by.values())
            paid = self._sum(share * priced[vendor] * one for vendor, one in hidden_by.items())
            key = Key(self.nodes[foundry], BROKERS, "foundry", DIES)
            self._add(key, sent, paid, 0.0, passed, np.full(sent.shape, EVASION))

    def _die_price(self, vendor: int) -> Floats:
        """USD bn per thousand dies from abroad: what memory and packaging leave of a package's cost."""
        line = self._main_line(vendor)
        each = self.get("unit_cost", line) * self.parameter(PACKAGING_YIELD)
        each = each - self.of_design("hbm_stacks", line) * self.parameter(HBM_PRICE) - self.parameter(PACKAGING_COST)
        return np.asarray(np.maximum(each, 0.0) / np.maximum(self.of_design("dies_per_package", line), 1.0) / 1000.0)

    def _memory(self) -> None:
        """HBM of Chinese designers: imports as far as law lets them, and China's own output."""
        legal, foreign = self.watched.memory_legal, self.get("stacks_foreign")
        maker = int(self.watched.static("line_node")[MEMORY_LINE])
        at_home = self.get("node_stock", maker) + self.get("node_used", maker) > 0.0
        for vendor, designs in self._designers():
            arrived = self.get("hbm_arrived", vendor)
            sources = [(node, part * foreign, legal, designs) for node, part in self._suppliers("memory_world")]
            home = 1.0 - foreign, 1.0 + self._nothing, designs & at_home
            sources += [(node, *home) for node in self._role("memory_cn")]
            for node, share, allowed, exists in sources:
                flow = share * arrived
                key = Key(self.nodes[node], self.vendors[vendor], "memory", STACKS)
                self._add(key, flow, self.parameter(HBM_PRICE) * flow, allowed, exists)

    def _packaging(self) -> None:
        price = self.parameter(PACKAGING_COST) / self.parameter(PACKAGING_YIELD) / 1000.0
        for node in self._role("packaging_cn"):
            for vendor, designs in self._designers():
                made = self.get("made", vendor)
                key = Key(self.nodes[node], self.vendors[vendor], "packaging", "thousand packages")
                self._add(key, made, price * made, exists=designs)

    def _world_inputs(self) -> None:
        """Inputs of US vendors, which no rule binds; dies are valued by what memory and packaging leave of the bill."""
        for vendor, name in enumerate(self.vendors):
            if self.watched.static("vendor_us")[vendor] < 1.0:
                continue
            dies, stacks, packages, bill = self._content(vendor)
            memory = np.minimum(self.parameter(HBM_PRICE) * stacks, bill)
            packing = np.minimum(self.parameter(PACKAGING_COST) * packages / 1000.0, bill - memory)
            for role, stage, unit, flow, value in (
                ("foundry_world", "foundry", DIES, dies, bill - memory - packing),
                ("memory_world", "memory", STACKS, stacks, memory),
                ("packaging_world", "packaging", "thousand packages, H100 = 1", packages, packing),
            ):
                for node, share in self._suppliers(role):
                    self._add(Key(self.nodes[node], name, stage, unit), share * flow, share * value)

    def _content(self, vendor: int) -> Sequence[Floats]:
        """Dies, HBM stacks, claims on packaging and cost of the chips that a US vendor sold or wrote off."""
        offers = [int(offer) for offer in np.flatnonzero(self.watched.static("offer_vendor") == vendor)]
        dies, stacks, packages, bill = (self._nothing.copy() for _ in range(4))
        for offer in offers:
            on_sale = self.get("design", offer) >= 0
            moved = self._sum(self.get(name, offer) for name in ("sold_china", "sold_abroad", "scrapped"))
            chips = np.where(on_sale, moved, 0.0)
            dies += chips * np.maximum(self.of_design("dies_per_package", offer), 1.0)
            stacks += chips * self.of_design("hbm_stacks", offer) / 1000.0
            if self.watched.static("offer_kind")[offer] in _POOLED:
                packages += chips * self.get("packaging", offer)
            bill += chips * self.get("unit_cost", offer) / 1000.0
        return dies, stacks, packages, bill

    def _sales(self) -> None:
        """Chips of a vendor sold through each of its offers, and bought by each firm."""
        told = rulings(self.watched)
        for place, offer in enumerate(self.watched.plan.world.offers):
            if offer.kind == "rental":
                continue
            on_sale, grey = self.get("design", place) >= 0, offer.kind == "grey"
            bought = self._purchases(place, on_sale, told[:, place])
            chips = self.get("sold_china", place) + self.get("sold_abroad", place)
            status = np.full(chips.shape, EVASION if grey else FREE)
            key = Key(offer.vendor, offer_key(offer.id), "line", CHIPS)
            self._add(key, chips, self._sum(one.value for one in bought.values()), 1.0, on_sale, status)
            self.edges.update(bought)

    def _purchases(self, offer: int, on_sale: Bools, told: Codes) -> dict[Key, Flow]:
        """Chips that AI firms bought of an offer; `told` is the legal status, (quarter, class, arm)."""
        watched, found = self.watched, {}
        quarters = np.arange(watched.quarters)
        kind, nest = watched.static("offer_kind")[offer], watched.static("offer_nest")[offer]
        for index, firm in enumerate(watched.plan.world.firms):
            if watched.static("available")[index, offer] == 0.0:
                continue
            exists = on_sale & (watched.static("alive")[: watched.quarters, index] > 0.0)[:, None]
            chips = np.where(exists, self.get("delivered", index, offer), 0.0)
            value = chips * self.get("paying", int(watched.static("side")[index]), offer) / 1000.0
            buyer = watched.static("buyer_class")[: watched.quarters, index]
            status = told[quarters, buyer] if nest == US_NEST or kind == GREY else np.full(chips.shape, FREE)
            key = Key(offer_key(watched.plan.world.offers[offer].id), firm.id, "accelerator", CHIPS)
            found[key] = Flow(chips, np.where(exists, value, 0.0), np.where(exists, status, ABSENT))
        return found
