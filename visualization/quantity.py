"""Numbers of a chart: one quantity in both arms over its periods, with the observations it is held against."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from abm.backfire import Comparison
from abm.calendar import periods_of
from abm.operators import OPERATORS
from abm.results import Results
from visualization.specs import LEVERAGE, Chart, chart

type Floats = NDArray[np.float64]
type Bools = NDArray[np.bool_]

FISCAL_SHIFT = 1.0 / 3.0
"""Quarters by which NVIDIA's fiscal quarters lie after the calendar quarters of the same label."""


@dataclass(frozen=True)
class Dot:
    """One observation: middle of its period in quarters (0 is that of 2020Q1), value, range where there is one."""

    at: float
    period: str
    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True, eq=False)
class Measured:
    """A quantity in both arms.

    Attributes
    ----------
    periods : labels such as "2024Q3" or "2024".
    at : (period,)
        Their middles in quarters; 0 is the middle of 2020Q1.
    values : (arm, run, period)
        With the controls, then without, in the unit of the chart; NaN in pairs of which a run failed.
    observed : tuple of Dot
        Through 2024Q4.
    """

    periods: tuple[str, ...]
    at: Floats
    values: Floats
    observed: tuple[Dot, ...] = ()


def measure(pair: Comparison, names: Sequence[str], run: int | None = None) -> dict[str, Measured]:
    """Numbers of charts by their ids; of leverage only the horizons at which it was measured.

    Parameters
    ----------
    run : place of one pair, for its numbers alone; all pairs by default.
    """
    chosen = slice(None) if run is None else slice(run, run + 1)
    both = both_arms(pair, chosen)
    return {name: _measured(pair, chart(name), both, chosen) for name in names}


def both_arms(pair: Comparison, chosen: slice = slice(None)) -> Results:
    """The runs with the controls and, behind them, those without, as one ensemble."""
    arms = pair.controls, pair.counterfactual

    def joined(name: str) -> Any:
        return np.concatenate([getattr(one, name)[..., chosen] for one in arms], axis=-1)

    names = ("world", "record", "firm_record", "failed_quarter", "failed_law")
    parameters = {
        name: np.concatenate([one.parameters[name][chosen] for one in arms]) for name in pair.controls.parameters
    }
    same = {name: getattr(pair.controls, name) for name in ("scenario", "seed", "replications", "firms", "designs")}
    return Results(parameters=parameters, **same, **{name: joined(name) for name in names})


def _measured(pair: Comparison, about: Chart, both: Results, chosen: slice) -> Measured:
    ok = pair.arms.ok[chosen]
    if about.quantity == LEVERAGE:
        steps = sorted(pair.measured)
        levels = [pair.measured[step].level()[:, chosen] for step in steps]
        values = np.stack(levels, axis=2) if levels else np.zeros((2, ok.size, 0))
        periods = tuple(pair.measured[step].quarter for step in steps)
        return Measured(periods, np.asarray(steps, dtype=np.float64), _usable(values * about.factor, ok))
    if about.quantity in OPERATORS:
        return _statistic(about, both, ok)
    values = both[about.quantity].values.reshape(2, ok.size, -1)
    return Measured(both.quarters, np.arange(values.shape[2], dtype=np.float64), _usable(values * about.factor, ok))


def _usable(values: Floats, ok: Bools) -> Floats:
    """NaN in pairs of which a run failed, and where a value has no bounds; values are (arm, run, period)."""
    return np.where(ok[None, :, None] & np.isfinite(values), values, np.nan)


def _statistic(about: Chart, both: Results, ok: Bools) -> Measured:
    """An operator over its usual periods; half years stand among years for the data's sake alone and are left out."""
    seen = both.observe(about.quantity)
    usual, shift = usual_periods(seen.periods), FISCAL_SHIFT if OPERATORS[about.quantity].fiscal else 0.0
    at = {period: middle(period) + shift for period in seen.periods}
    values = seen.values[:, usual].reshape(2, ok.size, -1) * about.factor
    evidence = seen.observed
    dots = tuple(
        Dot(
            at[seen.periods[place]],
            seen.periods[place],
            float(evidence.value[place]) * about.factor,
            _known(evidence.low[place] * about.factor),
            _known(evidence.high[place] * about.factor),
        )
        for place in usual
        if np.isfinite(evidence.value[place])
    )
    periods = tuple(seen.periods[place] for place in usual)
    return Measured(periods, np.asarray([at[period] for period in periods]), _usable(values, ok), dots)


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


@lru_cache(maxsize=64)
def usual_periods(periods: tuple[str, ...]) -> tuple[int, ...]:
    """Places of the periods of the most frequent length."""
    lengths = [len(periods_of(period)) for period in periods]
    usual = max(sorted(lengths), key=lengths.count)
    return tuple(place for place, length in enumerate(lengths) if length == usual)


def middle(period: str) -> float:
    """Middle of a period in quarters: 0 for 2020Q1, 17.5 for 2024."""
    span = periods_of(period)
    return (span[0] + span[-1]) / 2.0
