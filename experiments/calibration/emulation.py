"""Emulators of the statistics: what the model would say at a point it was not run at, and how far that may be off.

A run costs less than a millisecond, so the mean is a polynomial in all parameters from thousands of runs: all pairs
and each cube (ridge, its strength by generalised cross-validation). Where that leaves more than chance and the error
of the fact make negligible, the rest goes to a Gaussian process on the few parameters that matter most for the
statistic, as active inputs (Craig et al. 1997; Vernon, Goldstein and Bower 2010). Its lengths are estimated on some
runs, it then learns from all of them through a few inducing points (Quinonero-Candela and Rasmussen 2005), which makes
it cheap enough to be asked a million times; it stays only if it helps at points held out. What neither explains nor
chance accounts for is kept as variance of the emulator. Chance is measured by replications, as a function of the
parameters.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.special import digamma

from experiments.calibration.coordinates import Bools, Floats, Integers
from experiments.calibration.protocol import CalibrationError
from experiments.calibration.threads import one_thread

PENALTIES = np.logspace(-3.0, 5.0, 17)
HIGHER = 0.5
"""Terms of second and third order count half before the ridge, which thus prefers a linear answer."""
HELD_OUT = 0.1
HELPS = 0.98
"""A process stays if it brings the squared error at held-out points below this share."""
MATTERS = 0.05
"""A process is tried if what the polynomial leaves is above this share of chance and the error of the fact."""
FLOOR = 1e-10


@dataclass(frozen=True)
class EmulatorSettings:
    """Size of the Gaussian processes.

    Attributes
    ----------
    active : parameters that a process sees at most.
    inducing : points through which it learns.
    fitted : runs that its lengths are estimated on.
    """

    active: int = 6
    inducing: int = 120
    fitted: int = 200


@dataclass(frozen=True, eq=False)
class Diagnostics:
    """How emulators fare at points they were not made from, each (statistic,).

    Attributes
    ----------
    within_2, within_3 : share of points within 2 and 3 standard deviations of emulator and chance; 95 and 99.7 % if
        normal.
    r2 : share of the variance that the emulator explains, and `ceiling`, the share that chance leaves to explain.
    process : whether a Gaussian process stayed.
    points : held out.
    """

    within_2: Floats
    within_3: Floats
    r2: Floats
    ceiling: Floats
    process: Bools
    points: int


@dataclass(frozen=True, eq=False)
class Polynomial:
    """Ridge regressions of all statistics on the same terms, as a Bayesian posterior of the coefficients."""

    mean: Floats
    scale: Floats
    directions: Floats
    coefficients: Floats
    spread: Floats
    """(direction, statistic), posterior variance along each direction."""

    @classmethod
    def fit(cls, unit: Floats, y: Floats) -> Polynomial:
        """Fit to (n, d) and (n, m)."""
        mean, scale = unit.mean(axis=0), np.maximum(unit.std(axis=0), 1e-9)
        u, s, vt = np.linalg.svd(terms((unit - mean) / scale), full_matrices=False)
        uy = u.T @ y
        total = (y**2).sum(axis=0)
        best, penalty = np.full(y.shape[1], np.inf), np.zeros(y.shape[1])
        noise = np.zeros(y.shape[1])
        for one in PENALTIES:
            share = s**2 / (s**2 + one)
            left = total - ((2.0 * share - share**2)[:, None] * uy**2).sum(axis=0)
            free = max(len(y) - share.sum(), 1.0)
            score = left / free**2
            better = score < best
            best, penalty = np.where(better, score, best), np.where(better, one, penalty)
            noise = np.where(better, left / free, noise)
        coefficients = (s[:, None] / (s[:, None] ** 2 + penalty)) * uy
        return cls(mean, scale, vt.T, coefficients, noise / (s[:, None] ** 2 + penalty))

    def predict(self, unit: Floats) -> tuple[Floats, Floats]:
        """Mean and variance of the mean, (n, m)."""
        along = terms((unit - self.mean) / self.scale) @ self.directions
        return along @ self.coefficients, (along**2) @ self.spread

    def importance(self) -> Floats:
        """Variance of each statistic that a parameter has a part in, (d, m)."""
        d = len(self.mean)
        square = (self.directions @ self.coefficients) ** 2
        first, second = np.triu_indices(d)
        found = square[1 : 1 + d] + HIGHER**2 * square[len(square) - d :]
        pairs = HIGHER**2 * square[1 + d : len(square) - d]
        for places in (first, second):
            np.add.at(found, places, pairs)
        return np.asarray(found)


def terms(x: Floats) -> Floats:
    """1, x, products of pairs and cubes of standardised coordinates (n, d); the last two less what x and 1 hold."""
    first, second = np.triu_indices(x.shape[1])
    pairs = x[:, first] * x[:, second] - (first == second)
    # 9/5 is E x^4 of a uniform variable with unit variance
    return np.concatenate([np.ones((len(x), 1)), x, HIGHER * pairs, HIGHER * (x**3 - 1.8 * x)], axis=1)


@dataclass(frozen=True, eq=False)
class Process:
    """A Gaussian process on some parameters through inducing points; noise-free predictions.

    Attributes
    ----------
    active : parameters.
    points : inducing points in lengths.
    alpha, shrink : weights of the mean, and the form that gives by how much the runs have made the prior variance less.
    """

    active: Integers
    points: Floats
    length: Floats
    variance: float
    alpha: Floats
    shrink: Floats

    @classmethod
    def fit(cls, unit: Floats, y: Floats, active: Integers, settings: EmulatorSettings) -> Process:
        """Lengths by maximum likelihood (scikit-learn) on the first runs, then learn from all."""
        from sklearn.gaussian_process import GaussianProcessRegressor  # noqa: PLC0415  (slow to import)
        from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel  # noqa: PLC0415

        scale, x = float(y.std()), unit[:, active]
        spread = np.maximum(x.std(axis=0), 1e-9)
        kernel = ConstantKernel(0.5, (1e-3, 1e2)) * Matern(3.0 * spread, _bounds(spread), nu=2.5)
        regressor = GaussianProcessRegressor(kernel + WhiteKernel(0.5, (1e-4, 2.0)), optimizer=_optimum)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a length at its bound is an answer: the parameter does not matter
            regressor.fit(x[: settings.fitted], y[: settings.fitted] / scale)
        found = regressor.kernel_
        length = np.broadcast_to(found.k1.k2.length_scale, active.shape).astype(np.float64)
        variance, noise = scale**2 * float(found.k1.k1.constant_value), scale**2 * float(found.k2.noise_level)
        points = (x / length)[: settings.inducing]
        own = variance * (_matern(points, points) + 1e-6 * np.eye(len(points)))
        cross = variance * _matern(points, x / length)
        known = np.linalg.inv(own + cross @ cross.T / noise)
        return cls(active, points, length, variance, known @ (cross @ y) / noise, np.linalg.inv(own) - known)

    def predict(self, unit: Floats) -> tuple[Floats, Floats]:
        """Mean and variance of the mean, (n,)."""
        cov = self.variance * _matern(unit[:, self.active] / self.length, self.points)
        return cov @ self.alpha, np.maximum(self.variance - ((cov @ self.shrink) * cov).sum(axis=1), 0.0)


def _bounds(spread: Floats) -> list[tuple[float, float]]:
    return [(0.3 * one, 100.0 * one) for one in spread]


def _optimum(objective: Any, initial: Floats, bounds: Floats) -> tuple[Floats, float]:
    """Maximum likelihood in a bounded number of steps."""
    from scipy.optimize import minimize  # noqa: PLC0415

    found = minimize(objective, initial, method="L-BFGS-B", jac=True, bounds=bounds, options={"maxiter": 15})
    return found.x, float(found.fun)


def _matern(one: Floats, other: Floats) -> Floats:
    """Matern correlation of order 5/2 between scaled points."""
    square = (one**2).sum(axis=1)[:, None] + (other**2).sum(axis=1) - 2.0 * one @ other.T
    far = np.sqrt(5.0 * np.maximum(square, 0.0))
    return np.asarray((1.0 + far + far**2 / 3.0) * np.exp(-far))


@dataclass(frozen=True, eq=False)
class Chance:
    """Variance between replications as a function of the parameters: its logarithm is linear in them."""

    mean: Floats
    scale: Floats
    slope: Floats
    low: Floats
    high: Floats

    @classmethod
    def fit(cls, unit: Floats, replicated: Floats) -> Chance:
        """Fit to points (n, d) and their replications (n, replication, m)."""
        freedom = replicated.shape[1] - 1
        within = np.maximum(replicated.var(axis=1, ddof=1), FLOOR)
        bias = digamma(freedom / 2.0) - np.log(freedom / 2.0)
        y = np.log(within) - bias
        mean, scale = unit.mean(axis=0), np.maximum(unit.std(axis=0), 1e-9)
        x = np.concatenate([np.ones((len(unit), 1)), (unit - mean) / scale], axis=1)
        # as strong as one in ten points: chance differs little between points
        ridge = np.diag([0.0, *([0.1 * len(x)] * unit.shape[1])])
        slope = np.linalg.solve(x.T @ x + ridge, x.T @ y)
        fitted = x @ slope
        # a logarithm's mean is not the mean: what is fitted keeps the mean variance
        slope[0] += np.log(within.mean(axis=0) / np.exp(fitted).mean(axis=0))
        fitted = x @ slope
        return cls(mean, scale, slope, fitted.min(axis=0), fitted.max(axis=0))

    def variance(self, unit: Floats) -> Floats:
        """Variance of one run, (n, m)."""
        found = self.slope[0] + ((unit - self.mean) / self.scale) @ self.slope[1:]
        return np.asarray(np.exp(np.clip(found, self.low, self.high)))


@dataclass(frozen=True, eq=False)
class Emulators:
    """One emulator a statistic."""

    polynomial: Polynomial
    processes: tuple[Process | None, ...]
    lack: Floats
    """(m,), variance that neither the emulator explains nor chance accounts for."""
    chance: Chance
    diagnostics: Diagnostics | None = None

    def predict(self, unit: Floats) -> tuple[Floats, Floats]:
        """Mean of the model and the emulator's variance, (n, m)."""
        mean, variance = self.polynomial.predict(unit)
        variance += self.lack
        for place, process in enumerate(self.processes):
            if process is not None:
                more, unsure = process.predict(unit)
                mean[:, place] += more
                variance[:, place] += unsure
        return mean, variance

    def errors(self, unit: Floats, y: Floats) -> tuple[Floats, Floats, Floats]:
        """Errors at known points, the emulator's variance and that of chance, each (n, m)."""
        mean, variance = self.predict(unit)
        return y - mean, variance, self.chance.variance(unit)

    def processes_for(
        self, made: tuple[Floats, Floats], tried: tuple[Floats, Floats], settings: EmulatorSettings
    ) -> tuple[Process | None, ...]:
        """A process for each statistic, None where it would not matter or does not help."""
        left = made[1] - self.predict(made[0])[0]
        error, _, noise = self.errors(*tried)
        square = (error**2).mean(axis=0)
        matters = square - noise.mean(axis=0) > MATTERS * (noise.mean(axis=0) + 1.0)
        active = np.argsort(-self.polynomial.importance(), axis=0, kind="stable")[: settings.active]
        found: list[Process | None] = [None] * len(square)
        for j in np.flatnonzero(matters):
            process = Process.fit(made[0], left[:, j], active[:, j], settings)
            helps = ((error[:, j] - process.predict(tried[0])[0]) ** 2).mean() < HELPS * square[j]
            found[j] = process if helps else None
        return tuple(found)

    def judged(self, unit: Floats, y: Floats) -> Emulators:
        """The same with diagnostics from points that had no part in them."""
        error, variance, noise = self.errors(unit, y)
        far = np.abs(error) / np.sqrt(variance + noise)
        spread = np.maximum(y.var(axis=0), FLOOR)
        found = Diagnostics(
            within_2=(far < 2.0).mean(axis=0),
            within_3=(far < 3.0).mean(axis=0),
            r2=1.0 - (error**2).mean(axis=0) / spread,
            ceiling=1.0 - noise.mean(axis=0) / spread,
            process=np.array([one is not None for one in self.processes]),
            points=len(unit),
        )
        return replace(self, diagnostics=found)


