"""What the priors say before any fitting: coverage of every fact to 2024, regimes, prior regions that miss facts.

A prior-predictive check: worlds are drawn from the priors and every observable is held against what was observed.
Nothing is fitted, and nothing after 2024Q4 is looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from abm.backfire import HORIZONS, Comparison, RegimeTable
from abm.calendar import periods_of
from abm.operators import Observed
from abm.results import Results

Floats = NDArray[np.float64]

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Quantiles over worlds: the 90 % band, the 50 % band and the median."""
NEAR = 0.25
"""Share of points that count as near the facts of a statistic."""
TERCILES = 3
STANDARD_ERRORS = 3.5
"""Of a rank correlation, beyond which it is told."""
LEAST_POINTS = 12
"""Parameter points below which no rank correlation is told."""


@dataclass(frozen=True)
class Fact:
    """One observation and where it lies among the worlds.

    Attributes
    ----------
    quantiles : tuple of float
        Of the worlds, at `LEVELS`.
    rank : float
        Share of worlds below the observation, 0 to 1.
    """

    statistic: str
    unit: str
    period: str
    observed: float
    low: float
    high: float
    quantiles: tuple[float, ...]
    rank: float
    worlds: int

    def inside(self, band: float) -> bool:
        """Whether the observation lies inside the central band of the worlds (.5 or .9)."""
        ends = {0.9: (0, 4), 0.5: (1, 3)}[band]
        return self.quantiles[ends[0]] <= self.observed <= self.quantiles[ends[1]]


@dataclass(frozen=True)
class Region:
    """How one parameter tells points near the facts of a statistic from the others.

    Attributes
    ----------
    correlation : float
        Spearman rank correlation of the parameter with the signed miss, over points: above 0, higher values make the
        model exceed the facts.
    difference : float
        Mean of the parameter among near points less that among the others, in standard deviations.
    near : tuple of float
        Share of points near the facts in the lower, middle and upper third of the parameter's draws; `NEAR` if it does
        not matter.
    points : int
    """

    statistic: str
    parameter: str
    correlation: float
    difference: float
    near: tuple[float, ...]
    points: int

    @property
    def clear(self) -> bool:
        """Whether chance alone would give such a correlation to one of some hundred parameters in 20 statistics."""
        return bool(abs(self.correlation) > STANDARD_ERRORS / np.sqrt(self.points))


@dataclass(frozen=True, eq=False)
class Prior:
    """A comparison drawn from the priors, held against the facts."""

    comparison: Comparison

    @property
    def controls(self) -> Results:
        """Worlds with the controls: those that the facts judge."""
        return self.comparison.controls

    @cached_property
    def observed(self) -> dict[str, Observed]:
        """Every statistic with at least one fact, by name."""
        found = {name: self.controls.observe(name) for name in self.controls.observations}
        return {name: one for name, one in found.items() if np.isfinite(one.observed.value).any()}

    @cached_property
    def facts(self) -> tuple[Fact, ...]:
        """Every fact to 2024Q4, by statistic and period."""
        return tuple(fact for one in self.observed.values() for fact in _facts(one))

    @cached_property
    def regimes(self) -> tuple[RegimeTable, ...]:
        """Regime probabilities by horizon."""
        return tuple(self.comparison.regimes(horizon) for horizon in HORIZONS)

    def misses(self, statistic: str) -> Floats:
        """Mean signed miss of a statistic over its facts in every world: ln of model over fact, shape (run,).

        Shares, lags and amounts that may be zero or negative count as they are, over the size of the fact.
        """
        one = self.observed[statistic]
        known = np.isfinite(one.observed.value)
        values, facts = one.values[:, known], one.observed.value[known]
        if np.all(values[np.isfinite(values)] > 0.0) and np.all(facts > 0.0):
            return np.asarray(np.mean(np.log(values / facts), axis=1))
        return np.asarray(np.mean((values - facts) / np.maximum(np.abs(facts), 1.0), axis=1))

    def regions(self, statistic: str) -> tuple[Region, ...]:
        """How every drawn parameter moves a statistic against its facts, the strongest first; over points."""
        miss = _by_point(self.controls, self.misses(statistic))
        known = np.isfinite(miss)
        if known.sum() < LEAST_POINTS:
            return ()
        near = np.abs(miss) <= np.quantile(np.abs(miss[known]), NEAR)
        found = []
        for name, values in self.controls.parameters.items():
            drawn = _by_point(self.controls, values)
            if np.ptp(drawn) > 0.0:
                found.append(_region(statistic, name, drawn[known], miss[known], near[known]))
        return tuple(sorted(found, key=lambda one: (-abs(one.correlation), one.parameter)))

    @property
    def points(self) -> int:
        """Parameter points."""
        return int(np.unique(self.controls.point).size)


def coverage(facts: Sequence[Fact]) -> Iterator[tuple[str, int, int, int, float]]:
    """By statistic: facts, those inside the 50 % and the 90 % band, and the median rank of the facts."""
    for name in dict.fromkeys(fact.statistic for fact in facts):
        mine = [fact for fact in facts if fact.statistic == name]
        inside = [sum(fact.inside(band) for fact in mine) for band in (0.5, 0.9)]
        yield name, len(mine), inside[0], inside[1], float(np.median([fact.rank for fact in mine]))


def _facts(one: Observed) -> Iterator[Fact]:
    for place, period in enumerate(one.periods):
        fact = float(one.observed.value[place])
        values = one.values[:, place]
        known = values[np.isfinite(values)]
        if np.isnan(fact) or not known.size:
            continue
        quantiles = tuple(float(number) for number in np.quantile(known, LEVELS))
        low, high = float(one.observed.low[place]), float(one.observed.high[place])
        rank = float(np.mean(known < fact))
        yield Fact(one.name, one.unit, period, fact, low, high, quantiles, rank, int(known.size))


def _by_point(results: Results, values: Floats) -> Floats:
    """Mean over the replications of each point; NaN where every replication failed."""
    points, place = np.unique(results.point, return_inverse=True)
    known = np.isfinite(values)
    count = np.bincount(place, weights=known, minlength=points.size)
    total = np.bincount(place, weights=np.where(known, values, 0.0), minlength=points.size)
    mean: Floats = np.divide(total, count, out=np.full(points.size, np.nan), where=count > 0)
    return mean


def _region(statistic: str, name: str, drawn: Floats, miss: Floats, near: NDArray[np.bool_]) -> Region:
    spread = float(np.std(drawn))
    difference = float((drawn[near].mean() - drawn[~near].mean()) / spread) if spread > 0.0 else 0.0
    third = np.minimum(ranks(drawn) * TERCILES / drawn.size, TERCILES - 1e-9).astype(np.int64)
    shares = tuple(float(near[third == place].mean()) for place in range(TERCILES) if np.any(third == place))
    return Region(statistic, name, rank_correlation(drawn, miss), difference, shares, int(drawn.size))


def ranks(values: Floats) -> Floats:
    """Ranks from 0, ties at their mean."""
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    return np.asarray((last - (count + 1) / 2.0)[place], dtype=np.float64)


def rank_correlation(one: Floats, other: Floats) -> float:
    """Spearman's rank correlation; 0 where one does not vary."""
    a, b = ranks(one), ranks(other)
    a, b = a - a.mean(), b - b.mean()
    size = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum() / size) if size > 0.0 else 0.0


def middle(period: str) -> float:
    """Middle of a period on the axis of years."""
    span = periods_of(period)
    return 2020.0 + (span[0] + span[-1] + 1) / 8
