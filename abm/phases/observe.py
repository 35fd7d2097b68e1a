"""What a statistician would have seen this quarter."""

from __future__ import annotations

from abm.parameter_index import (
    DEPRECIATION_LIFE,
)
from abm.phases.earn import top_mean
from abm.phases.launch import off_road_map
from abm.phases.observe_sales import observe_sales, put
from abm.phases.procure import find_use, training_share
from abm.phases.settle import add_rent
from abm.rules.numbers import LOWEST, larger, select
from abm.series import at
from abm.state import World
from abm.vocabulary import (
    CANN,
    CN,
    DOMESTIC_NEST,
    DUTY_AND_SHARE,
    EFFICIENCY,
    ETCH_DEP,
    FOUNDRY_LINE,
    FRONTIER,
    FULL_STACK,
    GOV_US,
    GREY,
    MEMORY_LINE,
    PACKAGING_WORLD,
    PORTING,
    RENTAL,
    SERVE,
    STOCK,
    TOOLS_CN,
    TOOLS_JP,
    TOOLS_NL,
    TOOLS_US,
    TRAIN,
    US,
)

LANES = 32
TINY = 1e-12
THOUSAND = 1000.0
NVIDIA, AMD, HUAWEI = 0, 1, 3
NVIDIA_A, NVIDIA_B, AMD_COMPLIANCE = 1, 2, 4
(
    CAPABILITY_CN, CAPABILITY_US, COMPUTE_CN, COMPUTE_US, COMPUTE_WORLD, DOMESTIC_COMPUTE, COMPUTE_BOUGHT,
    DOMESTIC_VALUE, VALUE_CN, DOMESTIC_PACKAGES, DOMESTIC_OUTPUT, ASCEND, US_REVENUE, US_REVENUE_CHINA, US_PROFIT,
    US_RD, US_FRONTIER, NVIDIA_REVENUE, AMD_REVENUE, TENCENT_SPENDING, BUDGET_CN, UNSPENT_CN, BACKLOG_CN,
    WAREHOUSE_CN, STOCK_ORDERS, HAZARD_CN, STRINGENCY, STRINGENCY_KNOWN, SIGNAL, ALGORITHM_CN, ALGORITHM_US,
    RESEARCH_CN, RESEARCH_US, MIX_EFFICIENCY, MIX_PORTING, MIX_FULL_STACK, PORTING_CANN, SERVED_CN, REVENUE_CN,
    REVENUE_US, TOOL_ACCESS, TOOL_HOME, TOOL_SPENDING, ADVANCED_WAFERS, AI_WAFERS, YIELD, DIE_BANK, HBM_BANK,
    HBM_IMPORTS, WORLD_CAPACITY, WORLD_SOLD, WORLD_STOCK, TOOLMAKERS, CN_VENDOR_REVENUE, DUTY, ASSORTATIVITY,
    ABROAD_VALUE, EXITED_FIRMS, FROM_US, FROM_NL, FROM_JP, FROM_CN, TOOL_BANK, HOME_MEMORY, CUT_DOWN, SURPLUS_CN,
    SURPLUS_US, CN_VENDOR_PROFIT, REVENUE_ROW, IDEAS_CN, DISTILLED_CN,
) = (at(name) for name in (
    "capability_cn", "capability_us", "compute_cn", "compute_us", "compute_world", "domestic_compute_bought",
    "compute_bought_cn", "domestic_value", "value_cn", "domestic_packages", "domestic_output", "ascend_packages",
    "us_vendor_revenue", "us_vendor_revenue_china", "us_vendor_profit", "us_vendor_rd", "us_frontier",
    "nvidia_revenue", "amd_revenue", "tencent_spending", "budget_cn", "unspent_cn", "backlog_cn", "warehouse_cn",
    "stock_orders_cn", "hazard_cn", "stringency", "stringency_known", "signal", "algorithm_cn", "algorithm_us",
    "research_cn", "research_us", "mix_efficiency_cn", "mix_porting_cn", "mix_full_stack_cn", "porting_cann",
    "served_cn", "revenue_cn", "revenue_us", "tool_access", "tool_share_domestic", "tool_spending",
    "advanced_wafers", "ai_wafers", "yield_domestic", "die_bank", "hbm_bank", "hbm_imports", "world_capacity",
    "world_sold", "world_stock", "toolmaker_sales", "vendor_cn_revenue", "duty", "assortativity", "value_abroad",
    "exited_firms", "tools_from_us", "tools_from_nl", "tools_from_jp", "tools_from_cn", "tool_bank", "home_memory",
    "cut_down_share", "surplus_cn", "surplus_us", "vendor_cn_profit", "revenue_row", "ideas_cn", "distilled_cn",
))  # fmt: skip


