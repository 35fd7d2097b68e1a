"""Tables that a comparison gives: regimes with intervals, who moves when bands move, time to backfire (MODEL 9).

Nothing here says "backfires" without a horizon, a probability, an interval and the number of runs.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from abm.calendar import quarter_label
from abm.intervals import Shares, Survival, Waiting
from abm.outcomes import Floats
from abm.regimes import Codes
from abm.results import UnknownNameError, horizon_step
from abm.schema import nearest


@dataclass(frozen=True)
class RegimeRow:
    """Probability of one regime at a horizon, with its 90 % interval."""

    regime: str
    probability: float
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class RegimeTable:
    """Probabilities of the eleven regimes and of `undefined` at one horizon.

    Attributes
    ----------
    bands : float
        Factor on the bands.
    codes : (run,)
        Regime of each pair as a place in `names`; -1 for pairs with a failed run, which count nowhere else.
    shares : Shares
        Probabilities and intervals by place in `names`, with the counts below.
    failed : int
        Pairs left out because a run failed.
    decoupling_rests_on : str
        What the second sign of the partition is made of.
    """

    scenario: str
    counterfactual: str
    horizon: str
    bands: float
    names: tuple[str, ...]
    codes: Codes
    shares: Shares
    failed: int
    decoupling_rests_on: str

    @property
    def runs(self) -> int:
        """Pairs counted."""
        return self.shares.runs

    @property
    def points(self) -> int:
        """Independent groups of pairs: parameter points, or pairs where all have the same parameters."""
        return self.shares.clusters

    @property
    def effective(self) -> float:
        """Number of independent pairs worth as much."""
        return self.shares.effective

    @property
    def mixed(self) -> int:
        """Points whose pairs fall into more than one regime; many call for more replications a point."""
        return self.shares.mixed

    @cached_property
    def rows(self) -> tuple[RegimeRow, ...]:
        """One row per regime, `undefined` last."""
        columns = zip(self.names, self.shares.probability, self.shares.low, self.shares.high, strict=True)
        return tuple(RegimeRow(name, float(p), float(low), float(high)) for name, p, low, high in columns)

    def __getitem__(self, regime: str) -> RegimeRow:
        """Row of a regime; UnknownNameError names the nearest one."""
        if regime not in self.names:
            raise UnknownNameError(f"regime {regime!r} is unknown{nearest(str(regime), self.names)}")
        return self.rows[self.names.index(regime)]


@dataclass(frozen=True, eq=False)
class Reclassification:
    """How regimes move when all bands are halved or doubled.

    Attributes
    ----------
    factors : tuple of float
    tables : tuple of RegimeTable
        One per factor.
    changed : (factor,)
        Share of pairs whose regime differs from that under the bands as they are.
    moves : (factor, regime, regime)
        Pairs by regime under the bands as they are (rows) and under the factor (columns).
    """

    horizon: str
    factors: tuple[float, ...]
    names: tuple[str, ...]
    tables: tuple[RegimeTable, ...]
    changed: Floats
    moves: Codes


@dataclass(frozen=True, eq=False)
class Backfire:
    """When an effect passes its band on the bad side and stays there for four quarters, over pairs.

    `waiting.quarter` is censored where it has not happened by the last quarter from which four can be seen.
    """

    dimension: str
    band: float
    waiting: Waiting
    groups: Codes

    @cached_property
    def survival(self) -> Survival:
        """Share of pairs without a backfire by quarter (Kaplan-Meier), with 90 % interval over points and counts."""
        return self.waiting.curve(self.groups)

    @property
    def quarters(self) -> tuple[str, ...]:
        """Labels of the steps of `survival`."""
        return tuple(quarter_label(int(step)) for step in self.survival.steps)

    def surviving(self, horizon: int | str) -> tuple[float, float, float]:
        """Share of pairs without a backfire by a horizon, and its 90 % interval; the last known beyond the record."""
        if not self.survival.steps.size:
            return (np.nan, np.nan, np.nan)
        place = min(horizon_step(horizon), int(self.survival.steps[-1]))
        curve = self.survival
        return float(curve.alive[place]), float(curve.low[place]), float(curve.high[place])

    @property
    def median(self) -> str | None:
        """Quarter by which it has happened in half of the pairs (Kaplan-Meier), None if that lies beyond the record."""
        step = self.waiting.median()
        return None if step is None else quarter_label(step)

    @property
    def probability(self) -> float:
        """Share of pairs in which it happens within the record."""
        return self.waiting.share


@dataclass(frozen=True)
class SummaryRow:
    """One line of the summary: an effect at a horizon over pairs, and the median level in each arm.

    `n` counts pairs with a value, `failed` those left out because a run failed, `censored` those that are bounds.
    """

    horizon: str
    effect: str
    unit: str
    median: float
    low: float
    high: float
    controls: float
    counterfactual: float
    n: int
    failed: int
    censored: int
