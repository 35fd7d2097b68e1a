"""Money changes hands: every row of the flow matrix adds to zero (MODEL section 7)."""

from __future__ import annotations

from abm.parameter_index import (
    INTEREST_RATE,
    LIQUIDITY,
    NODE_COST_SHARE,
    OPEX_SHARE,
    PAYOUT_SHARE,
    RD_REVENUE_ELASTICITY,
    VENDOR_RD_SHARE,
)
from abm.rules.numbers import exp, larger, log, select, smaller
from abm.state import World
from abm.vocabulary import (
    AI_CN,
    AI_OTHER,
    AI_REVENUE,
    BROKERS,
    CHINESE_CHIPS,
    CN,
    CREDIT_AND_INTEREST,
    DUTY_AND_SHARE,
    EQUITY,
    GOV_US,
    GREY,
    GREY_CHIPS,
    INPUTS,
    NODES,
    OUTSIDE,
    RD_OPEX_HALLS,
    SW_RD_FROM_REVENUE,
    TAX_AND_BONDS,
    TOOLS,
    US_CHIPS,
    US_NEST,
    VENDOR_EQUITY,
    VENDORS_CN,
    VENDORS_US,
)

LANES = 32
TINY = 1e-12
THOUSAND = 1000.0


def settle(world: World, step: int) -> None:
    """Sales, duties, inputs, research and overhead, credit, owners: cash of every agent follows from its flows."""
    open_accounts(world)
    for run in range(LANES):
        sell_chips(world, step, run)
        pay_inputs(world, run)
        pay_vendor_costs(world, run)
        pay_firms(world, step, run)
        pay_nodes(world, run)
        pay_treasury(world, run)


def open_accounts(state: World) -> None:
    """Remember cash by sector and clear the matrix."""
    for run in range(LANES):
        for sector in range(state.flows.shape[1]):
            state.cash_before[sector, run] = 0.0
            for flow in range(state.flows.shape[0]):
                state.flows[flow, sector, run] = 0.0
        for firm in state.firms:
            state.cash_before[sector_of_firm(state, firm), run] += state.cash[firm, run]
        for vendor in range(state.vendor_us.shape[0]):
            state.cash_before[sector_of_vendor(state, vendor), run] += state.vendor_cash[vendor, run]
        state.cash_before[NODES, run] = state.node_cash[run]


def sector_of_firm(state: World, firm: int) -> int:
    """Column of an AI firm."""
    return AI_CN if state.bloc[firm] == CN else AI_OTHER


def sector_of_vendor(state: World, vendor: int) -> int:
    """Column of a chip vendor."""
    return VENDORS_US if state.vendor_us[vendor] > 0.0 else VENDORS_CN


def move(state: World, flow: int, payer: int, payee: int, money: float, run: int) -> None:
    """One payment between sectors, USD bn."""
    state.flows[flow, payer, run] -= money
    state.flows[flow, payee, run] += money


def sell_chips(state: World, step: int, run: int) -> None:
    """Chip sales, grey diversion at the list price, duty and revenue share split by pass-through."""
    for vendor in range(state.vendor_us.shape[0]):
        state.vendor_revenue[vendor, run] = 0.0
        state.vendor_revenue_china[vendor, run] = 0.0
        state.vendor_profit[vendor, run] = 0.0
    for offer in range(state.available.shape[1]):
        vendor = state.offer_vendor[offer]
        seller = sector_of_vendor(state, vendor)
        flow = US_CHIPS if seller == VENDORS_US else CHINESE_CHIPS
        china = state.sold_china[offer, run] * state.price_china[offer, run] / THOUSAND
        abroad = state.sold_abroad[offer, run] * state.price[offer, run] / THOUSAND
        if state.offer_kind[offer] == GREY:
            listed = state.sold_china[offer, run] * state.price[offer, run] / THOUSAND
            move(state, GREY_CHIPS, AI_CN, VENDORS_US, listed, run)
            move(state, GREY_CHIPS, AI_CN, BROKERS, china - listed, run)
            move(state, VENDOR_EQUITY, BROKERS, OUTSIDE, china - listed, run)
            state.vendor_revenue[vendor, run] += listed
            continue
        move(state, flow, AI_CN, seller, china, run)
        move(state, flow, AI_OTHER, seller, abroad, run)
        state.vendor_revenue[vendor, run] += china + abroad
        state.vendor_revenue_china[vendor, run] += china
        passed = state.sold_china[offer, run] * (state.paying[0, offer, run] - state.price_china[offer, run]) / THOUSAND
        borne = levy_total(state, step, offer, china, run) - passed
        move(state, DUTY_AND_SHARE, AI_CN, GOV_US, passed, run)
        move(state, DUTY_AND_SHARE, seller, GOV_US, borne, run)
        state.vendor_profit[vendor, run] -= borne
        state.vendor_cash[vendor, run] -= borne


def levy_total(state: World, step: int, offer: int, china: float, run: int) -> float:
    """Duty and revenue share on the Chinese sales of an offer, USD bn."""
    design = state.design[offer, run]
    if design < 0 or state.offer_nest[offer] != US_NEST:
        return 0.0
    arm = state.arm[run]
    return china * (state.law_duty[arm, step, design] + state.law_share[arm, step, design])


