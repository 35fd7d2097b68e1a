"""Compute abroad for Chinese tenants: its price, what hosts build, what a cloud rule stops (MODEL 3, R8)."""

from __future__ import annotations

from abm.rules.numbers import clip, larger

TINY = 1e-12
THOUSAND = 1000.0
LEAST_EXPECTED = 0.01
"""Share of orders that firms place in a channel that delivered nothing, so that they notice when it does again."""


def rental_rate(owning: float, life: float, margin: float) -> float:
    """Thousand USD to rent a chip for a quarter: the host's cost of owning it over its life, and a margin (MODEL R8).

    `owning` is the cost of ownership abroad, thousand USD; `life` the quarters over which a chip is written off.
    """
    return owning / life * (1.0 + margin)


def tenant_capacity(used: float, attrition: float, share: float, planned: float, price: float) -> float:
    """Thousand chips that hosts keep for Chinese tenants: what those used, less wear, and a share of what China plans.

    `planned` USD bn of accelerators a quarter, `price` thousand USD a chip (USD bn x 1000 / thousand USD = thousand
    chips). MODEL 3: offshore compute is a share of the flow onshore.
    """
    return (1.0 - attrition) * used + share * THOUSAND * planned / price


def expected_fill(supply: float, wanted: float) -> float:
    """Share of orders in a scarce channel, grey or rental, that firms expect to be filled: last quarter's (MODEL R8).

    Both in thousand chips; `wanted` is what they would have ordered without knowing that supply is short.
    """
    return clip(supply / larger(wanted, TINY), LEAST_EXPECTED, 1.0)


def tenancy_open(coverage: float, enforcement: float) -> float:
    """Share of rented compute that a cloud rule leaves: what it does not cover and what hides from it (MODEL 3)."""
    return 1.0 - coverage * enforcement
