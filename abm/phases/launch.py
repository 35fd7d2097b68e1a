"""What comes on sale: new generations, finished redesigns, and what they can do (MODEL 2, R6, R7)."""

from __future__ import annotations

from abm.draws import normal, stream
from abm.parameter_index import (
    BANDWIDTH_WEIGHT,
    CATCH_UP_RATE,
    DESIGN_ELASTICITY,
    DESIGN_GROWTH,
    FRONTIER_DATE_SHOCK,
    FRONTIER_INTERVAL,
    IDEAS_HARDER,
    INTERCONNECT_WEIGHT,
    NODE_GAP,
    RD_REVENUE_ELASTICITY,
)
from abm.rules.chip_vendor import catch_up, design_pace, research_ratio
from abm.rules.chips import accounting_unit, serve_performance, train_performance
from abm.rules.numbers import exp, larger, log, select, smaller
from abm.state import World
from abm.vocabulary import COMPLIANCE, DOMESTIC, GREY, SERVE, SW_RD_FROM_REVENUE, TRAIN

LANES = 32
FRONTIER_DATE = stream("frontier_date")
TINY = 1e-9
FIRST_QUARTER = 0.5
"""A redesign ships from the middle of its first quarter on average."""


def launch(world: World, step: int) -> None:
    """New generations and finished redesigns go on sale; R&D of the last year sets what the next ones will do."""
    if step == 0:
        rate_designs(world)
    develop(world, step)
    next_generation(world, step)
    ship_redesigns(world)
    measure(world)


def develop(state: World, step: int) -> None:
    """R&D moves the performance of the next generation: US vendors push the frontier, Chinese ones follow it."""
    for vendor in range(state.vendor_us.shape[0]):
        line = state.vendor_line[vendor]
        american = state.vendor_us[vendor] > 0.0
        required = state.vendor_reference[step, vendor]
        for run in range(LANES):
            deviation = state.technology[vendor, run] - state.technology_due[vendor, run]
            ratio = research_ratio(
                state.vendor_smooth[vendor, run],
                required,
                state.parameter[RD_REVENUE_ELASTICITY, run],
                deviation,
                state.parameter[IDEAS_HARDER, run] * state.vendor_us[vendor],
            )
            # the switch concerns US vendors: Chinese designers keep their own research
            by_revenue = state.switch[SW_RD_FROM_REVENUE, run] > 0.0 or not american
            ratio = select(by_revenue, ratio, 1.0)
            gap = log(state.performance[0, TRAIN, run] / (state.performance[line, TRAIN, run] + TINY) + TINY)
            follow = catch_up(state.parameter[CATCH_UP_RATE, run], gap, state.parameter[NODE_GAP, run])
            growth = select(american, state.parameter[DESIGN_GROWTH, run], follow)
            paced = design_pace(growth, ratio, state.parameter[DESIGN_ELASTICITY, run])
            ended = select(state.generation[line, run] + 1 >= state.roadmap_length[line], 1.0, 0.0)
            # before its first chip a vendor has nothing to be ahead of or behind
            started = select(state.design[line, run] >= 0, 1.0, 0.0)
            state.technology[vendor, run] += started * (paced - (1.0 - ended) * growth)
            state.technology_due[vendor, run] += started * ended * growth


def last_generation(state: World, offer: int, run: int) -> bool:
    """Whether the published road map of the line is used up."""
    return state.generation[offer, run] + 1 >= state.roadmap_length[offer]


