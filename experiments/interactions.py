"""What two parameters do together, from the rows of a Saltelli design alone.

A with i of B and A with j of B differ in i and j and share the rest, so half their mean squared difference is the total
index of the pair. What the two total indices sum to above it is the variance of all terms with both: superset
importance (Liu and Owen 2006).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from abm.intervals import cluster_means
from experiments.analysis import AnalysisError, Output, Table
from experiments.design import Floats
from experiments.sampling import block_length


@dataclass(frozen=True, eq=False)
class Interactions:
    """Superset importance of pairs with 90 % intervals, net of chance, all (factor, factor) and symmetric."""

    factors: tuple[str, ...]
    output: Output
    importance: Floats
    low: Floats
    high: Floats

    def pairs(self) -> list[tuple[str, str, float, float, float]]:
        """Pairs, the strongest first: two names, importance, low, high."""
        found = [
            (
                self.factors[i],
                self.factors[j],
                float(self.importance[i, j]),
                float(self.low[i, j]),
                float(self.high[i, j]),
            )
            for i, j in combinations(range(len(self.factors)), 2)
        ]
        return sorted(found, key=lambda one: -one[2])


def superset_importance(rows: Floats, chance: float = 0.0) -> tuple[Floats, Floats, Floats]:
    """Importance of pairs as a share of variance, and its interval, each (factor, factor).

    Parameters
    ----------
    rows : (base, 2 + factor), A, B, then A with one factor of B; bases with a value missing are left out.
    chance : share of the variance that is chance; each pair holds it once.
    """
    y = rows[np.isfinite(rows).all(axis=1)]
    size = rows.shape[1] - 2
    variance = float(y[:, :2].var())
    pairs = list(combinations(range(size), 2))
    moved = 0.5 * (y[:, :1] - y[:, 2:]) ** 2
    both = np.stack([moved[:, i] + moved[:, j] - 0.5 * (y[:, 2 + i] - y[:, 2 + j]) ** 2 for i, j in pairs], axis=1)
    means = cluster_means(both, np.arange(len(y)))
    found = np.zeros((3, size, size))
    for place, (i, j) in enumerate(pairs):
        for kind, value in enumerate((means.mean, means.low, means.high)):
            found[kind, i, j] = found[kind, j, i] = value[place] / variance - chance
    return found[0], found[1], found[2]


def interactions(table: Table, output: Output, chance: float = 0.0) -> Interactions:
    """Interactions of one output of a sweep with sampler "saltelli".

    Raises
    ------
    AnalysisError
        On another sampler.
    """
    have = table.inputs
    if have.sampler != "saltelli":
        raise AnalysisError(f"interactions need a sweep with sampler 'saltelli', not {have.sampler!r}")
    length = block_length(len(have.factors), True)
    rows = table.by_point(table.output(output)).reshape(-1, length)
    share = chance if np.isfinite(chance) else 0.0
    return Interactions(tuple(factor.name for factor in have.factors), output, *superset_importance(rows, share))
