"""What the law denies of tools, service, memory, design software and rented compute: the script's, moved by decisions.

Every reader of these tiers asks here, so that all see the same law (MODEL R2, R3).
"""

from __future__ import annotations

from abm.rules.numbers import larger, smaller
from abm.rules.regulators import allied_denial, tier_denial, tier_open
from abm.state import World
from abm.vocabulary import TOOLS_US


def tool_denial(state: World, step: int, maker: int, tool: int, announced: bool, run: int) -> float:
    """Denied share of a class of tools of a country's makers, in force or as announced."""
    arm = state.arm[run]
    law = state.law_tools_announced[arm, step, maker, tool] if announced else state.law_tools[arm, step, maker, tool]
    kept, follows = state.ally_kept[maker, run], state.ally_follows[maker, run]
    return allied_denial(law, kept, follows, shift_of(state, announced, run))


def shift_of(state: World, announced: bool, run: int) -> float:
    """Denial that US decisions added to every tier."""
    return state.us_shift_known[run] if announced else state.us_shift[run]


def extreme_tiers(state: World, step: int, run: int) -> tuple[float, float]:
    """Smallest and largest denial that the script announces among tiers: beyond them a further step moves nothing."""
    arm = state.arm[run]
    service, software = state.law_service[arm, step], state.law_eda[arm, step]
    memory, cloud = 1.0 - state.law_hbm_announced[arm, step], state.law_cloud_announced[arm, step]
    least = smaller(smaller(service, software), smaller(memory, cloud))
    most = larger(larger(service, software), larger(memory, cloud))
    for tool in range(state.law_tools.shape[3]):
        law = state.law_tools_announced[arm, step, TOOLS_US, tool]
        least, most = smaller(least, law), larger(most, law)
    return least, most


def strictest_tools(state: World, step: int, total: float, announced: bool, run: int) -> float:
    """A sum of denials, and what the strictest seller jurisdiction denies of each class of tools."""
    for tool in range(state.law_tools.shape[3]):
        strictest = 0.0
        for maker in range(state.law_tools.shape[2]):
            strictest = larger(strictest, tool_denial(state, step, maker, tool, announced, run))
        total += strictest
    return total


def memory_open(state: World, step: int, announced: bool, run: int) -> float:
    """Share of HBM that may be sold to China: the US rule binds makers everywhere."""
    arm = state.arm[run]
    law = state.law_hbm_announced[arm, step] if announced else state.law_hbm[arm, step]
    return tier_open(law, shift_of(state, announced, run))


def service_denial(state: World, step: int, run: int) -> float:
    """Denied share of service of installed tools."""
    return tier_denial(state.law_service[state.arm[run], step], state.us_shift[run])


def software_denial(state: World, step: int, run: int) -> float:
    """Design software that US makers may not sell to China, share."""
    return tier_denial(state.law_eda[state.arm[run], step], state.us_shift[run])


def cloud_coverage(state: World, step: int, announced: bool, run: int) -> float:
    """Share of rented compute abroad that Chinese firms may not use."""
    arm = state.arm[run]
    law = state.law_cloud_announced[arm, step] if announced else state.law_cloud[arm, step]
    return tier_denial(law, shift_of(state, announced, run))
