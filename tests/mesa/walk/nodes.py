"""Supply nodes: what each has of its own, and how the suppliers of the world's tiers grow and run to plan."""

from __future__ import annotations

import mesa

from abm.rules.chip_vendor import capacity_step, planned_output
from abm.rules.numbers import exp
from abm.rules.supply_node import credit_drawn
from abm.vocabulary import (
    CREDIT_AND_INTEREST,
    DESIGN,
    FOUNDRY_WORLD,
    MATERIALS,
    MEMORY_WORLD,
    NODES,
    OUTSIDE,
    PACKAGING_WORLD,
    RD_OPEX_HALLS,
    RING,
    TOOLS,
    VENDOR_EQUITY,
)

TINY = 1e-12
FIRST_LAG = 1
MONTHS = 3.0
QUARTERS_A_YEAR = 4.0
THOUSAND = 1000.0


class SupplyNode(mesa.Agent):
    """A firm upstream of chip vendors: capacity, orders, stock, tools, cash and debt, in units of its own."""

    def __init__(self, model, index: int, role: int) -> None:
        super().__init__(model)
        self.p, self.index, self.role = model.p, index, role
        self.share = self.chinese = 0.0
        self.capacity, self.coming = 0.0, [0.0] * RING
        self.orders = self.backlog = self.made = self.before = self.stock = self.used = 0.0
        self.tools = self.bought = 0.0
        self.sales = self.cash = self.credit = 0.0
        uses = role > DESIGN and role != MATERIALS
        self.material = self.p.materials_share * self.p.node_cost_share if uses else 0.0

    def run_to_plan(self) -> None:
        """Output for orders grown as usual with a buffer, less what is unsold, within capacity."""
        p = self.p
        self.before = self.stock
        self.made = planned_output(self.capacity, self.orders, p.expected_growth, p.output_buffer, self.stock)
        self.stock += self.made

    def materials_cost(self) -> float:
        """What the node pays for materials, USD bn."""
        return self.material * self.sales

    def close_books(self, books) -> None:
        """Debt fills a gap as far as it goes and is paid back first; owners fill the rest and take profit."""
        p, sales, tools = self.p, self.sales, self.bought
        cost, interest = p.node_cost_share * sales, p.interest_rate / 4.0 * self.credit
        profit = sales - cost - tools - interest
        cash = self.cash + profit
        drawn = credit_drawn(cash, self.credit, p.credit_limit * sales)
        self.credit += drawn
        cash += drawn
        paid = cash if cash < 0.0 else min(cash, p.payout_share * max(0.0, profit))
        self.cash = cash - paid
        books.move(RD_OPEX_HALLS, NODES, OUTSIDE, cost - self.materials_cost())
        books.move(TOOLS, NODES, NODES, tools)
        books.move(CREDIT_AND_INTEREST, OUTSIDE, NODES, drawn - interest)
        books.move(VENDOR_EQUITY, NODES, OUTSIDE, paid)


class Toolmaker(SupplyNode):
    """Sells tools to Chinese lines as law lets its country, and to the nodes of the world as usual."""

    def __init__(self, model, index: int, role: int) -> None:
        super().__init__(model, index, role)
        self.parts: list[list[float]] = []
        self.customers: list[tuple[SupplyNode, float]] = []

    def sell_tools(self) -> None:
        """Sales of the quarter."""
        money = 0.0
        for line, parts in zip(self.model.lines, self.parts, strict=True):
            for part, sold in zip(parts, line.tools_sold[self.role], strict=True):
                money += part * sold
        for customer, share in self.customers:
            money += share * customer.bought
        self.sales += money


class Supplier(SupplyNode):
    """A node of the world's chain: wafers, memory or packaging for US lines."""

    def __init__(self, model, index: int, role: int) -> None:
        super().__init__(model, index, role)
        p = model.p
        self.lead = {FOUNDRY_WORLD: p.wafer_lead, MEMORY_WORLD: p.memory_lead, PACKAGING_WORLD: p.capacity_lead}[role]
        self.tool_cost = {
            FOUNDRY_WORLD: p.fab_cost / MONTHS,
            MEMORY_WORLD: QUARTERS_A_YEAR * p.memory_tool_cost,
            PACKAGING_WORLD: p.packaging_tool_cost / THOUSAND,
        }[role]

    def grow(self, step: int) -> None:
        """Capacity ordered before arrives; more is ordered for what orders will need after the lead time."""
        p, coming, slot, due = self.p, self.coming, step % RING, 0.0
        self.capacity *= exp(coming[slot])
        coming[slot] = 0.0
        for ahead in range(FIRST_LAG, RING):
            due += coming[(step + ahead) % RING]
        due = exp(due)
        ordered = capacity_step(
            self.orders * (1.0 + p.output_buffer), p.expected_growth, self.lead, self.capacity * due,
            p.capacity_growth_cap,
        )  # fmt: skip
        coming[(step + int(self.lead)) % RING] += ordered
        self.equip(due, exp(ordered))

    def equip(self, due: float, step_up: float) -> None:
        """Tools for ordered capacity, and for what the output of the last quarter wore."""
        wear = self.p.tool_wear * self.made / max(TINY, self.capacity)
        had = self.tools if self.tools > 0.0 else self.capacity * self.tool_cost
        self.bought = self.capacity * due * (step_up - 1.0) * self.tool_cost + wear * had
        self.tools = had * (1.0 - wear) + self.bought
