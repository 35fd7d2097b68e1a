"""Thresholds that move: with the best US line, and by decisions once the US decides by rule (MODEL 8, R2)."""

from __future__ import annotations

from abm.parameter_index import TRAINING_MONEY_SHARE, US_THRESHOLD_STEP
from abm.rules.chips import quality
from abm.rules.numbers import exp, larger, select, smaller
from abm.state import World
from abm.vocabulary import COMPLIANCE, FRONTIER, PRIVATE, SERVE, SW_US_RULE, TRAIN

LANES = 32
ROUNDING = 1e-9
"""How far a line may stand above a threshold by rounding alone."""
LEAST_RATIO = 1e-3
"""Keeps thresholds of a law that admits nothing out of divisions by zero."""


def slide_thresholds(state: World, step: int) -> None:
    """Under relative thresholds the law moves with the best US line; else it stands still."""
    for run in range(LANES):
        best = state.spec_tpp[larger_index(state.design[0, run])] * state.scale[0, run]
        grown = best / larger(state.best_tpp[run], 1.0)
        moves = state.law_relative[state.arm[run], step] > 0.0 and state.best_tpp[run] > 0.0
        state.relative[run] *= select(moves and not ruled(state, step, run), grown, 1.0)
        anchored = state.law_slide[state.arm[run], step] * best
        state.relative[run] = select(anchored > 0.0, anchored, state.relative[run])
        state.relative_known[run] = state.relative[run]
        state.best_tpp[run] = best


def larger_index(design: int) -> int:
    """A valid table index for a line that may have no design yet."""
    return design if design > 0 else 0


def ruled(state: World, step: int, run: int) -> bool:
    """Whether the US decides by rule in this quarter."""
    return state.law_us_rule[state.arm[run], step] > 0.0 and state.switch[SW_US_RULE, run] > 0.0


def rate_lines(state: World, run: int) -> None:
    """Performance of every US line on sale and of the best frontier line, both workloads weighed by their money."""
    weight, best = state.parameter[TRAINING_MONEY_SHARE, run], 0.0
    for offer in range(state.offer_kind.shape[0]):
        kind = state.offer_kind[offer]
        if state.design[offer, run] < 0 or kind not in (FRONTIER, COMPLIANCE):
            continue
        worth = quality(state.performance[offer, TRAIN, run], state.performance[offer, SERVE, run], weight)
        state.us_quality[offer, run] = worth
        best = larger(best, select(kind == FRONTIER, worth, 0.0))
    state.us_best[run] = best


def rate_designs(state: World, step: int, run: int) -> None:
    """The best design that the script's law admits, of all that there have been since the hand-over."""
    arm, weight = state.arm[run], state.parameter[TRAINING_MONEY_SHARE, run]
    for choice in range(state.law_candidate.shape[2]):
        design = state.law_candidate[arm, step, choice]
        if design < 0:
            break
        worth = quality(state.train_of[design, run], state.serve_of[design, run], weight)
        if state.law_open[arm, step, design, PRIVATE] > 0.0 and worth > state.us_reach[run]:
            state.us_reach[run], state.us_design[run] = worth, design


def hand_over(state: World, run: int) -> None:
    """The threshold as the script leaves it: the best design that it admits over the best US line."""
    ratio = larger(state.relative[run] * state.us_reach[run] / state.us_best[run], LEAST_RATIO)
    state.us_start[run], state.us_ratio[run], state.us_ratio_known[run] = ratio, ratio, ratio


def highest_ratio(state: World, run: int) -> float:
    """Threshold at which the best US line is free: that line, or a step above what a law with other tests admits."""
    start = state.us_start[run]
    return select(start < 1.0, 1.0, start * exp(state.parameter[US_THRESHOLD_STEP, run]))


def set_thresholds(state: World, run: int) -> None:
    """Admitted designs stand to the best US line as decisions have it, in force and as announced."""
    each, most = state.us_best[run] / larger(state.us_reach[run], LEAST_RATIO), larger(state.us_start[run], 1.0)
    state.relative[run] = smaller(state.us_ratio[run], most) * each
    state.relative_known[run] = smaller(state.us_ratio_known[run], most) * each


def under_threshold(state: World, offer: int, ratio: float, run: int) -> bool:
    """Whether a line on sale is not above a threshold relative to the best US line."""
    return state.us_quality[offer, run] <= ratio * state.us_best[run] * (1.0 + ROUNDING)


def admitted_share(state: World, law: float, offer: int, buyer: int, ratio: float, run: int) -> float:
    """Share of a US line's sales to a class of buyers that is legal at a threshold; `law` is what the script admits.

    A line for China is legal as long as it is not above the threshold. A frontier line is free once decisions have
    raised the threshold to it, for buyers who may have the best design that the script admits; one that the script
    itself admits stays so until the threshold falls below that of the hand-over and below the line.
    """
    if state.us_start[run] == 0.0:
        return law
    under = under_threshold(state, offer, ratio, run)
    if state.offer_kind[offer] == COMPLIANCE:
        return select(under, law, 0.0)
    if state.offer_kind[offer] != FRONTIER:
        return law
    if law > 0.0:
        return select(under or ratio >= state.us_start[run] * (1.0 - ROUNDING), law, 0.0)
    last = state.law_open.shape[1] - 1
    allowed = state.law_open[state.arm[run], last, state.us_design[run], buyer] > 0.0
    return select(under and allowed and ratio > state.us_start[run] * (1.0 + ROUNDING), 1.0, 0.0)
