"""Moves of a population: autoregressive and differential-evolution proposals whose scales learn from the jumps made.

Two families in normal scores. *Autoregressive* ones (preconditioned Crank-Nicolson, Cotter et al. 2013, about the
population's own mean and covariance) leave a normal density as it is, so that their length needs not shrink with the
number of parameters; *differential evolution* (ter Braak 2006; a random share of the coordinates as in Vrugt et al.
2009) knows no such shape and mends what the first kind cannot reach. Which kind and length a particle tries is drawn
in proportion to the squared jumps they have brought so far (Fearnhead and Taylor 2013).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from experiments.calibration.chance import Generator
from experiments.calibration.coordinates import Bools, Floats, Integers, apply, moments, shrunk

STEPS = (0.1, 0.25, 0.5, 0.8, 1.0)
"""Share of new chance in an autoregressive proposal; 1 forgets where the particle was."""
DIFFERENCES = ((0.5, 1.0), (1.0, 1.0), (1.0, 0.3), (1.0, 0.1))
"""Length, as a share of 2.38 / sqrt(2 x coordinates), and share of coordinates of a difference of two particles."""
KINDS = len(STEPS) + len(DIFFERENCES)
LEAST = 0.02
"""Every kind is tried at least so often."""
JITTER = 1e-3
"""A difference of particles gets so much normal noise, in standard deviations, so that it can reach every point."""
MEMORY = 0.5
"""What the jumps of earlier stages count."""


@dataclass
class Experience:
    """What each kind of proposal has brought: squared jumps and trials, (kind,)."""

    jumps: Floats = field(default_factory=lambda: np.ones(KINDS))
    tries: Floats = field(default_factory=lambda: np.ones(KINDS))

    @property
    def probability(self) -> Floats:
        """How often each kind is tried."""
        gain = self.jumps / self.tries
        share = gain / gain.sum() if gain.sum() > 0 else np.full(KINDS, 1.0 / KINDS)
        return np.asarray(LEAST + (1.0 - KINDS * LEAST) * share)

    def learn(self, kind: Integers, square: Floats) -> None:
        """Take in squared jumps (n,), 0 where a proposal was refused."""
        self.jumps += np.bincount(kind, square, KINDS)
        self.tries += np.bincount(kind, minlength=KINDS)

    def fade(self) -> None:
        """Begin a stage: what is known counts less."""
        self.jumps *= MEMORY
        self.tries *= MEMORY


@dataclass(frozen=True, eq=False)
class Shape:
    """Where a population lies: its points (n, d), mean, Cholesky factor of the covariance and its inverse."""

    points: Floats
    mean: Floats
    factor: Floats
    inverse: Floats

    @classmethod
    def of(cls, points: Floats) -> Shape:
        """Shape of equally weighted points."""
        n = len(points)
        mean, cov = moments(points, np.full(n, 1.0 / n))
        factor = np.linalg.cholesky(shrunk(cov, len(np.unique(points[:, 0]))))
        return cls(points, mean, factor, np.linalg.inv(factor))

    def white(self, points: Floats) -> Floats:
        """Coordinates in which the population has unit covariance."""
        return apply(self.inverse, points - self.mean)


@dataclass(frozen=True, eq=False)
class Halves:
    """Shapes of the first and the second half of a population, and of the whole.

    A half moves by the shape of the other one: a proposal that knew the particle that it moves would draw the
    population together, by a tenth of a standard deviation with 20 parameters and 160 different particles.
    """

    first: Shape
    second: Shape
    whole: Shape

    @classmethod
    def of(cls, points: Floats) -> Halves:
        """Shapes of equally weighted points; copies of a point have to stand side by side."""
        middle = len(points) // 2
        return cls(Shape.of(points[:middle]), Shape.of(points[middle:]), Shape.of(points))

    def white(self, points: Floats) -> Floats:
        """Coordinates in which the population has unit covariance."""
        return self.whole.white(points)


@dataclass(frozen=True, eq=False)
class Proposal:
    """Proposed points (n, d), their kinds, and the logarithm of backward over forward density (n,)."""

    points: Floats
    kind: Integers
    correction: Floats


def propose(points: Floats, halves: Halves, experience: Experience, rng: Generator) -> Proposal:
    """One proposal a particle, from the shape of the half that it is not in.

    Differences are of particles as they were when the shape was taken, so that a proposal is as likely backwards as
    forwards.
    """
    middle = len(points) // 2
    one = _propose(points[:middle], halves.second, experience, rng)
    two = _propose(points[middle:], halves.first, experience, rng)
    return Proposal(
        np.concatenate([one.points, two.points]),
        np.concatenate([one.kind, two.kind]),
        np.concatenate([one.correction, two.correction]),
    )


def _propose(points: Floats, shape: Shape, experience: Experience, rng: Generator) -> Proposal:
    """Proposals of one half."""
    n, d = points.shape
    kind = np.asarray(rng.choice(np.arange(KINDS), size=n, p=experience.probability))
    fresh = rng.standard_normal((n, d))
    white = shape.white(points)
    step = np.array([*STEPS, *(0.0 for _ in DIFFERENCES)])[kind]
    moved = np.sqrt(1.0 - step**2)[:, None] * white + step[:, None] * fresh
    autoregressive = shape.mean + apply(shape.factor, moved)
    normal = 0.5 * ((moved**2).sum(axis=1) - (white**2).sum(axis=1))
    is_normal = kind < len(STEPS)
    different = points + _differences(kind, shape, fresh, rng)
    chosen = np.where(is_normal[:, None], autoregressive, different)
    return Proposal(chosen, kind, np.where(is_normal, normal, 0.0))


def _differences(kind: Integers, shape: Shape, fresh: Floats, rng: Generator) -> Floats:
    """Scaled differences of two particles in some of the coordinates, (n, d)."""
    n, d = fresh.shape
    length, share = np.array([*((0.0, 1.0) for _ in STEPS), *DIFFERENCES])[kind].T
    first, second = rng.integers(0, len(shape.points), size=(2, n))
    chosen: Bools = rng.random((n, d)) < share[:, None]
    chosen[np.arange(n), rng.integers(0, d, size=n)] = True
    scale = length * 2.38 / np.sqrt(2.0 * chosen.sum(axis=1))
    spread = JITTER * np.sqrt((shape.factor**2).sum(axis=1))
    return np.asarray(chosen * (scale[:, None] * (shape.points[first] - shape.points[second]) + spread * fresh))
