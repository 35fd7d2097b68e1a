"""The laws, checked in every quarter (phase `verify`); the first law broken is kept."""

from __future__ import annotations

import math

from abm.vocabulary import (
    FLOWS,
    LAW_BANKS,
    LAW_CHIPS,
    LAW_FINITE,
    LAW_MONEY,
    LAW_NON_NEGATIVE,
    NODES,
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
            (LAW_BANKS, self.balance_banks),
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
        cash[NODES] = books.node_cash
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
                due = line.before + arrived - line.retired
                worst = max(worst, error(sum(line.deployed) + line.warehouse, due, due))
                sold[line.offer] += arrived
        for offer, arrived in sold.items():
            booked = offer.sold_china + offer.sold_abroad
            worst = max(worst, error(arrived, booked, booked))
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
        return worst

    def find_negative(self) -> float:
        """How far below zero the lowest of cash, chips, banks and stocks is."""
        model = self.model
        least = min(model.books.node_cash, model.packaging.world_stock)
        for vendor in model.vendors:
            least = min(least, vendor.cash)
        for one in model.designers:
            least = min(least, one.die_bank, one.hbm_bank)
        for firm in model.firms:
            least = min(least, firm.cash)
            for line in firm.held:
                least = min(least, line.warehouse, *line.deployed)
        return -least

    def find_not_finite(self) -> float:
        """How many recorded series are infinite or not a number."""
        return sum(not math.isfinite(value) for value in self.model.records.series[-1].values())