FIRM_ROWS = (
    COMPUTE_CN, COMPUTE_US, COMPUTE_WORLD, RESEARCH_CN, RESEARCH_US, REVENUE_CN, REVENUE_US, BUDGET_CN, UNSPENT_CN,
    STOCK_ORDERS, HAZARD_CN, MIX_EFFICIENCY, MIX_PORTING, MIX_FULL_STACK, PORTING_CANN, SERVED_CN, BACKLOG_CN,
    WAREHOUSE_CN, EXITED_FIRMS, SURPLUS_CN, SURPLUS_US, REVENUE_ROW, IDEAS_CN,
)  # fmt: skip
"""Series that are sums over firms."""


def observe(world: World, step: int) -> None:
    """Record every series of the quarter."""
    observe_market(world, step)
    observe_firms(world, step)
    for run in range(LANES):
        observe_sales(world, step, run)
        observe_vendors(world, step, run)
        observe_china_chain(world, step, run)
        observe_tools(world, step, run)
        observe_rules(world, step, run)


def observe_market(state: World, step: int) -> None:
    """Chips bought in China by origin, in useful compute and value, and how far blocs buy their own."""
    rows = (DOMESTIC_COMPUTE, COMPUTE_BOUGHT, DOMESTIC_VALUE, VALUE_CN, ABROAD_VALUE)
    for row in rows:
        for run in range(LANES):
            state.record[row, step, run] = 0.0
    for offer in range(state.available.shape[1]):
        home = 1.0 if state.offer_nest[offer] == DOMESTIC_NEST else 0.0
        let = state.offer_kind[offer] == RENTAL
        owned = 0.0 if let else 1.0
        kept = 0.0 if state.offer_kind[offer] == GREY else 1.0  # seized chips have no buyer abroad
        for run in range(LANES):
            money = state.sold_china[offer, run] * state.paying[0, offer, run] / THOUSAND
            state.record[DOMESTIC_VALUE, step, run] += home * money
            state.record[VALUE_CN, step, run] += owned * money
            elsewhere = state.sold_abroad[offer, run] * state.paying[1, offer, run] / THOUSAND
            state.record[ABROAD_VALUE, step, run] += kept * elsewhere
        for firm in state.firms:
            if state.available[firm, offer] == 0.0 or state.bloc[firm] != CN:
                continue
            for workload in range(2):
                find_use(state, firm, offer, workload)
                for run in range(LANES):
                    chips = state.delivered[firm, offer, workload, run] + 0.5 * state.delivered[firm, offer, STOCK, run]
                    # a quarter of rent counts as the part of a chip that it pays for
                    chips *= select(let, 1.0 / state.parameter[DEPRECIATION_LIFE, run], 1.0)
                    compute = chips * state.performance[offer, workload, run] * state.used[run]
                    state.record[DOMESTIC_COMPUTE, step, run] += home * compute
                    state.record[COMPUTE_BOUGHT, step, run] += compute
    for run in range(LANES):
        bought = state.record[COMPUTE_BOUGHT, step, run]
        state.self_reliance[run] = state.record[DOMESTIC_COMPUTE, step, run] / (bought + TINY)
        total = state.record[VALUE_CN, step, run] + state.record[ABROAD_VALUE, step, run] + TINY
        chinese = state.record[VALUE_CN, step, run] / total
        made_home = state.record[DOMESTIC_VALUE, step, run] / total
        own = made_home + state.record[ABROAD_VALUE, step, run] / total
        expected = chinese * made_home + (1.0 - chinese) * (1.0 - made_home)
        state.record[ASSORTATIVITY, step, run] = (own - expected) / larger(1.0 - expected, TINY)


