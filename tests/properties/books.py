"""The laws of MODEL section 7 worked out again from deliveries, prices and stocks, apart from `abm.phases.verify`.

`audit(world, was, step)` compares a world after a quarter with `was`, the same world before it. Every sum is made anew
with NumPy, so a mistake in the bookkeeping of the phases is not repeated here.
"""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
from balance import TOLERANCE, at_most, close
from node_books import input_bills, nodes, tiers, tools
from slot_books import generations
from state_books import answers, granted, pay_public, price_support, treasuries

from abm.parameter_index import NAMES
from abm.state import FIELDS
from abm.vocabulary import (
    AI_CN,
    AI_OTHER,
    AI_REVENUE,
    BROKERS,
    CHINESE_CHIPS,
    CN,
    COMPLIANCE,
    CREDIT_AND_INTEREST,
    CUSTOM,
    DOMESTIC_NEST,
    DUTY_AND_SHARE,
    ENTRY_AND_EXIT,
    EQUITY,
    FRONTIER,
    GOV_CN,
    GOV_US,
    GREY,
    GREY_CHIPS,
    INPUTS,
    MOBILISATION,
    NODES,
    OFFSHORE_RENTAL,
    OUTSIDE,
    PACKAGING_WORLD,
    RD_OPEX_HALLS,
    RENTAL,
    RING,
    ROW,
    STOCK,
    SUBSIDY,
    SW_GREY,
    TAX_AND_BONDS,
    TOOLS,
    US,
    US_CHIPS,
    US_NEST,
    VENDORS_CN,
    VENDORS_US,
)

SIGNED = frozenset(
    (
        "demand_bloc", "demand_firm", "idea", "technology", "technology_due", "vendor_profit", "value", "best", "total",
        "parameter", "equity", "borrowed", "attraction", "payoff", "flows", "record", "firm_record", "failed_quarter",
        "failed_law", "generation", "design", "redesign_target", "worst", "next_step", "diverted", "sum_us", "sum_home",
        "slot_frontier", "leader_open", "leader_closed",
        "used", "acquired", "inclusive", "frontier_best", "passed_best", "lead", "lead_before", "us_lead_seen",
        "us_score", "us_step", "us_shift", "us_shift_known",
    )
)  # fmt: skip
"""Arrays that may be negative; all others of a run may not."""
UNIT = (
    "legal", "legal_next", "stringency", "stringency_known", "stringency_smooth", "hazard", "vendor_hazard", "fill",
    "third_left", "seized_share", "self_reliance", "tool_access", "home_fill", "tool_hazard", "yield_domestic",
    "porting", "integration", "mix", "weight", "readiness", "mandate", "gate", "gate_known", "counter_control",
    "price_support",
)  # fmt: skip
"""Shares and probabilities."""


def audit(world, was, step, laws=None):
    """Laws of one quarter, all unless some are named; books of quarters in which a firm leaves are in test_exit.py."""
    facts = read(world, was, step)
    leaves = (world.exited != was.exited).any()
    for law in LAWS if laws is None else laws:
        if not (leaves and law in (firms, matrix)):
            law(facts)


def read(world, was, step):
    """What the laws look at: prices paid, buyers' law, totals by offer."""
    f = SimpleNamespace(now=world, was=was, step=step, arm=world.arm)
    f.p = {name: world.parameter[row] for row, name in enumerate(NAMES)}
    f.cn, f.us, f.row = (world.bloc == bloc for bloc in (CN, US, ROW))
    f.kind, f.nest, f.vendor = world.offer_kind, world.offer_nest, world.offer_vendor
    f.on_sale = world.design >= 0
    f.place = np.where(f.on_sale, world.design, 0)
    f.paid = np.where(f.cn[:, None, None], world.paying[0][None], world.paying[1][None])
    f.got = world.delivered.sum(axis=2)
    f.let = f.kind == RENTAL
    f.owned = np.where(f.let[None, :, None], 0.0, f.got)
    f.lost = np.where((f.kind == GREY)[:, None], world.seized[None], 0.0)
    f.on_exit = world.acquired
    f.home = f.got[f.cn].sum(axis=0)
    f.abroad = f.got[~f.cn].sum(axis=0)
    f.bought = (f.got * f.paid).sum(axis=1) / 1000.0
    f.stored = (world.delivered[:, :, STOCK] * f.paid).sum(axis=1) / 1000.0
    f.chinese = world.vendor_us == 0.0
    f.main = np.zeros(len(f.kind), dtype=bool)
    f.main[world.vendor_line] = True
    return f


