"""Firms set budgets, stock targets and orders (MODEL R8, R9, R13)."""

from __future__ import annotations

import numpy as np

from abm.parameter_index import (
    BUDGET_FEEDBACK,
    CHOICE_WINDOW,
    CREDIT_LIMIT,
    CUTOFF_AVERSION,
    ELECTRICITY_PRICE,
    ENFORCEMENT,
    HOST_COST,
    MAX_COVER,
    NEST_DISSIMILARITY,
    PRICE_SENSITIVITY,
    SERVER_SHARE,
    SHORTAGE_TO_HOLDING,
    TRAINING_SHARE_CN,
    TRAINING_SHARE_US,
    UTILISATION_TRAIN_UNPORTED,
    WAIT_VALUE,
)
from abm.rules.ai_firm import (
    choice_weight,
    cost_of_ownership,
    nest_value,
    offer_value,
    planned_budget,
    stock_cover,
    stock_money,
    utilisation,
)
from abm.rules.numbers import LOWEST, exp, larger, select
from abm.state import World
from abm.vocabulary import (
    CN,
    CUDA,
    DOMESTIC_NEST,
    FOREIGN,
    FRONTIER,
    GREY,
    OWN,
    SERVE,
    STOCK,
    SW_STOCKPILING,
    SW_WAITING,
    TRAIN,
    US_NEST,
)

LANES = 32
TINY = 1e-12
ALL_QUARTER = 0.999
"""Only what can be delivered all quarter is stored: a rule that binds at once leaves no time."""


def order(world: World, step: int) -> None:
    """Each firm sets its budget, values offers for each workload, splits its money and orders for its warehouse."""
    for firm in world.firms:
        set_budget(world, step, firm)
        for workload in range(2):
            weigh_offers(world, step, firm, workload)
        place_orders(world, firm)
        order_stock(world, step, firm)


def set_budget(state: World, step: int, firm: int) -> None:
    """Budget of the quarter, debt service first, then the money that waited; split between training and serving."""
    bloc = state.bloc[firm]
    for run in range(LANES):
        shock = state.demand_bloc[bloc, run] + state.demand_firm[firm, run]
        plan = state.plan[step, bloc] * state.plan_factor[step, bloc, run]
        share = state.plan_share[step, firm]
        state.free_cash[firm, run] = larger(state.cash[firm, run] - committed(state, firm, run), 0.0)
        budget = planned_budget(
            plan, share, state.parameter[BUDGET_FEEDBACK, run], state.revenue_smooth[firm, run],
            state.revenue_base[firm, run], shock,
        )  # fmt: skip
        state.budget[firm, run] = budget
        repaid = select(state.credit[firm, run] < budget / 2.0, state.credit[firm, run], budget / 2.0)
        state.credit[firm, run] -= repaid
        state.borrowed[firm, run] = -repaid
        money = budget - repaid + state.waiting[firm, run]
        share_train = training_share(state, firm, run)
        state.wallet[firm, TRAIN, run] = share_train * money
        state.wallet[firm, SERVE, run] = (1.0 - share_train) * money
        state.waiting[firm, run] = 0.0
        state.unspent[firm, run] = 0.0
        state.spent[firm, run] = 0.0


def training_share(state: World, firm: int, run: int) -> float:
    """Share of chip money for training: platforms in China serve more, US labs train more (MODEL R12)."""
    home = state.parameter[TRAINING_SHARE_CN, run]
    return select(state.bloc[firm] == CN, home, state.parameter[TRAINING_SHARE_US, run])


def pays(state: World, firm: int, offer: int, run: int) -> float:
    """Price of a chip to this firm, passed-on duty included, thousand USD."""
    return state.pay_china[offer, run] if state.bloc[firm] == CN else state.price[offer, run]


