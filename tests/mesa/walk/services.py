"""Markets for AI services by bloc, and what is known to all researchers (phases `earn` and `research`)."""

from __future__ import annotations

from abm.rules.ai_firm import ai_revenue
from abm.rules.numbers import LOWEST, exp, log
from abm.vocabulary import BLOCS, RING, SERVE, TRAIN, US

from .knowledge import RUNG, TINY

TOP = 3


class Services:
    """Where AI firms earn, and the leaders that they learn from."""

    def __init__(self, model, start_capability: list[float]) -> None:
        self.model, self.p = model, model.p
        self.start_capability = start_capability
        self.leader_money = self.leader_compute = 0.0
        self.leader_open, self.leader_closed = [0.0 for _ in BLOCS], [0.0 for _ in BLOCS]
        self.shown_open, self.shown_closed = ([[0.0] * RING for _ in BLOCS] for _ in range(2))

    # --- earn

    def earn(self, step: int) -> None:
        """Useful compute, the largest training run, capability, served tokens, market shares and revenue."""
        p, firms = self.p, self.model.firms
        pace = (1.0 - p.price_exponent) * p.design_growth
        firms.do("use_compute", step, exp(pace * step))
        if step == 0:
            self.anchor_capability()
        firms.do("run_best")
        firms.do("distil", step)
        self.show_models(step)
        growth = exp(p.serving_efficiency_growth * step)
        for bloc in range(len(BLOCS)):
            self.share_market(step, bloc, self.reference_capability(step, bloc, pace), growth)

    def anchor_capability(self) -> None:
        """In 2020Q1 algorithms are set so that the mean of each bloc's top three meets its observed compute."""
        for bloc, members in enumerate(self.model.blocs):
            runs = [log(firm.run_compute + TINY) for firm in members if firm.run_compute > 0.0]
            level = top_mean(runs) if runs else 0.0
            for firm in members:
                firm.algorithm[TRAIN] = self.start_capability[bloc] - level

    def show_models(self, step: int) -> None:
        """The best model of each bloc that can be queried."""
        open_now = step >= self.p.distillation_start
        for is_open, blocs in ((True, self.shown_open), (False, self.shown_closed)):
            for shown, members in zip(blocs, self.model.blocs, strict=True):
                mine = [firm for firm in members if firm.present(step) and firm.open_weights is is_open]
                shown[step % RING] = max([0.0, *(firm.capability for firm in mine)]) if open_now else 0.0

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
            base = ai_revenue(market, RUNG * firm.plan_now, RUNG)
            before, base_before = (base, base) if step == 0 else (firm.revenue_smooth, firm.revenue_base)
            firm.revenue_smooth = before + (earned - before) / 4.0
            firm.revenue_base = base_before + (base - base_before) / 4.0

    # --- research

    def research(self, step: int) -> None:
        """Research of all firms on the knowledge of the start of the phase; newcomers learn from the leaders."""
        firms = self.model.firms
        firms.do("remember")
        self.find_leaders(step)
        self.compare_with_leader(step)
        firms.do("research", step)
        self.plan_own_chips()
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

    def find_leaders(self, step: int) -> None:
        """Firms of each bloc that trained the three best models, with all that tie; their best algorithms by access."""
        for bloc, members in enumerate(self.model.blocs):
            for firm in members:
                firm.leads = 0.0
            present = [firm for firm in members if firm.present(step) and firm.trained > 0.0]
            third = min(sorted((firm.trained for firm in present), reverse=True)[:TOP], default=0.0)
            leaders = [firm for firm in present if firm.trained >= third]
            for firm in leaders:
                firm.leads = 1.0
            for is_open, best in ((True, self.leader_open), (False, self.leader_closed)):
                best[bloc] = max([LOWEST, *(one.algorithm_before for one in leaders if one.open_weights is is_open)])

    def best_knowledge(self, firm, step: int) -> float:
        """Largest accessible lead in algorithms of leaders and neighbours."""
        best = 0.0
        for bloc in range(len(BLOCS)):
            for is_open, level in ((True, self.leader_open[bloc]), (False, self.leader_closed[bloc])):
                if level > LOWEST:
                    best = max(self.reached(firm, level, is_open, bloc), best)
        for other in firm.neighbours:
            if other.trained > 0.0 and other.present(step):
                best = max(self.reached(firm, other.algorithm_before, other.open_weights, other.bloc), best)
        return best

    def reached(self, firm, level: float, is_open: bool, bloc: int) -> float:
        """The part of a lead that a firm can reach: open weights fully, across blocs controls cost access."""
        access = 1.0 if is_open else self.p.closed_access
        return access * self.open_across(bloc != firm.bloc) * (level - firm.algorithm_before)

    def open_across(self, across: bool) -> float:
        """Share of knowledge that stays within reach, less than all of what comes from another bloc."""
        return 1.0 - self.p.cross_bloc_access_loss * self.model.regulator.stringency_smooth if across else 1.0

    def plan_own_chips(self) -> None:
        """Chinese designers plan at least what the stacks of firms are to be supplied with, out of the same wafers."""
        for vendor in self.model.designers:
            planned = 0.0
            for firm in self.model.firms:
                if firm.stack_vendor is vendor:
                    planned += firm.own_plan
            more = max(0.0, planned - vendor.orders_smooth)
            vendor.orders_smooth += more
            self.model.market.home_orders += more

    def newcomers(self, step: int) -> None:
        """Firms that do not exist yet start with the algorithms of their bloc's leaders."""
        for firm in self.model.firms:
            if not firm.alive[step]:
                others = [one.algorithm for one in self.model.blocs[firm.bloc] if one.present(step)]
                firm.algorithm = [max(one[load] for one in others) for load in (TRAIN, SERVE)]
                firm.trained = firm.capability = 0.0


def top_mean(values: list[float]) -> float:
    """Mean of the three highest values; of fewer if there are fewer."""
    first, *others = sorted(values, reverse=True)[:TOP]
    total = first
    for value in others:
        total += value
    return total / (1.0 + len(others))
