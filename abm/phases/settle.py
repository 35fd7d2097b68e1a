"""Money changes hands: every row of the flow matrix adds to zero (MODEL section 7)."""

from __future__ import annotations

from abm.parameter_index import (
    CREDIT_LIMIT,
    INTEREST_RATE,
    LIQUIDITY,
    OPEX_SHARE,
    PAYOUT_SHARE,
    RD_REVENUE_ELASTICITY,
    VENDOR_RD_SHARE,
)
from abm.phases.node_accounts import move, pay_nodes
from abm.phases.offshore import pay_hosts
from abm.phases.procure import granted
from abm.rules.chip_vendor import vendor_credit
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
    ENTRY_AND_EXIT,
    EQUITY,
    GOV_CN,
    GOV_US,
    GREY,
    GREY_CHIPS,
    INPUTS,
    MOBILISATION,
    NODES,
    OFFSHORE_RENTAL,
    OUTSIDE,
    RD_OPEX_HALLS,
    RENTAL,
    SERVE,
    SUBSIDY,
    SW_RD_FROM_REVENUE,
    TAX_AND_BONDS,
    TRAIN,
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
    share_support(world)
    sell_chips(world, step)
    pay_inputs(world)
    for vendor in range(world.vendor_us.shape[0]):
        pay_vendor_costs(world, step, vendor)
    pay_hosts(world)
    for firm in world.firms:
        pay_firm(world, step, firm)
    pay_nodes(world, step)
    pay_grants(world, step)
    close_treasuries(world)


def open_accounts(state: World) -> None:
    """Remember cash by sector and clear the matrix."""
    for sector in range(state.flows.shape[1]):
        for run in range(LANES):
            state.cash_before[sector, run] = 0.0
        for flow in range(state.flows.shape[0]):
            for run in range(LANES):
                state.flows[flow, sector, run] = 0.0
    for firm in state.firms:
        sector = sector_of_firm(state, firm)
        for run in range(LANES):
            state.cash_before[sector, run] += state.cash[firm, run]
    for vendor in range(state.vendor_us.shape[0]):
        sector = sector_of_vendor(state, vendor)
        for run in range(LANES):
            state.cash_before[sector, run] += state.vendor_cash[vendor, run]
            state.vendor_revenue[vendor, run] = 0.0
            state.vendor_revenue_china[vendor, run] = 0.0
            state.vendor_profit[vendor, run] = 0.0
    for node in range(state.node_role.shape[0]):
        for run in range(LANES):
            state.cash_before[NODES, run] += state.node_cash[node, run]


def sector_of_firm(state: World, firm: int) -> int:
    """Column of an AI firm."""
    return AI_CN if state.bloc[firm] == CN else AI_OTHER


def sector_of_vendor(state: World, vendor: int) -> int:
    """Column of a chip vendor."""
    return VENDORS_US if state.vendor_us[vendor] > 0.0 else VENDORS_CN


def sell_chips(state: World, step: int) -> None:
    """Chip sales, grey diversion at the list price, duty and revenue share split by pass-through."""
    for offer in range(state.available.shape[1]):
        vendor = state.offer_vendor[offer]
        if state.offer_kind[offer] == GREY:
            for run in range(LANES):
                # brokers buy what they divert and sell what is not seized
                chips = state.sold_china[offer, run] / THOUSAND
                listed = (chips + state.sold_abroad[offer, run] / THOUSAND) * state.price[offer, run]
                extra = chips * state.price_china[offer, run]
                move(state, GREY_CHIPS, AI_CN, VENDORS_US, listed, run)
                move(state, GREY_CHIPS, AI_CN, BROKERS, extra - listed, run)
                move(state, VENDOR_EQUITY, BROKERS, OUTSIDE, extra - listed, run)
                state.vendor_revenue[vendor, run] += listed
            continue
        if state.offer_kind[offer] == RENTAL:
            for run in range(LANES):
                rent = state.sold_china[offer, run] * state.price_china[offer, run] / THOUSAND
                move(state, OFFSHORE_RENTAL, AI_CN, AI_OTHER, rent, run)
            continue
        for run in range(LANES):
            sell_line(state, step, offer, vendor, run)


def sell_line(state: World, step: int, offer: int, vendor: int, run: int) -> None:
    """Sales of a line in China and abroad; of a supported price buyers pay the rest, the state what it set aside."""
    seller = sector_of_vendor(state, vendor)
    flow = US_CHIPS if seller == VENDORS_US else CHINESE_CHIPS
    china = state.sold_china[offer, run] * state.price_china[offer, run] / THOUSAND
    abroad = state.sold_abroad[offer, run] * state.price[offer, run] / THOUSAND
    less = supported_part(state, offer, run)
    support = state.best[run] * less
    china -= less
    move(state, flow, AI_CN, seller, china, run)
    move(state, SUBSIDY, GOV_CN, seller, support, run)
    move(state, flow, AI_OTHER, seller, abroad, run)
    state.vendor_revenue[vendor, run] += china + abroad + support
    state.vendor_revenue_china[vendor, run] += china + support
    margin = state.paying[0, offer, run] - state.price_china[offer, run]
    passed = state.sold_china[offer, run] * larger(margin, 0.0) / THOUSAND
    borne = china * levy_share(state, step, offer, run) - passed
    move(state, DUTY_AND_SHARE, AI_CN, GOV_US, passed, run)
    move(state, DUTY_AND_SHARE, seller, GOV_US, borne, run)
    state.vendor_profit[vendor, run] -= borne
    state.vendor_cash[vendor, run] -= borne


