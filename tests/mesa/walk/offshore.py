"""Compute abroad that Chinese firms rent: hosts keep the chips, tenants use them (phase `lend`, rent in `settle`)."""

from __future__ import annotations

from abm.rules.offshore import tenant_capacity
from abm.vocabulary import CN, SERVE, TRAIN

TINY = 1e-12


class Rental:
    """The channel between hosts abroad and tenants in China. `hosts` let chips of the first frontier line."""

    def __init__(self, model) -> None:
        self.model, self.p = model, model.p
        self.hosts = [firm for firm in model.firms if firm.lets > 0.0]
        self.rentable = self.tenant_capacity = self.lendable_all = 0.0

    def lend(self, step: int) -> None:
        """What hosts can let this quarter, and what those chips can do."""
        for offer in self.model.offers:
            if offer.let:
                chips, train, serve = self.count_lendable()
                self.lendable_all = chips
                self.build_for_tenants(step, offer)
                self.rentable = min(self.tenant_capacity, chips)
                offer.design = self.model.offers[0].design if chips > 0.0 else None
                offer.performance = [max(TINY, train / (chips + TINY)), max(TINY, serve / (chips + TINY))]

    def count_lendable(self) -> tuple[float, float, float]:
        """Chips on offer, and their training and serving performance: tenants' work moves to whatever chip is free."""
        chips = train = serve = 0.0
        for host in self.hosts:
            line, offered = host.held[0], host.lets * self.model.on.offshore
            host.lendable = lendable = offered * line.deployed[TRAIN] + offered * line.deployed[SERVE]
            chips += lendable
            train += lendable * line.mean[TRAIN]
            serve += lendable * line.mean[SERVE]
        return chips, train, serve

    def build_for_tenants(self, step: int, offer) -> None:
        """Hosts keep what tenants used and add a part of China's plan, which is the same in all arms."""
        p, model = self.p, self.model
        planned = model.plan[step][CN] * model.plan_factor[step][CN]
        price = max(p.reference_price, model.offers[0].price)
        self.tenant_capacity = tenant_capacity(offer.sold_china, p.attrition, p.offshore_share, planned, price)

    def pay_hosts(self) -> None:
        """Hosts earn the rent in proportion to what they let; the part that pays for chips buys new ones."""
        let = rent = worn = 0.0
        for offer in self.model.offers:
            if offer.let:
                chips = offer.sold_china
                let += chips
                rent += chips * offer.price_china / 1000.0
                worn += chips * offer.price / self.p.depreciation_life / 1000.0
        for host in self.hosts:
            share = host.lendable / (self.lendable_all + TINY)
            host.lent, host.rent, host.replaced = share * let, share * rent, share * worn
