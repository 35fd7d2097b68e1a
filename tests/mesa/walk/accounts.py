"""Money changes hands (phase `settle`): the flow matrix and the payments that are no one agent's."""

from __future__ import annotations

from abm.vocabulary import (
    AI_CN,
    AI_OTHER,
    BROKERS,
    CHINESE_CHIPS,
    DUTY_AND_SHARE,
    FLOWS,
    GOV_US,
    GREY_CHIPS,
    INPUTS,
    NODES,
    OUTSIDE,
    RD_OPEX_HALLS,
    SECTORS,
    TAX_AND_BONDS,
    TOOLS,
    US_CHIPS,
    VENDOR_EQUITY,
    VENDORS_US,
)

THOUSAND = 1000.0


class Books:
    """The flow matrix of the quarter, and the cash of all supply nodes."""

    def __init__(self, model) -> None:
        self.model, self.p = model, model.p
        self.node_cash = 0.0
        self.cash_before = [0.0 for _ in SECTORS]
        self.flows = [[0.0 for _ in SECTORS] for _ in FLOWS]

    def move(self, flow: int, payer: int, payee: int, money: float) -> None:
        """One payment between sectors, USD bn."""
        row = self.flows[flow]
        row[payer] -= money
        row[payee] += money

    def settle(self, step: int) -> None:
        """Sales, duties, inputs, research and overhead, credit, owners."""
        self.open_accounts()
        for offer in self.model.offers:
            self.sell_chips(offer, step)
        self.pay_inputs()
        for vendor in self.model.vendors:
            vendor.pay_vendor_costs(self, step)
        self.model.firms.do("pay_firm", self)
        self.pay_nodes()
        # the US treasury keeps no cash
        self.move(TAX_AND_BONDS, GOV_US, OUTSIDE, self.flows[DUTY_AND_SHARE][GOV_US])

    def open_accounts(self) -> None:
        """Remember cash by sector and clear the matrix."""
        self.flows = [[0.0] * len(SECTORS) for _ in FLOWS]
        cash = [0.0] * len(SECTORS)
        for firm in self.model.firms:
            cash[firm.sector] += firm.cash
        for vendor in self.model.vendors:
            cash[vendor.sector] += vendor.cash
            vendor.revenue = vendor.revenue_china = vendor.profit = 0.0
        cash[NODES] = self.node_cash
        self.cash_before = cash

    def sell_chips(self, offer, step: int) -> None:
        """Chip sales, grey diversion at the list price, duty and revenue share split by pass-through."""
        vendor, move = offer.vendor, self.move
        if offer.grey:
            chips = offer.sold_china / THOUSAND
            listed, extra = chips * offer.price, chips * offer.price_china
            move(GREY_CHIPS, AI_CN, VENDORS_US, listed)
            move(GREY_CHIPS, AI_CN, BROKERS, extra - listed)
            move(VENDOR_EQUITY, BROKERS, OUTSIDE, extra - listed)
            vendor.revenue += listed
            return
        seller = vendor.sector
        flow = US_CHIPS if seller == VENDORS_US else CHINESE_CHIPS
        china = offer.sold_china * offer.price_china / THOUSAND
        abroad = offer.sold_abroad * offer.price / THOUSAND
        move(flow, AI_CN, seller, china)
        move(flow, AI_OTHER, seller, abroad)
        vendor.revenue += china + abroad
        vendor.revenue_china += china
        passed = offer.sold_china * max(0.0, offer.paying[0] - offer.price_china) / THOUSAND
        borne = china * offer.levy(self.model.law, step) - passed
        move(DUTY_AND_SHARE, AI_CN, GOV_US, passed)
        move(DUTY_AND_SHARE, seller, GOV_US, borne)
        vendor.profit -= borne
        vendor.cash -= borne

    def pay_inputs(self) -> None:
        """US vendors pay the inputs of what they sold or scrapped; Chinese designers what they bought."""
        for offer in self.model.offers:
            vendor = offer.vendor
            if vendor.sector == VENDORS_US or offer is not vendor.line:
                units = offer.sold_china + offer.sold_abroad + offer.scrapped
                vendor.input_cost += units * offer.unit_cost / THOUSAND
        for vendor in self.model.vendors:
            bill = vendor.input_cost
            self.move(INPUTS, vendor.sector, NODES, bill)
            vendor.cash += vendor.revenue - bill
            vendor.profit += vendor.revenue - bill

    def pay_nodes(self) -> None:
        """Supply nodes: sales of inputs, running cost, tools, owners."""
        sales, tools = 0.0, self.model.foundry.tool_orders
        for vendor in self.model.vendors:
            sales += vendor.input_cost
            vendor.billed, vendor.input_cost = vendor.input_cost, 0.0
        cost = self.p.node_cost_share * sales
        self.move(RD_OPEX_HALLS, NODES, OUTSIDE, cost)
        self.move(TOOLS, NODES, OUTSIDE, tools)
        cash = self.node_cash + sales - cost - tools
        profit = max(0.0, sales - cost - tools)
        paid = cash if cash < 0.0 else min(cash, self.p.payout_share * profit)
        self.move(VENDOR_EQUITY, NODES, OUTSIDE, paid)
        self.node_cash = cash - paid
