"""Installed compute becomes capability and AI revenue (MODEL R12, R13)."""

from __future__ import annotations

from abm.parameter_index import (
    AI_MARKET_RATIO,
    ALGORITHMIC_PROGRESS,
    ATTRITION,
    CAPABILITY_ELASTICITY,
    CAPABILITY_VALUE,
    DESIGN_GROWTH,
    LARGEST_RUN_SHARE,
    PRICE_EXPONENT,
    REFERENCE_PRICE,
    SERVICE_VALUE,
    SERVING_EFFICIENCY_GROWTH,
    UTILISATION_PLATFORM,
    UTILISATION_STATE,
)
from abm.phases.distill import distil, show_models
from abm.phases.offshore import own_use
from abm.phases.procure import find_use, training_share
from abm.rules.ai_firm import ai_revenue, largest_run, market_weight
from abm.rules.numbers import LOWEST, clip, exp, larger, log, select
from abm.state import Floats, World
from abm.vocabulary import RENTAL, SERVE, TRAIN

LANES = 32
TINY = 1e-12
LEAST_AHEAD, MOST_AHEAD = -4.0, 50.0
"""Bounds of what customers tell apart; the upper one only keeps worlds at the corners of the priors finite."""
TOP = 3
"""Firms that make up the frontier of a bloc (MODEL section 9)."""
RUNG = 4.0
"""Weight of all firms at reference against an outside good of 1: AI firms hold four fifths of their market."""


def earn(world: World, step: int) -> None:
    """Useful compute, the largest training run, capability, served tokens, market shares and revenue."""
    for firm in world.firms:
        use_compute(world, step, firm)
    if step == 0:
        anchor_capability(world)
    for firm in world.firms:
        for run in range(LANES):
            effective = log(world.run_compute[firm, run] + TINY) + world.algorithm[firm, TRAIN, run]
            working = select(world.run_compute[firm, run] > 0.0, effective, 0.0)
            world.trained[firm, run] = larger(world.trained[firm, run], working)
    distil(world, step)
    show_models(world, step)
    share_market(world, step)


def use_compute(state: World, step: int, firm: int) -> None:
    """Useful training and serving compute of a firm, and what its plan would have bought at reference prices."""
    for run in range(LANES):
        state.sum_us[run], state.sum_home[run] = 0.0, 0.0
    for offer in range(state.available.shape[1]):
        if state.holds[firm, offer] == 0.0:
            continue
        find_use(state, firm, offer, TRAIN)
        for run in range(LANES):
            power = state.deployed[firm, offer, TRAIN, run] * state.mean_performance[firm, offer, TRAIN, run]
            state.sum_us[run] += power * state.used[run] * own_use(state, firm, offer, run)
        find_use(state, firm, offer, SERVE)
        for run in range(LANES):
            power = state.deployed[firm, offer, SERVE, run] * state.mean_performance[firm, offer, SERVE, run]
            state.sum_home[run] += power * state.used[run] * own_use(state, firm, offer, run)
    add_rented(state, firm)
    bloc = state.bloc[firm]
    for run in range(LANES):
        public, private = state.parameter[UTILISATION_STATE, run], state.parameter[UTILISATION_PLATFORM, run]
        busy = select(state.state_owned[firm] > 0.0, public, private)
        state.training[firm, run] = busy * state.sum_us[run]
        state.serving[firm, run] = busy * state.sum_home[run]
        share = state.parameter[LARGEST_RUN_SHARE, run]
        before = select(step == 0, share * state.training[firm, run], state.run_compute[firm, run])
        state.run_compute[firm, run] = largest_run(share, state.training[firm, run], before)
        pace = (1.0 - state.parameter[PRICE_EXPONENT, run]) * state.parameter[DESIGN_GROWTH, run]
        planned = state.plan[step, bloc] * state.plan_now[firm, run] * state.plan_factor[step, bloc, run]
        bought = 1000.0 * planned / state.parameter[REFERENCE_PRICE, run] * exp(pace * step)
        kept = (1.0 - state.parameter[ATTRITION, run]) * state.reference_compute[firm, run]
        state.reference_compute[firm, run] = kept + bought


def add_rented(state: World, firm: int) -> None:
    """Rented compute counts like the firm's own (MODEL R8, R12)."""
    for offer in range(state.available.shape[1]):
        if state.offer_kind[offer] != RENTAL or state.available[firm, offer] == 0.0:
            continue
        for run in range(LANES):
            train = state.delivered[firm, offer, TRAIN, run] * state.performance[offer, TRAIN, run]
            serve = state.delivered[firm, offer, SERVE, run] * state.performance[offer, SERVE, run]
            state.sum_us[run] += train
            state.sum_home[run] += serve


