"""The rules in force, and what they add up to (MODEL R1)."""

from __future__ import annotations

from abm.parameter_index import (
    ENFORCEMENT,
    TRAINING_MONEY_SHARE,
)
from abm.phases.thresholds import admitted_share
from abm.phases.tiers import cloud_coverage, memory_open, strictest_tools
from abm.rules.chips import denied, joint_stringency
from abm.rules.numbers import larger, select
from abm.rules.offshore import tenancy_open
from abm.state import World
from abm.vocabulary import COMPLIANCE, FOREIGN, FRONTIER, GREY, PRIVATE, RENTAL, SERVE, SW_GREY, TRAIN, US_NEST

LANES = 32
SIGNAL_MARGIN = 0.02
"""Rise of stringency that counts as an event (MODEL R1)."""
SMOOTHING = 0.25


def regulate(world: World, step: int) -> None:
    """Rules come into force; stringency, cuts and signals follow from them."""
    judge_offers(world, step)
    measure_stringency(world, step)


def judge_offers(state: World, step: int) -> None:
    """Share of each offer that may be delivered to each class of buyer, now and as far as announced."""
    classes = state.legal.shape[1]
    for offer in range(state.offer_kind.shape[0]):
        bound = state.offer_nest[offer] == US_NEST and state.offer_kind[offer] not in (GREY, RENTAL)
        for buyer in range(classes):
            for run in range(LANES):
                design = state.design[offer, run]
                sells = select(design >= 0, 1.0, 0.0)
                now, known = sells, sells
                if bound and buyer != FOREIGN and design >= 0:
                    gate, later = state.gate[buyer, run], state.gate_known[buyer, run]
                    law = state.law_open[state.arm[run], step, design, buyer]
                    law = admitted_share(state, law, offer, buyer, state.us_ratio[run], run)
                    coming = state.law_announced[state.arm[run], step, design, buyer]
                    coming = admitted_share(state, coming, offer, buyer, state.us_ratio_known[run], run)
                    now = gate * state.opening[offer, run] * law
                    known = later * coming
                if state.offer_kind[offer] == GREY:
                    now *= state.switch[SW_GREY, run]
                    known *= state.switch[SW_GREY, run]
                elif state.offer_kind[offer] == RENTAL:
                    now *= tenancy(state, cloud_coverage(state, step, False, run), run)
                    known *= tenancy(state, cloud_coverage(state, step, True, run), run)
                state.legal[offer, buyer, run] = now
                state.legal_next[offer, buyer, run] = known


def tenancy(state: World, coverage: float, run: int) -> float:
    """Share of rented compute that tenants can use under a cloud rule; hidden tenancy is part of the grey market."""
    enforced = select(state.switch[SW_GREY, run] > 0.0, state.parameter[ENFORCEMENT, run], 1.0)
    return tenancy_open(coverage, enforced)


def measure_stringency(state: World, step: int) -> None:
    """What the rules deny China. Cuts and signals are about lines on sale and come from law alone."""
    before = step - 1 if step > 0 else 0
    for run in range(LANES):
        force = line_denial(state, step, state.us_ratio[run], False, run)
        known = line_denial(state, step, state.us_ratio_known[run], True, run)
        was = line_denial(state, before, state.us_ratio_before[run], False, run)
        state.cut[run] = select(force > was + SIGNAL_MARGIN, 1.0, 0.0)
        state.signal[run] = select(known > force + SIGNAL_MARGIN, 1.0, 0.0)
        inputs, inputs_known = input_denial(state, step, False, run), input_denial(state, step, True, run)
        inputs_before = select(step > 0, state.inputs_denied[run], inputs)
        state.inputs_cut[run] = select(inputs > inputs_before + SIGNAL_MARGIN, 1.0, 0.0)
        state.inputs_signal[run] = select(inputs_known > inputs + SIGNAL_MARGIN, 1.0, 0.0)
        state.inputs_denied[run] = inputs
        tools, tools_known = mean_tool_denial(state, step, False, run), mean_tool_denial(state, step, True, run)
        tools_before = select(step > 0, state.tools_denied[run], tools)
        state.tools_cut[run] = select(tools > tools_before + SIGNAL_MARGIN, 1.0, 0.0)
        state.tools_signal[run] = select(tools_known > tools + SIGNAL_MARGIN, 1.0, 0.0)
        state.tools_denied[run] = tools
        state.stringency[run] = joint_stringency(chip_stringency(state, step, False, run), inputs)
        state.stringency_known[run] = joint_stringency(chip_stringency(state, step, True, run), inputs_known)
        state.stringency_smooth[run] += SMOOTHING * (state.stringency[run] - state.stringency_smooth[run])


