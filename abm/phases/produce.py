"""China's own chain: tools become capacity, wafers become dies, dies and memory become chips (MODEL 3, R7, R9)."""

from __future__ import annotations

from abm.parameter_index import (
    DIVERTED_DIES,
    DOMESTIC_PACKAGING_2024,
    DOMESTIC_PACKAGING_GROWTH,
    DOMESTIC_PACKAGING_RAMP,
    EXPECTED_GROWTH,
    FAB_LAG,
    HAZARD_FLOOR,
    HBM_IMPORT_CAP,
    HBM_PRICE,
    LEARNING_RATE,
    MAX_COVER,
    PACKAGING_COST,
    PACKAGING_YIELD,
    PHONE_SHARE,
    SHORTAGE_TO_HOLDING,
    WAFER_PRICE,
    WAFER_RAMP,
    YIELD_2024,
)
from abm.phases.fabs import buy_tools
from abm.phases.tiers import memory_open
from abm.phases.world_supply import run_to_plan
from abm.rules.ai_firm import stock_cover
from abm.rules.chip_vendor import bank_need, defect_density, die_yield, packages
from abm.rules.numbers import clip, exp, larger, select, smaller
from abm.state import World
from abm.vocabulary import FOUNDRY_LINE, MEMORY_LINE, PACKAGING_CN, RING, SW_LEARNING, SW_STOCKPILING

LANES = 32
REFERENCE_AREA = 665.6
"""mm2: the Ascend 910B die, to which the published yields and dies per wafer refer (chips.csv C026)."""
REFERENCE_DIES = 78.0
"""Candidate dies of that size on a 300 mm wafer (observations MS_DIES_PER_WAFER_910B)."""
DATA_YEAR = 16
"""2024Q1: the quarter to which capacity and yield parameters refer."""
TINY = 1e-9
PLENTY = 1e9
"""Thousand packages: chips without stacked memory do not wait for it."""


def produce_china(world: World, step: int) -> None:
    """Tools, wafers, memory and packaging of the Chinese chain, in that order."""
    buy_tools(world, step)
    collect_dies(world, step)
    buy_memory(world, step)
    package_chips(world, step)
    start_wafers(world, step)


def role_node(state: World, role: int) -> int:
    """The node of a role that has one alone."""
    found = 0
    for node in range(state.node_role.shape[0]):
        found = node if state.node_role[node] == role else found
    return found


def domestic(state: World, vendor: int) -> bool:
    """Whether the vendor is a Chinese designer."""
    return state.vendor_us[vendor] < 1.0


def vendor_design(state: World, vendor: int, run: int) -> int:
    """Design on sale at the vendor's main line, the first of the table while there is none (see `sells`)."""
    design = state.design[state.vendor_line[vendor], run]
    return design if design >= 0 else 0


def sells(state: World, vendor: int, run: int) -> bool:
    """Whether the vendor has a first design."""
    return state.design[state.vendor_line[vendor], run] >= 0


def cover(state: World, vendor: int, run: int) -> float:
    """Quarters of need that a designer keeps in die and memory banks (MODEL R9 for nodes)."""
    held = stock_cover(
        state.vendor_hazard[vendor, run],
        state.parameter[HAZARD_FLOOR, run],
        state.parameter[SHORTAGE_TO_HOLDING, run],
        state.parameter[MAX_COVER, run],
    )
    return held * state.switch[SW_STOCKPILING, run]


def wanted_packages(state: World, vendor: int, run: int) -> float:
    """Packages a designer wants to finish: orders grown by the usual pace less its unsold stock."""
    line = state.vendor_line[vendor]
    growth = state.parameter[EXPECTED_GROWTH, run]
    return larger(state.orders_smooth[vendor, run] * exp(growth) - state.stock[line, run], 0.0)


def collect_dies(state: World, step: int) -> None:
    """Dies whose time in the fab is over go into the designers' banks."""
    slot = step % RING
    for vendor in range(state.vendor_us.shape[0]):
        for run in range(LANES):
            arrived = state.dies_coming[vendor, slot, run]
            state.dies_coming[vendor, slot, run] = 0.0
            state.dies_before[vendor, run] = state.die_bank[vendor, run]
            state.hbm_before[vendor, run] = state.hbm_bank[vendor, run]
            state.dies_used[vendor, run] = 0.0
            state.hbm_used[vendor, run] = 0.0
            state.made[vendor, run] = 0.0
            state.dies_arrived[vendor, run] = arrived
            state.die_bank[vendor, run] += arrived


