"""Washington's reviews and its allies' answers once the script has ended (phases `decide` and `watch`)."""

from __future__ import annotations

from abm.draws import stream, uniform
from abm.rules.chips import quality
from abm.rules.numbers import clip, exp
from abm.rules.regulators import (
    chosen_step,
    effective_alignment,
    evading_share,
    lost_share,
    moved_ratio,
    next_alignment,
    notice_quarters,
    taste,
    tightening_score,
)
from abm.vocabulary import CN, COMPLIANCE, FRONTIER, GREY, PRIVATE, RENTAL, SERVE, TOOLS_JP, TOOLS_NL, TOOLS_US, TRAIN

LEAD_NOISE, OPTION, NOTICE = stream("us_lead_noise"), stream("us_option"), stream("us_notice")
ROUNDING, LEAST_RATIO, SMOOTHING = 1e-9, 1e-3, 0.25
ALLIES = (TOOLS_NL, TOOLS_JP)


class Washington:
    """Decides every few quarters by the lead, evasion, lost sales and counter-controls that it sees."""

    def __init__(self, model, law) -> None:
        self.model, self.p, self.law = model, model.p, law
        self.lead_seen = self.evasion = self.lost = self.score = self.step = self.review = self.due = 0.0
        self.wait = self.news = self.start = self.best = self.reach = self.shift = self.shift_known = 0.0
        self.ratio = self.ratio_known = self.ratio_before = 1.0
        self.quality: dict = {}
        self.design = None

    def rules(self, step: int) -> bool:
        """Whether it decides in this quarter."""
        return self.law.us_rule[step] > 0.0 and self.model.on.us_rule > 0.0

    def govern(self, regulator, step: int) -> None:
        """What was announced comes due, and every few quarters there is a review."""
        self.rate(step)
        if self.start == 0.0:
            self.start = max(LEAST_RATIO, regulator.relative * self.reach / self.best)
            self.ratio = self.ratio_known = self.start
            self.due = float(step)
        self.ratio_before = self.ratio
        if self.wait > 0.0:
            self.wait -= 1.0
            if self.wait == 0.0:
                self.enforce()
        self.lead_seen = self.model.gap.lead_before + self.p.us_lead_noise * self.model.chance.normal(
            LEAD_NOISE, step, 0
        )
        if step >= self.due:
            self.decide(step)
        each = self.best / max(LEAST_RATIO, self.reach)
        most = max(1.0, self.start)
        regulator.relative, regulator.relative_known = min(most, self.ratio) * each, min(most, self.ratio_known) * each

    def rate(self, step: int) -> None:
        """Performance of US lines on sale, of the best frontier line, and of the best design the script admits."""
        weight, self.best = self.p.training_money_share, 0.0
        for offer in self.model.offers:
            if offer.design is not None and offer.kind in (FRONTIER, COMPLIANCE):
                worth = quality(offer.performance[TRAIN], offer.performance[SERVE], weight)
                self.quality[offer] = worth
                if offer.kind == FRONTIER:
                    self.best = max(worth, self.best)
        for design in self.law.candidate[step]:
            worth = quality(design.train, design.serve, weight)
            if self.law.open[step][design.index][PRIVATE] > 0.0 and worth > self.reach:
                self.reach, self.design = worth, design

    def enforce(self) -> None:
        """The announced threshold and denial bind."""
        self.ratio, self.shift = self.ratio_known, self.shift_known

    def luck(self, number: int, step: int, slot: int) -> float:
        """A uniform draw of this world."""
        chance = self.model.chance
        return uniform(chance.seed, number, chance.world_id, step, slot)

    def decide(self, step: int) -> None:
        """Tighten, hold or loosen; a change is announced at once and binds after its notice."""
        p = self.p
        self.due += p.us_review_quarters
        self.review = 1.0
        self.score = tightening_score(
            self.lead_seen, p.us_target_lead, self.evasion, self.lost, self.model.states.counter_control,
            p.us_weight_security, p.us_weight_evasion, p.us_weight_lobby, p.us_weight_retaliation,
        )  # fmt: skip
        tastes = [taste(self.luck(OPTION, step, option)) for option in range(3)]
        self.step = chosen_step(self.score, p.us_persistence, *tastes)
        if self.step:
            most = 1.0 if self.start < 1.0 else self.start * exp(p.us_threshold_step)
            self.ratio_known = moved_ratio(self.ratio_known, self.step, p.us_threshold_step, most)
            law = self.law
            tiers = [
                law.service[step], law.eda[step], 1.0 - law.hbm_announced[step], law.cloud_announced[step],
                *law.tools_announced[step][TOOLS_US],
            ]  # fmt: skip
            self.shift_known = clip(self.shift_known + self.step * p.us_tier_step, -max(tiers), 1.0 - min(tiers))
            self.news = 1.0
            self.wait = notice_quarters(self.luck(NOTICE, step, 0), p.us_notice)
            if self.wait == 0.0:
                self.enforce()

    def under(self, offer, ratio: float) -> bool:
        """Whether a line is not above a threshold."""
        return self.quality.get(offer, 0.0) <= ratio * self.best * (1.0 + ROUNDING)

    def admitted(self, law: float, offer, buyer: int, ratio: float) -> float:
        """Share of a line's sales that is legal at a threshold, by what the script admits."""
        if self.start == 0.0 or offer.kind not in (FRONTIER, COMPLIANCE):
            return law
        under = self.under(offer, ratio)
        if offer.kind == COMPLIANCE:
            return law if under else 0.0
        if law > 0.0:
            return law if under or ratio >= self.start * (1.0 - ROUNDING) else 0.0
        allowed = self.design is not None and self.law.open[-1][self.design.index][buyer] > 0.0
        return 1.0 if under and allowed and ratio > self.start * (1.0 + ROUNDING) else 0.0

    def watch(self, step: int) -> None:
        """Averages of evasion and of lost sales."""
        smuggled = rented = every = 0.0
        for offer in self.model.offers:
            compute = offer.sold_china * offer.performance[TRAIN]
            if offer.kind == RENTAL:
                rented += compute
            elif offer.kind == GREY:
                smuggled += compute
            every += compute
        coverage = self.law.cloud_coverage(step)
        seen = evading_share(smuggled, rented, every, coverage, self.p.enforcement)
        self.evasion += SMOOTHING * (seen - self.evasion)
        sold = revenue = 0.0
        for vendor in self.model.vendors:
            if vendor.merchant:
                sold += vendor.revenue_china
                revenue += vendor.revenue
        planned = self.model.plan[step][CN] * self.model.plan_factor[step][CN]
        self.lost += SMOOTHING * (lost_share(planned, sold, revenue) - self.lost)