def pay_inputs(state: World, run: int) -> None:
    """US vendors pay wafers, memory and packaging of what they sold or scrapped; Chinese designers what they bought."""
    for offer in range(state.available.shape[1]):
        vendor = state.offer_vendor[offer]
        if state.vendor_us[vendor] > 0.0:
            units = state.sold_china[offer, run] + state.sold_abroad[offer, run] + state.scrapped[offer, run]
            state.input_cost[vendor, run] += units * state.unit_cost[offer, run] / THOUSAND
        elif offer != state.vendor_line[vendor]:
            state.input_cost[vendor, run] += state.sold_china[offer, run] * state.unit_cost[offer, run] / THOUSAND
    for vendor in range(state.vendor_us.shape[0]):
        bill = state.input_cost[vendor, run]
        move(state, INPUTS, sector_of_vendor(state, vendor), NODES, bill, run)
        state.vendor_cash[vendor, run] += state.vendor_revenue[vendor, run] - bill
        state.vendor_profit[vendor, run] += state.vendor_revenue[vendor, run] - bill


def pay_vendor_costs(state: World, run: int) -> None:
    """R&D by revenue (elasticity below 1), overhead, dividends; owners refill negative cash (MODEL R6)."""
    for vendor in range(state.vendor_us.shape[0]):
        sector = sector_of_vendor(state, vendor)
        revenue = state.vendor_revenue[vendor, run]
        state.vendor_smooth[vendor, run] += (revenue - state.vendor_smooth[vendor, run]) / 4.0
        start = state.vendor_reference[0, vendor]
        base = select(state.switch[SW_RD_FROM_REVENUE, run] > 0.0, state.vendor_smooth[vendor, run], start)
        growth = exp(state.parameter[RD_REVENUE_ELASTICITY, run] * log(larger(base / start, 0.01)))
        state.vendor_rd[vendor, run] = state.parameter[VENDOR_RD_SHARE, run] * start * growth
        cost = state.vendor_rd[vendor, run] + state.parameter[OPEX_SHARE, run] * revenue
        move(state, RD_OPEX_HALLS, sector, OUTSIDE, cost, run)
        profit = state.vendor_profit[vendor, run] - cost
        state.vendor_profit[vendor, run] = profit
        cash = state.vendor_cash[vendor, run] - cost
        paid = select(cash < 0.0, cash, smaller(state.parameter[PAYOUT_SHARE, run] * larger(profit, 0.0), cash))
        move(state, VENDOR_EQUITY, sector, OUTSIDE, paid, run)
        state.vendor_cash[vendor, run] = cash - paid


def pay_firms(state: World, step: int, run: int) -> None:
    """AI firms: revenue of last quarter, chips, halls, research, interest; owners fund the plan and take the excess."""
    for firm in state.firms:
        sector = sector_of_firm(state, firm)
        interest = state.parameter[INTEREST_RATE, run] / 4.0 * state.credit[firm, run]
        research, halls = state.research_money[firm, run], state.halls[firm, run]
        diverted = state.diverted[firm, run]
        revenue, budget = state.revenue[firm, run], state.budget[firm, run]
        owners = budget + research - diverted + halls + interest - revenue
        free = larger(state.free_cash[firm, run] - state.parameter[LIQUIDITY, run] * budget, 0.0)
        owners -= state.parameter[PAYOUT_SHARE, run] * free
        cash = state.cash[firm, run] + revenue + owners + state.borrowed[firm, run]
        cash -= state.spent[firm, run] + research + halls + interest
        missing = larger(-cash, 0.0)
        owners += missing
        state.equity[firm, run] = owners
        state.cash[firm, run] = cash + missing
        move(state, AI_REVENUE, OUTSIDE, sector, revenue, run)
        move(state, EQUITY, OUTSIDE, sector, owners, run)
        move(state, RD_OPEX_HALLS, sector, OUTSIDE, research + halls, run)
        move(state, CREDIT_AND_INTEREST, OUTSIDE, sector, state.borrowed[firm, run] - interest, run)


def pay_nodes(state: World, run: int) -> None:
    """Supply nodes: sales of inputs, running cost, tools, owners."""
    sales = 0.0
    for vendor in range(state.vendor_us.shape[0]):
        sales += state.input_cost[vendor, run]
        state.billed[vendor, run] = state.input_cost[vendor, run]
        state.input_cost[vendor, run] = 0.0
    cost = state.parameter[NODE_COST_SHARE, run] * sales
    tools = state.tool_orders[run]
    move(state, RD_OPEX_HALLS, NODES, OUTSIDE, cost, run)
    move(state, TOOLS, NODES, OUTSIDE, tools, run)
    cash = state.node_cash[run] + sales - cost - tools
    profit = larger(sales - cost - tools, 0.0)
    paid = select(cash < 0.0, cash, smaller(state.parameter[PAYOUT_SHARE, run] * profit, cash))
    move(state, VENDOR_EQUITY, NODES, OUTSIDE, paid, run)
    state.node_cash[run] = cash - paid


def pay_treasury(state: World, run: int) -> None:
    """The US treasury keeps no cash: duties and shares reduce its borrowing."""
    move(state, TAX_AND_BONDS, GOV_US, OUTSIDE, state.flows[DUTY_AND_SHARE, GOV_US, run], run)
