"""The world's chain: tiers of wafers and memory, and the packages that all US lines share (phase `world_supply`)."""

from __future__ import annotations

import mesa

from abm.rules.chip_vendor import planned_output
from abm.rules.industrial_policy import minerals_left
from abm.rules.supply_node import ces_part, ces_whole, tier_limit
from abm.vocabulary import FOUNDRY_WORLD, MEMORY_WORLD, PACKAGING_WORLD

TINY = 1e-12
WAFER_AREA = 78.0 * 665.6


class Tier:
    """Suppliers that replace each other, if not perfectly."""

    def __init__(self, suppliers, substitution: float) -> None:
        self.suppliers, self.substitution = suppliers, substitution
        self.output = self.each = 0.0

    def offer(self, packages_ordered: float, plan: float) -> float:
        """Packages that the tier allows: what its suppliers deliver together over what a package needs."""
        total = ordered = 0.0
        for one in self.suppliers:
            total += ces_part(one.stock, one.share, self.substitution)
            ordered += one.orders
        self.output = ces_whole(total, self.substitution)
        self.each = ordered / max(TINY, packages_ordered)
        return tier_limit(self.output, self.each, plan)

    def take(self, plan: float, made: float) -> None:
        """Packages use the same part of every supplier's stock; what the plan wanted beyond it is backlog."""
        part = min(1.0, self.each * made / max(TINY, self.output))
        missing = self.each * max(0.0, plan - made)
        for one in self.suppliers:
            one.used = part * one.stock
            one.stock -= one.used
            one.backlog = missing * one.share

    def book(self, amount: float) -> None:
        """Orders of the quarter, in the usual shares."""
        for one in self.suppliers:
            one.orders = one.share * amount


class WorldPackaging(mesa.Agent):
    """Finished packages of the world, made by three tiers: wafers, memory, packaging."""

    def __init__(self, model) -> None:
        super().__init__(model)
        self.p = model.p
        self.wafers, self.memory, self.packaging = (
            Tier([one for one in model.nodes if one.role == role], model.p.supplier_substitution)
            for role in (FOUNDRY_WORLD, MEMORY_WORLD, PACKAGING_WORLD)
        )
        self.world_orders = self.world_stock = self.world_made = 0.0
        self.stock_before = self.packaging_scrapped = self.world_left = self.world_sold = 0.0

    def remember(self) -> None:
        """Stock at the start of the quarter, before write-offs."""
        self.stock_before, self.packaging_scrapped = self.world_stock, 0.0

    def supply_world(self, step: int) -> None:
        """Nodes grow towards orders and run to plan; wafers, memory and packaging become packages."""
        inputs = (*self.wafers.suppliers, *self.memory.suppliers)
        for one in (*inputs, *self.packaging.suppliers):
            one.grow(step)
        for one in inputs:
            one.run_to_plan()
        p, capacity, orders = self.p, self.capacity(), self.world_orders
        plan = planned_output(capacity, orders, p.expected_growth, p.output_buffer, self.world_stock)
        made = min(self.memory.offer(orders, plan), self.wafers.offer(orders, plan), plan)
        made = min(minerals_left(p.minerals_dependence, self.model.states.counter_control) * plan, made)
        self.world_made = made
        self.wafers.take(plan, made)
        self.memory.take(plan, made)
        self.finish_packages(capacity)
        self.world_stock += made
        self.world_left, self.world_sold = self.world_stock, 0.0

    def capacity(self) -> float:
        """Thousand packages a quarter."""
        total = 0.0
        for one in self.packaging.suppliers:
            total += one.capacity
        return total

    def finish_packages(self, capacity: float) -> None:
        """Packaging nodes work in proportion to capacity; orders that neither they nor stock meet are backlog."""
        short = max(0.0, self.world_orders - self.world_made - self.world_stock)
        for one in self.packaging.suppliers:
            part = one.capacity / max(TINY, capacity)
            one.made = one.used = part * self.world_made
            one.backlog = part * short

    def book_orders(self, packages: float, wafers: float, stacks: float) -> None:
        """Orders of the quarter reach the nodes of each tier."""
        self.world_orders = packages
        self.wafers.book(wafers)
        self.memory.book(stacks)
        self.packaging.book(packages)
