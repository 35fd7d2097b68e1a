"""Designs and offers: what is on sale, what it can do, what the law leaves of it, what it costs, how many there are."""

from __future__ import annotations

from abm.draws import stream
from abm.rules.ai_firm import cost_of_ownership
from abm.rules.chip_vendor import grey_supply, price_in_china
from abm.rules.chips import accounting_unit, list_price, quality, serve_performance, train_performance
from abm.rules.industrial_policy import dearer_inputs
from abm.rules.numbers import exp
from abm.rules.offshore import rental_rate
from abm.vocabulary import (
    COMPLIANCE,
    CUSTOM,
    DOMESTIC,
    FOREIGN,
    FRONTIER,
    GREY,
    LOW_TIER,
    NO_CAP,
    RENTAL,
    SERVE,
    SLOTS,
    TRAIN,
    US_NEST,
)

FRONTIER_DATE = stream("frontier_date")
TINY = 1e-9
FIRST_QUARTER = 0.5
LEAST_PRICE = 1e-3
PLENTY = 1e9
SPECS = (
    "bf16", "tpp", "bandwidth", "link", "memory", "area", "stacks", "dies", "power", "cost", "packaging", "vendor",
    "family", "from", "fuse",
)  # fmt: skip


class Design:
    """A chip as designed."""

    def __init__(self, world, index: int) -> None:
        self.index = index
        (
            self.bf16, self.tpp, self.bandwidth, self.link, self.memory, self.area, self.stacks, self.dies, self.power,
            self.cost, self.packaging, self.vendor, self.family, self.first, self.fuse,
        ) = (getattr(world, f"spec_{name}")[index].item() for name in SPECS)  # fmt: skip
        self.train = self.serve = 0.0

    def rate(self, p) -> None:
        """Performance in this run's parameters (`rate_designs`)."""
        self.train = train_performance(self.bf16, self.bandwidth, self.link, p.interconnect_weight)
        self.serve = serve_performance(self.tpp, self.bandwidth, self.memory, p.bandwidth_weight)