def used_share(state: World, firm: int, offer: int, workload: int, run: int) -> float:
    """Share of hardware performance that the firm's software reaches on an offer."""
    ecosystem = state.offer_ecosystem[offer]
    if ecosystem == CUDA:
        return 1.0
    unported = state.parameter[UTILISATION_TRAIN_UNPORTED + workload, run]
    own = state.own_vendor[firm] == state.offer_vendor[offer]
    integration = state.integration[firm, run] if own else 0.0
    if ecosystem == OWN:
        return utilisation(unported, 1.0, 1.0)
    return utilisation(unported, state.porting[firm, ecosystem, run], integration)


def weigh_offers(state: World, step: int, firm: int, workload: int) -> None:
    """Nested logit over US chips, Chinese chips and waiting (MODEL R8); weights of offers add to 1 less waiting."""
    best, best_us = np.empty(LANES), np.empty(LANES)
    buyer = state.buyer_class[step, firm]
    for run in range(LANES):
        best[run], best_us[run] = LOWEST, TINY
    for offer in range(state.available.shape[1]):
        if state.offer_kind[offer] == FRONTIER:
            for run in range(LANES):
                cost = owned(state, firm, offer, run)
                best_us[run] = larger(best_us[run], state.performance[offer, workload, run] / cost)
    for offer in range(state.available.shape[1]):
        if state.available[firm, offer] == 0.0:
            continue
        for run in range(LANES):
            value = value_of(state, firm, offer, workload, best_us[run], run)
            state.value[offer, run] = value
            on_sale = select(state.legal[offer, buyer, run] > 0.0, 1.0, 0.0)
            best[run] = select(on_sale > 0.0, larger(best[run], value), best[run])
    for run in range(LANES):
        split_nests(state, firm, workload, buyer, best[run], step, run)


def owned(state: World, firm: int, offer: int, run: int) -> float:
    """Cost of ownership of an offer to a firm; inside an integrated stack the vendor's margin falls away."""
    price = pays(state, firm, offer, run)
    if state.own_vendor[firm] == state.offer_vendor[offer] and state.own_vendor[firm] >= 0:
        price -= state.integration[firm, run] * larger(price - state.unit_cost[offer, run], 0.0)
    design = state.design[offer, run]
    power = state.spec_power[design] if design >= 0 else 1.0
    return cost_of_ownership(
        price,
        state.parameter[SERVER_SHARE, run],
        state.parameter[HOST_COST, run],
        power,
        state.parameter[ELECTRICITY_PRICE, run],
    )


def value_of(state: World, firm: int, offer: int, workload: int, reference: float, run: int) -> float:
    """Value of an offer with this firm's software, price and fear."""
    at_risk = 1.0 if state.offer_nest[offer] == US_NEST else 0.0
    hazard = at_risk * state.hazard[firm, run]
    if state.offer_kind[offer] == GREY:
        hazard = state.parameter[ENFORCEMENT, run]
    return offer_value(
        state.performance[offer, workload, run],
        used_share(state, firm, offer, workload, run),
        owned(state, firm, offer, run),
        reference,
        state.parameter[PRICE_SENSITIVITY, run],
        state.parameter[CUTOFF_AVERSION, run],
        hazard,
        0.0,
    )


def split_nests(state: World, firm: int, workload: int, buyer: int, best: float, step: int, run: int) -> None:
    """Shares of money for each offer and for waiting; a mandate reserves its part for Chinese chips."""
    window = state.parameter[CHOICE_WINDOW, run]
    spread = state.parameter[NEST_DISSIMILARITY, run]
    us, home, later = 0.0, 0.0, 0.0
    for offer in range(state.available.shape[1]):
        if state.available[firm, offer] == 0.0:
            continue
        share = choice_weight(state.value[offer, run], best, window, spread, state.legal[offer, buyer, run])
        state.weight[firm, offer, workload, run] = share
        next_share = choice_weight(state.value[offer, run], best, window, spread, state.legal_next[offer, buyer, run])
        if state.offer_nest[offer] == DOMESTIC_NEST:
            home += share
            later += next_share
        else:
            us += share
            later += next_share * (1.0 - state.hazard[firm, run])
    exp_us = nest_value(us, 0.0, spread)
    exp_home = nest_value(home, 0.0, spread)
    wait = nest_value(later, 0.0, spread) * exp(state.parameter[WAIT_VALUE, run]) * state.switch[SW_WAITING, run]
    total = exp_us + exp_home + wait + TINY
    mandate = state.law_mandate[state.arm[run], step, buyer] if buyer != FOREIGN else 0.0
    mandate = select(exp_home > 0.0, mandate, 0.0)
    share_us = (1.0 - mandate) * exp_us / total
    share_home = (1.0 - mandate) * exp_home / total + mandate
    for offer in range(state.available.shape[1]):
        if state.available[firm, offer] == 0.0:
            continue
        inside = select(state.offer_nest[offer] == DOMESTIC_NEST, share_home / (home + TINY), share_us / (us + TINY))
        state.weight[firm, offer, workload, run] *= inside


