"""Draw from the prior within a small region, and say how small: subset simulation (Au and Beck 2001).

The region is {f <= level}. It is reached through larger ones {f <= level_1} > {f <= level_2} > ...: each holds a fixed
share of the draws in the one before, which are taken again and moved within it until they have forgotten where they
stood. The product of the shares is the region's share of the prior. Draws live on islands that never exchange any, so
that the islands' own products tell how sure it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

from experiments.calibration.chance import Generator
from experiments.calibration.coordinates import Bools, Floats, correlations, to_normal, to_unit
from experiments.calibration.proposals import Experience, Halves, propose

LEVEL = 0.90
"""Coverage of the interval of the volume."""
PATIENCE, LEAST_FALL = 4, 0.01
"""So many levels have to bring the value down by this share of it, or the search ends."""


@dataclass(frozen=True)
class LevelSettings:
    """How a region is looked for.

    Attributes
    ----------
    points : draws; a multiple of `islands`.
    islands : groups that tell how sure the volume is.
    keep : share of the draws that the next level keeps.
    most_moves : moves at one level at most.
    correlation : of where draws stand with where they stood before the moves, in the slowest direction, below which
        these end.
    most_levels : levels at most.
    """

    points: int = 4000
    islands: int = 8
    keep: float = 0.2
    most_moves: int = 30
    correlation: float = 0.2
    most_levels: int = 40


@dataclass(frozen=True, eq=False)
class Found:
    """Draws from the prior within a region.

    Attributes
    ----------
    unit : (n, d).
    value : (n,), f at the draws.
    level : what was asked for, or the least that was reached.
    log_volume, low, high : logarithm of its share of the prior within the region that was begun with, 90 % interval.
    levels : those passed.
    """

    unit: Floats
    value: Floats
    level: float
    log_volume: float
    low: float
    high: float
    levels: tuple[float, ...]

    @property
    def islands_agree(self) -> bool:
        """Whether the volume is known to within a factor of ten."""
        return bool(self.high - self.low < np.log(10.0))


def descend(
    f: Callable[[Floats], Floats], unit: Floats, target: float, settings: LevelSettings, rng: Generator
) -> Found:
    """Draws from {f <= target}.

    Parameters
    ----------
    f : value (n,) at points in unit coordinates (n, d); infinite outside the region that is begun with.
    unit : draws from the prior within that region; taken in turn if there are fewer than `settings.points`.
    """
    per_island = settings.points // settings.islands
    size = per_island * settings.islands
    unit = unit[np.arange(size) % len(unit)]
    points, value = to_normal(unit), f(unit)
    experience = Experience()
    levels: list[float] = []
    log_share = np.zeros(settings.islands)
    while value.max() > target and len(levels) < settings.most_levels:
        level = max(float(np.quantile(value, settings.keep, method="higher")), target)
        inside = (value <= level).reshape(settings.islands, per_island)
        if _stalls(level, levels) or not inside.any(axis=1).all():
            break
        levels.append(level)
        log_share += np.log(inside.mean(axis=1))
        chosen = np.concatenate(
            [rng.choice(np.flatnonzero(row) + i * per_island, per_island) for i, row in enumerate(inside)]
        )
        points, value = points[chosen], value[chosen]
        _move((points, value), f, level, (settings, experience, rng))
    reached = target if value.max() <= target else float(value.max())
    return Found(to_unit(points), value, reached, *_volume(log_share), tuple(levels))


def _stalls(level: float, levels: list[float]) -> bool:
    """Whether levels no longer fall: the region is empty, and this is as near as it gets."""
    fallen = len(levels) >= PATIENCE and levels[-PATIENCE] - level < LEAST_FALL * abs(level)
    return bool(levels) and (level >= levels[-1] or fallen)


def _move(
    draws: tuple[Floats, Floats],
    f: Callable[[Floats], Floats],
    level: float,
    how: tuple[LevelSettings, Experience, Generator],
) -> None:
    """Move draws within {f <= level}, in place, until they have forgotten where they stood."""
    (points, value), (settings, experience, rng) = draws, how
    shape = Halves.of(points)
    before = shape.white(points)
    experience.fade()
    for _ in range(settings.most_moves):
        proposal = propose(points, shape, experience, rng)
        prior = 0.5 * ((points**2).sum(axis=1) - (proposal.points**2).sum(axis=1))
        likely: Bools = np.log(1.0 - rng.random(len(points))) < prior + proposal.correction
        found = np.full(len(points), np.inf)
        if likely.any():
            found[likely] = f(to_unit(proposal.points[likely]))
        taken = found <= level
        jump = ((shape.white(proposal.points) - shape.white(points)) ** 2).sum(axis=1)
        experience.learn(proposal.kind, np.where(taken, jump, 0.0))
        points[taken], value[taken] = proposal.points[taken], found[taken]
        if correlations(before, shape.white(points)).max() <= settings.correlation:
            return


def _volume(log_share: Floats) -> tuple[float, float, float]:
    """Logarithm of the mean of the islands' volumes and its interval, from their differences."""
    n = len(log_share)
    middle = float(np.log(np.mean(np.exp(log_share - log_share.max()))) + log_share.max())
    half = (
        float(student.ppf(0.5 + LEVEL / 2.0, max(n - 1, 1)) * log_share.std(ddof=1) / np.sqrt(n)) if n > 1 else np.inf
    )
    return middle, middle - half, min(middle + half, 0.0)
