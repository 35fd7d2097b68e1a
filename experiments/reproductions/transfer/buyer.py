"""One buyer under an export control, by the scalar rules of `abm.rules`, quarter by quarter.

The buyer stands for all importers of a product and needs one unit a quarter. It chooses between the sender, others and
waiting as an AI firm does between US chips, Chinese chips and waiting (`abm.phases.procure`), fears and stores as one
(`expect`, `order_stock`), qualifies other suppliers as firms port software (`research`), and is rationed as in `clear`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from abm.rules.ai_firm import (
    choice_weight,
    cutoff_hazard,
    nest_value,
    offer_value,
    porting_gain,
    stock_cover,
    stock_money,
    utilisation,
)
from abm.rules.chip_vendor import capacity_step
from abm.rules.numbers import exp, larger, log, smaller
from experiments.reproducing.findings import Floats

SETTLING = 12
"""Quarters without a rule before the first, in which waiting money and backlog reach their usual size."""
EVENT = 0.02
"""Rise of what is denied that counts as a cut (MODEL R1)."""
ALL_QUARTER = 0.999
"""Only what can be delivered all quarter is stored (abm.phases.procure)."""
FAR = 1e9
"""Window of choice of one buyer who stands for many: nobody drops out."""
UNIT_PRICE = 1000.0
"""Thousand dollars a thousandth of the need, so that money and needs have one unit."""
VARIANTS = ("all rules", "no fear", "no qualification", "no rationing", "no limit elsewhere")


@dataclass(frozen=True)
class Law:
    """What a world of the case is given: open part of supply by quarter, lead and spare capacity elsewhere."""

    share_before: float
    open: Floats
    lead: float
    spare: float


@dataclass
class Buyer:
    """State of the buyer; amounts in units of the need of a quarter.

    Attributes
    ----------
    rules : parameters of the chip case, by name.
    qualified : how far other suppliers' goods are qualified, 0 to 1.
    cost : of others' goods per unit of use, the sender's 1; from the share before the rule.
    capacity, usual : of others; what the sender sold a quarter before the rule, of which the law lets a part through.
    """

    rules: Mapping[str, float]
    share_before: float
    variant: str = VARIANTS[0]
    hazard: float = 0.0
    qualified: float = 0.0
    cost: float = 1.0
    waiting: float = 0.0
    backlog: float = 0.0
    stock: float = 0.0
    capacity: float = 0.0
    usual: float = 0.0
    cut_before: bool = False
    due: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.hazard = self.rules["hazard_floor"]
        self.qualified = 1.0 - self.share_before  # who buys elsewhere has qualified
        ahead = log((1.0 - self.share_before) / self.share_before)
        feared = self.rules["cutoff_aversion"] * self.hazard
        self.cost = self._used() / exp((ahead - feared) / self.rules["price_sensitivity"])

    def _used(self) -> float:
        return utilisation(self.rules["utilisation_serve_unported"], self.qualified, 0.0)

    def fear(self, denied: float, denied_before: float) -> None:
        """Revise the belief in a cut-off after a quarter's law (MODEL R5)."""
        rise = denied - denied_before
        cut = denied if rise > EVENT else 0.0
        self.cut_before = self.cut_before or cut > 0.0
        if self.variant != "no fear":
            self.hazard = cutoff_hazard(
                self.hazard, cut, 0.0, self.rules["signal_weight"], self.rules["hazard_step"],
                self.rules["hazard_decay"], self.rules["hazard_floor"],
            )  # fmt: skip

    def choose(self, legal: float) -> tuple[float, float]:
        """Shares of money for the sender and for others; the rest waits (MODEL R8)."""
        beta, spread = self.rules["price_sensitivity"], self.rules["nest_dissimilarity"]
        aversion = self.rules["cutoff_aversion"]
        sender = offer_value(1.0, 1.0, 1.0, 1.0, beta, aversion, self.hazard, 0.0)
        other = offer_value(1.0, self._used(), self.cost, 1.0, beta, aversion, 0.0, 0.0)
        best = larger(sender, other)
        pull, rival = (choice_weight(value, best, FAR, spread) for value in (sender, other))
        first, second = nest_value(pull * legal, spread), nest_value(rival, spread)
        kept = pull * legal * (1.0 - self.hazard) + rival
        wait = nest_value(kept, spread) * exp(self.rules["wait_value"])
        every = first + second + wait
        return first / every, second / every

    def buy(self, legal: float) -> tuple[float, float]:
        """Imports of a quarter from the sender and from others (clearing, MODEL R8; stock, R9)."""
        wallet = 1.0 + self.waiting
        first, second = self.choose(legal)
        self.waiting = (1.0 - first - second) * wallet
        asked = self.backlog + first * wallet
        supply = asked if legal == 1.0 or self.variant == "no rationing" else legal * self.usual
        delivered = smaller(1.0, supply / larger(asked, EVENT))
        old = delivered * self.backlog
        freed = (self.backlog - old) * self.rules["backlog_release"]
        self.backlog -= old + freed
        fresh = delivered * first * wallet
        missing = first * wallet - fresh
        used = smaller(self.stock, missing)
        self.stock -= used
        missing -= used
        self.backlog += self.rules["wait_share"] * missing
        wanted = second * wallet + (1.0 - self.rules["wait_share"]) * missing + freed
        others = smaller(wanted, self.capacity)
        self.waiting += wanted - others
        stored = self._store(first) if legal > ALL_QUARTER else 0.0
        self.stock += stored
        self._build(wanted)
        return old + fresh + stored, others

    def _store(self, need: float) -> float:
        """Orders for the warehouse (MODEL R9)."""
        rules = self.rules
        cover = stock_cover(self.hazard, rules["hazard_floor"], rules["shortage_to_holding"], rules["max_cover"])
        room = rules["credit_limit"] - self.stock
        return stock_money(cover, need, self.stock, UNIT_PRICE, 0.0, room)

    def _build(self, wanted: float) -> None:
        """Others order capacity for what they were asked, and what they ordered a lead time ago arrives (MODEL R6)."""
        if not self.due:
            return
        arrived = self.due.pop(0)
        pending = sum(self.due) + log(larger(self.capacity, EVENT)) + arrived
        self.due.append(capacity_step(wanted, 0.0, 0.0, exp(pending), self.rules["capacity_growth_cap"]))
        self.capacity *= exp(arrived)

    def qualify(self, share_of_others: float) -> None:
        """Qualify other suppliers from the first cut on, by own work and by use (MODEL R10)."""
        if not self.cut_before or self.variant == "no qualification":
            return
        rules = self.rules
        self.qualified += porting_gain(
            self.qualified, rules["porting_rate"], rules["porting_own"], rules["porting_network"],
            rules["porting_spill"], 1.0, 1.0, 1.0, share_of_others, self.qualified,
        )  # fmt: skip


def shares(rules: Mapping[str, float], law: Law, variant: str = VARIANTS[0]) -> Floats:
    """Sender's share of imports in the last quarter before the rule and in each one with it."""
    buyer = Buyer(rules, law.share_before, variant, capacity=np.inf)
    denied = 0.0
    found: list[float] = []
    sender = others = 0.0
    for legal in [1.0] * SETTLING + law.open.tolist():
        if len(found) == SETTLING:  # capacity elsewhere is what was sold, and a little more
            limited = variant != "no limit elsewhere"
            buyer.capacity, buyer.usual = (1.0 + law.spare) * others if limited else np.inf, sender
            buyer.due = [0.0] * max(round(law.lead), 1) if limited else []
        buyer.fear(1.0 - legal, denied)
        denied = 1.0 - legal
        sender, others = buyer.buy(legal)
        found.append(sender / (sender + others))
        buyer.qualify(1.0 - found[-1])
    return np.asarray(found[SETTLING - 1 :])