def observe_vendors(state: World, step: int, run: int) -> None:
    """Revenue, profit and research of vendors."""
    revenue, china, profit, spent, chinese, earned = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for vendor in range(state.vendor_us.shape[0]):
        merchant = state.vendor_merchant[vendor]
        revenue += merchant * state.vendor_revenue[vendor, run]
        china += merchant * state.vendor_revenue_china[vendor, run]
        profit += merchant * state.vendor_profit[vendor, run]
        spent += merchant * state.vendor_rd[vendor, run]
        chinese += (1.0 - state.vendor_us[vendor]) * state.vendor_revenue[vendor, run]
        earned += (1.0 - state.vendor_us[vendor]) * state.vendor_profit[vendor, run]
    put(state, US_REVENUE, step, run, revenue)
    put(state, US_REVENUE_CHINA, step, run, china)
    put(state, US_PROFIT, step, run, profit)
    put(state, US_RD, step, run, spent)
    put(state, CN_VENDOR_REVENUE, step, run, chinese)
    put(state, CN_VENDOR_PROFIT, step, run, earned)
    put(state, NVIDIA_REVENUE, step, run, state.vendor_revenue[NVIDIA, run])
    put(state, AMD_REVENUE, step, run, state.vendor_revenue[AMD, run])
    put(state, DUTY, step, run, state.flows[DUTY_AND_SHARE, GOV_US, run])
    best = 0.0
    for offer in range(state.available.shape[1]):
        if state.offer_kind[offer] == FRONTIER:
            best = larger(best, state.performance[offer, TRAIN, run])
    put(state, US_FRONTIER, step, run, best)


def observe_firms(state: World, step: int) -> None:
    """Capability, compute, money, beliefs and strategies of AI firms, by bloc and by firm."""
    for row in FIRM_ROWS:
        for run in range(LANES):
            state.record[row, step, run] = 0.0
    add_rent(state, state.watched[0])
    for run in range(LANES):
        state.record[ALGORITHM_CN, step, run] = LOWEST
        state.record[ALGORITHM_US, step, run] = LOWEST
        state.record[CAPABILITY_CN, step, run] = top_mean(state, state.capability, CN, run, False)
        state.record[CAPABILITY_US, step, run] = top_mean(state, state.capability, US, run, False)
        trained = top_mean(state, state.trained, CN, run, False)
        state.record[DISTILLED_CN, step, run] = state.record[CAPABILITY_CN, step, run] - trained
        state.record[TENCENT_SPENDING, step, run] = state.spent[state.watched[0], run] - state.total[run]
    for place in range(state.recorded.shape[0]):
        record_firm(state, step, place)
    for firm in state.firms:
        for run in range(LANES):
            state.record[COMPUTE_WORLD, step, run] += state.training[firm, run]
            state.record[EXITED_FIRMS, step, run] += state.exited[firm, run]
        if state.bloc[firm] == CN:
            add_chinese_firm(state, step, firm)
        elif state.bloc[firm] == US:
            add_american_firm(state, step, firm)
        else:
            for run in range(LANES):
                state.record[REVENUE_ROW, step, run] += state.revenue[firm, run] + state.rent[firm, run]


def surplus(state: World, firm: int, run: int) -> float:
    """A firm's budget times the worth of its offers, USD bn (MODEL 9.5)."""
    train = training_share(state, firm, run)
    worth = train * state.inclusive[firm, TRAIN, run] + (1.0 - train) * state.inclusive[firm, SERVE, run]
    return state.budget[firm, run] * worth


