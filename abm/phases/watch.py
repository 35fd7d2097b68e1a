"""What governments will have seen of the quarter: compute that evades the law, sales that rules cost (MODEL R2, R3)."""

from __future__ import annotations

from abm.parameter_index import ENFORCEMENT
from abm.phases.lead import measure_lead
from abm.phases.observe_politics import observe_politics
from abm.phases.tiers import cloud_coverage
from abm.rules.regulators import evading_share, lost_share
from abm.state import World
from abm.vocabulary import CN, GREY, RENTAL, TOOLS_US, TRAIN

LANES = 32
SMOOTHING = 0.25
"""Weight of the last quarter in what governments see: averages over about four."""


def watch(world: World, step: int) -> None:
    """Record what governments decided; then the lead, evasion and lost sales that they see when they decide again."""
    observe_politics(world, step)
    measure_lead(world, step)
    watch_evasion(world, step)
    watch_sales(world, step)
    watch_toolmakers(world)


def watch_evasion(state: World, step: int) -> None:
    """Smuggled chips, and tenants that a cloud rule misses, over the compute that China got."""
    for run in range(LANES):
        state.total[run], state.sum_us[run], state.sum_home[run] = 0.0, 0.0, 0.0
    for offer in range(state.offer_kind.shape[0]):
        grey = 1.0 if state.offer_kind[offer] == GREY else 0.0
        let = 1.0 if state.offer_kind[offer] == RENTAL else 0.0
        for run in range(LANES):
            compute = state.sold_china[offer, run] * state.performance[offer, TRAIN, run]
            state.sum_us[run] += grey * compute
            state.sum_home[run] += let * compute
            state.total[run] += compute
    for run in range(LANES):
        coverage = cloud_coverage(state, step, False, run)
        smuggled, rented, caught = state.sum_us[run], state.sum_home[run], state.parameter[ENFORCEMENT, run]
        seen = evading_share(smuggled, rented, state.total[run], coverage, caught)
        state.us_evasion[run] += SMOOTHING * (seen - state.us_evasion[run])


def watch_sales(state: World, step: int) -> None:
    """What Chinese firms planned to spend and US merchant vendors did not get, over these vendors' revenue."""
    for run in range(LANES):
        state.total[run], state.sum_us[run] = 0.0, 0.0
    for vendor in range(state.vendor_us.shape[0]):
        for run in range(LANES):
            state.sum_us[run] += state.vendor_merchant[vendor] * state.vendor_revenue_china[vendor, run]
            state.total[run] += state.vendor_merchant[vendor] * state.vendor_revenue[vendor, run]
    for run in range(LANES):
        planned = state.plan[step, CN] * state.plan_factor[step, CN, run]
        lost = lost_share(planned, state.sum_us[run], state.total[run])
        state.us_lost[run] += SMOOTHING * (lost - state.us_lost[run])


def watch_toolmakers(state: World) -> None:
    """By jurisdiction: tools that China's lines wanted in its makers' shares of 2020 and did not buy of them."""
    for maker in range(TOOLS_US + 1, state.alignment.shape[0]):
        for run in range(LANES):
            state.total[run], state.sum_us[run] = 0.0, 0.0
        for line in range(state.line_node.shape[0]):
            for tool in range(state.tool_bank.shape[1]):
                share, weight = state.tool_share[line, maker, tool], state.tool_weight[line, tool]
                for run in range(LANES):
                    state.total[run] += share * (weight * state.tools_wanted[line, run])
                    state.sum_us[run] += state.tools_sold[line, maker, tool, run]
        for run in range(LANES):
            lost = lost_share(state.total[run], state.sum_us[run], state.total[run])
            state.ally_lost[maker, run] += SMOOTHING * (lost - state.ally_lost[maker, run])
