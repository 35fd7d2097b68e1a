"""Naive forecasts of a series from its own past alone, each a distribution, so that scores compare.

Each works on the scale on which changes of the series add up (logarithms of amounts, log odds of shares) with normal
errors there. A series with fewer than three known values borrows its pace, the standard deviation of a change over a
quarter, from the median of the others (`history.borrowed`).

last_value
    The last known value; a random walk: the standard deviation grows with the square root of the quarters ahead.
log_linear_trend
    Least squares of the logarithm on time through all known values (shares too, capped at 100 %; amounts that are not
    all positive: a straight line), with the standard error of a new observation. Fewer than three values, or values of
    less than a year, show no trend: the last one stands.
logistic_share
    For shares least squares of the log odds on time, spread as before. Amounts have no known ceiling: the growth of
    their trend fades by a tenth a quarter from the last value on, as growth on an S-curve does (damped trend, Gardner
    and McKenzie 1985), spread as a random walk about that trend.

The fourth naive forecast, the model with all adaptation of firms switched off, is an ensemble (`validation`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from experiments.validation.history import LEAST_VALUES, LOG, LOGIT, PLAIN, Borrowed, History, Scale, pace

type Floats = NDArray[np.float64]

LEVELS = 499
"""Quantiles that stand for a distribution."""
LEAST_QUARTERS = 4.0
"""Quarters that values must span to show a trend: less may be the season."""
DAMPING = 0.9
"""What is left of the growth of an amount a quarter later."""
_NORMAL = ndtri((np.arange(LEVELS) + 0.5) / LEVELS)


@dataclass(frozen=True, eq=False)
class Forecast:
    """A forecast distribution.

    Attributes
    ----------
    point : its median.
    quantiles : (level,)
        At (i + 1/2) / `LEVELS`.
    """

    point: float
    quantiles: Floats


@dataclass(frozen=True, eq=False)
class _Line:
    """Least squares of values on time, with the standard error of a new observation."""

    slope: float
    middle: float
    mean: float
    residual: float
    width: float
    n: int

    def at(self, time: float) -> float:
        return self.mean + self.slope * (time - self.middle)

    def error(self, time: float) -> float:
        return self.residual * float(np.sqrt(1.0 + 1.0 / self.n + (time - self.middle) ** 2 / self.width))


def naive_forecasts(past: History, period: str, others: Borrowed) -> dict[str, Forecast]:
    """Every naive forecast of a period by name, from a past with at least one value for periods as long."""
    return {name: make(past, past.time(period), others) for name, make in NAIVE.items()}


def last_value(past: History, time: float, others: Borrowed) -> Forecast:
    """The last known value, spread as a random walk."""
    values = past.scale.forward(past.values)
    return _normal(past, past.scale, float(values[-1]), _walk(past, past.scale, time, others))


def log_linear_trend(past: History, time: float, others: Borrowed) -> Forecast:
    """The trend of the logarithm."""
    return _trend(past, LOG if past.values.min() > 0.0 else PLAIN, time, others)


def logistic_share(past: History, time: float, others: Borrowed) -> Forecast:
    """The trend of the log odds of a share; of amounts a trend that fades."""
    if past.scale == LOGIT:
        return _trend(past, LOGIT, time, others)
    values = past.scale.forward(past.values)
    slope = _line(past.times, values).slope if _shows_trend(past) else 0.0
    ahead = time - past.times[-1]
    faded = slope * DAMPING * (1.0 - DAMPING**ahead) / (1.0 - DAMPING)
    return _normal(past, past.scale, float(values[-1] + faded), _walk(past, past.scale, time, others, slope))


NAIVE: dict[str, Callable[[History, float, Borrowed], Forecast]] = {
    "last_value": last_value,
    "log_linear_trend": log_linear_trend,
    "logistic_share": logistic_share,
}
"""Naive forecasts by name: past of the series, when the target holds, what other series lend."""


def _trend(past: History, scale: Scale, time: float, others: Borrowed) -> Forecast:
    values = scale.forward(past.values)
    if not _shows_trend(past):
        return _normal(past, scale, float(values[-1]), _walk(past, scale, time, others))
    line = _line(past.times, values)
    return _normal(past, scale, line.at(time), line.error(time))


def _shows_trend(past: History) -> bool:
    return past.values.size >= LEAST_VALUES and bool(np.ptp(past.times) >= LEAST_QUARTERS)


def _line(times: Floats, values: Floats) -> _Line:
    middle, mean = float(times.mean()), float(values.mean())
    width = float(np.sum((times - middle) ** 2))
    slope = float(np.sum((times - middle) * (values - mean)) / width)
    left = values - mean - slope * (times - middle)
    residual = float(np.sqrt(np.sum(left**2) / (values.size - 2)))
    return _Line(slope, middle, mean, residual, width, values.size)


def _walk(past: History, scale: Scale, time: float, others: Borrowed, drift: float = 0.0) -> float:
    """Standard deviation of a random walk from the last value on."""
    values = scale.forward(past.values)
    if values.size >= LEAST_VALUES:
        own = pace(past.times, values, drift)
    elif scale == PLAIN:  # numbers with a sign: the pace of logarithms is a share of their size
        own = others.pace[LOG.name] * float(np.abs(values).mean())
    else:
        own = others.pace[scale.name]
    return own * float(np.sqrt(max(time - past.times[-1], 0.0)))


def _normal(past: History, scale: Scale, middle: float, sd: float) -> Forecast:
    quantiles = scale.back(middle + sd * _NORMAL)
    point = float(scale.back(np.array([middle]))[0])
    if past.operator.unit == "percent":
        quantiles, point = np.minimum(quantiles, 100.0), min(point, 100.0)
    return Forecast(point, quantiles)
