"""Scores of probabilistic forecasts, and tests of whether one forecast is better than another.

The continuous ranked probability score (CRPS) is E|X - y| - E|X - X'| / 2 of a forecast X, its independent copy X' and
the observation y: in the unit of y, the lower the better, of a single number its absolute error (Gneiting and Raftery
2007). Of an ensemble the second mean runs over pairs of different members, which makes the score an unbiased estimate
of that of the distribution the members are drawn from ("fair", Ferro 2014): more members alone earn nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr
from scipy.stats import t as student

type Floats = NDArray[np.float64]

LEAST_PERIODS = 8
"""Periods that a Diebold-Mariano test needs: below, even its small-sample form says next to nothing."""
_BLOCK = 512


def fair_crps(members: Floats, sd: Floats, observed: float) -> float:
    """Fair CRPS of an ensemble whose members are read with a Gaussian error.

    Parameters
    ----------
    members : (member,)
    sd : (member,)
        Standard deviation of the error of each; 0 for none. The error is integrated out, not drawn.

    Raises
    ------
    ValueError
        Fewer than two members.
    """
    if members.size < 2:
        raise ValueError(f"a fair score needs at least 2 members, not {members.size}")
    miss = _mean_distance(members - observed, sd).mean()
    pairs = members.size * (members.size - 1)
    if not sd.any():
        place = 2 * np.arange(members.size) - members.size + 1
        spread = 2.0 * float(np.sum(place * np.sort(members)))
    else:
        own = _mean_distance(np.zeros_like(sd), np.sqrt(2.0) * sd).sum()  # a member against its own copy is no pair
        spread = sum(_pair_distance(members, sd, start) for start in range(0, members.size, _BLOCK)) - float(own)
    return float(miss) - spread / pairs / 2.0


def _pair_distance(members: Floats, sd: Floats, start: int) -> float:
    """Sum of the expected distances of a block of members to all."""
    block = slice(start, start + _BLOCK)
    return float(_mean_distance(members[block, None] - members, np.hypot(sd[block, None], sd)).sum())


def _mean_distance(mean: Floats, sd: Floats) -> Floats:
    """E|Z| of a normal Z, elementwise (Grimit et al. 2006)."""
    z = np.divide(mean, sd, out=np.zeros_like(mean), where=sd > 0.0)
    noisy = sd * np.sqrt(2.0 / np.pi) * np.exp(-z * z / 2.0) + mean * (2.0 * ndtr(z) - 1.0)
    return np.where(sd > 0.0, noisy, np.abs(mean))


def rank(members: Floats, sd: Floats, observed: float) -> float:
    """Probability that the forecast gives to values below the observation, 0 to 1; ties count half.

    One half of a member is added below and above, so that an observation beyond all members has no rank of 0 or 1.
    """
    z = np.divide(observed - members, sd, out=np.zeros_like(members), where=sd > 0.0)
    below = np.where(sd > 0.0, ndtr(z), (np.sign(observed - members) + 1.0) / 2.0)
    return float((below.sum() + 0.5) / (members.size + 1))


def inside(ranked: float, band: float) -> bool:
    """Whether an observation of that rank lies inside the central band (.5 or .9) of the forecast."""
    return abs(ranked - 0.5) <= band / 2.0


def quantile_crps(quantiles: Floats, observed: float) -> float:
    """CRPS of a distribution given by its K quantiles at (i + 1/2) / K: twice their mean pinball loss."""
    level = (np.arange(quantiles.size) + 0.5) / quantiles.size
    below = (observed < quantiles).astype(np.float64)
    return float(2.0 * np.mean((below - level) * (quantiles - observed)))


@dataclass(frozen=True)
class DieboldMariano:
    """A test of equal accuracy of two forecasts.

    Attributes
    ----------
    statistic, p_value : of the modified test, two-sided; None where there is no test.
    n : periods.
    lags : autocovariances that the variance of the mean difference holds.
    reason : why there is no test, else "".
    """

    statistic: float | None
    p_value: float | None
    n: int
    lags: int
    reason: str = ""


def diebold_mariano(differences: Sequence[float] | Floats, lags: int | None = None) -> DieboldMariano:
    """Test whether loss differences, in order of time, have mean zero.

    Diebold and Mariano (1995) with the correction of Harvey, Leybourne and Newbold (1997): for `lags` autocovariances,
    h = `lags` + 1, the statistic is multiplied by sqrt((n + 1 - 2h + h(h - 1)/n) / n) and held against Student's t with
    n - 1 degrees of freedom. Where the variance comes out negative, Bartlett's weights take the place of equal ones.

    Parameters
    ----------
    differences : (period,)
        Loss of one forecast less that of the other: below zero the first is better.
    lags : int, optional
        The cube root of n, rounded down, by default: errors of forecasts from one origin hang together.
    """
    loss = np.asarray(differences, dtype=np.float64)
    n = loss.size
    lags = int(np.floor(np.cbrt(n) + 1e-9)) if lags is None else lags
    if n < LEAST_PERIODS:
        return DieboldMariano(None, None, n, lags, f"{n} periods; at least {LEAST_PERIODS} are needed")
    centred = loss - loss.mean()
    gamma = np.array([float(centred[k:] @ centred[: n - k]) / n for k in range(lags + 1)])
    variance = float(gamma[0] + 2.0 * gamma[1:].sum())
    if variance <= 0.0:
        variance = float(gamma[0] + 2.0 * ((1.0 - np.arange(1, lags + 1) / (lags + 1)) * gamma[1:]).sum())
    if variance <= 0.0:
        return DieboldMariano(None, None, n, lags, "the differences do not vary")
    h = lags + 1
    shrink = (n + 1 - 2 * h + h * (h - 1) / n) / n
    statistic = float(loss.mean() / np.sqrt(variance / n) * np.sqrt(shrink))
    return DieboldMariano(statistic, float(2.0 * student.sf(abs(statistic), n - 1)), n, lags)
