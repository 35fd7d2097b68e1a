"""China's own chain: a foundry that turns tools into wafers, and the designers that share them (phase `produce`)."""

from __future__ import annotations

import mesa

from abm.rules.ai_firm import cutoff_hazard, stock_cover
from abm.rules.chip_vendor import (
    bank_need,
    catch_up,
    complements,
    defect_density,
    die_yield,
    packages,
    tool_class_access,
    worn_tools,
)
from abm.rules.numbers import clip, exp, log
from abm.vocabulary import ETCH_DEP, LITHO, METROLOGY, RING, TRAIN, VENDORS_CN

from .vendor import ChipVendor

MONTHS = 3.0
REFERENCE_AREA = 665.6
REFERENCE_DIES = 78.0
DATA_YEAR = 16
TINY = 1e-9


class ChineseDesigner(ChipVendor):
    """A Chinese vendor: follows the frontier, banks dies and memory, buys wafers at home and abroad."""

    sector = VENDORS_CN

    def __init__(self, model, index: int, name: str) -> None:
        super().__init__(model, index, name)
        p = model.p
        self.american = 0.0
        self.hazard = 0.0
        self.dies_coming = [0.0] * RING
        self.die_bank = self.dies_before = self.dies_used = self.dies_arrived = 0.0
        self.hbm_bank = self.hbm_before = self.hbm_used = self.hbm_arrived = 0.0
        self.wafers = self.foreign_wafers = 0.0
        self.plan = self.good = self.asked = 0.0
        self.usual_growth = exp(p.expected_growth)
        self.growth_to_arrival = exp(p.expected_growth * p.fab_lag)

    def plan_growth(self) -> float:
        """Growth of a follower's designs: part of the distance to what its node can reach."""
        leader, mine = self.model.offers[0].performance[TRAIN], self.line.performance[TRAIN]
        return catch_up(self.p.catch_up_rate, log(leader / (mine + TINY) + TINY), self.p.node_gap)

    def by_revenue(self) -> bool:
        """The switch concerns US vendors: Chinese designers keep their own research."""
        return True

    def expect(self) -> None:
        """Rules on tools and memory move the fears of designers; else they fade."""
        p, regulator = self.p, self.model.regulator
        self.hazard = cutoff_hazard(
            self.hazard, regulator.inputs_cut, regulator.inputs_signal, p.signal_weight, p.hazard_step, p.hazard_decay,
            p.hazard_floor_huawei if self.diverts > 0.0 else p.hazard_floor,
        )  # fmt: skip

    def collect_dies(self, slot: int) -> None:
        """Dies whose time in the fab is over go into the bank."""
        self.dies_before, self.hbm_before = self.die_bank, self.hbm_bank
        self.dies_used = self.hbm_used = self.made = 0.0
        self.dies_arrived = self.dies_coming[slot]
        self.dies_coming[slot] = 0.0
        self.die_bank += self.dies_arrived

    def wanted_packages(self) -> float:
        """Packages to finish: orders grown by the usual pace less unsold stock."""
        return max(0.0, self.orders_smooth * self.usual_growth - self.line.stock)

    def cover(self) -> float:
        """Quarters of need kept in die and memory banks."""
        p = self.p
        held = stock_cover(self.hazard, p.hazard_floor, p.shortage_to_holding, p.max_cover)
        return held * self.model.on.stockpiling

    def planned_need(self) -> float:
        """Chips a quarter that the banks are meant for."""
        market = self.model.market
        share = self.orders_smooth / max(TINY, market.home_orders)
        return bank_need(self.orders_smooth, self.hazard, market.us_units_china, share)

    def memory_wanted(self) -> float:
        """Million stacks to add to the bank."""
        design = self.line.design
        if design is None:
            return 0.0
        each = design.stacks / 1000.0 / self.p.packaging_yield
        need = max(self.orders_smooth, self.plan)
        banked = self.cover() * self.planned_need()
        return max(0.0, (need + banked) * each - self.hbm_bank)

    def package_chips(self, share: float) -> None:
        """Dies and memory become packages, some are lost; `share` of what is wanted fits packaging capacity."""
        design, good = self.line.design, self.p.packaging_yield
        if design is None:
            return
        wanted = self.plan / good
        dies, stacks = design.dies, design.stacks / 1000.0
        started = packages(self.die_bank, dies, self.hbm_bank, stacks, share * wanted, wanted)
        self.dies_used = min(self.die_bank, started * dies)
        self.hbm_used = min(self.hbm_bank, started * stacks)
        self.die_bank -= self.dies_used
        self.hbm_bank -= self.hbm_used
        self.made = started * good

    def dies_wanted(self, design) -> float:
        """Thousand good dies to order now: the plan for the time of arrival plus the bank, less what is there."""
        each = design.dies / self.p.packaging_yield
        need = self.orders_smooth * self.growth_to_arrival * each
        coming = self.die_bank
        for dies in self.dies_coming:
            coming += dies
        banked = self.cover() * self.planned_need() * each
        return max(0.0, need * (1.0 + self.p.fab_lag) + banked - coming)

    def wafers_wanted(self, design, density: float) -> float:
        """Thousand wafers asked of the domestic foundry, after what foreign foundries make."""
        area = design.area / design.dies
        self.good = REFERENCE_DIES * REFERENCE_AREA / area * die_yield(density, area)
        return self.dies_wanted(design) / max(TINY, self.good)

    def order_abroad(self, design, law, step: int) -> float:
        """Thousand good dies from foreign foundries, openly while the law lets them, else through intermediaries."""
        wanted = self.dies_wanted(design) * (1.0 - self.hazard)
        openly = wanted * law.foundry[step][design.index]
        hidden = min(self.p.diverted_dies * law.diversion[step], wanted - openly)
        return openly + self.diverts * max(0.0, hidden)

    def set_cost(self, design) -> None:
        """Unit cost by what a package consumes, and the bill of the quarter's inputs."""
        p = self.p
        wafer, memory, packing, passed = p.wafer_price, p.hbm_price, p.packaging_cost, p.packaging_yield
        die = wafer / max(1.0, self.good)
        self.line.unit_cost = clip((design.dies * die + design.stacks * memory + packing) / passed, 0.1, 50.0)
        bought = self.wafers * wafer / 1000.0
        bought += self.foreign_wafers * die / 1000.0
        bought += self.hbm_arrived * memory
        bought += self.made / passed * packing / 1000.0
        self.input_cost = bought


