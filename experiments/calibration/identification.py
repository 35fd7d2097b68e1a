"""What the facts say of each parameter, which parameters trade off, and which fact moves what.

In normal scores the prior is the standard normal density, so that a standard deviation of the posterior is one in
units of the prior. Slices, pairs and the effect of single facts come from the posterior's covariance and from a linear
regression of the statistics on the scores of its draws.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from experiments.calibration.coordinates import Floats, moments, shrunk, to_normal
from experiments.calibration.protocol import Problem, Sample, Targets
from experiments.calibration.threads import one_thread

PINNED, WEAKLY, NOT = "pinned", "weakly pinned", "not pinned"
NARROW = 0.5
"""A parameter is pinned if its 90 % interval is at most so wide, relative to the prior's."""
WIDE = 0.85
"""It is not pinned if the interval is at least so wide."""
TRADED = 0.5
"""Pairs with at least this correlation trade off."""
RIDGE = 1e-3
"""Share of the covariance that keeps the regression solvable when draws are fewer than parameters."""
INTERVAL = np.array([0.05, 0.95])
PRIOR_WIDTH = 0.9


@dataclass(frozen=True)
class Pinned:
    """What is known of one parameter.

    Attributes
    ----------
    width : of the 90 % interval relative to the prior's, in unit coordinates.
    sliced : standard deviation given all other parameters, in prior ones: how well the facts would pin it if the
        others were known.
    shift : of the mean, in prior standard deviations.
    label : by `width` alone: PINNED, WEAKLY or NOT.
    traded : whether it is not pinned alone although its slice is (`sliced` at most NARROW): facts know a combination.
    """

    name: str
    width: float
    sliced: float
    shift: float

    @property
    def label(self) -> str:
        return PINNED if self.width <= NARROW else NOT if self.width >= WIDE else WEAKLY

    @property
    def traded(self) -> bool:
        return self.label != PINNED and self.sliced <= NARROW


@dataclass(frozen=True)
class Pair:
    """Two parameters that trade off.

    Attributes
    ----------
    weights : of the combination of their scores that is known best, of length 1; equal signs mean that the sum is.
    known, free : standard deviation of that combination and of the one at a right angle to it; the prior's is 1.
    """

    first: str
    second: str
    correlation: float
    weights: tuple[float, float]
    known: float
    free: float


@dataclass(frozen=True)
class Direction:
    """A combination of scores, of length 1, and its standard deviation; the prior's is 1.

    `loadings` holds parameters of weight, the heaviest first.
    """

    sd: float
    loadings: tuple[tuple[str, float], ...]


@dataclass(frozen=True, eq=False)
class Influence:
    """What each group of facts does to each parameter: the posterior less the posterior without the group.

    Attributes
    ----------
    groups : (g,).
    shift : (d, g), of the mean by the group, in prior standard deviations.
    share : (d, g), by how much the group makes the standard deviation less, 0 (nothing) to 1.
    response : (d, g), largest standardised slope of a fact of the group on the parameter among the posterior's draws.
    gap : (d,), mean of the posterior less that of the linear model that shift and share come from: where it is not
        small, neither are to be trusted.
    """

    names: tuple[str, ...]
    groups: tuple[str, ...]
    shift: Floats
    share: Floats
    response: Floats
    gap: Floats

    def movers(self, name: str, most: int = 3) -> tuple[str, ...]:
        """Groups that the knowledge of a parameter rests on, the first the most."""
        row = self.share[self.names.index(name)]
        return tuple(self.groups[place] for place in np.argsort(-row, kind="stable")[:most] if row[place] > 0.01)


@dataclass(frozen=True, eq=False)
class Identification:
    """All of it. `learned` is the number of directions with at most half of the prior's standard deviation."""

    parameters: tuple[Pinned, ...]
    pairs: tuple[Pair, ...]
    directions: tuple[Direction, ...]
    influence: Influence
    draws: float

    @property
    def learned(self) -> int:
        return sum(one.sd <= NARROW for one in self.directions)


