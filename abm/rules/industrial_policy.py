"""Decisions of states about money and markets: China's answers to controls, mobilisation in both blocs (MODEL R4)."""

from __future__ import annotations

from abm.rules.numbers import clip, larger, smaller

TINY = 1e-12
ALARM = 6.0
"""Months by which a lead falls short of its target when the alarm is full (MODEL R4)."""


def seen_readiness(supplied: float, usefulness: float) -> float:
    """What a state sees of its chip makers, 0-1: chips that are not there or not used do not count (MODEL R4).

    `supplied` is the value of home chips over accelerator budgets, `usefulness` the performance per dollar of the best
    home line in users' hands over that of the best US line.
    """
    return clip(smaller(supplied, usefulness), 0.0, 1.0)


def readiness_effect(readiness: float, threshold: float) -> float:
    """Strength of a state's answers, 0-1: none up to the threshold, full from twice the threshold on (MODEL R4)."""
    return clip(readiness / threshold - 1.0, 0.0, 1.0)


def state_answer(response: float, stringency: float, effect: float) -> float:
    """A state's answer to what others deny it: none without denial and none before readiness (MODEL R4)."""
    return response * stringency * effect


def ladder_share(answer: float, place: float, rungs: float) -> float:
    """Share of an answer that reaches a class of buyers: each rung is full before the next begins (MODEL R4)."""
    return clip(rungs * smaller(answer, 1.0) - place, 0.0, 1.0)


def minerals_left(dependence: float, withheld: float) -> float:
    """Share of planned packages for which the world has minerals while China withholds a share (MODEL 3, R4)."""
    return 1.0 - dependence * withheld


def dearer_inputs(cost: float, rise: float, withheld: float) -> float:
    """Cost of a package made outside China, thousand USD, while it withholds a share of its minerals (MODEL R4)."""
    return cost * (1.0 + rise * withheld)


def minerals_moved(share: float, chinese: float, home: float, withheld: float) -> float:
    """Change of a maker's part in materials sold abroad: what Chinese makers withhold, others sell (MODEL 3, R4).

    `chinese` is 1 for a Chinese maker and `home` the share of all of them.
    """
    lost = withheld * share
    won = withheld * home * share / larger(1.0 - home, TINY)
    return won - chinese * (won + lost)


def lead_alarm(target: float, lead: float) -> float:
    """How far a lead in months falls short of what a state aims at, 0-1 (MODEL R4)."""
    return clip((target - lead) / ALARM, 0.0, 1.0)


def public_money(response: float, trigger: float, base: float, ceiling: float, spent: float) -> float:
    """USD bn that a state gives this quarter: its response to the trigger on a base, within its ceiling (MODEL R4)."""
    return smaller(response * trigger * base, larger(ceiling - spent, 0.0))


def support_rate(money: float, sales: float) -> float:
    """Share of the price that the state pays so that its money goes if buyers spend as before: at most half (R4)."""
    most = smaller(money, sales)
    return most / larger(most + sales, TINY)


def mobilised_budget(budget: float, public: float, crowding_out: float) -> float:
    """A firm's budget with public money, of which a part takes the place of its own, USD bn (MODEL R4)."""
    return budget - smaller(crowding_out * public, budget) + public
