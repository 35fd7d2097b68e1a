"""Decisions of supply nodes: suppliers that replace each other, tool banks, credit (MODEL 3, R7, R9)."""

from __future__ import annotations

from abm.rules.numbers import exp, larger, log, select, smaller

TINY = 1e-12
"""Share, amount or money below which nothing is told apart."""


def ces_part(amount: float, share: float, substitution: float) -> float:
    """A supplier's term in the CES of its tier; `share` is its usual part of what the tier makes (MODEL 3)."""
    power = (substitution - 1.0) / substitution
    return share * exp(power * log(larger(amount / larger(share, TINY), TINY)))


def ces_whole(total: float, substitution: float) -> float:
    """What a tier delivers, from the sum of its terms; with usual shares it is the plain sum of amounts (MODEL 3)."""
    return exp(substitution / (substitution - 1.0) * log(larger(total, TINY)))


def tier_limit(available: float, each: float, plan: float) -> float:
    """Packages that a tier's inputs allow, `each` a package; a tier that no package needs sets no limit (MODEL 3)."""
    return select(each > 0.0, available / larger(each, TINY), plan)


def bank_target(cover: float, need: float, lost: float) -> float:
    """Tools to hold, USD bn: quarters of need in the share of a class that a known rule will take away (MODEL R9)."""
    return cover * need * larger(lost, 0.0)


def bank_draw(placed: float, on_sale: float, held: float, target: float) -> float:
    """Tools taken out of the bank, USD bn: what sellers deny, else what is held beyond the target (MODEL R9)."""
    missing = placed - on_sale
    return smaller(select(missing > 0.0, missing, smaller(larger(held - target, 0.0), placed)), held)


def affordable_share(wanted: float, cash: float, credit_room: float) -> float:
    """Share of tools for the bank that cash and credit pay (MODEL R9)."""
    return smaller((larger(cash, 0.0) + larger(credit_room, 0.0)) / larger(wanted, TINY), 1.0)


def credit_drawn(cash: float, credit: float, limit: float) -> float:
    """Debt taken up (or, if negative, paid back) by a node with `cash` left after its bills, USD bn (MODEL R9)."""
    return select(cash < 0.0, smaller(-cash, larger(limit - credit, 0.0)), -smaller(cash, credit))


def tool_position(tools: float, needed: float) -> float:
    """Share of a planned output for which a line has the tools (MODEL R7)."""
    return smaller(tools / larger(needed, TINY), 1.0)


def software_part(share: float, chinese: float, home: float, barred: float) -> float:
    """A maker's part of a customer's design software: what US rules bar, Chinese makers sell instead (MODEL 3).

    `chinese` is 1 for a Chinese maker and `home` the share of all of them; without one, nothing replaces the others.
    """
    lost = select(home > 0.0, barred, 0.0)
    own = share + share / larger(home, TINY) * lost * (1.0 - home)
    return select(chinese > 0.0, own, share * (1.0 - lost))
