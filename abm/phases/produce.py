"""China's own chain: tools become capacity, wafers become dies, dies and memory become chips (MODEL 3, R7, R9)."""

from __future__ import annotations

from abm.parameter_index import (
    CAPACITY_LAG,
    CXMT_HBM_2026,
    CXMT_HBM_2027,
    CXMT_HBM_2028,
    DIVERTED_DIES,
    DOMESTIC_PACKAGING_2024,
    DOMESTIC_PACKAGING_GROWTH,
    DOMESTIC_TOOL_GROWTH,
    EXPECTED_GROWTH,
    FAB_COST,
    FAB_LAG,
    HAZARD_FLOOR,
    HBM_IMPORT_CAP,
    HBM_PRICE,
    LEARNING_RATE,
    MAX_COVER,
    PACKAGING_COST,
    PACKAGING_YIELD,
    PHONE_SHARE,
    SERVICE_WEAR,
    SHORTAGE_TO_HOLDING,
    SMIC_WAFERS_2024,
    TOOL_SUBSTITUTION,
    TOOL_WEAR,
    WAFER_PRICE,
    WAFER_RAMP,
    YIELD_2024,
)
from abm.rules.ai_firm import stock_cover
from abm.rules.chip_vendor import (
    bank_need,
    complements,
    defect_density,
    die_yield,
    packages,
    tool_class_access,
    worn_tools,
)
from abm.rules.numbers import clip, exp, larger, select, smaller
from abm.state import World
from abm.vocabulary import ETCH_DEP, LITHO, METROLOGY, RING, SW_LEARNING, SW_STOCKPILING

LANES = 32
MONTHS = 3.0
REFERENCE_AREA = 665.6
"""mm2: the Ascend 910B die, to which the published yields and dies per wafer refer (chips.csv C026)."""
REFERENCE_DIES = 78.0
"""Candidate dies of that size on a 300 mm wafer (observations MS_DIES_PER_WAFER_910B)."""
DATA_YEAR = 16
"""2024Q1: the quarter to which capacity and yield parameters refer."""
TINY = 1e-9


def produce_china(world: World, step: int) -> None:
    """Tools, wafers, memory and packaging of the Chinese chain, in that order."""
    buy_tools(world, step)
    collect_dies(world, step)
    buy_memory(world, step)
    package_chips(world, step)
    start_wafers(world, step)


def buy_tools(state: World, step: int) -> None:
    """The foundry orders tools for its planned growth and for wear; what sellers' rules deny is not made up later."""
    for run in range(LANES):
        arm = state.arm[run]
        wear = state.parameter[TOOL_WEAR, run]
        slot = step % RING
        kept = worn_tools(state.tool_stock[run], wear, state.parameter[SERVICE_WEAR, run], state.law_service[arm, step])
        state.tool_stock[run] = kept + state.tools_coming[slot, run]
        state.tools_coming[slot, run] = 0.0
        cost = state.parameter[FAB_COST, run]
        lag = int(state.parameter[CAPACITY_LAG, run])
        due = smaller_index(step + lag, state.foundry_plan.shape[0] - 1)
        planned = state.foundry_plan[due] - state.foundry_plan[due - 1] if step > 0 else state.foundry_plan[due]
        wanted = planned * state.parameter[SMIC_WAFERS_2024, run] * cost + wear * state.tool_stock[run]
        home = exp(state.parameter[DOMESTIC_TOOL_GROWTH, run] * step)
        access = tool_access(state, step, run, home)
        state.tool_access[run] = access
        state.tool_orders[run] = wanted * access
        state.tools_coming[(step + lag) % RING, run] += state.tool_orders[run]
        state.advanced_wafers[run] = MONTHS * state.tool_stock[run] / cost


def smaller_index(index: int, last: int) -> int:
    """An index that stays inside a table."""
    return index if index < last else last


