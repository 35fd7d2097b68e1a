"""Chance (MODEL R15): every draw is a function of seed, stream, world, quarter and slot, shared by the arms."""

from __future__ import annotations

from abm.draws import normal, stream, uniform
from abm.parameter_index import (
    DEMAND_PERSISTENCE,
    DEMAND_SHOCK_BLOC,
    DEMAND_SHOCK_FIRM,
    ENFORCEMENT,
    GREY_DETECTION,
    GREY_SHOCK,
    IDEA_SHOCK,
    PORTING_SHOCK,
    RESIDUAL_MEAN,
    RESIDUAL_PERSISTENCE,
    RESIDUAL_SHOCK,
    SERVING_JUMP_RATE,
    SERVING_JUMP_SIZE,
    YIELD_SHOCK,
)
from abm.rules.numbers import exp, larger, log, select, sqrt
from abm.state import World

LANES = 32
LEAST = 1e-12
DEMAND_BLOC, DEMAND_FIRM, IDEA = stream("demand_bloc"), stream("demand_firm"), stream("idea")
RESIDUAL, SERVING_JUMP = stream("residual"), stream("serving_jump")
PORTING, YIELD, GREY = stream("porting"), stream("yield"), stream("grey")
GREY_PATH = stream("grey_path")


def draw_chance(world: World, step: int) -> None:
    """Demand shocks by bloc and firm, luck in research, NVIDIA's other Chinese sales, jumps of serving demand."""
    seed = world.seed[0]
    for bloc in range(world.demand_bloc.shape[0]):
        for run in range(LANES):
            shock = normal(seed, DEMAND_BLOC, world.world_id[run], step, bloc)
            spread = world.parameter[DEMAND_SHOCK_BLOC, run]
            world.demand_bloc[bloc, run] = autoregress(
                world.demand_bloc[bloc, run], world.parameter[DEMAND_PERSISTENCE, run], spread * shock
            )
    for firm in world.firms:
        for run in range(LANES):
            shock = normal(seed, DEMAND_FIRM, world.world_id[run], step, firm)
            spread = world.parameter[DEMAND_SHOCK_FIRM, run]
            world.demand_firm[firm, run] = autoregress(
                world.demand_firm[firm, run], world.parameter[DEMAND_PERSISTENCE, run], spread * shock
            )
            idea = normal(seed, IDEA, world.world_id[run], step, firm)
            world.idea[firm, run] = world.parameter[IDEA_SHOCK, run] * idea
    for firm in world.firms:
        for run in range(LANES):
            luck = normal(seed, PORTING, world.world_id[run], step, firm)
            world.porting_luck[firm, run] = exp(world.parameter[PORTING_SHOCK, run] * luck)
    for run in range(LANES):
        luck = normal(seed, YIELD, world.world_id[run], step, 0)
        world.yield_luck[run] = exp(world.parameter[YIELD_SHOCK, run] * luck)
        luck = normal(seed, GREY, world.world_id[run], step, 0)
        world.grey_luck[run] = exp(world.parameter[GREY_SHOCK, run] * luck)
    watch_paths(world, step)
    draw_market(world, step)


def watch_paths(state: World, step: int) -> None:
    """Smuggling paths found out this quarter lose what they carry and rest for the next one."""
    paths = state.path_open.shape[0]
    for run in range(LANES):
        state.total[run], state.seized_share[run] = 0.0, 0.0
    for path in range(paths):
        for run in range(LANES):
            rests = state.path_caught[path, run]
            found = state.parameter[ENFORCEMENT, run] * state.parameter[GREY_DETECTION, run]
            luck = uniform(state.seed[0], GREY_PATH, state.world_id[run], step, path)
            state.path_open[path, run] = 1.0 - rests
            state.path_caught[path, run] = select(luck < found, 1.0 - rests, 0.0)
            state.total[run] += 1.0 - rests
            state.seized_share[run] += state.path_caught[path, run]
    for run in range(LANES):
        state.seized_share[run] /= larger(state.total[run], 1.0)


def draw_market(state: World, step: int) -> None:
    """NVIDIA's other Chinese sales, AR(1) in logarithms, and jumps of serving demand."""
    seed = state.seed[0]
    for run in range(LANES):
        mean = state.parameter[RESIDUAL_MEAN, run]
        kept = state.parameter[RESIDUAL_PERSISTENCE, run]
        shock = normal(seed, RESIDUAL, state.world_id[run], step, 0) * state.parameter[RESIDUAL_SHOCK, run]
        before = log(larger(state.residual[run] / mean, LEAST))
        state.residual[run] = select(
            step == 0,
            mean * exp(shock),
            mean * exp(autoregress(before, kept, shock)),
        )
        happens = uniform(seed, SERVING_JUMP, state.world_id[run], step, 0)
        size = normal(seed, SERVING_JUMP, state.world_id[run], step, 1)
        rate = state.parameter[SERVING_JUMP_RATE, run] / 4.0
        factor = exp(state.parameter[SERVING_JUMP_SIZE, run] * sqrt(size * size))
        state.jump[run] *= select(happens < rate, factor, 1.0)


def autoregress(before: float, persistence: float, shock: float) -> float:
    """AR(1) step around 0."""
    return persistence * before + shock