def table(f, name):
    """A law table by offer in this quarter: (offer, run)."""
    values = getattr(f.now, name)[f.arm, f.step]
    return np.where(f.on_sale, np.take_along_axis(values, f.place.T, axis=1).T, 0.0)


def signs(f):
    """Nothing is infinite or not a number; amounts are not negative; shares lie between 0 and 1."""
    for name, field in FIELDS.items():
        if "run" not in field.dims:
            continue
        array = getattr(f.now, name)
        if name in ("record", "firm_record"):
            array = array[:, f.step]
        assert np.isfinite(array).all(), f"{name} is not finite in quarter {f.step}"
        if name not in SIGNED:
            assert array.min() >= -TOLERANCE, f"{name} is {array.min()!r} in quarter {f.step}"
    for name in UNIT:
        top = getattr(f.now, name).max()
        assert top <= 1.0 + TOLERANCE, f"{name} is {top!r} in quarter {f.step}"
    close("research shares add to 1", f.now.mix.sum(axis=1), 1.0, step=f.step)
    at_most("choice shares add to at most 1", f.now.weight.sum(axis=1), 1.0, step=f.step)


def chips(f):
    """Stock' = stock + delivered - retired for every firm and offer; failure and outdone generations are ways out."""
    stock = f.now.deployed.sum(axis=2) + f.now.warehouse
    before = f.was.deployed.sum(axis=2) + f.was.warehouse
    holds = f.now.holds[:, :, None]
    close("chips", stock, before + f.owned + f.on_exit - holds * f.now.retired, before + f.owned, f.step)
    close("chips sold on exit are bought", f.on_exit.sum(axis=0), 0.0, np.abs(f.on_exit).sum(axis=0), f.step)
    in_use = holds * (f.now.deployed.sum(axis=2) + f.now.retired)
    most = f.p["attrition"] + (1.0 - f.p["attrition"]) * f.p["retirement_pace"]
    # what others left is bought, and the own is sold, after chips have failed
    at_most("attrition", (in_use - np.maximum(f.on_exit, 0.0)) * f.p["attrition"], holds * f.now.retired, stock, f.step)
    at_most("retired chips", holds * f.now.retired, (in_use - np.minimum(f.on_exit, 0.0)) * most, stock, f.step)
    assert (stock[f.now.holds == 0.0] == 0.0).all(), "a firm owns chips that it may not hold"


def deliveries(f):
    """Only what a firm may buy, on a line on sale, to a class of buyers that the law lets have it; sales add up."""
    legal = f.now.legal[:, f.now.buyer_class[f.step]].transpose(1, 0, 2)
    allowed = (f.now.available[:, :, None] > 0.0) & (legal > 0.0) & f.on_sale[None]
    assert (f.got[~allowed] == 0.0).all(), f"chips went to a buyer that must not have them in quarter {f.step}"
    bound = (f.nest == US_NEST) & (f.kind != GREY) & ~f.let
    open_share = f.now.law_open[f.arm, f.step]
    for buyer in range(3):
        share = np.take_along_axis(open_share[:, :, buyer], f.place.T, axis=1).T
        at_most("deliverable share", f.now.legal[bound, buyer], (share * f.now.gate[buyer])[bound], step=f.step)
    close("sales in China", f.now.sold_china, f.home, step=f.step)
    close("sales abroad", f.now.sold_abroad, f.abroad + f.lost, step=f.step)
    close("spending on chips", f.now.spent, f.bought, step=f.step)


