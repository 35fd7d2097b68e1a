"""Chinese lines buy tools: for growth and wear, and ahead of rules that they see coming (MODEL 3, R7, R9)."""

from __future__ import annotations

from abm.parameter_index import (
    CAPACITY_LAG,
    CREDIT_LIMIT,
    CXMT_HBM_2026,
    CXMT_HBM_2027,
    CXMT_HBM_2028,
    DOMESTIC_TOOL_GROWTH,
    FAB_COST,
    HAZARD_FLOOR,
    MAX_COVER,
    MEMORY_RAMP_ACCESS,
    MEMORY_TOOL_COST,
    SERVICE_WEAR,
    SHORTAGE_TO_HOLDING,
    SMIC_WAFERS_2024,
    TOOL_SUBSTITUTION,
    TOOL_WEAR,
)
from abm.phases.tiers import service_denial, tool_denial
from abm.rules.ai_firm import stock_cover
from abm.rules.chip_vendor import complements, tool_class_access, worn_tools
from abm.rules.numbers import exp, larger, select, smaller
from abm.rules.supply_node import affordable_share, bank_draw, bank_target, tool_position
from abm.state import World
from abm.vocabulary import (
    ETCH_DEP,
    FOUNDRY_LINE,
    LITHO,
    MEMORY_LINE,
    METROLOGY,
    RING,
    SW_STOCKPILING,
    TOOLS_CN,
    TOOLS_JP,
    TOOLS_NL,
    TOOLS_US,
)

LANES = 32
MONTHS = 3.0
QUARTERS_A_YEAR = 4.0
YEAR_AHEAD = 4
TINY = 1e-9


def buy_tools(state: World, step: int) -> None:
    """Each line orders tools for its plan and its bank; what sellers deny and no bank holds is not made up later."""
    for line in range(state.line_node.shape[0]):
        for run in range(LANES):
            use_tools(state, step, line, run)
        for run in range(LANES):
            want_tools(state, step, line, run)
        for run in range(LANES):
            place_tools(state, step, line, run)
        for run in range(LANES):
            placed = state.tools_wanted[line, run] * state.tool_access[line, run]
            state.tools_coming[line, (step + int(state.parameter[CAPACITY_LAG, run])) % RING, run] += placed
        for tool in range(state.law_tools.shape[3]):
            for run in range(LANES):
                draw_bank(state, step, line, tool, run)
        fill_bank(state, step, line)
    foundry, memory = state.line_node[FOUNDRY_LINE], state.line_node[MEMORY_LINE]
    for run in range(LANES):
        state.node_capacity[foundry, run] = MONTHS * state.node_tools[foundry, run] / state.parameter[FAB_COST, run]
        state.node_capacity[memory, run] = home_memory(state, step, run)


def use_tools(state: World, step: int, line: int, run: int) -> None:
    """Tools wear, faster without service, and those bought a while ago come into use."""
    node, slot = state.line_node[line], step % RING
    service = service_denial(state, step, run)
    wear = state.parameter[TOOL_WEAR, run]
    kept = worn_tools(state.node_tools[node, run], wear, state.parameter[SERVICE_WEAR, run], service)
    state.node_tools[node, run] = kept + state.tools_coming[line, slot, run]
    state.tools_coming[line, slot, run] = 0.0


def want_tools(state: World, step: int, line: int, run: int) -> None:
    """Tools to order for first use after the lag, and what a quarter of the coming year needs on average; USD bn."""
    due = step + int(state.parameter[CAPACITY_LAG, run])
    wear = state.parameter[TOOL_WEAR, run] * state.node_tools[state.line_node[line], run]
    # the first order builds up the whole plan
    first = planned_tools(state, due, line, run) if step == 0 else planned_growth(state, due, line, run)
    ahead = 0.0
    for later in range(YEAR_AHEAD):
        ahead += planned_growth(state, due + later, line, run)
    state.tools_wanted[line, run] = first + wear + state.tool_grant[line, run]
    state.tools_need[line, run] = ahead / QUARTERS_A_YEAR + wear


def planned_growth(state: World, quarter: int, line: int, run: int) -> float:
    """Tools that the plan of a line adds in a quarter, USD bn; none if it shrinks; its last growth goes on."""
    last = state.foundry_plan.shape[0] - 1
    due = quarter if quarter < last else last
    return larger(planned_tools(state, due, line, run) - planned_tools(state, due - 1, line, run), 0.0)


