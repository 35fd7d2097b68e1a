"""AI firms: state, chance, fears, data halls and accounts; buying and knowledge are in files of their own."""

from __future__ import annotations

import mesa

from abm.draws import stream
from abm.rules.ai_firm import cutoff_hazard
from abm.rules.numbers import exp
from abm.vocabulary import (
    AI_CN,
    AI_OTHER,
    AI_REVENUE,
    CN,
    CREDIT_AND_INTEREST,
    ECOSYSTEMS,
    ENTRY_AND_EXIT,
    EQUITY,
    GOV_CN,
    GOV_US,
    MOBILISATION,
    OUTSIDE,
    RD_OPEX_HALLS,
    RESEARCH,
)

from .buying import Buyer, Line
from .halls import Hoster
from .knowledge import Researcher

DEMAND_FIRM, IDEA, PORTING_LUCK = stream("demand_firm"), stream("idea"), stream("porting")


class AIFirm(Buyer, Hoster, Researcher, mesa.Agent):
    """A firm that buys chips, trains and serves models and sells AI."""

    def __init__(self, model, index: int, name: str, bloc: int) -> None:
        super().__init__(model)
        self.p, self.index, self.name, self.bloc = model.p, index, name, bloc
        self.chinese = bloc == CN
        self.sector = AI_CN if self.chinese else AI_OTHER
        # platforms in China serve more, US labs train more
        self.training_share = model.p.training_share_cn if self.chinese else model.p.training_share_us
        self.lines: list[Line] = []
        self.held: list[Line] = []
        self.every: list[Line] = []
        self.neighbours: list[AIFirm] = []
        self.own_vendor = self.stack_vendor = None
        self.plan_now = self.exited = self.losing = self.leaving = self.inherits = self.book = 0.0
        self.lets = self.lendable = self.lent = self.rent = self.replaced = 0.0
        self.leads = self.own_plan = self.size = self.ideas = 0.0
        self.demand = self.idea = self.porting_luck = 0.0
        self.hazard = self.hazard_start = self.hazard_floor = 0.0
        self.budget = self.cash = self.free_cash = self.credit = self.waiting = self.borrowed = 0.0
        self.wallet, self.inclusive = [0.0, 0.0], [0.0, 0.0]
        self.stock_money = self.spent = self.unspent = self.need = 0.0
        self.room = self.arrived = self.halls = 0.0
        self.revenue = self.revenue_smooth = self.revenue_base = self.equity = 0.0
        self.research_money = self.research_input = self.diverted = 0.0
        self.reference_compute = self.run_compute = self.training = self.serving = self.served = 0.0
        self.algorithm, self.algorithm_before = [0.0, 0.0], 0.0
        self.trained = self.capability = 0.0
        self.porting = [0.0 for _ in ECOSYSTEMS]
        self.porting_before = self.porting[:]
        self.integration = 0.0
        self.attraction, self.payoff = [0.0 for _ in RESEARCH], [0.0 for _ in RESEARCH]
        self.mix = self.mix_before = [0.0 for _ in RESEARCH]

    def draw_chance(self, step: int) -> None:
        """Demand, luck in research and in porting."""
        p, chance = self.p, self.model.chance
        shock = p.demand_shock_firm * chance.normal(DEMAND_FIRM, step, self.index)
        self.demand = p.demand_persistence * self.demand + shock
        self.idea = p.idea_shock * chance.normal(IDEA, step, self.index)
        self.porting_luck = exp(p.porting_shock * chance.normal(PORTING_LUCK, step, self.index))

    def present(self, step: int) -> bool:
        """Whether the firm has been founded and has not left the market."""
        return self.alive[step] > 0.0 and not self.exited

    def expect(self) -> None:
        """Rules on chips move the fears of Chinese firms; else they fade to a floor by legal status."""
        if self.chinese:
            p, regulator = self.p, self.model.regulator
            feared = cutoff_hazard(
                self.hazard, regulator.cut, regulator.signal, p.signal_weight, p.hazard_step, p.hazard_decay,
                self.hazard_floor,
            )  # fmt: skip
            self.hazard = feared if self.model.on.hazard > 0.0 else self.hazard_floor

    # --- settle

    def pay_firm(self, books, step: int) -> None:
        """Last quarter's revenue, chips, halls, research, interest; owners fund the plan and take the excess.

        A firm that enters gets cash from its parent.
        """
        p, sector, revenue, budget, rent = self.p, self.sector, self.revenue, self.budget, self.rent
        enters = step > 0 and self.alive[step] > 0.0 and self.alive[step - 1] == 0.0
        given = p.liquidity * budget if enters else 0.0
        interest = p.interest_rate / 4.0 * self.credit
        research, halls = self.research_money, self.halls
        owners = budget + research - self.diverted + halls + interest - revenue - rent
        public = self.granted()
        owners -= public
        owners -= p.payout_share * max(0.0, self.free_cash - p.liquidity * budget)
        cash = self.cash + revenue + rent + given + owners + self.borrowed + public
        cash -= self.spent + research + halls + interest
        missing = max(0.0, -cash)
        owners += missing
        self.equity, self.cash = owners, cash + missing
        books.move(AI_REVENUE, OUTSIDE, sector, revenue)
        books.move(EQUITY, OUTSIDE, sector, owners)
        books.move(MOBILISATION, GOV_CN if self.chinese else GOV_US, sector, public)
        books.move(ENTRY_AND_EXIT, OUTSIDE, sector, given)
        books.move(RD_OPEX_HALLS, sector, OUTSIDE, research + halls)
        books.move(CREDIT_AND_INTEREST, OUTSIDE, sector, self.borrowed - interest)
