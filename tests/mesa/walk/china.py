"""China's own chain: designers share foundry, memory maker and packaging (phases `produce`, `redesign_home`)."""

from __future__ import annotations

import mesa

from abm.rules.ai_firm import cutoff_hazard, stock_cover
from abm.rules.chip_vendor import bank_need, catch_up, defect_density, die_yield, packages, yield_of_area
from abm.rules.chips import redesign_value
from abm.rules.numbers import clip, exp, log
from abm.vocabulary import PACKAGING_CN, RING, TRAIN, VENDORS_CN

from .vendor import ChipVendor

REFERENCE_AREA = 665.6
REFERENCE_DIES = 78.0
DATA_YEAR = 16
TINY = 1e-9
HALF = 0.5
PLENTY = 1e9


def dies_per_wafer(area: float) -> float:
    """Candidate dies on a wafer, in proportion to area."""
    return REFERENCE_DIES * REFERENCE_AREA / area


def home_cost(p, design, good: float) -> float:
    """Cost of one package made at home, thousand USD, from good dies per wafer."""
    die = p.wafer_price / max(1.0, good)
    return (design.dies * die + design.stacks * p.hbm_price + p.packaging_cost) / p.packaging_yield


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
        floor = p.hazard_floor_huawei if self.diverts > 0.0 else p.hazard_floor
        feared = cutoff_hazard(
            self.hazard, regulator.inputs_cut, regulator.inputs_signal, p.signal_weight, p.hazard_step, p.hazard_decay,
            floor,
        )  # fmt: skip
        self.hazard = feared if self.model.on.hazard > 0.0 else floor

    # --- redesign_home

    def redesign_at_home(self, step: int) -> None:
        """Think again when the access of own chips to foreign foundries moves."""
        line, model = self.line, self.model
        thinks = model.law.foundry_news[step][self.index] > 0.0 and line.design is not None
        if thinks and model.on.redesign > 0.0 and line.redesign_wait == 0.0:
            best = self.choose_design(line.roadmap[line.generation], step)
            if best is not line.design:
                line.target = best
                line.redesign_wait = 1.0 if best.fuse > 0.0 else self.p.redesign_lag

    def choose_design(self, full, step: int):
        """The road map's chip while foreign foundries may make it, else what promises most: cut down, or home-made."""
        law = self.model.law
        if law.foundry_announced[step][full.index] >= HALF:
            return full
        best, most = full, self.maker_value(full, step)
        for design in law.foundry_candidate[step]:
            if design.vendor == self.index and design.first <= step:
                value = self.maker_value(design, step)
                if value > most:
                    best, most = design, value
        return best

    def maker_value(self, design, step: int) -> float:
        """Expected margin of a design: what is made abroad, and what home has room for at its yield."""
        foundry, area = self.model.foundry, design.area / design.dies
        abroad = self.model.law.foundry_announced[step][design.index]
        good = dies_per_wafer(area) * yield_of_area(foundry.yield_domestic, REFERENCE_AREA, area)
        made_abroad = self.margin(design, design.cost, abroad)
        return made_abroad + self.margin(design, home_cost(self.p, design, good), (1.0 - abroad) * foundry.home_fill)

    def margin(self, design, cost: float, share: float) -> float:
        """The rule of all redesigns at Chinese prices, for the share of a design that is made in one way."""
        p = self.p
        return redesign_value(
            design.train, design.serve, p.training_money_share, p.reference_price, p.price_exponent, cost, share,
            1.0 - p.domestic_price_ratio,
        )  # fmt: skip

    # --- produce

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
        each, pace = design.dies / self.p.packaging_yield, self.memory_pace(design)
        need = min(pace, self.orders_smooth * self.growth_to_arrival) * each
        coming = self.die_bank
        for dies in self.dies_coming:
            coming += dies
        banked = self.cover() * min(pace, self.planned_need()) * each
        return max(0.0, need * (1.0 + self.p.fab_lag) + banked - coming)

    def memory_pace(self, design) -> float:
        """Packages a quarter for which there is memory in sight: what comes now, and the bank used up over the lag."""
        stacks = design.stacks / 1000.0 / self.p.packaging_yield
        if not stacks > 0.0:
            return PLENTY
        return (self.hbm_arrived + self.hbm_bank / (1.0 + self.p.fab_lag)) / max(TINY, stacks)

    def wafers_wanted(self, design, density: float) -> float:
        """Thousand wafers asked of the domestic foundry, after what foreign foundries make."""
        area = design.area / design.dies
        self.good = dies_per_wafer(area) * die_yield(density, area)
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
        self.line.unit_cost = clip(home_cost(p, design, self.good), 0.1, 50.0)
        bought = self.wafers * wafer / 1000.0
        bought += self.foreign_wafers * die / 1000.0
        bought += self.hbm_arrived * memory
        bought += self.made / passed * packing / 1000.0
        self.input_cost = bought


