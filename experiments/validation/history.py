"""What was known of a series at the end of a quarter: values, when they hold, their spread, the last of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from abm.calendar import periods_of
from abm.operators import OPERATORS, Operator, known_facts

type Floats = NDArray[np.float64]

LEAST_VALUES = 3
"""Values below which a series has no spread, trend or pace of its own and borrows those of the other series."""
SHARE_ENDS = (0.5, 99.5)
"""Percent at which shares of nothing and of all count before a logit is taken."""


@dataclass(frozen=True)
class Scale:
    """Where changes of a series add up: logarithms of amounts, log odds of shares, else the numbers themselves."""

    name: str

    def forward(self, values: Floats) -> Floats:
        """From the series' unit to the scale."""
        if self.name == "logit":
            share = np.clip(values, *SHARE_ENDS) / 100.0
            return np.asarray(np.log(share / (1.0 - share)))
        return np.log(values) if self.name == "log" else values

    def back(self, values: Floats) -> Floats:
        """From the scale to the series' unit."""
        if self.name == "logit":
            return np.asarray(100.0 / (1.0 + np.exp(-values)))
        return np.exp(values) if self.name == "log" else values


LOG, LOGIT, PLAIN = Scale("log"), Scale("logit"), Scale("plain")


@dataclass(frozen=True, eq=False)
class History:
    """Known values of a series, oldest first.

    Attributes
    ----------
    operator : definition of the statistic.
    periods : of the values.
    values : (value,)
    """

    operator: Operator
    periods: tuple[str, ...]
    values: Floats

    @property
    def flow(self) -> bool:
        """Whether values of short periods add up to those of long ones."""
        return self.operator.reduce == "sum" and not self.operator.percent

    @property
    def scale(self) -> Scale:
        """Where its changes add up."""
        if self.operator.unit == "percent":
            return LOGIT
        return LOG if self.values.size and self.values.min() > 0.0 else PLAIN

    def time(self, period: str) -> float:
        """When a value of a period holds, in quarters: its middle; its end, where a level at the end is counted."""
        span = periods_of(period)
        if self.operator.reduce in ("last", "total"):
            return span[-1] + 1.0
        return (span[0] + span[-1] + 1.0) / 2.0

    @cached_property
    def times(self) -> Floats:
        """When the values hold, in quarters from 2020Q1, (value,)."""
        return np.array([self.time(period) for period in self.periods])

    def until(self, step: int) -> History:
        """What of it was known at the end of a quarter."""
        return self._those([place for place, period in enumerate(self.periods) if periods_of(period)[-1] <= step])

    def at(self, length: int) -> History:
        """The same for periods of so many quarters.

        Of flows the values of periods as long are taken; if there are none all, at the rate of such a period: a quarter
        counts four times as a year.
        """
        if not self.flow:
            return self
        long = np.array([len(periods_of(period)) for period in self.periods])
        if np.any(long == length):
            return self._those(np.flatnonzero(long == length).tolist())
        return History(self.operator, self.periods, self.values * length / long)

    def _those(self, places: list[int]) -> History:
        return History(self.operator, tuple(self.periods[place] for place in places), self.values[places])


def history(series_id: str, cut_off: int) -> History:
    """What observations.csv has of a series up to the end of a quarter, in order of time."""
    operator = OPERATORS[series_id]
    facts = {period: fact[0] for period, fact in known_facts(series_id).items()}
    unordered = History(operator, tuple(facts), np.array(list(facts.values()), dtype=np.float64))
    order = sorted(range(len(facts)), key=lambda place: (unordered.times[place], -len(periods_of(tuple(facts)[place]))))
    return unordered._those(order).until(cut_off)


@dataclass(frozen=True)
class Borrowed:
    """What a series with one or two values takes from the others.

    Attributes
    ----------
    pace : standard deviation of a change over a quarter on the scales "log" and "logit": the median over series.
    variation : standard deviation over mean: the median over series.
    """

    pace: dict[str, float]
    variation: float


def borrowed(cut_off: int) -> Borrowed:
    """Medians over all measured series with at least `LEAST_VALUES` values up to the end of a quarter.

    Raises
    ------
    ValueError
        A quarter before which no series has as many values.
    """
    known = [one for name in OPERATORS if (one := history(name, cut_off)).values.size >= LEAST_VALUES]
    if not known:
        raise ValueError(f"no series has {LEAST_VALUES} values by step {cut_off}; take a later quarter")
    paces: dict[str, list[float]] = {}
    for one in known:
        paces.setdefault(one.scale.name, []).append(pace(one.times, one.scale.forward(one.values)))
    # log odds of small shares move as their logarithms do
    amounts = paces.get("log") or [value for found in paces.values() for value in found]
    found = {scale.name: _median(paces.get(scale.name) or amounts) for scale in (LOG, LOGIT)}
    return Borrowed(found, _median([float(np.std(one.values, ddof=1) / abs(one.values.mean())) for one in known]))


def pace(times: Floats, values: Floats, drift: float = 0.0) -> float:
    """Standard deviation of a change over a quarter, about a drift, from changes over any times (a random walk)."""
    step = np.diff(times)
    change = (np.diff(values) - drift * step)[step > 0.0]
    return float(np.sqrt(np.mean(change**2 / step[step > 0.0])))


def spread(past: History, others: Borrowed) -> float:
    """What one counts as a unit when series are pooled: the standard deviation of the series' known values.

    With fewer than `LEAST_VALUES` values, or values all alike, the borrowed variation times their mean size; NaN with
    none.
    """
    if not past.values.size:
        return float("nan")
    own = float(np.std(past.values, ddof=1)) if past.values.size >= LEAST_VALUES else 0.0
    return own if own > 0.0 else others.variation * float(np.abs(past.values).mean())


def _median(values: Iterable[float]) -> float:
    return float(np.median(list(values)))