def share_support(state: World) -> None:
    """Part of the price support on sale that the state pays, into `state.best`: no more than it set aside."""
    for run in range(LANES):
        state.total[run] = 0.0
    for offer in range(state.available.shape[1]):
        for run in range(LANES):
            state.total[run] += supported_part(state, offer, run)
    for run in range(LANES):
        money = larger(state.subsidy[run] - granted_tools(state, run), 0.0)
        state.best[run] = smaller(money / larger(state.total[run], TINY), 1.0)


def supported_part(state: World, offer: int, run: int) -> float:
    """What buyers in China do not pay of the price of a Chinese line's sales, USD bn."""
    sales = state.sold_china[offer, run] * state.price_china[offer, run] / THOUSAND
    return select(state.offer_nest[offer] == US_NEST, 0.0, state.price_support[run] * sales)


def granted_tools(state: World, run: int) -> float:
    """What the state pays for tools this quarter, USD bn."""
    total = 0.0
    for line in range(state.tool_grant.shape[0]):
        total += state.tool_grant[line, run]
    return total


def pay_grants(state: World, step: int) -> None:
    """Grants for tools and for AI firms; China's dated funds pay fabs in the place of other owners."""
    for run in range(LANES):
        tools = granted_tools(state, run)
        fund = state.law_subsidy[state.arm[run], step]
        state.subsidy_paid[run] = tools - state.flows[SUBSIDY, GOV_CN, run]
        state.subsidy_total[run] += state.subsidy_paid[run]
        move(state, SUBSIDY, GOV_CN, NODES, tools + fund, run)
        move(state, VENDOR_EQUITY, NODES, OUTSIDE, fund, run)


def close_treasuries(state: World) -> None:
    """Treasuries keep no cash: taxes and bonds pay what they give, and what they take reduces them."""
    for run in range(LANES):
        american, chinese = 0.0, 0.0
        for flow in range(state.flows.shape[0]):
            american += state.flows[flow, GOV_US, run]
            chinese += state.flows[flow, GOV_CN, run]
        move(state, TAX_AND_BONDS, GOV_US, OUTSIDE, american, run)
        move(state, TAX_AND_BONDS, GOV_CN, OUTSIDE, chinese, run)


def levy_share(state: World, step: int, offer: int, run: int) -> float:
    """Duty and revenue share on Chinese sales of an offer, share of the price."""
    design = state.design[offer, run]
    place = design if design >= 0 else 0
    arm = state.arm[run]
    levy = state.law_duty[arm, step, place] + state.law_share[arm, step, place]
    return select(design >= 0 and state.offer_nest[offer] == US_NEST, levy, 0.0)


def pay_inputs(state: World) -> None:
    """US vendors pay wafers, memory and packaging of what they sold or scrapped; Chinese designers what they bought."""
    for offer in range(state.available.shape[1]):
        vendor = state.offer_vendor[offer]
        if state.vendor_us[vendor] < 1.0 and offer == state.vendor_line[vendor]:
            continue
        for run in range(LANES):
            units = state.sold_china[offer, run] + state.sold_abroad[offer, run] + state.scrapped[offer, run]
            state.input_cost[vendor, run] += units * state.unit_cost[offer, run] / THOUSAND
    for vendor in range(state.vendor_us.shape[0]):
        sector = sector_of_vendor(state, vendor)
        for run in range(LANES):
            bill = state.input_cost[vendor, run]
            move(state, INPUTS, sector, NODES, bill, run)
            state.vendor_cash[vendor, run] += state.vendor_revenue[vendor, run] - bill
            state.vendor_profit[vendor, run] += state.vendor_revenue[vendor, run] - bill


