"""How far the US is ahead at the end of the quarter: the lead that outcomes measure, inside the run (MODEL 9.1)."""

from __future__ import annotations

from abm.rules.numbers import LOWEST, larger, select
from abm.series import at
from abm.state import World
from abm.vocabulary import CN, US

LANES = 32
MONTHS = 3.0
CAPABILITY_CN, CAPABILITY_US = at("capability_cn"), at("capability_us")


def measure_lead(state: World, step: int) -> None:
    """Months since the bloc in front stood where the other stands now, negative when China is in front."""
    for run in range(LANES):
        china, us = best_so_far(state, CN, step, run), best_so_far(state, US, step, run)
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


def best_so_far(state: World, bloc: int, step: int, run: int) -> float:
    """Highest capability that a bloc's frontier has had, history before 2020 included."""
    best = LOWEST
    for quarter in range(-state.past_capability.shape[1], step + 1):
        best = larger(best, recorded(state, bloc, quarter, run))
    return best


def quarters_since(state: World, bloc: int, level: float, step: int, run: int) -> float:
    """Quarters since a bloc first reached a level, interpolated; since the history begins if it always had it."""
    first = -state.past_capability.shape[1]
    before = recorded(state, bloc, first, run)
    if before >= level:
        return float(step - first)
    for quarter in range(first + 1, step + 1):
        best = larger(before, recorded(state, bloc, quarter, run))
        if best >= level:
            return step - (quarter - 1 + (level - before) / (best - before))
        before = best
    return 0.0
