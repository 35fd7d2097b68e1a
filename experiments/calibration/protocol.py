"""What the algorithms ask of a model, what it is held against, and the weighted draws that they hand on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from experiments.calibration.chance import Generator, generator
from experiments.calibration.coordinates import Bools, Floats, effective, systematic, weighted_quantile

type Progress = Callable[[str, float, dict[str, float]], None]
"""Called with the step's name, the share that is done (0..1) and numbers worth showing."""


class CalibrationError(ValueError):
    """A calibration that cannot be carried out; one line with the cure."""


class Simulator(Protocol):
    """A stochastic model with parameters in unit coordinates."""

    @property
    def names(self) -> tuple[str, ...]:
        """Free parameters, (d,)."""

    def prior(self, unit: Floats) -> Floats:
        """Parameter values (n, d) at unit coordinates: the inverse of the prior's distribution function by column."""

    def simulate(self, unit: Floats, seed: int, stage: str) -> Floats:
        """Statistics (n, m) at points (n, d), each row with chance of its own; NaN where a run failed.

        A pure function of its arguments: a calibration that is begun again asks the same calls in the same order, so
        that a cache under `stage` resumes it bit for bit.
        """


@dataclass(frozen=True, eq=False)
class Targets:
    """Facts that statistics are held against, already on the scale that errors are normal on.

    Attributes
    ----------
    names : (m,).
    value : (m,).
    sd : (m,), error of observation and of the reporting definition.
    weight : (m,) in (0, 1]; facts that say the same share one.
    group : (m,), facts that tell one story; by default each its own.

    Raises
    ------
    CalibrationError
        Names the fact.
    """

    names: tuple[str, ...]
    value: Floats
    sd: Floats
    weight: Floats
    group: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.group:
            object.__setattr__(self, "group", self.names)
        for name in ("value", "sd", "weight", "group"):
            if len(getattr(self, name)) != len(self.names):
                raise CalibrationError(f"targets: {len(getattr(self, name))} of {name} for {len(self.names)} names")
        wrong = {
            "value": ~np.isfinite(self.value),
            "sd": ~(np.isfinite(self.sd) & (self.sd > 0)),
            "weight": ~((self.weight > 0) & (self.weight <= 1)),
        }
        cure = {"value": "a finite number", "sd": "positive", "weight": "above 0 and at most 1"}
        for name, bad in wrong.items():
            if bad.any():
                place = int(np.flatnonzero(bad)[0])
                found = float(getattr(self, name)[place])
                raise CalibrationError(f"target {self.names[place]!r}: {name} is {found:g}, must be {cure[name]}")

    @property
    def error(self) -> Floats:
        """Standard deviation of the error that the kernel stands for, (m,): a shared fact counts in part."""
        return np.asarray(self.sd / np.sqrt(self.weight))

    def residuals(self, statistics: Floats) -> Floats:
        """(statistic - value) / sd, (n, m)."""
        return np.asarray((statistics - self.value) / self.sd)

    def distance(self, statistics: Floats) -> Floats:
        """Weighted sum of squared residuals (n,), infinite where a run failed."""
        square = np.einsum("ij,j->i", self.residuals(statistics) ** 2, self.weight)
        return np.where(np.isfinite(square), square, np.inf)

    def at(self, value: Floats) -> Targets:
        """The same facts with other values."""
        return replace(self, value=value)


@dataclass(frozen=True, eq=False)
class Problem:
    """A model and its facts; names of stages and chance of all steps begin with `stage`."""

    simulator: Simulator
    targets: Targets
    seed: int
    stage: str = "calibration"

    @property
    def names(self) -> tuple[str, ...]:
        """Free parameters, (d,)."""
        return self.simulator.names

    @property
    def size(self) -> int:
        """Free parameters."""
        return len(self.names)

    def under(self, label: str) -> Problem:
        """The same problem, the names of its stages made longer."""
        return Problem(self.simulator, self.targets, self.seed, f"{self.stage}-{label}")

    def at(self, value: Floats) -> Problem:
        """The same problem with other facts."""
        return Problem(self.simulator, self.targets.at(value), self.seed, self.stage)

    def generator(self, *labels: str | int) -> Generator:
        """Chance of a step."""
        return generator(self.seed, self.stage, *labels)

    def run(self, unit: Floats, label: str) -> Floats:
        """Statistics (n, m); a failed run is NaN throughout.

        Raises
        ------
        CalibrationError
            If the model answers in another shape.
        """
        stage = f"{self.stage}-{label}"
        found = np.asarray(self.simulator.simulate(unit, self.seed, stage), dtype=np.float64)
        expected = (len(unit), len(self.targets.names))
        if found.shape != expected:
            raise CalibrationError(f"stage {stage!r}: the model gave statistics of shape {found.shape}, not {expected}")
        return np.where(np.isfinite(found).all(axis=1, keepdims=True), found, np.nan)


@dataclass(frozen=True, eq=False)
class Sample:
    """Weighted draws of parameters with the statistics of their runs.

    Attributes
    ----------
    names : (d,).
    unit : (n, d).
    statistics : (n, m).
    weight : (n,), sums to 1.
    independent : draws that were made apart from each other, as far as the method knows.
    """

    names: tuple[str, ...]
    unit: Floats
    statistics: Floats
    weight: Floats
    independent: float = np.inf

    def __len__(self) -> int:
        return len(self.unit)

    @property
    def effective(self) -> float:
        """Number of equally weighted independent draws worth as much."""
        return min(effective(self.weight), self.independent)

    def quantile(self, probability: Floats) -> Floats:
        """Quantiles in unit coordinates, (probability, d)."""
        return weighted_quantile(self.unit, self.weight, probability)

    def take(self, rows: Bools) -> Sample:
        """Some of the draws, their weights made to sum to one again."""
        weight = self.weight[rows]
        total = float(weight.sum())
        return Sample(self.names, self.unit[rows], self.statistics[rows], weight / total, self.independent * total)

    def thinned(self, size: int, rng: Generator) -> Sample:
        """So many draws of equal weight."""
        rows = systematic(self.weight, size, rng)
        weight = np.full(size, 1.0 / size)
        return Sample(self.names, self.unit[rows], self.statistics[rows], weight, self.independent)

    def ranks(self, truth: Floats) -> Floats:
        """Weight of the draws below each coordinate of `truth` (d,), ties by half."""
        below = (self.unit < truth) + 0.5 * (self.unit == truth)
        return np.asarray(np.einsum("i,ij->j", self.weight, below))


def quiet(step: str, done: float, numbers: dict[str, float]) -> None:
    """A `Progress` that shows nothing."""
