"""Unit coordinates as normal scores, in which the prior is the standard normal density, and weighted moments.

Sums avoid BLAS (`apply`): its results may depend on the number of threads, and a resumed calibration must ask for the
same points to the last bit.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from experiments.calibration.chance import Generator

type Floats = NDArray[np.float64]
type Bools = NDArray[np.bool_]
type Integers = NDArray[np.int64]

LAST = 1.0 - 2.0**-53
"""Largest unit coordinate: the cube is open above."""
FIRST = 2.0**-53


def to_normal(unit: Floats) -> Floats:
    """Normal scores of unit coordinates."""
    return np.asarray(ndtri(np.clip(unit, FIRST, LAST)))


def to_unit(normal: Floats) -> Floats:
    """Unit coordinates of normal scores."""
    return np.asarray(np.clip(ndtr(normal), FIRST, LAST))


def apply(matrix: Floats, rows: Floats) -> Floats:
    """`matrix` times each row, (n, d)."""
    return np.asarray(np.einsum("kj,ij->ik", matrix, rows))


def normalised(log_weight: Floats) -> Floats:
    """Weights that sum to one from their logarithms; -inf is no weight."""
    weight = np.exp(log_weight - log_weight.max())
    return np.asarray(weight / weight.sum())


def effective(weight: Floats) -> float:
    """Number of equally weighted draws worth as much (Kish 1965)."""
    return float(weight.sum() ** 2 / (weight**2).sum())


def systematic(weight: Floats, size: int, rng: Generator) -> Integers:
    """Places drawn in proportion to weights, with the least possible chance (Carpenter et al. 1999), (size,)."""
    edges = np.cumsum(weight)
    places = (rng.random() + np.arange(size)) / size * edges[-1]
    return np.asarray(np.minimum(np.searchsorted(edges, places, side="right"), len(weight) - 1))


def moments(rows: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Weighted mean (d,) and covariance (d, d) of rows (n, d); weights sum to one."""
    mean = np.einsum("i,ij->j", weight, rows)
    centred = rows - mean
    cov = np.einsum("ij,ik->jk", centred * weight[:, None], centred)
    return np.asarray(mean), np.asarray(cov / max(1.0 - float((weight**2).sum()), 0.5))


def shrunk(cov: Floats, size: float) -> Floats:
    """Covariance from `size` draws, correlations drawn to zero by how unsure they are (Schaefer and Strimmer 2005)."""
    sd = np.sqrt(np.maximum(np.diag(cov), 1e-12))
    correlation = cov / np.outer(sd, sd)
    apart = ~np.eye(len(cov), dtype=bool)
    unsure = float((((1.0 - correlation**2) ** 2) * apart).sum()) / max(size, 2.0)
    pull = min(unsure / max(float((correlation**2 * apart).sum()), 1e-300), 1.0)
    return np.asarray(np.where(apart, (1.0 - pull) * correlation, 1.0 + 1e-9) * np.outer(sd, sd))


def weighted_quantile(values: Floats, weight: Floats, probability: Floats) -> Floats:
    """Quantiles of each column, (probability, column), between the mid-points of the weights."""
    order = np.argsort(values, axis=0, kind="stable")
    ordered = np.take_along_axis(values, order, axis=0)
    place = np.cumsum(weight[order], axis=0) - 0.5 * weight[order]
    columns = [np.interp(probability, place[:, j], ordered[:, j]) for j in range(values.shape[1])]
    return np.stack(columns, axis=1)


def correlations(before: Floats, after: Floats) -> Floats:
    """Correlation of each column with what it was, (d,)."""
    a, b = before - before.mean(axis=0), after - after.mean(axis=0)
    scale = np.sqrt((a**2).sum(axis=0) * (b**2).sum(axis=0))
    return np.asarray((a * b).sum(axis=0) / np.maximum(scale, 1e-300))