class Foundry(mesa.Agent):
    """Supply node: China's 7 nm-class foundry, with the memory and packaging that its customers share."""

    def __init__(self, model, world) -> None:
        super().__init__(model)
        self.p = model.p
        self.plan = world.foundry_plan.tolist()
        names = ("us", "nl", "jp", "home")
        self.tool_share = list(zip(*(getattr(world, f"tool_share_{name}").tolist() for name in names), strict=True))
        self.tool_weight = world.tool_weight.tolist()
        self.tool_stock, self.tools_coming = 0.0, [0.0] * RING
        self.tool_orders = self.tool_access = self.tool_home = self.tool_home_all = 0.0
        self.advanced_wafers = self.experience = self.experience_reference = self.yield_domestic = 0.0
        self.density = 0.0

    def produce_china(self, step: int) -> None:
        """Tools, wafers, memory and packaging of the Chinese chain, in that order."""
        law, designers = self.model.law, self.model.designers
        self.buy_tools(law, step)
        for one in designers:
            one.collect_dies(step % RING)
        self.buy_memory(law, step, designers)
        self.package_chips(step, designers)
        self.start_wafers(law, step, designers)

    def buy_tools(self, law, step: int) -> None:
        """Tools for planned growth and for wear; what sellers' rules deny is not made up later."""
        p, plan, slot, lag = self.p, self.plan, step % RING, int(self.p.capacity_lag)
        kept = worn_tools(self.tool_stock, p.tool_wear, p.service_wear, law.service[step])
        self.tool_stock = kept + self.tools_coming[slot]
        self.tools_coming[slot] = 0.0
        due = min(step + lag, len(plan) - 1)
        planned = plan[due] - plan[due - 1] if step > 0 else plan[due]
        wanted = planned * p.smic_wafers_2024 * p.fab_cost + p.tool_wear * self.tool_stock
        self.tool_access = self.find_access(law.tools[step], exp(p.domestic_tool_growth * step))
        self.tool_orders = wanted * self.tool_access
        self.tools_coming[(step + lag) % RING] += self.tool_orders
        self.advanced_wafers = MONTHS * self.tool_stock / p.fab_cost

    def find_access(self, denial, home: float) -> float:
        """Share of a line's tools that can be had: classes are complements, sellers substitutes (`tool_access`)."""
        weight, had, made_home = self.tool_weight, [], 0.0
        for tool, (us, nl, jp, domestic) in enumerate(self.tool_share):
            access = tool_class_access(
                1.0, denial[0][tool], us, denial[1][tool], nl, denial[2][tool], jp, domestic * home
            )
            own = min(1.0, domestic * home) / max(TINY, access)
            made_home += weight[tool] * own
            if tool == ETCH_DEP:
                self.tool_home = own
            had.append(access)
        self.tool_home_all = made_home
        return complements(
            had[LITHO], had[ETCH_DEP], had[METROLOGY], weight[LITHO], weight[ETCH_DEP], self.p.tool_substitution
        )

    def buy_memory(self, law, step: int, designers) -> None:
        """Designers buy HBM for their plans and banks: legal imports and China's own output, pro rata."""
        asked = 0.0
        for one in designers:
            one.plan = one.wanted_packages()
            one.asked = one.memory_wanted()
            asked += one.asked
        supply = law.hbm[step] * self.p.hbm_import_cap + self.home_memory(step)
        share = min(1.0, supply / max(TINY, asked))
        for one in designers:
            one.hbm_arrived = share * one.asked
            one.hbm_bank += one.hbm_arrived

    def home_memory(self, step: int) -> float:
        """Million stacks a quarter that China's own memory maker delivers."""
        p, year = self.p, 2020 + step // 4
        ramp = {2026: p.cxmt_hbm_2026, 2027: p.cxmt_hbm_2027}
        return (p.cxmt_hbm_2028 if year >= 2028 else ramp.get(year, 0.0)) / 4.0

    def package_chips(self, step: int, designers) -> None:
        """Packaging capacity, pro rata."""
        p = self.p
        capacity = p.domestic_packaging_2024 * exp(p.domestic_packaging_growth * (step - DATA_YEAR))
        asked = 0.0
        for one in designers:
            asked += one.plan
        share = min(1.0, capacity / max(TINY, asked / p.packaging_yield))
        for one in designers:
            one.package_chips(share)

    def start_wafers(self, law, step: int, designers) -> None:
        """Foreign foundries make what the law lets them; the rest goes to the domestic foundry, pro rata."""
        p, slot = self.p, (step + int(self.p.fab_lag)) % RING
        learned = self.experience if self.model.on.learning_by_doing > 0.0 else self.experience_reference
        density = defect_density(p.yield_2024, REFERENCE_AREA, learned, self.experience_reference, p.learning_rate)
        density *= self.model.chance.yield_luck
        self.yield_domestic = die_yield(density, REFERENCE_AREA)
        capacity = self.advanced_wafers * ((1.0 - p.phone_share) * p.wafer_ramp)
        active = [one for one in designers if one.line.design is not None]
        asked = 0.0
        for one in active:
            design = one.line.design
            one.foreign_wafers = one.order_abroad(design, law, step)
            one.dies_coming[slot] += one.foreign_wafers
            one.asked = one.wafers_wanted(design, density)
            asked += one.asked
        share = min(1.0, capacity / max(TINY, asked))
        started = 0.0
        for one in active:
            one.wafers = share * one.asked
            started += one.wafers
            one.dies_coming[slot] += one.wafers * one.good
            one.set_cost(one.line.design)
        self.experience += started
