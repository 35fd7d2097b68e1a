"""Chinese designers answer the foundry rule: a chip that foreign foundries may make, or all of it at home (R6)."""

from __future__ import annotations

from abm.parameter_index import (
    DOMESTIC_PRICE_RATIO,
    PRICE_EXPONENT,
    REDESIGN_LAG,
    REFERENCE_PRICE,
    TRAINING_MONEY_SHARE,
)
from abm.phases.produce import REFERENCE_AREA, die_area, dies_per_wafer, home_cost
from abm.rules.chip_vendor import yield_of_area
from abm.rules.chips import redesign_value
from abm.rules.numbers import select
from abm.state import World
from abm.vocabulary import SW_REDESIGN

LANES = 32
HALF = 0.5


def redesign_at_home(state: World, step: int) -> None:
    """Chinese designers think again when the access of their chips to foreign foundries moves."""
    for vendor in range(state.vendor_us.shape[0]):
        if state.vendor_us[vendor] > 0.0:
            continue
        line = state.vendor_line[vendor]
        for run in range(LANES):
            thinks = state.law_foundry_news[state.arm[run], step, vendor] > 0.0 and state.design[line, run] >= 0
            if thinks and state.switch[SW_REDESIGN, run] > 0.0 and state.redesign_wait[line, run] == 0.0:
                choose_design(state, step, vendor, run)


def choose_design(state: World, step: int, vendor: int, run: int) -> None:
    """The road map's chip while foreign foundries may make it, else what promises most: cut down, or made at home."""
    line, arm = state.vendor_line[vendor], state.arm[run]
    full = state.roadmap[line, state.generation[line, run]]
    best, most = full, maker_value(state, step, full, run)
    if state.law_foundry_announced[arm, step, full] < HALF:
        for choice in range(state.law_foundry_candidate.shape[2]):
            design = state.law_foundry_candidate[arm, step, choice]
            if design < 0:
                break
            if state.spec_vendor[design] != vendor or state.spec_from[design] > step:
                continue
            value = maker_value(state, step, design, run)
            if value > most:
                best, most = design, value
    if best != state.design[line, run]:
        state.redesign_target[line, run] = best
        fuse = state.spec_fuse[best] > 0.0
        state.redesign_wait[line, run] = select(fuse, 1.0, state.parameter[REDESIGN_LAG, run])


def maker_value(state: World, step: int, design: int, run: int) -> float:
    """Expected margin of a design at Chinese prices: what is made abroad, and what home has room for at its yield."""
    abroad = state.law_foundry_announced[state.arm[run], step, design]
    area = die_area(state, design)
    good = dies_per_wafer(state, design) * yield_of_area(state.yield_domestic[run], REFERENCE_AREA, area)
    made_abroad = margin(state, design, state.spec_cost[design], abroad, run)
    at_home = (1.0 - abroad) * state.home_fill[run]
    return made_abroad + margin(state, design, home_cost(state, design, good, run), at_home, run)


def margin(state: World, design: int, cost: float, share: float, run: int) -> float:
    """The rule of all redesigns at Chinese prices, for the share of the design that is made in one way."""
    return redesign_value(
        state.train_of[design, run],
        state.serve_of[design, run],
        state.parameter[TRAINING_MONEY_SHARE, run],
        state.parameter[REFERENCE_PRICE, run],
        state.parameter[PRICE_EXPONENT, run],
        cost,
        share,
        1.0 - state.parameter[DOMESTIC_PRICE_RATIO, run],
    )
