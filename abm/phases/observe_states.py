"""What states saw, set and paid this quarter."""

from __future__ import annotations

from abm.series import at
from abm.state import World
from abm.vocabulary import CN, PRIVATE, STATE, US

LANES = 32
(
    READINESS, SUBSIDY, MANDATE_STATE, MANDATE_PRIVATE, GATE_STATE, GATE_PRIVATE, COUNTER_CONTROL, MOBILISED_CN,
    MOBILISED_US,
) = (at(name) for name in (
    "readiness", "subsidy", "mandate_state", "mandate_private", "gate_state", "gate_private", "counter_control",
    "mobilised_cn", "mobilised_us",
))  # fmt: skip


def observe_states(state: World, step: int) -> None:
    """Record what China answers and what both blocs mobilise."""
    for run in range(LANES):
        state.record[READINESS, step, run] = state.readiness[run]
        state.record[SUBSIDY, step, run] = state.subsidy_paid[run]
        state.record[MANDATE_STATE, step, run] = state.mandate[STATE, run]
        state.record[MANDATE_PRIVATE, step, run] = state.mandate[PRIVATE, run]
        state.record[GATE_STATE, step, run] = state.gate[STATE, run]
        state.record[GATE_PRIVATE, step, run] = state.gate[PRIVATE, run]
        state.record[COUNTER_CONTROL, step, run] = state.counter_control[run]
        state.record[MOBILISED_CN, step, run] = state.mobilised[CN, run]
        state.record[MOBILISED_US, step, run] = state.mobilised[US, run]
