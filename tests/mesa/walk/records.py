"""What a statistician would have seen (phase `observe`): a dict of series for each quarter, a tuple for each firm."""

from __future__ import annotations

from abm.rules.numbers import LOWEST
from abm.vocabulary import (
    BROKERS,
    CANN,
    CN,
    COMPLIANCE,
    DUTY_AND_SHARE,
    EFFICIENCY,
    ETCH_DEP,
    FRONTIER,
    FULL_STACK,
    GOV_US,
    GREY_CHIPS,
    LOW_TIER,
    PORTING,
    PRIVATE,
    QUARTERS,
    ROW,
    SERVE,
    STATE,
    STOCK,
    TOOLS_CN,
    TOOLS_NL,
    TRAIN,
    US,
)

from .services import top_mean

TINY = 1e-12
THOUSAND = 1000.0
HALF = 0.5
NVIDIA, AMD, HUAWEI = 0, 1, 3
NVIDIA_A, NVIDIA_B, AMD_COMPLIANCE = 1, 2, 4


class Records:
    """Series of the run so far: `series[step][name]` and `by_firm[step][firm]`."""

    def __init__(self, model) -> None:
        self.model, self.p = model, model.p
        self.series: list[dict[str, float]] = []
        self.by_firm: list[list[tuple[float, ...]]] = []

    def observe(self, step: int) -> None:
        """Record every series of the quarter."""
        row: dict[str, float] = {}
        self.observe_market(row)
        self.observe_sales(row, step)
        self.observe_lines(row, step)
        self.observe_vendors(row)
        self.observe_firms(row)
        self.observe_chinese_firms(row)
        self.observe_china_chain(row)
        self.observe_tools(row)
        self.observe_rules(row)
        self.observe_states(row)
        self.observe_politics(row)
        self.series.append(row)
        self.by_firm.append([record_firm(firm) for firm in self.model.firms])

    def observe_market(self, row) -> None:
        """Chips bought in China by origin, in useful compute and value, and how far blocs buy their own."""
        domestic_value = value_cn = abroad = domestic_compute = bought = 0.0
        for offer in self.model.offers:
            money = offer.sold_china * offer.paying[0] / THOUSAND
            if not offer.let:
                value_cn += money
            if offer.home:
                domestic_value += money
            if not offer.grey:  # seized chips have no buyer abroad
                abroad += offer.sold_abroad * offer.paying[1] / THOUSAND
            for line in offer.customers:
                stored = HALF * line.delivered[STOCK]
                for workload in (TRAIN, SERVE):
                    chips = line.delivered[workload] + stored
                    if offer.let:  # a quarter of rent counts as the part of a chip that it pays for
                        chips *= 1.0 / self.p.depreciation_life
                    if chips:
                        compute = chips * offer.performance[workload] * line.used[workload]
                        bought += compute
                        if offer.home:
                            domestic_compute += compute
        self.model.market.self_reliance = domestic_compute / (bought + TINY)
        total = value_cn + abroad + TINY
        chinese, made_home = value_cn / total, domestic_value / total
        own = made_home + abroad / total
        expected = chinese * made_home + (1.0 - chinese) * (1.0 - made_home)
        row["domestic_compute_bought"], row["compute_bought_cn"] = domestic_compute, bought
        row["domestic_value"], row["value_cn"], row["value_abroad"] = domestic_value, value_cn, abroad
        row["assortativity"] = (own - expected) / max(TINY, 1.0 - expected)

    def observe_sales(self, row, step: int) -> None:
        """NVIDIA's and others' deliveries in chips, accounting units and dollars."""
        units = early = h100e = money = abroad = cards = low = 0.0
        for offer in self.model.offers:
            sold = offer.sold_china
            if offer.vendor.index == NVIDIA and offer.kind in (FRONTIER, COMPLIANCE):
                units += sold
                early += sold * self.first_month(offer, step)
                h100e += sold * offer.accounting
                money += sold * offer.price_china / THOUSAND
                abroad += offer.sold_abroad * offer.accounting
            if offer.home:
                cards += sold
            elif offer.kind == LOW_TIER:
                low += sold
            if offer.grey:
                row["smuggled_chips"] = sold
            elif offer.let:
                self.observe_rental(row, offer)
        row["seized_chips"] = self.model.market.seized
        row["broker_rent"] = self.model.books.flows[GREY_CHIPS][BROKERS]
        row["nvidia_china_units"], row["nvidia_china_h100e"] = units, h100e
        row["nvidia_china_first_month"] = early / max(TINY, units) if units > 0.0 else 1.0 / 3.0
        row["nvidia_china_flagship"], row["nvidia_abroad_h100e"] = money, abroad
        row["us_low_tier_cards"] = low + self.p.low_tier_us
        row["domestic_cards"] = cards + self.p.low_tier_cn

    def first_month(self, offer, step: int) -> float:
        """Part of a quarter's sales in its first month: a rule leaves the days before it, or those after it."""
        month = 1.0 / 3.0
        if offer.design is None:
            return month
        if offer.opening < 1.0:
            return 1.0 / 9.0
        days = [self.model.law.open[min(max(t, 0), QUARTERS - 1)][offer.design.index][PRIVATE]
                for t in (step - 1, step, step + 1)]  # fmt: skip
        if 0.0 < days[1] < 1.0 and days[2] < days[1]:
            return min(1.0, month / days[1])
        if 0.0 < days[1] < 1.0 and days[0] < days[1]:
            return max(0.0, month - (1.0 - days[1])) / days[1]
        return month

    def observe_rental(self, row, offer) -> None:
        """Compute rented abroad: chips, rent, and what hosts would pay for chips that came on top and wore out."""
        chips = offer.sold_china
        before = self.series[-1]["offshore_chips"] if self.series else 0.0
        bought = max(0.0, chips - (1.0 - self.p.attrition) * before)
        row["offshore_chips"], row["offshore_spending"] = chips, chips * offer.price_china / THOUSAND
        row["offshore_flow"] = bought * self.model.offers[0].price / THOUSAND

    def observe_lines(self, row, step: int) -> None:
        """Lines on sale, their prices, and how far frontier orders were filled."""
        offers = self.model.offers
        frontier, line_a, line_b = offers[0], offers[NVIDIA_A], offers[NVIDIA_B]
        filled = (frontier.sold_china + frontier.sold_abroad) / max(TINY, frontier.asked)
        row["nvidia_china_residual"] = self.model.chance.residual * self.model.residual_path[step]
        row["grey_premium"] = self.model.market.grey_premium
        row["fill_us_frontier"] = min(1.0, filled)
        row["price_frontier"] = frontier.price
        row["price_compliance_a"], row["price_compliance_b"] = line_a.price_china, line_b.price_china
        row["design_frontier"] = place(frontier)
        row["design_compliance_a"], row["design_compliance_b"] = place(line_a), place(line_b)
        row["design_amd"] = place(offers[AMD_COMPLIANCE])

    def observe_vendors(self, row) -> None:
        """Revenue, profit and research of vendors."""
        revenue = china = profit = spent = chinese = earned = 0.0
        vendors = self.model.vendors
        for one in vendors:
            if one.merchant:
                revenue += one.revenue
                china += one.revenue_china
                profit += one.profit
                spent += one.rd
            if not one.american:
                chinese += one.revenue
                earned += one.profit
        row["us_vendor_revenue"], row["us_vendor_revenue_china"] = revenue, china
        row["us_vendor_profit"], row["us_vendor_rd"], row["vendor_cn_revenue"] = profit, spent, chinese
        row["vendor_cn_profit"] = earned
        row["nvidia_revenue"], row["amd_revenue"] = vendors[NVIDIA].revenue, vendors[AMD].revenue
        row["duty"] = self.model.books.flows[DUTY_AND_SHARE][GOV_US]
        row["us_frontier"] = self.model.regulator.best_lines[TRAIN]

    def observe_firms(self, row) -> None:
        """Capability, compute and money of AI firms, by bloc."""
        model = self.model
        row["compute_world"] = total(model.firms, "training")
        row["exited_firms"] = total(model.firms, "exited")
        row["tencent_spending"] = model.watched.spent - model.watched.rented()
        for bloc, code in ((CN, "cn"), (US, "us")):
            members = model.blocs[bloc]
            row[f"capability_{code}"] = top_mean([firm.capability for firm in members])
            row[f"algorithm_{code}"] = max(
                LOWEST, *(firm.algorithm[TRAIN] for firm in members if firm.capability > 0.0)
            )
            row[f"compute_{code}"] = total(members, "training")
            row[f"research_{code}"] = total(members, "research_money")
            row[f"revenue_{code}"] = total(members, "revenue")
            row[f"surplus_{code}"] = surplus(members)
        others = 0.0
        for firm in model.blocs[ROW]:
            others += firm.revenue + firm.rent
        row["revenue_row"] = others

    def observe_chinese_firms(self, row) -> None:
        """Money, stocks, and plan-weighted means of beliefs and strategies of Chinese firms."""
        members = self.model.blocs[CN]
        row["budget_cn"], row["unspent_cn"] = total(members, "budget"), total(members, "unspent")
        row["stock_orders_cn"] = total(members, "stock_money")
        hazard = efficiency = porting = full_stack = cann = served = backlog = warehouse = ideas = 0.0
        trained = top_mean([firm.trained for firm in members])
        row["distilled_cn"] = row["capability_cn"] - trained
        for firm in members:
            share, mix = firm.plan_now, firm.mix
            hazard += share * firm.hazard
            efficiency += share * mix[EFFICIENCY]
            porting += share * mix[PORTING]
            full_stack += share * mix[FULL_STACK]
            cann += share * firm.porting[CANN]
            served += share * firm.served
            ideas += share * firm.ideas
            for line in firm.every:
                backlog += line.backlog
                warehouse += line.warehouse
        row["hazard_cn"], row["porting_cann"], row["served_cn"] = hazard, cann, served
        row["mix_efficiency_cn"], row["mix_porting_cn"], row["mix_full_stack_cn"] = efficiency, porting, full_stack
        row["backlog_cn"], row["warehouse_cn"], row["ideas_cn"] = backlog, warehouse, ideas

    def observe_china_chain(self, row) -> None:
        """China's foundry, banks and output."""
        model, designers = self.model, self.model.designers
        performance = 0.0
        for one in designers:
            performance += one.made * one.line.performance[TRAIN]
        row["domestic_packages"], row["domestic_output"] = total(designers, "made"), performance
        row["ascend_packages"] = model.vendors[HUAWEI].made
        row["ai_wafers"] = total(designers, "wafers")
        row["die_bank"], row["hbm_bank"] = total(designers, "die_bank"), total(designers, "hbm_bank")
        row["hbm_imports"] = total(designers, "hbm_arrived")
        row["advanced_wafers"], row["yield_domestic"] = model.foundry.capacity, model.foundry.yield_domestic

    def observe_tools(self, row) -> None:
        """Tools for Chinese lines by country of the maker, their banks, own memory, chips cut down."""
        model, bought = self.model, [0.0, 0.0, 0.0, 0.0]
        etch = etch_home = banked = cut_down = made = 0.0
        for line in model.lines:
            etch_home += line.tools_sold[TOOLS_CN][ETCH_DEP]
            for maker, classes in enumerate(line.tools_sold):
                etch += classes[ETCH_DEP]
                for sold in classes:
                    bought[maker] += sold
            for held in line.tool_bank:
                banked += held
        for one in model.designers:
            made += one.made
            if one.line.cut_down:
                cut_down += one.made
        us, dutch, japan, home = bought
        row["tools_from_us"], row["tools_from_nl"], row["tools_from_jp"], row["tools_from_cn"] = bought
        row["tool_access"], row["tool_share_domestic"] = model.foundry.tool_access, etch_home / max(TINY, etch)
        row["tool_spending"], row["toolmaker_sales"] = us + dutch + japan + home, us + dutch + japan
        row["tool_bank"], row["home_memory"] = banked, model.memory_maker.capacity
        row["cut_down_share"] = cut_down / max(TINY, made)

    def observe_rules(self, row) -> None:
        """Stringency and the state of world supply."""
        regulator, node = self.model.regulator, self.model.packaging
        row["stringency"], row["stringency_known"] = regulator.stringency, regulator.stringency_known
        row["signal"] = regulator.signal
        row["world_capacity"], row["world_sold"] = node.capacity(), node.world_sold
        row["world_stock"] = node.world_stock

    def observe_states(self, row) -> None:
        """What states see, set and pay."""
        states = self.model.states
        row["readiness"], row["subsidy"], row["counter_control"] = (
            states.readiness, states.subsidy_paid, states.counter_control,
        )  # fmt: skip
        row["mandate_state"], row["mandate_private"] = states.mandate[STATE], states.mandate[PRIVATE]
        row["gate_state"], row["gate_private"] = states.gate[STATE], states.gate[PRIVATE]
        row["mobilised_cn"], row["mobilised_us"] = states.mobilised[CN], states.mobilised[US]

    def observe_politics(self, row) -> None:
        """What governments decided, and what they saw when they did."""
        us, allies = self.model.regulator.washington, self.model.regulator.allies
        row["us_review"], row["us_decision"], row["us_notice"] = us.review, us.review * us.step, us.wait
        row["us_threshold_ratio"], row["us_tier_shift"] = min(1.0, us.ratio) if us.start > 0.0 else 0.0, us.shift
        row["us_lead_seen"], row["us_evasion_seen"], row["us_lost_seen"] = us.lead_seen, us.evasion, us.lost
        row["us_score"], row["alignment_nl"], row["alignment_jp"] = us.score, *allies.alignment[TOOLS_NL:]


def total(agents, name: str) -> float:
    """Sum over agents from left to right, as the engine adds (the built-in `sum` compensates rounding)."""
    value = 0.0
    for one in agents:
        value += getattr(one, name)
    return value


def surplus(members) -> float:
    """Budgets times the worth of all offers, training and serving by their money."""
    value = 0.0
    for one in members:
        train = one.training_share
        value += one.budget * (train * one.inclusive[TRAIN] + (1.0 - train) * one.inclusive[SERVE])
    return value


def place(offer) -> float:
    """Index of the design on sale, -1 for none."""
    return -1.0 if offer.design is None else float(offer.design.index)


def record_firm(firm) -> tuple[float, ...]:
    """Series by firm, in the order of `abm.series.FIRM_SERIES`."""
    fill = firm.spent / (firm.budget + TINY)
    return firm.spent, firm.training, firm.capability, firm.mix[EFFICIENCY], firm.mix[PORTING], fill