def line_denial(state: World, law_step: int, ratio: float, announced: bool, run: int) -> float:
    """Share of the best US performance that the law of a quarter takes from the lines on sale now."""
    train, serve = best_admitted(state, law_step, ratio, announced, True, run)
    return denied_share(state, run, train, serve)


def best_admitted(
    state: World, law_step: int, ratio: float, announced: bool, adapted: bool, run: int
) -> tuple[float, float]:
    """Best training and serving performance that the law lets through, of frontier lines and, if asked, adapted."""
    train, serve = 0.0, 0.0
    for offer in range(state.offer_kind.shape[0]):
        design, kind = state.design[offer, run], state.offer_kind[offer]
        if design >= 0 and (kind == FRONTIER or (adapted and kind == COMPLIANCE)):
            law = admitted(state, state.arm[run], law_step, design, announced)
            share = admitted_share(state, law, offer, PRIVATE, ratio, run)
            train = larger(train, share * state.performance[offer, TRAIN, run])
            serve = larger(serve, share * state.performance[offer, SERVE, run])
    return train, serve


def denied_share(state: World, run: int, train: float, serve: float) -> float:
    """What is missing to the best US lines, both workloads weighed by their money."""
    best_train, best_serve = best_lines(state, run)
    weight = state.parameter[TRAINING_MONEY_SHARE, run]
    return weight * denied(train, best_train) + (1.0 - weight) * denied(serve, best_serve)


def input_denial(state: World, step: int, announced: bool, run: int) -> float:
    """Mean over classes of tools and memory of what the strictest seller jurisdiction denies."""
    memory = 1.0 - memory_open(state, step, announced, run)
    return strictest_tools(state, step, memory, announced, run) / (state.law_tools.shape[3] + 1.0)


def mean_tool_denial(state: World, step: int, announced: bool, run: int) -> float:
    """Mean over classes of tools of what the strictest seller jurisdiction denies."""
    return strictest_tools(state, step, 0.0, announced, run) / state.law_tools.shape[3]


def chip_stringency(state: World, law_step: int, announced: bool, run: int) -> float:
    """Share of the best US performance that the law of a quarter denies to any design that could be made."""
    arm = state.arm[run]
    ratio = state.us_ratio_known[run] if announced else state.us_ratio[run]
    relative = state.relative_known[run] if announced else state.relative[run]
    train, serve = best_admitted(state, law_step, ratio, announced, False, run)
    for choice in range(state.law_candidate.shape[2]):
        design = state.law_candidate[arm, law_step, choice]
        if design < 0:
            break
        share = admitted(state, arm, law_step, design, announced)
        train = larger(train, share * relative * state.train_of[design, run])
        serve = larger(serve, share * relative * state.serve_of[design, run])
    return denied_share(state, run, train, serve)


def admitted(state: World, arm: int, law_step: int, design: int, announced: bool) -> float:
    """Share of a design's sales that the script lets through in a quarter, in force or as announced."""
    if announced:
        return state.law_announced[arm, law_step, design, PRIVATE]
    return state.law_open[arm, law_step, design, PRIVATE]


def best_lines(state: World, run: int) -> tuple[float, float]:
    """Best training and serving performance among US frontier lines."""
    train, serve = 0.0, 0.0
    for offer in range(state.offer_kind.shape[0]):
        if state.offer_kind[offer] == FRONTIER:
            train = larger(train, state.performance[offer, TRAIN, run])
            serve = larger(serve, state.performance[offer, SERVE, run])
    return train, serve