def sources(f):
    """Chips come out of a stock, a leak or world packaging, and a volume cap binds."""
    own = (f.nest == DOMESTIC_NEST) & f.main
    made = f.now.made[f.vendor]
    sold = f.home + f.abroad
    close(
        "stock of Chinese lines", f.now.stock[own], (f.was.stock + made - sold)[own], (f.was.stock + made)[own], f.step
    )
    assert (f.now.stock[~own] == 0.0).all(), "stock of Chinese lines at a line that has none"
    at_most("sold from Chinese stock", sold[own], (f.was.stock + made)[own], step=f.step)
    grey = f.kind == GREY
    leak = (1.0 - f.p["enforcement"]) * f.p["grey_base"] * f.was.row_sales
    leak = leak * (1.0 + f.was.grey_premium) ** f.p["grey_elasticity"] * f.now.grey_luck * f.now.switch[SW_GREY]
    leak = leak * f.now.path_open.mean(axis=0)
    taken = (sold + f.lost)[grey].sum(axis=0)
    at_most("smuggled chips", taken, leak, step=f.step)
    close("seized chips", f.now.seized, taken * f.now.seized_share, taken, f.step)
    cap = table(f, "law_cap")
    room = cap * f.was.us_sales[f.vendor]
    capped = (f.kind == COMPLIANCE)[:, None] & f.on_sale & (cap < 1.0)
    at_most("sales under a volume cap", np.where(capped, f.home, 0.0), np.where(capped, room, 0.0), step=f.step)
    frontier = f.kind == FRONTIER
    to_us, to_row = f.got[f.us].sum(axis=0), f.got[f.row].sum(axis=0)
    for vendor in range(len(f.now.vendor_us)):
        lines = frontier & (f.vendor == vendor)
        close("frontier sales in the US", f.now.us_sales[vendor], to_us[lines].sum(axis=0), step=f.step)
    third = to_row[f.now.vendor_line[0]] + taken  # brokers buy there
    close("NVIDIA's sales to the rest of the world", f.now.row_sales, third, step=f.step)


def packaging(f):
    """World packaging: stock' = stock + made - scrapped - used, within capacity; capacity grows by what was ordered."""
    pooled = np.isin(f.kind, (FRONTIER, COMPLIANCE, CUSTOM, GREY))
    claim = np.where(f.on_sale, f.now.spec_packaging[f.place], 0.0)
    used = ((f.home + f.abroad + f.lost) * claim)[pooled].sum(axis=0)
    scrapped = (f.now.scrapped * claim)[pooled].sum(axis=0)
    there = f.was.world_stock + f.now.world_made
    close("world packaging", f.now.world_stock, there - scrapped - used, there, f.step)
    at_most("packaging used", used, there - scrapped, there, f.step)
    capacity = f.now.node_capacity[f.now.node_role == PACKAGING_WORLD].sum(axis=0)
    at_most("packages made", f.now.world_made, capacity, step=f.step)


def budgets(f):
    """Money of a quarter is spent, waits, is earmarked or stays unspent; nothing of it gets lost."""
    now, was = f.now, f.was
    money = now.budget - np.minimum(was.credit, now.budget / 2.0) + was.waiting + was.backlog.sum(axis=1)
    placed = now.waiting + now.backlog.sum(axis=1) + now.unspent + f.bought - f.stored
    close("budget", placed, money, money, f.step)


def promises(f):
    """Money that waits or is earmarked is there: no more than a firm's cash."""
    promised = f.now.waiting + f.now.backlog.sum(axis=1)
    at_most("money promised against cash", promised, f.now.cash, step=f.step)