def pay_vendor_costs(state: World, step: int, vendor: int) -> None:
    """R&D by revenue (elasticity below 1) and overhead, then what the vendor owes and its owners get (MODEL R6)."""
    sector = sector_of_vendor(state, vendor)
    start = state.vendor_reference[0, vendor]
    for run in range(LANES):
        revenue = state.vendor_revenue[vendor, run]
        smooth = state.vendor_smooth[vendor, run] + (revenue - state.vendor_smooth[vendor, run]) / 4.0
        # until its first chip a vendor lives on what its owners planned
        on_sale = state.design[state.vendor_line[vendor], run] >= 0
        state.vendor_smooth[vendor, run] = select(on_sale, smooth, state.vendor_reference[step, vendor])
        by_revenue = state.switch[SW_RD_FROM_REVENUE, run] > 0.0 or sector != VENDORS_US
        base = select(by_revenue, state.vendor_smooth[vendor, run], start)
        growth = exp(state.parameter[RD_REVENUE_ELASTICITY, run] * log(larger(base / start, 0.01)))
        state.vendor_rd[vendor, run] = state.parameter[VENDOR_RD_SHARE, run] * start * growth
        cost = state.vendor_rd[vendor, run] + state.parameter[OPEX_SHARE, run] * revenue
        move(state, RD_OPEX_HALLS, sector, OUTSIDE, cost, run)
        state.vendor_profit[vendor, run] -= cost
        state.vendor_cash[vendor, run] -= cost
    close_vendor(state, vendor)


def close_vendor(state: World, vendor: int) -> None:
    """Interest, then credit, then owners: they refill what credit can't cover and get a part of the profit (R9)."""
    sector = sector_of_vendor(state, vendor)
    for run in range(LANES):
        debt = state.vendor_debt[vendor, run]
        interest = state.parameter[INTEREST_RATE, run] / 4.0 * debt
        cash = state.vendor_cash[vendor, run] - interest
        room = state.parameter[CREDIT_LIMIT, run] * state.vendor_smooth[vendor, run]
        drawn = vendor_credit(cash, debt, room)
        state.vendor_debt[vendor, run] = debt + drawn
        move(state, CREDIT_AND_INTEREST, OUTSIDE, sector, drawn - interest, run)
        profit = state.vendor_profit[vendor, run] - interest
        state.vendor_profit[vendor, run] = profit
        cash += drawn
        paid = select(cash < 0.0, cash, smaller(state.parameter[PAYOUT_SHARE, run] * larger(profit, 0.0), cash))
        move(state, VENDOR_EQUITY, sector, OUTSIDE, paid, run)
        state.vendor_cash[vendor, run] = cash - paid


def add_promises(state: World, firm: int) -> None:
    """Money of a firm that waits or is earmarked, into `state.best`."""
    for run in range(LANES):
        state.best[run] = state.waiting[firm, run]
    for offer in range(state.available.shape[1]):
        for run in range(LANES):
            state.best[run] += state.backlog[firm, offer, run]


def add_rent(state: World, firm: int) -> None:
    """Rent that a firm paid this quarter, into `state.total`."""
    for run in range(LANES):
        state.total[run] = 0.0
    for offer in range(state.available.shape[1]):
        if state.offer_kind[offer] != RENTAL:
            continue
        for run in range(LANES):
            chips = state.delivered[firm, offer, TRAIN, run] + state.delivered[firm, offer, SERVE, run]
            state.total[run] += chips * state.price_china[offer, run] / THOUSAND


def pay_firm(state: World, step: int, firm: int) -> None:
    """An AI firm: last quarter's revenue, chips, halls, research, interest; owners fund the plan, take the excess.

    A firm that enters has as much cash from its parent as the others were left by their owners. Owners need not pay
    what the state gives.
    """
    sector = sector_of_firm(state, firm)
    treasury = GOV_CN if state.bloc[firm] == CN else GOV_US
    enters = step > 0 and state.alive[step, firm] > 0.0 and state.alive[step - (1 if step > 0 else 0), firm] == 0.0
    for run in range(LANES):
        interest = state.parameter[INTEREST_RATE, run] / 4.0 * state.credit[firm, run]
        research, halls = state.research_money[firm, run], state.halls[firm, run]
        revenue, budget, rent = state.revenue[firm, run], state.budget[firm, run], state.rent[firm, run]
        given = select(enters, state.parameter[LIQUIDITY, run] * budget, 0.0)
        owners = budget + research - state.diverted[firm, run] + halls + interest - revenue - rent
        public = granted(state, firm, run)
        owners -= public
        free = larger(state.free_cash[firm, run] - state.parameter[LIQUIDITY, run] * budget, 0.0)
        owners -= state.parameter[PAYOUT_SHARE, run] * free
        cash = state.cash[firm, run] + revenue + rent + given + owners + state.borrowed[firm, run] + public
        cash -= state.spent[firm, run] + research + halls + interest
        missing = larger(-cash, 0.0)
        owners += missing
        state.equity[firm, run] = owners
        state.cash[firm, run] = cash + missing
        move(state, AI_REVENUE, OUTSIDE, sector, revenue, run)
        move(state, EQUITY, OUTSIDE, sector, owners, run)
        move(state, MOBILISATION, treasury, sector, public, run)
        move(state, ENTRY_AND_EXIT, OUTSIDE, sector, given, run)
        move(state, RD_OPEX_HALLS, sector, OUTSIDE, research + halls, run)
        move(state, CREDIT_AND_INTEREST, OUTSIDE, sector, state.borrowed[firm, run] - interest, run)