def tool_access(state: World, step: int, run: int, home: float) -> float:
    """Share of a line's tools that can be had: classes are complements, sellers within a class substitutes."""
    arm = state.arm[run]
    litho, etch, metrology, made_home = 0.0, 0.0, 0.0, 0.0
    for tool in range(state.law_tools.shape[3]):
        had = tool_class_access(
            1.0,
            state.law_tools[arm, step, 0, tool], state.tool_share_us[tool],
            state.law_tools[arm, step, 1, tool], state.tool_share_nl[tool],
            state.law_tools[arm, step, 2, tool], state.tool_share_jp[tool],
            state.tool_share_home[tool] * home,
        )  # fmt: skip
        own = smaller(state.tool_share_home[tool] * home, 1.0) / larger(had, TINY)
        made_home += state.tool_weight[tool] * own
        state.tool_home[run] = own if tool == ETCH_DEP else state.tool_home[run]
        litho = select(tool == LITHO, had, litho)
        etch = select(tool == ETCH_DEP, had, etch)
        metrology = select(tool == METROLOGY, had, metrology)
    state.tool_home_all[run] = made_home
    return complements(
        litho,
        etch,
        metrology,
        state.tool_weight[LITHO],
        state.tool_weight[ETCH_DEP],
        state.parameter[TOOL_SUBSTITUTION, run],
    )


def domestic(state: World, vendor: int) -> bool:
    """Whether the vendor is a Chinese designer."""
    return state.vendor_us[vendor] < 1.0


def vendor_design(state: World, vendor: int, run: int) -> int:
    """Design on sale at the vendor's main line; -1 before its first."""
    return state.design[state.vendor_line[vendor], run]


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
    for run in range(LANES):
        arm = state.arm[run]
        asked = 0.0
        for vendor in range(state.vendor_us.shape[0]):
            if domestic(state, vendor):
                asked += memory_wanted(state, vendor, run)
        supply = state.law_hbm[arm, step] * state.parameter[HBM_IMPORT_CAP, run] + home_memory(state, step, run)
        share = smaller(supply / larger(asked, TINY), 1.0)
        for vendor in range(state.vendor_us.shape[0]):
            if domestic(state, vendor):
                state.hbm_arrived[vendor, run] = share * memory_wanted(state, vendor, run)
        for vendor in range(state.vendor_us.shape[0]):
            if domestic(state, vendor):
                state.hbm_bank[vendor, run] += state.hbm_arrived[vendor, run]


def memory_wanted(state: World, vendor: int, run: int) -> float:
    """Million stacks that a designer wants to add to its bank."""
    design = vendor_design(state, vendor, run)
    if design < 0:
        return 0.0
    each = state.spec_stacks[design] / 1000.0 / state.parameter[PACKAGING_YIELD, run]
    need = larger(wanted_packages(state, vendor, run), state.orders_smooth[vendor, run])
    banked = cover(state, vendor, run) * planned_need(state, vendor, run)
    return larger((need + banked) * each - state.hbm_bank[vendor, run], 0.0)


def planned_need(state: World, vendor: int, run: int) -> float:
    """Chips a quarter that a designer's banks are meant for."""
    share = state.orders_smooth[vendor, run] / larger(state.home_orders[run], TINY)
    hazard = state.vendor_hazard[vendor, run]
    return bank_need(state.orders_smooth[vendor, run], hazard, state.us_units_china[run], share)


def home_memory(state: World, step: int, run: int) -> float:
    """Million stacks a quarter that China's own memory maker delivers: a ramp with a wide prior, flat after 2028."""
    year = 2020 + step // 4
    first = state.parameter[CXMT_HBM_2026, run]
    second = state.parameter[CXMT_HBM_2027, run]
    third = state.parameter[CXMT_HBM_2028, run]
    output = select(year >= 2028, third, select(year == 2027, second, select(year == 2026, first, 0.0)))
    return output / 4.0


def package_chips(state: World, step: int) -> None:
    """Dies and memory become packages, as far as packaging capacity goes; some are lost in packaging."""
    for run in range(LANES):
        growth = exp(state.parameter[DOMESTIC_PACKAGING_GROWTH, run] * (step - DATA_YEAR))
        capacity = state.parameter[DOMESTIC_PACKAGING_2024, run] * growth
        asked = 0.0
        for vendor in range(state.vendor_us.shape[0]):
            if domestic(state, vendor):
                asked += wanted_packages(state, vendor, run)
        good = state.parameter[PACKAGING_YIELD, run]
        share = smaller(capacity / larger(asked / good, TINY), 1.0)
        for vendor in range(state.vendor_us.shape[0]):
            design = vendor_design(state, vendor, run)
            if not domestic(state, vendor) or design < 0:
                continue
            wanted = wanted_packages(state, vendor, run) / good
            dies, stacks = state.spec_dies[design], state.spec_stacks[design] / 1000.0
            started = packages(
                state.die_bank[vendor, run], dies, state.hbm_bank[vendor, run], stacks, share * wanted, wanted
            )
            state.dies_used[vendor, run] = smaller(started * dies, state.die_bank[vendor, run])
            state.hbm_used[vendor, run] = smaller(started * stacks, state.hbm_bank[vendor, run])
            state.die_bank[vendor, run] -= state.dies_used[vendor, run]
            state.hbm_bank[vendor, run] -= state.hbm_used[vendor, run]
            state.made[vendor, run] = started * good


