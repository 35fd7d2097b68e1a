"""Law of one arm, and the regulator that brings it into force (phase `regulate`)."""

from __future__ import annotations

import mesa

from abm.rules.chips import denied, joint_stringency
from abm.rules.offshore import tenancy_open
from abm.vocabulary import COMPLIANCE, FRONTIER, PRIVATE, SERVE, TRAIN

SIGNAL_MARGIN = 0.02
SMOOTHING = 0.25
TABLES = (
    "open", "announced", "duty", "share", "cap", "gate", "gate_announced", "mandate", "tools", "service", "hbm",
    "tools_announced", "hbm_announced", "foundry", "diversion", "news", "relative", "slide", "cloud", "cloud_announced",
    "eda", "foundry_announced", "foundry_news", "china_rule", "gate_rule", "subsidy",
)  # fmt: skip


class Law:
    """Tables of law by quarter, as nested lists."""

    def __init__(self, world, arm: int, designs) -> None:
        (
            self.open, self.announced, self.duty, self.share, self.cap, self.gate, self.gate_announced, self.mandate,
            self.tools, self.service, self.hbm, self.tools_announced, self.hbm_announced, self.foundry,
            self.diversion, self.news, self.relative, self.slide, self.cloud, self.cloud_announced, self.eda,
            self.foundry_announced, self.foundry_news, self.china_rule, self.gate_rule, self.subsidy,
        ) = (getattr(world, f"law_{name}")[arm].tolist() for name in TABLES)  # fmt: skip
        self.candidate, self.foundry_candidate = (
            [[designs[index] for index in row if index >= 0] for row in table[arm].tolist()]
            for table in (world.law_candidate, world.law_foundry_candidate)
        )


class Regulator(mesa.Agent):
    """Brings the rules of the script into force and measures what they deny."""

    def __init__(self, model, law: Law) -> None:
        super().__init__(model)
        self.p, self.law = model.p, law
        self.relative, self.best_tpp = 1.0, 0.0
        self.cut = self.signal = self.inputs_cut = self.inputs_signal = self.tools_cut = self.tools_signal = 0.0
        self.stringency = self.stringency_known = self.stringency_smooth = 0.0
        self.best_lines = (0.0, 0.0)

    def regulate(self, step: int) -> None:
        """Rules come into force; stringency, cuts and signals follow from them."""
        self.slide_thresholds(step)
        for offer in self.model.offers:
            offer.judge(self, step)
        self.measure_stringency(step)

    def slide_thresholds(self, step: int) -> None:
        """Under relative thresholds the law moves with the best US line; else it stands still."""
        line = self.model.offers[0]
        design = self.model.designs[0] if line.design is None else line.design
        best = design.tpp * line.scale
        if self.law.relative[step] > 0.0 and self.best_tpp > 0.0:
            self.relative *= best / max(1.0, self.best_tpp)
        anchored = self.law.slide[step] * best
        if anchored > 0.0:
            self.relative = anchored
        self.best_tpp = best

    def tenancy(self, coverage: float) -> float:
        """Share of rented compute that tenants can use under a cloud rule; hidden tenancy is grey."""
        hides = self.model.on.grey_market > 0.0
        return tenancy_open(coverage, self.p.enforcement if hides else 1.0)

    def measure_stringency(self, step: int) -> None:
        """Cuts and signals are about lines on sale and come from law alone."""
        law, before = self.law, max(step - 1, 0)
        lines = [one for one in self.model.offers if one.kind == FRONTIER]
        self.best_lines = tuple(max(0.0, *(one.performance[load] for one in lines)) for load in (TRAIN, SERVE))
        force = self.line_denial(law.open[step])
        known = self.line_denial(law.announced[step])
        self.cut = 1.0 if force > self.line_denial(law.open[before]) + SIGNAL_MARGIN else 0.0
        self.signal = 1.0 if known > force + SIGNAL_MARGIN else 0.0
        inputs = input_denial(law.tools[step], law.hbm[step])
        inputs_before = input_denial(law.tools[before], law.hbm[before])
        inputs_known = input_denial(law.tools_announced[step], law.hbm_announced[step])
        self.inputs_cut = 1.0 if inputs > inputs_before + SIGNAL_MARGIN else 0.0
        self.inputs_signal = 1.0 if inputs_known > inputs + SIGNAL_MARGIN else 0.0
        tools, tools_known = tool_denial(law.tools[step]), tool_denial(law.tools_announced[step])
        self.tools_cut = 1.0 if tools > tool_denial(law.tools[before]) + SIGNAL_MARGIN else 0.0
        self.tools_signal = 1.0 if tools_known > tools + SIGNAL_MARGIN else 0.0
        candidates = law.candidate[step]
        self.stringency = joint_stringency(self.chip_stringency(law.open[step], candidates), inputs)
        self.stringency_known = joint_stringency(self.chip_stringency(law.announced[step], candidates), inputs_known)
        self.stringency_smooth += SMOOTHING * (self.stringency - self.stringency_smooth)

    def line_denial(self, table) -> float:
        """Share of the best US performance that a table of law takes from the lines on sale now."""
        return self.denied_share(*self.best_admitted(table, (FRONTIER, COMPLIANCE)))

    def best_admitted(self, table, kinds) -> tuple[float, float]:
        """Best training and serving performance that the law lets through, of some kinds of lines."""
        train = serve = 0.0
        for offer in self.model.offers:
            if offer.design is not None and offer.kind in kinds:
                share = table[offer.design.index][PRIVATE]
                train = max(share * offer.performance[TRAIN], train)
                serve = max(share * offer.performance[SERVE], serve)
        return train, serve

    def denied_share(self, train: float, serve: float) -> float:
        """What is missing to the best US lines, both workloads weighed by their money."""
        weight, (best_train, best_serve) = self.p.training_money_share, self.best_lines
        return weight * denied(train, best_train) + (1.0 - weight) * denied(serve, best_serve)

    def chip_stringency(self, table, candidates) -> float:
        """Share of the best US performance that the law denies to any design that could be made."""
        train, serve = self.best_admitted(table, (FRONTIER,))
        for design in candidates:
            share = table[design.index][PRIVATE]
            train = max(share * self.relative * design.train, train)
            serve = max(share * self.relative * design.serve, serve)
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