def next_generation(state: World, step: int) -> None:
    """A generation goes on sale at its date; after the road map one follows every `frontier_interval` quarters."""
    for offer in range(state.offer_kind.shape[0]):
        if state.roadmap[offer, 0] < 0:
            continue
        vendor = state.offer_vendor[offer]
        for run in range(LANES):
            if step < state.next_step[offer, run]:
                continue
            if not last_generation(state, offer, run):
                state.generation[offer, run] += 1
                state.design[offer, run] = state.roadmap[offer, state.generation[offer, run]]
                state.redesign_wait[offer, run] = 0.0
            state.scale[offer, run] = exp(state.technology[vendor, run])
            delay = normal(state.seed[0], FRONTIER_DATE, state.world_id[run], step, offer)
            delay *= state.parameter[FRONTIER_DATE_SHOCK, run]
            if last_generation(state, offer, run):
                state.next_step[offer, run] = step + state.parameter[FRONTIER_INTERVAL, run] + delay
            else:
                state.next_step[offer, run] = state.roadmap_quarter[offer, state.generation[offer, run] + 1]
    for offer in range(state.offer_kind.shape[0]):
        if state.offer_kind[offer] == GREY:
            for run in range(LANES):
                state.design[offer, run] = state.design[0, run]
                state.scale[offer, run] = state.scale[0, run]


def ship_redesigns(state: World) -> None:
    """Redesigns whose lag is over replace the line's design; one of a Chinese line may bring back the full chip."""
    for offer in range(state.offer_kind.shape[0]):
        if state.offer_kind[offer] not in (COMPLIANCE, DOMESTIC):
            continue
        adapted = state.offer_kind[offer] == COMPLIANCE
        for run in range(LANES):
            due = state.redesign_wait[offer, run] == 1.0
            state.redesign_wait[offer, run] -= select(state.redesign_wait[offer, run] > 0.0, 1.0, 0.0)
            state.opening[offer, run] = select(due, FIRST_QUARTER, 1.0)
            if due:
                state.design[offer, run] = state.redesign_target[offer, run]
            if adapted or off_road_map(state, offer, run):
                allowed = smaller(state.relative[run], state.relative_known[run])
                # under the US rule a line for China that a lower threshold cuts stays what it is until it is redesigned
                keeps = adapted and not due and state.us_start[run] > 0.0
                state.scale[offer, run] = select(keeps, larger(state.scale[offer, run], allowed), allowed)
            elif due:
                state.scale[offer, run] = exp(state.technology[state.offer_vendor[offer], run])


def off_road_map(state: World, offer: int, run: int) -> bool:
    """Whether a line sells a chip cut down from a die family instead of its generation."""
    if state.generation[offer, run] < 0:
        return False
    return state.design[offer, run] != state.roadmap[offer, state.generation[offer, run]]


def measure(state: World) -> None:
    """Performance and accounting unit of each offer on sale; sliding thresholds let designs grow."""
    for offer in range(state.offer_kind.shape[0]):
        for run in range(LANES):
            design = state.design[offer, run]
            if design < 0:
                state.performance[offer, TRAIN, run] = TINY
                state.performance[offer, SERVE, run] = TINY
                state.accounting[offer, run] = 0.0
                continue
            train, serve = state.train_of[design, run], state.serve_of[design, run]
            state.performance[offer, TRAIN, run] = state.scale[offer, run] * train
            state.performance[offer, SERVE, run] = state.scale[offer, run] * serve
            state.accounting[offer, run] = state.scale[offer, run] * accounting_unit(state.spec_tpp[design])


def rate_designs(state: World) -> None:
    """Performance of every design in each run's parameters, once."""
    for design in range(state.spec_bf16.shape[0]):
        for run in range(LANES):
            train, serve = design_performance(state, design, run)
            state.train_of[design, run] = train
            state.serve_of[design, run] = serve


def design_performance(state: World, design: int, run: int) -> tuple[float, float]:
    """Training and serving performance of a design in one run's parameters."""
    train = train_performance(
        state.spec_bf16[design],
        state.spec_bandwidth[design],
        state.spec_link[design],
        state.parameter[INTERCONNECT_WEIGHT, run],
    )
    serve = serve_performance(
        state.spec_tpp[design],
        state.spec_bandwidth[design],
        state.spec_memory[design],
        state.parameter[BANDWIDTH_WEIGHT, run],
    )
    return train, serve
