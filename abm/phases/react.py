"""States answer what they saw last quarter: China's subsidies, mandate, gate, counter-controls; mobilisation (R4)."""

from __future__ import annotations

from abm.parameter_index import (
    COUNTER_CONTROL_RESPONSE,
    GATE_RESPONSE,
    MANDATE_RESPONSE,
    MOBILISATION_CEILING_CN,
    MOBILISATION_CEILING_US,
    MOBILISATION_CN,
    MOBILISATION_US,
    READINESS_THRESHOLD,
    SUBSIDY_FOR_TOOLS,
    SUBSIDY_RESPONSE,
    TRAINING_MONEY_SHARE,
    US_TARGET_LEAD,
)
from abm.phases.procure import find_use
from abm.rules.industrial_policy import (
    ladder_share,
    lead_alarm,
    public_money,
    readiness_effect,
    seen_readiness,
    state_answer,
    support_rate,
)
from abm.rules.numbers import larger, select, smaller
from abm.series import at
from abm.state import World
from abm.vocabulary import (
    CN,
    DOMESTIC_NEST,
    LISTED,
    PRIVATE,
    ROW,
    STATE,
    SW_COUNTER_CONTROLS,
    SW_IMPORT_GATE,
    SW_MANDATE,
    SW_MOBILISATION,
    SW_SUBSIDY,
    TRAIN,
)

LANES = 32
TINY = 1e-12
SMOOTHING = 0.25
"""Weight of a quarter in what the state has seen, as in the stringency that it feels (MODEL R1)."""
RUNGS = 3.0
"""Classes of buyers in China, to which answers apply one after the other: state buyers, listed firms, private firms."""
BUDGETS, HOME_SALES = at("budget_cn"), at("domestic_value")


def react(world: World, step: int) -> None:
    """China weighs last quarter and sets its rules and subsidies; both blocs may mobilise their AI firms."""
    see_readiness(world, step)
    for run in range(LANES):
        effect = readiness_effect(world.readiness[run], world.parameter[READINESS_THRESHOLD, run])
        set_buyers(world, step, effect, run)
        ruled = world.law_china_rule[world.arm[run], step]
        world.counter_control[run] = ruled * answer(world, COUNTER_CONTROL_RESPONSE, SW_COUNTER_CONTROLS, effect, run)
        subsidise(world, step, effect, run)
    for bloc in range(ROW):
        for run in range(LANES):
            mobilise(world, step, bloc, run)


def see_readiness(state: World, step: int) -> None:
    """What the state has seen of its chip makers, last quarter's sales and use included."""
    if step == 0:
        return
    for run in range(LANES):
        state.best[run] = 0.0
    for offer in range(state.offer_kind.shape[0]):
        if state.offer_nest[offer] == DOMESTIC_NEST:
            find_usefulness(state, offer)
            for run in range(LANES):
                useful = select(state.design[offer, run] >= 0, state.total[run], 0.0)
                state.best[run] = larger(state.best[run], useful)
    for run in range(LANES):
        supplied = state.record[HOME_SALES, step - 1, run] / (state.record[BUDGETS, step - 1, run] + TINY)
        seen = seen_readiness(supplied, state.best[run])
        state.readiness[run] += SMOOTHING * (seen - state.readiness[run])


def find_usefulness(state: World, offer: int) -> None:
    """Performance per dollar of a line in Chinese users' hands over that of the best US line, into `state.total`."""
    for run in range(LANES):
        state.total[run] = 0.0
    for workload in range(2):
        for firm in state.firms:
            if state.bloc[firm] != CN or state.available[firm, offer] == 0.0:
                continue
            find_use(state, firm, offer, workload)
            for run in range(LANES):
                train = state.parameter[TRAINING_MONEY_SHARE, run]
                weight = state.plan_now[firm, run] * select(workload == TRAIN, train, 1.0 - train)
                each = state.performance[offer, workload, run] / larger(state.owning[0, offer, run], TINY)
                each /= larger(state.reference[0, workload, run], TINY)
                state.total[run] += weight * state.used[run] * each


