"""What is measured in one run: the lead in months, compute ratios, self-reliance, present values (MODEL section 9).

Every function works on whole arrays with the run first and the quarter second; a failed run is NaN and stays NaN.
A new outcome is a function of results under `@outcome(unit, meaning)`; it then has a name in `Results`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from abm.calendar import quarter_index
from abm.series import FIRM_SERIES, INDEX
from abm.tables import DataPack, load_pack, number, text

type Floats = NDArray[np.float64]
type Bools = NDArray[np.bool_]

FIRST_SIGNAL = quarter_index("2022Q3")
"""Quarter of the first letters (26 Aug 2022); present values and cumulative sums start here (MODEL 9)."""
DISCOUNT = 0.08
"""Discount rate of present values, a year (MODEL 9)."""
PAST = quarter_index("2017Q1")
"""First quarter of the capability history kept for the lead, a negative step (MODEL 2)."""
MONTHS = 3.0
YEAR = 4


class Recorded(Protocol):
    """What an outcome or an observation operator may ask of results."""

    @property
    def parameters(self) -> Mapping[str, Floats]:
        """Parameter values by name, each of shape (run,)."""

    def series(self, name: str) -> Floats:
        """A recorded series, shape (run, quarter)."""

    def by_firm(self, name: str, *firms: str) -> Floats:
        """Sum of a series by firm over some firms, shape (run, quarter); NaN if the world lacks one of them."""


@dataclass(frozen=True)
class Outcome:
    """A quantity derived from what a run recorded; `compute` gives an array with the dimensions `dims`."""

    name: str
    unit: str
    meaning: str
    compute: Callable[..., Floats]
    dims: tuple[str, ...] = ("run", "quarter")

    @property
    def shipped(self) -> bool:
        """Whether it is one of this module, not a user's."""
        return self.compute.__module__ == __name__


DIMENSIONS = ("run", "quarter", "firm")
"""What an outcome may have a value for."""

RESERVED = ("leverage",)
"""Names of what is measured by branches, in no single run."""
OUTCOMES: dict[str, Outcome] = {}
"""All derived outcomes by name, in order of declaration."""


def outcome[C: Callable[..., Floats]](
    unit: str, meaning: str = "", dims: Sequence[str] = ("run", "quarter")
) -> Callable[[C], C]:
    """Declare a function of results as an outcome under its own name.

    >>> @outcome("months", "how long ago the US frontier stood where China's stands in 2028", dims=("run",))
    ... def lead_2028(run): return run["lead"].at("2028Q4")

    Parameters
    ----------
    unit, meaning : what is measured; without a meaning the first line of the docstring is taken.
    dims : dimensions of the array that it gives, out of run, quarter and firm, the run first.

    Raises
    ------
    ValueError
        If there is no unit or meaning, a dimension is unknown, or the name is taken by a recorded series or an outcome
        of another module; one declared again in its own module takes the old one's place.
    """
    given = tuple(dims)

    def declare(compute: C) -> C:
        name = compute.__name__
        known = OUTCOMES.get(name)
        again = known is not None and not known.shipped and known.compute.__module__ == compute.__module__
        taken = name in INDEX or name in RESERVED
        if taken or (known is not None and not again) or name in {series.name for series in FIRM_SERIES}:
            raise ValueError(f"outcome {name!r}: the name is taken; choose another")
        said = meaning or (compute.__doc__ or "").strip().partition("\n")[0]
        if not unit or not said:
            raise ValueError(f"outcome {name!r}: say what it measures: @outcome(unit, meaning) or a docstring")
        if given[:1] != ("run",) or not set(given) <= set(DIMENSIONS) or len(set(given)) < len(given):
            raise ValueError(f"outcome {name!r}: dims must be the run, then any of quarter and firm, not {given}")
        OUTCOMES[name] = Outcome(name, unit, said, compute, given)
        return compute

    return declare


# --- the lead ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Lead:
    """US lead over China in months, negative when China leads.

    `censored` marks values whose level was reached before the history begins: the true lead is at least as large.
    Both have shape (run, quarter).
    """

    months: Floats
    censored: Bools


