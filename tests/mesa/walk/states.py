"""States answer what they saw: China's rules and subsidies, mobilisation of both blocs (phase `react`)."""

from __future__ import annotations

from abm.rules.industrial_policy import (
    ladder_share,
    lead_alarm,
    public_money,
    readiness_effect,
    seen_readiness,
    state_answer,
    support_rate,
)
from abm.vocabulary import BLOCS, BUYER_CLASSES, CN, FOREIGN, LISTED, PRIVATE, SERVE, STATE, TRAIN, US

TINY = 1e-12
SMOOTHING = 0.25
RUNGS = 3.0
LADDER = {STATE: 0.0, LISTED: 1.0, PRIVATE: 2.0, FOREIGN: RUNGS}


class States:
    """What China's state has seen and set, and what both states give to AI firms. Lists are by class or by bloc."""

    def __init__(self, model) -> None:
        self.model, self.p = model, model.p
        self.readiness = self.effect = 0.0
        self.mandate, self.gate, self.gate_known = ([0.0 for _ in BUYER_CLASSES] for _ in "mgk")
        self.counter_control = self.price_support = 0.0
        self.subsidy = self.subsidy_paid = self.subsidy_total = 0.0
        self.mobilised, self.mobilised_total = [0.0 for _ in BLOCS], [0.0 for _ in BLOCS]

    def react(self, step: int) -> None:
        """China weighs last quarter and sets its rules and subsidies; both blocs may mobilise."""
        p, law, on = self.p, self.model.law, self.model.on
        self.see_readiness()
        self.effect = readiness_effect(self.readiness, p.readiness_threshold)
        ruled = law.china_rule[step]
        ordered = ruled * self.answer(on.mandate * p.mandate_response)
        closed = law.gate_rule[step] * self.answer(on.import_gate * p.gate_response)
        for buyer, place in LADDER.items():
            shut = 1.0 - ladder_share(closed, place, RUNGS)
            self.mandate[buyer] = max(law.mandate[step][buyer], ladder_share(ordered, place, RUNGS))
            self.gate[buyer] = min(law.gate[step][buyer], shut)
            self.gate_known[buyer] = min(law.gate_announced[step][buyer], shut)
        self.counter_control = ruled * self.answer(on.counter_controls * p.counter_control_response)
        self.subsidise()
        stringency = self.model.regulator.stringency_smooth
        alarm = lead_alarm(p.us_target_lead, self.model.gap.lead) if step > 0 else 0.0
        spent = self.mobilised_total[CN] + (self.subsidy_total + self.subsidy)
        self.mobilise(step, CN, p.mobilisation_cn, stringency, p.mobilisation_ceiling_cn, spent)
        self.mobilise(step, US, p.mobilisation_us, alarm, p.mobilisation_ceiling_us, self.mobilised_total[US])

    def answer(self, response: float) -> float:
        """An answer to the stringency that China feels."""
        return state_answer(response, self.model.regulator.stringency_smooth, self.effect)

    def see_readiness(self) -> None:
        """Chips supplied over budgets, and the best home line in users' hands against the best US line."""
        if not self.model.records.series:
            return
        row, best = self.model.records.series[-1], 0.0
        for offer in self.model.offers:
            if offer.home and offer.design is not None:
                best = max(best, self.usefulness(offer))
        supplied = row["domestic_value"] / (row["budget_cn"] + TINY)
        self.readiness += SMOOTHING * (seen_readiness(supplied, best) - self.readiness)

    def usefulness(self, offer) -> float:
        """Performance per dollar in Chinese users' hands over that of the best US line."""
        train, total, reference = self.p.training_money_share, 0.0, self.model.market.reference[0]
        for workload, share in ((TRAIN, train), (SERVE, 1.0 - train)):
            each = offer.performance[workload] / max(TINY, offer.owning[0])
            each /= max(TINY, reference[workload])
            for firm in self.model.blocs[CN]:
                for line in firm.lines:
                    if line.offer is offer:
                        total += firm.plan_now * share * line.used[workload] * each
        return total

    def subsidise(self) -> None:
        """Grants for tools by the tools that lines have; the rest supports prices of chips."""
        p, model = self.p, self.model
        given = self.mobilised_total[CN] + self.subsidy_total
        strength = model.on.subsidy * p.subsidy_response
        stringency = model.regulator.stringency_smooth
        self.subsidy = public_money(strength, stringency, self.effect, p.mobilisation_ceiling_cn, given)
        for_tools, tools = self.subsidy * p.subsidy_for_tools, 0.0
        for line in model.lines:
            tools += line.tools
        for line in model.lines:
            line.tool_grant = line.tools / max(TINY, tools) * for_tools
        sales = model.records.series[-1]["domestic_value"] if model.records.series else 0.0
        self.price_support = support_rate(self.subsidy - for_tools, sales)

    def mobilise(self, step: int, bloc: int, response: float, trigger: float, ceiling: float, spent: float) -> None:
        """One rule for both blocs."""
        base = self.model.plan[step][bloc] * self.model.plan_factor[step][bloc]
        money = public_money(self.model.on.mobilisation * response, trigger, base, ceiling, spent)
        self.mobilised[bloc] = money
        self.mobilised_total[bloc] += money

    def granted_tools(self) -> float:
        """What China's state pays for tools this quarter."""
        total = 0.0
        for line in self.model.lines:
            total += line.tool_grant
        return total
