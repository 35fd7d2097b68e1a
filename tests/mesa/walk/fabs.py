"""Chinese lines that buy tools: for growth and wear, and ahead of rules that they see coming (phase `produce`)."""

from __future__ import annotations

from abm.rules.ai_firm import stock_cover
from abm.rules.chip_vendor import complements, tool_class_access, worn_tools
from abm.rules.numbers import exp
from abm.rules.supply_node import affordable_share, bank_draw, bank_target, tool_position
from abm.vocabulary import (
    ETCH_DEP,
    JURISDICTIONS,
    LITHO,
    METROLOGY,
    QUARTERS,
    RING,
    TOOL_CLASSES,
    TOOL_MAKERS,
    TOOLS_CN,
    TOOLS_JP,
    TOOLS_NL,
    TOOLS_US,
)

from .nodes import SupplyNode

MONTHS = 3.0
QUARTERS_A_YEAR = 4.0
YEAR_AHEAD = 4
TINY = 1e-9
CLASSES, ABROAD = range(len(TOOL_CLASSES)), range(len(JURISDICTIONS))


class Fab(SupplyNode):
    """A Chinese line; lists are by class of tools, `tools_sold` by country of the maker and class."""

    def __init__(self, model, index: int, role: int) -> None:
        super().__init__(model, index, role)
        self.maker_share: list[list[float]] = []
        self.tool_weight: list[float] = []
        self.plan: list[float] = []
        """Tools that the plan of each quarter needs, USD bn."""
        self.growth: list[float] = []
        self.tools_coming = [0.0] * RING
        self.tools_wanted = self.tools_need = self.tool_access = self.tool_grant = 0.0
        self.tool_bank, self.bank_before, self.tools_placed, self.tools_stored = ([0.0] * len(CLASSES) for _ in "bbps")
        self.tools_sold = [[0.0] * len(CLASSES) for _ in TOOL_MAKERS]
        self.made_home, self.on_sale, self.known = ([0.0] * len(CLASSES) for _ in "hok")

    def make_plan(self, plan: list[float]) -> None:
        """Keep the tools that a plan needs, and what each quarter adds to them."""
        self.plan = plan
        self.growth = [max(0.0, now - before) for before, now in zip([0.0, *plan], plan, strict=False)]

    def buy_tools(self, law, step: int) -> None:
        """Order for the plan and the bank; what sellers deny and no bank holds is not made up later."""
        self.use_tools(law, step)
        self.want_tools(step)
        self.read_law(law, step)
        self.place_tools(step)
        self.draw_bank()
        self.fill_bank(law, step)
        self.find_capacity(step)

    def find_capacity(self, step: int) -> None:
        """What the tools in use can make in a quarter."""
        raise NotImplementedError

    def use_tools(self, law, step: int) -> None:
        """Tools wear, faster without service, and those bought a while ago come into use."""
        slot, p = step % RING, self.p
        self.tools = (
            worn_tools(self.tools, p.tool_wear, p.service_wear, law.service_denied(step)) + self.tools_coming[slot]
        )
        self.tools_coming[slot] = 0.0

    def want_tools(self, step: int) -> None:
        """Tools to order for first use after the lag, and what a quarter of the coming year needs on average."""
        due, wear, ahead = step + int(self.p.capacity_lag), self.p.tool_wear * self.tools, 0.0
        first = self.plan[due] if step == 0 else self.grown(due)
        for later in range(YEAR_AHEAD):
            ahead += self.grown(due + later)
        self.tools_wanted, self.tools_need = first + wear + self.tool_grant, ahead / QUARTERS_A_YEAR + wear

    def grown(self, quarter: int) -> float:
        """Tools that the plan adds in a quarter; its last growth goes on."""
        return self.growth[min(quarter, QUARTERS - 1)]

    def read_law(self, law, step: int) -> None:
        """Share of each class that makers offer, as the law is and as it is known to become."""
        pace, denied, later = (
            exp(self.p.domestic_tool_growth * step),
            law.tools_denied(step),
            law.tools_denied(step, True),
        )
        for tool in CLASSES:
            self.made_home[tool] = self.maker_share[TOOLS_CN][tool] * pace
            self.on_sale[tool] = self.class_on_sale(denied, tool)
            self.known[tool] = self.class_on_sale(later, tool)

    def class_on_sale(self, denied, tool: int) -> float:
        """Share of a class that makers of all countries offer."""
        share = self.maker_share
        return tool_class_access(
            1.0, denied[TOOLS_US][tool], share[TOOLS_US][tool], denied[TOOLS_NL][tool], share[TOOLS_NL][tool],
            denied[TOOLS_JP][tool], share[TOOLS_JP][tool], self.made_home[tool],
        )  # fmt: skip

    def place_tools(self, step: int) -> None:
        """Put to use: classes are complements, sellers within a class substitutes; banks fill what is denied."""
        weight, wanted, p = self.tool_weight, self.tools_wanted, self.p
        reach = [
            min(1.0, self.on_sale[tool] + self.tool_bank[tool] / max(TINY, weight[tool] * wanted)) for tool in CLASSES
        ]
        litho, etch, metrology = reach
        self.tool_access = complements(litho, etch, metrology, weight[LITHO], weight[ETCH_DEP], p.tool_substitution)
        placed = wanted * self.tool_access
        had = weight[LITHO] * litho + weight[ETCH_DEP] * etch + weight[METROLOGY] * metrology
        each = placed / max(TINY, had)
        self.tools_placed = [each * weight[tool] * reach[tool] for tool in CLASSES]
        self.tools_coming[(step + int(p.capacity_lag)) % RING] += placed

    def draw_bank(self) -> None:
        """Banks give what sellers deny, or what no rule threatens any more; `tools_stored` is what they lack."""
        cover = self.cover()
        for tool in CLASSES:
            weight, held, on_sale = self.tool_weight[tool], self.tool_bank[tool], self.on_sale[tool]
            target = bank_target(cover, weight * self.tools_need, on_sale - self.known[tool])
            left = held - bank_draw(self.tools_placed[tool], on_sale * weight * self.tools_wanted, held, target)
            self.bank_before[tool], self.tool_bank[tool] = held, left
            self.tools_stored[tool] = max(0.0, target - left)

    def cover(self) -> float:
        """Quarters of need that lines hold of tools which a rule will deny."""
        p, model = self.p, self.model
        held = stock_cover(model.china.tool_hazard, p.hazard_floor, p.shortage_to_holding, p.max_cover)
        return held * model.on.stockpiling

    def fill_bank(self, law, step: int) -> None:
        """Tools that a known rule will deny are bought ahead as far as cash and credit go; makers book their sales."""
        missing = due = 0.0
        bought = [0.0] * len(CLASSES)
        for tool in CLASSES:
            drawn = self.bank_before[tool] - self.tool_bank[tool]
            bought[tool] = max(0.0, self.tools_placed[tool] - drawn)
            missing += self.tools_stored[tool]
            due += bought[tool]
        room = self.p.credit_limit * self.sales - self.credit
        share = affordable_share(missing, self.cash - due, room)
        self.bought = due
        for tool in CLASSES:
            self.sell_for_use(law.tools_denied(step), tool, bought[tool])
            self.tools_stored[tool] *= share
            self.tool_bank[tool] += self.tools_stored[tool]
            self.bought += self.tools_stored[tool]
            self.sell_for_bank(law.tools_denied(step), law.tools_denied(step, True), tool)

    def sell_for_use(self, denied, tool: int, bought: float) -> None:
        """Chinese makers keep their share, others fill the rest as far as their laws let them."""
        home, on_sale, abroad = min(1.0, self.made_home[tool]), self.on_sale[tool], 0.0
        offered = [self.maker_share[maker][tool] * (1.0 - denied[maker][tool]) for maker in ABROAD]
        for one in offered:
            abroad += one
        foreign = max(0.0, on_sale - home) / max(TINY, on_sale) * bought
        for maker, one in enumerate(offered):
            self.tools_sold[maker][tool] = foreign * one / max(TINY, abroad)
        self.tools_sold[TOOLS_CN][tool] = bought - foreign if abroad > 0.0 else bought

    def sell_for_bank(self, denied, known, tool: int) -> None:
        """Makers whose rules will deny most of what they still sell."""
        threatened = 0.0
        parts = [self.maker_share[maker][tool] * max(0.0, known[maker][tool] - denied[maker][tool]) for maker in ABROAD]
        for part in parts:
            threatened += part
        for maker, part in enumerate(parts):
            self.tools_sold[maker][tool] += self.tools_stored[tool] * part / max(TINY, threatened)