@one_thread
def identify(problem: Problem, sample: Sample) -> Identification:
    """What the facts say.

    Parameters
    ----------
    sample : draws of the posterior whose statistics are those of new runs at them (`adjustment.again`): statistics
        that draws were chosen by would hide chance.
    """
    scores = to_normal(sample.unit)
    mean, raw = moments(scores, sample.weight)
    draws = sample.effective
    cov = shrunk(raw, draws)
    low, high = sample.quantile(INTERVAL)
    sliced = 1.0 / np.sqrt(np.diag(np.linalg.inv(cov)))
    # a slice from few draws is too narrow by the degrees of freedom of the other parameters
    sliced /= np.sqrt(max(1.0 - len(cov) / draws, 0.1))
    parameters = tuple(
        Pinned(name, float((high[i] - low[i]) / PRIOR_WIDTH), float(sliced[i]), float(mean[i]))
        for i, name in enumerate(sample.names)
    )
    influence = _influence(problem.targets, sample, (scores, mean, cov))
    return Identification(parameters, _pairs(sample.names, cov), _directions(sample.names, cov), influence, draws)


def _pairs(names: tuple[str, ...], cov: Floats) -> tuple[Pair, ...]:
    """Pairs with a correlation of at least `TRADED`, the strongest first."""
    sd = np.sqrt(np.diag(cov))
    correlation = cov / np.outer(sd, sd)
    found = []
    for i, j in zip(*np.triu_indices(len(names), 1), strict=True):
        if abs(correlation[i, j]) >= TRADED:
            values, vectors = np.linalg.eigh(cov[np.ix_([i, j], [i, j])])
            first, second = vectors[:, 0] * np.sign(vectors[0, 0] or 1.0)
            weights = (float(first), float(second))
            known, free = np.sqrt(np.maximum(values, 0.0))
            found.append(Pair(names[i], names[j], float(correlation[i, j]), weights, float(known), float(free)))
    return tuple(sorted(found, key=lambda one: -abs(one.correlation)))


def _directions(names: tuple[str, ...], cov: Floats) -> tuple[Direction, ...]:
    """Principal directions of the posterior against the prior, the best known first; loadings above a quarter."""
    values, vectors = np.linalg.eigh(cov)
    found = []
    for value, vector in zip(values, vectors.T, strict=True):
        turned = vector * np.sign(vector[np.abs(vector).argmax()])
        order = np.argsort(-np.abs(turned), kind="stable")
        loadings = tuple((names[i], float(turned[i])) for i in order if abs(turned[i]) >= 0.25)
        found.append(Direction(float(np.sqrt(max(value, 0.0))), loadings))
    return tuple(found)


def _influence(targets: Targets, sample: Sample, where: tuple[Floats, Floats, Floats]) -> Influence:
    """Leave out one group of facts after the other, the model taken as linear as it is among the posterior's draws.

    Chance, and what is not linear, is the covariance of what the regression leaves.
    """
    scores, mean, cov = where
    x, middle = scores - mean, sample.weight @ sample.statistics
    y = sample.statistics - middle
    gram = (x * sample.weight[:, None]).T @ x
    slope = np.linalg.solve(gram + RIDGE * cov, (x * sample.weight[:, None]).T @ y)
    left = y - x @ slope
    noise = (left * sample.weight[:, None]).T @ left + np.diag(targets.error**2)
    facts = targets.value - middle + mean @ slope  # less what the model says at the centre of the prior
    groups = tuple(dict.fromkeys(targets.group))
    of_group = np.array([groups.index(one) for one in targets.group])
    whole, sd = _linear(slope, noise, facts)
    shift, share, response = np.zeros((3, len(mean), len(groups)))
    steep = slope * np.sqrt(np.diag(cov))[:, None] / (np.sqrt(sample.weight @ y**2) + 1e-300)
    for g in range(len(groups)):
        kept = of_group != g
        without, wider = _linear(slope[:, kept], noise[np.ix_(kept, kept)], facts[kept])
        shift[:, g], share[:, g] = whole - without, 1.0 - sd / wider
        response[:, g] = _strongest(steep[:, ~kept])
    return Influence(sample.names, groups, shift, share, response, mean - whole)


def _linear(slope: Floats, noise: Floats, facts: Floats) -> tuple[Floats, Floats]:
    """Mean and standard deviation of the posterior of a linear model with a standard normal prior, each (d,)."""
    gain = slope @ np.linalg.inv(noise)
    cov = np.linalg.inv(np.eye(len(slope)) + gain @ slope.T)
    return cov @ gain @ facts, np.sqrt(np.diag(cov))


def _strongest(slopes: Floats) -> Floats:
    """Of each row the entry of the largest size."""
    return np.asarray(np.take_along_axis(slopes, np.abs(slopes).argmax(axis=1)[:, None], axis=1)[:, 0])
