"""Chip vendors: what they sell, make and earn, read from one run."""

from __future__ import annotations

import mesa

from abm.agents.explained import Explained
from abm.state import Floats
from abm.view import Quantity
from abm.vocabulary import RENTAL


class VendorView(Explained):
    """A chip vendor in one run. All attributes are read-only and show the last quarter run.

    Money in USD bn, chips and packages in thousand, prices in thousand USD a chip. Quantities by line are dictionaries
    with the ids of the vendor's offers.
    """

    kind = "vendor"

    revenue = Quantity("vendor_revenue")
    revenue_china = Quantity("vendor_revenue_china")
    profit = Quantity("vendor_profit")
    cash = Quantity("vendor_cash")
    debt = Quantity("vendor_debt")
    research = Quantity("vendor_rd")
    inputs_paid = Quantity("billed")
    technology = Quantity("technology")
    hazard = Quantity("vendor_hazard")
    # Chinese designers only: their own chain
    made = Quantity("made")
    die_bank = Quantity("die_bank")
    hbm_bank = Quantity("hbm_bank")
    wafers = Quantity("wafers")
    foreign_dies = Quantity("foreign_wafers")
    hbm_bought = Quantity("hbm_arrived")

    @property
    def bloc(self) -> str:
        """Bloc of its headquarters: US or CN."""
        return "US" if self.run.world.vendor_us[self.index] > 0.0 else "CN"

    @property
    def merchant(self) -> bool:
        """Whether it is a US vendor that sells to others."""
        return bool(self.run.world.vendor_merchant[self.index])

    @property
    def members(self) -> tuple[str, ...]:
        """Firms of the data pack that act as this agent, if there are several."""
        return tuple(self.entry().members)

    @property
    def owners(self) -> tuple[str, ...]:
        """AI firms that own it."""
        return tuple(firm.id for firm in self.run.plan.world.firms if firm.owns == self.name)

    @property
    def lines(self) -> tuple[str, ...]:
        """Its offers; compute that hosts rent out is theirs, not its maker's."""
        return tuple(self.run.names("offer")[place] for place in self._places())

    @property
    def designs(self) -> dict[str, str | None]:
        """By line: design on sale, None before the first."""
        return {self.run.names("offer")[place]: _id(self.run.design(place)) for place in self._places()}

    @property
    def in_work(self) -> dict[str, tuple[str, int]]:
        """Redesigns in work, by line: the design and the quarters until it ships."""
        found = {}
        for place in self._places():
            wait, design = self.run.number("redesign_wait", place), self.run.design(place, "redesign_target")
            if wait > 0.0 and design is not None:
                found[self.run.names("offer")[place]] = (design.id, int(wait))
        return found

    @property
    def prices(self) -> dict[str, float]:
        """By line: list price; thousand USD."""
        return self._by_line(self.run.world.price)

    @property
    def prices_china(self) -> dict[str, float]:
        """By line: price to Chinese buyers before duty; thousand USD."""
        return self._by_line(self.run.world.price_china)

    @property
    def costs(self) -> dict[str, float]:
        """By line: cost of one package; thousand USD."""
        return self._by_line(self.run.world.unit_cost)

    @property
    def sold(self) -> dict[str, float]:
        """By line: chips sold in the quarter; thousand chips."""
        return self._by_line(self.run.world.sold_china + self.run.world.sold_abroad)

    @property
    def sold_china(self) -> dict[str, float]:
        """By line: chips sold to Chinese firms in the quarter; thousand chips."""
        return self._by_line(self.run.world.sold_china)

    @property
    def stock(self) -> dict[str, float]:
        """By line: chips finished and unsold; thousand chips. US vendors' are in one stock of the world."""
        return self._by_line(self.run.world.stock)

    def _places(self) -> list[int]:
        world = self.run.world
        pairs = enumerate(zip(world.offer_vendor, world.offer_kind, strict=True))
        return [place for place, (vendor, kind) in pairs if vendor == self.index and kind != RENTAL]

    def _by_line(self, values: Floats) -> dict[str, float]:
        """Values of the vendor's offers out of an array (offer, run)."""
        return {self.run.names("offer")[place]: float(values[place, self.run.lane]) for place in self._places()}


def _id(design: object) -> str | None:
    return getattr(design, "id", None)


class ChipVendor(mesa.Agent, VendorView):  # type: ignore[misc]
    """A chip vendor of the model: a live view of the run with the controls."""

    @property
    def counterfactual(self) -> VendorView | None:
        """The same vendor in the counterfactual run of the model, None if it has none."""
        other = self.model.counterfactual
        return None if other is None else VendorView(other, self.index)