def dies_wanted(state: World, vendor: int, run: int) -> float:
    """Thousand good dies to order now: the plan for the time of arrival plus the bank, less what is there or coming."""
    design = vendor_design(state, vendor, run)
    if design < 0:
        return 0.0
    lag = state.parameter[FAB_LAG, run]
    growth = state.parameter[EXPECTED_GROWTH, run]
    each = state.spec_dies[design] / state.parameter[PACKAGING_YIELD, run]
    need = state.orders_smooth[vendor, run] * exp(growth * lag) * each
    coming = state.die_bank[vendor, run]
    for ahead in range(RING):
        coming += state.dies_coming[vendor, ahead, run]
    banked = cover(state, vendor, run) * planned_need(state, vendor, run) * each
    return larger(need * (1.0 + lag) + banked - coming, 0.0)


def start_wafers(state: World, step: int) -> None:
    """Foreign foundries make what the law lets them; the rest goes to the domestic foundry, pro rata after phones."""
    for run in range(LANES):
        slot = (step + int(state.parameter[FAB_LAG, run])) % RING
        learned = select(state.switch[SW_LEARNING, run] > 0.0, state.experience[run], state.experience_reference[run])
        density = defect_density(
            state.parameter[YIELD_2024, run],
            REFERENCE_AREA,
            learned,
            state.experience_reference[run],
            state.parameter[LEARNING_RATE, run],
        )
        density *= state.yield_luck[run]
        state.yield_domestic[run] = die_yield(density, REFERENCE_AREA)
        ai_share = (1.0 - state.parameter[PHONE_SHARE, run]) * state.parameter[WAFER_RAMP, run]
        capacity = state.advanced_wafers[run] * ai_share
        asked = 0.0
        for vendor in range(state.vendor_us.shape[0]):
            design = vendor_design(state, vendor, run)
            if domestic(state, vendor) and design >= 0:
                foreign = order_abroad(state, step, vendor, design, run)
                state.dies_coming[vendor, slot, run] += foreign
                state.foreign_wafers[vendor, run] = foreign
                asked += wafers_wanted(state, vendor, design, density, run)
        share = smaller(capacity / larger(asked, TINY), 1.0)
        total = 0.0
        for vendor in range(state.vendor_us.shape[0]):
            design = vendor_design(state, vendor, run)
            if domestic(state, vendor) and design >= 0:
                started = share * wafers_wanted(state, vendor, design, density, run)
                state.wafers[vendor, run] = started
                total += started
        for vendor in range(state.vendor_us.shape[0]):
            design = vendor_design(state, vendor, run)
            if domestic(state, vendor) and design >= 0:
                good = dies_per_wafer(state, design) * die_yield(density, die_area(state, design))
                state.dies_coming[vendor, slot, run] += state.wafers[vendor, run] * good
                set_cost(state, vendor, design, good, run)
        state.experience[run] += total


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


def set_cost(state: World, vendor: int, design: int, good: float, run: int) -> None:
    """Unit cost by what a package consumes, and the bill of the quarter's inputs."""
    wafer = state.parameter[WAFER_PRICE, run]
    memory = state.parameter[HBM_PRICE, run]
    packing = state.parameter[PACKAGING_COST, run]
    passed = state.parameter[PACKAGING_YIELD, run]
    die = wafer / larger(good, 1.0)
    each = (state.spec_dies[design] * die + state.spec_stacks[design] * memory + packing) / passed
    state.unit_cost[state.vendor_line[vendor], run] = clip(each, 0.1, 50.0)
    bought = state.wafers[vendor, run] * wafer / 1000.0
    bought += state.foreign_wafers[vendor, run] * die / 1000.0
    bought += state.hbm_arrived[vendor, run] * memory
    bought += state.made[vendor, run] / passed * packing / 1000.0
    state.input_cost[vendor, run] = bought
