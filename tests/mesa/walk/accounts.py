"""Money changes hands (phase `settle`): the flow matrix and the payments that are no one agent's."""

from __future__ import annotations

from abm.vocabulary import (
    AI_CN,
    AI_OTHER,
    BROKERS,
    CHINESE_CHIPS,
    DUTY_AND_SHARE,
    FLOWS,
    GOV_CN,
    GOV_US,
    GREY_CHIPS,
    INPUTS,
    NODES,
    OFFSHORE_RENTAL,
    OUTSIDE,
    SECTORS,
    SUBSIDY,
    TAX_AND_BONDS,
    US_CHIPS,
    VENDOR_EQUITY,
    VENDORS_US,
)

from .node_books import NodeBooks

THOUSAND = 1000.0
TINY = 1e-12


class Books:
    """The flow matrix of the quarter."""

    def __init__(self, model) -> None:
        self.model, self.p = model, model.p
        self.node_books = NodeBooks(model)
        self.cash_before = [0.0 for _ in SECTORS]
        self.paid_part = 0.0
        self.flows = [[0.0 for _ in SECTORS] for _ in FLOWS]

    def move(self, flow: int, payer: int, payee: int, money: float) -> None:
        """One payment between sectors, USD bn."""
        row = self.flows[flow]
        row[payer] -= money
        row[payee] += money

    def settle(self, step: int) -> None:
        """Sales, duties, inputs, research and overhead, credit, owners."""
        self.open_accounts()
        self.share_support()
        for offer in self.model.offers:
            self.sell_chips(offer, step)
        self.pay_inputs()
        for vendor in self.model.vendors:
            vendor.pay_vendor_costs(self, step)
        self.model.rental.pay_hosts()
        self.model.firms.do("pay_firm", self, step)
        self.node_books.pay_nodes(self, step)
        self.pay_grants(step)
        american = chinese = 0.0
        for row in self.flows:
            american += row[GOV_US]
            chinese += row[GOV_CN]
        self.move(TAX_AND_BONDS, GOV_US, OUTSIDE, american)  # treasuries keep no cash
        self.move(TAX_AND_BONDS, GOV_CN, OUTSIDE, chinese)

    def share_support(self) -> None:
        """Part of the price support on sale that the state pays: no more than it set aside."""
        states, less = self.model.states, 0.0
        for offer in self.model.offers:
            less += self.supported_part(offer)
        money = max(0.0, states.subsidy - states.granted_tools())
        self.paid_part = min(1.0, money / max(TINY, less))

    def supported_part(self, offer) -> float:
        """What buyers in China do not pay of a Chinese line's price."""
        if not offer.home:
            return 0.0
        return self.model.states.price_support * (offer.sold_china * offer.price_china / THOUSAND)

    def pay_grants(self, step: int) -> None:
        """Grants for tools; China's dated funds pay fabs in the place of other owners."""
        states, fund = self.model.states, self.model.law.subsidy[step]
        tools = states.granted_tools()
        states.subsidy_paid = tools - self.flows[SUBSIDY][GOV_CN]
        states.subsidy_total += states.subsidy_paid
        self.move(SUBSIDY, GOV_CN, NODES, tools + fund)
        self.move(VENDOR_EQUITY, NODES, OUTSIDE, fund)

    def open_accounts(self) -> None:
        """Remember cash by sector and clear the matrix."""
        self.flows = [[0.0] * len(SECTORS) for _ in FLOWS]
        cash = [0.0] * len(SECTORS)
        for firm in self.model.firms:
            cash[firm.sector] += firm.cash
        for vendor in self.model.vendors:
            cash[vendor.sector] += vendor.cash
            vendor.revenue = vendor.revenue_china = vendor.profit = 0.0
        for node in self.model.nodes:
            cash[NODES] += node.cash
        self.cash_before = cash

    def sell_chips(self, offer, step: int) -> None:
        """Chip sales, grey diversion at the list price, duty and revenue share split by pass-through."""
        vendor, move = offer.vendor, self.move
        if offer.grey:
            chips = offer.sold_china / THOUSAND
            # brokers buy what they divert and sell what is not seized
            listed = (chips + offer.sold_abroad / THOUSAND) * offer.price
            extra = chips * offer.price_china
            move(GREY_CHIPS, AI_CN, VENDORS_US, listed)
            move(GREY_CHIPS, AI_CN, BROKERS, extra - listed)
            move(VENDOR_EQUITY, BROKERS, OUTSIDE, extra - listed)
            vendor.revenue += listed
            return
        if offer.let:
            move(OFFSHORE_RENTAL, AI_CN, AI_OTHER, offer.sold_china * offer.price_china / THOUSAND)
            return
        seller = vendor.sector
        flow = US_CHIPS if seller == VENDORS_US else CHINESE_CHIPS
        china = offer.sold_china * offer.price_china / THOUSAND
        abroad = offer.sold_abroad * offer.price / THOUSAND
        less = self.supported_part(offer)
        support = self.paid_part * less
        move(SUBSIDY, GOV_CN, seller, support)
        china -= less
        move(flow, AI_CN, seller, china)
        move(flow, AI_OTHER, seller, abroad)
        vendor.revenue += china + abroad + support
        vendor.revenue_china += china + support
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