def place_orders(state: World, firm: int) -> None:
    """Backlog is ordered first; fresh money follows the weights; what waits is kept for the next quarter."""
    for run in range(LANES):
        for workload in range(2):
            placed = 0.0
            for offer in range(state.available.shape[1]):
                placed += state.weight[firm, offer, workload, run]
            kept = larger(1.0 - placed, 0.0)
            state.waiting[firm, run] += kept * state.wallet[firm, workload, run]
            state.wallet[firm, workload, run] *= 1.0 - kept
    for offer in range(state.available.shape[1]):
        for run in range(LANES):
            share_train = training_share(state, firm, run)
            state.orders[firm, offer, TRAIN, run] = share_train * state.backlog[firm, offer, run]
            state.orders[firm, offer, SERVE, run] = (1.0 - share_train) * state.backlog[firm, offer, run]
            state.orders[firm, offer, STOCK, run] = 0.0
            for purpose in range(3):
                state.delivered[firm, offer, purpose, run] = 0.0


def order_stock(state: World, step: int, firm: int) -> None:
    """Orders for the warehouse in lines that can be cut, financed by cash and then credit (MODEL R9)."""
    if state.bloc[firm] != CN:
        return
    buyer = state.buyer_class[step, firm]
    for run in range(LANES):
        cover = stock_cover(
            state.hazard[firm, run], calm_hazard(state, firm, run),
            state.parameter[SHORTAGE_TO_HOLDING, run], state.parameter[MAX_COVER, run],
        )  # fmt: skip
        held, price, weights = 0.0, 0.0, 0.0
        for offer in range(state.available.shape[1]):
            if state.offer_nest[offer] != US_NEST or state.available[firm, offer] == 0.0:
                continue
            weight = state.weight[firm, offer, TRAIN, run] + state.weight[firm, offer, SERVE, run]
            weight *= select(state.offer_kind[offer] == GREY, 0.0, 1.0)
            held += state.warehouse[firm, offer, run]
            price += weight * pays(state, firm, offer, run)
            weights += weight
        room = state.parameter[CREDIT_LIMIT, run] * state.budget[firm, run] - state.credit[firm, run]
        free = state.free_cash[firm, run]
        mean_price = price / (weights + TINY)
        money = stock_money(cover, state.need[firm, run], held, mean_price, free, room)
        money *= state.switch[SW_STOCKPILING, run] * select(weights > 0.0, 1.0, 0.0)
        state.stock_money[firm, run] = money
        for offer in range(state.available.shape[1]):
            weight = state.weight[firm, offer, TRAIN, run] + state.weight[firm, offer, SERVE, run]
            stores = state.offer_nest[offer] == US_NEST and state.offer_kind[offer] != GREY
            stores = stores and state.legal[offer, buyer, run] > ALL_QUARTER
            state.stock_weight[firm, offer, run] = select(stores, weight / (weights + TINY), 0.0)


def calm_hazard(state: World, firm: int, run: int) -> float:
    """Hazard at which no extra stock is held: what the firm has lived with from the start."""
    return state.hazard_start[firm, run]


def committed(state: World, firm: int, run: int) -> float:
    """Cash that waits or is earmarked for undelivered orders."""
    total = state.waiting[firm, run]
    for offer in range(state.available.shape[1]):
        total += state.backlog[firm, offer, run]
    return total