def add_american_firm(state: World, step: int, firm: int) -> None:
    """A US firm's part in the sums of its bloc."""
    for run in range(LANES):
        state.record[COMPUTE_US, step, run] += state.training[firm, run]
        state.record[RESEARCH_US, step, run] += state.research_money[firm, run]
        state.record[REVENUE_US, step, run] += state.revenue[firm, run]
        state.record[SURPLUS_US, step, run] += surplus(state, firm, run)
        level = select(state.capability[firm, run] > 0.0, state.algorithm[firm, TRAIN, run], LOWEST)
        state.record[ALGORITHM_US, step, run] = larger(state.record[ALGORITHM_US, step, run], level)


def add_chinese_firm(state: World, step: int, firm: int) -> None:
    """A Chinese firm's part in the sums and plan-weighted means of its bloc."""
    for run in range(LANES):
        share = state.plan_now[firm, run]
        state.record[COMPUTE_CN, step, run] += state.training[firm, run]
        state.record[RESEARCH_CN, step, run] += state.research_money[firm, run]
        state.record[REVENUE_CN, step, run] += state.revenue[firm, run]
        state.record[SURPLUS_CN, step, run] += surplus(state, firm, run)
        state.record[BUDGET_CN, step, run] += state.budget[firm, run]
        state.record[UNSPENT_CN, step, run] += state.unspent[firm, run]
        state.record[STOCK_ORDERS, step, run] += state.stock_money[firm, run]
        level = select(state.capability[firm, run] > 0.0, state.algorithm[firm, TRAIN, run], LOWEST)
        state.record[ALGORITHM_CN, step, run] = larger(state.record[ALGORITHM_CN, step, run], level)
        state.record[HAZARD_CN, step, run] += share * state.hazard[firm, run]
        state.record[MIX_EFFICIENCY, step, run] += share * state.mix[firm, EFFICIENCY, run]
        state.record[MIX_PORTING, step, run] += share * state.mix[firm, PORTING, run]
        state.record[MIX_FULL_STACK, step, run] += share * state.mix[firm, FULL_STACK, run]
        state.record[PORTING_CANN, step, run] += share * state.porting[firm, CANN, run]
        state.record[SERVED_CN, step, run] += share * state.served[firm, run]
        state.record[IDEAS_CN, step, run] += share * state.ideas[firm, run]
    for offer in range(state.available.shape[1]):
        for run in range(LANES):
            state.record[BACKLOG_CN, step, run] += state.backlog[firm, offer, run]
            state.record[WAREHOUSE_CN, step, run] += state.warehouse[firm, offer, run]


def record_firm(state: World, step: int, place: int) -> None:
    """Series of a firm that is recorded, in the order of `abm.series.FIRM_SERIES`."""
    firm = state.recorded[place]
    for run in range(LANES):
        state.firm_record[0, step, place, run] = state.spent[firm, run]
        state.firm_record[1, step, place, run] = state.training[firm, run]
        state.firm_record[2, step, place, run] = state.capability[firm, run]
        state.firm_record[3, step, place, run] = state.mix[firm, EFFICIENCY, run]
        state.firm_record[4, step, place, run] = state.mix[firm, PORTING, run]
        state.firm_record[5, step, place, run] = state.spent[firm, run] / (state.budget[firm, run] + TINY)


