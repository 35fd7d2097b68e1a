"""What the effects owe to who knows and who supplies whom: null models of the networks (MODEL 3)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from abm.backfire import Comparison
from abm.intervals import Spread, cluster_means, spread
from abm.scenario import Scenario
from abm.shape import NETWORKS
from abm.simulation import compare

Floats = NDArray[np.float64]

RUNS, SEED, REPLICATIONS = 256, 1, 2
DRAWN = ("rewired", "bloc_shuffled")
"""Null models that are drawn; each is drawn `DRAWS` times."""
DRAWS = 4
EFFECTS = ("lead", "self_reliance")
HORIZONS = (2028, 2032)


@dataclass(frozen=True)
class NullEffect:
    """One effect of the controls under a null model, and how far it is from that under the model's own networks.

    Attributes
    ----------
    network, effect, unit, horizon : what, and when.
    effects : spread of the effect over pairs and drawings.
    change, low, high : mean change against the default network in the same worlds, 90 % interval over points.
    drawings : (least, largest) mean change over drawings of the null model.
    regime_moves : share of pairs that fall into another regime.
    """

    network: str
    effect: str
    unit: str
    horizon: int
    effects: Spread
    change: float
    low: float
    high: float
    drawings: tuple[float, float]
    regime_moves: float


def null_effects(
    scenario: Scenario, runs: int = RUNS, seed: int = SEED, networks: Sequence[str] = NETWORKS[1:], draws: int = DRAWS
) -> list[NullEffect]:
    """Every effect under every null model; the first rows are those of the default networks."""
    usual = compare(scenario, runs=runs, seed=seed, replications=REPLICATIONS)
    found = list(_rows(NETWORKS[0], usual, [usual]))
    for name in networks:
        seeds = range(1, draws + 1) if name in DRAWN else (1,)
        others = [
            compare(scenario.with_network(name, drawn), runs=runs, seed=seed, replications=REPLICATIONS)
            for drawn in seeds
        ]
        found += _rows(name, usual, others)
    return found


def _rows(name: str, usual: Comparison, others: Sequence[Comparison]) -> Iterator[NullEffect]:
    for horizon in HORIZONS:
        before = usual.effects(horizon)
        codes = [one.regimes(horizon).codes for one in (usual, *others)]
        moves = np.mean([np.mean(other[_both(codes[0], other)] != codes[0][_both(codes[0], other)])
                         for other in codes[1:]])  # fmt: skip
        for effect in EFFECTS:
            values = np.stack([one.effects(horizon)[effect].values for one in others])
            change = values - before[effect].values
            mean = cluster_means(change.mean(axis=0)[:, None], usual.controls.point)
            each = np.nanmean(change, axis=1)
            yield NullEffect(
                name, effect, before[effect].unit, horizon, spread(values.ravel()), float(mean.mean[0]),
                float(mean.low[0]), float(mean.high[0]), (float(each.min()), float(each.max())), float(moves),
            )  # fmt: skip


def _both(one: NDArray[np.int64], other: NDArray[np.int64]) -> NDArray[np.bool_]:
    known: NDArray[np.bool_] = (one >= 0) & (other >= 0)
    return known