def buy_memory(state: World, step: int) -> None:
    """Designers buy HBM for their plans and banks: legal imports and China's own output, pro rata."""
    node = state.line_node[MEMORY_LINE]
    run_to_plan(state, node)
    for run in range(LANES):
        state.total[run], state.sum_us[run] = 0.0, 0.0
    for vendor in range(state.vendor_us.shape[0]):
        if domestic(state, vendor):
            for run in range(LANES):
                state.hbm_arrived[vendor, run] = memory_wanted(state, vendor, run)
                state.total[run] += state.hbm_arrived[vendor, run]
    for run in range(LANES):
        abroad = memory_open(state, step, False, run) * state.parameter[HBM_IMPORT_CAP, run]
        supply = abroad + state.node_stock[node, run]
        share = smaller(supply / larger(state.total[run], TINY), 1.0)
        state.node_orders[node, run] = state.total[run]
        state.node_backlog[node, run] = (1.0 - share) * state.total[run]
        state.stacks_foreign[run] = abroad / larger(supply, TINY)
        state.best[run] = share
    for vendor in range(state.vendor_us.shape[0]):
        if domestic(state, vendor):
            for run in range(LANES):
                bought = state.best[run] * state.hbm_arrived[vendor, run]
                state.hbm_arrived[vendor, run] = bought
                state.hbm_bank[vendor, run] += bought
                state.sum_us[run] += bought
    for run in range(LANES):
        used = smaller(state.sum_us[run] * (1.0 - state.stacks_foreign[run]), state.node_stock[node, run])
        state.node_used[node, run] = used
        state.node_stock[node, run] -= used


def memory_wanted(state: World, vendor: int, run: int) -> float:
    """Million stacks that a designer wants to add to its bank."""
    design = vendor_design(state, vendor, run)
    each = state.spec_stacks[design] / 1000.0 / state.parameter[PACKAGING_YIELD, run]
    need = larger(wanted_packages(state, vendor, run), state.orders_smooth[vendor, run])
    banked = cover(state, vendor, run) * planned_need(state, vendor, run)
    wanted = larger((need + banked) * each - state.hbm_bank[vendor, run], 0.0)
    return select(sells(state, vendor, run), wanted, 0.0)


def planned_need(state: World, vendor: int, run: int) -> float:
    """Chips a quarter that a designer's banks are meant for."""
    share = state.orders_smooth[vendor, run] / larger(state.home_orders[run], TINY)
    hazard = state.vendor_hazard[vendor, run]
    return bank_need(state.orders_smooth[vendor, run], hazard, state.us_units_china[run], share)


def package_chips(state: World, step: int) -> None:
    """Dies and memory become packages, as far as packaging capacity goes; some are lost in packaging."""
    node = role_node(state, PACKAGING_CN)
    for run in range(LANES):
        state.node_orders[node, run], state.node_made[node, run] = 0.0, 0.0
    for vendor in range(state.vendor_us.shape[0]):
        if domestic(state, vendor):
            for run in range(LANES):
                state.node_orders[node, run] += wanted_packages(state, vendor, run)
    for run in range(LANES):
        pace = state.parameter[DOMESTIC_PACKAGING_RAMP if step < DATA_YEAR else DOMESTIC_PACKAGING_GROWTH, run]
        capacity = state.parameter[DOMESTIC_PACKAGING_2024, run] * exp(pace * (step - DATA_YEAR))
        good = state.parameter[PACKAGING_YIELD, run]
        state.best[run] = smaller(capacity / larger(state.node_orders[node, run] / good, TINY), 1.0)
        state.node_capacity[node, run] = capacity * good
    for vendor in range(state.vendor_us.shape[0]):
        if domestic(state, vendor):
            for run in range(LANES):
                package(state, vendor, run)
                state.node_made[node, run] += state.made[vendor, run]
    for run in range(LANES):
        made = state.node_made[node, run]
        state.node_used[node, run] = made
        state.node_backlog[node, run] = larger(state.node_orders[node, run] - made, 0.0)


