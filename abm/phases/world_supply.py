"""World supply of US chips: wafers, memory and advanced packaging that all lines share (MODEL 3, R6)."""

from __future__ import annotations

from abm.parameter_index import (
    CAPACITY_GROWTH_CAP,
    CAPACITY_LEAD,
    ENFORCEMENT,
    EXPECTED_GROWTH,
    FAB_COST,
    GREY_BASE,
    GREY_ELASTICITY,
    MEMORY_LEAD,
    MEMORY_TOOL_COST,
    MINERALS_DEPENDENCE,
    OUTPUT_BUFFER,
    PACKAGING_TOOL_COST,
    SUPPLIER_SUBSTITUTION,
    TOOL_WEAR,
    WAFER_LEAD,
)
from abm.rules.chip_vendor import capacity_step, grey_supply, planned_output
from abm.rules.industrial_policy import minerals_left
from abm.rules.numbers import exp, larger, select, smaller
from abm.rules.supply_node import ces_part, ces_whole, tier_limit
from abm.state import World
from abm.vocabulary import (
    COMPLIANCE,
    CUSTOM,
    FOUNDRY_WORLD,
    FRONTIER,
    GREY,
    LOW_TIER,
    MEMORY_WORLD,
    NO_CAP,
    PACKAGING_WORLD,
    RENTAL,
    RING,
    SW_GREY,
)

LANES = 32
PLENTY = 1e9
"""Thousand chips: lines that need no advanced packaging are not rationed by it."""
FIRST_LAG = 1
MONTHS = 3.0
QUARTERS_A_YEAR = 4.0
THOUSAND = 1000.0
WAFER_AREA = 78.0 * 665.6
"""mm2 of dies on a 300 mm wafer: 78 candidates of 665.6 mm2 (observations MS_DIES_PER_WAFER_910B)."""
TINY = 1e-12


def supply_world(world: World, step: int) -> None:
    """Nodes of each tier grow towards orders and run to plan; wafers, memory and minerals become packages."""
    for node in range(world.node_role.shape[0]):
        role = world.node_role[node]
        if role in (FOUNDRY_WORLD, MEMORY_WORLD, PACKAGING_WORLD):
            grow(world, step, node)
        if role in (FOUNDRY_WORLD, MEMORY_WORLD):
            run_to_plan(world, node)
    plan_packages(world)
    for role in (FOUNDRY_WORLD, MEMORY_WORLD):
        find_tier(world, role)
        for run in range(LANES):
            limit = tier_limit(world.sum_us[run], world.sum_home[run], world.best[run])
            world.world_made[run] = smaller(world.world_made[run], limit)
    for run in range(LANES):
        left = minerals_left(world.parameter[MINERALS_DEPENDENCE, run], world.counter_control[run])
        world.world_made[run] = smaller(world.world_made[run], left * world.best[run])
    for role in (FOUNDRY_WORLD, MEMORY_WORLD):
        find_tier(world, role)
        take_inputs(world, role)
    finish_packages(world)
    for run in range(LANES):
        world.world_stock[run] += world.world_made[run]
        world.world_left[run] = world.world_stock[run]
        world.world_sold[run] = 0.0


def plan_packages(state: World) -> None:
    """Packaging capacity of the world into `state.total`; the plan for it into `state.best`."""
    for run in range(LANES):
        state.total[run] = 0.0
    for node in range(state.node_role.shape[0]):
        if state.node_role[node] == PACKAGING_WORLD:
            for run in range(LANES):
                state.total[run] += state.node_capacity[node, run]
    for run in range(LANES):
        state.best[run] = planned_output(
            state.total[run],
            state.world_orders[run],
            state.parameter[EXPECTED_GROWTH, run],
            state.parameter[OUTPUT_BUFFER, run],
            state.world_stock[run],
        )
        state.world_made[run] = state.best[run]


def grow(state: World, step: int, node: int) -> None:
    """Capacity ordered before arrives; more is ordered for what orders will need after the lead time of the tier."""
    role = state.node_role[node]
    for run in range(LANES):
        slot = step % RING
        state.node_capacity[node, run] *= exp(state.node_coming[node, slot, run])
        state.node_coming[node, slot, run] = 0.0
        due = 0.0
        for ahead in range(FIRST_LAG, RING):
            due += state.node_coming[node, (step + ahead) % RING, run]
        lead = tier_lead(state, role, run)
        ordered = capacity_step(
            state.node_orders[node, run] * (1.0 + state.parameter[OUTPUT_BUFFER, run]),
            state.parameter[EXPECTED_GROWTH, run],
            lead,
            state.node_capacity[node, run] * exp(due),
            state.parameter[CAPACITY_GROWTH_CAP, run],
        )
        state.node_coming[node, (step + int(lead)) % RING, run] += ordered
        equip(state, node, exp(due), exp(ordered), run)


