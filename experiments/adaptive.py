"""Adaptive replication: waves of new points until an effect is known as exactly as asked, or a maximum is reached.

Each wave goes on in the Sobol' sequence of the study (or in its draws from the priors) and sees new chance; it lies in
a folder of its own, so that what was killed goes on with the wave at which it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from abm.intervals import cluster_means
from experiments.analysis import AnalysisError, Output
from experiments.design import Design
from experiments.drive import Driver, points_design, seed_of

SAMPLERS = ("sobol", "prior", "posterior")
"""Samplers that go on without end."""


@dataclass(frozen=True)
class Wave:
    """What is known after a wave.

    Attributes
    ----------
    points, worlds : so far; `failed` of these worlds have no effect.
    mean, low, high : of the effect, 90 % interval over points.
    """

    points: int
    worlds: int
    failed: int
    mean: float
    low: float
    high: float

    @property
    def half_width(self) -> float:
        """Half of the interval."""
        return (self.high - self.low) / 2.0


@dataclass(frozen=True)
class Adapted:
    """Waves until the target, and whether it was reached."""

    output: Output
    target: float
    waves: tuple[Wave, ...]

    @property
    def reached(self) -> bool:
        """Whether the last wave is exact enough."""
        return self.waves[-1].half_width <= self.target


def adaptive(design: Design, driver: Driver, output: Output, target: float, most: int = 16_384) -> Adapted:
    """Add waves until the half-width of the mean of `output` is at most `target` or there are `most` points.

    The first wave has as many points as the study asks for; each further one doubles them.

    Raises
    ------
    AnalysisError
        If the target is not above 0, the sampler cannot go on, or the first wave exceeds `most`.
    """
    if not target > 0:
        raise AnalysisError(f"the target half-width must be above 0, not {target}")
    if design.sampler not in SAMPLERS:
        known = "'sobol', 'prior' or 'posterior'"
        raise AnalysisError(f"adaptive replication needs sampler {known}, not {design.sampler!r}")
    if design.asked > most:
        raise AnalysisError(f"the first wave of {design.asked:,} points is beyond the maximum of {most:,}")
    values, groups, waves, done = [np.zeros(0)], [np.zeros(0, dtype=np.int64)], list[Wave](), 0
    for number, (lo, hi) in enumerate(_spans(design.asked, most)):
        table = driver.table(_wave(design, number, lo, hi), f"wave_{number}")
        values.append(np.asarray(table.output(output)))
        groups.append(table.point + done)
        done = hi
        effect, point = np.concatenate(values), np.concatenate(groups)
        means = cluster_means(effect[:, None], point)
        low, high = float(means.low[0]), float(means.high[0])
        failed = int(effect.size - means.n[0])
        waves.append(Wave(hi, effect.size, failed, float(means.mean[0]), low, high))
        if waves[-1].half_width <= target:
            break
    return Adapted(output, target, tuple(waves))


def _spans(first: int, most: int) -> Iterator[tuple[int, int]]:
    """Points of each wave: as many again as there are, up to the maximum."""
    lo, hi = 0, first
    while lo < most:
        yield lo, hi
        lo, hi = hi, min(2 * hi, most)


def _wave(design: Design, number: int, lo: int, hi: int) -> Design:
    """Points `lo` to `hi` - 1 of the study with chance of their own."""
    seed = seed_of(design.seed, f"wave {number}")
    if design.sampler in ("prior", "posterior"):
        return replace(design, asked=hi - lo, seed=seed)
    return points_design(design, design.values(np.arange(lo, hi)), seed)
