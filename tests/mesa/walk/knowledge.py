"""What an AI firm makes of chips and money: compute, capability, software, strategy (`earn`, `research`, `learn`)."""

from __future__ import annotations

from abm.rules.ai_firm import (
    efficiency_gain,
    integration_gain,
    largest_run,
    market_weight,
    porting_gain,
    research_budget,
)
from abm.rules.learning import attraction, choice, mixed
from abm.rules.numbers import exp, log
from abm.vocabulary import CN_OTHER, EFFICIENCY, FULL_STACK, PORTING, ROCM, SERVE, TRAIN

TINY = 1e-12
RUNG = 4.0
KINDS = 3
LEAST_AHEAD = -4.0


class Researcher:
    """The part of an AI firm that computes, serves, researches and learns."""

    # --- earn

    def use_compute(self, step: int, price_growth: float) -> None:
        """Useful training and serving compute, and what the plan would have bought at reference prices."""
        p, train, serve = self.p, 0.0, 0.0
        for line in self.held:
            use_train, use_serve = line.used
            line.power = line.deployed[TRAIN] * line.mean[TRAIN]
            train += line.power * use_train
            serve += line.deployed[SERVE] * line.mean[SERVE] * use_serve
        busy = p.utilisation_state if self.state_owned else p.utilisation_platform
        self.training, self.serving = busy * train, busy * serve
        share = p.largest_run_share
        before = share * self.training if step == 0 else self.run_compute
        self.run_compute = largest_run(share, self.training, before)
        model, bloc = self.model, self.bloc
        planned = model.plan[step][bloc] * self.plan_share[step] * model.plan_factor[step][bloc]
        bought = 1000.0 * planned / p.reference_price * price_growth
        self.reference_compute = (1.0 - p.attrition) * self.reference_compute + bought

    def run_best(self) -> None:
        """Capability is that of the best run so far."""
        working = 0.0
        if self.run_compute > 0.0:
            working = log(self.run_compute + TINY) + self.algorithm[TRAIN]
        self.capability = max(working, self.capability)

    def firm_weight(self, step: int, expected: float, growth: float) -> float:
        """Attraction of the firm in its market; also sets what share of needed tokens it serves."""
        p = self.p
        serving_share = 1.0 - self.training_share
        need = serving_share * p.utilisation_platform * self.reference_compute * growth * self.model.chance.jump
        offered = self.serving * exp(self.algorithm[SERVE])
        self.served = offered / (need + TINY)
        ahead = 0.0
        if self.capability > 0.0:
            ahead = max(LEAST_AHEAD, p.capability_elasticity * (self.capability - expected))
        service = self.served if need > 0.0 else 1.0
        size = RUNG * self.plan_share[step]
        return market_weight(size, p.capability_value, ahead, p.service_value, service)

    # --- research

    def remember(self) -> None:
        """Decisions are synchronous: all firms see the knowledge of the start of the phase."""
        self.algorithm_before = self.algorithm[TRAIN]
        self.porting_before = self.porting[:]

    def research(self) -> None:
        """Spend, improve, port and integrate; software decides what share of hardware is used from now on."""
        services = self.model.services
        self.spend()
        self.improve(services)
        self.port(services)
        self.integrate()
        self.find_use()

    def spend(self) -> None:
        """Research money; part of the money that found no chips goes into ideas."""
        p = self.p
        diverted = p.shortage_to_research * self.model.on.shortage_to_research
        self.research_money = research_budget(p.rd_intensity, self.budget, self.unspent, diverted)
        self.diverted = self.research_money - p.rd_intensity * self.budget
        # researchers cost less in China
        self.research_input = self.research_money * (p.research_purchasing_power if self.chinese else 1.0)

    def improve(self, services) -> None:
        """Algorithmic efficiency for training and serving: own research, then what spills over."""
        p, on, share = self.p, self.model.on, self.mix[EFFICIENCY]
        own = efficiency_gain(
            p.algorithmic_progress * exp(self.idea), share * on.efficiency, self.research_input, services.leader_money,
            self.training, services.leader_compute, p.research_elasticity, p.compute_in_research,
        )  # fmt: skip
        spill = p.diffusion * on.knowledge_spillovers * services.best_knowledge(self)
        self.algorithm[TRAIN] += own + spill
        progress = own / p.algorithmic_progress + spill / p.algorithmic_progress
        self.algorithm[SERVE] += p.serving_efficiency_growth * min(2.0, progress)
        self.payoff[EFFICIENCY] = p.research_elasticity * own / max(TINY, share)

    def compute_parts(self) -> tuple[float, list[float], float]:
        """Deployed training compute: all, by ecosystem, and on the firm's own chips (`find_total`, `find_part`)."""
        total, own, parts = TINY, 0.0, [0.0] * len(self.porting)
        for line in self.held:
            total += line.power
            parts[line.offer.ecosystem] += line.power
            if line.own:
                own += line.power
        return total, parts, own

    def port(self, services) -> None:
        """Software maturity on each rival of CUDA: own porting work, learning by use, know-how of neighbours."""
        p, on, effort = self.p, self.model.on, self.mix[PORTING]
        self.total, parts, self.own_part = self.compute_parts()
        links, unported, payoff = len(self.neighbours), p.utilisation_train_unported, 0.0
        for ecosystem in range(ROCM, CN_OTHER + 1):
            near = 0.0
            for other in self.neighbours:
                near += other.porting_before[ecosystem] / links
            before = self.porting_before[ecosystem]
            use = parts[ecosystem] / self.total
            gain = porting_gain(
                before, p.porting_rate, p.porting_own, p.porting_network, p.porting_spill * on.knowledge_spillovers,
                effort * on.porting, self.research_input, services.leader_money, use, near,
            )  # fmt: skip
            gain *= self.porting_luck
            self.porting[ecosystem] = min(1.0, before + gain)
            reach = unported + (1.0 - unported) * before
            payoff += use * (1.0 - unported) / reach * gain / max(TINY, 2.0 * effort)
        self.payoff[PORTING] = payoff

    def integrate(self) -> None:
        """Full-stack integration of firms with a chip line of their own."""
        if self.own_vendor is None:
            self.payoff[FULL_STACK] = 0.0
            return
        p, effort, before = self.p, self.mix[FULL_STACK], self.integration
        gain = integration_gain(before, p.full_stack_rate, effort * self.model.on.full_stack)
        self.integration = min(1.0, before + gain)
        unported = p.utilisation_train_unported
        reach = unported + (1.0 - unported) * before
        value = self.own_part / self.total * (1.0 - unported) / reach * gain
        self.payoff[FULL_STACK] = value / max(TINY, 2.0 * effort)

    # --- learn

    def remember_mix(self) -> None:
        """Choices are synchronous."""
        self.mix_before = self.mix

    def learn(self) -> None:
        """Attractions, own choice, imitation of neighbours."""
        self.update_attractions()
        self.choose_mix()

    def update_attractions(self) -> None:
        """Payoffs relative to the firm's mean, those of strategies in use counting fully."""
        p, mean = self.p, 0.0
        for payoff in self.payoff:
            mean += payoff / KINDS
        self.attraction = [
            attraction(before, share, payoff, mean, p.ewa_memory, p.ewa_foregone)
            for before, share, payoff in zip(self.attraction, self.mix_before, self.payoff, strict=True)
        ]

    def choose_mix(self) -> None:
        """Logit over attractions, blended with the neighbours' last mix."""
        p, best = self.p, max(self.attraction)
        scores = [choice(score, best, p.ewa_sharpness) for score in self.attraction]
        total = 0.0
        for score in scores:
            total += score
        imitation, links = p.imitation * self.model.on.imitation, len(self.neighbours)
        mix = []
        for kind, score in enumerate(scores):
            near = 0.0
            for other in self.neighbours:
                near += other.mix_before[kind] / links
            mix.append(mixed(score / total, near, imitation))
        self.mix = mix
