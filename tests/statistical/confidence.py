"""The confidence rules of the statistical tests.

Worlds of one parameter point resemble each other, so the independent units are points: a median is taken over medians
of points with a distribution-free interval, a share over points with a resampled one.
"""

from __future__ import annotations

from math import comb

import numpy as np

from abm.intervals import LEVEL, cluster_shares


def of_points(results, values):
    """Median over the replications of each point, shape (point,)."""
    points = results.point
    return np.array([np.median(values[points == point]) for point in np.unique(points)])


def median_interval(sample):
    """Distribution-free interval of the median, coverage at least 90 %: order statistics k and n + 1 - k.

    k is the largest rank for which a fair coin thrown n times shows fewer than k heads in at most 5 % of trials.
    """
    ordered = np.sort(sample)
    n, below, rank = ordered.size, 0.0, 0
    while below + comb(n, rank) / 2**n <= (1.0 - LEVEL) / 2.0:
        below += comb(n, rank) / 2**n
        rank += 1
    if rank == 0:
        raise ValueError(f"{n} points are too few for a 90 % interval of the median")
    return float(ordered[rank - 1]), float(ordered[n - rank])


def share_low(results, holds):
    """Lower end of the 90 % interval of a share of worlds, points resampled; exact where all worlds agree."""
    return float(cluster_shares(holds.astype(np.int64), results.point, 2).low[1])
