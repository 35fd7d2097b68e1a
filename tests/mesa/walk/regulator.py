"""Law of one arm, and the regulator that brings it into force (phase `regulate`)."""

from __future__ import annotations

import mesa

from abm.rules.chips import denied, joint_stringency
from abm.rules.offshore import tenancy_open
from abm.rules.regulators import allied_denial, tier_denial, tier_open
from abm.vocabulary import COMPLIANCE, FRONTIER, PRIVATE, SERVE, TOOLS_US, TRAIN

from .politics import ALLIES, Allies, Washington

SIGNAL_MARGIN = 0.02
SMOOTHING = 0.25
TABLES = (
    "open", "announced", "duty", "share", "cap", "gate", "gate_announced", "mandate", "tools", "service", "hbm",
    "tools_announced", "hbm_announced", "foundry", "diversion", "news", "relative", "slide", "cloud", "cloud_announced",
    "eda", "foundry_announced", "foundry_news", "china_rule", "gate_rule", "subsidy", "us_rule",
    "published",
)  # fmt: skip


class Law:
    """Tables of law by quarter, as nested lists."""

    def __init__(self, world, arm: int, designs) -> None:
        (
            self.open, self.announced, self.duty, self.share, self.cap, self.gate, self.gate_announced, self.mandate,
            self.tools, self.service, self.hbm, self.tools_announced, self.hbm_announced, self.foundry,
            self.diversion, self.news, self.relative, self.slide, self.cloud, self.cloud_announced, self.eda,
            self.foundry_announced, self.foundry_news, self.china_rule, self.gate_rule, self.subsidy, self.us_rule,
            self.published,
        ) = (getattr(world, f"law_{name}")[arm].tolist() for name in TABLES)  # fmt: skip
        self.candidate, self.foundry_candidate = (
            [[designs[index] for index in row if index >= 0] for row in table[arm].tolist()]
            for table in (world.law_candidate, world.law_foundry_candidate)
        )

    # tiers as the script has them and decisions moved them

    def join(self, washington: Washington, allies: Allies) -> None:
        """Remember who moves the tiers."""
        self.washington, self.allies = washington, allies

    def shift(self, announced: bool) -> float:
        """Denial that US decisions added to every tier."""
        return self.washington.shift_known if announced else self.washington.shift

    def tools_denied(self, step: int, announced: bool = False) -> list[list[float]]:
        """Denied share by country of the maker and class."""
        script, shift = (self.tools_announced if announced else self.tools)[step], self.shift(announced)
        own = [[tier_denial(law, shift) for law in script[TOOLS_US]]]
        for ally in ALLIES:
            kept, follows = self.allies.kept[ally], self.allies.follows[ally]
            own.append([allied_denial(law, kept, follows, shift) for law in script[ally]])
        return own

    def memory_open(self, step: int, announced: bool = False) -> float:
        """Share of HBM that may be sold to China."""
        return tier_open((self.hbm_announced if announced else self.hbm)[step], self.shift(announced))

    def service_denied(self, step: int) -> float:
        """Denied share of service of installed tools."""
        return tier_denial(self.service[step], self.shift(False))

    def software_denied(self, step: int) -> float:
        """Denied share of design software."""
        return tier_denial(self.eda[step], self.shift(False))

    def cloud_coverage(self, step: int, announced: bool = False) -> float:
        """Share of rented compute that a cloud rule covers."""
        return tier_denial((self.cloud_announced if announced else self.cloud)[step], self.shift(announced))