def answer(state: World, response: int, switch: int, effect: float, run: int) -> float:
    """China's answer of one kind to the stringency that it feels; `response` and `switch` are rows."""
    strength = state.switch[switch, run] * state.parameter[response, run]
    return state_answer(strength, state.stringency_smooth[run], effect)


def set_buyers(state: World, step: int, effect: float, run: int) -> None:
    """Mandate and import gate by class of buyers: the script's, and from its end on what the state answers."""
    arm = state.arm[run]
    ordered = state.law_china_rule[arm, step] * answer(state, MANDATE_RESPONSE, SW_MANDATE, effect, run)
    closed = state.law_gate_rule[arm, step] * answer(state, GATE_RESPONSE, SW_IMPORT_GATE, effect, run)
    for buyer in range(state.gate.shape[0]):
        place = rung(buyer)
        shut = 1.0 - ladder_share(closed, place, RUNGS)
        floor = ladder_share(ordered, place, RUNGS)
        state.mandate[buyer, run] = larger(state.law_mandate[arm, step, buyer], floor)
        state.gate[buyer, run] = smaller(state.law_gate[arm, step, buyer], shut)
        state.gate_known[buyer, run] = smaller(state.law_gate_announced[arm, step, buyer], shut)


def rung(buyer: int) -> float:
    """Place of a class of buyers on the ladder; buyers abroad stand beyond its end."""
    home = select(buyer == STATE, 0.0, select(buyer == LISTED, 1.0, 2.0))
    return select(buyer in (STATE, LISTED, PRIVATE), home, RUNGS)


def subsidise(state: World, step: int, effect: float, run: int) -> None:
    """Subsidies of the quarter: grants for tools by the tools that lines have, the rest supports prices of chips."""
    strength = state.switch[SW_SUBSIDY, run] * state.parameter[SUBSIDY_RESPONSE, run]
    given = state.mobilised_total[CN, run] + state.subsidy_total[run]
    ceiling = state.parameter[MOBILISATION_CEILING_CN, run]
    money = public_money(strength, state.stringency_smooth[run], effect, ceiling, given)
    for_tools = money * state.parameter[SUBSIDY_FOR_TOOLS, run]
    tools = 0.0
    for line in range(state.line_node.shape[0]):
        tools += state.node_tools[state.line_node[line], run]
    for line in range(state.line_node.shape[0]):
        part = state.node_tools[state.line_node[line], run] / larger(tools, TINY)
        state.tool_grant[line, run] = part * for_tools
    sales = state.record[HOME_SALES, step - 1, run] if step > 0 else 0.0
    state.subsidy[run] = money
    state.price_support[run] = support_rate(money - for_tools, sales)


def mobilise(state: World, step: int, bloc: int, run: int) -> None:
    """Public money for AI firms by one rule: China by the stringency that it feels, the US by a lead that is short."""
    chinese = bloc == CN
    response = select(chinese, state.parameter[MOBILISATION_CN, run], state.parameter[MOBILISATION_US, run])
    limits = state.parameter[MOBILISATION_CEILING_CN, run], state.parameter[MOBILISATION_CEILING_US, run]
    ceiling = select(chinese, limits[0], limits[1])
    # before the first quarter no lead has been measured
    alarm = select(step > 0, lead_alarm(state.parameter[US_TARGET_LEAD, run], state.lead[run]), 0.0)
    given = state.mobilised_total[bloc, run]
    # China's subsidies come out of the same purse, those of this quarter first
    given += select(chinese, state.subsidy_total[run] + state.subsidy[run], 0.0)
    money = public_money(
        state.switch[SW_MOBILISATION, run] * response,
        select(chinese, state.stringency_smooth[run], alarm),
        state.plan[step, bloc] * state.plan_factor[step, bloc, run],
        ceiling,
        given,
    )
    state.mobilised[bloc, run] = money
    state.mobilised_total[bloc, run] += money
