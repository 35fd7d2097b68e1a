"""Firms set budgets, stock targets and orders (MODEL R8, R9, R13)."""

from __future__ import annotations

from abm.parameter_index import (
    BUDGET_FEEDBACK,
    CHOICE_WINDOW,
    CREDIT_LIMIT,
    CROWDING_OUT,
    CUTOFF_AVERSION,
    ENFORCEMENT,
    MAX_COVER,
    NEST_DISSIMILARITY,
    OFFSHORE_FRICTION,
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
    inclusive_value,
    nest_value,
    offer_value,
    planned_budget,
    stock_cover,
    stock_money,
    utilisation,
)
from abm.rules.industrial_policy import mobilised_budget
from abm.rules.numbers import LOWEST, exp, larger, select, smaller
from abm.state import World
from abm.vocabulary import (
    CN,
    CUDA,
    DOMESTIC_NEST,
    FOREIGN,
    GREY,
    OWN,
    RENTAL,
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
            value_offers(world, step, firm, workload)
            split_nests(world, step, firm, workload)
            share_nests(world, firm, workload)
            wait_or_order(world, firm, workload)
        place_orders(world, firm)
        if world.bloc[firm] == CN:
            order_stock(world, step, firm)


def set_budget(state: World, step: int, firm: int) -> None:
    """Budget of the quarter, debt service first, then the money that waited; split between training and serving."""
    bloc = state.bloc[firm]
    for run in range(LANES):
        state.total[run] = state.waiting[firm, run]
    for offer in range(state.available.shape[1]):
        if state.available[firm, offer] == 0.0:
            continue
        for run in range(LANES):
            state.total[run] += state.backlog[firm, offer, run]
    for run in range(LANES):
        promised = state.total[run] + state.diverted[firm, run]
        state.free_cash[firm, run] = larger(state.cash[firm, run] - promised, 0.0)
        shock = state.demand_bloc[bloc, run] + state.demand_firm[firm, run]
        plan = state.plan[step, bloc] * state.plan_factor[step, bloc, run]
        budget = planned_budget(
            plan, state.plan_now[firm, run], state.parameter[BUDGET_FEEDBACK, run], state.revenue_smooth[firm, run],
            state.revenue_base[firm, run], shock,
        )  # fmt: skip
        budget += state.replaced[firm, run]  # a host buys anew what its tenants wear out
        given = granted(state, firm, run)
        budget = mobilised_budget(budget, given, state.parameter[CROWDING_OUT, run])
        state.budget[firm, run] = budget
        repaid = smaller(state.credit[firm, run], budget / 2.0)
        state.credit[firm, run] -= repaid
        state.borrowed[firm, run] = -repaid
        money = budget - repaid + state.waiting[firm, run]
        share_train = training_share(state, firm, run)
        state.wallet[firm, TRAIN, run] = share_train * money
        state.wallet[firm, SERVE, run] = (1.0 - share_train) * money
        state.waiting[firm, run] = 0.0
        state.unspent[firm, run] = 0.0
        state.spent[firm, run] = 0.0


def granted(state: World, firm: int, run: int) -> float:
    """Public money that a firm gets, USD bn: its part of what its bloc's state mobilises, by its part of the plan."""
    return state.mobilised[state.bloc[firm], run] * state.plan_now[firm, run]


def training_share(state: World, firm: int, run: int) -> float:
    """Share of chip money for training: platforms in China serve more, US labs train more (MODEL R12)."""
    home = state.parameter[TRAINING_SHARE_CN, run]
    return select(state.bloc[firm] == CN, home, state.parameter[TRAINING_SHARE_US, run])


def find_use(state: World, firm: int, offer: int, workload: int) -> None:
    """Share of hardware performance that the firm's software reaches on an offer, into `state.used`."""
    ecosystem = state.offer_ecosystem[offer]
    if ecosystem in (CUDA, OWN):
        for run in range(LANES):
            state.used[run] = 1.0
        return
    own = 1.0 if state.stack_vendor[firm] == state.offer_vendor[offer] else 0.0
    for run in range(LANES):
        unported = state.parameter[UTILISATION_TRAIN_UNPORTED + workload, run]
        mature = state.porting[firm, ecosystem, run]
        state.used[run] = utilisation(unported, mature, own * state.integration[firm, run])


def value_offers(state: World, step: int, firm: int, workload: int) -> None:
    """Value of each offer to the firm, and the best of those that may be delivered (MODEL R8)."""
    buyer, side = state.buyer_class[step, firm], state.side[firm]
    for run in range(LANES):
        state.best[run], state.worst[run] = LOWEST, LOWEST
    for offer in range(state.available.shape[1]):
        if state.available[firm, offer] == 0.0:
            continue
        find_use(state, firm, offer, workload)
        own = 1.0 if state.own_vendor[firm] == state.offer_vendor[offer] else 0.0
        at_risk = 1.0 if state.offer_nest[offer] == US_NEST else 0.0
        grey, let = state.offer_kind[offer] == GREY, state.offer_kind[offer] == RENTAL
        scarce = grey or let
        for run in range(LANES):
            # inside an integrated stack the vendor's margin falls away
            margin = larger(state.paying[side, offer, run] - state.unit_cost[offer, run], 0.0)
            saved = own * state.integration[firm, run] * margin * (1.0 + state.parameter[SERVER_SHARE, run])
            hazard = select(grey, state.parameter[ENFORCEMENT, run], at_risk * state.hazard[firm, run])
            # who rents loses no chips of its own when supply ends
            hazard = select(let, 0.0, hazard)
            value = offer_value(
                state.performance[offer, workload, run],
                state.used[run],
                state.owning[side, offer, run] - saved,
                state.reference[side, workload, run],
                state.parameter[PRICE_SENSITIVITY, run],
                state.parameter[CUTOFF_AVERSION, run],
                hazard,
                select(let, -state.parameter[OFFSHORE_FRICTION, run], 0.0),
            )
            state.value[offer, run] = value
            on_sale = state.legal[offer, buyer, run] > 0.0
            # a channel in which little is to be had does not drive other chips out of the choice
            state.best[run] = select(on_sale and not scarce, larger(state.best[run], value), state.best[run])
            state.worst[run] = select(on_sale and scarce, larger(state.worst[run], value), state.worst[run])
    for run in range(LANES):
        found = select(state.best[run] > LOWEST, state.best[run], state.worst[run])
        # nothing is on sale: what is announced is weighed against the best US line abroad
        state.best[run] = select(found > LOWEST, found, 0.0)


def split_nests(state: World, step: int, firm: int, workload: int) -> None:
    """Nested logit over US chips, Chinese chips and waiting; a mandate reserves its part for the second (MODEL R8)."""
    buyer = state.buyer_class[step, firm]
    for run in range(LANES):
        state.sum_us[run], state.sum_home[run], state.total[run] = 0.0, 0.0, 0.0
    for offer in range(state.available.shape[1]):
        if state.available[firm, offer] == 0.0:
            continue
        home = 1.0 if state.offer_nest[offer] == DOMESTIC_NEST else 0.0
        at_risk = 0.0 if home > 0.0 or state.offer_kind[offer] in (GREY, RENTAL) else 1.0
        for run in range(LANES):
            pull = state.expected[offer, run] * choice_weight(
                state.value[offer, run],
                state.best[run],
                state.parameter[CHOICE_WINDOW, run],
                state.parameter[NEST_DISSIMILARITY, run],
            )
            weight = pull * state.legal[offer, buyer, run]
            state.weight[firm, offer, workload, run] = weight
            state.sum_home[run] += home * weight
            state.sum_us[run] += (1.0 - home) * weight
            kept = 1.0 - at_risk * state.hazard[firm, run]
            state.total[run] += pull * state.legal_next[offer, buyer, run] * kept
    foreign = 1.0 if buyer == FOREIGN else 0.0
    for run in range(LANES):
        spread = state.parameter[NEST_DISSIMILARITY, run]
        us = nest_value(state.sum_us[run], spread)
        home_value = nest_value(state.sum_home[run], spread)
        wait = nest_value(state.total[run], spread) * exp(state.parameter[WAIT_VALUE, run])
        every = larger(us + home_value + wait * state.switch[SW_WAITING, run], TINY)
        mandate = (1.0 - foreign) * state.mandate[buyer, run]
        mandate = select(home_value > 0.0, mandate, 0.0)
        sensitivity = state.parameter[PRICE_SENSITIVITY, run]
        worth = inclusive_value(state.best[run], every, home_value, mandate, sensitivity)
        state.inclusive[firm, workload, run] = worth
        share_home = (1.0 - mandate) * home_value / every + mandate
        state.sum_us[run] = (1.0 - mandate) * us / every / larger(state.sum_us[run], TINY)
        state.sum_home[run] = share_home / larger(state.sum_home[run], TINY)


def share_nests(state: World, firm: int, workload: int) -> None:
    """Weights become shares of the firm's money, added up in `state.total`: those of each nest times what it gets."""
    for run in range(LANES):
        state.total[run] = 0.0
    for offer in range(state.available.shape[1]):
        if state.available[firm, offer] == 0.0:
            continue
        domestic = state.offer_nest[offer] == DOMESTIC_NEST
        for run in range(LANES):
            each = select(domestic, state.sum_home[run], state.sum_us[run])
            share = state.weight[firm, offer, workload, run] * each
            state.weight[firm, offer, workload, run] = share
            state.total[run] += share


def wait_or_order(state: World, firm: int, workload: int) -> None:
    """Money that no offer gets waits for the next quarter."""
    for run in range(LANES):
        kept = larger(1.0 - state.total[run], 0.0)
        state.waiting[firm, run] += kept * state.wallet[firm, workload, run]
        state.wallet[firm, workload, run] *= 1.0 - kept


def place_orders(state: World, firm: int) -> None:
    """Backlog is ordered first."""
    for offer in range(state.available.shape[1]):
        if state.available[firm, offer] == 0.0:
            continue
        for run in range(LANES):
            share_train = training_share(state, firm, run)
            backlog = state.backlog[firm, offer, run]
            state.orders[firm, offer, TRAIN, run] = share_train * backlog
            state.orders[firm, offer, SERVE, run] = (1.0 - share_train) * backlog
            state.orders[firm, offer, STOCK, run] = 0.0
            state.delivered[firm, offer, TRAIN, run] = 0.0
            state.delivered[firm, offer, SERVE, run] = 0.0
            state.delivered[firm, offer, STOCK, run] = 0.0


def order_stock(state: World, step: int, firm: int) -> None:
    """Orders for the warehouse in lines that can be cut, financed by cash and then credit (MODEL R9)."""
    buyer, side = state.buyer_class[step, firm], state.side[firm]
    for run in range(LANES):
        state.sum_us[run], state.sum_home[run], state.total[run] = 0.0, 0.0, 0.0
    for offer in range(state.available.shape[1]):
        if state.offer_nest[offer] != US_NEST or state.available[firm, offer] == 0.0:
            continue
        legal_line = 0.0 if state.offer_kind[offer] in (GREY, RENTAL) else 1.0
        for run in range(LANES):
            weight = state.weight[firm, offer, TRAIN, run] + state.weight[firm, offer, SERVE, run]
            weight *= legal_line * select(state.legal[offer, buyer, run] > ALL_QUARTER, 1.0, 0.0)
            state.stock_weight[firm, offer, run] = weight
            state.sum_us[run] += state.warehouse[firm, offer, run]
            state.sum_home[run] += weight * state.paying[side, offer, run]
            state.total[run] += weight
    for run in range(LANES):
        cover = stock_cover(
            state.hazard[firm, run], state.hazard_start[firm, run],
            state.parameter[SHORTAGE_TO_HOLDING, run], state.parameter[MAX_COVER, run],
        )  # fmt: skip
        room = state.parameter[CREDIT_LIMIT, run] * state.budget[firm, run] - state.credit[firm, run]
        price = state.sum_home[run] / (state.total[run] + TINY)
        money = stock_money(cover, state.need[firm, run], state.sum_us[run], price, state.free_cash[firm, run], room)
        money *= state.switch[SW_STOCKPILING, run] * select(state.total[run] > 0.0, 1.0, 0.0)
        state.stock_money[firm, run] = money
    for offer in range(state.available.shape[1]):
        for run in range(LANES):
            state.stock_weight[firm, offer, run] /= larger(state.total[run], TINY)