def package(state: World, vendor: int, run: int) -> None:
    """Packages of one designer, whose share of capacity is in `state.best`, and what it takes for them."""
    design = vendor_design(state, vendor, run)
    good = state.parameter[PACKAGING_YIELD, run]
    wanted = wanted_packages(state, vendor, run) / good
    dies, stacks = state.spec_dies[design], state.spec_stacks[design] / 1000.0
    die_bank, hbm_bank = state.die_bank[vendor, run], state.hbm_bank[vendor, run]
    started = packages(die_bank, dies, hbm_bank, stacks, state.best[run] * wanted, wanted)
    on_sale = sells(state, vendor, run)
    state.dies_used[vendor, run] = select(on_sale, smaller(started * dies, die_bank), 0.0)
    state.hbm_used[vendor, run] = select(on_sale, smaller(started * stacks, hbm_bank), 0.0)
    state.die_bank[vendor, run] -= state.dies_used[vendor, run]
    state.hbm_bank[vendor, run] -= state.hbm_used[vendor, run]
    state.made[vendor, run] = select(on_sale, started * good, 0.0)


def dies_wanted(state: World, vendor: int, run: int) -> float:
    """Thousand good dies to order now: the plan for the time of arrival plus the bank, less what is there or coming.

    What is there or coming is in `state.best`.
    """
    design = vendor_design(state, vendor, run)
    lag = state.parameter[FAB_LAG, run]
    growth = state.parameter[EXPECTED_GROWTH, run]
    each = state.spec_dies[design] / state.parameter[PACKAGING_YIELD, run]
    pace = memory_pace(state, vendor, design, run)
    need = smaller(state.orders_smooth[vendor, run] * exp(growth * lag), pace) * each
    # dies without memory are no reserve
    banked = cover(state, vendor, run) * smaller(planned_need(state, vendor, run), pace) * each
    return larger(need * (1.0 + lag) + banked - state.best[run], 0.0)


def count_dies(state: World, vendor: int) -> None:
    """Dies of a designer in its bank and in the fab, into `state.best`."""
    for run in range(LANES):
        state.best[run] = state.die_bank[vendor, run]
    for ahead in range(RING):
        for run in range(LANES):
            state.best[run] += state.dies_coming[vendor, ahead, run]


def memory_pace(state: World, vendor: int, design: int, run: int) -> float:
    """Packages a quarter for which a designer sees memory: what comes now, and its bank used up over the lag."""
    stacks = state.spec_stacks[design] / 1000.0 / state.parameter[PACKAGING_YIELD, run]
    sight = state.hbm_arrived[vendor, run] + state.hbm_bank[vendor, run] / (1.0 + state.parameter[FAB_LAG, run])
    return select(stacks > 0.0, sight / larger(stacks, TINY), PLENTY)


def start_wafers(state: World, step: int) -> None:
    """Foreign foundries make what the law lets them; the rest goes to the domestic foundry, pro rata after phones."""
    foundry = state.line_node[FOUNDRY_LINE]
    for run in range(LANES):
        state.worst[run] = fab_defects(state, run)
        state.yield_domestic[run] = die_yield(state.worst[run], REFERENCE_AREA)
        state.total[run], state.sum_us[run] = 0.0, 0.0
    for vendor in range(state.vendor_us.shape[0]):
        if domestic(state, vendor):
            ask_foundries(state, step, vendor)
    for run in range(LANES):
        ai_share = (1.0 - state.parameter[PHONE_SHARE, run]) * state.parameter[WAFER_RAMP, run]
        capacity = state.node_capacity[foundry, run] * ai_share
        state.home_fill[run] = smaller(capacity / larger(state.total[run], TINY), 1.0)
    for vendor in range(state.vendor_us.shape[0]):
        if domestic(state, vendor):
            start_dies(state, step, vendor)
    for run in range(LANES):
        asked, started = state.total[run], state.sum_us[run]
        state.experience[run] += started
        phones = state.node_capacity[foundry, run] * state.parameter[PHONE_SHARE, run]
        state.node_made[foundry, run] = started + phones
        state.node_used[foundry, run] = started + phones
        state.node_orders[foundry, run] = asked + phones
        state.node_backlog[foundry, run] = asked - started


def ask_foundries(state: World, step: int, vendor: int) -> None:
    """A designer's dies from abroad, and wafers it asks of the domestic foundry, added up in `state.total`."""
    count_dies(state, vendor)
    for run in range(LANES):
        foreign = order_abroad(state, step, vendor, vendor_design(state, vendor, run), run)
        on_sale = sells(state, vendor, run)
        state.used[run] = select(on_sale, foreign, 0.0)
        state.foreign_wafers[vendor, run] = select(on_sale, foreign, state.foreign_wafers[vendor, run])
    expect_dies(state, step, vendor)
    count_dies(state, vendor)
    for run in range(LANES):
        design = vendor_design(state, vendor, run)
        asked = wafers_wanted(state, vendor, design, state.worst[run], run)
        on_sale = sells(state, vendor, run)
        state.wafers[vendor, run] = select(on_sale, asked, state.wafers[vendor, run])
        state.total[run] += select(on_sale, asked, 0.0)


