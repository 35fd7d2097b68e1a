"""Regulators set the rules in force, and what they add up to (MODEL R1-R4 in the script modes)."""

from __future__ import annotations

from abm.parameter_index import (
    ENFORCEMENT,
    TRAINING_MONEY_SHARE,
)
from abm.rules.chips import denied, joint_stringency
from abm.rules.numbers import larger, select
from abm.rules.offshore import tenancy_open
from abm.state import Floats, World
from abm.vocabulary import COMPLIANCE, FOREIGN, FRONTIER, GREY, PRIVATE, RENTAL, SERVE, SW_GREY, TRAIN, US_NEST

LANES = 32
SIGNAL_MARGIN = 0.02
"""Rise of stringency that counts as an event (MODEL R1)."""
SMOOTHING = 0.25


def regulate(world: World, step: int) -> None:
    """Rules of the script come into force; stringency, cuts and signals follow from them."""
    slide_thresholds(world, step)
    judge_offers(world, step)
    measure_stringency(world, step)


def slide_thresholds(state: World, step: int) -> None:
    """Under relative thresholds the law moves with the best US line; else it stands still."""
    for run in range(LANES):
        best = state.spec_tpp[larger_index(state.design[0, run])] * state.scale[0, run]
        grown = best / larger(state.best_tpp[run], 1.0)
        moves = state.law_relative[state.arm[run], step] > 0.0 and state.best_tpp[run] > 0.0
        state.relative[run] *= select(moves, grown, 1.0)
        anchored = state.law_slide[state.arm[run], step] * best
        state.relative[run] = select(anchored > 0.0, anchored, state.relative[run])
        state.best_tpp[run] = best


def larger_index(design: int) -> int:
    """A valid table index for a line that may have no design yet."""
    return design if design > 0 else 0


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
                    now = gate * state.opening[offer, run] * state.law_open[state.arm[run], step, design, buyer]
                    known = later * state.law_announced[state.arm[run], step, design, buyer]
                if state.offer_kind[offer] == GREY:
                    now *= state.switch[SW_GREY, run]
                    known *= state.switch[SW_GREY, run]
                elif state.offer_kind[offer] == RENTAL:
                    now *= tenancy(state, state.law_cloud[state.arm[run], step], run)
                    known *= tenancy(state, state.law_cloud_announced[state.arm[run], step], run)
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
        force = line_denial(state, step, run, False)
        known = line_denial(state, step, run, True)
        state.cut[run] = select(force > line_denial(state, before, run, False) + SIGNAL_MARGIN, 1.0, 0.0)
        state.signal[run] = select(known > force + SIGNAL_MARGIN, 1.0, 0.0)
        arm = state.arm[run]
        inputs = input_denial(state.law_tools, state.law_hbm, arm, step)
        inputs_before = input_denial(state.law_tools, state.law_hbm, arm, before)
        inputs_known = input_denial(state.law_tools_announced, state.law_hbm_announced, arm, step)
        state.inputs_cut[run] = select(inputs > inputs_before + SIGNAL_MARGIN, 1.0, 0.0)
        state.inputs_signal[run] = select(inputs_known > inputs + SIGNAL_MARGIN, 1.0, 0.0)
        tools = tool_denial(state.law_tools, arm, step)
        tools_known = tool_denial(state.law_tools_announced, arm, step)
        state.tools_cut[run] = select(tools > tool_denial(state.law_tools, arm, before) + SIGNAL_MARGIN, 1.0, 0.0)
        state.tools_signal[run] = select(tools_known > tools + SIGNAL_MARGIN, 1.0, 0.0)
        state.stringency[run] = joint_stringency(chip_stringency(state, step, run, False), inputs)
        state.stringency_known[run] = joint_stringency(chip_stringency(state, step, run, True), inputs_known)
        state.stringency_smooth[run] += SMOOTHING * (state.stringency[run] - state.stringency_smooth[run])


def line_denial(state: World, law_step: int, run: int, announced: bool) -> float:
    """Share of the best US performance that the law of a quarter takes from the lines on sale now."""
    train, serve = best_admitted(state, law_step, run, announced, True)
    return denied_share(state, run, train, serve)


def best_admitted(state: World, law_step: int, run: int, announced: bool, adapted: bool) -> tuple[float, float]:
    """Best training and serving performance that the law lets through, of frontier lines and, if asked, adapted."""
    train, serve = 0.0, 0.0
    for offer in range(state.offer_kind.shape[0]):
        design, kind = state.design[offer, run], state.offer_kind[offer]
        if design >= 0 and (kind == FRONTIER or (adapted and kind == COMPLIANCE)):
            share = admitted(state, state.arm[run], law_step, design, announced)
            train = larger(train, share * state.performance[offer, TRAIN, run])
            serve = larger(serve, share * state.performance[offer, SERVE, run])
    return train, serve


def denied_share(state: World, run: int, train: float, serve: float) -> float:
    """What is missing to the best US lines, both workloads weighed by their money."""
    best_train, best_serve = best_lines(state, run)
    weight = state.parameter[TRAINING_MONEY_SHARE, run]
    return weight * denied(train, best_train) + (1.0 - weight) * denied(serve, best_serve)


def input_denial(tools: Floats, memory: Floats, arm: int, step: int) -> float:
    """Mean over classes of tools and memory of what the strictest seller jurisdiction denies."""
    return with_tools(1.0 - memory[arm, step], tools, arm, step) / (tools.shape[3] + 1.0)


def tool_denial(tools: Floats, arm: int, step: int) -> float:
    """Mean over classes of tools of what the strictest seller jurisdiction denies."""
    return with_tools(0.0, tools, arm, step) / tools.shape[3]


def with_tools(total: float, tools: Floats, arm: int, step: int) -> float:
    """A sum of denials, and what the strictest seller jurisdiction denies of each class of tools."""
    for tool in range(tools.shape[3]):
        strictest = 0.0
        for jurisdiction in range(tools.shape[2]):
            strictest = larger(strictest, tools[arm, step, jurisdiction, tool])
        total += strictest
    return total


def chip_stringency(state: World, law_step: int, run: int, announced: bool) -> float:
    """Share of the best US performance that the law of a quarter denies to any design that could be made."""
    arm = state.arm[run]
    train, serve = best_admitted(state, law_step, run, announced, False)
    for choice in range(state.law_candidate.shape[2]):
        design = state.law_candidate[arm, law_step, choice]
        if design < 0:
            break
        share = admitted(state, arm, law_step, design, announced)
        train = larger(train, share * state.relative[run] * state.train_of[design, run])
        serve = larger(serve, share * state.relative[run] * state.serve_of[design, run])
    return denied_share(state, run, train, serve)


def admitted(state: World, arm: int, law_step: int, design: int, announced: bool) -> float:
    """Share of a design's sales that the law of a quarter lets through, in force or as announced."""
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