def first_reach(path: Floats, level: Floats) -> tuple[Floats, Bools]:
    """Where rising paths first reach a level, interpolated linearly between quarters.

    Parameters
    ----------
    path : (run, quarter)
        Never falls along a row.
    level : (run,)

    Returns
    -------
    position : (run,)
        In quarters from the first column; held at the first or last column where the level lies outside the path.
    outside : (run,)
        Whether it was held.
    """
    quarters = path.shape[1]
    passed = np.sum(path < level[:, None], axis=1)
    upper = np.clip(passed, 1, max(quarters - 1, 1)) % quarters
    lower = np.maximum(upper - 1, 0)
    below = np.take_along_axis(path, lower[:, None], axis=1)[:, 0]
    above = np.take_along_axis(path, upper[:, None], axis=1)[:, 0]
    rise = above - below
    part = np.divide(level - below, rise, out=np.ones_like(level), where=rise > 0)
    position = np.where(passed == 0, 0.0, np.where(passed == quarters, quarters - 1.0, lower + part))
    outside = (passed == quarters) | ((passed == 0) & (path[:, 0] > level))
    return position, outside


def rising(past: Floats | None, values: Floats) -> Floats:
    """Best level so far, history first; NaN from the first NaN on."""
    joined = values if past is None else np.concatenate([past, values], axis=1)
    return np.maximum.accumulate(joined, axis=1)


def lead_months(china: Floats, us: Floats, china_past: Floats | None = None, us_past: Floats | None = None) -> Lead:
    """How many months ago the bloc in front stood where the other stands now (MODEL 9.1).

    L = 3 [t - C_US^-1(C_CN(t))] if C_CN <= C_US, else -3 [t - C_CN^-1(C_US(t))].  Any monotone rescaling of capability
    leaves it unchanged.  The two paths may come from different arms, for the cross term L(US0, CN1).

    Parameters
    ----------
    china, us : (run, quarter)
        Capability of each bloc.
    china_past, us_past : (run, quarter before the first), optional
        The same before the record, both or neither.
    """
    home, front = rising(china_past, china), rising(us_past, us)
    if home.shape != front.shape:
        raise ValueError(f"lead: China's path has shape {home.shape}, that of the US {front.shape}")
    first = home.shape[1] - china.shape[1]
    months, censored = np.full(china.shape, np.nan), np.zeros(china.shape, dtype=bool)
    for t in range(china.shape[1]):
        now = first + t
        level_home, level_front = home[:, now], front[:, now]
        behind, early = first_reach(front[:, : now + 1], level_home)
        ahead, early_home = first_reach(home[:, : now + 1], level_front)
        second = level_home <= level_front
        known = np.isfinite(level_home) & np.isfinite(level_front)
        months[:, t] = np.where(known, MONTHS * np.where(second, now - behind, ahead - now), np.nan)
        censored[:, t] = known & np.where(second, early, early_home)
    return Lead(months, censored)


@lru_cache(maxsize=1)
def data_pack() -> DataPack:
    """The tables that outcomes and observation operators read: those that ship with the model, without CSET rows."""
    return load_pack(cset=False)


def capability_past(bloc: str, progress: Floats) -> Floats:
    """Effective training compute of a bloc before 2020, in the units of `capability_cn` and `capability_us`.

    Best training compute of the time (initial_2020q1.csv, interpolated, held before the first row) less the
    algorithmic progress still to come until 2020Q1, where the model's efficiency is anchored.

    Parameters
    ----------
    progress : (run,)
        Algorithmic progress, ln compute a quarter.

    Returns
    -------
    (run, quarter)
        2017Q1 to 2019Q4, ln FLOP.
    """
    rows = data_pack().initial.where(entity=bloc, quantity="ln_best_training_compute")
    points = sorted((quarter_index(text(row, "quarter")), number(row, "value")) for row in rows)
    steps = np.arange(PAST, 0, dtype=np.float64)
    best = np.interp(steps, [t for t, _ in points], [level for _, level in points])
    return np.asarray(best[None, :] + progress[:, None] * steps[None, :], dtype=np.float64)


def lead_between(china: Recorded, us: Recorded) -> Lead:
    """US lead with China's path from one set of runs and the US path from another, history included."""
    return lead_months(
        china.series("capability_cn"),
        us.series("capability_us"),
        capability_past("CN", china.parameters["algorithmic_progress"]),
        capability_past("US", us.parameters["algorithmic_progress"]),
    )


# --- arithmetic shared by outcomes, operators and effects -------------------------------------------------------------


def share(part: Floats, whole: Floats) -> Floats:
    """Part over whole, NaN where there is nothing to share."""
    return np.divide(part, whole, out=np.full_like(whole, np.nan), where=whole > 0)


