"""Firms shift their research to what paid (MODEL R11); choices are synchronous."""

from __future__ import annotations

from abm.parameter_index import (
    EWA_FOREGONE,
    EWA_MEMORY,
    EWA_SHARPNESS,
    IMITATION,
)
from abm.rules.learning import attraction, choice, mixed
from abm.rules.numbers import larger
from abm.state import World
from abm.vocabulary import SW_IMITATION

LANES = 32
KINDS = 3


def learn(world: World) -> None:
    """Attractions, own choice, imitation of neighbours."""
    for firm in world.firms:
        for kind in range(KINDS):
            for run in range(LANES):
                world.mix_before[firm, kind, run] = world.mix[firm, kind, run]
    for firm in world.firms:
        update_attractions(world, firm)
        choose_mix(world, firm)


def update_attractions(state: World, firm: int) -> None:
    """Payoffs relative to the firm's mean, those of strategies in use counting fully."""
    for run in range(LANES):
        state.total[run] = 0.0
    for kind in range(KINDS):
        for run in range(LANES):
            state.total[run] += state.payoff[firm, kind, run] / KINDS
    for kind in range(KINDS):
        for run in range(LANES):
            state.attraction[firm, kind, run] = attraction(
                state.attraction[firm, kind, run],
                state.mix_before[firm, kind, run],
                state.payoff[firm, kind, run],
                state.total[run],
                state.parameter[EWA_MEMORY, run],
                state.parameter[EWA_FOREGONE, run],
            )


def choose_mix(state: World, firm: int) -> None:
    """Logit over attractions, blended with the neighbours' last mix."""
    links = state.neighbour.shape[1]
    for run in range(LANES):
        state.best[run], state.total[run] = state.attraction[firm, 0, run], 0.0
    for kind in range(1, KINDS):
        for run in range(LANES):
            state.best[run] = larger(state.best[run], state.attraction[firm, kind, run])
    for kind in range(KINDS):
        for run in range(LANES):
            score = choice(state.attraction[firm, kind, run], state.best[run], state.parameter[EWA_SHARPNESS, run])
            state.mix[firm, kind, run] = score
            state.total[run] += score
    for kind in range(KINDS):
        for run in range(LANES):
            state.used[run] = 0.0
        for link in range(links):
            near = state.neighbour[firm, link]
            for run in range(LANES):
                state.used[run] += state.mix_before[near, kind, run] / links
        for run in range(LANES):
            imitation = state.parameter[IMITATION, run] * state.switch[SW_IMITATION, run]
            own = state.mix[firm, kind, run] / state.total[run]
            state.mix[firm, kind, run] = mixed(own, state.used[run], imitation)