def tier_lead(state: World, role: int, run: int) -> float:
    """Quarters from the order of capacity to its first output."""
    packaging, memory = state.parameter[CAPACITY_LEAD, run], state.parameter[MEMORY_LEAD, run]
    other = select(role == MEMORY_WORLD, memory, state.parameter[WAFER_LEAD, run])
    return select(role == PACKAGING_WORLD, packaging, other)


def equip(state: World, node: int, due: float, step_up: float, run: int) -> None:
    """Tools of a world node: toolmakers, which no rule binds here, sell those for ordered capacity and for wear."""
    cost = tool_cost(state, state.node_role[node], run)
    # tools wear as they are used
    wear = state.parameter[TOOL_WEAR, run] * state.node_made[node, run] / larger(state.node_capacity[node, run], TINY)
    had = state.node_tools[node, run]
    # until its first purchase a node has the tools that its capacity needs
    had = select(had > 0.0, had, state.node_capacity[node, run] * cost)
    bought = state.node_capacity[node, run] * due * (step_up - 1.0) * cost + wear * had
    state.node_tools[node, run] = had * (1.0 - wear) + bought
    state.node_bought[node, run] = bought


def tool_cost(state: World, role: int, run: int) -> float:
    """Tools for one unit of capacity a quarter, USD bn: thousand wafers, million stacks, thousand packages."""
    memory, packaging = state.parameter[MEMORY_TOOL_COST, run], state.parameter[PACKAGING_TOOL_COST, run]
    other = select(role == MEMORY_WORLD, QUARTERS_A_YEAR * memory, packaging / THOUSAND)
    return select(role == FOUNDRY_WORLD, state.parameter[FAB_COST, run] / MONTHS, other)


def run_to_plan(state: World, node: int) -> None:
    """A node makes what last quarter's orders need, grown as usual with a buffer, less its unsold, within capacity."""
    for run in range(LANES):
        state.node_before[node, run] = state.node_stock[node, run]
        state.node_made[node, run] = planned_output(
            state.node_capacity[node, run],
            state.node_orders[node, run],
            state.parameter[EXPECTED_GROWTH, run],
            state.parameter[OUTPUT_BUFFER, run],
            state.node_stock[node, run],
        )
        state.node_stock[node, run] += state.node_made[node, run]


def find_tier(state: World, role: int) -> None:
    """What the suppliers of a tier can deliver together, and what one package of last quarter's orders needs of it.

    Suppliers replace each other, if not perfectly (CES). Into `state.sum_us` and `state.sum_home`, unit of the tier.
    """
    for run in range(LANES):
        state.sum_us[run], state.sum_home[run] = 0.0, 0.0
    for node in range(state.node_role.shape[0]):
        if state.node_role[node] != role:
            continue
        share = state.node_share[node]
        for run in range(LANES):
            part = ces_part(state.node_stock[node, run], share, state.parameter[SUPPLIER_SUBSTITUTION, run])
            state.sum_us[run] += part
            state.sum_home[run] += state.node_orders[node, run]
    for run in range(LANES):
        state.sum_us[run] = ces_whole(state.sum_us[run], state.parameter[SUPPLIER_SUBSTITUTION, run])
        state.sum_home[run] /= larger(state.world_orders[run], TINY)


def take_inputs(state: World, role: int) -> None:
    """Packages use the same part of every supplier's stock; what the plan wanted beyond it is backlog."""
    for run in range(LANES):
        each, available = state.sum_home[run], state.sum_us[run]
        state.used[run] = smaller(each * state.world_made[run] / larger(available, TINY), 1.0)
        state.worst[run] = each * larger(state.best[run] - state.world_made[run], 0.0)
    for node in range(state.node_role.shape[0]):
        if state.node_role[node] == role:
            for run in range(LANES):
                state.node_used[node, run] = state.used[run] * state.node_stock[node, run]
                state.node_stock[node, run] -= state.node_used[node, run]
                state.node_backlog[node, run] = state.worst[run] * state.node_share[node]


def finish_packages(state: World) -> None:
    """Packaging nodes make packages in proportion to capacity; orders that neither they nor stock meet are backlog."""
    for node in range(state.node_role.shape[0]):
        if state.node_role[node] == PACKAGING_WORLD:
            for run in range(LANES):
                short = larger(state.world_orders[run] - state.world_made[run] - state.world_stock[run], 0.0)
                part = state.node_capacity[node, run] / larger(state.total[run], TINY)
                state.node_made[node, run] = part * state.world_made[run]
                state.node_used[node, run] = state.node_made[node, run]
                state.node_backlog[node, run] = part * short


def book_orders(state: World, wafers: float, stacks: float, run: int) -> None:
    """Orders of the quarter reach the nodes of each tier: thousand wafers, million stacks, thousand packages."""
    for node in range(state.node_role.shape[0]):
        role, share = state.node_role[node], state.node_share[node]
        if role == FOUNDRY_WORLD:
            state.node_orders[node, run] = share * wafers
        elif role == MEMORY_WORLD:
            state.node_orders[node, run] = share * stacks
        elif role == PACKAGING_WORLD:
            state.node_orders[node, run] = share * state.world_orders[run]


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
