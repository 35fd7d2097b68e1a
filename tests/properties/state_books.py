"""Public money and the rules of states worked out again: who answers, who is paid, and no more than a ceiling."""

from __future__ import annotations

import numpy as np
from balance import TINY, at_most, close

from abm.vocabulary import (
    AI_CN,
    AI_OTHER,
    CN,
    DOMESTIC_NEST,
    FOREIGN,
    GOV_CN,
    GOV_US,
    LISTED,
    MOBILISATION,
    NODES,
    OUTSIDE,
    PRIVATE,
    STATE,
    SUBSIDY,
    SW_COUNTER_CONTROLS,
    SW_IMPORT_GATE,
    SW_MANDATE,
    SW_MOBILISATION,
    SW_SUBSIDY,
    TAX_AND_BONDS,
    US,
    VENDORS_CN,
)

LADDER = (STATE, LISTED, PRIVATE)


def granted(f):
    """Public money of each AI firm: (firm, run)."""
    return f.now.mobilised[f.now.bloc] * f.now.plan_now


def price_support(f):
    """What buyers in China do not pay of the price of Chinese chips, USD bn, and what the state pays of it."""
    home = f.nest == DOMESTIC_NEST
    less = f.now.price_support * (f.home * f.now.price_china)[home].sum(axis=0) / 1000.0
    return less, np.minimum(less, np.maximum(f.now.subsidy - f.now.tool_grant.sum(axis=0), 0.0))


def pay_public(f, pay, levy):
    """Rows of public money in the flow matrix; treasuries keep no cash."""
    fund = f.now.law_subsidy[f.arm, f.step]
    tools, (_, support) = f.now.tool_grant.sum(axis=0), price_support(f)
    pay(SUBSIDY, GOV_CN, NODES, tools + fund)
    pay(SUBSIDY, GOV_CN, VENDORS_CN, support)
    firms = granted(f)
    chinese, american = firms[f.cn].sum(axis=0), firms[f.us].sum(axis=0)
    pay(MOBILISATION, GOV_CN, AI_CN, chinese)
    pay(MOBILISATION, GOV_US, AI_OTHER, american)
    pay(TAX_AND_BONDS, GOV_US, OUTSIDE, levy - american)
    pay(TAX_AND_BONDS, OUTSIDE, GOV_CN, tools + fund + support + chinese)


def treasuries(f):
    """Totals grow by what was paid and stay below the ceilings; all that is mobilised reaches firms."""
    now, was, p = f.now, f.was, f.p
    paid = now.tool_grant.sum(axis=0) + price_support(f)[1]
    close("subsidies paid", now.subsidy_paid, paid, step=f.step)
    at_most("subsidies paid", now.subsidy_paid, now.subsidy, step=f.step)
    close("subsidies so far", now.subsidy_total, was.subsidy_total + paid, step=f.step)
    close("mobilised so far", now.mobilised_total, was.mobilised_total + now.mobilised, step=f.step)
    at_most("China's ceiling", now.mobilised_total[CN] + now.subsidy_total, p["mobilisation_ceiling_cn"], step=f.step)
    at_most("US ceiling", now.mobilised_total[US], p["mobilisation_ceiling_us"], step=f.step)
    for bloc, mine in ((CN, f.cn), (US, f.us)):
        close("mobilised for firms", now.mobilised[bloc], granted(f)[mine].sum(axis=0), step=f.step)


def answers(f):
    """Nothing is answered without stringency, readiness, a response and its switch; else as far as they go."""
    now, p, was = f.now, f.p, f.was
    effect = np.clip(now.readiness / p["readiness_threshold"] - 1.0, 0.0, 1.0)
    felt = was.stringency_smooth * effect
    ruled, gated = now.law_china_rule[f.arm, f.step], now.law_gate_rule[f.arm, f.step]
    withheld = ruled * now.switch[SW_COUNTER_CONTROLS] * p["counter_control_response"] * felt
    close("minerals withheld", now.counter_control, withheld, step=f.step)
    ordered = ruled * now.switch[SW_MANDATE] * p["mandate_response"] * felt
    closed = gated * now.switch[SW_IMPORT_GATE] * p["gate_response"] * felt
    for place, buyer in enumerate(LADDER):
        floor, shut = (np.clip(3.0 * np.minimum(one, 1.0) - place, 0.0, 1.0) for one in (ordered, closed))
        script = now.law_mandate[f.arm, f.step, buyer]
        close("mandate", now.mandate[buyer], np.maximum(script, floor), step=f.step)
        close("gate", now.gate[buyer], np.minimum(now.law_gate[f.arm, f.step, buyer], 1.0 - shut), step=f.step)
    close("gate abroad", now.gate[FOREIGN], now.law_gate[f.arm, f.step, FOREIGN], step=f.step)
    most = now.switch[SW_SUBSIDY] * p["subsidy_response"] * felt
    at_most("subsidies set aside", now.subsidy, most + TINY, step=f.step)
    plan = now.plan[f.step][:, None] * now.plan_factor[f.step]
    mobile = now.switch[SW_MOBILISATION]
    at_most("mobilised in China", now.mobilised[CN], mobile * p["mobilisation_cn"] * was.stringency_smooth * plan[CN])
    short = np.clip((p["us_target_lead"] - was.lead) / 6.0, 0.0, 1.0) * (f.step > 0)
    at_most("mobilised in the US", now.mobilised[US], mobile * p["mobilisation_us"] * short * plan[US], step=f.step)
