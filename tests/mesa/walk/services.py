"""Markets for AI services by bloc, and what is known to all researchers (phases `earn` and `research`)."""

from __future__ import annotations

from abm.rules.ai_firm import ai_revenue
from abm.rules.numbers import LOWEST, exp, log
from abm.vocabulary import BLOCS, SERVE, TRAIN, US

from .knowledge import RUNG, TINY

TOP = 3


class Services:
    """Where AI firms earn, and the leaders that they learn from."""

    def __init__(self, model, start_capability: list[float]) -> None:
        self.model, self.p = model, model.p
        self.start_capability = start_capability
        self.leader_money = self.leader_compute = 0.0
        self.leaders: dict[tuple[int, bool], float] = {}

    # --- earn

    def earn(self, step: int) -> None:
        """Useful compute, the largest training run, capability, served tokens, market shares and revenue."""
        p, firms = self.p, self.model.firms
        pace = (1.0 - p.price_exponent) * p.design_growth
        firms.do("use_compute", step, exp(pace * step))
        if step == 0:
            self.anchor_capability()
        firms.do("run_best")
        growth = exp(p.serving_efficiency_growth * step)
        for bloc in range(len(BLOCS)):
            self.share_market(step, bloc, self.reference_capability(step, bloc, pace), growth)

    def anchor_capability(self) -> None:
        """In 2020Q1 algorithms are set so that the mean of each bloc's top three meets its observed compute."""
        for bloc, members in enumerate(self.model.blocs):
            level = top_mean([log(firm.run_compute + TINY) for firm in members])
            for firm in members:
                firm.algorithm[TRAIN] = self.start_capability[bloc] - level

    def reference_capability(self, step: int, bloc: int, pace: float) -> float:
        """Capability that customers take for granted: exogenous and the same in all arms."""
        plan = self.model.plan
        money = log(plan[step][bloc] / plan[0][bloc])
        return self.start_capability[bloc] + money + (pace + self.p.algorithmic_progress) * step

    def share_market(self, step: int, bloc: int, expected: float, growth: float) -> None:
        """Firms of a bloc share its AI market by size, capability and service."""
        model, members = self.model, self.model.blocs[bloc]
        weights, total = [], 0.0
        for firm in members:
            weight = firm.firm_weight(step, expected, growth)
            weights.append(weight)
            total += weight
        size = model.plan[step][bloc] * model.plan_factor[step][bloc] * model.chance.jump
        market = self.p.ai_market_ratio * size
        for firm, weight in zip(members, weights, strict=True):
            firm.revenue = earned = ai_revenue(market, weight, total)
            base = ai_revenue(market, RUNG * firm.plan_share[step], RUNG)
            before, base_before = (base, base) if step == 0 else (firm.revenue_smooth, firm.revenue_base)
            firm.revenue_smooth = before + (earned - before) / 4.0
            firm.revenue_base = base_before + (base - base_before) / 4.0

    # --- research

    def research(self, step: int) -> None:
        """Research of all firms on the knowledge of the start of the phase; newcomers learn from the leaders."""
        firms = self.model.firms
        firms.do("remember")
        self.compare_with_leader(step)
        self.find_leaders()
        firms.do("research")
        self.newcomers(step)

    def compare_with_leader(self, step: int) -> None:
        """References of research inputs: money and compute that a leading US lab plans."""
        p, model = self.p, self.model
        plan = model.plan[step][US] * model.plan_factor[step][US]
        self.leader_money = p.rd_intensity * p.leader_share * plan
        share = p.training_share_us * p.utilisation_platform * p.leader_share
        compute = 0.0
        for firm in model.blocs[US]:
            compute += share * firm.reference_compute
        self.leader_compute = compute

    def find_leaders(self) -> None:
        """Best algorithms of each bloc, of open and closed firms that have trained anything."""
        leaders: dict[tuple[int, bool], float] = {}
        for firm in self.model.firms:
            if firm.capability > 0.0:
                group = (firm.bloc, firm.open_weights)
                leaders[group] = max(firm.algorithm_before, leaders.get(group, LOWEST))
        self.leaders = leaders

    def best_knowledge(self, firm) -> float:
        """Largest accessible lead in algorithms: open weights first, other blocs less under controls."""
        p, best, mine = self.p, 0.0, firm.algorithm_before
        smooth = self.model.regulator.stringency_smooth
        for (bloc, is_open), level in self.leaders.items():
            access = 1.0 if is_open else p.closed_access
            if bloc != firm.bloc:
                access *= 1.0 - p.cross_bloc_access_loss * smooth
            best = max(access * (level - mine), best)
        return best

    def newcomers(self, step: int) -> None:
        """Firms that do not exist yet start with the algorithms of their bloc's leaders."""
        for firm in self.model.firms:
            if not firm.alive[step]:
                others = [one.algorithm for one in self.model.blocs[firm.bloc] if one.alive[step]]
                firm.algorithm = [max(one[load] for one in others) for load in (TRAIN, SERVE)]
                firm.capability = 0.0


def top_mean(values: list[float]) -> float:
    """Mean of the three highest values; of fewer if there are fewer."""
    first, *others = sorted(values, reverse=True)[:TOP]
    total = first
    for value in others:
        total += value
    return total / (1.0 + len(others))