class Regulator(mesa.Agent):
    """Brings the rules into force and measures what they deny."""

    def __init__(self, model, law: Law) -> None:
        super().__init__(model)
        self.p, self.law = model.p, law
        self.washington, self.allies = Washington(model, law), Allies(model, law)
        law.join(self.washington, self.allies)
        self.relative, self.best_tpp = 1.0, 0.0
        self.relative_known = 1.0
        self.inputs_denied = self.tools_denied = 0.0
        self.cut = self.signal = self.inputs_cut = self.inputs_signal = self.tools_cut = self.tools_signal = 0.0
        self.stringency = self.stringency_known = self.stringency_smooth = 0.0
        self.best_lines = (0.0, 0.0)

    def regulate(self, step: int) -> None:
        """Rules come into force; stringency, cuts and signals follow from them."""
        self.decide(step)
        for offer in self.model.offers:
            offer.judge(self, step)
        self.measure_stringency(step)

    def decide(self, step: int) -> None:
        """Thresholds slide; after the script Washington decides and allies answer."""
        self.slide_thresholds(step)
        self.washington.review = self.washington.news = 0.0
        if self.washington.rules(step):
            self.washington.govern(self, step)
        if self.law.us_rule[step] > 0.0 and self.model.on.ally_alignment > 0.0:
            self.allies.answer(self.washington.step)

    def slide_thresholds(self, step: int) -> None:
        """Under relative thresholds the law moves with the best US line; else it stands still."""
        line = self.model.offers[0]
        design = self.model.designs[0] if line.design is None else line.design
        best = design.tpp * line.scale
        if self.law.relative[step] > 0.0 and self.best_tpp > 0.0 and not self.washington.rules(step):
            self.relative *= best / max(1.0, self.best_tpp)
        anchored = self.law.slide[step] * best
        if anchored > 0.0:
            self.relative = anchored
        self.best_tpp, self.relative_known = best, self.relative

    def tenancy(self, coverage: float) -> float:
        """Share of rented compute that tenants can use under a cloud rule; hidden tenancy is grey."""
        hides = self.model.on.grey_market > 0.0
        return tenancy_open(coverage, self.p.enforcement if hides else 1.0)

    def measure_stringency(self, step: int) -> None:
        """Cuts and signals are about lines on sale and come from law alone."""
        law, before = self.law, max(step - 1, 0)
        lines = [one for one in self.model.offers if one.kind == FRONTIER]
        self.best_lines = tuple(max(0.0, *(one.performance[load] for one in lines)) for load in (TRAIN, SERVE))
        us = self.washington
        force = self.line_denial(law.open[step], us.ratio)
        known = self.line_denial(law.announced[step], us.ratio_known)
        was = self.line_denial(law.open[before], us.ratio_before)
        self.cut = 1.0 if force > was + SIGNAL_MARGIN else 0.0
        self.signal = 1.0 if known > force + SIGNAL_MARGIN else 0.0
        denied, denied_known = law.tools_denied(step), law.tools_denied(step, True)
        inputs = input_denial(denied, law.memory_open(step))
        inputs_known = input_denial(denied_known, law.memory_open(step, True))
        tools, tools_known = tool_denial(denied), tool_denial(denied_known)
        if step == 0:
            self.inputs_denied, self.tools_denied = inputs, tools
        self.inputs_cut = 1.0 if inputs > self.inputs_denied + SIGNAL_MARGIN else 0.0
        self.inputs_signal = 1.0 if inputs_known > inputs + SIGNAL_MARGIN else 0.0
        self.tools_cut = 1.0 if tools > self.tools_denied + SIGNAL_MARGIN else 0.0
        self.tools_signal = 1.0 if tools_known > tools + SIGNAL_MARGIN else 0.0
        self.inputs_denied, self.tools_denied = inputs, tools
        candidates = law.candidate[step]
        self.stringency = joint_stringency(
            self.chip_stringency(law.open[step], candidates, us.ratio, self.relative), inputs
        )
        self.stringency_known = joint_stringency(
            self.chip_stringency(law.announced[step], candidates, us.ratio_known, self.relative_known), inputs_known
        )
        self.stringency_smooth += SMOOTHING * (self.stringency - self.stringency_smooth)

    def line_denial(self, table, ratio: float) -> float:
        """Share of the best US performance that a table of law takes from the lines on sale now."""
        return self.denied_share(*self.best_admitted(table, (FRONTIER, COMPLIANCE), ratio))

    def best_admitted(self, table, kinds, ratio: float) -> tuple[float, float]:
        """Best training and serving performance that the law lets through, of some kinds of lines."""
        train = serve = 0.0
        for offer in self.model.offers:
            if offer.design is not None and offer.kind in kinds:
                share = self.washington.admitted(table[offer.design.index][PRIVATE], offer, PRIVATE, ratio)
                train = max(share * offer.performance[TRAIN], train)
                serve = max(share * offer.performance[SERVE], serve)
        return train, serve

    def denied_share(self, train: float, serve: float) -> float:
        """What is missing to the best US lines, both workloads weighed by their money."""
        weight, (best_train, best_serve) = self.p.training_money_share, self.best_lines
        return weight * denied(train, best_train) + (1.0 - weight) * denied(serve, best_serve)

    def chip_stringency(self, table, candidates, ratio: float, relative: float) -> float:
        """Share of the best US performance that the law denies to any design that could be made."""
        train, serve = self.best_admitted(table, (FRONTIER,), ratio)
        for design in candidates:
            share = table[design.index][PRIVATE]
            train = max(share * relative * design.train, train)
            serve = max(share * relative * design.serve, serve)
        return self.denied_share(train, serve)


def input_denial(tools, memory: float) -> float:
    """Mean over classes of tools and memory of what the strictest seller jurisdiction denies."""
    return with_tools(1.0 - memory, tools) / (len(tools[0]) + 1.0)


def tool_denial(tools) -> float:
    """The same for tools alone."""
    return with_tools(0.0, tools) / len(tools[0])


def with_tools(total: float, tools) -> float:
    """A sum of denials and what the strictest seller jurisdiction denies of each class of tools."""
    for denials in zip(*tools, strict=True):
        total += max(0.0, *denials)
    return total
