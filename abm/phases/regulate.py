"""Regulators set the rules in force, and what they add up to (MODEL R1-R4 in the script modes)."""

from __future__ import annotations

from abm.parameter_index import (
    TRAINING_MONEY_SHARE,
)
from abm.rules.chips import denied, joint_stringency
from abm.rules.numbers import larger, select
from abm.state import World
from abm.vocabulary import FOREIGN, FRONTIER, GREY, PRIVATE, SERVE, TRAIN, US_NEST

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
        state.best_tpp[run] = best


def larger_index(design: int) -> int:
    """A valid table index for a line that may have no design yet."""
    return design if design > 0 else 0


def judge_offers(state: World, step: int) -> None:
    """Share of each offer that may be delivered to each class of buyer, now and as far as announced."""
    classes = state.legal.shape[1]
    for offer in range(state.offer_kind.shape[0]):
        bound = state.offer_nest[offer] == US_NEST and state.offer_kind[offer] != GREY
        for buyer in range(classes):
            for run in range(LANES):
                design = state.design[offer, run]
                sells = select(design >= 0, 1.0, 0.0)
                now, known = sells, sells
                if bound and buyer != FOREIGN and design >= 0:
                    gate = state.law_gate[state.arm[run], step, buyer]
                    now = gate * state.law_open[state.arm[run], step, design, buyer]
                    known = gate * state.law_announced[state.arm[run], step, design, buyer]
                state.legal[offer, buyer, run] = now
                state.legal_next[offer, buyer, run] = known


def measure_stringency(state: World, step: int) -> None:
    """What share of performance and tools the rules deny China; a rise is a cut, an announced rise a signal."""
    for run in range(LANES):
        arm = state.arm[run]
        upstream = mean_tool_denial(state, arm, step)
        force = chip_stringency(state, step, run, upstream, False)
        known = chip_stringency(state, step, run, upstream, True)
        before = select(step == 0, force, state.stringency[run])
        state.cut[run] = select(force > before + SIGNAL_MARGIN, 1.0, 0.0)
        state.signal[run] = select(known > force + SIGNAL_MARGIN, 1.0, 0.0)
        state.stringency[run] = force
        state.stringency_known[run] = known
        state.stringency_smooth[run] += SMOOTHING * (force - state.stringency_smooth[run])


def mean_tool_denial(state: World, arm: int, step: int) -> float:
    """Mean over tool classes of the share that the strictest seller jurisdiction denies."""
    total = 0.0
    for tool in range(state.law_tools.shape[3]):
        strictest = 0.0
        for jurisdiction in range(state.law_tools.shape[2]):
            strictest = larger(strictest, state.law_tools[arm, step, jurisdiction, tool])
        total += strictest
    return total / state.law_tools.shape[3]


def chip_stringency(state: World, step: int, run: int, upstream: float, announced: bool) -> float:
    """Stringency from the best design that the law admits against the best US line."""
    arm = state.arm[run]
    best_train, best_serve = best_lines(state, run)
    train, serve = 0.0, 0.0
    for offer in range(state.offer_kind.shape[0]):
        if state.offer_kind[offer] == FRONTIER:
            share = state.legal_next[offer, PRIVATE, run] if announced else state.legal[offer, PRIVATE, run]
            train = larger(train, share * state.performance[offer, TRAIN, run])
            serve = larger(serve, share * state.performance[offer, SERVE, run])
    for choice in range(state.law_candidate.shape[2]):
        design = state.law_candidate[arm, step, choice]
        if design < 0:
            break
        law = state.law_announced if announced else state.law_open
        share = law[arm, step, design, PRIVATE]
        train = larger(train, share * state.relative[run] * state.train_of[design, run])
        serve = larger(serve, share * state.relative[run] * state.serve_of[design, run])
    return joint_stringency(
        denied(train, best_train),
        denied(serve, best_serve),
        upstream,
        state.parameter[TRAINING_MONEY_SHARE, run],
    )


def best_lines(state: World, run: int) -> tuple[float, float]:
    """Best training and serving performance among US frontier lines."""
    train, serve = 0.0, 0.0
    for offer in range(state.offer_kind.shape[0]):
        if state.offer_kind[offer] == FRONTIER:
            train = larger(train, state.performance[offer, TRAIN, run])
            serve = larger(serve, state.performance[offer, SERVE, run])
    return train, serve