class ChinaChain(mesa.Agent):
    """Shares memory, packaging and wafers among designers; knows what its fabs fear."""

    def __init__(self, model) -> None:
        super().__init__(model)
        self.p = model.p
        self.tool_hazard = 0.0
        self.packaging = next(one for one in model.nodes if one.role == PACKAGING_CN)

    def expect(self) -> None:
        """Rules on tools move the fears of fabs; else they fade."""
        p, regulator = self.p, self.model.regulator
        feared = cutoff_hazard(
            self.tool_hazard, regulator.tools_cut, regulator.tools_signal, p.signal_weight, p.hazard_step,
            p.hazard_decay, p.hazard_floor,
        )  # fmt: skip
        self.tool_hazard = feared if self.model.on.hazard > 0.0 else p.hazard_floor

    def produce_china(self, step: int) -> None:
        """Tools, wafers, memory and packaging of the Chinese chain, in that order."""
        law, designers = self.model.law, self.model.designers
        for line in self.model.lines:
            line.buy_tools(law, step)
        for one in designers:
            one.collect_dies(step % RING)
        self.buy_memory(law, step, designers)
        self.package_chips(step, designers)
        self.start_wafers(law, step, designers)

    def buy_memory(self, law, step: int, designers) -> None:
        """Designers buy HBM for their plans and banks: legal imports and China's own output, pro rata."""
        maker, asked, bought = self.model.memory_maker, 0.0, 0.0
        maker.run_to_plan()
        for one in designers:
            one.plan = one.wanted_packages()
            one.asked = one.memory_wanted()
            asked += one.asked
        abroad = law.memory_open(step) * self.p.hbm_import_cap
        supply = abroad + maker.stock
        share = min(1.0, supply / max(TINY, asked))
        maker.orders, maker.backlog = asked, (1.0 - share) * asked
        for one in designers:
            one.hbm_arrived = share * one.asked
            one.hbm_bank += one.hbm_arrived
            bought += one.hbm_arrived
        maker.stacks_foreign = abroad / max(TINY, supply)
        maker.used = min(maker.stock, bought * (1.0 - maker.stacks_foreign))
        maker.stock -= maker.used

    def package_chips(self, step: int, designers) -> None:
        """Packaging capacity, pro rata."""
        p, node, asked, made = self.p, self.packaging, 0.0, 0.0
        pace = p.domestic_packaging_ramp if step < DATA_YEAR else p.domestic_packaging_growth
        capacity = p.domestic_packaging_2024 * exp(pace * (step - DATA_YEAR))
        for one in designers:
            asked += one.plan
        share = min(1.0, capacity / max(TINY, asked / p.packaging_yield))
        for one in designers:
            one.package_chips(share)
            made += one.made
        node.capacity, node.orders = capacity * p.packaging_yield, asked
        node.made = node.used = made
        node.backlog = max(0.0, asked - made)

    def start_wafers(self, law, step: int, designers) -> None:
        """Foreign foundries make what the law lets them; the rest goes to the domestic foundry, pro rata."""
        p, foundry, slot = self.p, self.model.foundry, (step + int(self.p.fab_lag)) % RING
        density = self.fab_defects(foundry)
        foundry.yield_domestic = die_yield(density, REFERENCE_AREA)
        capacity = foundry.capacity * ((1.0 - p.phone_share) * p.wafer_ramp)
        active = [one for one in designers if one.line.design is not None]
        asked = started = 0.0
        for one in active:
            design = one.line.design
            one.foreign_wafers = one.order_abroad(design, law, step)
            one.dies_coming[slot] += one.foreign_wafers
            one.asked = one.wafers_wanted(design, density)
            asked += one.asked
        share = min(1.0, capacity / max(TINY, asked))
        for one in active:
            one.wafers = share * one.asked
            started += one.wafers
            one.dies_coming[slot] += one.wafers * one.good
            one.set_cost(one.line.design)
        phones = foundry.capacity * p.phone_share
        foundry.experience += started
        foundry.home_fill = share
        foundry.made = foundry.used = started + phones
        foundry.orders, foundry.backlog = asked + phones, asked - started

    def fab_defects(self, foundry) -> float:
        """Defects per mm2 of the foundry, with the luck of the quarter."""
        p, reference = self.p, foundry.experience_reference
        learned = foundry.experience if self.model.on.learning_by_doing > 0.0 else reference
        density = defect_density(p.yield_2024, REFERENCE_AREA, learned, reference, p.learning_rate)
        return density * self.model.chance.yield_luck
