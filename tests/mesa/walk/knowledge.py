"""What an AI firm makes of chips and money: compute, capability, software, strategy (`earn`, `research`, `learn`)."""

from __future__ import annotations

from abm.draws import stream, uniform
from abm.rules.ai_firm import (
    compute_shortage,
    distilled,
    efficiency_gain,
    induced_progress,
    integration_gain,
    largest_run,
    market_weight,
    own_stack_orders,
    porting_gain,
    research_budget,
    serving_gain,
)
from abm.rules.learning import attraction, best_reply, choice, mixed, random_weight, replicated
from abm.rules.numbers import LOWEST, exp, log
from abm.vocabulary import (
    BEST_REPLY,
    CN_OTHER,
    EFFICIENCY,
    EWA,
    FIXED,
    FULL_STACK,
    PORTING,
    RANDOM_MIX,
    REPLICATOR,
    RING,
    ROCM,
    SERVE,
    TRAIN,
)

TINY = 1e-12
LINE = 0
RUNG = 4.0
KINDS = 3
LEAST_AHEAD, MOST_AHEAD = -4.0, 50.0
CHANCE = stream("random_mix")


class Researcher:
    """The part of an AI firm that computes, serves, researches and learns."""

    # --- earn

    def use_compute(self, step: int, price_growth: float) -> None:
        """Useful training and serving compute, and what the plan would have bought at reference prices."""
        p, train, serve = self.p, 0.0, 0.0
        for line in self.held:
            use_train, use_serve = line.used
            free = 1.0  # a host does not use what it lets
            if line.offer.index == LINE:
                free = 1.0 - min(1.0, self.lent / (line.deployed[TRAIN] + line.deployed[SERVE] + TINY))
            train += line.deployed[TRAIN] * line.mean[TRAIN] * use_train * free
            serve += line.deployed[SERVE] * line.mean[SERVE] * use_serve * free
        for line in self.lines:
            if line.offer.let:
                train += line.delivered[TRAIN] * line.offer.performance[TRAIN]
                serve += line.delivered[SERVE] * line.offer.performance[SERVE]
        busy = p.utilisation_state if self.state_owned else p.utilisation_platform
        self.training, self.serving = busy * train, busy * serve
        share = p.largest_run_share
        before = share * self.training if step == 0 else self.run_compute
        self.run_compute = largest_run(share, self.training, before)
        model, bloc = self.model, self.bloc
        planned = model.plan[step][bloc] * self.plan_now * model.plan_factor[step][bloc]
        bought = 1000.0 * planned / p.reference_price * price_growth
        self.reference_compute = (1.0 - p.attrition) * self.reference_compute + bought

    def run_best(self) -> None:
        """The best run so far."""
        working = 0.0
        if self.run_compute > 0.0:
            working = log(self.run_compute + TINY) + self.algorithm[TRAIN]
        self.trained = max(working, self.trained)

    def distil(self, step: int) -> None:
        """Capability is that of the best model: the firm's own, or one trained on the answers of a better one."""
        p, services, best = self.p, self.model.services, max(self.trained, self.capability)
        if self.present(step) and self.trained > 0.0:
            discount = p.distillation_discount / p.capability_elasticity
            slot, served, tokens = (step - int(p.distillation_lag)) % RING, self.served, p.distillation_tokens
            for is_open, blocs in ((True, services.shown_open), (False, services.shown_closed)):
                for bloc, shown in enumerate(blocs):
                    access = 1.0 if is_open else services.open_across(bloc != self.bloc)
                    access *= self.model.on.distillation
                    best = max(distilled(self.trained, shown[slot], discount, access, served, tokens), best)
        self.capability = best

    def firm_weight(self, step: int, expected: float, growth: float) -> float:
        """Attraction of the firm in its market; also sets what share of needed tokens it serves."""
        p = self.p
        serving_share = 1.0 - self.training_share
        need = serving_share * p.utilisation_platform * self.reference_compute * growth * self.model.chance.jump
        offered = self.serving * exp(self.algorithm[SERVE])
        self.served = offered / (need + TINY)
        ahead = 0.0
        if self.capability > 0.0:
            ahead = p.capability_elasticity * (self.capability - expected)
            ahead = min(MOST_AHEAD, max(LEAST_AHEAD, ahead))
        service = self.served if need > 0.0 else 1.0
        size = RUNG * self.plan_now
        return market_weight(size, p.capability_value, ahead, p.service_value, service)

    # --- research

    def remember(self) -> None:
        """Decisions are synchronous: all firms see the knowledge of the start of the phase."""
        self.algorithm_before = self.algorithm[TRAIN]
        self.porting_before = self.porting[:]

    def research(self, step: int) -> None:
        """Spend, improve, port and integrate; software decides what share of hardware is used from now on."""
        services = self.model.services
        self.spend()
        self.improve(services, step)
        total, parts, own_part = self.compute_parts()
        self.port(services, step, total, parts)
        self.integrate(total, own_part)
        self.find_use()

    def spend(self) -> None:
        """Research money; part of the money that found no chips goes into ideas."""
        p = self.p
        diverted = p.shortage_to_research * self.model.on.shortage_to_research
        self.research_money = research_budget(p.rd_intensity, self.budget, self.unspent, diverted)
        self.diverted = self.research_money - p.rd_intensity * self.budget
        # researchers cost less in China
        self.research_input = self.research_money * (p.research_purchasing_power if self.chinese else 1.0)

    def improve(self, services, step: int) -> None:
        """Algorithmic efficiency for training and serving: own research, then what spills over."""
        p, on, share = self.p, self.model.on, self.mix[EFFICIENCY]
        own = on.efficiency * efficiency_gain(
            p.algorithmic_progress * exp(self.idea) * self.induced(), share, self.research_input, services.leader_money,
            self.training, services.leader_compute, p.research_elasticity, p.compute_in_research,
        )  # fmt: skip
        self.ideas = own
        spill = p.diffusion * on.knowledge_spillovers * services.best_knowledge(self, step)
        self.algorithm[TRAIN] += own + spill
        self.algorithm[SERVE] += serving_gain(
            p.serving_efficiency_growth, own / p.algorithmic_progress, step, self.algorithm[SERVE],
            p.serving_diffusion * on.knowledge_spillovers * services.open_across(self.chinese),
        )  # fmt: skip
        self.payoff[EFFICIENCY] = p.research_elasticity * own / max(TINY, share)

    def induced(self) -> float:
        """What a lack of training compute does to ideas."""
        p = self.p
        busy = p.utilisation_state if self.state_owned else p.utilisation_platform
        planned = self.training_share * busy * self.reference_compute
        return induced_progress(p.induced_innovation, compute_shortage(self.training, planned))

    def compute_parts(self) -> tuple[float, list[float], float]:
        """Deployed training compute: all, by ecosystem, and on chips of the firm's stack."""
        total, own, parts = TINY, 0.0, [0.0] * len(self.porting)
        for line in self.every:
            power = line.deployed[TRAIN] * line.mean[TRAIN]
            total += power
            if line.held:
                parts[line.offer.ecosystem] += power
                if line.stack:
                    own += power
        return total, parts, own

    def port(self, services, step: int, total: float, parts: list[float]) -> None:
        """Software maturity on each rival of CUDA: own porting work, learning by use, know-how of neighbours."""
        p, on, share = self.p, self.model.on, self.mix[PORTING]
        near = self.neighbours_mean("porting_before", step)
        network, spill = p.porting_network * on.network_effects, p.porting_spill * on.knowledge_spillovers
        unported, effort, payoff = p.utilisation_train_unported, share * on.porting, 0.0
        for ecosystem in range(ROCM, CN_OTHER + 1):
            before, use = self.porting_before[ecosystem], parts[ecosystem] / total
            gain = self.porting_luck * porting_gain(
                before, p.porting_rate, p.porting_own, network, spill, effort, self.research_input,
                services.leader_money, use, near[ecosystem],
            )  # fmt: skip
            self.porting[ecosystem] = min(1.0, before + gain)
            # what comes from use and from others comes without effort
            own = self.porting_luck * porting_gain(
                before, p.porting_rate, p.porting_own, 0.0, 0.0, effort, self.research_input, services.leader_money,
                0.0, 0.0,
            )  # fmt: skip
            reach = unported + (1.0 - unported) * before
            payoff += use * (1.0 - unported) / reach * own / max(TINY, 2.0 * share)
        self.payoff[PORTING] = payoff

    def neighbours_mean(self, name: str, step: int) -> list[float]:
        """Means of a list that the neighbours which exist have; zeros if there are none."""
        seen = [getattr(one, name) for one in self.neighbours if one.present(step)]
        means = []
        for place in range(len(getattr(self, name))):
            total = 0.0
            for values in seen:
                total += values[place]
            means.append(total / max(1.0, float(len(seen))))
        return means

    def integrate(self, total: float, own_part: float) -> None:
        """Full-stack integration on the line of the firm's own vendor, or more slowly on that of a partner."""
        vendor = self.stack_vendor
        if vendor is None:
            self.payoff[FULL_STACK] = 0.0
            return
        p, share, before, offer = self.p, self.mix[FULL_STACK], self.integration, vendor.line
        owner = vendor is self.own_vendor
        pace = p.full_stack_rate * (1.0 if owner else p.partner_stack)
        gain = integration_gain(before, pace, share * self.model.on.full_stack)
        self.integration = min(1.0, before + gain)
        unported, value = p.utilisation_train_unported, 0.0
        if before > self.porting[offer.ecosystem]:  # software runs at the better of porting and integration
            value = own_part / total * (1.0 - unported) / (unported + (1.0 - unported) * before)
        if owner:
            value += self.bought_cheaper(offer, total)
        self.payoff[FULL_STACK] = gain * value / max(TINY, 2.0 * share)
        planned = own_stack_orders(before, self.budget, offer.paying[self.side])
        self.own_plan = 0.0 if offer.design is None else planned

    def bought_cheaper(self, offer, total: float) -> float:
        """ln training compute that full integration gives as own chips come without the vendor's margin."""
        power = self.line_of(offer).delivered[TRAIN] * offer.performance[TRAIN]
        margin = max(0.0, offer.paying[self.side] - offer.unit_cost)
        saved = margin * (1.0 + self.p.server_share) / offer.owning[self.side]
        return power * saved / total

    # --- learn

    def remember_mix(self) -> None:
        """Choices are synchronous."""
        self.mix_before = self.mix

    def learn(self, step: int) -> None:
        """Attractions, own choice, imitation of neighbours; firms to come keep their first mix."""
        if self.alive[step] > 0.0:
            self.update_attractions()
            if self.model.learning_rule != FIXED:
                self.imitate(self.choose(step), step)

    def update_attractions(self) -> None:
        """Payoffs relative to the firm's mean, those of strategies in use counting fully."""
        p, mean = self.p, 0.0
        for payoff in self.payoff:
            mean += payoff / KINDS
        self.attraction = [
            attraction(before, share, payoff, mean, p.ewa_memory, p.ewa_foregone)
            for before, share, payoff in zip(self.attraction, self.mix_before, self.payoff, strict=True)
        ]

    def choose(self, step: int) -> list[float]:
        """Shares of research by the rule of the run, not yet normalised."""
        p, payoffs, before = self.p, self.payoff, self.mix_before
        rule = self.model.learning_rule
        if rule == EWA:
            best = max(self.attraction)
            return [choice(score, best, p.ewa_sharpness) for score in self.attraction]
        if rule == REPLICATOR:
            mean = 0.0
            for share, payoff in zip(before, payoffs, strict=True):
                mean += share * payoff
            return [replicated(share, pay, mean, p.ewa_memory) for share, pay in zip(before, payoffs, strict=True)]
        if rule == BEST_REPLY:
            return [
                best_reply(pay, max([LOWEST, *payoffs[:kind]]), max([LOWEST, *payoffs[kind + 1 :]]))
                for kind, pay in enumerate(payoffs)
            ]
        assert rule == RANDOM_MIX
        chance, slot = self.model.chance, self.index * KINDS
        draws = (uniform(chance.seed, CHANCE, chance.world_id, step, slot + kind) for kind in range(KINDS))
        return [random_weight(draw) for draw in draws]

    def imitate(self, scores: list[float], step: int) -> None:
        """Own shares, blended with the last mix of the neighbours that exist."""
        total = 0.0
        for score in scores:
            total += score
        near = self.neighbours_mean("mix_before", step)
        seen = any(one.present(step) for one in self.neighbours)
        imitation = self.p.imitation * self.model.on.imitation if seen else 0.0
        self.mix = [mixed(score / total, other, imitation) for score, other in zip(scores, near, strict=True)]