def start_dies(state: World, step: int, vendor: int) -> None:
    """The share `home_fill` of a designer's wafers is started, their sum in `state.sum_us`, and sets its costs."""
    for run in range(LANES):
        design, on_sale = vendor_design(state, vendor, run), sells(state, vendor, run)
        started = state.home_fill[run] * state.wafers[vendor, run]
        state.wafers[vendor, run] = select(on_sale, started, state.wafers[vendor, run])
        state.sum_us[run] += select(on_sale, started, 0.0)
        good = dies_per_wafer(state, design) * die_yield(state.worst[run], die_area(state, design))
        state.used[run] = select(on_sale, started * good, 0.0)
        set_cost(state, vendor, design, good, run)
    expect_dies(state, step, vendor)


def expect_dies(state: World, step: int, vendor: int) -> None:
    """Dies in `state.used` come out of the fab after its lag."""
    for run in range(LANES):
        slot = (step + int(state.parameter[FAB_LAG, run])) % RING
        state.dies_coming[vendor, slot, run] += state.used[run]


def fab_defects(state: World, run: int) -> float:
    """Defects per mm2 of the domestic foundry, with the luck of the quarter."""
    learned = select(state.switch[SW_LEARNING, run] > 0.0, state.experience[run], state.experience_reference[run])
    density = defect_density(
        state.parameter[YIELD_2024, run],
        REFERENCE_AREA,
        learned,
        state.experience_reference[run],
        state.parameter[LEARNING_RATE, run],
    )
    return density * state.yield_luck[run]


def die_area(state: World, design: int) -> float:
    """Area of one compute die, mm2."""
    return state.spec_area[design] / state.spec_dies[design]


def dies_per_wafer(state: World, design: int) -> float:
    """Candidate dies on a wafer, in proportion to area from the published count of the 910B."""
    return REFERENCE_DIES * REFERENCE_AREA / die_area(state, design)


def wafers_wanted(state: World, vendor: int, design: int, density: float, run: int) -> float:
    """Thousand wafers a designer asks of the domestic foundry."""
    good = dies_per_wafer(state, design) * die_yield(density, die_area(state, design))
    return dies_wanted(state, vendor, run) / larger(good, TINY)


def order_abroad(state: World, step: int, vendor: int, design: int, run: int) -> float:
    """Thousand good dies from foreign foundries, openly while the law lets them, else through intermediaries.

    A designer orders at home the part that its fear of a cut-off makes: it keeps two sources.
    """
    arm = state.arm[run]
    wanted = dies_wanted(state, vendor, run) * (1.0 - state.vendor_hazard[vendor, run])
    openly = wanted * state.law_foundry[arm, step, design]
    hidden = smaller(wanted - openly, state.parameter[DIVERTED_DIES, run] * state.law_diversion[arm, step])
    return openly + state.diverts[vendor] * larger(hidden, 0.0)


def home_cost(state: World, design: int, good: float, run: int) -> float:
    """Cost of one package made at home, thousand USD, from good dies per wafer."""
    die = state.parameter[WAFER_PRICE, run] / larger(good, 1.0)
    parts = state.spec_dies[design] * die + state.spec_stacks[design] * state.parameter[HBM_PRICE, run]
    return (parts + state.parameter[PACKAGING_COST, run]) / state.parameter[PACKAGING_YIELD, run]


def set_cost(state: World, vendor: int, design: int, good: float, run: int) -> None:
    """Unit cost by what a package consumes, and the bill of the quarter's inputs, once there is a design."""
    wafer = state.parameter[WAFER_PRICE, run]
    memory = state.parameter[HBM_PRICE, run]
    packing = state.parameter[PACKAGING_COST, run]
    passed = state.parameter[PACKAGING_YIELD, run]
    die = wafer / larger(good, 1.0)
    line, on_sale = state.vendor_line[vendor], sells(state, vendor, run)
    cost = clip(home_cost(state, design, good, run), 0.1, 50.0)
    state.unit_cost[line, run] = select(on_sale, cost, state.unit_cost[line, run])
    bought = state.wafers[vendor, run] * wafer / 1000.0
    bought += state.foreign_wafers[vendor, run] * die / 1000.0
    bought += state.hbm_arrived[vendor, run] * memory
    bought += state.made[vendor, run] / passed * packing / 1000.0
    state.input_cost[vendor, run] = select(on_sale, bought, state.input_cost[vendor, run])
