"""The market for chips: orders meet supply in four passes (phase `clear`)."""

from __future__ import annotations

from abm.rules.chip_vendor import grey_price_premium, scarce_claim
from abm.rules.offshore import expected_fill
from abm.vocabulary import BLOCS, CN, FRONTIER, ROW, US

from .world_chain import WAFER_AREA

TINY = 1e-12
ROUNDS = 3
THOUSAND = 1000.0


class Market:
    """Where firms' orders meet offers."""

    def __init__(self, model) -> None:
        self.model, self.p = model, model.p
        self.reference = [[0.0, 0.0], [0.0, 0.0]]
        self.self_reliance = self.grey_premium = 0.0
        self.row_sales = self.us_units_china = self.home_orders = 0.0
        self.third_wanted = self.third_left = self.seized = 0.0

    def offer_supply(self, step: int) -> None:
        """What each offer can deliver this quarter."""
        for offer in self.model.offers:
            offer.offer_supply(self.model.law, step)
        self.row_sales = 0.0

    def clear(self) -> None:
        """Four passes: backlog, fresh orders with those for the warehouse, and two rounds of re-offered money."""
        firms, self.seized = self.model.firms, 0.0
        for members in self.model.blocs:
            largest = max([TINY, *(firm.plan_now for firm in members)])
            for firm in members:
                firm.size = firm.plan_now / largest
        for attempt in range(ROUNDS + 1):
            self.tally(firms, attempt)
            self.ration()
            self.divert()
            firms.do("deliver")
            for offer in self.model.offers:
                self.book_sales(offer)
            for firm in firms:
                firm.reoffer(attempt)
                firm.place_wallet(attempt)

    def tally(self, firms, attempt: int) -> None:
        """Chips ordered by offer in this pass, summed over firms in fixed order."""
        offers = self.model.offers
        for offer in offers:
            offer.wanted = 0.0
            offer.wanted_by, offer.mean_size = [0.0 for _ in BLOCS], [0.0 for _ in BLOCS]
        self.third_wanted = 0.0
        firms.do("tally")
        for offer in offers:
            pairs = zip(offer.mean_size, offer.wanted_by, strict=True)
            offer.mean_size = [size / max(TINY, chips) for size, chips in pairs]
        if attempt < 2:
            for offer in offers:
                # in scarce channels firms order what they expect to get: what they would like to have counts
                offer.asked += offer.wanted / (offer.expected if attempt == 1 else 1.0)

    def ration(self) -> None:
        """Fill rates: world packaging by orders and margin, what is left to those still short; others pro rata."""
        left = self.model.packaging.world_left
        needs, total = {}, 0.0
        for offer in self.model.offers:
            if offer.claims:
                can = min(offer.supply, offer.wanted)
                needs[offer] = need = can * offer.packaging
                total += need
        got = needs if total <= left else self.share_packaging(needs, left)
        for offer in self.model.offers:
            wanted = max(TINY, offer.wanted)
            fill = min(1.0, offer.cap_room / wanted, offer.supply / wanted)
            if offer.claims and needs[offer] > 0.0:
                fill = min(fill, got[offer] / max(TINY, wanted * offer.packaging))
            offer.fill = fill

    def divert(self) -> None:
        """Brokers take grey chips out of what the rest of the world gets in this pass; seized ones never arrive."""
        there, self.third_left = self.model.offers[0].fill * self.third_wanted, 1.0
        for offer in self.model.grey_lines:
            taken = min(there * self.third_left, offer.supply, offer.wanted)
            offer.diverted_now = taken
            self.third_left = max(0.0, self.third_left - taken / max(TINY, there))
            offer.fill = taken * (1.0 - self.model.chance.seized_share) / max(TINY, offer.wanted)

    def share_packaging(self, needs, left: float) -> dict:
        """Packaging for each offer when there is too little: by claim, then what is spare by claim again."""
        claims, all_claims = {}, 0.0
        for offer, need in needs.items():
            if need > 0.0:
                margin = 1.0 - offer.unit_cost / max(0.001, offer.price_china)
                claims[offer] = claim = scarce_claim(need, margin, self.p.margin_weight)
                all_claims += claim
        got, spare, short = {}, left, 0.0
        for offer, claim in claims.items():
            need = needs[offer]
            got[offer] = share = min(need, left * claim / (all_claims + TINY))
            spare -= share
            if share < need:
                short += claim
        spare = max(0.0, spare)
        for offer, share in got.items():
            need = needs[offer]
            if share < need:
                got[offer] = min(need, share + spare * claims[offer] / (short + TINY))
        return got

    def book_sales(self, offer) -> None:
        """Sales by destination; supply, stock and packaging shrink by them."""
        shipped, node = offer.shipped, self.model.packaging
        home, abroad = shipped[CN], shipped[US] + shipped[ROW]
        if offer.grey:
            lost = offer.diverted_now * self.model.chance.seized_share
            abroad += lost
            self.seized += lost
            self.row_sales += home + lost
        if home == 0.0 and abroad == 0.0:
            return
        offer.sold_china += home
        offer.sold_abroad += abroad
        if offer.index == 0:
            self.row_sales += shipped[ROW]
        if offer.kind == FRONTIER:
            offer.vendor.us_now += shipped[US]
        offer.supply = max(0.0, offer.supply - home - abroad)
        offer.cap_room = max(0.0, offer.cap_room - home)
        if offer.on_pool:
            used = (home + abroad) * offer.packaging
            node.world_left = max(0.0, node.world_left - used)
            node.world_sold += used
        if offer.home:
            offer.stock = max(0.0, offer.stock - (home + abroad))
        shipped[CN] = shipped[US] = shipped[ROW] = 0.0

    def close_market(self) -> None:
        """Unsold packages carry over, the grey premium follows orders, order books are smoothed."""
        node, ordered, wafers, stacks, bought, home = self.model.packaging, 0.0, 0.0, 0.0, 0.0, 0.0
        node.world_stock = node.world_left
        for offer in self.model.offers:
            if offer.on_pool:
                bought += offer.sold_china
                if offer.design is not None:
                    ordered += offer.asked * offer.design.packaging
                    wafers += offer.asked * offer.design.area / WAFER_AREA
                    stacks += offer.asked * offer.design.stacks / THOUSAND
            leaked = offer.supply + offer.sold_china + offer.sold_abroad
            if offer.grey or offer.let:
                offer.expected = expected_fill(leaked, offer.asked)
            if offer.grey:
                self.grey_premium = grey_price_premium(self.grey_premium, offer.asked, leaked, self.p.grey_premium)
        node.book_orders(ordered, wafers, stacks)
        self.us_units_china = bought
        for vendor in self.model.vendors:
            vendor.orders_smooth += (vendor.line.asked - vendor.orders_smooth) / 2.0
            home += (1.0 - vendor.american) * vendor.orders_smooth
            vendor.us_sales, vendor.us_now = vendor.us_now, 0.0
        self.home_orders = home
