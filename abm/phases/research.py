"""Software, porting and own stacks; knowledge flows along the network (MODEL R10)."""

from __future__ import annotations

from abm.parameter_index import (
    ALGORITHMIC_PROGRESS,
    COMPUTE_IN_RESEARCH,
    DIFFUSION,
    FULL_STACK_RATE,
    INDUCED_INNOVATION,
    LEADER_SHARE,
    PARTNER_STACK,
    PORTING_NETWORK,
    PORTING_OWN,
    PORTING_RATE,
    PORTING_SPILL,
    RD_INTENSITY,
    RESEARCH_ELASTICITY,
    RESEARCH_PURCHASING_POWER,
    SERVER_SHARE,
    SERVING_DIFFUSION,
    SERVING_EFFICIENCY_GROWTH,
    SHORTAGE_TO_RESEARCH,
    TRAINING_SHARE_US,
    UTILISATION_PLATFORM,
    UTILISATION_STATE,
    UTILISATION_TRAIN_UNPORTED,
)
from abm.phases.knowledge import best_knowledge, find_leaders, neighbours_mean, open_across, present, remember
from abm.phases.procure import training_share
from abm.rules.ai_firm import (
    compute_shortage,
    efficiency_gain,
    induced_progress,
    integration_gain,
    own_stack_orders,
    porting_gain,
    research_budget,
    serving_gain,
)
from abm.rules.numbers import LOWEST, exp, larger, select, smaller
from abm.state import World
from abm.vocabulary import (
    CN,
    CN_OTHER,
    EFFICIENCY,
    FULL_STACK,
    PORTING,
    ROCM,
    SERVE,
    SW_EFFICIENCY,
    SW_FULL_STACK,
    SW_NETWORK_EFFECTS,
    SW_PORTING,
    SW_SHORTAGE_RESEARCH,
    SW_SPILLOVERS,
    TRAIN,
    US,
)

LANES = 32
TINY = 1e-12


def research(world: World, step: int) -> None:
    """Research spending, gains in efficiency, porting and integration, each with what comes from others."""
    remember(world)
    find_leaders(world, step)
    compare_with_leader(world, step)
    for firm in world.firms:
        spend(world, firm)
        improve(world, step, firm)
        port(world, step, firm)
        integrate(world, firm)
    plan_own_chips(world)
    newcomers(world, step)


def spend(state: World, firm: int) -> None:
    """Research money; part of the money that found no chips goes into ideas."""
    for run in range(LANES):
        diverted = state.parameter[SHORTAGE_TO_RESEARCH, run] * state.switch[SW_SHORTAGE_RESEARCH, run]
        budget, unspent = state.budget[firm, run], state.unspent[firm, run]
        state.research_money[firm, run] = research_budget(state.parameter[RD_INTENSITY, run], budget, unspent, diverted)
        state.diverted[firm, run] = state.research_money[firm, run] - state.parameter[RD_INTENSITY, run] * budget


def research_input(state: World, firm: int, run: int) -> float:
    """Research money at US prices: researchers cost less in China."""
    power = select(state.bloc[firm] == CN, state.parameter[RESEARCH_PURCHASING_POWER, run], 1.0)
    return power * state.research_money[firm, run]


def compare_with_leader(state: World, step: int) -> None:
    """References of research inputs, the same for all firms: money and compute that a leading US lab plans."""
    for run in range(LANES):
        plan = state.plan[step, US] * state.plan_factor[step, US, run]
        state.leader_money[run] = state.parameter[RD_INTENSITY, run] * state.parameter[LEADER_SHARE, run] * plan
        state.leader_compute[run] = 0.0
    for firm in state.firms:
        american = 1.0 if state.bloc[firm] == US else 0.0
        for run in range(LANES):
            used = state.parameter[TRAINING_SHARE_US, run] * state.parameter[UTILISATION_PLATFORM, run]
            share = used * state.parameter[LEADER_SHARE, run]
            state.leader_compute[run] += american * share * state.reference_compute[firm, run]


