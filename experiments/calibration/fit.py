"""How runs fit the facts: every target with the interval of the runs and its miss, in tolerances."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from experiments.calibration.targets import NORMAL_90, Target

Floats = NDArray[np.float64]

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
BILLING = "NVDA_CHINA_REV_BILL"
FIRST_BILLED = "2022Q4"
"""First quarter of NVIDIA's billing in China after the first rule."""
AFTER_RULE = ("2023Q2", "2023Q3", "2023Q4", "2024Q1", "2024Q2")
"""Quarters around the rule of October 2023, among which billing has its trough."""


@dataclass(frozen=True)
class FitRow:
    """One fact against runs.

    Attributes
    ----------
    quantiles : of the runs at `LEVELS`, in the unit of the series.
    miss : median of the runs less the fact, in tolerances on the scale of the fit; within -1 to 1 is inside.
    """

    target: Target
    quantiles: tuple[float, ...]
    miss: float

    @property
    def median(self) -> float:
        """Median of the runs."""
        return self.quantiles[2]

    @property
    def inside(self) -> bool:
        """Whether the median lies within the tolerance."""
        return abs(self.miss) <= 1.0

    @property
    def verdict(self) -> str:
        """fit, miss, or a miss by more than twice the tolerance."""
        return "fit" if self.inside else "miss" if abs(self.miss) <= 2.0 else "miss, over twice"

    def covered(self, share: float) -> bool:
        """Whether the fact lies in the central 50 % (.5) or 90 % (.9) of the runs."""
        low, high = {0.5: (1, 3), 0.9: (0, 4)}[share]
        return self.quantiles[low] <= self.target.observed <= self.quantiles[high]


@dataclass(frozen=True)
class Fit:
    """All facts against runs."""

    rows: tuple[FitRow, ...]
    runs: int

    @property
    def inside(self) -> int:
        """Facts whose tolerance holds the median."""
        return sum(row.inside for row in self.rows)

    @property
    def far(self) -> tuple[FitRow, ...]:
        """Facts missed by more than twice their tolerance, the worst first."""
        return tuple(sorted((row for row in self.rows if abs(row.miss) > 2.0), key=lambda row: -abs(row.miss)))

    def billing_error(self) -> float:
        """Mean absolute percentage error of the median of NVIDIA's billing in China from 2022Q4 on, share."""
        mine = [row for row in self.rows if row.target.series == BILLING and row.target.period >= FIRST_BILLED]
        return float(np.mean([abs(row.median / row.target.observed - 1.0) for row in mine]))

    def troughs(self) -> tuple[str, str]:
        """Quarter of the least billing around the rule of October 2023: of the median and as it was."""
        mine = [row for row in self.rows if row.target.series == BILLING and row.target.period in AFTER_RULE]
        least = min(mine, key=lambda row: row.median), min(mine, key=lambda row: row.target.observed)
        return least[0].target.period, least[1].target.period

    def by_group(self) -> Iterator[tuple[str, int, int, int]]:
        """Group, its facts, those inside the tolerance, those inside the 90 % band of the runs."""
        for group in dict.fromkeys(row.target.group for row in self.rows):
            mine = [row for row in self.rows if row.target.group == group]
            yield group, len(mine), sum(row.inside for row in mine), sum(row.covered(0.9) for row in mine)


def fit_from(targets: Sequence[Target], statistics: Floats) -> Fit:
    """Hold statistics of runs, on the scale of the fit (run, fact), against the facts; failed runs do not count."""
    known = np.isfinite(statistics).all(axis=1)
    quantiles = np.quantile(statistics[known], LEVELS, axis=0)
    rows = [
        FitRow(
            one,
            tuple(float(value) for value in one.own_scale(quantiles[:, place])),
            float((quantiles[2, place] - one.value) / (NORMAL_90 * one.sd)),
        )
        for place, one in enumerate(targets)
    ]
    return Fit(tuple(rows), int(known.sum()))
