"""The whole calibration: rule points out, weigh the rest, and go to the error of observation.

History matching finds where to start and how much chance lies in each statistic there; ABC-SMC then holds means of
several runs a point against the facts, the error of observation widened by what chance a single world has beyond such
a mean: the world that was observed is one world.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from abm.scenario import Scenario
from experiments.calibration.adjustment import AdjustmentSettings, adjust, again
from experiments.calibration.history_matching import Matching, MatchingSettings, history_match
from experiments.calibration.level_sets import LevelSettings
from experiments.calibration.protocol import Problem, Progress, Sample, Targets, quiet
from experiments.calibration.simulator import ModelSimulator
from experiments.calibration.smc import Posterior, SmcSettings, abc_smc
from experiments.calibration.targets import TargetSet

Floats = NDArray[np.float64]

CHANCE_POINTS, CHANCE_WORLDS = 48, 24
"""Points left by history matching at which chance is measured, and worlds at each."""
MOST_CHANCE = 3.0
"""Chance of a statistic counts up to so many standard deviations of its observation error."""


@dataclass(frozen=True)
class Effort:
    """How much is spent.

    Attributes
    ----------
    replications : worlds whose mean is a statistic of ABC-SMC.
    draws : of the posterior that are kept.
    sets : data sets of the check on synthetic truths; `table` runs of the common table it rests on.
    """

    matching: MatchingSettings
    smc: SmcSettings
    adjustment: AdjustmentSettings = field(default_factory=AdjustmentSettings)
    replications: int = 8
    draws: int = 1500
    sets: int = 200
    table: int = 100_000


FULL = Effort(
    MatchingSettings(waves=3, levels=LevelSettings(points=4000)),
    SmcSettings(particles=1500, most_moves=80, moved=0.5, correlation=1.0, most_runs=350_000),
    replications=8,
)
QUICK = Effort(
    MatchingSettings(waves=1, replicated=100, replications=4, levels=LevelSettings(points=1600)),
    SmcSettings(particles=300, most_moves=8, moved=0.5, correlation=1.0, most_runs=9_000),
    replications=2,
    draws=500,
    sets=50,
    table=10_000,
)
EFFORTS = {"full": FULL, "quick": QUICK}


@dataclass(frozen=True, eq=False)
class Calibrated:
    """What a calibration found.

    Attributes
    ----------
    problem : that of ABC-SMC; its targets hold the chance of a single world.
    chance : standard deviation of each statistic between worlds of one point, (fact,), on the scale of the fit.
    sample : draws of the posterior with equal weights, their statistics from new single worlds.
    """

    targets: TargetSet
    problem: Problem
    chance: Floats
    matching: Matching
    posterior: Posterior
    sample: Sample


def single_problem(scenario: Scenario, targets: TargetSet, folder: Path | None, seed: int) -> Problem:
    """One world a point, errors as the targets have them."""
    simulator = ModelSimulator(scenario, targets.free, targets, folder=folder)
    return Problem(simulator, errors_of(targets), seed, "calibrate")


def errors_of(targets: TargetSet, beside: Floats | None = None) -> Targets:
    """Facts for the algorithms; `beside` is a standard deviation (fact,) that comes on top of each error."""
    sd = targets.column("sd")
    total = sd if beside is None else np.hypot(sd, np.minimum(beside, MOST_CHANCE * sd))
    groups = tuple(one.group for one in targets.targets)
    return Targets(targets.names, targets.column("value"), total, targets.column("weight"), groups)


def calibrate(
    scenario: Scenario,
    targets: TargetSet,
    effort: Effort,
    folder: Path | None = None,
    seed: int = 1,
    progress: Progress = quiet,
) -> Calibrated:
    """Fit the free parameters of a scenario to the targets; a call that was killed goes on from `folder`.

    Raises
    ------
    CalibrationError, FreeError
        Nothing is left, no run succeeds, or `folder` belongs to another calibration.
    """
    single = single_problem(scenario, targets, folder, seed)
    matching = history_match(single.under("match"), effort.matching, progress)
    chance = chance_at(single, matching.unit)
    simulator = ModelSimulator(scenario, targets.free, targets, effort.replications, folder)
    beside = chance * np.sqrt(1.0 - 1.0 / effort.replications)
    problem = Problem(simulator, errors_of(targets, beside), seed, "calibrate-smc")
    posterior = abc_smc(problem, effort.smc, matching.start(), progress=progress)
    adjusted = adjust(problem, posterior, effort.adjustment)
    drawn = adjusted.thinned(effort.draws, problem.generator("resample"))
    return Calibrated(targets, problem, chance, matching, posterior, again(single, drawn, "posterior"))


def chance_at(problem: Problem, unit: Floats) -> Floats:
    """Standard deviation between worlds of one point: median over some of the points, (fact,)."""
    some = unit[np.linspace(0, len(unit) - 1, min(CHANCE_POINTS, len(unit))).astype(np.int64)]
    found = problem.run(np.repeat(some, CHANCE_WORLDS, axis=0), "chance")
    spread = np.nanstd(found.reshape(len(some), CHANCE_WORLDS, -1), axis=1, ddof=1)
    return np.asarray(np.nanmedian(spread, axis=0))