def anchor_capability(state: World) -> None:
    """In 2020Q1 algorithms are set so that the mean of each bloc's top three meets its observed training compute."""
    for bloc in range(state.start_capability.shape[0]):
        for run in range(LANES):
            found = top_mean(state, state.run_compute, bloc, run, True)
            level = select(found > LOWEST, found, 0.0)
            for firm in state.firms:
                if state.bloc[firm] == bloc:
                    state.algorithm[firm, TRAIN, run] = state.start_capability[bloc, run] - level
    for firm in state.firms:
        for run in range(LANES):
            state.algorithm_before[firm, run] = state.algorithm[firm, TRAIN, run]


def top_mean(state: World, values: Floats, bloc: int, run: int, logarithm: bool) -> float:
    """Mean of a bloc's three highest values, fewer if it has fewer firms; if asked, of the logarithms of those above 0.

    The lowest number if there is none.
    """
    first, second, third = LOWEST, LOWEST, LOWEST
    for firm in state.firms:
        if state.bloc[firm] != bloc or (logarithm and values[firm, run] <= 0.0):
            continue
        value = log(values[firm, run] + TINY) if logarithm else values[firm, run]
        if value > first:
            first, second, third = value, first, second
        elif value > second:
            second, third = value, second
        elif value > third:
            third = value
    total, count = first, 1.0
    if second > LOWEST:
        total, count = total + second, count + 1.0
    if third > LOWEST:
        total, count = total + third, count + 1.0
    return total / count


def reference_capability(state: World, step: int, bloc: int, run: int) -> float:
    """Capability that customers take for granted, ln effective compute: exogenous and the same in all arms."""
    pace = (1.0 - state.parameter[PRICE_EXPONENT, run]) * state.parameter[DESIGN_GROWTH, run]
    money = log(state.plan[step, bloc] / state.plan[0, bloc])
    progress = (pace + state.parameter[ALGORITHMIC_PROGRESS, run]) * step
    return state.start_capability[bloc, run] + money + progress


def share_market(state: World, step: int) -> None:
    """Firms of a bloc share its AI market by size, capability and service."""
    for bloc in range(state.start_capability.shape[0]):
        for run in range(LANES):
            state.best[run] = reference_capability(state, step, bloc, run)
            state.total[run] = 0.0
        for firm in state.firms:
            if state.bloc[firm] != bloc:
                continue
            for run in range(LANES):
                weight = firm_weight(state, step, firm, state.best[run], run)
                state.revenue[firm, run] = weight
                state.total[run] += weight
        for firm in state.firms:
            if state.bloc[firm] != bloc:
                continue
            for run in range(LANES):
                share = state.plan_now[firm, run]
                size = state.plan[step, bloc] * state.plan_factor[step, bloc, run] * state.jump[run]
                market = state.parameter[AI_MARKET_RATIO, run] * size
                earned = ai_revenue(market, state.revenue[firm, run], state.total[run])
                base = ai_revenue(market, RUNG * share, RUNG)
                before = select(step == 0, base, state.revenue_smooth[firm, run])
                state.revenue[firm, run] = earned
                state.revenue_smooth[firm, run] = before + (earned - before) / 4.0
                base_before = select(step == 0, base, state.revenue_base[firm, run])
                state.revenue_base[firm, run] = base_before + (base - base_before) / 4.0


def firm_weight(state: World, step: int, firm: int, expected: float, run: int) -> float:
    """Attraction of a firm in its market; also sets what share of needed tokens it serves."""
    growth = exp(state.parameter[SERVING_EFFICIENCY_GROWTH, run] * step)
    busy = state.parameter[UTILISATION_PLATFORM, run]
    serving_share = 1.0 - training_share(state, firm, run)
    need = serving_share * busy * state.reference_compute[firm, run] * growth * state.jump[run]
    offered = state.serving[firm, run] * exp(state.algorithm[firm, SERVE, run])
    state.served[firm, run] = offered / (need + TINY)
    ahead = state.parameter[CAPABILITY_ELASTICITY, run] * (state.capability[firm, run] - expected)
    ahead = select(state.capability[firm, run] > 0.0, ahead, 0.0)
    return market_weight(
        RUNG * state.plan_now[firm, run],
        state.parameter[CAPABILITY_VALUE, run],
        clip(ahead, LEAST_AHEAD, MOST_AHEAD),
        state.parameter[SERVICE_VALUE, run],
        select(need > 0.0, state.served[firm, run], 1.0),
    )