def firms(f):
    """Cash follows from payments; debt is limited and paid back first.

    Revenue and research are settled a quarter after they arise: capability and research come later in the quarter.
    """
    now, was = f.now, f.was
    repaid = np.minimum(was.credit, now.budget / 2.0)
    close("debt", now.credit, was.credit + now.borrowed, was.credit, f.step)
    interest = f.p["interest_rate"] / 4.0 * now.credit
    received = was.revenue + now.equity + now.borrowed + now.rent + endowments(f) + granted(f)
    spent = f.bought + was.research_money + now.halls + interest
    gross = was.cash + was.revenue + np.abs(now.equity) + spent
    close("cash of AI firms", now.cash, was.cash + received - spent, gross, f.step)
    at_most("debt limit", now.credit, np.maximum(was.credit - repaid, f.p["credit_limit"] * now.budget), step=f.step)
    at_most("chips stored on credit", now.borrowed + repaid, f.stored, step=f.step)
    at_most("shortage money in research", now.diverted, now.unspent, step=f.step)
    assert (now.credit[~f.cn] == 0.0).all(), "only Chinese firms stockpile"


def endowments(f):
    """What parents give to firms that enter: (firm, run)."""
    enters = f.now.alive[f.step] > f.now.alive[max(f.step - 1, 0)]
    return enters[:, None] * f.p["liquidity"] * f.now.budget


def tenants(f):
    """Rented compute: what tenants use is what hosts let and have; hosts get what tenants pay."""
    now = f.now
    used = f.got[:, f.let].sum(axis=(0, 1))
    has = now.deployed[:, 0].sum(axis=1)
    close("let chips", now.lent.sum(axis=0), used, step=f.step)
    at_most("let chips", now.lent, has, step=f.step)
    at_most("let chips", now.lent, now.lets[:, None] * f.was.deployed[:, 0].sum(axis=1), has, f.step)
    at_most("capacity for tenants", used, now.tenant_capacity, step=f.step)
    assert (f.got[~f.cn][:, f.let] == 0.0).all(), "only Chinese firms rent abroad"
    assert (now.delivered[:, f.let, STOCK] == 0.0).all(), "rented compute cannot be stored"
    close("rent", now.rent.sum(axis=0), (f.got * f.paid)[:, f.let].sum(axis=(0, 1)) / 1000.0, step=f.step)


def vendors(f):
    """A vendor's debt stays within its limit; who owes keeps no cash that could pay it back."""
    now, was = f.now, f.was
    limit = f.p["credit_limit"] * now.vendor_smooth
    at_most("vendors' debt limit", now.vendor_debt, np.maximum(was.vendor_debt, limit), step=f.step)
    assert (np.minimum(now.vendor_debt, now.vendor_cash) <= TOLERANCE * (1.0 + was.vendor_cash)).all(), "cash and debt"


