"""Does a calibration find what is there? Simulation-based calibration (Talts et al. 2018; Cook, Gelman and Rubin 2006).

Parameters are drawn from the prior, the model makes facts from them, the error of observation is added, and the
calibration is asked for the parameters as if the facts were real. If it is right, the truth's rank among its draws is
uniform, and a 90 % interval holds it in 90 % of all data sets.

Parameters of one data set are no independent trials: pooled shares have intervals over data sets.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.stats import beta, binom, chi2
from scipy.stats import t as student

from experiments.calibration.adjustment import AdjustmentSettings, Reference, adjust
from experiments.calibration.coordinates import Floats, Integers
from experiments.calibration.protocol import CalibrationError, Problem, Progress, Sample, quiet
from experiments.calibration.smc import SmcSettings, abc_smc

type Method = Callable[[Problem], Sample]
"""A calibration: draws given a problem with made facts."""

BAND = (0.84, 0.96)
"""Where the share of 90 % intervals that hold the truth has to lie."""
LEVEL = 0.90
UNLIKELY = 0.01
"""Chance below which the coverage of a parameter is no accident."""
TRIES = 50
SHORT = SmcSettings(particles=500, most_moves=6, harvest=6, most_runs=30_000)
"""ABC-SMC of about 20,000 runs a data set."""


class Keep(Protocol):
    """Where results of data sets are kept, so that a check that was killed goes on."""

    def load(self, name: str) -> dict[str, Floats] | None:
        """What was kept under a name, None if nothing."""

    def save(self, name: str, arrays: dict[str, Floats]) -> None:
        """Keep arrays under a name."""


class Memory:
    """A `Keep` that forgets with the process."""

    def __init__(self) -> None:
        self.kept: dict[str, dict[str, Floats]] = {}

    def load(self, name: str) -> dict[str, Floats] | None:
        """What was kept under a name, None if nothing."""
        return self.kept.get(name)

    def save(self, name: str, arrays: dict[str, Floats]) -> None:
        """Keep arrays under a name."""
        self.kept[name] = arrays


@dataclass(frozen=True, eq=False)
class Shares:
    """Share of intervals that hold the truth, by parameter (d,) and pooled, each with a 90 % interval."""

    level: float
    share: Floats
    low: Floats
    high: Floats
    pooled: float
    pooled_low: float
    pooled_high: float


@dataclass(frozen=True, eq=False)
class Coverage:
    """Ranks of the truth in every data set.

    Attributes
    ----------
    ranks : (data set, d), weight of the draws below the truth, uniform if the calibration is right.
    width : (data set, d), width of the 90 % interval in unit coordinates; 0.9 is the prior's.
    effective : (data set,), effective draws.
    """

    names: tuple[str, ...]
    ranks: Floats
    width: Floats
    effective: Floats

    def shares(self, level: float = LEVEL) -> Shares:
        """Coverage of central intervals; exact binomial intervals by parameter (Clopper and Pearson 1934)."""
        tail = (1.0 - level) / 2.0
        inside = (self.ranks > tail) & (self.ranks < 1.0 - tail)
        n, hits = len(inside), inside.sum(axis=0)
        edge = (1.0 - LEVEL) / 2.0
        low = np.where(hits > 0, beta.ppf(edge, np.maximum(hits, 1), n - hits + 1), 0.0)
        high = np.where(hits < n, beta.ppf(1.0 - edge, hits + 1, np.maximum(n - hits, 1)), 1.0)
        by_set = inside.mean(axis=1)
        half = float(student.ppf(1.0 - edge, n - 1) * by_set.std(ddof=1) / np.sqrt(n)) if n > 1 else np.inf
        pooled = float(by_set.mean())
        return Shares(level, hits / n, low, high, pooled, max(pooled - half, 0.0), min(pooled + half, 1.0))

    def histogram(self, bins: int = 10) -> Integers:
        """Data sets by rank, (d, bin)."""
        place = np.minimum((self.ranks * bins).astype(np.int64), bins - 1)
        return np.stack([np.bincount(column, minlength=bins) for column in place.T])

    def uniform(self, bins: int = 10) -> Floats:
        """Chance of a histogram as uneven as each parameter's if ranks are uniform (chi-square), (d,)."""
        expected = len(self.ranks) / bins
        return np.asarray(chi2.sf(((self.histogram(bins) - expected) ** 2 / expected).sum(axis=1), bins - 1))

    @property
    def outside(self) -> tuple[str, ...]:
        """Parameters whose 90 % intervals hold the truth more or less often than `BAND`, and than bad luck explains.

        With 200 data sets the two are the same: a right calibration leaves `BAND` in one case of 200.
        """
        share, n = self.shares().share, len(self.ranks)
        hits = np.round(share * n)
        unlikely = 2.0 * np.minimum(binom.cdf(hits, n, LEVEL), binom.sf(hits - 1, n, LEVEL)) < UNLIKELY
        far = ((share < BAND[0]) | (share > BAND[1])) & unlikely
        return tuple(name for name, one in zip(self.names, far, strict=True) if one)

    @property
    def passes(self) -> bool:
        """Whether the pooled coverage of 90 % intervals lies in `BAND`, and at most 1 parameter in 20 is `outside`."""
        inside = BAND[0] <= self.shares().pooled <= BAND[1]
        return inside and len(self.outside) <= max(1, len(self.names) // 20)


def table_method(reference: Reference, settings: AdjustmentSettings) -> Method:
    """Regression-adjusted rejection from one table for all data sets; no run a data set."""

    def method(problem: Problem) -> Sample:
        return reference.posterior(problem.targets.value, settings)

    return method


def smc_method(settings: SmcSettings, adjustment: AdjustmentSettings) -> Method:
    """ABC-SMC and adjustment as for the real facts."""

    def method(problem: Problem) -> Sample:
        return adjust(problem, abc_smc(problem, settings), adjustment)

    return method


def draw_truths(problem: Problem, sets: int) -> tuple[Floats, Floats]:
    """Parameters (data set, d) in unit coordinates and facts (data set, m) made from them, error included.

    A truth at which the run fails has no facts and is drawn again. Stages are "truth00" and so on.

    Raises
    ------
    CalibrationError
        If nearly all runs fail.
    """
    rng = problem.generator("truth")
    units, facts, found = [], [], 0
    for attempt in range(TRIES):
        unit = rng.random((sets, problem.size))
        statistics = problem.run(unit, f"truth{attempt:02d}")
        ok = np.isfinite(statistics[:, 0])
        units.append(unit[ok])
        facts.append(statistics[ok])
        found += int(ok.sum())
        if found >= sets:
            value = np.concatenate(facts)[:sets]
            return np.concatenate(units)[:sets], value + problem.targets.error * rng.standard_normal(value.shape)
    raise CalibrationError(f"{problem.stage}: {found} of {TRIES * sets} runs succeeded, too few for {sets} data sets")


def check_coverage(
    problem: Problem, method: Method, sets: int = 200, keep: Keep | None = None, progress: Progress = quiet
) -> Coverage:
    """Calibrate to `sets` made data sets.

    Results are kept under "set0000" and so on, stages of the runs of a data set begin with its name. A check that goes
    on takes what was kept and asks for nothing that it rests on.
    """
    keep = keep or Memory()
    unit, value = draw_truths(problem, sets)
    done = []
    for number in range(sets):
        name = f"set{number:04d}"
        found = keep.load(name)
        if found is None:
            found = judged(method(problem.at(value[number]).under(name)), unit[number])
            keep.save(name, found)
        done.append(found)
        progress("coverage", (number + 1) / sets, {"data sets": float(number + 1)})
    rows = {key: np.stack([one[key] for one in done]) for key in ("ranks", "width", "effective")}
    return Coverage(problem.names, rows["ranks"], rows["width"], rows["effective"])


def judged(sample: Sample, truth: Floats) -> dict[str, Floats]:
    """Ranks of the truth (d,), width of the 90 % intervals (d,) and effective draws of one data set."""
    low, high = sample.quantile(np.array([0.05, 0.95]))
    return {"ranks": sample.ranks(truth), "width": high - low, "effective": np.array(sample.effective)}
