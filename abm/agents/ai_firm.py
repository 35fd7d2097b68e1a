"""AI firms: what they own, believe and decide, read from one run."""

from __future__ import annotations

import mesa

from abm.agents.explained import Explained
from abm.rules import ai_firm as rules
from abm.view import Quantities, Quantity, by_name
from abm.vocabulary import BUYER_CLASSES, RENTAL, SERVE, TRAIN, WORKLOADS

DECISIONS = (
    "book_value", "choice_weight", "compute_shortage", "cutoff_hazard", "distilled", "economic_exit",
    "efficiency_gain", "inclusive_value", "induced_progress", "integration_gain", "largest_run", "losing_quarters",
    "market_weight", "nest_value", "offer_value", "own_stack_orders", "planned_budget", "porting_gain",
    "research_budget", "retired_share", "serving_gain", "stock_cover",
    "stock_money", "utilisation",
)  # fmt: skip
"""Rules that each AI firm answers for itself; a subclass of `AIFirm` may answer one by a method of that name."""


class FirmView(Explained):
    """An AI firm in one run. All attributes are read-only and show the last quarter run.

    Numbers carry the unit that `type(firm).budget.unit` names; money in USD bn, chips in thousand, compute in thousand
    A100 (training performance), capability and algorithms in logarithms. Quantities by offer, ecosystem or kind of
    research are dictionaries with the ids of the world file.
    """

    kind = "firm"

    # money
    budget = Quantity("budget")
    cash = Quantity("cash")
    free_cash = Quantity("free_cash")
    credit = Quantity("credit")
    spent = Quantity("spent")
    unspent = Quantity("unspent")
    waiting = Quantity("waiting")
    backlog = Quantities("backlog")
    revenue = Quantity("revenue")
    research_money = Quantity("research_money")
    equity = Quantity("equity")
    # beliefs and stocks
    hazard = Quantity("hazard")
    need = Quantity("need")
    warehouse = Quantities("warehouse")
    retired = Quantities("retired")
    lent = Quantity("lent")
    rent_earned = Quantity("rent")
    # compute and knowledge
    training = Quantity("training")
    serving = Quantity("serving")
    run_compute = Quantity("run_compute")
    served = Quantity("served")
    capability = Quantity("capability")
    algorithm = Quantities("algorithm")
    porting = Quantities("porting")
    integration = Quantity("integration")
    mix = Quantities("mix")
    attraction = Quantities("attraction")

    @property
    def bloc(self) -> str:
        """Bloc of its headquarters: CN, US or ROW."""
        return str(self.entry().bloc)

    @property
    def members(self) -> tuple[str, ...]:
        """Firms of the data pack that act as this agent."""
        return tuple(self.entry().members)

    @property
    def owns(self) -> str | None:
        """Chip vendor that it owns."""
        return self.entry().owns or None

    @property
    def open_weights(self) -> bool:
        """Whether it publishes the weights of its models."""
        return bool(self.entry().open_weights)

    @property
    def alive(self) -> bool:
        """Whether it exists in the quarter. All are agents from the start; entry is a date of the data."""
        here = self.run.world.alive[self.run.law_step, self.index] > 0.0
        return bool(here and self.run.world.exited[self.index, self.run.lane] == 0.0)

    @property
    def buyer_class(self) -> str:
        """How export law sees it in the quarter: private, listed, state or foreign."""
        return BUYER_CLASSES[int(self.run.world.buyer_class[self.run.law_step, self.index])]

    @property
    def neighbours(self) -> tuple[str, ...]:
        """Firms whose know-how and mix of research it sees."""
        firms = self.run.names("firm")
        return tuple(firms[int(other)] for other in self.run.world.neighbour[self.index])

    @property
    def deployed(self) -> dict[str, float]:
        """By offer: chips in its data halls, both workloads; thousand chips."""
        chips = self.run.world.deployed[self.index, :, :, self.run.lane]
        return by_name(self, "offer", chips[:, TRAIN] + chips[:, SERVE])

    def deployed_for(self, workload: str) -> dict[str, float]:
        """By offer: chips in its data halls for "train" or "serve"; thousand chips."""
        if workload not in WORKLOADS:
            raise ValueError(f"workload {workload!r} is not one of {', '.join(WORKLOADS)}")
        place = WORKLOADS.index(workload)
        return by_name(self, "offer", self.run.world.deployed[self.index, :, place, self.run.lane])

    @property
    def rented(self) -> float:
        """Chips abroad that it rents in the quarter; thousand chips."""
        world = self.run.world
        return float(world.delivered[self.index, world.offer_kind == RENTAL, :, self.run.lane].sum())

    @property
    def delivered(self) -> dict[str, float]:
        """By offer: chips delivered in the quarter, for use and for the warehouse; thousand chips."""
        return by_name(self, "offer", self.run.world.delivered[self.index, :, :, self.run.lane].sum(axis=1))

    @property
    def legal(self) -> dict[str, float]:
        """By offer: share of its orders that law lets through in the quarter; 0 for offers not on sale to it."""
        world, run = self.run.world, self.run
        buyer = int(world.buyer_class[run.law_step, self.index])
        return by_name(self, "offer", world.legal[:, buyer, run.lane] * world.available[self.index])


class AIFirm(mesa.Agent, FirmView):  # type: ignore[misc]
    """An AI firm of the model: a live view of the run with the controls.

    The rules in `DECISIONS` are methods that a subclass may replace, in plain Python and for this firm alone:
    ``ChipCurbsModel(agents={"TENCENT": MyTencent})``. ``super().offer_value(...)`` is the rule. While a quarter runs,
    `self` shows the state as the phases before left it.
    """

    @property
    def counterfactual(self) -> FirmView | None:
        """The same firm in the counterfactual run of the model, None if it has none."""
        other = self.model.counterfactual
        return None if other is None else FirmView(other, self.index)


for _name in DECISIONS:
    setattr(AIFirm, _name, staticmethod(getattr(rules, _name)))