def observe_china_chain(state: World, step: int, run: int) -> None:
    """China's foundry, banks and output."""
    output, performance, started, dies, stacks, imports = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for vendor in range(state.vendor_us.shape[0]):
        if state.vendor_us[vendor] > 0.0:
            continue
        output += state.made[vendor, run]
        performance += state.made[vendor, run] * state.performance[state.vendor_line[vendor], TRAIN, run]
        started += state.wafers[vendor, run]
        dies += state.die_bank[vendor, run]
        stacks += state.hbm_bank[vendor, run]
        imports += state.hbm_arrived[vendor, run]
    put(state, DOMESTIC_PACKAGES, step, run, output)
    put(state, DOMESTIC_OUTPUT, step, run, performance)
    put(state, ASCEND, step, run, state.made[HUAWEI, run])
    put(state, AI_WAFERS, step, run, started)
    put(state, DIE_BANK, step, run, dies)
    put(state, HBM_BANK, step, run, stacks)
    put(state, HBM_IMPORTS, step, run, imports)
    put(state, ADVANCED_WAFERS, step, run, state.node_capacity[state.line_node[FOUNDRY_LINE], run])
    put(state, YIELD, step, run, state.yield_domestic[run])


def observe_tools(state: World, step: int, run: int) -> None:
    """Tools for China's advanced lines by country of the maker, what the lines hold in their banks, own memory."""
    us, dutch = tools_from(state, TOOLS_US, run), tools_from(state, TOOLS_NL, run)
    japan, home = tools_from(state, TOOLS_JP, run), tools_from(state, TOOLS_CN, run)
    banked, etch_home, etch = 0.0, 0.0, 0.0
    for line in range(state.line_node.shape[0]):
        etch_home += state.tools_sold[line, TOOLS_CN, ETCH_DEP, run]
        for maker in range(state.tool_share.shape[1]):
            etch += state.tools_sold[line, maker, ETCH_DEP, run]
        for tool in range(state.tool_bank.shape[1]):
            banked += state.tool_bank[line, tool, run]
    put(state, FROM_US, step, run, us)
    put(state, FROM_NL, step, run, dutch)
    put(state, FROM_JP, step, run, japan)
    put(state, FROM_CN, step, run, home)
    put(state, TOOL_ACCESS, step, run, state.tool_access[FOUNDRY_LINE, run])
    put(state, TOOL_HOME, step, run, etch_home / larger(etch, TINY))
    put(state, TOOL_SPENDING, step, run, us + dutch + japan + home)
    put(state, TOOLMAKERS, step, run, us + dutch + japan)
    put(state, TOOL_BANK, step, run, banked)
    put(state, HOME_MEMORY, step, run, state.node_capacity[state.line_node[MEMORY_LINE], run])
    put(state, CUT_DOWN, step, run, cut_down_share(state, run))


def tools_from(state: World, maker: int, run: int) -> float:
    """Tools that makers of a country sold to China's advanced lines, USD bn."""
    sold = 0.0
    for line in range(state.line_node.shape[0]):
        for tool in range(state.tool_bank.shape[1]):
            sold += state.tools_sold[line, maker, tool, run]
    return sold


def cut_down_share(state: World, run: int) -> float:
    """Share of Chinese designers' finished packages that are chips cut down to what foreign foundries may make."""
    cut_down, made = 0.0, 0.0
    for vendor in range(state.vendor_us.shape[0]):
        if state.vendor_us[vendor] < 1.0:
            made += state.made[vendor, run]
            reduced = off_road_map(state, state.vendor_line[vendor], run)
            cut_down += select(reduced, state.made[vendor, run], 0.0)
    return cut_down / larger(made, TINY)


def observe_rules(state: World, step: int, run: int) -> None:
    """Stringency and the state of world supply."""
    put(state, STRINGENCY, step, run, state.stringency[run])
    put(state, STRINGENCY_KNOWN, step, run, state.stringency_known[run])
    put(state, SIGNAL, step, run, state.signal[run])
    capacity = 0.0
    for node in range(state.node_role.shape[0]):
        capacity += select(state.node_role[node] == PACKAGING_WORLD, state.node_capacity[node, run], 0.0)
    put(state, WORLD_CAPACITY, step, run, capacity)
    put(state, WORLD_SOLD, step, run, state.world_sold[run])
    put(state, WORLD_STOCK, step, run, state.world_stock[run])
