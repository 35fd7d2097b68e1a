"""Data halls: chips by generation of their line, from delivery to retirement (phases `deploy` and `slots`)."""

from __future__ import annotations

from abm.rules.ai_firm import economic_exit, retired_share
from abm.rules.numbers import log
from abm.vocabulary import NEWEST, SERVE, SLOTS, STOCK, TRAIN

TINY = 1e-12
HALF = 0.5
EARMARK = 0.1


def open_slots(offers, p) -> None:
    """A generation or redesign that came on a line takes its newest slot; the two oldest become one."""
    progress = log(max(TINY, *(one.performance[TRAIN] for one in offers if one.bound))) / p.design_growth
    for offer in offers:
        performance = offer.slot_performance
        offer.fresh = 0.0 if offer.performance == performance[NEWEST] else 1.0
        if offer.fresh:
            for line in offer.holders:
                line.move_up(performance[1])
            offer.slot_performance = [*performance[1:], offer.performance[:]]
            offer.slot_frontier = [*offer.slot_frontier[1:], progress]


class Hoster:
    """The part of an AI firm that runs data halls."""

    def deploy(self) -> None:
        """Deliveries go into halls as far as they have room, else to the warehouse; shortages are met from stock."""
        self.receive()
        supplied = self.release_stock()
        best_buy = self.find_best_buy()
        for line in self.held:
            if line.deployed[TRAIN] or line.deployed[SERVE]:
                self.retire(line, best_buy, supplied)
                self.change_workload(line)
            else:
                line.retired, line.mean = 0.0, [0.0, 0.0]
        self.finance()

    def receive(self) -> None:
        """New chips by purpose go into the newest slot of their line."""
        side, arrived, halls = self.side, 0.0, 0.0
        self.room = (1.0 + self.p.hall_slack) * self.budget
        for line in self.held:
            train, serve, _ = line.delivered
            arrived += (train + serve) * line.offer.paying[side] / 1000.0
        self.arrived = arrived
        fits = min(1.0, self.room / (arrived + TINY))
        for line in self.held:
            deployed = line.deployed
            line.before = deployed[TRAIN] + deployed[SERVE] + line.warehouse
            train, serve, stock = line.delivered
            if train or serve or stock:
                stored = stock + (1.0 - fits) * (train + serve)
                deployed[TRAIN] += fits * train
                deployed[SERVE] += fits * serve
                line.warehouse += stored
                line.in_halls[NEWEST] += fits * (train + serve)
                line.in_store[NEWEST] += stored
                halls += fits * (train + serve) * line.offer.fit_out(side)
        self.halls = halls

    def release_stock(self) -> float:
        """The warehouse fills free halls: in China to make up for money that found no chips, abroad always.

        Returns the part of the firm's money that found chips.
        """
        side, total, missing = self.side, TINY, self.unspent
        for line in self.held:
            total += line.warehouse * line.offer.paying[side] / 1000.0
            missing += line.backlog
        wanted = free = max(0.0, self.room - self.arrived)
        if self.chinese:  # only Chinese firms store on purpose; what others hold did not fit into their halls
            wanted = min(self.budget, free, missing)
        used = min(1.0, wanted / total)
        if total > TINY:
            for line in self.held:
                if line.warehouse:
                    self.unload(line, used)
        return self.spent / (self.spent + missing + TINY) if missing > 0.0 else 1.0

    def unload(self, line, used: float) -> None:
        """A share of the stored chips of a line moves into halls, the oldest first."""
        wanted = left = used * line.warehouse
        for slot, stored in enumerate(line.in_store):
            taken = min(left, stored)
            line.in_store[slot] = stored - taken
            line.in_halls[slot] += taken
            left -= taken
        moved, share = wanted - left, self.training_share
        line.warehouse -= moved
        line.deployed[TRAIN] += share * moved
        line.deployed[SERVE] += (1.0 - share) * moved
        self.halls += moved * line.offer.fit_out(self.side)

    def find_best_buy(self) -> float:
        """Best line that the firm can buy legally, software counted: quarters of ordinary progress from an A100."""
        best = TINY
        for line in self.lines:
            offer = line.offer
            if not (offer.grey or offer.let) and offer.legal[self.buyer] >= HALF:
                best = max(offer.performance[TRAIN] * line.used[TRAIN], best)
        return log(best) / self.p.design_growth

    def retire(self, line, best_buy: float, supplied: float) -> None:
        """Some chips fail, and what new ones outdo goes; both workloads lose alike. Mean performance follows."""
        p, offer, in_halls = self.p, line.offer, line.in_halls
        there = gone = train = serve = 0.0
        for slot in range(SLOTS):
            before = in_halls[slot]
            if before == 0.0:
                continue
            ahead = best_buy - offer.slot_frontier[slot]
            economic = economic_exit(ahead, p.economic_age, p.retirement_pace)
            lost = before * retired_share(p.attrition, economic, supplied)
            in_halls[slot] = kept = before - lost
            there += before
            gone += lost
            each = offer.slot_performance[slot] if slot else line.oldest
            train += kept * each[TRAIN]
            serve += kept * each[SERVE]
        share = 1.0 / max(TINY, there - gone)
        line.mean = [train * share, serve * share]
        line.retired = gone
        left = 1.0 - gone / max(TINY, there)
        line.deployed[TRAIN] *= left
        line.deployed[SERVE] *= left

    def change_workload(self, line) -> None:
        """Chips change workload, at most a tenth a quarter, and only where their mix left the firm's range."""
        train, serve = line.deployed
        drift = (self.training_share / 2.0) * (train + serve) - train
        if drift > 0.0:
            moved = min(drift, EARMARK * (train + serve))
            line.deployed = [train + moved, serve - moved]

    def finance(self) -> None:
        """Orders for the warehouse beyond free cash were paid on credit; need is what the firm buys a quarter."""
        stored, used, side = 0.0, 0.0, self.side
        for line in self.held:
            train, serve, _ = line.delivered
            stored += line.delivered[STOCK] * line.offer.paying[side] / 1000.0
            if line.offer.bound:
                used += train + serve
        drawn = max(0.0, stored - self.free_cash)
        self.free_cash -= stored - drawn
        self.credit += drawn
        self.borrowed += drawn
        self.need += (used - self.need) / 4.0
