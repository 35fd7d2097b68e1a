"""Cases of `cases.toml`: what was known of each before, what the law let through, and what came out."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from experiments.reproducing.findings import Floats

FILE = Path(__file__).parent / "cases.toml"
QUARTERS_A_YEAR = 4


@dataclass(frozen=True)
class Case:
    """An export control on one product.

    Attributes
    ----------
    id, name, sender : what it is called, and who controls.
    before, measured : last quarter before the rule; quarter at whose end the share is compared.
    share_before, share_after, after_range : sender's share of imports, and the range of the last.
    open : ranges of the part of usual supply that the law lets through, by quarter; each holds until the next.
    lead, spare : ranges of quarters to build elsewhere, and of capacity elsewhere beyond its sales.
    """

    id: str
    name: str
    sender: str
    before: str
    measured: str
    share_before: float
    share_after: float
    after_range: tuple[float, float]
    open: Mapping[str, tuple[float, float]]
    lead: tuple[float, float]
    spare: tuple[float, float]

    @property
    def quarters(self) -> int:
        """Quarters from the first with the rule to the one that is measured."""
        return number_of(self.measured) - number_of(self.before)

    def drawn(self, luck: Floats) -> tuple[Floats, float, float]:
        """Open part by quarter after `before`, lead and spare, at places in 0..1 of their ranges in this order."""
        starts = [number_of(quarter) - number_of(self.before) - 1 for quarter in self.open]
        levels = [low + luck[0] * (high - low) for low, high in self.open.values()]
        path = np.ones(self.quarters)
        for start, level in zip(starts, levels, strict=True):
            path[start:] = level
        lead, spare = (
            low + place * (high - low) for place, (low, high) in zip(luck[1:], (self.lead, self.spare), strict=True)
        )
        return path, lead, spare


def number_of(quarter: str) -> int:
    """Quarters since year 0; cases begin before the calendar of the model does."""
    year, part = quarter.split("Q")
    return QUARTERS_A_YEAR * int(year) + int(part) - 1


def load_cases() -> tuple[Case, ...]:
    """All cases, in the order of the file."""
    told = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return tuple(_case(name, one) for name, one in told.items())


def _case(name: str, told: Mapping[str, Any]) -> Case:
    return Case(
        name, told["name"], told["sender"], told["last_before"], told["measured"], told["share_before"],
        told["share_after"], tuple(told["share_after_range"]),
        {quarter: tuple(ends) for quarter, ends in told["open"].items()},
        tuple(told["lead_quarters"]), tuple(told["spare"]),
    )  # fmt: skip
