"""Firms that leave the market, and whose part of the plan they leave to whom (phases `share_plan` and `leave`)."""

from __future__ import annotations

from abm.rules.ai_firm import book_value, losing_quarters
from abm.rules.chips import merged_performance
from abm.vocabulary import CREDIT_AND_INTEREST, ENTRY_AND_EXIT, EQUITY, OUTSIDE, SERVE, SLOTS, TRAIN

TINY = 1e-12


class Exits:
    """Who leaves, and who takes over what."""

    def __init__(self, model) -> None:
        self.model, self.p = model, model.p

    def share_plan(self, step: int) -> None:
        """Firms that have left leave their part of the bloc's plan to the others, pro rata."""
        for members in self.model.blocs:
            gone = 0.0
            for firm in members:
                if firm.exited:
                    gone += firm.plan_share[step]
            rest = max(TINY, 1.0 - gone)
            for firm in members:
                firm.plan_now = 0.0 if firm.exited else firm.plan_share[step] / rest

    def leave(self, step: int) -> None:
        """Firms long without cash, credit and margin leave; the others of their bloc buy their chips at book value."""
        for firm in self.model.firms:
            self.judge(firm)
        for members in self.model.blocs:
            self.spare_the_last(members)
        leavers = [firm for firm in self.model.firms if firm.leaving]
        for seller in leavers:
            for buyer in self.model.blocs[seller.bloc]:
                if buyer.inherits > 0.0:
                    self.sell_to(seller, buyer)
        for firm in leavers:
            self.wind_up(firm)
        if leavers:
            self.share_plan(step)

    def judge(self, firm) -> None:
        """Depreciation of a firm's chips, and how long it has been without cash, credit and margin."""
        p = self.p
        firm.book = book_value(firm.book, firm.spent - firm.rented(), p.depreciation_life)
        interest = p.interest_rate / 4.0 * firm.credit
        running = firm.research_money + firm.halls + interest
        room = p.credit_limit * firm.budget - firm.credit
        firm.losing = losing_quarters(firm.losing, firm.cash - firm.promised(), room, firm.revenue, running)
        due = firm.losing >= p.exit_patience and not firm.exited and self.model.on.exit > 0.0
        firm.leaving = 1.0 if due else 0.0
        for line in firm.every:
            line.acquired = 0.0

    def spare_the_last(self, members) -> None:
        """Nobody leaves a bloc in which nobody with a plan would stay."""
        stay = 0.0
        for firm in members:
            if not firm.leaving:
                stay += firm.plan_now
        for firm in members:
            if not stay > 0.0:
                firm.leaving = 0.0
            firm.inherits = 0.0 if firm.leaving else firm.plan_now / max(TINY, stay)

    def sell_to(self, seller, buyer) -> None:
        """A buyer's part of a leaving firm's chips, at book value: from its free cash, its owners pay the rest."""
        books, part = self.model.books, buyer.inherits
        price = part * seller.book
        missing = max(0.0, price - max(0.0, buyer.cash - buyer.promised()))
        buyer.cash += missing - price
        buyer.equity += missing
        buyer.book += price
        buyer.reference_compute += part * seller.reference_compute
        seller.cash += price
        books.move(EQUITY, OUTSIDE, seller.sector, missing)
        books.move(ENTRY_AND_EXIT, seller.sector, seller.sector, price)
        for line in seller.every:
            if not line.offer.let:
                hand_over(line, buyer.line_of(line.offer), part)

    def wind_up(self, firm) -> None:
        """A leaving firm pays its lenders, then its owners; what it owes beyond that is the lenders' loss."""
        books, cash = self.model.books, firm.cash
        repaid = min(cash, firm.credit)
        books.move(CREDIT_AND_INTEREST, firm.sector, OUTSIDE, repaid)
        books.move(EQUITY, firm.sector, OUTSIDE, cash - repaid)
        firm.borrowed -= repaid
        firm.equity -= cash - repaid
        firm.exited = 1.0
        firm.cash = firm.credit = firm.waiting = firm.book = firm.run_compute = 0.0
        firm.trained = firm.capability = 0.0
        firm.reference_compute = firm.training = firm.serving = firm.lent = firm.replaced = 0.0
        firm.budget = firm.research_money = firm.diverted = firm.revenue = 0.0
        for line in firm.every:
            line.backlog = line.warehouse = 0.0
            line.deployed, line.mean = [0.0, 0.0], [0.0, 0.0]
            line.in_halls, line.in_store = [0.0] * SLOTS, [0.0] * SLOTS


def hand_over(theirs, mine, part: float) -> None:
    """A part of the chips of a line changes hands, generation by generation."""
    own, new = mine.deployed[TRAIN] + mine.deployed[SERVE], part * (theirs.deployed[TRAIN] + theirs.deployed[SERVE])
    mine.mean = merged(mine.mean, own, theirs.mean, new)
    own, new = mine.in_halls[0] + mine.in_store[0], part * (theirs.in_halls[0] + theirs.in_store[0])
    mine.oldest = merged(mine.oldest, own, theirs.oldest, new)
    train, serve = (part * theirs.deployed[load] for load in (TRAIN, SERVE))
    stored = part * theirs.warehouse
    mine.deployed = [mine.deployed[TRAIN] + train, mine.deployed[SERVE] + serve]
    mine.warehouse += stored
    mine.acquired += train + serve + stored
    theirs.acquired -= train + serve + stored
    for slot in range(SLOTS):
        mine.in_halls[slot] += part * theirs.in_halls[slot]
        mine.in_store[slot] += part * theirs.in_store[slot]


def merged(mine: list[float], own: float, theirs: list[float], new: float) -> list[float]:
    """Mean performances of own and new chips together."""
    if not new > 0.0:
        return mine
    return [merged_performance(one, own, other, new) for one, other in zip(mine, theirs, strict=True)]
