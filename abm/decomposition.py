"""Effects split into parts that add up to them, with intervals that respect points and replications (MODEL 9)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from abm.effects import Effect
from abm.intervals import Means, Spread, cluster_means, spread
from abm.results import UnknownNameError, horizon_step
from abm.schema import nearest

PARTS = {"self_reliance": ("denial", "inducement"), "lead": ("china_slowed", "us_changed")}
"""Effects that can be split, and the names of their parts."""


@dataclass(frozen=True)
class PartRow:
    """A part of an effect at one horizon: mean over pairs with 90 % interval over points, and the spread over pairs."""

    part: str
    unit: str
    mean: float
    low: float
    high: float
    pairs: Spread
    points: int


@dataclass(frozen=True, eq=False)
class Decomposition:
    """An effect and parts that add up to it.

    Attributes
    ----------
    whole : Effect
        By quarter, (run, quarter).
    parts : mapping of str to Effect
        By name, the same shape; their sum is the whole in every pair and quarter.
    groups : (run,)
        Independent groups, which intervals resample.
    """

    whole: Effect
    parts: Mapping[str, Effect]
    groups: NDArray[np.int64]

    @cached_property
    def by_quarter(self) -> Mapping[str, Means]:
        """Mean of the whole ("whole") and of each part in every quarter, with 90 % intervals over points.

        Means add up, medians do not; all parts are resampled together.
        """
        every = {"whole": self.whole, **self.parts}
        return {name: cluster_means(effect.values, self.groups) for name, effect in every.items()}

    def at(self, horizon: int | str) -> tuple[PartRow, ...]:
        """The whole and its parts at a horizon."""
        step = horizon_step(horizon, self.whole.values.shape[1])
        rows = []
        for name, effect in {"whole": self.whole, **self.parts}.items():
            means = self.by_quarter[name]
            mean, low, high = (float(one[step]) for one in (means.mean, means.low, means.high))
            pairs = spread(effect.values[:, step])
            rows.append(PartRow(name, effect.unit, mean, low, high, pairs, means.clusters))
        return tuple(rows)


def decompose(paths: Mapping[str, Effect], effect: str, groups: NDArray[np.int64]) -> Decomposition:
    """Split one of the effects of a comparison.

    Raises
    ------
    UnknownNameError
        An effect without a decomposition, with the nearest one that has one.
    """
    if effect not in PARTS:
        raise UnknownNameError(f"no decomposition of {effect!r}{nearest(str(effect), PARTS)}")
    return Decomposition(paths[effect], {name: paths[f"{effect}_{name}"] for name in PARTS[effect]}, groups)
