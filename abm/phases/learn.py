"""Firms shift their research to what paid (MODEL R11); choices are synchronous."""

from __future__ import annotations

from abm.draws import stream, uniform
from abm.parameter_index import (
    EWA_FOREGONE,
    EWA_MEMORY,
    EWA_SHARPNESS,
    IMITATION,
)
from abm.phases.knowledge import neighbours_mean
from abm.rules.learning import attraction, best_reply, choice, mixed, random_weight, replicated
from abm.rules.numbers import LOWEST, larger, select
from abm.state import World
from abm.vocabulary import BEST_REPLY, EWA, FIXED, RANDOM_MIX, REPLICATOR, SW_IMITATION

LANES = 32
KINDS = 3
CHANCE = stream("random_mix")


def learn(world: World, step: int) -> None:
    """Attractions, own choice by the run's rule, imitation of neighbours; firms to come keep their first mix."""
    for firm in world.firms:
        for kind in range(KINDS):
            for run in range(LANES):
                world.mix_before[firm, kind, run] = world.mix[firm, kind, run]
    otherwise = other_rules(world)
    for firm in world.firms:
        if world.alive[step, firm] == 0.0:
            continue
        update_attractions(world, firm)
        choose_mix(world, firm)
        if otherwise:
            choose_otherwise(world, firm)
            draw_mix(world, step, firm)
        imitate(world, step, firm)


def other_rules(state: World) -> bool:
    """Whether the firms of any run follow another rule than attraction."""
    most = 0
    for run in range(LANES):
        most = state.learning_rule[run] if state.learning_rule[run] > most else most
    return most > EWA


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
    """Logit over attractions, not yet normalised."""
    for run in range(LANES):
        state.best[run] = state.attraction[firm, 0, run]
    for kind in range(1, KINDS):
        for run in range(LANES):
            state.best[run] = larger(state.best[run], state.attraction[firm, kind, run])
    for kind in range(KINDS):
        for run in range(LANES):
            score = choice(state.attraction[firm, kind, run], state.best[run], state.parameter[EWA_SHARPNESS, run])
            state.mix[firm, kind, run] = score


def choose_otherwise(state: World, firm: int) -> None:
    """In runs with another rule: growth by pay, the strategy that pays most, or the mix as it is."""
    for run in range(LANES):
        state.total[run] = 0.0
    for kind in range(KINDS):
        for run in range(LANES):
            state.total[run] += state.mix_before[firm, kind, run] * state.payoff[firm, kind, run]
    for kind in range(KINDS):
        for run in range(LANES):
            before, payoff = state.mix_before[firm, kind, run], state.payoff[firm, kind, run]
            rule = state.learning_rule[run]
            grown = replicated(before, payoff, state.total[run], state.parameter[EWA_MEMORY, run])
            reply = best_reply(payoff, highest(state, firm, 0, kind, run), highest(state, firm, kind + 1, KINDS, run))
            score = select(rule == EWA, state.mix[firm, kind, run], before)
            score = select(rule == REPLICATOR, grown, score)
            state.mix[firm, kind, run] = select(rule == BEST_REPLY, reply, score)


def highest(state: World, firm: int, first: int, last: int, run: int) -> float:
    """Highest payoff of the strategies from `first` to `last` - 1, the lowest number if there is none."""
    found = LOWEST
    for kind in range(first, last):
        found = larger(found, state.payoff[firm, kind, run])
    return found


def draw_mix(state: World, step: int, firm: int) -> None:
    """A mix by chance in runs whose firms choose so; others draw nothing."""
    for run in range(LANES):
        if state.learning_rule[run] == RANDOM_MIX:
            for kind in range(KINDS):
                chance = uniform(state.seed[0], CHANCE, state.world_id[run], step, firm * KINDS + kind)
                state.mix[firm, kind, run] = random_weight(chance)


def imitate(state: World, step: int, firm: int) -> None:
    """Own shares, blended with the last mix of the neighbours that exist; a fixed mix stays as it is."""
    for run in range(LANES):
        state.total[run] = 0.0
    for kind in range(KINDS):
        for run in range(LANES):
            state.total[run] += state.mix[firm, kind, run]
    for kind in range(KINDS):
        neighbours_mean(state, step, firm, state.mix_before, kind)
        for run in range(LANES):
            imitation = state.parameter[IMITATION, run] * state.switch[SW_IMITATION, run]
            imitation *= select(state.sum_us[run] > 0.0, 1.0, 0.0)
            blended = mixed(state.mix[firm, kind, run] / state.total[run], state.best[run], imitation)
            kept = state.learning_rule[run] == FIXED
            state.mix[firm, kind, run] = select(kept, state.mix_before[firm, kind, run], blended)