def log_ratio(a: Floats, b: Floats) -> Floats:
    """ln(a / b) of amounts: 0 where they are equal (both nothing too), infinite where only one is nothing.

    NaN where an amount is negative or unknown.
    """
    equal = a == b
    usable = (a >= 0) & (b >= 0) & ~equal
    with np.errstate(divide="ignore"):
        difference = np.log(np.where(usable, a, 1.0)) - np.log(np.where(usable, b, 1.0))
    return np.asarray(np.where(equal, 0.0, np.where(usable, difference, np.nan)), dtype=np.float64)


def year_sum(flow: Floats) -> Floats:
    """Sum over the four quarters to date; NaN before the fourth."""
    total = np.full_like(flow, np.nan)
    total[:, YEAR - 1 :] = sum(flow[:, i : flow.shape[1] - YEAR + 1 + i] for i in range(YEAR))
    return total


def total_since(flow: Floats, start: int = FIRST_SIGNAL) -> Floats:
    """Sum from a quarter on, to date; 0 before it."""
    counted = np.where(np.arange(flow.shape[1]) >= start, flow, np.where(np.isnan(flow), np.nan, 0.0))
    return np.cumsum(counted, axis=1)


def present_value(flow: Floats, rate: float = DISCOUNT, start: int = FIRST_SIGNAL) -> Floats:
    """Sum from `start` to date, discounted to `start`; 0 before it.

    Parameters
    ----------
    flow : (run, quarter)
    rate : float
        Discount rate, a year.
    """
    ages = (np.arange(flow.shape[1]) - start) / YEAR
    return total_since(flow * (1.0 + rate) ** -ages, start)


# --- derived outcomes, each under its own name in Results -------------------------------------------------------------


@outcome("months", "US lead: how long ago the US frontier stood where China's stands now, negative if China leads")
def lead(run: Recorded) -> Floats:
    return lead_between(run, run).months


@outcome("0/1", "the lead is a lower bound: the level was reached before 2017")
def lead_censored(run: Recorded) -> Floats:
    censored = lead_between(run, run)
    return np.where(np.isnan(censored.months), np.nan, censored.censored.astype(np.float64))


@outcome("ln FLOP", "capability of the US frontier less China's")
def capability_gap(run: Recorded) -> Floats:
    return run.series("capability_us") - run.series("capability_cn")


@outcome("ratio", "installed training compute of the US over China's")
def compute_ratio(run: Recorded) -> Floats:
    return share(run.series("compute_us"), run.series("compute_cn"))


@outcome("share", "China's share of the world's installed training compute")
def compute_share_cn(run: Recorded) -> Floats:
    return share(run.series("compute_cn"), run.series("compute_world"))


@outcome("share", "domestic share of the effective compute bought in China in the quarter")
def self_reliance(run: Recorded) -> Floats:
    return share(run.series("domestic_compute_bought"), run.series("compute_bought_cn"))


@outcome("share", "the same over the four quarters to date")
def self_reliance_year(run: Recorded) -> Floats:
    return share(year_sum(run.series("domestic_compute_bought")), year_sum(run.series("compute_bought_cn")))


@outcome("share", "domestic share of China's spending on chips over the four quarters to date")
def self_reliance_value(run: Recorded) -> Floats:
    return share(year_sum(run.series("domestic_value")), year_sum(run.series("value_cn")))


@outcome("thousand A100", "training performance of Chinese chips made in the four quarters to date")
def domestic_output_year(run: Recorded) -> Floats:
    return year_sum(run.series("domestic_output"))


@outcome("USD bn", "world revenue of US merchant vendors since 2022Q3, present value at 8 % a year")
def us_revenue_present_value(run: Recorded) -> Floats:
    return present_value(run.series("us_vendor_revenue"))


@outcome("USD bn", "their revenue from China since 2022Q3, present value")
def us_revenue_china_present_value(run: Recorded) -> Floats:
    return present_value(run.series("us_vendor_revenue_china"))


@outcome("USD bn", "their profit since 2022Q3, present value")
def us_profit_present_value(run: Recorded) -> Floats:
    return present_value(run.series("us_vendor_profit"))


@outcome("thousand chips", "frontier chips through the grey market in the four quarters to date")
def smuggled_year(run: Recorded) -> Floats:
    return year_sum(run.series("smuggled_chips"))


@outcome("USD bn", "sales of foreign toolmakers to China's advanced lines since 2022Q3, present value")
def toolmaker_sales_present_value(run: Recorded) -> Floats:
    return present_value(run.series("toolmaker_sales"))
