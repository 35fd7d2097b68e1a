"""From the tolerance that was reached to the error of observation, and from one table of runs to many posteriors.

Draws under the kernel at eps are a posterior for facts known to within eps errors. What is missing is one more look at
the same facts with error sd / sqrt(1 - 1 / eps^2): the two together are the facts with error sd. Each statistic
therefore gets that error added, and the parameters are regressed on the result near the facts and moved along the
regression to them (Beaumont, Zhang and Balding 2002). For a linear model with normal errors the answer is exact. Luck
of a run, and luck that several facts share, needs no model: it is in the statistics. At eps = infinity, draws from the
prior, it is regression-adjusted rejection.

Near means: predicted parameters are near. The distance is that of the regression's predictions for run and facts in
units of its residuals, so that the statistics count by what they tell of the parameters (semi-automatic summaries,
Fearnhead and Prangle 2012). It takes place in normal scores, so that no draw leaves the prior's range; weights are
Epanechnikov's.

Chosen by coverage on toys of 25 and 40 bent parameters, half of which matter, and 60 and 80 statistics, 200 data sets
each: a linear regression on the nearest tenth of a table of 100,000 runs covers 90 +/- 1 %; on the whole table it
covers as much with intervals 5 % wider, and residuals whose spread depends on the summaries cost a percent of
coverage. On few draws a regression follows chance: penalties are chosen for each parameter by cross-validation, and
residuals widened by the freedom that it took. Draws of ABC-SMC lie near the facts already and are all used (a nearest
third doubled the error of the mean): 500 particles, 15,000 runs a data set, cover 91 %.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from experiments.calibration.coordinates import Floats, Integers, effective, to_normal, to_unit
from experiments.calibration.protocol import CalibrationError, Problem, Progress, Sample, quiet
from experiments.calibration.smc import Posterior
from experiments.calibration.threads import one_thread

PENALTIES = np.logspace(-4.0, 2.0, 19)
"""Of a ridge on standardised statistics, in units of the sum of weights."""
FAR = 6.0
"""Statistics are cut off so many (robust) standard deviations from the median: a straight line has to follow them."""
MAD = 1.4826
"""Standard deviation of a normal variable over its median absolute deviation."""


@dataclass(frozen=True)
class AdjustmentSettings:
    """How local the regression is.

    Attributes
    ----------
    share : of a table that the last regression rests on, but at least `least` draws a statistic.
    passes : regressions on the way there, each on fewer draws chosen by the one before.
    draws : of ABC-SMC each is taken so often, with an error of its own each time, that there are at least so many.
    """

    share: float = 0.1
    least: int = 20
    passes: int = 2
    draws: int = 10_000


@dataclass(frozen=True, eq=False)
class Regression:
    """Weighted ridge regression of normal scores (d) on statistics (m), a penalty for each score.

    Attributes
    ----------
    slope : (m, d).
    at, scores : weighted means.
    precision : inverse covariance of the residuals, (d, d).
    freedom : (d,), degrees of freedom taken, as a share of the independent draws.
    """

    slope: Floats
    at: Floats
    scores: Floats
    precision: Floats
    freedom: Floats

    @classmethod
    def fit(cls, scores: Floats, x: Floats, weight: Floats, independent: float) -> Regression:
        """Fit to scores (n, d) and statistics (n, m) of so many independent draws; penalties by cross-validation."""
        weight = weight / weight.sum()
        at, middle = weight @ x, weight @ scores
        scale = np.sqrt(weight @ (x - at) ** 2) + 1e-12
        root = np.sqrt(weight)[:, None]
        scaled, y = root * (x - at) / scale, root * (scores - middle)
        values, vectors = np.linalg.eigh(scaled.T @ scaled)
        values = np.maximum(values, 1e-12)
        along = (scaled @ vectors).T @ y  # (direction, d)
        total = (y**2).sum(axis=0)
        best, penalty, freedom = np.full(len(total), np.inf), np.zeros(len(total)), np.zeros(len(total))
        for one in PENALTIES:
            share = values / (values + one)
            left = total - ((2.0 * share - share**2)[:, None] * along**2 / values[:, None]).sum(axis=0)
            taken = share.sum() / independent
            score = left / max(1.0 - taken, 0.05) ** 2
            better = score < best
            best, penalty = np.where(better, score, best), np.where(better, one, penalty)
            freedom = np.where(better, taken, freedom)
        slope = vectors @ (along / (values[:, None] + penalty))
        residual = y - scaled @ slope
        precision = np.linalg.inv(residual.T @ residual + 1e-9 * np.eye(len(total)))
        return cls(slope / scale[:, None], at, middle, precision, np.minimum(freedom, 0.5))

    def predict(self, x: Floats) -> Floats:
        """Scores at statistics, (n, d)."""
        return np.asarray(self.scores + (x - self.at) @ self.slope)

    def distance(self, x: Floats, to: Floats) -> Floats:
        """Squared distance of predictions at (n, m) from that at (m,), in residuals."""
        away = self.predict(x) - self.predict(to[None])
        return np.asarray(((away @ self.precision) * away).sum(axis=1))

    def move(self, scores: Floats, x: Floats, to: Floats) -> Floats:
        """Unit coordinates of draws (n, d) with statistics (n, m) after they went along the regression to (m,).

        Residuals are too small by the freedom that the regression took, and its prediction at the facts, which lie as
        far out as any draw, is unsure by as much again.
        """
        widening = np.sqrt((1.0 + self.freedom) / (1.0 - self.freedom))
        return to_unit(self.predict(to[None]) + widening * (scores - self.predict(x)))


@dataclass(frozen=True, eq=False)
class Scale:
    """Statistics in robust standard deviations from the median, cut off at `FAR`."""

    middle: Floats
    spread: Floats

    @classmethod
    def of(cls, statistics: Floats) -> Scale:
        """Scale of (n, m)."""
        middle = np.median(statistics, axis=0)
        spread = MAD * np.median(np.abs(statistics - middle), axis=0)
        # more than half of the runs may agree to the last digit
        return cls(middle, np.where(spread > 0, spread, statistics.std(axis=0) + 1e-12))

    def of_rows(self, statistics: Floats) -> Floats:
        """Scaled statistics."""
        return np.asarray(np.clip((statistics - self.middle) / self.spread, -FAR, FAR))


@one_thread
def adjust(problem: Problem, posterior: Posterior, settings: AdjustmentSettings) -> Sample:
    """Draws at the error of observation from those at the tolerance reached; at eps = 1 they are as they were.

    The statistics are those of the runs before the adjustment; `again` runs the model at the new points.
    """
    sample, t = posterior.sample, posterior.epsilon**-2
    if t >= 1.0:
        return sample
    rng = problem.generator("adjust")
    copies = -(-settings.draws // len(sample))
    rows = np.tile(np.arange(len(sample)), copies)
    error = problem.targets.error / np.sqrt(1.0 - t) * rng.standard_normal((len(rows), len(problem.targets.names)))
    blurred = sample.statistics[rows] + error
    scale = Scale.of(blurred)
    scores, x = to_normal(sample.unit[rows]), scale.of_rows(blurred)
    weight = sample.weight[rows] / copies
    regression = Regression.fit(scores, x, weight, sample.effective)
    moved = regression.move(scores, x, scale.of_rows(problem.targets.value))
    return Sample(sample.names, moved, sample.statistics[rows], weight, sample.effective)


def again(problem: Problem, sample: Sample, label: str = "again") -> Sample:
    """The model run at the draws of a sample, without those that fail.

    Raises
    ------
    CalibrationError
        If all fail.
    """
    statistics = problem.run(sample.unit, label)
    ok = np.isfinite(statistics[:, 0])
    if not ok.any():
        raise CalibrationError(f"{problem.stage}: all {len(ok)} runs at the draws of the posterior failed")
    return replace(sample, statistics=statistics).take(ok)


@dataclass(frozen=True, eq=False)
class Reference:
    """One table of runs at draws from the prior, which gives a posterior for any values of the facts without a run.

    Attributes
    ----------
    unit, statistics : runs that succeeded.
    blurred : the statistics with an error of observation, scaled.
    first : regression on the whole table.
    failed : share of runs that failed.
    """

    problem: Problem
    unit: Floats
    statistics: Floats
    blurred: Floats
    scale: Scale
    first: Regression
    failed: float

    @one_thread
    def posterior(self, value: Floats, settings: AdjustmentSettings) -> Sample:
        """Draws given facts (m,)."""
        table = (to_normal(self.unit), self.blurred, np.ones(len(self.unit)))
        chosen, unit, weight = _local(table, self.scale.of_rows(value), self.first, settings)
        return Sample(self.problem.names, unit, self.statistics[chosen], weight)


@one_thread
def reference_table(
    problem: Problem, runs: int, settings: AdjustmentSettings, progress: Progress = quiet, at_once: int = 10_000
) -> Reference:
    """Run the model at draws from the prior; stages "table0000" and so on.

    Raises
    ------
    CalibrationError
        If fewer runs succeed than the regression has statistics.
    """
    rng = problem.generator("table")
    unit = rng.random((runs, problem.size))
    parts = []
    for first in range(0, runs, at_once):
        parts.append(problem.run(unit[first : first + at_once], f"table{first // at_once:04d}"))
        progress("reference table", min(first + at_once, runs) / runs, {"runs": float(min(first + at_once, runs))})
    statistics = np.concatenate(parts)
    ok = np.isfinite(statistics[:, 0])
    unit, statistics = unit[ok], statistics[ok]
    if len(unit) <= statistics.shape[1]:
        raise CalibrationError(f"{problem.stage}: only {len(unit)} of {runs} runs of the reference table succeeded")
    blurred = statistics + problem.targets.error * rng.standard_normal(statistics.shape)
    scale = Scale.of(blurred)
    x = scale.of_rows(blurred)
    regression = Regression.fit(to_normal(unit), x, np.ones(len(unit)), len(unit))
    return Reference(problem, unit, statistics, x, scale, regression, float(1.0 - ok.mean()))


def _local(
    table: tuple[Floats, Floats, Floats], at: Floats, regression: Regression, settings: AdjustmentSettings
) -> tuple[Integers, Floats, Floats]:
    """Regress on fewer and fewer draws near the facts and move these: their places, new points and weights."""
    scores, x, weight = table
    n = len(scores)
    last = min(max(settings.share * n, settings.least * x.shape[1]), n)
    chosen, kernel = np.arange(n), weight
    for size in np.geomspace(n, last, settings.passes + 1)[1:].astype(np.int64):
        if size < len(chosen):
            square = regression.distance(x[chosen], at)
            near = np.sort(np.argpartition(square, size)[: size + 1])
            kernel = weight[chosen[near]] * np.maximum(1.0 - square[near] / square[near].max(), 0.0)
            chosen, kernel = chosen[near][kernel > 0], kernel[kernel > 0]
            regression = Regression.fit(scores[chosen], x[chosen], kernel, effective(kernel))
    return chosen, regression.move(scores[chosen], x[chosen], at), kernel / kernel.sum()
