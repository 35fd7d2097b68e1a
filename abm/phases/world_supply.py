"""World supply of US chips: advanced packaging and memory that all lines share (MODEL 3, R6)."""

from __future__ import annotations

from abm.parameter_index import (
    CAPACITY_GROWTH_CAP,
    CAPACITY_LEAD,
    ENFORCEMENT,
    EXPECTED_GROWTH,
    GREY_BASE,
    GREY_ELASTICITY,
    OUTPUT_BUFFER,
)
from abm.rules.chip_vendor import capacity_step, grey_supply, planned_output
from abm.rules.numbers import exp, larger
from abm.state import World
from abm.vocabulary import COMPLIANCE, CUSTOM, FRONTIER, GREY, LOW_TIER, NO_CAP, RENTAL, RING, SW_GREY

LANES = 32
PLENTY = 1e9
"""Thousand chips: lines that need no advanced packaging are not rationed by it."""
FIRST_LAG = 1


def supply_world(world: World, step: int) -> None:
    """Packaging capacity grows towards orders after its lead time; output runs to plan within it."""
    for run in range(LANES):
        slot = step % RING
        world.world_capacity[run] *= exp(world.capacity_coming[slot, run])
        world.capacity_coming[slot, run] = 0.0
        due = 0.0
        for ahead in range(FIRST_LAG, RING):
            due += world.capacity_coming[(step + ahead) % RING, run]
        lead = world.parameter[CAPACITY_LEAD, run]
        growth = world.parameter[EXPECTED_GROWTH, run]
        ordered = capacity_step(
            world.world_orders[run] * (1.0 + world.parameter[OUTPUT_BUFFER, run]),
            growth,
            lead,
            world.world_capacity[run] * exp(due),
            world.parameter[CAPACITY_GROWTH_CAP, run],
        )
        world.capacity_coming[(step + int(lead)) % RING, run] += ordered
        world.world_made[run] = planned_output(
            world.world_capacity[run],
            world.world_orders[run],
            growth,
            world.parameter[OUTPUT_BUFFER, run],
            world.world_stock[run],
        )
        world.world_stock[run] += world.world_made[run]
        world.world_left[run] = world.world_stock[run]
        world.world_sold[run] = 0.0


def offer_supply(world: World, step: int) -> None:
    """What each offer can deliver this quarter, before world packaging is shared out."""
    for offer in range(world.offer_kind.shape[0]):
        kind = world.offer_kind[offer]
        vendor = world.offer_vendor[offer]
        for run in range(LANES):
            world.asked[offer, run] = 0.0
            world.sold_china[offer, run] = 0.0
            world.sold_abroad[offer, run] = 0.0
            if kind in (FRONTIER, COMPLIANCE, CUSTOM, LOW_TIER):
                world.supply[offer, run] = PLENTY
            elif kind == GREY:
                leaked = grey_supply(
                    world.parameter[ENFORCEMENT, run],
                    world.parameter[GREY_BASE, run],
                    world.row_sales[run],
                    world.grey_premium[run],
                    world.parameter[GREY_ELASTICITY, run],
                )
                world.supply[offer, run] = world.switch[SW_GREY, run] * world.grey_luck[run] * leaked
                world.supply[offer, run] *= paths_open(world, run)
            elif kind == RENTAL:
                world.supply[offer, run] = world.rentable[run]
            else:
                world.stock[offer, run] += world.made[vendor, run]
                world.supply[offer, run] = world.stock[offer, run]
            world.cap_room[offer, run] = volume_room(world, step, offer, run)
    for run in range(LANES):
        world.row_sales[run] = 0.0


def paths_open(state: World, run: int) -> float:
    """Share of smuggling paths in use."""
    total = 0.0
    for path in range(state.path_open.shape[0]):
        total += state.path_open[path, run]
    return total / state.path_open.shape[0]


def volume_room(state: World, step: int, offer: int, run: int) -> float:
    """China sales that a volume cap leaves: a share of the vendor's US sales, counted on its frontier line."""
    design = state.design[offer, run]
    if state.offer_kind[offer] != COMPLIANCE or design < 0:
        return PLENTY
    cap = state.law_cap[state.arm[run], step, design]
    return larger(cap * state.us_sales[state.offer_vendor[offer], run], 0.0) if cap < NO_CAP else PLENTY
