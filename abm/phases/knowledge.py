"""Who can learn from whom: leaders of each bloc and neighbours (MODEL 3, R10, R11)."""

from __future__ import annotations

from abm.parameter_index import CLOSED_ACCESS, CROSS_BLOC_ACCESS_LOSS
from abm.rules.numbers import LOWEST, larger, select, smaller
from abm.state import Floats, World
from abm.vocabulary import TRAIN

LANES = 32


def remember(state: World) -> None:
    """Decisions are synchronous: all firms see the knowledge of the start of the phase."""
    for firm in state.firms:
        for run in range(LANES):
            state.algorithm_before[firm, run] = state.algorithm[firm, TRAIN, run]
            for ecosystem in range(state.porting.shape[1]):
                state.porting_before[firm, ecosystem, run] = state.porting[firm, ecosystem, run]


def present(state: World, step: int, firm: int, run: int) -> float:
    """1 if the firm exists: nobody learns from one that has not been founded or has left."""
    return state.alive[step, firm] * (1.0 - state.exited[firm, run])


def find_leaders(state: World, step: int) -> None:
    """Firms of each bloc that have trained the three best models, with all that tie; their best algorithms.

    Who copies a model does not know how it was made: distillation makes no leader.
    """
    for bloc in range(state.leader_open.shape[0]):
        third_trained(state, step, bloc)
        for run in range(LANES):
            state.leader_open[bloc, run] = LOWEST
            state.leader_closed[bloc, run] = LOWEST
        for firm in state.firms:
            if state.bloc[firm] != bloc:
                continue
            is_open = state.open_weights[firm] > 0.0
            for run in range(LANES):
                level = present(state, step, firm, run) * state.trained[firm, run]
                leads = level > 0.0 and level >= state.worst[run]
                state.leads[firm, run] = select(leads, 1.0, 0.0)
                openly = select(leads and is_open, state.algorithm_before[firm, run], LOWEST)
                closed = select(leads and not is_open, state.algorithm_before[firm, run], LOWEST)
                state.leader_open[bloc, run] = larger(state.leader_open[bloc, run], openly)
                state.leader_closed[bloc, run] = larger(state.leader_closed[bloc, run], closed)


def third_trained(state: World, step: int, bloc: int) -> None:
    """The third best model that firms of a bloc trained, the lowest number if they are fewer, into `state.worst`."""
    for run in range(LANES):
        state.best[run], state.total[run], state.worst[run] = LOWEST, LOWEST, LOWEST
    for firm in state.firms:
        if state.bloc[firm] != bloc:
            continue
        for run in range(LANES):
            level = present(state, step, firm, run) * state.trained[firm, run]
            second = smaller(level, state.best[run])
            third = smaller(second, state.total[run])
            state.best[run] = larger(level, state.best[run])
            state.total[run] = larger(second, state.total[run])
            state.worst[run] = larger(third, state.worst[run])


def reached(state: World, lead: float, access: float, across: float, run: int) -> float:
    """The part of a lead in algorithms (ln) that can be reached; across blocs controls cost access."""
    return access * open_across(state, across, run) * lead


def open_across(state: World, across: float, run: int) -> float:
    """Share of knowledge that stays within reach; `across` is 1 for what comes from another bloc."""
    return 1.0 - across * state.parameter[CROSS_BLOC_ACCESS_LOSS, run] * state.stringency_smooth[run]


def best_knowledge(state: World, step: int, firm: int) -> None:
    """Largest accessible lead in algorithms of leaders and the firm's neighbours, into `state.best`."""
    for run in range(LANES):
        state.best[run] = 0.0
    for bloc in range(state.leader_open.shape[0]):
        across = 1.0 if state.bloc[firm] != bloc else 0.0
        for run in range(LANES):
            own = state.algorithm_before[firm, run]
            openly = reached(state, state.leader_open[bloc, run] - own, 1.0, across, run)
            closed = state.parameter[CLOSED_ACCESS, run]
            closed = reached(state, state.leader_closed[bloc, run] - own, closed, across, run)
            state.best[run] = larger(state.best[run], larger(openly, closed))
    for link in range(state.neighbour.shape[1]):
        near = state.neighbour[firm, link]
        across = 1.0 if state.bloc[firm] != state.bloc[near] else 0.0
        is_open = state.open_weights[near] > 0.0
        for run in range(LANES):
            lead = state.algorithm_before[near, run] - state.algorithm_before[firm, run]
            access = select(is_open, 1.0, state.parameter[CLOSED_ACCESS, run])
            known = present(state, step, near, run) * select(state.trained[near, run] > 0.0, 1.0, 0.0)
            state.best[run] = larger(state.best[run], known * reached(state, lead, access, across, run))


def neighbours_mean(state: World, step: int, firm: int, values: Floats, column: int) -> None:
    """Mean of a column of `values` over the neighbours that exist, into `state.best`; their number into `sum_us`."""
    for run in range(LANES):
        state.best[run], state.sum_us[run] = 0.0, 0.0
    for link in range(state.neighbour.shape[1]):
        near = state.neighbour[firm, link]
        for run in range(LANES):
            exists = present(state, step, near, run)
            state.best[run] += exists * values[near, column, run]
            state.sum_us[run] += exists
    for run in range(LANES):
        state.best[run] /= larger(state.sum_us[run], 1.0)