def matrix(f):
    """Every entry of the flow matrix, from deliveries, prices and levies."""
    now, was, flows = f.now, f.was, np.zeros_like(f.now.flows)
    seller_us = now.vendor_us[f.vendor] > 0.0
    normal = (f.kind != GREY) & ~f.let
    china, abroad = f.home * now.price_china / 1000.0, f.abroad * now.price / 1000.0

    def pay(flow, payer, payee, money):
        flows[flow, payer] -= money
        flows[flow, payee] += money

    for flow, sector, lines in ((US_CHIPS, VENDORS_US, seller_us & normal), (CHINESE_CHIPS, VENDORS_CN, ~seller_us)):
        less = price_support(f)[0] if flow == CHINESE_CHIPS else 0.0
        pay(flow, AI_CN, sector, china[lines].sum(axis=0) - less)
        pay(flow, AI_OTHER, sector, abroad[lines].sum(axis=0))
    grey = f.kind == GREY
    listed = ((f.home + f.lost) * now.price)[grey].sum(axis=0) / 1000.0
    pay(GREY_CHIPS, AI_CN, VENDORS_US, listed)
    pay(GREY_CHIPS, AI_CN, BROKERS, china[grey].sum(axis=0) - listed)
    pay(OFFSHORE_RENTAL, AI_CN, AI_OTHER, china[f.let].sum(axis=0))
    levied = ((f.nest == US_NEST) & normal)[:, None] * (table(f, "law_duty") + table(f, "law_share"))
    levy = (china * levied).sum(axis=0)
    pay(DUTY_AND_SHARE, AI_CN, GOV_US, f.p["duty_pass_through"] * levy)
    pay(DUTY_AND_SHARE, VENDORS_US, GOV_US, (1.0 - f.p["duty_pass_through"]) * levy)
    pay_public(f, pay, levy)
    bills = input_bills(f)
    pay(INPUTS, VENDORS_US, NODES, bills[~f.chinese].sum(axis=0))
    pay(INPUTS, VENDORS_CN, NODES, bills[f.chinese].sum(axis=0))
    phones = now.node_capacity[now.line_node[0]] * f.p["phone_share"] * f.p["wafer_price"] / 1000.0
    pay(INPUTS, OUTSIDE, NODES, phones)
    software = f.p["design_cost_share"] * now.vendor_rd.sum(axis=0)
    pay(RD_OPEX_HALLS, OUTSIDE, NODES, software)
    supplies = bills.sum(axis=0) + phones
    materials = f.p["materials_share"] * f.p["node_cost_share"] * supplies
    others = software + now.node_bought.sum(axis=0)
    pay(RD_OPEX_HALLS, NODES, OUTSIDE, f.p["node_cost_share"] * (supplies + others + materials) - materials)
    drawn = now.node_credit - (1.0 + f.p["interest_rate"] / 4.0) * was.node_credit
    pay(CREDIT_AND_INTEREST, OUTSIDE, NODES, drawn.sum(axis=0))
    running = now.vendor_rd + f.p["opex_share"] * now.vendor_revenue
    interest = f.p["interest_rate"] / 4.0 * now.credit
    for sector, mine in ((AI_CN, f.cn), (AI_OTHER, ~f.cn)):
        pay(AI_REVENUE, OUTSIDE, sector, was.revenue[mine].sum(axis=0))
        pay(EQUITY, OUTSIDE, sector, now.equity[mine].sum(axis=0))
        pay(ENTRY_AND_EXIT, OUTSIDE, sector, endowments(f)[mine].sum(axis=0))
        pay(RD_OPEX_HALLS, sector, OUTSIDE, (was.research_money + now.halls)[mine].sum(axis=0))
        pay(CREDIT_AND_INTEREST, OUTSIDE, sector, (now.borrowed - interest)[mine].sum(axis=0))
    for sector, mine in ((VENDORS_US, ~f.chinese), (VENDORS_CN, f.chinese)):
        pay(RD_OPEX_HALLS, sector, OUTSIDE, running[mine].sum(axis=0))
        owed = now.vendor_debt - (1.0 + f.p["interest_rate"] / 4.0) * was.vendor_debt
        pay(CREDIT_AND_INTEREST, OUTSIDE, sector, owed[mine].sum(axis=0))
    gross = np.abs(now.flows).sum(axis=(0, 1))
    for flow in (US_CHIPS, CHINESE_CHIPS, GREY_CHIPS, DUTY_AND_SHARE, TAX_AND_BONDS, INPUTS, TOOLS, RD_OPEX_HALLS,
                 AI_REVENUE, EQUITY, CREDIT_AND_INTEREST, OFFSHORE_RENTAL, ENTRY_AND_EXIT, SUBSIDY,
                 MOBILISATION):  # fmt: skip
        close(f"row {flow} of the flow matrix", now.flows[flow], flows[flow], gross, f.step)


def owners(f):
    """Rows add to 0; columns to the change of cash; governments and brokers keep none."""
    now, was = f.now, f.was
    gross = np.abs(now.flows).sum(axis=(0, 1))
    close("rows of the flow matrix", now.flows.sum(axis=1), 0.0, gross, f.step)
    us, chinese = ~f.chinese, f.chinese
    held = {
        AI_CN: (now.cash[f.cn], was.cash[f.cn]),
        AI_OTHER: (now.cash[~f.cn], was.cash[~f.cn]),
        VENDORS_US: (now.vendor_cash[us], was.vendor_cash[us]),
        VENDORS_CN: (now.vendor_cash[chinese], was.vendor_cash[chinese]),
        NODES: (now.node_cash, was.node_cash),
    }
    for sector, (after, before) in held.items():
        change = after.sum(axis=0) - before.sum(axis=0)
        close(f"column {sector}", now.flows[:, sector].sum(axis=0), change, gross + before.sum(axis=0), f.step)
    for sector in (BROKERS, GOV_US, GOV_CN):
        close(f"column {sector} keeps no cash", now.flows[:, sector].sum(axis=0), 0.0, gross, f.step)


