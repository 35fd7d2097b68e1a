"""Simulators whose posteriors are known, a cache that dies, and posteriors that are wrong on purpose."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from scipy.special import logsumexp

from experiments.calibration.chance import generator
from experiments.calibration.coordinates import moments, to_normal, to_unit
from experiments.calibration.protocol import Problem, Targets

GRID = np.linspace(-5.0, 5.0, 401)


@dataclass
class Linear:
    """Statistics are linear in the normal scores of the parameters, with normal chance; only the first ones matter."""

    size: int
    facts: int
    informative: int | None = None
    chance: float = 0.0
    slope: float = 0.5
    matrix: np.ndarray = field(init=False)

    def __post_init__(self):
        self.matrix = self.slope * generator(1, "matrix", self.size).standard_normal((self.facts, self.size))
        if self.informative is not None:
            self.matrix[:, self.informative :] = 0.0

    @property
    def names(self):
        return tuple(f"p{i}" for i in range(self.size))

    def prior(self, unit):
        return to_normal(unit)

    def mean(self, x):
        return x @ self.matrix.T

    def simulate(self, unit, seed, stage):
        noise = generator(seed, "runs", stage).standard_normal((len(unit), self.facts))
        return self.mean(self.prior(unit)) + self.chance * noise

    @property
    def chance_cov(self):
        return self.chance**2 * np.eye(self.facts)

    def exact(self, targets):
        """Mean and covariance of the posterior in normal scores."""
        precision = np.linalg.inv(np.diag(targets.error**2) + self.chance_cov)
        cov = np.linalg.inv(np.eye(self.size) + self.matrix.T @ precision @ self.matrix)
        return cov @ self.matrix.T @ precision @ targets.value, cov

    def log_evidence(self, targets):
        """Logarithm of the mean of the kernel under the prior, chance included."""
        error = np.diag(targets.error**2)
        cov = self.matrix @ self.matrix.T + self.chance_cov + error
        within = targets.value @ np.linalg.solve(cov, targets.value)
        return 0.5 * (np.linalg.slogdet(error)[1] - np.linalg.slogdet(cov)[1] - within)


@dataclass
class Shared(Linear):
    """The same with chance that six facts each have in common."""

    @property
    def chance_cov(self):
        together = np.repeat(np.arange(self.facts // 6), 6)
        return self.chance**2 * (0.2 * np.eye(self.facts) + 0.8 * (together[:, None] == together))

    def simulate(self, unit, seed, stage):
        noise = generator(seed, "runs", stage).standard_normal((len(unit), self.facts))
        return self.mean(self.prior(unit)) + noise @ np.linalg.cholesky(self.chance_cov).T


@dataclass
class Bent(Linear):
    """The same with squares, products and a wave, chance that grows with the first parameter, and failing runs."""

    fails: float = np.inf

    def mean(self, x):
        place = np.arange(self.facts)
        one, next_one, third = (x[:, (place + k) % self.size] for k in (0, 1, 2))
        return x @ self.matrix.T + 0.15 * one**2 + 0.3 * np.sin(2 * next_one) + 0.1 * one * third

    def simulate(self, unit, seed, stage):
        x = self.prior(unit)
        noise = generator(seed, "runs", stage).standard_normal((len(unit), self.facts))
        found = self.mean(x) + self.chance * np.exp(0.3 * x[:, :1]) * noise
        found[x[:, 0] + x[:, 1] > self.fails] = np.nan
        return found


@dataclass
class Banana:
    """One fact about x + y^2 and a vague one about y: the posterior is a crescent."""

    names: tuple[str, ...] = ("x", "y")

    def prior(self, unit):
        return to_normal(unit)

    def simulate(self, unit, seed, stage):
        x, y = self.prior(unit).T
        return np.stack([x + y**2, y], axis=1)

    def exact(self, targets):
        """Mean and standard deviation of the posterior of the scores, by a grid."""
        x, y = np.meshgrid(GRID, GRID, indexing="ij")
        statistics = np.stack([x + y**2, y], axis=-1).reshape(-1, 2)
        log = -0.5 * (x**2 + y**2).ravel() - 0.5 * targets.distance(statistics)
        weight = np.exp(log - logsumexp(log))
        mean, cov = moments(np.stack([x.ravel(), y.ravel()], axis=1), weight)
        return mean, np.sqrt(np.diag(cov))


@dataclass
class Ridge:
    """Facts see the sum of the first two scores and the third; the fourth they do not see."""

    names: tuple[str, ...] = ("a", "b", "c", "d")

    def prior(self, unit):
        return to_normal(unit)

    def simulate(self, unit, seed, stage):
        a, b, c, _ = self.prior(unit).T
        noise = generator(seed, "runs", stage).standard_normal((len(unit), 3))
        return np.stack([a + b, a + b, c], axis=1) + 0.05 * noise


class KilledError(RuntimeError):
    """The process has died."""


class Cache:
    """Keeps every call of a simulator by its stage, as a caller would on disk; dies at a given call."""

    def __init__(self, simulator, dies_at=None, kept=None):
        self.simulator, self.dies_at = simulator, dies_at
        self.kept = {} if kept is None else kept
        self.new = 0
        self.names = simulator.names

    def prior(self, unit):
        return self.simulator.prior(unit)

    def simulate(self, unit, seed, stage):
        if stage not in self.kept:
            if self.new == self.dies_at:
                raise KilledError(stage)
            self.new += 1
            self.kept[stage] = (unit.copy(), self.simulator.simulate(unit, seed, stage))
        points, statistics = self.kept[stage]
        np.testing.assert_array_equal(points, unit)  # the same stage asks for the same points, bit for bit
        return statistics.copy()


def targets_of(value, sd=0.5, weight=1.0, group=()):
    """Facts with errors of one size."""
    value = np.asarray(value, dtype=np.float64)
    names = tuple(f"fact{i}" for i in range(len(value)))
    return Targets(names, value, np.full(len(value), sd), np.full(len(value), weight), group)


def problem_of(simulator, sd=0.5, seed=3):
    """A problem whose facts come from a draw of the prior, and the draw in normal scores."""
    rng = generator(seed, "facts")
    draws = rng.standard_normal((20, len(simulator.names)))
    statistics = simulator.simulate(to_unit(draws), seed, "facts")
    place = int(np.isfinite(statistics).all(axis=1).argmax())
    truth, value = draws[place], statistics[place]
    return Problem(simulator, targets_of(value + sd * rng.standard_normal(len(value)), sd), seed), truth


def errors(sample, mean, sd):
    """Errors of the means in standard deviations of the posterior, and ratios of standard deviations."""
    found, cov = moments(to_normal(sample.unit), sample.weight)
    return (found - mean) / sd, np.sqrt(np.diag(cov)) / sd


def squeezed(sample, factor=0.5, shift=0.0):
    """A posterior with standard deviations of the wrong size, or in the wrong place."""
    scores = to_normal(sample.unit)
    mean, cov = moments(scores, sample.weight)
    return replace(sample, unit=to_unit(mean + factor * (scores - mean) + shift * np.sqrt(np.diag(cov))))