@one_thread
def fit_emulators(
    runs: tuple[Floats, Floats], replicated: tuple[Floats, Floats], settings: EmulatorSettings
) -> Emulators:
    """Emulators from runs; a tenth of them decides what an emulator holds, another one judges it.

    Parameters
    ----------
    runs : points (n, d) and statistics (n, m) in errors of their facts, in no order; failed runs (NaN) are left out.
    replicated : points (n, d) and statistics (n, replication, m).

    Raises
    ------
    CalibrationError
        If too few runs are left.
    """
    ok = np.isfinite(runs[1]).all(axis=1)
    known = np.isfinite(replicated[1]).all(axis=(1, 2))
    unit, y = runs[0][ok], runs[1][ok]
    tenth = int(HELD_OUT * len(unit))
    if len(unit) - 2 * tenth < 2 * (unit.shape[1] + 1) or known.sum() < 10:
        raise CalibrationError(f"emulators: only {len(unit)} runs and {int(known.sum())} replicated points succeeded")
    chance = Chance.fit(replicated[0][known], replicated[1][known])
    made = slice(2 * tenth, None)
    polynomial = Polynomial.fit(unit[made], y[made])
    plain = Emulators(polynomial, (None,) * y.shape[1], np.zeros(y.shape[1]), chance)
    processes = plain.processes_for((unit[made], y[made]), (unit[:tenth], y[:tenth]), settings)
    plain = replace(plain, processes=processes)
    error, variance, noise = plain.errors(unit[:tenth], y[:tenth])
    lack = np.maximum((error**2 - variance - noise).mean(axis=0), 0.0)
    return replace(plain, lack=lack).judged(unit[tenth : 2 * tenth], y[tenth : 2 * tenth])