class Offer:
    """A product line in a channel. Pairs stand for buyers in China (0) and abroad (1)."""

    def __init__(self, model, index: int, kind: int, nest: int, ecosystem: int) -> None:
        self.model, self.p, self.index = model, model.p, index
        self.kind, self.ecosystem = kind, ecosystem
        self.american = nest == US_NEST
        self.home = not self.american
        self.grey = kind == GREY
        self.let = kind == RENTAL
        self.bound = self.american and not (self.grey or self.let)
        self.on_pool = kind in (FRONTIER, COMPLIANCE, CUSTOM, GREY)
        self.vendor = None
        self.customers: list = []
        self.roadmap: list[Design] = []
        self.dates: list[int] = []
        self.design: Design | None = None
        self.target: Design | None = None
        self.generation, self.next_step = -1, 0.0
        self.scale = self.opening = 1.0
        self.performance = [0.0, 0.0]
        self.legal, self.legal_next = [0.0] * 4, [0.0] * 4
        self.paying, self.chips_per_bn, self.owning = [0.0, 0.0], [0.0, 0.0], [0.0, 0.0]
        self.accounting = self.price = self.price_china = self.packaging = self.unit_cost = 0.0
        self.redesign_wait = self.scrapped = 0.0
        self.supply = self.cap_room = self.wanted = self.fill = self.asked = self.stock = 0.0
        self.sold_china = self.sold_abroad = 0.0
        self.shipped = [0.0, 0.0, 0.0]
        self.wanted_by, self.mean_size = [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]
        self.expected, self.diverted_now = 1.0, 0.0
        self.claims = self.on_pool and not self.grey
        self.fresh = 0.0
        self.slot_performance, self.slot_frontier = [[0.0, 0.0] for _ in range(SLOTS)], [0.0] * SLOTS
        self.holders: list = []

    # --- launch

    def next_generation(self, step: int) -> None:
        """A generation goes on sale at its date; after the road map one follows at an interval that chance varies."""
        if not self.roadmap or step < self.next_step:
            return
        p, chance, last = self.p, self.model.chance, len(self.roadmap) - 1
        if self.generation < last:
            self.generation += 1
            self.design = self.roadmap[self.generation]
            self.redesign_wait = 0.0
        self.scale = exp(self.vendor.technology)
        if self.generation < last:
            self.next_step = float(self.dates[self.generation + 1])
        else:
            delay = chance.normal(FRONTIER_DATE, step, self.index) * p.frontier_date_shock
            self.next_step = step + p.frontier_interval + delay

    def follow(self, other: Offer) -> None:
        """The grey channel sells what the frontier line sells."""
        self.design, self.scale = other.design, other.scale

    def ship_redesign(self) -> None:
        """A redesign whose lag is over replaces the line's design, or brings back a Chinese line's full chip."""
        due = self.redesign_wait == 1.0
        if self.redesign_wait > 0.0:
            self.redesign_wait -= 1.0
        self.opening = FIRST_QUARTER if due else 1.0
        if due:
            self.design = self.target
        if self.kind == COMPLIANCE or self.cut_down:
            regulator = self.model.regulator
            allowed = min(regulator.relative, regulator.relative_known)
            keeps = self.kind == COMPLIANCE and not due and regulator.washington.start > 0.0
            self.scale = max(allowed, self.scale) if keeps else allowed
        elif due:
            self.scale = exp(self.vendor.technology)

    @property
    def cut_down(self) -> bool:
        """Whether the line sells a chip cut down from a die family instead of its generation (`off_road_map`)."""
        return self.generation >= 0 and self.design is not self.roadmap[self.generation]

    def measure(self) -> None:
        """Performance and accounting unit of what is on sale."""
        design, scale = self.design, self.scale
        if design is None:
            self.performance = [TINY, TINY]
            self.accounting = 0.0
        else:
            self.performance = [scale * design.train, scale * design.serve]
            self.accounting = scale * accounting_unit(design.tpp)

    # --- regulate

    def judge(self, regulator, step: int) -> None:
        """Share that may be delivered to each class of buyer, now and as far as announced (`judge_offers`)."""
        design, law = self.design, regulator.law
        now = known = 0.0 if design is None else 1.0
        if self.grey:
            now = known = now * self.model.on.grey_market
        elif self.let:
            now *= regulator.tenancy(law.cloud_coverage(step))
            known *= regulator.tenancy(law.cloud_coverage(step, True))
        self.legal, self.legal_next = [now] * 4, [known] * 4
        if design is None or not self.bound:
            return
        gate, later = self.model.states.gate, self.model.states.gate_known
        force, known = law.open[step][design.index], law.announced[step][design.index]
        us = regulator.washington
        for buyer in range(FOREIGN):
            self.legal[buyer] = gate[buyer] * self.opening * us.admitted(force[buyer], self, buyer, us.ratio)
            self.legal_next[buyer] = later[buyer] * us.admitted(known[buyer], self, buyer, us.ratio_known)

    # --- set_prices

    def set_price(self, law, step: int) -> None:
        """List price by performance; in China the mark-up falls with the rivals' share, duty is passed on in part."""
        p, design, market = self.p, self.design, self.model.market
        if self.kind != DOMESTIC or self.unit_cost <= 0.0:
            cost = 0.0 if design is None else design.cost
            withheld = self.model.states.counter_control
            self.unit_cost = cost if self.home else dearer_inputs(cost, p.minerals_cost, withheld)
        train, serve = self.performance
        listed = list_price(quality(train, serve, p.training_money_share), p.reference_price, p.price_exponent)
        rivals = market.self_reliance
        if self.home:
            listed *= p.domestic_price_ratio
            rivals = 1.0 - rivals
        if self.grey:
            china = listed * (1.0 + market.grey_premium)
        else:
            china = price_in_china(listed, self.unit_cost, rivals, p.rival_markup_fall)
        passed = p.duty_pass_through * self.levy(law, step) if self.bound else 0.0
        supported = 1.0 - self.model.states.price_support if self.home else 1.0
        here, there = max(LEAST_PRICE, china * (1.0 + passed) * supported), max(LEAST_PRICE, listed)
        self.price, self.price_china = listed, china
        self.packaging = 0.0 if design is None else design.packaging
        if self.let:
            here = self.set_rent()
        self.paying = [here, there]
        self.chips_per_bn = [1000.0 / here, 1000.0 / there]
        if self.let:
            self.owning = [p.depreciation_life * price for price in self.paying]
        else:
            self.owning = [self.own_cost(price) for price in self.paying]

    def set_rent(self) -> float:
        """A tenant pays a quarter of the host's cost of owning the chip and a margin; its vendor nothing."""
        rent = rental_rate(self.own_cost(self.price), self.p.depreciation_life, self.p.rental_margin)
        self.unit_cost = self.packaging = 0.0
        self.price_china = max(LEAST_PRICE, rent)
        return self.price_china

    def own_cost(self, price: float) -> float:
        """Cost of ownership of a chip bought at a price, thousand USD."""
        p, power = self.p, 1.0 if self.design is None else self.design.power
        return cost_of_ownership(price, p.server_share, p.host_cost, power, p.electricity_price)

    def levy(self, law, step: int) -> float:
        """Duty and revenue share on sales to China, share of the price; 0 before the first design."""
        if self.design is None or self.home:
            return 0.0
        place = self.design.index
        return law.duty[step][place] + law.share[step][place]

    def fit_out(self, side: int) -> float:
        """USD bn per thousand chips for servers, network and hall slots."""
        return (self.p.server_share * self.paying[side] + self.p.host_cost) / 1000.0

    # --- offer_supply

    def offer_supply(self, law, step: int) -> None:
        """What can be delivered this quarter, before world packaging is shared out."""
        p, market = self.p, self.model.market
        self.asked = self.sold_china = self.sold_abroad = 0.0
        if self.kind in (FRONTIER, COMPLIANCE, CUSTOM, LOW_TIER):
            self.supply = PLENTY
        elif self.grey:
            leaked = grey_supply(p.enforcement, p.grey_base, market.row_sales, market.grey_premium, p.grey_elasticity)
            paths = self.model.chance.path_open
            self.supply = self.model.on.grey_market * self.model.chance.grey_luck * leaked
            self.supply *= sum(paths) / len(paths)
        elif self.let:
            self.supply = self.model.rental.rentable
        else:
            self.stock += self.vendor.made
            self.supply = self.stock
        self.cap_room = self.volume_room(law, step)

    def volume_room(self, law, step: int) -> float:
        """China sales that a volume cap leaves."""
        if self.kind != COMPLIANCE or self.design is None:
            return PLENTY
        cap = law.cap[step][self.design.index]
        return max(0.0, cap * self.vendor.us_sales) if cap < NO_CAP else PLENTY


def cost_owners(offers) -> list[list[float]]:
    """Best US line's performance per cost of ownership, by side and workload."""
    reference = [[LEAST_PRICE, LEAST_PRICE], [LEAST_PRICE, LEAST_PRICE]]
    for offer in offers:
        if offer.kind == FRONTIER:
            for side in range(2):
                for workload in (TRAIN, SERVE):
                    each = offer.performance[workload] / offer.owning[side]
                    reference[side][workload] = max(each, reference[side][workload])
    return reference
