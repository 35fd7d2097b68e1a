"""How an AI firm buys chips: budget, choice, warehouse, and its part in clearing (phases `procure` and `clear`)."""

from __future__ import annotations

from abm.rules.ai_firm import (
    choice_weight,
    inclusive_value,
    nest_value,
    offer_value,
    planned_budget,
    stock_cover,
    stock_money,
    utilisation,
)
from abm.rules.chip_vendor import fill_by_size
from abm.rules.chips import merged_performance
from abm.rules.industrial_policy import mobilised_budget
from abm.rules.numbers import LOWEST, exp
from abm.vocabulary import CUDA, FOREIGN, OWN, ROW, SERVE, SLOTS, TRAIN

TINY = 1e-12
ALL_QUARTER = 0.999
FULL = 0.999
LAST_PASS = 3
LINE = 0


class Line:
    """What one firm has and does in one offer. Lists are by workload; orders and deliveries by purpose."""

    __slots__ = (
        "acquired", "backlog", "before", "delivered", "deployed", "held", "in_halls", "in_store", "mean", "offer",
        "oldest", "orders", "own", "retired", "stack", "stock_weight", "used", "value", "warehouse", "weight",
    )  # fmt: skip

    def __init__(self, offer, firm) -> None:
        self.offer, self.held = offer, False
        self.own, self.stack = offer.vendor is firm.own_vendor, offer.vendor is firm.stack_vendor
        self.value = self.backlog = self.warehouse = self.stock_weight = 0.0
        self.before = self.retired = self.acquired = 0.0
        self.weight, self.used = [0.0, 0.0], [1.0, 1.0]
        self.deployed, self.mean, self.oldest = [0.0, 0.0], [0.0, 0.0], [0.0, 0.0]
        self.in_halls, self.in_store = [0.0] * SLOTS, [0.0] * SLOTS
        self.orders, self.delivered = [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]

    def move_up(self, second: list[float]) -> None:
        """Chips move one slot towards the oldest, whose mean counts those of the second; the newest is empty."""
        halls, store = self.in_halls, self.in_store
        oldest, younger = halls[0] + store[0], halls[1] + store[1]
        self.oldest = [
            merged_performance(mine, oldest, theirs, younger) for mine, theirs in zip(self.oldest, second, strict=True)
        ]
        self.in_halls = [halls[0] + halls[1], *halls[2:], 0.0]
        self.in_store = [store[0] + store[1], *store[2:], 0.0]


