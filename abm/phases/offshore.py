"""Compute abroad that Chinese firms rent: hosts keep the chips, tenants use them (MODEL 3, R8)."""

from __future__ import annotations

from abm.parameter_index import ATTRITION, DEPRECIATION_LIFE, OFFSHORE_SHARE, REFERENCE_PRICE
from abm.rules.numbers import larger, smaller
from abm.rules.offshore import tenant_capacity
from abm.state import World
from abm.vocabulary import CN, RENTAL, SERVE, SW_OFFSHORE, TRAIN

LANES = 32
TINY = 1e-12
LINE = 0
"""Hosts let chips of NVIDIA's frontier line."""


def lend(world: World, step: int) -> None:
    """What hosts abroad can let to Chinese tenants this quarter, and what those chips can do."""
    for offer in range(world.offer_kind.shape[0]):
        if world.offer_kind[offer] != RENTAL:
            continue
        count_lendable(world)
        build_for_tenants(world, step, offer)
        for run in range(LANES):
            chips = world.total[run]
            there = chips > 0.0
            world.rentable[run] = smaller(chips, world.tenant_capacity[run])
            world.design[offer, run] = world.design[LINE, run] if there else -1
            world.performance[offer, TRAIN, run] = larger(world.sum_us[run] / (chips + TINY), TINY)
            world.performance[offer, SERVE, run] = larger(world.sum_home[run] / (chips + TINY), TINY)


def count_lendable(state: World) -> None:
    """Chips that each host offers, their sum in `total` and their performance in `sum_us` and `sum_home`."""
    for run in range(LANES):
        state.total[run], state.sum_us[run], state.sum_home[run] = 0.0, 0.0, 0.0
    for firm in state.firms:
        if state.lets[firm] == 0.0:
            continue
        for run in range(LANES):
            offered = state.lets[firm] * state.switch[SW_OFFSHORE, run]
            train = offered * state.deployed[firm, LINE, TRAIN, run]
            serve = offered * state.deployed[firm, LINE, SERVE, run]
            chips = train + serve
            state.lendable[firm, run] = chips
            state.total[run] += chips
            # a host moves tenants' work to whatever chip is free: the mean over its chips counts
            state.sum_us[run] += chips * state.mean_performance[firm, LINE, TRAIN, run]
            state.sum_home[run] += chips * state.mean_performance[firm, LINE, SERVE, run]
    for run in range(LANES):
        state.lendable_all[run] = state.total[run]


def build_for_tenants(state: World, step: int, offer: int) -> None:
    """Hosts keep what tenants used and add a part of what China plans to buy, a plan that is the same in all arms."""
    for run in range(LANES):
        planned = state.plan[step, CN] * state.plan_factor[step, CN, run]
        price = larger(state.price[LINE, run], state.parameter[REFERENCE_PRICE, run])
        state.tenant_capacity[run] = tenant_capacity(
            state.sold_china[offer, run],
            state.parameter[ATTRITION, run],
            state.parameter[OFFSHORE_SHARE, run],
            planned,
            price,
        )


def pay_hosts(state: World) -> None:
    """Hosts earn the rent in proportion to what they let; the part that pays for chips buys new ones next quarter."""
    for run in range(LANES):
        state.total[run], state.best[run], state.worst[run] = 0.0, 0.0, 0.0
    for offer in range(state.offer_kind.shape[0]):
        if state.offer_kind[offer] != RENTAL:
            continue
        for run in range(LANES):
            chips = state.sold_china[offer, run]
            state.total[run] += chips
            state.best[run] += chips * state.price_china[offer, run] / 1000.0
            life = state.parameter[DEPRECIATION_LIFE, run]
            state.worst[run] += chips * state.price[offer, run] / life / 1000.0
    for firm in state.firms:
        if state.lets[firm] == 0.0:
            continue
        for run in range(LANES):
            share = state.lendable[firm, run] / (state.lendable_all[run] + TINY)
            state.lent[firm, run] = share * state.total[run]
            state.rent[firm, run] = share * state.best[run]
            state.replaced[firm, run] = share * state.worst[run]


def own_use(state: World, firm: int, offer: int, run: int) -> float:
    """Share of a firm's chips of an offer that it uses itself: a host does not use what it lets."""
    if offer != LINE:
        return 1.0
    chips = state.deployed[firm, LINE, TRAIN, run] + state.deployed[firm, LINE, SERVE, run]
    return 1.0 - smaller(state.lent[firm, run] / (chips + TINY), 1.0)