def planned_tools(state: World, quarter: int, line: int, run: int) -> float:
    """Tools that the plan of a line needs in a quarter, USD bn."""
    if line == FOUNDRY_LINE:
        wafers = state.foundry_plan[quarter] * state.parameter[SMIC_WAFERS_2024, run]
        return wafers * state.parameter[FAB_COST, run]
    return memory_plan(state, quarter, run) * state.parameter[MEMORY_TOOL_COST, run]


def memory_plan(state: World, quarter: int, run: int) -> float:
    """Million HBM stacks a year that China's memory maker plans, flat after its last year.

    The prior of its ramp is judged under the rules of 2024: the plan is larger by the tools that these deny.
    """
    year = 2020 + quarter // 4
    first = state.parameter[CXMT_HBM_2026, run]
    second = state.parameter[CXMT_HBM_2027, run]
    third = state.parameter[CXMT_HBM_2028, run]
    ramp = select(year >= 2028, third, select(year == 2027, second, select(year == 2026, first, 0.0)))
    return ramp / state.parameter[MEMORY_RAMP_ACCESS, run]


def home_memory(state: World, step: int, run: int) -> float:
    """Million stacks a quarter that China's memory maker can make: its ramp, as far as it has the tools."""
    tools = state.node_tools[state.line_node[MEMORY_LINE], run]
    position = tool_position(tools, planned_tools(state, step, MEMORY_LINE, run))
    return position * memory_plan(state, step, run) / QUARTERS_A_YEAR


def place_tools(state: World, step: int, line: int, run: int) -> None:
    """Tools put to use: classes are complements, sellers within a class substitutes; banks fill what is denied."""
    litho = class_within_reach(state, step, line, LITHO, run)
    etch = class_within_reach(state, step, line, ETCH_DEP, run)
    metrology = class_within_reach(state, step, line, METROLOGY, run)
    weight = state.tool_weight
    access = complements(
        litho,
        etch,
        metrology,
        weight[line, LITHO],
        weight[line, ETCH_DEP],
        state.parameter[TOOL_SUBSTITUTION, run],
    )
    placed = state.tools_wanted[line, run] * access
    had = weight[line, LITHO] * litho + weight[line, ETCH_DEP] * etch + weight[line, METROLOGY] * metrology
    each = placed / larger(had, TINY)
    state.tools_placed[line, LITHO, run] = each * weight[line, LITHO] * litho
    state.tools_placed[line, ETCH_DEP, run] = each * weight[line, ETCH_DEP] * etch
    state.tools_placed[line, METROLOGY, run] = each * weight[line, METROLOGY] * metrology
    state.tool_access[line, run] = access


def class_within_reach(state: World, step: int, line: int, tool: int, run: int) -> float:
    """Share of a class of tools that can be had now, from sellers and the bank."""
    on_sale = class_on_sale(state, step, line, tool, False, run)
    size = state.tool_weight[line, tool] * state.tools_wanted[line, run]
    return smaller(on_sale + state.tool_bank[line, tool, run] / larger(size, TINY), 1.0)


def class_on_sale(state: World, step: int, line: int, tool: int, announced: bool, run: int) -> float:
    """Share of a class that sellers of all countries offer the line, as the law is or as it is announced."""
    return tool_class_access(
        1.0,
        tool_denial(state, step, TOOLS_US, tool, announced, run), state.tool_share[line, TOOLS_US, tool],
        tool_denial(state, step, TOOLS_NL, tool, announced, run), state.tool_share[line, TOOLS_NL, tool],
        tool_denial(state, step, TOOLS_JP, tool, announced, run), state.tool_share[line, TOOLS_JP, tool],
        home_share(state, step, line, tool, run),
    )  # fmt: skip


def home_share(state: World, step: int, line: int, tool: int, run: int) -> float:
    """Share of a class that Chinese makers can supply."""
    return state.tool_share[line, TOOLS_CN, tool] * exp(state.parameter[DOMESTIC_TOOL_GROWTH, run] * step)


def draw_bank(state: World, step: int, line: int, tool: int, run: int) -> None:
    """Banks give what sellers deny, or what no rule threatens any more; `tools_stored` is what they lack."""
    held, placed = state.tool_bank[line, tool, run], state.tools_placed[line, tool, run]
    on_sale = class_on_sale(state, step, line, tool, False, run)
    known = class_on_sale(state, step, line, tool, True, run)
    weight = state.tool_weight[line, tool]
    target = bank_target(tool_cover(state, run), weight * state.tools_need[line, run], on_sale - known)
    drawn = bank_draw(placed, on_sale * weight * state.tools_wanted[line, run], held, target)
    state.bank_before[line, tool, run] = held
    state.tool_bank[line, tool, run] = held - drawn
    state.tools_stored[line, tool, run] = larger(target - (held - drawn), 0.0)


