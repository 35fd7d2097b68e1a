"""Compute abroad for Chinese tenants: its price, what hosts build, what a cloud rule stops (MODEL 3, R8)."""

from __future__ import annotations

THOUSAND = 1000.0


def rental_rate(owning: float, life: float, margin: float) -> float:
    """Thousand USD to rent a chip for a quarter: the host's cost of owning it over its life, and a margin (MODEL R8).

    `owning` is the cost of ownership abroad, thousand USD; `life` the quarters over which a chip is written off.
    """
    return owning / life * (1.0 + margin)


def tenant_capacity(capacity: float, attrition: float, share: float, planned: float, price: float) -> float:
    """Thousand chips that hosts have built for Chinese tenants: what is left of it and a share of what China plans.

    `planned` USD bn of accelerators a quarter, `price` thousand USD a chip (USD bn x 1000 / thousand USD = thousand
    chips). MODEL 3: offshore compute is a share of the flow onshore.
    """
    return (1.0 - attrition) * capacity + share * THOUSAND * planned / price


def tenancy_open(coverage: float, enforcement: float) -> float:
    """Share of rented compute that a cloud rule leaves: what it does not cover and what hides from it (MODEL 3)."""
    return 1.0 - coverage * enforcement