def banks(f):
    """Dies and memory: bank' = bank + arrived - used; packages need both; nothing is used that is not there."""
    now, was, slot = f.now, f.was, f.step % RING
    close("dies that arrive", now.dies_arrived, was.dies_coming[:, slot], step=f.step)
    dies = was.die_bank + now.dies_arrived
    close("die banks", now.die_bank, dies - now.dies_used, dies, f.step)
    stacks = was.hbm_bank + np.where(f.chinese[:, None], now.hbm_arrived, 0.0)
    close("memory banks", now.hbm_bank, stacks - now.hbm_used, stacks, f.step)
    line = now.vendor_line
    started = now.made / f.p["packaging_yield"]
    at_most("dies in packages", started * now.spec_dies[f.place[line]], now.dies_used, dies, f.step)
    at_most("memory in packages", started * now.spec_stacks[f.place[line]] / 1000.0, now.hbm_used, stacks, f.step)
    year, maker = 2020 + f.step // 4, now.line_node[1]
    ramp = f.p[f"cxmt_hbm_{min(year, 2028)}"] if year >= 2026 else 0.0 * f.p["cxmt_hbm_2026"]
    equipped = now.node_tools[maker] / f.p["memory_tool_cost"]
    close(
        "memory made at home",
        now.node_capacity[maker],
        np.minimum(ramp / f.p["memory_ramp_access"], equipped) / 4.0,
        step=f.step,
    )
    imports = now.law_hbm[f.arm, f.step] * f.p["hbm_import_cap"]
    bought = now.hbm_arrived[f.chinese].sum(axis=0)
    at_most("memory bought", bought, imports + was.node_stock[maker] + now.node_made[maker], step=f.step)
    at_most("memory imported", bought - now.node_used[maker], imports, bought, f.step)


def foundry(f):
    """Wafers within capacity become good dies by yield; tools wear and arrive; foreign foundries obey the law."""
    now, was, slot = f.now, f.was, f.step % RING
    share = (1.0 - f.p["phone_share"]) * f.p["wafer_ramp"]
    wafers = np.where(f.chinese[:, None], now.wafers, 0.0)
    capacity = now.node_tools[now.line_node[0]] * 3.0 / f.p["fab_cost"]
    close("7 nm-class capacity", now.node_capacity[now.line_node[0]], capacity, step=f.step)
    at_most("AI wafers", wafers.sum(axis=0), capacity * share, step=f.step)
    close("experience", now.experience, was.experience + wafers.sum(axis=0), step=f.step)
    for vendor in np.flatnonzero(f.chinese):
        line = now.vendor_line[vendor]
        area = now.spec_area[f.place[line]] / now.spec_dies[f.place[line]]
        good = 78.0 * 665.6 / area * now.yield_domestic ** (area / 665.6)
        ordered = np.where(f.on_sale[line], now.wafers[vendor] * good + now.foreign_wafers[vendor], 0.0)
        coming = was.dies_coming[vendor].sum(axis=0) - was.dies_coming[vendor, slot]
        close("dies on their way", now.dies_coming[vendor].sum(axis=0), coming + ordered, coming + ordered, f.step)
        if now.diverts[vendor] == 0.0:
            shut = table(f, "law_foundry")[line] == 0.0
            assert (now.foreign_wafers[vendor][shut & f.on_sale[line]] == 0.0).all(), "a closed foundry made dies"


LAWS = (
    signs, chips, generations, deliveries, sources, packaging, tiers, firms, tenants, vendors, matrix, owners, banks,
    foundry, tools, nodes, treasuries, answers,
)  # fmt: skip
"""Chips, inputs and cash; `budgets` and `promises` are asked for by name."""
