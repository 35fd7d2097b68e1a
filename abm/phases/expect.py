"""Firms and vendors revise how likely they are to be cut off (MODEL R5)."""

from __future__ import annotations

from abm.parameter_index import (
    HAZARD_DECAY,
    HAZARD_FLOOR,
    HAZARD_FLOOR_HUAWEI,
    HAZARD_FLOOR_LISTED,
    HAZARD_STEP,
    SIGNAL_WEIGHT,
)
from abm.rules.ai_firm import cutoff_hazard
from abm.rules.numbers import select
from abm.state import World
from abm.vocabulary import CN, SW_HAZARD

LANES = 32


def expect(world: World, step: int) -> None:
    """Rules on chips move the fears of AI firms, those on inputs the fears of designers and fabs; else they fade."""
    for firm in world.firms:
        if world.bloc[firm] != CN:
            continue
        for run in range(LANES):
            floor = hazard_floor(world, firm, run)
            before = world.hazard[firm, run]
            world.hazard[firm, run] = revised(world, before, world.cut[run], world.signal[run], floor, run)
    for vendor in range(world.vendor_us.shape[0]):
        if world.vendor_us[vendor] > 0.0:
            continue
        for run in range(LANES):
            floor = world.parameter[HAZARD_FLOOR, run]
            floor = select(world.diverts[vendor] > 0.0, world.parameter[HAZARD_FLOOR_HUAWEI, run], floor)
            before = world.vendor_hazard[vendor, run]
            cut, signal = world.inputs_cut[run], world.inputs_signal[run]
            world.vendor_hazard[vendor, run] = revised(world, before, cut, signal, floor, run)
    for run in range(LANES):
        floor = world.parameter[HAZARD_FLOOR, run]
        cut, signal = world.tools_cut[run], world.tools_signal[run]
        world.tool_hazard[run] = revised(world, world.tool_hazard[run], cut, signal, floor, run)


def revised(state: World, hazard: float, cut: float, signal: float, floor: float, run: int) -> float:
    """The rule with this run's parameters; switched off, fear stays at its floor."""
    feared = cutoff_hazard(
        hazard,
        cut,
        signal,
        state.parameter[SIGNAL_WEIGHT, run],
        state.parameter[HAZARD_STEP, run],
        state.parameter[HAZARD_DECAY, run],
        floor,
    )
    return select(state.switch[SW_HAZARD, run] > 0.0, feared, floor)


def hazard_floor(state: World, firm: int, run: int) -> float:
    """Floor of the hazard by legal status: Huawei, entity-listed, others."""
    kind = state.floor_kind[firm]
    listed = state.parameter[HAZARD_FLOOR_LISTED, run]
    huawei = state.parameter[HAZARD_FLOOR_HUAWEI, run]
    return select(kind == 2, huawei, select(kind == 1, listed, state.parameter[HAZARD_FLOOR, run]))