def tool_cover(state: World, run: int) -> float:
    """Quarters of need that lines hold of tools which a rule will deny (MODEL R9 for nodes)."""
    held = stock_cover(
        state.tool_hazard[run],
        state.parameter[HAZARD_FLOOR, run],
        state.parameter[SHORTAGE_TO_HOLDING, run],
        state.parameter[MAX_COVER, run],
    )
    return held * state.switch[SW_STOCKPILING, run]


def fill_bank(state: World, step: int, line: int) -> None:
    """Tools that a known rule will deny are bought ahead as far as cash and credit go; makers book their sales."""
    node = state.line_node[line]
    for run in range(LANES):
        state.total[run], state.node_bought[node, run] = 0.0, 0.0
    for tool in range(state.law_tools.shape[3]):
        for run in range(LANES):
            state.total[run] += state.tools_stored[line, tool, run]
            state.node_bought[node, run] += bought_for_use(state, line, tool, run)
    for run in range(LANES):
        room = state.parameter[CREDIT_LIMIT, run] * state.node_sales[node, run] - state.node_credit[node, run]
        cash = state.node_cash[node, run] + state.tool_grant[line, run] - state.node_bought[node, run]
        state.used[run] = affordable_share(state.total[run], cash, room)
    for tool in range(state.law_tools.shape[3]):
        for run in range(LANES):
            sell_for_use(state, step, line, tool, run)
        for run in range(LANES):
            state.tools_stored[line, tool, run] *= state.used[run]
            state.tool_bank[line, tool, run] += state.tools_stored[line, tool, run]
            state.node_bought[node, run] += state.tools_stored[line, tool, run]
        for run in range(LANES):
            sell_for_bank(state, step, line, tool, run)


def bought_for_use(state: World, line: int, tool: int, run: int) -> float:
    """Tools of a class put to use that did not come out of the bank; before the bank is filled again."""
    drawn = state.bank_before[line, tool, run] - state.tool_bank[line, tool, run]
    return larger(state.tools_placed[line, tool, run] - drawn, 0.0)


def sell_for_use(state: World, step: int, line: int, tool: int, run: int) -> None:
    """Sales for use at once: Chinese makers keep their share, others fill the rest as far as their laws let them."""
    bought = bought_for_use(state, line, tool, run)
    home = smaller(home_share(state, step, line, tool, run), 1.0)
    on_sale = class_on_sale(state, step, line, tool, False, run)
    abroad = 0.0
    for maker in range(TOOLS_CN):
        abroad += state.tool_share[line, maker, tool] * (1.0 - tool_denial(state, step, maker, tool, False, run))
    foreign = larger(on_sale - home, 0.0) / larger(on_sale, TINY) * bought
    for maker in range(TOOLS_CN):
        offered = state.tool_share[line, maker, tool] * (1.0 - tool_denial(state, step, maker, tool, False, run))
        state.tools_sold[line, maker, tool, run] = foreign * offered / larger(abroad, TINY)
    state.tools_sold[line, TOOLS_CN, tool, run] = bought - foreign * select(abroad > 0.0, 1.0, 0.0)


def sell_for_bank(state: World, step: int, line: int, tool: int, run: int) -> None:
    """Sales for the bank: makers whose rules will deny most of what they still sell."""
    threatened, stored = 0.0, state.tools_stored[line, tool, run]
    for maker in range(TOOLS_CN):
        threatened += state.tool_share[line, maker, tool] * coming_denial(state, step, maker, tool, run)
    for maker in range(TOOLS_CN):
        part = state.tool_share[line, maker, tool] * coming_denial(state, step, maker, tool, run)
        state.tools_sold[line, maker, tool, run] += stored * part / larger(threatened, TINY)


def coming_denial(state: World, step: int, maker: int, tool: int, run: int) -> float:
    """Share of a class that the rules of a maker's country will deny beyond what they deny now."""
    known = tool_denial(state, step, maker, tool, True, run)
    return larger(known - tool_denial(state, step, maker, tool, False, run), 0.0)
