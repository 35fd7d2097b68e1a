"""Which parameter decides whether a claim holds: worlds where it is low against worlds where it is high."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from experiments.reproducing.findings import Floats, Integers, Worlds

FEWEST_POINTS = 24
"""Parameter points below which no parameter is named."""
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Deciding:
    """Share of worlds in which a claim holds, where a parameter is in its lowest and in its highest third.

    Attributes
    ----------
    parameter : str
    low, high : shares in the lowest and the highest third of points.
    below, above : ends of the middle third, in the parameter's unit.
    tried : parameters that were compared; the difference is beyond what chance gives among all of them (Sidak).
    """

    parameter: str
    low: float
    high: float
    below: float
    above: float
    tried: int

    @property
    def name(self) -> str:
        """The parameter for readers."""
        return self.parameter.replace("china_", "China's ").replace("_", " ")

    @property
    def text(self) -> str:
        """The finding in words."""
        return (
            f"{self.name}: {100 * self.low:.0f} % of worlds where it is below {self.below:.3g}, "
            f"{100 * self.high:.0f} % where it is above {self.above:.3g}"
        )


def deciding(worlds: Worlds) -> Deciding | None:
    """The parameter whose thirds differ most, if that is beyond chance; None if no parameter stands out."""
    points, place = np.unique(worlds.point[worlds.known], return_inverse=True)
    if points.size < FEWEST_POINTS:
        return None
    shares = _means(worlds.holds[worlds.known].astype(np.float64), place)
    if np.ptp(shares) == 0.0:
        return None
    columns = {name: _means(values[worlds.known], place) for name, values in worlds.parameters.items()}
    varied = {name: column for name, column in columns.items() if np.ptp(column) > 0.0}
    found = sorted(
        (one for name, column in varied.items() if (one := _thirds(name, column, shares, len(varied))) is not None),
        key=lambda one: one[0],
    )
    if not found or found[0][0] >= 1.0 - CONFIDENCE ** (1.0 / len(varied)):
        return None
    return found[0][1]


def _means(values: Floats, place: Integers) -> Floats:
    """Mean over the worlds of each point."""
    total = np.bincount(place, weights=values)
    found: Floats = total / np.bincount(place)
    return found


def _thirds(name: str, column: Floats, shares: Floats, tried: int) -> tuple[float, Deciding] | None:
    """Chance of a difference as large (Welch's t test), and what it is between; None if a third is empty."""
    below, above = np.quantile(column, [1.0 / 3.0, 2.0 / 3.0])
    low, high = shares[column <= below], shares[column >= above]
    if min(low.size, high.size) < FEWEST_POINTS // 4 or above <= below:
        return None
    if np.ptp(low) == 0.0 and np.ptp(high) == 0.0:
        chance = 0.0 if low[0] != high[0] else 1.0
    else:
        ends = [(one.mean(), one.std(ddof=1), one.size) for one in (low, high)]
        chance = float(stats.ttest_ind_from_stats(*ends[0], *ends[1], equal_var=False).pvalue)
    return chance, Deciding(name, float(low.mean()), float(high.mean()), float(below), float(above), tried)
