"""How Washington and its allies decide once they answer what they see instead of a script (MODEL R2, R3)."""

from __future__ import annotations

from abm.rules.numbers import clip, exp, larger, log, logistic, select, smaller

TINY = 1e-12
LEAD_UNIT = 6.0
"""Months of lead missing or to spare that count as one (MODEL R2)."""
LEAD_LIMIT = 2.0
"""Units of lead beyond which more moves no regulator (MODEL R2)."""
SHARE_UNIT = 0.1
"""Share of China's compute that evades, or of revenue that is lost, that counts as one (MODEL R2)."""


def tightening_score(
    lead: float, target: float, evasion: float, lost: float, counter: float,
    security: float, policing: float, lobby: float, retaliation: float,
) -> float:  # fmt: skip
    """What speaks for tighter rules: a lead short of its target and evasion, less lost sales and counter-controls.

    `lead` and `target` in months; `evasion` is a share of China's compute, `lost` one of vendors' revenue, `counter`
    0 to 1; then the weights of the four (MODEL R2).
    """
    short = clip((target - lead) / LEAD_UNIT, -LEAD_LIMIT, LEAD_LIMIT)
    against = lobby * lost / SHARE_UNIT + retaliation * counter
    return security * short + policing * evasion / SHARE_UNIT - against


def taste(luck: float) -> float:
    """Gumbel part of an option's appeal, from a uniform number: choices are then a logit (MODEL R2)."""
    return -log(-log(luck))


def chosen_step(score: float, persistence: float, tighten: float, hold: float, loosen: float) -> float:
    """1 tightens, 0 holds, −1 loosens: the option with the highest appeal (MODEL R2).

    To tighten is worth the score, to loosen its negative less `persistence`: rules are harder to undo than to make.
    The last three are the options' Gumbel parts.
    """
    up, down = score + tighten, -score - persistence + loosen
    return select(up > hold and up >= down, 1.0, select(down > hold, -1.0, 0.0))


def moved_ratio(ratio: float, step: float, size: float, most: float) -> float:
    """Threshold over the best US line after a step of `size` in logarithms; at `most` that line is free (MODEL R2)."""
    return smaller(ratio * exp(-step * size), most)


def notice_quarters(luck: float, longest: float) -> float:
    """Whole quarters from a decision to its effect, 0 to `longest` equally likely; `luck` is uniform (MODEL R2)."""
    return float(int(luck * (longest + 1.0)))


def evading_share(smuggled: float, rented: float, every: float, coverage: float, enforcement: float) -> float:
    """Share of the compute that China gets which evades the law: smuggled chips and tenants a cloud rule misses.

    `smuggled`, `rented` and `every` in thousand A100. Of what a rule covers, 1 less `enforcement` stays in use, so
    of what is still rented the part below is hidden; without a cloud rule all rent is legal (MODEL 3, R2).
    """
    hidden = coverage * (1.0 - enforcement)
    open_part = 1.0 - coverage * enforcement
    return (smuggled + rented * hidden / larger(open_part, TINY)) / larger(every, TINY)


def lost_share(planned: float, sold: float, revenue: float) -> float:
    """Share of revenue that rules cost sellers: what buyers in China planned to spend less what they bought (MODEL R2).

    All in USD bn a quarter, `revenue` that of the world; never negative.
    """
    return larger(planned - sold, 0.0) / larger(revenue, TINY)


def tier_denial(law: float, shift: float) -> float:
    """Denied share of a tier: what the script left and the steps since, 0 to 1 (MODEL R2)."""
    return clip(law + shift, 0.0, 1.0)


def tier_open(law: float, shift: float) -> float:
    """The same for a tier whose law says what is open: a tightening closes it, 0 to 1 (MODEL R2)."""
    return clip(law - shift, 0.0, 1.0)


def effective_alignment(alignment: float, reach: float) -> float:
    """How far a jurisdiction's sellers follow US rules: by its own law, or as far as US law reaches them (MODEL 3)."""
    return larger(alignment, reach)


def allied_denial(law: float, kept: float, follows: float, shift: float) -> float:
    """Denied share of a class of a country's tools (MODEL 3, R2, R3).

    A country's own law is worth what its makers follow now over what they did at the hand-over, `kept`; steps of the
    US since then reach them as far as they follow. At the hand-over it is the law of the script.
    """
    return clip(law * kept + follows * shift, 0.0, 1.0)


def next_alignment(
    alignment: float, pressure: float, lost: float, peers: float,
    base: float, by_pressure: float, by_loss: float, by_peers: float, pace: float,
) -> float:  # fmt: skip
    """An ally's alignment moves a part of the way to what pressure, lost revenue and its peers call for (MODEL R3).

    `pressure` is the last US step, −1 to 1; `lost` the share of its toolmakers' possible sales to China that rules
    deny; `peers` the mean alignment of the others.
    """
    called_for = logistic(base + by_pressure * pressure - by_loss * lost + by_peers * peers)
    return alignment + pace * (called_for - alignment)
