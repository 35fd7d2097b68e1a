"""Rule out: points at which the model cannot have made the facts (Craig et al. 1997; Vernon et al. 2010).

In waves: run the model at points not ruled out, emulate it there, rule out points whose implausibility
|fact - emulator| / sqrt(error of the fact + emulator's variance + chance) is too large, draw new points from what is
left. What is left after the last wave holds the parameters if the model can make the facts at all.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.stats import binom, norm

from experiments.calibration.chance import seed_of
from experiments.calibration.coordinates import Bools, Floats
from experiments.calibration.emulation import Emulators, EmulatorSettings, fit_emulators
from experiments.calibration.level_sets import Found, LevelSettings, descend
from experiments.calibration.protocol import Problem, Progress, Targets, quiet
from experiments.calibration.smc import Start
from experiments.calibration.threads import one_thread
from experiments.sampling import sobol

SETTLED = "chance and error of the facts outweigh the emulators"
NO_GAIN = "the last wave ruled out little"
LAST = "last wave"
EMPTY = "nothing is left"
TAIL = 20.0
"""Statistics so many errors from the fact are drawn in (inverse hyperbolic sine): only near the fact details matter."""


@dataclass(frozen=True)
class MatchingSettings:
    """How points are ruled out.

    Attributes
    ----------
    waves : at most.
    replicated, replications : points of a wave that are run again to measure chance, and how often.
    order : the `order`-th largest implausibility decides, facts counted with their weight. With 90 facts at the right
        point one lies beyond 3 standard deviations in one case of five and three in one of 500 (`false_exclusion`);
        and a model that misses two facts for want of a mechanism is not ruled out whole.
    cutoff : Pukelsheim's (1994) three: 95 % of any unimodal distribution.
    settled : a wave is the last if the emulators' share of the variance is below this, median over facts and points.
    gain : or if it leaves more than this share of what the one before left.
    """

    waves: int = 4
    replicated: int = 400
    replications: int = 5
    order: float = 3.0
    cutoff: float = 3.0
    settled: float = 0.1
    gain: float = 0.5
    levels: LevelSettings = field(default_factory=LevelSettings)
    emulators: EmulatorSettings = field(default_factory=EmulatorSettings)


@dataclass(frozen=True, eq=False)
class Region:
    """What is not ruled out: points plausible to the emulators of every wave."""

    targets: Targets
    waves: tuple[Emulators, ...]
    order: float
    cutoff: float

    def by_target(self, unit: Floats, wave: int = -1) -> Floats:
        """Implausibility by each fact to one wave, (n, m)."""
        mean, variance = self.waves[wave].predict(unit)
        return np.asarray(np.abs(mean) / np.sqrt(1.0 + variance + self.waves[wave].chance.variance(unit)))

    def implausibility(self, unit: Floats) -> Floats:
        """The `order`-th largest implausibility, the largest over waves, (n,)."""
        worst = np.zeros(len(unit))
        for wave in range(len(self.waves)):
            # a point that an earlier wave rules out needs no later one
            left = worst <= self.cutoff
            if left.any():
                found = ordered(self.by_target(unit[left], wave), self.targets.weight, self.order)
                worst[left] = np.maximum(worst[left], found)
        return worst

    def by_last(self, unit: Floats) -> Floats:
        """Implausibility to the last wave, infinite where an earlier one rules out, (n,)."""
        found = np.full(len(unit), np.inf)
        left = Region(self.targets, self.waves[:-1], self.order, self.cutoff).inside(unit)
        if left.any():
            found[left] = ordered(self.by_target(unit[left]), self.targets.weight, self.order)
        return found

    def inside(self, unit: Floats) -> Bools:
        """Points not ruled out, (n,)."""
        return np.asarray(self.implausibility(unit) <= self.cutoff)


@dataclass(frozen=True, eq=False)
class Wave:
    """What one wave found.

    Attributes
    ----------
    emulators : with their diagnostics at points held out.
    found : draws from what is left; its log_volume is relative to what the wave before left.
    log_volume, low, high : logarithm of the share of the prior that is left, 90 % interval.
    emulator_share : of the emulators' variance in that of the implausibility, median over facts and points left.
    failed : share of runs that failed.
    runs : of this wave.
    """

    emulators: Emulators
    found: Found
    log_volume: float
    low: float
    high: float
    emulator_share: float
    failed: float
    runs: int


@dataclass(frozen=True, eq=False)
class Matching:
    """What history matching has left.

    Attributes
    ----------
    unit : draws from the prior within `region`, (n, d).
    stopped : SETTLED, NO_GAIN, LAST or EMPTY; if EMPTY, `unit` are draws from the smallest implausibilities found.
    culprits : share of `unit` at which each fact is more implausible than the cut-off, (m,), by the last wave.
    """

    region: Region
    waves: tuple[Wave, ...]
    unit: Floats
    stopped: str
    culprits: Floats

    @property
    def log_volume(self) -> tuple[float, float, float]:
        """Logarithm of the share of the prior that is left with its 90 % interval."""
        last = self.waves[-1]
        return last.log_volume, last.low, last.high

    @property
    def runs(self) -> int:
        """Runs of all waves."""
        return sum(wave.runs for wave in self.waves)

    def start(self, confined: bool = False) -> Start:
        """Where ABC-SMC may start; `confined` keeps its moves inside, at the price of an emulation each."""
        return Start(self.unit, self.log_volume[0], self.region.inside if confined else None)


@one_thread
def history_match(problem: Problem, settings: MatchingSettings, progress: Progress = quiet) -> Matching:
    """Rule points out in waves.

    Stages that the simulator is asked for are "wave0" and "wave0-again", then "wave1" and so on.
    """
    unit = sobol(problem.size, seed_of(problem.seed, problem.stage, "design"), 0, settings.levels.points)
    unit = problem.generator("order").permutation(unit)  # what is held out must be like the rest
    region = Region(problem.targets, (), settings.order, settings.cutoff)
    waves: list[Wave] = []
    stopped = None
    while stopped is None:
        region, wave = _wave(problem, settings, region, unit, waves)
        waves.append(wave)
        unit = wave.found.unit
        progress("history matching", len(waves) / settings.waves, {"log10 left": float(wave.log_volume / np.log(10.0))})
        stopped = _why_stop(settings, waves)
    culprits = (region.by_target(unit) > settings.cutoff).mean(axis=0)
    return Matching(region, tuple(waves), unit, stopped, culprits)


def _wave(
    problem: Problem, settings: MatchingSettings, region: Region, unit: Floats, before: list[Wave]
) -> tuple[Region, Wave]:
    """Run, emulate, rule out."""
    label = f"wave{len(before)}"
    again = np.repeat(unit[: settings.replicated], settings.replications, axis=0)
    runs = tamed(problem.targets, problem.run(unit, label))
    chance = tamed(problem.targets, problem.run(again, f"{label}-again"))
    chance = chance.reshape(-1, settings.replications, chance.shape[1])
    emulators = fit_emulators((unit, runs), (unit[: settings.replicated], chance), settings.emulators)
    region = Region(region.targets, (*region.waves, emulators), region.order, region.cutoff)
    found = descend(region.by_last, unit, settings.cutoff, settings.levels, problem.generator(label))
    volume = (found.log_volume, found.low, found.high)
    if before:
        volume = _product(before[-1], found)
    _, variance = emulators.predict(found.unit)
    share = float(np.median(variance / (1.0 + variance + emulators.chance.variance(found.unit))))
    failed = float(np.isnan(runs[:, 0]).mean())
    return region, Wave(emulators, found, *volume, share, failed, len(unit) + len(again))


def _product(before: Wave, found: Found) -> tuple[float, float, float]:
    """Volume left by two waves, whose errors are independent."""
    low = float(np.hypot(before.log_volume - before.low, found.log_volume - found.low))
    high = float(np.hypot(before.high - before.log_volume, found.high - found.log_volume))
    middle = before.log_volume + found.log_volume
    return middle, middle - low, min(middle + high, 0.0)


def _why_stop(settings: MatchingSettings, waves: list[Wave]) -> str | None:
    """Why the last wave is the last one, None if it is not."""
    last = waves[-1]
    if last.found.level > settings.cutoff:
        return EMPTY
    if last.emulator_share < settings.settled:
        return SETTLED
    if len(waves) > 1 and last.found.log_volume > np.log(settings.gain):
        return NO_GAIN
    return LAST if len(waves) == settings.waves else None


def tamed(targets: Targets, statistics: Floats) -> Floats:
    """Residuals in errors of the fact, linear near it and logarithmic far away, (n, m)."""
    return np.asarray(TAIL * np.arcsinh(targets.residuals(statistics) / TAIL))


def ordered(implausibility: Floats, weight: Floats, order: float) -> Floats:
    """The largest implausibility that facts of `order` in weight reach or exceed, (n,).

    With unit weights it is the `order`-th largest of (n, m).
    """
    places = np.argsort(-implausibility, axis=1, kind="stable")
    reached = np.cumsum(weight[places], axis=1) >= min(order, float(weight.sum())) - 1e-9
    chosen = np.take_along_axis(places, reached.argmax(axis=1)[:, None], axis=1)
    return np.asarray(np.take_along_axis(implausibility, chosen, axis=1)[:, 0])


def false_exclusion(order: int, facts: int, cutoff: float = 3.0) -> float:
    """Chance that the right point is ruled out, errors independent and normal, each fact of full weight."""
    return float(binom.sf(order - 1, facts, 2.0 * norm.sf(cutoff)))
