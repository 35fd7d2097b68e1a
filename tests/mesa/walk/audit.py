"""The laws, checked in every quarter (phase `verify`); the first law broken is kept."""

from __future__ import annotations

import math

from abm.vocabulary import (
    CN,
    FLOWS,
    LAW_BANKS,
    LAW_CHIPS,
    LAW_FINITE,
    LAW_MONEY,
    LAW_NON_NEGATIVE,
    LAW_TREASURY,
    NODES,
    SERVE,
    STOCK,
    TRAIN,
    US,
)

TOLERANCE = 1e-9


def error(left: float, right: float, size: float) -> float:
    """Difference relative to `size`, or absolute where that is below 1."""
    return abs(left - right) / max(1.0, size)


class Audit:
    """Checks money, chips, banks, signs and numbers."""

    def __init__(self, model) -> None:
        self.model = model
        self.failed_quarter = self.failed_law = -1

    def verify(self, step: int) -> None:
        """Money, chips and banks balance; nothing is negative or not a number."""
        checks = (
            (LAW_MONEY, self.balance_money),
            (LAW_CHIPS, self.balance_chips),
            (LAW_CHIPS, self.balance_rent),
            (LAW_CHIPS, self.balance_slots),
            (LAW_BANKS, self.balance_banks),
            (LAW_TREASURY, self.count_treasuries),
            (LAW_NON_NEGATIVE, self.find_negative),
            (LAW_FINITE, self.find_not_finite),
        )
        for law, check in checks:
            if not check() <= TOLERANCE and self.failed_quarter < 0:
                self.failed_quarter, self.failed_law = step, law

    def balance_money(self) -> float:
        """Rows of the flow matrix add to zero, columns to the change of cash."""
        model, books, worst, turnover = self.model, self.model.books, 0.0, 0.0
        for row in books.flows:
            size = sum(map(abs, row))
            turnover += size
            worst = max(worst, error(sum(row), 0.0, size))
        cash = [0.0] * (NODES + 1)
        for node in model.nodes:
            cash[NODES] += node.cash
        for agent in (*model.firms, *model.vendors):
            cash[agent.sector] += agent.cash
        for sector, now in enumerate(cash):
            due = books.cash_before[sector] + sum(books.flows[flow][sector] for flow in range(len(FLOWS)))
            worst = max(worst, error(due, now, turnover))
        return worst

    def balance_chips(self) -> float:
        """Stock' = stock + delivered − retired for each firm and offer; deliveries add to sales."""
        worst, sold = 0.0, dict.fromkeys(self.model.offers, 0.0)
        for firm in self.model.firms:
            for line in firm.held:
                arrived = sum(line.delivered)
                due = line.before + arrived - line.retired + line.acquired
                worst = max(worst, error(sum(line.deployed) + line.warehouse, due, due))
                sold[line.offer] += arrived
        for offer, arrived in sold.items():
            if offer.let:
                continue
            booked = offer.sold_china + offer.sold_abroad - (self.model.market.seized if offer.grey else 0.0)
            worst = max(worst, error(arrived, booked, booked))
        return worst

    def balance_rent(self) -> float:
        """Tenants use what hosts let, hosts let what they have; nobody stores rented compute."""
        worst, rental = 0.0, self.model.rental
        for host in rental.hosts:
            has = sum(host.held[0].deployed)
            worst = max(worst, error(max(0.0, host.lent - has), 0.0, has))
        for offer in self.model.offers:
            if offer.let:
                used = sum(line.delivered[TRAIN] + line.delivered[SERVE] for line in offer.customers)
                stored = max(line.delivered[STOCK] for line in offer.customers)
                over = max(0.0, offer.sold_china - rental.rentable)
                size = offer.sold_china
                worst = max(worst, stored, error(used, size, size), error(over, 0.0, size))
        return worst

    def balance_slots(self) -> float:
        """The generations of a line add to the firm's chips in halls and in store, and none is negative."""
        worst = 0.0
        for firm in self.model.firms:
            for line in firm.held:
                in_use, kept = sum(line.deployed), line.warehouse
                wrong = abs(sum(line.in_halls) - in_use) + abs(sum(line.in_store) - kept)
                worst = max(worst, wrong / max(1.0, in_use + kept), -min(*line.in_halls, *line.in_store))
        return worst

    def balance_banks(self) -> float:
        """World packaging: sold, scrapped or left; dies and memory: in, out and store."""
        node = self.model.packaging
        made = node.stock_before + node.world_made
        worst = error(made, node.world_stock + node.world_sold + node.packaging_scrapped, made)
        for one in self.model.designers:
            dies = one.dies_before + one.dies_arrived - one.dies_used
            stacks = one.hbm_before + one.hbm_arrived - one.hbm_used
            worst = max(worst, error(dies, one.die_bank, dies), error(stacks, one.hbm_bank, stacks))
        return max(worst, self.balance_nodes())

    def balance_nodes(self) -> float:
        """Nodes: unsold before and made is used or left. Lines: tools banked before and sold are in use or banked."""
        worst = 0.0
        for node in self.model.nodes:
            there = node.before + node.made
            worst = max(worst, error(there, node.used + node.stock, there))
        for line in self.model.lines:
            for tool, held in enumerate(line.tool_bank):
                there = line.bank_before[tool] + sum(classes[tool] for classes in line.tools_sold)
                left = held + line.tools_placed[tool]
                worst = max(worst, error(there, left, left))
        return worst

    def count_treasuries(self) -> float:
        """No state gives more in answer to others than its ceiling."""
        states, p = self.model.states, self.model.p
        chinese = states.mobilised_total[CN] + states.subsidy_total
        pairs = (chinese, p.mobilisation_ceiling_cn), (states.mobilised_total[US], p.mobilisation_ceiling_us)
        return max(error(max(0.0, spent - ceiling), 0.0, ceiling) for spent, ceiling in pairs)

    def find_negative(self) -> float:
        """How far below zero the lowest of cash, chips, banks and stocks is."""
        model = self.model
        least = model.packaging.world_stock
        for node in model.nodes:
            least = min(least, node.cash, node.stock, node.credit)
        for line in model.lines:
            least = min(least, *line.tool_bank)
        for vendor in model.vendors:
            least = min(least, vendor.cash)
        for one in model.designers:
            least = min(least, one.die_bank, one.hbm_bank)
        for firm in model.firms:
            least = min(least, firm.cash)
            for line in firm.every:
                least = min(least, line.warehouse, *line.deployed)
        return -least

    def find_not_finite(self) -> float:
        """How many recorded series are infinite or not a number."""
        return sum(not math.isfinite(value) for value in self.model.records.series[-1].values())