class Allies:
    """How far the US (first), the Netherlands and Japan follow US rules."""

    def __init__(self, model, law) -> None:
        self.model, self.p, self.law = model, model.p, law
        self.alignment = [1.0, self.p.ally_alignment_nl, self.p.ally_alignment_jp]
        self.follows = [effective_alignment(one, self.p.fdpr_reach) for one in self.alignment]
        self.kept, self.lost = [1.0] * len(self.follows), [0.0] * len(self.follows)

    def answer(self, pressure: float) -> None:
        """Move towards what pressure, lost sales and the other ally call for."""
        p, before = self.p, list(self.alignment)
        every = before[TOOLS_NL] + before[TOOLS_JP]
        for ally in ALLIES:
            self.alignment[ally] = next_alignment(
                before[ally], pressure, self.lost[ally], every - before[ally], p.ally_base,
                p.ally_by_pressure, p.ally_by_loss, p.ally_by_peers, p.ally_pace,
            )  # fmt: skip
            now = effective_alignment(self.alignment[ally], p.fdpr_reach)
            self.kept[ally] *= now / self.follows[ally]
            self.follows[ally] = now

    def watch(self) -> None:
        """Share of the tools that Chinese lines wanted of their makers and did not buy, averaged."""
        for ally in ALLIES:
            wanted = sold = 0.0
            for line in self.model.lines:
                for tool, weight in enumerate(line.tool_weight):
                    wanted += line.maker_share[ally][tool] * (weight * line.tools_wanted)
                    sold += line.tools_sold[ally][tool]
            self.lost[ally] += SMOOTHING * (lost_share(wanted, sold, wanted) - self.lost[ally])