class Buyer:
    """The part of an AI firm that buys. `lines` are the offers it may buy, `held` those it may own."""

    def line_of(self, offer) -> Line:
        """The firm's line of an offer; chips of an offer that it could not buy come only from firms that left."""
        for line in self.every:
            if line.offer is offer:
                return line
        line = Line(offer, self)
        self.every = sorted([*self.every, line], key=lambda one: one.offer.index)
        return line

    def find_use(self) -> None:
        """Share of hardware performance that the firm's software reaches on each line; it changes with research."""
        p, porting = self.p, self.porting
        for line in self.every:
            ecosystem = line.offer.ecosystem
            if ecosystem not in (CUDA, OWN):
                integrated = self.integration if line.stack else 0.0
                mature = porting[ecosystem]
                line.used = [
                    utilisation(p.utilisation_train_unported, mature, integrated),
                    utilisation(p.utilisation_serve_unported, mature, integrated),
                ]

    def order(self, step: int) -> None:
        """Set the budget, value offers for each workload, split the money and order for the warehouse."""
        self.set_budget(step)
        for workload in (TRAIN, SERVE):
            best = self.value_offers(workload)
            self.split_nests(step, workload, best)
        self.place_orders()
        if self.chinese:
            self.order_stock()

    def set_budget(self, step: int) -> None:
        """Budget of the quarter, debt service first, then the money that waited."""
        p = self.p
        self.buyer = self.buyer_class[step]
        self.free_cash = max(0.0, self.cash - (self.promised() + self.diverted))
        shock = self.model.chance.demand_bloc[self.bloc] + self.demand
        plan = self.model.plan[step][self.bloc] * self.model.plan_factor[step][self.bloc]
        budget = planned_budget(plan, self.plan_now, p.budget_feedback, self.revenue_smooth, self.revenue_base, shock)
        budget += self.replaced  # a host buys anew what its tenants wear out
        budget = mobilised_budget(budget, self.granted(), p.crowding_out)
        self.budget = budget
        repaid = min(budget / 2.0, self.credit)
        self.credit -= repaid
        self.borrowed = -repaid
        money = budget - repaid + self.waiting
        share = self.training_share
        self.wallet = [share * money, (1.0 - share) * money]
        self.waiting = self.unspent = self.spent = 0.0

    def granted(self) -> float:
        """Public money that the firm gets by its part of the bloc's plan."""
        return self.model.states.mobilised[self.bloc] * self.plan_now

    def promised(self) -> float:
        """Money that waits or is earmarked."""
        money = self.waiting
        for line in self.every:
            money += line.backlog
        return money

    def rented(self) -> float:
        """Rent paid this quarter."""
        paid = 0.0
        for line in self.every:
            if line.offer.let:
                train, serve, _ = line.delivered
                paid += (train + serve) * line.offer.price_china / 1000.0
        return paid

    def value_offers(self, workload: int) -> float:
        """Value of each offer on sale to the firm; the best of those that may be delivered now."""
        p, buyer, side = self.p, self.buyer, self.side
        best = best_scarce = LOWEST
        reference, sensitivity = self.model.market.reference[side][workload], p.price_sensitivity
        aversion, hazard = p.cutoff_aversion, self.hazard
        for line in self.lines:
            offer = line.offer
            legal = offer.legal[buyer]
            if legal == 0.0 and offer.legal_next[buyer] == 0.0:
                continue
            cost = offer.owning[side]
            if line.own:  # inside an integrated stack the vendor's margin falls away
                margin = max(0.0, offer.paying[side] - offer.unit_cost)
                cost -= self.integration * margin * (1.0 + p.server_share)
            fear = p.enforcement if offer.grey else hazard if offer.bound else 0.0
            shift = -p.offshore_friction if offer.let else 0.0
            line.value = value = offer_value(
                offer.performance[workload], line.used[workload], cost, reference, sensitivity, aversion, fear, shift
            )
            if legal == 0.0:
                continue
            # a channel in which little is to be had does not drive other chips out of the choice
            if offer.grey or offer.let:
                best_scarce = max(value, best_scarce)
            else:
                best = max(value, best)
        found = best if best > LOWEST else best_scarce
        return found if found > LOWEST else 0.0

    def split_nests(self, step: int, workload: int, best: float) -> None:
        """Nested logit over US chips, Chinese chips and waiting; a mandate reserves its part for the second."""
        p, buyer, hazard = self.p, self.buyer, self.hazard
        window, spread = p.choice_window, p.nest_dissimilarity
        sum_us = sum_home = later = 0.0
        for line in self.lines:
            offer = line.offer
            legal, legal_next = offer.legal[buyer], offer.legal_next[buyer]
            if legal == 0.0 and legal_next == 0.0:
                line.weight[workload] = 0.0
                continue
            pull = offer.expected * choice_weight(line.value, best, window, spread)
            line.weight[workload] = weight = pull * legal
            if offer.american:
                sum_us += weight
            else:
                sum_home += weight
            later += pull * legal_next * (1.0 - hazard if offer.bound else 1.0)
        us, home = nest_value(sum_us, spread), nest_value(sum_home, spread)
        wait = nest_value(later, spread) * self.model.wait_factor
        every = max(TINY, us + home + wait * self.model.on.waiting)
        mandate = self.model.states.mandate[buyer] if buyer != FOREIGN and home > 0.0 else 0.0
        self.inclusive[workload] = inclusive_value(best, every, home, mandate, p.price_sensitivity)
        share_home = (1.0 - mandate) * home / every + mandate
        to_us = (1.0 - mandate) * us / every / max(TINY, sum_us)
        to_home = share_home / max(TINY, sum_home)
        for line in self.lines:
            line.weight[workload] *= to_us if line.offer.american else to_home

    def place_orders(self) -> None:
        """What waits is kept for the next quarter; backlog is ordered first."""
        for workload in (TRAIN, SERVE):
            placed = 0.0
            for line in self.lines:
                placed += line.weight[workload]
            kept = max(0.0, 1.0 - placed)
            self.waiting += kept * self.wallet[workload]
            self.wallet[workload] *= 1.0 - kept
        share = self.training_share
        for line in self.lines:
            backlog = line.backlog
            line.orders = [share * backlog, (1.0 - share) * backlog, 0.0]
            line.delivered = [0.0, 0.0, 0.0]

    def order_stock(self) -> None:
        """Orders for the warehouse in lines that can be cut, financed by cash and then credit."""
        p, buyer, side = self.p, self.buyer, self.side
        held = value = total = 0.0
        lines = [line for line in self.lines if line.offer.american]
        for line in lines:
            offer, weight = line.offer, 0.0
            if offer.bound and offer.legal[buyer] > ALL_QUARTER:
                weight = line.weight[TRAIN] + line.weight[SERVE]
            line.stock_weight = weight
            held += line.warehouse
            value += weight * offer.paying[side]
            total += weight
        self.stock_money = 0.0
        if total > 0.0 and self.model.on.stockpiling > 0.0:
            cover = stock_cover(self.hazard, self.hazard_start, p.shortage_to_holding, p.max_cover)
            room = p.credit_limit * self.budget - self.credit
            price = value / (total + TINY)
            self.stock_money = stock_money(cover, self.need, held, price, self.free_cash, room)
        for line in lines:
            line.stock_weight /= max(TINY, total)

    # --- clear

    def tally(self) -> None:
        """Add this firm's deliverable orders to what each offer is asked for."""
        buyer, side = self.buyer, self.side
        for line in self.lines:
            train, serve, stock = line.orders
            money = train + serve + stock
            if money:
                offer = line.offer
                chips = offer.legal[buyer] * money * offer.chips_per_bn[side]
                offer.wanted += chips
                offer.wanted_by[self.bloc] += chips
                offer.mean_size[self.bloc] += chips * self.size
                if self.bloc == ROW and offer.index == LINE:
                    self.model.market.third_wanted += chips

    def deliver(self) -> None:
        """Deliveries and payments in this pass; what is left of each order stays in `orders`."""
        buyer, side, bloc = self.buyer, self.side, self.bloc
        for line in self.lines:
            train, serve, stock = orders = line.orders
            offer = line.offer
            priority = 0.0 if offer.grey or offer.let else self.p.size_priority
            share = offer.legal[buyer] * fill_by_size(offer.fill, priority, self.size, offer.mean_size[bloc])
            if bloc == ROW and offer.index == LINE:  # brokers take their part first
                share *= self.model.market.third_left
            if share == 0.0 or not (train or serve or stock):
                continue
            rate, delivered = offer.chips_per_bn[side], line.delivered
            train *= share
            serve *= share
            stock *= share
            delivered[0] += train * rate
            delivered[1] += serve * rate
            delivered[2] += stock * rate
            orders[0] -= train
            orders[1] -= serve
            orders[2] -= stock
            money = train + serve + stock
            self.spent += money
            offer.shipped[bloc] += money * rate

    def reoffer(self, attempt: int) -> None:
        """Unfilled money: part waits as backlog while the offer stays legal, the rest goes back into the wallet."""
        buyer, first = self.buyer, attempt == 0
        waits = 1.0 - self.p.backlog_release if first else self.p.wait_share
        train, serve = self.wallet if first else (0.0, 0.0)
        for line in self.lines:
            left_train, left_serve, _ = line.orders
            left = left_train + left_serve
            if left == 0.0:
                if first:
                    line.backlog = 0.0
                continue
            offer = line.offer  # nobody queues for a quarter of rent
            kept = waits if offer.legal_next[buyer] > 0.0 and not offer.let else 0.0
            before = 0.0 if first else line.backlog
            line.backlog = before + kept * left
            train += (1.0 - kept) * left_train
            serve += (1.0 - kept) * left_serve
        self.wallet = [train, serve]

    def place_wallet(self, attempt: int) -> None:
        """Place the wallet on offers: by weight at first, later only where chips are left; at the end it is unspent."""
        buyer, first = self.buyer, attempt == 0
        chosen = []
        if attempt < LAST_PASS:
            chosen = [one for one in self.lines if (first or one.offer.fill >= FULL) and one.offer.legal[buyer] > 0.0]
        for line in self.lines:
            line.orders = [0.0, 0.0, 0.0]
        for workload in (TRAIN, SERVE):
            total, money = 0.0, self.wallet[workload]
            for line in chosen:
                total += line.weight[workload]
            if total <= 0.0:
                self.unspent += money
                self.wallet[workload] = 0.0
                continue
            each = money / max(TINY, total)
            for line in chosen:
                line.orders[workload] = line.weight[workload] * each
        if first and self.stock_money:
            for line in self.lines:
                line.orders[2] = line.stock_weight * self.stock_money


def wait_factor(wait_value: float) -> float:
    """Weight of waiting against buying at equal worth, the same all run long."""
    return exp(wait_value)
