"""Scores of single observations brought together: of a series, and of the pool of all series."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from experiments.validation.forecasts import NAIVE
from experiments.validation.scores import DieboldMariano, diebold_mariano, inside
from experiments.validation.validation import NO_ADAPTATION, Scored

type Floats = NDArray[np.float64]

NAMES = (*NAIVE, NO_ADAPTATION)
"""The naive forecasts, in the order in which they are told."""


@dataclass(frozen=True)
class Summary:
    """Scores over observations; None where there is none to tell.

    Attributes
    ----------
    crps, bias : over the spread of each series; mean score, and mean of median forecast less observation.
    crps_in_unit : mean score in the unit of the series; None for the pool.
    coverage_50, coverage_90 : share of observations inside the central bands.
    sign : share of observations on that side of the last known value where the median forecast lies.
    mape : mean absolute error of the median forecast over the observation, percent, of positive observations.
    naive : CRPS of every naive forecast, over the spread of each series.
    tests : Diebold-Mariano tests of the model against every naive forecast; below zero the model is better.
    """

    n: int
    weight: float
    crps: float | None
    crps_in_unit: float | None
    coverage_50: float | None
    coverage_90: float | None
    bias: float | None
    sign: float | None
    mape: float | None
    naive: dict[str, float | None]
    tests: dict[str, DieboldMariano]


def pooled_summary(pool: Sequence[Scored]) -> Summary:
    """Scores of the pool, weighed."""
    return _summary(pool, np.array([one.weight for one in pool]), None)


def series_summary(scored: Sequence[Scored]) -> Summary:
    """Scores of one series, each observation counting alike."""
    ones = np.ones(len(scored))
    return _summary(scored, ones, _mean([one.crps for one in scored], ones))


def _summary(scored: Sequence[Scored], weights: Floats, in_unit: float | None) -> Summary:
    scaled = [one.crps / one.spread for one in scored]
    naive = {name: [one.naive.get(name, np.nan) / one.spread for one in scored] for name in NAMES}
    steps = [one.observation.span[-1] for one in scored]
    return Summary(
        n=len(scored),
        weight=float(weights.sum()),
        crps=_mean(scaled, weights),
        crps_in_unit=in_unit,
        coverage_50=_mean([float(inside(one.rank, 0.5)) for one in scored], weights),
        coverage_90=_mean([float(inside(one.rank, 0.9)) for one in scored], weights),
        bias=_mean([(one.median - one.observation.value) / one.spread for one in scored], weights),
        sign=_mean([_sign(one) for one in scored], weights),
        mape=_mean([_percent_error(one) for one in scored], weights),
        naive={name: _mean(found, weights) for name, found in naive.items()},
        tests={name: _test(np.subtract(scaled, found), steps, weights) for name, found in naive.items()},
    )


def _sign(one: Scored) -> float:
    """1 if forecast and observation lie on one side of the last known value, 0 if not; NaN if the observation is it."""
    change = one.observation.value - one.last
    return float(change * (one.median - one.last) > 0.0) if change != 0.0 and np.isfinite(change) else float("nan")


def _percent_error(one: Scored) -> float:
    value = one.observation.value
    return 100.0 * abs(one.median - value) / value if value > 0.0 else float("nan")


def _test(differences: Floats, steps: Sequence[int], weights: Floats) -> DieboldMariano:
    """Test over time: the weighted mean difference of all observations whose period ends with a quarter."""
    known = np.isfinite(differences)
    at = np.asarray(steps)[known]
    means = [
        float(np.average(differences[known][at == step], weights=weights[known][at == step])) for step in np.unique(at)
    ]
    return diebold_mariano(means)


def _mean(values: Iterable[float], weights: Floats) -> float | None:
    """Weighted mean of the values that there are; None if there is none."""
    found = np.asarray(list(values), dtype=np.float64)
    known = ~np.isnan(found)
    return float(np.average(found[known], weights=weights[known])) if known.any() else None
