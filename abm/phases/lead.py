"""How far the US is ahead at the end of the quarter: the lead that outcomes measure, inside the run (MODEL 9.1)."""

from __future__ import annotations

from abm.rules.numbers import larger, select
from abm.series import at
from abm.state import World
from abm.vocabulary import CN, US

LANES = 32
MONTHS = 3.0
CAPABILITY_CN, CAPABILITY_US = at("capability_cn"), at("capability_us")


def measure_lead(state: World, step: int) -> None:
    """Months since the bloc in front stood where the other stands now, negative when China is in front."""
    for run in range(LANES):
        china = larger(state.frontier_best[CN, run], state.record[CAPABILITY_CN, step, run])
        us = larger(state.frontier_best[US, run], state.record[CAPABILITY_US, step, run])
        state.frontier_best[CN, run], state.frontier_best[US, run] = china, us
        behind = china <= us
        since = quarters_since(state, US, china, step, run) if behind else quarters_since(state, CN, us, step, run)
        state.lead_before[run] = state.lead[run]
        state.lead[run] = MONTHS * select(behind, since, -since)


def recorded(state: World, bloc: int, quarter: int, run: int) -> float:
    """Capability of a bloc's frontier in a quarter, negative ones before 2020."""
    if quarter < 0:
        return state.past_capability[bloc, quarter + state.past_capability.shape[1], run]
    row = CAPABILITY_CN if bloc == CN else CAPABILITY_US
    return state.record[row, quarter, run]


def quarters_since(state: World, bloc: int, level: float, step: int, run: int) -> float:
    """Quarters since a bloc first reached a level, interpolated; since the history begins if it always had it.

    The level never falls, so the search goes on where it ended: `passed` quarters lay below it, `passed_best` at best.
    """
    first = -state.past_capability.shape[1]
    quarter, before = first + state.passed[bloc, run], state.passed_best[bloc, run]
    best = larger(before, recorded(state, bloc, quarter, run))
    while best < level:
        before, quarter = best, quarter + 1
        best = larger(before, recorded(state, bloc, quarter, run))
    state.passed[bloc, run], state.passed_best[bloc, run] = quarter - first, before
    if quarter == first:
        return float(step - first)
    return step - (quarter - 1 + (level - before) / (best - before))
