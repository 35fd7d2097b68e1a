"""Weigh parameters by how well their runs agree with the facts: adaptive ABC-SMC (Del Moral, Doucet and Jasra 2012).

A particle is a point and the statistics of one run there; one run is enough (Bornn et al. 2017). The kernel
exp(-rho^2 / (2 eps^2)) falls from eps = infinity, the prior, to eps = 1, where it is the density of the error of
observation: the draws then are exact under that error (Wilkinson 2013). Each fall keeps a fixed effective share of the
population; it is then resampled, and moved until it has forgotten where it stood.

The more chance there is in a run, the rarer a new run beats the lucky one that a particle has: a stage that cannot
forget is undone, and the draws are those of the last tolerance at which the population was fresh. Draws that hang on
a few lucky runs would be too narrow; regression goes the rest of the way better (`adjustment`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from experiments.calibration.chance import Generator
from experiments.calibration.coordinates import (
    Bools,
    Floats,
    Integers,
    correlations,
    effective,
    normalised,
    systematic,
    to_normal,
    to_unit,
)
from experiments.calibration.proposals import Experience, Halves, propose
from experiments.calibration.protocol import CalibrationError, Problem, Progress, Sample, quiet
from experiments.calibration.threads import one_thread

REACHED = "observation error reached"
STUCK = "below this tolerance the population no longer forgets"
SPENT = "runs spent"
SMALLEST = -60.0
"""log10 of the smallest t looked at."""


@dataclass(frozen=True)
class SmcSettings:
    """How ABC-SMC spends its runs.

    Attributes
    ----------
    particles : size of the population.
    keep : effective share of the population that one fall of the tolerance keeps.
    most_moves : moves of a stage at most; a stage that needs more is undone and ends the search.
    moved : share of the particles that has to have moved before a stage ends.
    correlation : of where particles stand with where they stood at the start of a stage, in the slowest direction of
        the population, below which the stage ends.
    last_correlation : what the stage at eps = 1 goes on to, as far as `most_moves` lasts.
    harvest : moves after the last stage; the population after each of them is part of the sample.
    most_runs : runs in all, looked at before each stage.
    """

    particles: int = 2000
    keep: float = 0.6
    most_moves: int = 30
    moved: float = 0.9
    correlation: float = 0.5
    last_correlation: float = 0.1
    harvest: int = 4
    most_runs: int = 1_000_000


@dataclass(frozen=True, eq=False)
class Start:
    """A population to start from in place of draws from the prior: what history matching has left.

    Attributes
    ----------
    unit : (n, d), draws from the prior within a region; taken in turn if there are fewer than particles.
    log_volume : logarithm of the region's share of the prior.
    inside : which points lie in the region; moves that leave it are refused without a run. Without it moves may leave.
    """

    unit: Floats
    log_volume: float = 0.0
    inside: Callable[[Floats], Bools] | None = None


@dataclass(frozen=True)
class Stage:
    """One fall of the tolerance and the moves after it.

    `acceptance` is the share of proposals accepted, `distinct` the share of different particles after resampling.
    """

    epsilon: float
    effective: float
    distinct: float
    moves: int
    acceptance: float
    moved: float
    correlation: float
    runs: int


@dataclass(frozen=True, eq=False)
class Posterior:
    """What ABC-SMC has reached.

    Attributes
    ----------
    sample : draws under the kernel at `epsilon`.
    epsilon : 1 if the error of observation was reached; else `adjustment.adjust` goes the rest of the way. Infinite if
        even the first stage was undone.
    log_evidence : logarithm of the kernel's mean under the prior at `epsilon`: to compare models of the same facts.
    stopped : REACHED, STUCK or SPENT.
    """

    sample: Sample
    epsilon: float
    log_evidence: float
    stages: tuple[Stage, ...]
    stopped: str
    runs: int


@one_thread
def abc_smc(
    problem: Problem,
    settings: SmcSettings,
    start: Start | None = None,
    progress: Progress = quiet,
) -> Posterior:
    """Draws from the posterior.

    Stages that the simulator is asked for are "start", then "00-00" (stage, move) and so on, at last "harvest-00".

    Raises
    ------
    CalibrationError
        If no run of the first population succeeds.
    """
    chain = _Chain(problem, settings, start, progress)
    chain.begin()
    stopped = None
    while stopped is None:
        stopped = chain.stage()
    return Posterior(chain.harvest(), chain.epsilon, chain.log_evidence, tuple(chain.stages), stopped, chain.runs)


@dataclass(frozen=True, eq=False)
class _Cloud:
    """A population: points in normal scores (n, d), statistics (n, m), logarithms of prior and kernel at t = 1 (n,)."""

    points: Floats
    statistics: Floats
    prior: Floats
    kernel: Floats

    def take(self, places: Integers) -> _Cloud:
        return _Cloud(self.points[places], self.statistics[places], self.prior[places], self.kernel[places])

    def replaced(self, rows: Bools, other: _Cloud) -> _Cloud:
        """Some particles by those of another population."""
        column = rows[:, None]
        return _Cloud(
            np.where(column, other.points, self.points),
            np.where(column, other.statistics, self.statistics),
            np.where(rows, other.prior, self.prior),
            np.where(rows, other.kernel, self.kernel),
        )


class _Chain:
    """The population and where it stands between prior (t = 0) and posterior (t = 1), t = 1 / eps^2."""

    def __init__(self, problem: Problem, settings: SmcSettings, start: Start | None, progress: Progress) -> None:
        self.problem, self.settings, self.start, self.progress = problem, settings, start, progress
        self.experience = Experience()
        self.stages: list[Stage] = []
        self.t = 0.0
        self.log_evidence = 0.0 if start is None else start.log_volume
        self.runs = 0

    def begin(self) -> None:
        """Draw and run the first population."""
        n, rng = self.settings.particles, self.problem.generator("start")
        if self.start is None:
            points = rng.standard_normal((n, self.problem.size))
        else:
            points = to_normal(self.start.unit[np.arange(n) % len(self.start.unit)])
        self.cloud = self._run(points, "start")
        if not np.isfinite(self.cloud.kernel).any():
            raise CalibrationError(f"{self.problem.stage}: all {n} runs of the first population failed")

    def _run(self, points: Floats, label: str) -> _Cloud:
        """Points with new runs; those outside the region that the search is confined to are not run."""
        unit = to_unit(points)
        tried = np.ones(len(points), dtype=bool)
        if self.start is not None and self.start.inside is not None:
            tried = self.start.inside(unit)
        statistics = np.full((len(points), len(self.problem.targets.names)), np.nan)
        if tried.any():
            statistics[tried] = self.problem.run(unit[tried], label)
        self.runs += int(tried.sum())
        kernel = -0.5 * self.problem.targets.distance(statistics)
        return _Cloud(points, statistics, -0.5 * (points**2).sum(axis=1), kernel)

    def stage(self) -> str | None:
        """Fall, resample, move; why to stop, None to go on."""
        number, before, t = len(self.stages), (self.cloud, self.t), self._next()
        rng = self.problem.generator("stage", number)
        gained = (t - self.t) * self.cloud.kernel
        weight = normalised(gained)
        chosen = systematic(weight, len(weight), rng)
        self.cloud, self.t = self.cloud.take(chosen), t
        kept = (effective(weight) / len(weight), len(np.unique(chosen)) / len(chosen))
        forgot = self._move(number, rng, kept)
        self.progress("tolerance", self._done(), {"epsilon": self.epsilon, "runs": float(self.runs)})
        if not forgot:
            self.cloud, self.t = before
            return STUCK
        self.log_evidence += float(np.log(np.mean(np.exp(gained - gained.max()))) + gained.max())
        if t == 1.0:
            return REACHED
        return SPENT if self.runs >= self.settings.most_runs else None

    @property
    def epsilon(self) -> float:
        return float(1.0 / np.sqrt(self.t)) if self.t > 0.0 else np.inf

    def _done(self) -> float:
        """Share of the way, by logarithms of the tolerance from the first stage on."""
        first = self.stages[0].epsilon
        return float(1.0 - np.log(self.epsilon) / np.log(first)) if first > 1.0 else 1.0

    def _next(self) -> float:
        """The t that keeps the effective share, found by bisection."""
        least = self.settings.keep * np.isfinite(self.cloud.kernel).sum()

        def keeps(t: float) -> bool:
            return bool(effective(normalised((t - self.t) * self.cloud.kernel)) >= least)

        if keeps(1.0):
            return 1.0
        low, high = SMALLEST, float(np.log10(1.0 - self.t))
        for _ in range(60):
            middle = 0.5 * (low + high)
            low, high = (middle, high) if keeps(self.t + 10.0**middle) else (low, middle)
        return float(self.t + 10.0**high)

    def _move(self, number: int, rng: Generator, kept: tuple[float, float]) -> bool:
        """Move the population until it has forgotten where it stood; whether it has."""
        settings, shape = self.settings, Halves.of(self.cloud.points)
        before = shape.white(self.cloud.points)
        ever = np.zeros(len(before), dtype=bool)
        target = settings.last_correlation if self.t == 1.0 else settings.correlation
        accepted, left, moves = 0, 1.0, 0
        self.experience.fade()
        while moves < settings.most_moves and (ever.mean() < settings.moved or left > target):
            taken = self._step(shape, f"{number:02d}-{moves:02d}", rng)
            ever |= taken
            accepted += int(taken.sum())
            moves += 1
            left = float(correlations(before, shape.white(self.cloud.points)).max())
        acceptance = accepted / (moves * len(before))
        self.stages.append(Stage(self.epsilon, *kept, moves, acceptance, float(ever.mean()), left, self.runs))
        return bool(ever.mean() >= settings.moved and left <= max(settings.correlation, target))

    def _step(self, shape: Halves, label: str, rng: Generator) -> Bools:
        """Propose, run, take or refuse each (Metropolis-Hastings); which were taken."""
        mine = self.cloud
        proposal = propose(mine.points, shape, self.experience, rng)
        chance = np.log(1.0 - rng.random(len(mine.points)))
        new = self._run(proposal.points, label)
        gain = self.t * np.where(np.isfinite(new.kernel), new.kernel - mine.kernel, 0.0)
        gain[~np.isfinite(new.kernel)] = -np.inf  # a failed run is refused at t = 0 as well
        ratio = new.prior - mine.prior + gain + proposal.correction
        taken = np.asarray(chance < ratio)
        jump = ((shape.white(new.points) - shape.white(mine.points)) ** 2).sum(axis=1)
        self.experience.learn(proposal.kind, np.where(taken, jump, 0.0))
        self.cloud = mine.replaced(taken, new)
        return taken

    def harvest(self) -> Sample:
        """Draws at the tolerance reached: the population, and as it is after each of a few more moves."""
        ok = np.isfinite(self.cloud.kernel)  # with no tolerance reached it is still that of the prior
        self.cloud = self.cloud.take(np.flatnonzero(ok))
        clouds, rng = [self.cloud], self.problem.generator("harvest")
        shape = Halves.of(self.cloud.points)
        for move in range(self.settings.harvest):
            self._step(shape, f"harvest-{move:02d}", rng)
            clouds.append(self.cloud)
        unit = to_unit(np.concatenate([one.points for one in clouds]))
        statistics = np.concatenate([one.statistics for one in clouds])
        weight = np.full(len(unit), 1.0 / len(unit))
        return Sample(self.problem.names, unit, statistics, weight, float(len(self.cloud.points)))
