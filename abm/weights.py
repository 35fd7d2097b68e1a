"""Net strategic effect: over how much of the weights that one may give to four aims the controls lose (MODEL 9.8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from abm.intervals import Means, Spread, cluster_means, spread
from abm.outcomes import Floats
from abm.regimes import LEAD_BAND, LEVERAGE_BAND, REVENUE_BAND, Codes

POINTS = 4096
"""Points of the simplex of weights, a power of two as Sobol' points want."""
AIMS = ("lead", "dependence", "revenue", "relative pain")
"""What is weighed: the US lead, China's dependence, US revenue, and who is hurt less."""
SCALES: Mapping[str, float] = {
    "lead": LEAD_BAND,
    "dependence": LEVERAGE_BAND,
    "revenue": REVENUE_BAND,
    "relative pain": 0.1,
}
"""Unit of each aim: the band of its regime; a tenth of relative pain, which has none."""
MOST = 10.0
"""Units beyond which an aim counts no more, so that none decides by its size alone."""


@dataclass(frozen=True, eq=False)
class NetEffect:
    """Share of all weights for which the controls leave the controller worse off, in every pair at one horizon.

    Attributes
    ----------
    scores : (run, aim)
        Standardised effects, above 0 where they serve the controller.
    values : (run,)
        Share of the simplex with a negative weighted sum; NaN where a score is unknown.
    rests_on : what China's dependence is measured by.
    groups : (run,)
        Independent groups, which intervals resample.
    """

    horizon: str
    scores: Floats
    values: Floats
    rests_on: str
    groups: Codes

    @property
    def spread(self) -> Spread:
        """Median and 90 % interval over pairs."""
        return spread(self.values)

    @property
    def mean(self) -> Means:
        """Mean over pairs with a 90 % interval over points."""
        return cluster_means(self.values[:, None], self.groups)


def standardised(aim: str, effect: Floats) -> Floats:
    """An effect in units of its aim, above 0 where it serves the controller, at most `MOST` units."""
    return np.asarray(np.clip(effect / SCALES[aim], -MOST, MOST))


@lru_cache(maxsize=1)
def simplex() -> Floats:
    """4,096 Sobol' points on the weights of four aims, (point, aim); the same on every call, without a seed."""
    from scipy.stats import qmc  # noqa: PLC0415  (slow to import)

    cube = qmc.Sobol(len(AIMS) - 1, scramble=False).random(POINTS)
    cuts = np.sort(cube, axis=1)
    ends = np.ones((POINTS, 1))
    return np.diff(np.concatenate([0.0 * ends, cuts, ends], axis=1), axis=1)


def share_negative(scores: Floats, weights: Floats) -> Floats:
    """Share of the weights, (point, aim), for which the weighted sum of each run's scores, (run, aim), is negative."""
    shares = np.empty(scores.shape[0])
    for run, row in enumerate(scores):
        shares[run] = np.nan if np.isnan(row).any() else np.mean((weights * row).sum(axis=1) < 0)
    return shares
