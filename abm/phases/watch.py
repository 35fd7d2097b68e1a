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
    for run in range(LANES):
        watch_evasion(world, step, run)
        watch_sales(world, step, run)
        watch_toolmakers(world, run)


def watch_evasion(state: World, step: int, run: int) -> None:
    """Smuggled chips, and tenants that a cloud rule misses, over the compute that China got."""
    smuggled, rented, every = 0.0, 0.0, 0.0
    for offer in range(state.offer_kind.shape[0]):
        compute = state.sold_china[offer, run] * state.performance[offer, TRAIN, run]
        if state.offer_kind[offer] == RENTAL:
            rented += compute
        elif state.offer_kind[offer] == GREY:
            smuggled += compute
        every += compute
    coverage = cloud_coverage(state, step, False, run)
    seen = evading_share(smuggled, rented, every, coverage, state.parameter[ENFORCEMENT, run])
    state.us_evasion[run] += SMOOTHING * (seen - state.us_evasion[run])


def watch_sales(state: World, step: int, run: int) -> None:
    """What Chinese firms planned to spend and US merchant vendors did not get, over these vendors' revenue."""
    sold, revenue = 0.0, 0.0
    for vendor in range(state.vendor_us.shape[0]):
        sold += state.vendor_merchant[vendor] * state.vendor_revenue_china[vendor, run]
        revenue += state.vendor_merchant[vendor] * state.vendor_revenue[vendor, run]
    planned = state.plan[step, CN] * state.plan_factor[step, CN, run]
    state.us_lost[run] += SMOOTHING * (lost_share(planned, sold, revenue) - state.us_lost[run])


def watch_toolmakers(state: World, run: int) -> None:
    """By jurisdiction: tools that China's lines wanted in its makers' shares of 2020 and did not buy of them."""
    for maker in range(TOOLS_US + 1, state.alignment.shape[0]):
        wanted, sold = 0.0, 0.0
        for line in range(state.line_node.shape[0]):
            for tool in range(state.tool_bank.shape[1]):
                size = state.tool_weight[line, tool] * state.tools_wanted[line, run]
                wanted += state.tool_share[line, maker, tool] * size
                sold += state.tools_sold[line, maker, tool, run]
        lost = lost_share(wanted, sold, wanted)
        state.ally_lost[maker, run] += SMOOTHING * (lost - state.ally_lost[maker, run])