def improve(state: World, step: int, firm: int) -> None:
    """Algorithmic efficiency for training and serving: own research, then what spills over."""
    best_knowledge(state, step, firm)
    home = 1.0 if state.bloc[firm] == CN else 0.0
    for run in range(LANES):
        own = state.switch[SW_EFFICIENCY, run] * efficiency_gain(
            state.parameter[ALGORITHMIC_PROGRESS, run] * exp(state.idea[firm, run]) * induced(state, firm, run),
            state.mix[firm, EFFICIENCY, run],
            research_input(state, firm, run),
            state.leader_money[run],
            state.training[firm, run],
            state.leader_compute[run],
            state.parameter[RESEARCH_ELASTICITY, run],
            state.parameter[COMPUTE_IN_RESEARCH, run],
        )
        state.ideas[firm, run] = own
        spill = state.parameter[DIFFUSION, run] * state.switch[SW_SPILLOVERS, run] * state.best[run]
        state.algorithm[firm, TRAIN, run] += own + spill
        state.algorithm[firm, SERVE, run] += serving_gain(
            state.parameter[SERVING_EFFICIENCY_GROWTH, run],
            own / state.parameter[ALGORITHMIC_PROGRESS, run],
            step,
            state.algorithm[firm, SERVE, run],
            state.parameter[SERVING_DIFFUSION, run] * state.switch[SW_SPILLOVERS, run] * open_across(state, home, run),
        )
        share = larger(state.mix[firm, EFFICIENCY, run], TINY)
        state.payoff[firm, EFFICIENCY, run] = state.parameter[RESEARCH_ELASTICITY, run] * own / share


def induced(state: World, firm: int, run: int) -> float:
    """What the firm's lack of training compute does to its ideas; plan and reality at the same utilisation."""
    public, private = state.parameter[UTILISATION_STATE, run], state.parameter[UTILISATION_PLATFORM, run]
    busy = select(state.state_owned[firm] > 0.0, public, private)
    planned = training_share(state, firm, run) * busy * state.reference_compute[firm, run]
    shortage = compute_shortage(state.training[firm, run], planned)
    return induced_progress(state.parameter[INDUCED_INNOVATION, run], shortage)


def find_total(state: World, firm: int) -> None:
    """The firm's deployed training compute, into `state.total`."""
    for run in range(LANES):
        state.total[run] = TINY
    for offer in range(state.available.shape[1]):
        for run in range(LANES):
            power = state.deployed[firm, offer, TRAIN, run] * state.mean_performance[firm, offer, TRAIN, run]
            state.total[run] += power


def find_part(state: World, firm: int, ecosystem: int, vendor: int) -> None:
    """The part of it on an ecosystem or from a vendor (-1: any), into `state.used`."""
    for run in range(LANES):
        state.used[run] = 0.0
    for offer in range(state.available.shape[1]):
        there = state.offer_ecosystem[offer] == ecosystem or state.offer_vendor[offer] == vendor
        if not there or state.holds[firm, offer] == 0.0:
            continue
        for run in range(LANES):
            state.used[run] += state.deployed[firm, offer, TRAIN, run] * state.mean_performance[firm, offer, TRAIN, run]


def port(state: World, step: int, firm: int) -> None:
    """Software maturity on each rival of CUDA: own porting work, learning by use, know-how of neighbours."""
    find_total(state, firm)
    for run in range(LANES):
        state.payoff[firm, PORTING, run] = 0.0
    for ecosystem in range(ROCM, CN_OTHER + 1):
        find_part(state, firm, ecosystem, -1)
        neighbours_mean(state, step, firm, state.porting_before, ecosystem)
        for run in range(LANES):
            before = state.porting_before[firm, ecosystem, run]
            use = state.used[run] / state.total[run]
            network = state.parameter[PORTING_NETWORK, run] * state.switch[SW_NETWORK_EFFECTS, run]
            spill = state.parameter[PORTING_SPILL, run] * state.switch[SW_SPILLOVERS, run]
            gain = ported(state, firm, before, network, spill, use, run)
            state.porting[firm, ecosystem, run] = smaller(before + gain, 1.0)
            unported = state.parameter[UTILISATION_TRAIN_UNPORTED, run]
            reach = unported + (1.0 - unported) * before
            # what comes from use and from others comes without effort
            own = ported(state, firm, before, 0.0, 0.0, use, run)
            value = use * (1.0 - unported) / reach * own / larger(2.0 * state.mix[firm, PORTING, run], TINY)
            state.payoff[firm, PORTING, run] += value


def ported(state: World, firm: int, before: float, network: float, spill: float, use: float, run: int) -> float:
    """Gain in maturity on an ecosystem: own work, learning by use, know-how of neighbours (in `best`), and luck."""
    return state.porting_luck[firm, run] * porting_gain(
        before,
        state.parameter[PORTING_RATE, run],
        state.parameter[PORTING_OWN, run],
        network,
        spill,
        state.mix[firm, PORTING, run] * state.switch[SW_PORTING, run],
        research_input(state, firm, run),
        state.leader_money[run],
        use,
        state.best[run],
    )