class Foundry(Fab):
    """China's 7 nm-class foundry."""

    def __init__(self, model, index: int, role: int) -> None:
        super().__init__(model, index, role)
        self.experience = self.experience_reference = self.yield_domestic = self.home_fill = 0.0

    def read_plan(self, path: list[float]) -> None:
        """Tools for the wafers of its plan (2024Q1 = 1)."""
        p = self.p
        self.make_plan([share * p.smic_wafers_2024 * p.fab_cost for share in path])

    def find_capacity(self, step: int) -> None:
        """Wafers that its tools can start in a quarter."""
        self.capacity = MONTHS * self.tools / self.p.fab_cost


class MemoryMaker(Fab):
    """China's own maker of stacked memory."""

    def __init__(self, model, index: int, role: int) -> None:
        super().__init__(model, index, role)
        self.stacks_foreign = 0.0
        p = model.p
        ramp = {2026: p.cxmt_hbm_2026, 2027: p.cxmt_hbm_2027}
        years = [2020 + quarter // 4 for quarter in range(QUARTERS)]
        self.stacks = [
            (p.cxmt_hbm_2028 if year >= 2028 else ramp.get(year, 0.0)) / p.memory_ramp_access for year in years
        ]
        """Million stacks a year that it plans."""
        self.make_plan([stacks * p.memory_tool_cost for stacks in self.stacks])

    def find_capacity(self, step: int) -> None:
        """Stacks that it can make in a quarter: its ramp, as far as it has the tools."""
        self.capacity = tool_position(self.tools, self.plan[step]) * self.stacks[step] / QUARTERS_A_YEAR
