"""How the effects depend on the number of firms, with bloc totals fixed (MODEL 11).

The same parameter points and bloc shocks meet drawn worlds of 16 to 1,000 firms. Effects are compared between sizes in
the same worlds; each size is drawn several times, because which firms are drawn is chance too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from abm.calendar import quarter_index
from abm.intervals import Means, cluster_means, cluster_shares, spread
from abm.scenario import Scenario
from abm.simulation import compare, prepare
from abm.vocabulary import BLOCS
from experiments.demonstrations import Demonstration, Row

Floats = NDArray[np.float64]

SIZES = (16, 64, 256, 1000)
DRAWN = (1, 2, 3, 4)
"""Seeds of the drawn worlds of each size."""
RUNS, SEED, REPLICATIONS, YEAR = 64, 1, 2, 2032
SCALE = ("efficiency", "porting")
"""Mechanisms whose pace depends on the size of a firm: research money and compute count against fixed references."""
VARIANTS: Mapping[str, tuple[str, ...]] = {"all mechanisms": (), "without research that depends on size": SCALE}
OUTCOMES = ("lead", "self_reliance", "us_revenue", "capability_us", "regime")
"""Effects of the controls; the level of US capability; the regime."""
TOP = 3


@dataclass(frozen=True, eq=False)
class Convergence:
    """Outcomes by variant, name and size: (drawn world, pair).

    `points` are the parameter points of pairs, `top` the share of China's and the US's three largest firms by size.
    """

    sizes: tuple[int, ...]
    values: Mapping[tuple[str, str, int], Floats]
    points: NDArray[np.int64]
    top: Mapping[int, tuple[float, float]]

    def gap(self, variant: str, name: str, size: int, other: int) -> Means:
        """Mean change of an outcome from one size to another in the same worlds, 90 % interval over points."""
        change = self.values[variant, name, other] - self.values[variant, name, size]
        return cluster_means(change.mean(axis=0)[:, None], self.points)

    def moved(self, variant: str, size: int, other: int) -> float:
        """Share of pairs whose regime differs between two sizes."""
        return float(np.mean(self.values[variant, "regime", size] != self.values[variant, "regime", other]))

    def between(self, variant: str, name: str, size: int) -> float:
        """Standard deviation of the mean effect over drawn worlds of one size."""
        return float(np.std(self.values[variant, name, size].mean(axis=1), ddof=1))


def measure(
    sizes: Sequence[int] = SIZES, drawn: Sequence[int] = DRAWN, runs: int = RUNS, seed: int = SEED
) -> Convergence:
    """Run all sizes and drawn worlds."""
    values: dict[tuple[str, str, int], Floats] = {}
    points = np.zeros(0, dtype=np.int64)
    for variant, off in VARIANTS.items():
        for size in sizes:
            found: dict[str, list[Floats]] = {name: [] for name in OUTCOMES}
            for world in drawn:
                pair = compare(
                    Scenario.synthetic(size, world).without(*off), runs=runs, seed=seed, replications=REPLICATIONS
                )
                points, effects = pair.controls.point, pair.effects(YEAR)
                for name in OUTCOMES[:3]:
                    found[name].append(effects[name].values)
                found["capability_us"].append(pair.controls.series("capability_us")[:, quarter_index(f"{YEAR}Q4")])
                found["regime"].append(pair.regimes(YEAR).codes.astype(np.float64))
            values |= {(variant, name, size): np.stack(rows) for name, rows in found.items()}
    return Convergence(tuple(sizes), values, points, {size: _top(size, drawn) for size in sizes})


def _top(size: int, drawn: Sequence[int]) -> tuple[float, float]:
    """Mean share of the three largest firms in the plans of China and the US."""
    found = []
    for world in drawn:
        arrays = prepare([Scenario.synthetic(size, world)]).arrays
        share, bloc = arrays["plan_share"][-1], arrays["bloc"]
        found.append([np.sort(share[bloc == BLOCS.index(name)])[-TOP:].sum() for name in ("CN", "US")])
    cn, us = np.mean(found, axis=0)
    return float(cn), float(us)


def demonstrations(found: Convergence) -> tuple[Demonstration, ...]:
    """Whether steps in size matter less and less, by effect."""
    names = {"lead": "effect on the US lead, months", "self_reliance": "effect on self-reliance, percentage points"}
    return tuple(_settles(found, name, text) for name, text in names.items())


def _settles(found: Convergence, name: str, text: str) -> Demonstration:
    """The last step in size changes an effect less than the first, pair by pair, in the mean over drawn worlds."""
    first, last = found.sizes[:2], found.sizes[-2:]
    holds: dict[str, NDArray[np.bool_]] = {}
    rows = []
    for variant in VARIANTS:
        steps = []
        for one, other in (first, last):
            change = (found.values[variant, name, other] - found.values[variant, name, one]).mean(axis=0)
            steps.append(np.abs(change))
            row = spread(change)
            rows.append(Row(f"{variant}: from {one} to {other} firms", row.median, row.low, row.high))
        holds[variant] = steps[1] < steps[0]
    seen = cluster_shares(holds["all mechanisms"].astype(np.int64), found.points, 2)
    return Demonstration(
        f"Convergence in the number of firms: {name}",
        f"With bloc totals fixed, the step from {last[0]} to {last[1]} firms moves the effect less than the step from "
        f"{first[0]} to {first[1]}.",
        f"change of the {text}, {YEAR}, in the same worlds",
        tuple(rows), float(seen.probability[1]), float(seen.low[1]), len(found.points), seen.clusters,
        why="Steps go either way in single pairs: which firms are drawn matters more for the lead than how many. On "
            "average they are small beside the spread between drawn worlds.",
    )  # fmt: skip


def draw(found: Convergence, path: Path) -> None:
    """Effects by number of firms, both variants; dots are drawn worlds, the line their mean."""
    figure = Figure(figsize=(9.0, 3.4), layout="constrained")
    panels = {"lead": "effect on the US lead, months", "self_reliance": "effect on self-reliance",
              "capability_us": "US capability, ln FLOP"}  # fmt: skip
    for axes, (name, label) in zip(figure.subplots(1, len(panels)), panels.items(), strict=True):
        for variant, colour in zip(VARIANTS, ("C0", "C1"), strict=True):
            means = [found.values[variant, name, size].mean(axis=1) for size in found.sizes]
            axes.plot(found.sizes, [one.mean() for one in means], color=colour, label=variant)
            for size, one in zip(found.sizes, means, strict=True):
                axes.plot([size] * len(one), one, ".", color=colour, alpha=0.6)
        axes.set_xscale("log")
        axes.set_xticks(found.sizes, [f"{size:,}" for size in found.sizes])
        axes.set_xlabel("AI firms")
        axes.set_title(label, fontsize=10)
    figure.axes[0].legend(fontsize=7, frameon=False)
    figure.savefig(path, dpi=110, metadata={"Software": "chip-curbs"})
