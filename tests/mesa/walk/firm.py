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
    EQUITY,
    OUTSIDE,
    RD_OPEX_HALLS,
    RESEARCH,
    SERVE,
    TRAIN,
)

from .buying import Buyer, Line
from .knowledge import Researcher

TINY = 1e-12
EARMARK = 0.1
DEMAND_FIRM, IDEA, PORTING_LUCK = stream("demand_firm"), stream("idea"), stream("porting")


class AIFirm(Buyer, Researcher, mesa.Agent):
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
        self.neighbours: list[AIFirm] = []
        self.own_vendor = None
        self.demand = self.idea = self.porting_luck = 0.0
        self.hazard = self.hazard_start = self.hazard_floor = 0.0
        self.budget = self.cash = self.free_cash = self.credit = self.waiting = self.borrowed = 0.0
        self.wallet = [0.0, 0.0]
        self.stock_money = self.spent = self.unspent = self.need = 0.0
        self.room = self.arrived = self.halls = 0.0
        self.revenue = self.revenue_smooth = self.revenue_base = self.equity = 0.0
        self.research_money = self.research_input = self.diverted = 0.0
        self.reference_compute = self.run_compute = self.training = self.serving = self.served = 0.0
        self.algorithm, self.algorithm_before, self.capability = [0.0, 0.0], 0.0, 0.0
        self.porting = [0.0 for _ in ECOSYSTEMS]
        self.porting_before = self.porting[:]
        self.integration = self.total = self.own_part = 0.0
        self.attraction, self.payoff = [0.0 for _ in RESEARCH], [0.0 for _ in RESEARCH]
        self.mix = self.mix_before = [0.0 for _ in RESEARCH]

    def draw_chance(self, step: int) -> None:
        """Demand, luck in research and in porting."""
        p, chance = self.p, self.model.chance
        shock = p.demand_shock_firm * chance.normal(DEMAND_FIRM, step, self.index)
        self.demand = p.demand_persistence * self.demand + shock
        self.idea = p.idea_shock * chance.normal(IDEA, step, self.index)
        self.porting_luck = exp(p.porting_shock * chance.normal(PORTING_LUCK, step, self.index))

    def expect(self) -> None:
        """Rules on chips move the fears of Chinese firms; else they fade to a floor by legal status."""
        if self.chinese:
            p, regulator = self.p, self.model.regulator
            self.hazard = cutoff_hazard(
                self.hazard, regulator.cut, regulator.signal, p.signal_weight, p.hazard_step, p.hazard_decay,
                self.hazard_floor,
            )  # fmt: skip

    # --- deploy

    def deploy(self) -> None:
        """Deliveries go into halls as far as they have room, else to the warehouse; shortages are met from stock."""
        self.receive()
        if self.chinese:
            self.release_stock()
        self.retire_and_earmark()
        self.finance()

    def receive(self) -> None:
        """New chips by purpose; mean performance of the firm's chips of an offer follows."""
        side, arrived, halls = self.side, 0.0, 0.0
        self.room = (1.0 + self.p.hall_slack) * self.budget
        for line in self.held:
            train, serve, _ = line.delivered
            arrived += (train + serve) * line.offer.paying[side] / 1000.0
        self.arrived = arrived
        fits = min(1.0, self.room / (arrived + TINY))
        for line in self.held:
            deployed, mean = line.deployed, line.mean
            line.before = before = deployed[TRAIN] + deployed[SERVE] + line.warehouse
            train, serve, stored = line.delivered
            new = train + serve + stored
            if new == 0.0 and before == 0.0:
                mean[TRAIN] = mean[SERVE] = 0.0
                continue
            fresh, every = line.offer.performance, before + new + TINY
            mean[TRAIN] = (before * mean[TRAIN] + new * fresh[TRAIN]) / every
            mean[SERVE] = (before * mean[SERVE] + new * fresh[SERVE]) / every
            if new == 0.0:
                continue
            deployed[TRAIN] += fits * train
            deployed[SERVE] += fits * serve
            line.warehouse += stored + (1.0 - fits) * (train + serve)
            halls += fits * (train + serve) * line.offer.fit_out(side)
        self.halls = halls

    def release_stock(self) -> None:
        """Money that found no chips is matched from the warehouse, within hall room."""
        total, short = TINY, self.unspent
        for line in self.held:
            total += line.warehouse * line.offer.paying[0] / 1000.0
            short += line.backlog
        free = max(0.0, self.room - self.arrived)
        used = min(1.0, min(short, free, self.budget) / total)
        share = self.training_share
        for line in self.held:
            if line.warehouse:
                moved = used * line.warehouse
                line.warehouse -= moved
                line.deployed[TRAIN] += share * moved
                line.deployed[SERVE] += (1.0 - share) * moved
                self.halls += moved * line.offer.fit_out(self.side)

    def retire_and_earmark(self) -> None:
        """Attrition, and chips that change workload, at most a tenth a quarter."""
        lost, share = self.p.attrition, self.training_share
        for line in self.held:
            train, serve = line.deployed
            line.retired = lost * (train + serve)
            train *= 1.0 - lost
            serve *= 1.0 - lost
            drift = (share / 2.0) * (train + serve) - train
            # only chips whose mix left the firm's range move
            if drift > 0.0:
                moved = min(drift, EARMARK * (train + serve))
                train += moved
                serve -= moved
            line.deployed = [train, serve]

    def finance(self) -> None:
        """Orders for the warehouse beyond free cash were paid on credit; need is what the firm buys a quarter."""
        stored, used, side = 0.0, 0.0, self.side
        for line in self.held:
            train, serve, stock = line.delivered
            stored += stock * line.offer.paying[side] / 1000.0
            if line.offer.bound:
                used += train + serve
        drawn = max(0.0, stored - self.free_cash)
        self.free_cash -= stored - drawn
        self.credit += drawn
        self.borrowed += drawn
        self.need += (used - self.need) / 4.0

    # --- settle

    def pay_firm(self, books) -> None:
        """Last quarter's revenue, chips, halls, research, interest; owners fund the plan and take the excess."""
        p, sector, revenue, budget = self.p, self.sector, self.revenue, self.budget
        interest = p.interest_rate / 4.0 * self.credit
        research, halls = self.research_money, self.halls
        owners = budget + research - self.diverted + halls + interest - revenue
        owners -= p.payout_share * max(0.0, self.free_cash - p.liquidity * budget)
        cash = self.cash + revenue + owners + self.borrowed
        cash -= self.spent + research + halls + interest
        missing = max(0.0, -cash)
        owners += missing
        self.equity, self.cash = owners, cash + missing
        books.move(AI_REVENUE, OUTSIDE, sector, revenue)
        books.move(EQUITY, OUTSIDE, sector, owners)
        books.move(RD_OPEX_HALLS, sector, OUTSIDE, research + halls)
        books.move(CREDIT_AND_INTEREST, OUTSIDE, sector, self.borrowed - interest)