def integrate(state: World, firm: int) -> None:
    """Full-stack integration on the line of the firm's own vendor, or more slowly on that of a partner."""
    vendor = state.stack_vendor[firm]
    if vendor < 0:
        for run in range(LANES):
            state.payoff[firm, FULL_STACK, run] = 0.0
        return
    find_total(state, firm)
    find_part(state, firm, -1, vendor)
    owner = state.own_vendor[firm] == vendor
    side, line = state.side[firm], state.vendor_line[vendor]
    ecosystem = state.offer_ecosystem[line]
    for run in range(LANES):
        effort = state.mix[firm, FULL_STACK, run] * state.switch[SW_FULL_STACK, run]
        pace = state.parameter[FULL_STACK_RATE, run] * select(owner, 1.0, state.parameter[PARTNER_STACK, run])
        before = state.integration[firm, run]
        gain = integration_gain(before, pace, effort)
        state.integration[firm, run] = smaller(before + gain, 1.0)
        unported = state.parameter[UTILISATION_TRAIN_UNPORTED, run]
        reach = unported + (1.0 - unported) * before
        # software runs at the better of porting and integration, and inside a stack chips cost less
        ahead = before > state.porting[firm, ecosystem, run]
        value = select(ahead, state.used[run] / state.total[run] * (1.0 - unported) / reach, 0.0)
        value = gain * (value + bought_cheaper(state, firm, line, owner, run))
        state.payoff[firm, FULL_STACK, run] = value / larger(2.0 * state.mix[firm, FULL_STACK, run], TINY)
        orders = own_stack_orders(before, state.budget[firm, run], state.paying[side, line, run])
        state.own_plan[firm, run] = select(state.design[line, run] >= 0, orders, 0.0)


def bought_cheaper(state: World, firm: int, line: int, owner: bool, run: int) -> float:
    """ln training compute that full integration gives as this quarter's own chips come without the vendor's margin."""
    side = state.side[firm]
    power = state.delivered[firm, line, TRAIN, run] * state.performance[line, TRAIN, run]
    margin = larger(state.paying[side, line, run] - state.unit_cost[line, run], 0.0)
    saved = margin * (1.0 + state.parameter[SERVER_SHARE, run]) / state.owning[side, line, run]
    return select(owner, power * saved / state.total[run], 0.0)


def plan_own_chips(state: World) -> None:
    """Chinese designers plan at least what the stacks of firms are to be supplied with, out of the same wafers."""
    for vendor in range(state.vendor_us.shape[0]):
        if state.vendor_us[vendor] > 0.0:
            continue
        for run in range(LANES):
            state.total[run] = 0.0
        for firm in state.firms:
            if state.stack_vendor[firm] == vendor:
                for run in range(LANES):
                    state.total[run] += state.own_plan[firm, run]
        for run in range(LANES):
            more = larger(state.total[run] - state.orders_smooth[vendor, run], 0.0)
            state.orders_smooth[vendor, run] += more
            state.home_orders[run] += more


def newcomers(state: World, step: int) -> None:
    """Firms that do not exist yet are founded by people of their bloc: they start with its leaders' algorithms."""
    for bloc in range(state.leader_open.shape[0]):
        if not anyone_to_come(state, step, bloc):
            continue
        for run in range(LANES):
            state.best[run], state.total[run] = LOWEST, LOWEST
        for other in state.firms:
            if state.bloc[other] != bloc:
                continue
            for run in range(LANES):
                there = present(state, step, other, run) > 0.0
                train = select(there, state.algorithm[other, TRAIN, run], LOWEST)
                serve = select(there, state.algorithm[other, SERVE, run], LOWEST)
                state.best[run] = larger(state.best[run], train)
                state.total[run] = larger(state.total[run], serve)
        for firm in state.firms:
            if state.bloc[firm] != bloc or state.alive[step, firm] > 0.0:
                continue
            for run in range(LANES):
                state.algorithm[firm, TRAIN, run] = state.best[run]
                state.algorithm[firm, SERVE, run] = state.total[run]
                state.trained[firm, run] = 0.0
                state.capability[firm, run] = 0.0


def anyone_to_come(state: World, step: int, bloc: int) -> bool:
    """Whether a firm of the bloc has yet to be founded."""
    found = False
    for firm in state.firms:
        found = found or (state.bloc[firm] == bloc and state.alive[step, firm] == 0.0)
    return found
