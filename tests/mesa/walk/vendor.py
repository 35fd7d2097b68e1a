"""Chip vendors: pace of design, redesign for China, costs and owners."""

from __future__ import annotations

import mesa

from abm.rules.chip_vendor import design_pace, research_ratio, vendor_credit
from abm.rules.chips import redesign_value
from abm.rules.numbers import exp, log
from abm.vocabulary import CREDIT_AND_INTEREST, OUTSIDE, PRIVATE, RD_OPEX_HALLS, VENDOR_EQUITY, VENDORS_US

HALF = 0.5


class ChipVendor(mesa.Agent):
    """A US vendor; Chinese designers have a class of their own in `china`."""

    sector = VENDORS_US

    def __init__(self, model, index: int, name: str) -> None:
        super().__init__(model)
        self.p, self.index, self.name = model.p, index, name
        self.merchant, self.american, self.diverts = 0.0, 1.0, 0.0
        self.line = None
        self.reference: list[float] = []
        self.technology = self.technology_due = 0.0
        self.cash = self.revenue = self.revenue_china = self.profit = self.rd = self.smooth = 0.0
        self.debt = 0.0
        self.orders_smooth = self.us_sales = self.us_now = 0.0
        self.billed = self.input_cost = 0.0
        self.made = 0.0

    # --- launch

    def develop(self, step: int) -> None:
        """R&D moves the performance of the next generation over its plan."""
        line, p = self.line, self.p
        if line.design is None:
            return
        growth = self.plan_growth()
        paced = design_pace(growth, self.research_ratio(step), p.design_elasticity)
        if line.generation + 1 >= len(line.roadmap):
            self.technology += paced
            self.technology_due += growth
        else:
            self.technology += paced - growth

    def plan_growth(self) -> float:
        """Growth of designs at reference R&D, ln a quarter: US vendors push the frontier."""
        return self.p.design_growth

    def research_ratio(self, step: int) -> float:
        """R&D over what the reference pace needs."""
        p = self.p
        if not self.by_revenue():
            return 1.0
        deviation = self.technology - self.technology_due
        return research_ratio(
            self.smooth, self.reference[step], p.rd_revenue_elasticity, deviation, p.ideas_harder * self.american
        )

    def by_revenue(self) -> bool:
        """Whether R&D follows revenue; the switch concerns US vendors."""
        return self.model.on.us_rd_from_revenue > 0.0

    # --- redesign

    def redesign(self, offer, step: int) -> None:
        """A line for China that is cut is written off, and the best licence-free design is started."""
        offer.scrapped = 0.0
        self.write_off(offer, step)
        news = self.hears_news(step) or offer.opening < 1.0
        if news and self.model.on.redesign > 0.0 and offer.redesign_wait == 0.0:
            self.start_redesign(offer, step)

    def write_off(self, offer, step: int) -> None:
        """When a rule cuts a line sold in China alone, its unsold stock is worth nothing."""
        if not self.hears_news(step) or offer.design is None or self.legal_by_text(offer, step) >= HALF:
            return
        node, each = self.model.packaging, offer.design.packaging
        scrap = self.p.scrap_share * offer.sold_china
        offer.scrapped = scrap if scrap * each <= node.world_stock else node.world_stock / max(1e-9, each)
        claimed = offer.scrapped * each
        node.world_stock -= claimed
        node.packaging_scrapped += claimed

    def start_redesign(self, offer, step: int) -> None:
        """Choose the design with the best expected margin that the vendor's other lines do not sell yet."""
        if self.legal_by_text(self.line, step) > HALF:
            return
        current, other = self.line_values(offer, step)
        best, best_value = None, 0.0
        for design in self.model.law.candidate[step]:
            own = design.vendor == self.index and design.first <= step
            if own and not self.sold_elsewhere(offer, design, step):
                value = self.design_value(design, step)
                if value > best_value:
                    best, best_value = design, value
        us = self.model.regulator.washington
        above = us.start > 0.0 and not us.under(offer, us.ratio_known)
        if best is None or (best is offer.design and not above):
            return
        cut = offer.design is None or self.legal_by_text(offer, step) < HALF
        better = best_value > self.p.upgrade_gain * max(other, current) and current <= other
        if (cut and best_value >= self.p.second_line * other) or better:
            offer.target = best
            offer.redesign_wait = 1.0 if best.fuse > 0.0 else self.p.redesign_lag

    def legal_by_text(self, line, step: int) -> float:
        """What private buyers may have of a line by what is published: leaks name no thresholds."""
        if line.design is None:
            return line.legal_next[PRIVATE]
        law, place = self.model.law, line.design.index
        text = law.published[step][place][PRIVATE]
        return text if law.announced[step][place][PRIVATE] < text else line.legal_next[PRIVATE]

    def hears_news(self, step: int) -> bool:
        """Whether what law admits, or will admit, changed this quarter."""
        return self.model.law.news[step] > 0.0 or self.model.regulator.washington.news > 0.0

    def line_values(self, offer, step: int) -> tuple[float, float]:
        """Expected margin of this compliance line and of the best other one of the vendor, on sale or in work."""
        own = other = 0.0
        for line in self.model.compliance:
            if line.vendor is not self:
                continue
            design = line.target if line.redesign_wait > 0.0 else line.design
            value = 0.0 if design is None else self.design_value(design, step)
            if line is offer:
                own = value
            else:
                other = max(value, other)
        return own, other

    def sold_elsewhere(self, offer, design, step: int) -> bool:
        """Whether another compliance line sells or prepares a chip of the same dies."""
        for line in self.model.compliance:
            if line is offer:
                continue
            selling, legal = line.design, self.legal_by_text(line, step) >= HALF
            working = line.target if line.redesign_wait > 0.0 else None
            if selling is not None and legal and selling.family == design.family:
                return True
            if working is not None and working.family == design.family:
                return True
        return False

    def design_value(self, design, step: int) -> float:
        """Expected margin of a design under the rules known now."""
        p, law, place, relative = self.p, self.model.law, design.index, self.model.regulator.relative_known
        lost = law.duty[step][place] + law.share[step][place]
        return redesign_value(
            relative * design.train, relative * design.serve, p.training_money_share, p.reference_price,
            p.price_exponent, design.cost, law.published[step][place][PRIVATE], lost,
        )  # fmt: skip

    # --- settle

    def pay_vendor_costs(self, books, step: int) -> None:
        """R&D by revenue (elasticity below 1) and overhead."""
        p, start, revenue = self.p, self.reference[0], self.revenue
        if self.line.design is None:
            self.smooth = self.reference[step]
        else:
            self.smooth += (revenue - self.smooth) / 4.0
        base = self.smooth if self.by_revenue() else start
        growth = exp(p.rd_revenue_elasticity * log(max(0.01, base / start)))
        self.rd = p.vendor_rd_share * start * growth
        cost = self.rd + p.opex_share * revenue
        books.move(RD_OPEX_HALLS, self.sector, OUTSIDE, cost)
        self.profit -= cost
        self.cash -= cost
        self.close_books(books)

    def close_books(self, books) -> None:
        """Interest, then credit, then owners: they refill what credit can't cover and get a part of the profit."""
        p, debt = self.p, self.debt
        interest = p.interest_rate / 4.0 * debt
        cash = self.cash - interest
        drawn = vendor_credit(cash, debt, p.credit_limit * self.smooth)
        self.debt = debt + drawn
        books.move(CREDIT_AND_INTEREST, OUTSIDE, self.sector, drawn - interest)
        self.profit = profit = self.profit - interest
        cash += drawn
        paid = cash if cash < 0.0 else min(cash, p.payout_share * max(0.0, profit))
        books.move(VENDOR_EQUITY, self.sector, OUTSIDE, paid)
        self.cash = cash - paid
