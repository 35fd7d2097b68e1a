"""Who is paid for which input, tool, software and material (settlement of supply nodes)."""

from __future__ import annotations

from abm.rules.industrial_policy import minerals_moved
from abm.rules.supply_node import software_part
from abm.vocabulary import (
    DESIGN,
    FOUNDRY_CN,
    FOUNDRY_WORLD,
    INPUTS,
    MATERIALS,
    MEMORY_CN,
    MEMORY_WORLD,
    NODES,
    OUTSIDE,
    PACKAGING_CN,
    PACKAGING_WORLD,
    RD_OPEX_HALLS,
    ROLES,
    TOOLS_CN,
)

THOUSAND = 1000.0


class NodeBooks:
    """Splits the bills of vendors and fabs among supply nodes."""

    def __init__(self, model) -> None:
        self.model, self.p = model, model.p
        self.doing = [[one for one in model.nodes if one.role == role] for role in range(len(ROLES))]
        self.makers = [one for one in model.nodes if one.role <= TOOLS_CN]
        self.home_software = 0.0
        for one in self.doing[DESIGN]:
            self.home_software += one.chinese * one.share

    def pay_nodes(self, books, step: int) -> None:
        """Sales by what customers used, running cost, tools, interest, owners."""
        for node in self.model.nodes:
            node.sales = 0.0
        for vendor in self.model.vendors:
            if vendor.american > 0.0:
                self.sell_to_american(vendor)
            else:
                self.sell_to_chinese(vendor)
            self.sell_software(books, vendor, step)
            vendor.billed, vendor.input_cost = vendor.input_cost, 0.0
        self.sell_to_phones(books)
        for maker in self.makers:
            maker.sell_tools()
        self.sell_materials()
        for line in self.model.lines:
            line.cash += line.tool_grant
        for node in self.model.nodes:
            node.close_books(books)

    def sell(self, role: int, money: float) -> None:
        """Sales of a role, each node its share."""
        for node in self.doing[role]:
            node.sales += node.share * money

    def sell_to_american(self, vendor) -> None:
        """A US vendor's bill: memory and packaging at their prices, the rest for wafers."""
        stacks = packages = 0.0
        for offer in self.model.offers:
            if offer.vendor is vendor and offer.design is not None and not offer.let:
                chips = offer.sold_china + offer.sold_abroad + offer.scrapped
                stacks += chips * offer.design.stacks / THOUSAND
                if offer.on_pool:
                    packages += chips * offer.packaging
        bill = vendor.input_cost
        memory = min(bill, stacks * self.p.hbm_price)
        packing = min(bill - memory, packages * self.p.packaging_cost / THOUSAND)
        self.sell(MEMORY_WORLD, memory)
        self.sell(PACKAGING_WORLD, packing)
        self.sell(FOUNDRY_WORLD, bill - memory - packing)

    def sell_to_chinese(self, vendor) -> None:
        """A Chinese designer's bill: own wafers, memory of both origins, packaging, the rest for foreign foundries."""
        p, bill = self.p, vendor.input_cost
        wafers = min(bill, vendor.wafers * p.wafer_price / THOUSAND)
        memory = min(bill - wafers, vendor.hbm_arrived * p.hbm_price)
        packing = min(bill - wafers - memory, vendor.made / p.packaging_yield * p.packaging_cost / THOUSAND)
        imported = memory * self.model.memory_maker.stacks_foreign
        self.sell(FOUNDRY_CN, wafers)
        self.sell(MEMORY_WORLD, imported)
        self.sell(MEMORY_CN, memory - imported)
        self.sell(PACKAGING_CN, packing)
        self.sell(FOUNDRY_WORLD, bill - wafers - memory - packing)

    def sell_software(self, books, vendor, step: int) -> None:
        """Design software, a part of R&D; what US makers may not sell to China, Chinese ones do."""
        money = self.p.design_cost_share * vendor.rd
        barred = 0.0 if vendor.american > 0.0 else self.model.law.software_denied(step)
        for node in self.doing[DESIGN]:
            node.sales += software_part(node.share, node.chinese, self.home_software, barred) * money
        books.move(RD_OPEX_HALLS, OUTSIDE, NODES, money)

    def sell_to_phones(self, books) -> None:
        """Phones take their part of the foundry's wafers at the same price."""
        p, foundry = self.p, self.model.foundry
        money = foundry.capacity * p.phone_share * p.wafer_price / THOUSAND
        foundry.sales += money
        books.move(INPUTS, OUTSIDE, NODES, money)

    def sell_materials(self) -> None:
        """Materials: a part of running cost; what China's makers withhold from nodes abroad, others sell."""
        money = 0.0
        for node in self.model.nodes:
            money += node.materials_cost()
        self.sell(MATERIALS, money)
        home = abroad = 0.0
        for one in self.doing[MATERIALS]:
            home += one.chinese * one.share
        for node in self.model.nodes:
            abroad += (1.0 - node.chinese) * node.materials_cost()
        withheld = self.model.states.counter_control
        for one in self.doing[MATERIALS]:
            one.sales += minerals_moved(one.share, one.chinese, home, withheld) * abroad
