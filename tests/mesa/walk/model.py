"""One run of the quarter as a Mesa model, on one page (compare `abm.quarter`)."""

from __future__ import annotations

import mesa

from .halls import open_slots
from .offer import cost_owners
from .start import build


class QuarterWalk(mesa.Model):
    """Agents act one after the other, in the engine's order of events.

    Parameters
    ----------
    plan : Blueprint
        Names of firms and vendors.
    world : World
        A block of the engine at the start of 2020Q1; it is read and never kept.
    lane : int
        Which of its runs is walked.
    """

    def __init__(self, plan, world, lane: int = 0) -> None:
        super().__init__(rng=int(world.seed[0]))
        self.quarter = -1
        build(self, plan, world, lane)

    def step(self) -> None:
        """One quarter."""
        self.quarter = step = self.quarter + 1
        self.draw_chance(step)
        self.exits.share_plan(step)
        self.launch(step)
        self.states.react(step)
        self.regulator.regulate(step)
        self.expect()
        self.redesign(step)
        self.rental.lend(step)
        self.set_prices(step)
        self.packaging.supply_world(step)
        self.china.produce_china(step)
        self.market.offer_supply(step)
        self.firms.do("order", step)
        self.market.clear()
        self.market.close_market()
        self.deploy()
        self.books.settle(step)
        self.services.earn(step)
        self.exits.leave(step)
        self.services.research(step)
        self.learn(step)
        self.records.observe(step)
        self.gap.measure_lead()
        self.regulator.washington.watch(step)
        self.regulator.allies.watch()
        self.audit.verify(step)

    def draw_chance(self, step: int) -> None:
        """Shocks of the quarter."""
        self.chance.draw(step)
        self.firms.do("draw_chance", step)

    def launch(self, step: int) -> None:
        """New generations and finished redesigns go on sale."""
        if step == 0:
            for design in self.designs:
                design.rate(self.p)
        for vendor in self.vendors:
            vendor.develop(step)
        for offer in self.offers:
            offer.next_generation(step)
        for offer in self.grey_lines:
            offer.follow(self.offers[0])
        for offer in self.redesigned:
            offer.ship_redesign()
        for offer in self.offers:
            offer.measure()

    def expect(self) -> None:
        """Firms, designers and fabs revise how likely they are to be cut off."""
        self.firms.do("expect")
        self.designers.do("expect")
        self.china.expect()

    def redesign(self, step: int) -> None:
        """Vendors whose lines are cut start licence-free designs; Chinese designers answer the foundry rule."""
        self.packaging.remember()
        for offer in self.compliance:
            offer.vendor.redesign(offer, step)
        self.designers.do("redesign_at_home", step)

    def set_prices(self, step: int) -> None:
        """List prices, prices in China, duty, cost of ownership."""
        for offer in self.offers:
            offer.set_price(self.law, step)
        self.market.reference = cost_owners(self.offers)

    def deploy(self) -> None:
        """Warehouses empty into data halls; old chips retire."""
        open_slots(self.offers, self.p)
        self.firms.do("deploy")

    def learn(self, step: int) -> None:
        """Firms shift research to what paid; choices are synchronous."""
        self.firms.do("remember_mix")
        self.firms.do("learn", step)
