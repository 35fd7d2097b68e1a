"""Where among the parameters a regime comes out: boxes by PRIM (Friedman and Fisher 1999; Bryant and Lempert 2010).

A point counts by its worlds: `hits` of them in the regime, out of `weight` known ones. Coverage is the share of all
hits that lie in a box, density the share of its worlds that are hits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import PCG64, Generator
from numpy.typing import NDArray
from scipy.stats import binom

from abm.intervals import LEVEL
from abm.regimes import NAMES as REGIME_NAMES
from abm.regimes import UNDEFINED
from experiments.analysis import AnalysisError, Table, regime_code
from experiments.design import Floats, Integers

type Bools = NDArray[np.bool_]

PEEL = 0.05
"""Share of a box that one step takes off."""
LEAST = 0.05
"""Share of all worlds that a box holds at least."""
LEVEL_OF_P = 0.05
"""A restriction whose quasi-p value is above this is lifted."""
RESAMPLES = 50
SEED = 20221007
"""The bootstrap draws the same points in every call."""


@dataclass(frozen=True, eq=False)
class Cases:
    """Points with how often the regime came out at each.

    Attributes
    ----------
    names : parameters.
    x : (point, parameter).
    hits, weight : (point,), worlds in the regime and worlds with a known regime.
    unknown : worlds without a regime (failed runs), left out.
    """

    names: tuple[str, ...]
    x: Floats
    hits: Floats
    weight: Floats
    unknown: int = 0

    def take(self, points: Integers) -> Cases:
        """These points, which may repeat."""
        return Cases(self.names, self.x[points], self.hits[points], self.weight[points], self.unknown)

    @property
    def share(self) -> float:
        """Share of worlds in the regime."""
        return float(self.hits.sum() / self.weight.sum())


@dataclass(frozen=True, eq=False)
class Box:
    """Bounds (parameter,) with what lies between them; infinite where a side is free."""

    names: tuple[str, ...]
    low: Floats
    high: Floats
    coverage: float
    density: float
    mass: float
    quasi_p: Floats
    """(side, parameter), lower and upper; NaN where a side is free."""

    def inside(self, x: Floats) -> Bools:
        """Points in the box."""
        return np.asarray(((x >= self.low) & (x <= self.high)).all(axis=1))

    @property
    def limits(self) -> tuple[tuple[str, str, float, float], ...]:
        """Restrictions: parameter, ">=" or "<=", bound, quasi-p value; the surest first."""
        found = []
        for side, (sign, bounds) in enumerate(((">=", self.low), ("<=", self.high))):
            for place in np.flatnonzero(np.isfinite(bounds)):
                found.append((self.names[place], sign, float(bounds[place]), float(self.quasi_p[side, place])))
        return tuple(sorted(found, key=lambda one: (one[3], one[0], one[1])))


@dataclass(frozen=True)
class Stability:
    """How a box fares when points are drawn anew.

    Attributes
    ----------
    share : by restriction ("parameter >="), in how many of the new boxes it stands.
    low, high : 90 % range of its bound in these.
    coverage, density : median over the new boxes on the points that were not drawn.
    """

    share: dict[str, float]
    low: dict[str, float]
    high: dict[str, float]
    coverage: float
    density: float
    resamples: int


@dataclass(frozen=True, eq=False)
class Discovery:
    """The boxes of a regime.

    Attributes
    ----------
    path : (step, 3), coverage, density and mass along the peeling of the first box.
    share : of worlds in the regime.
    """

    regime: str
    horizon: str
    boxes: tuple[Box, ...]
    stability: Stability
    path: Floats
    share: float
    points: int
    unknown: int


def cases_of(table: Table, regime: str, horizon: str) -> Cases:
    """Points of a sweep and how often a regime came out at each.

    Raises
    ------
    AnalysisError
        If the regime is unknown, or came out never or always.
    """
    code = regime_code(regime)
    codes = table.regimes(horizon)
    shape = (table.inputs.points, table.inputs.replications)
    hits = (codes == code).reshape(shape).sum(axis=1)
    weight = (codes < REGIME_NAMES.index(UNDEFINED)).reshape(shape).sum(axis=1)
    names = tuple(table.parameters)
    if not hits.sum() or hits.sum() == weight.sum():
        shares = ", ".join(f"{name} {share:.0%}" for name, share in regime_shares(table, horizon).items() if share)
        often = "never" if not hits.sum() else "always"
        raise AnalysisError(f"regime {regime!r} comes out {often} at {horizon}; there are: {shares}")
    known = weight > 0
    x = np.stack([table.parameters[name] for name in names], axis=1)
    unknown = int(np.sum(codes == REGIME_NAMES.index(UNDEFINED)))
    return Cases(names, x[known], hits[known].astype(np.float64), weight[known].astype(np.float64), unknown)


def regime_shares(table: Table, horizon: str) -> dict[str, float]:
    """Share of worlds in each regime, the most frequent first."""
    found = np.bincount(table.regimes(horizon), minlength=len(REGIME_NAMES)) / table.worlds
    return {REGIME_NAMES[place]: float(found[place]) for place in np.argsort(-found, kind="stable")}


def discover(cases: Cases, regime: str, horizon: str, density: float | None = None, boxes: int = 2) -> Discovery:
    """Up to `boxes` boxes, each on the worlds that the ones before do not hold, with the stability of the first.

    `density` asks for the largest box of at least this density; without it the box of the best balance of coverage and
    density (harmonic mean) is taken.
    """
    found: list[Box] = []
    left = cases
    path = np.zeros((0, 3))
    for number in range(boxes):
        steps = peel(left, cases)
        box = simplify(paste(choose(steps, density), left, cases), left, cases)
        if number and (box.density <= cases.share or not box.limits):
            break
        if not number:
            path = np.array([[one.coverage, one.density, one.mass] for one in steps])
        found.append(box)
        left = left.take(np.flatnonzero(~box.inside(left.x)))
        if not left.hits.sum():
            break
    stability = _stability(cases, density)
    return Discovery(regime, horizon, tuple(found), stability, path, cases.share, len(cases.x), cases.unknown)


# --- peel and paste ---------------------------------------------------------------------------------------------------


def box_of(low: Floats, high: Floats, cases: Cases, whole: Cases) -> Box:
    """A box measured on `cases`, its coverage and mass as shares of `whole`."""
    inside = ((cases.x >= low) & (cases.x <= high)).all(axis=1)
    hits, weight = cases.hits[inside].sum(), cases.weight[inside].sum()
    density = float(hits / weight) if weight else 0.0
    free = np.full((2, low.size), np.nan)
    coverage, mass = float(hits / whole.hits.sum()), float(weight / whole.weight.sum())
    return Box(cases.names, low, high, coverage, density, mass, free)


def peel(cases: Cases, whole: Cases) -> list[Box]:
    """Take off, again and again, the slice whose loss raises the density most for each world lost; all boxes."""
    low, high = np.full(len(cases.names), -np.inf), np.full(len(cases.names), np.inf)
    steps = [box_of(low, high, cases, whole)]
    inside = np.ones(len(cases.x), dtype=bool)
    order = np.argsort(cases.x, axis=0, kind="stable").T  # (parameter, point); what is peeled is taken out of it
    while True:
        best = _best_peel(cases, order, LEAST * whole.weight.sum())
        if best is None:
            return steps
        side, place, bound = best
        low, high = low.copy(), high.copy()
        (low, high)[side][place] = bound
        inside &= cases.x[:, place] >= bound if side == 0 else cases.x[:, place] <= bound
        order = order[inside[order]].reshape(len(order), -1)
        steps.append(box_of(low, high, cases, whole))


def _best_peel(cases: Cases, order: Integers, least: float) -> tuple[int, int, float] | None:
    """Side, parameter and bound of the best slice to take off, None if no slice may go.

    A parameter with few values loses a whole value at once, hence the gain for each world lost.
    """
    values = np.take_along_axis(cases.x.T, order, axis=1)
    hits, weight = np.cumsum(cases.hits[order], axis=1), np.cumsum(cases.weight[order], axis=1)
    rows, best, found = order.shape[1], 0.0, None
    take = max(int(PEEL * rows), 1)
    if rows <= take:
        return None
    all_hits, all_weight = hits[:, -1], weight[:, -1]
    for side in (0, 1):
        # what equals the last value of the slice goes too
        if side == 0:
            first = (values <= values[:, take - 1 : take]).sum(axis=1)
        else:
            first = (values < values[:, rows - take : rows - take + 1]).sum(axis=1)
        usable = (first > 0) & (first < rows)
        edge = np.clip(first, 1, rows - 1)[:, None]
        lower_hits, lower = (np.take_along_axis(part, edge - 1, axis=1)[:, 0] for part in (hits, weight))
        gone_hits, gone = (lower_hits, lower) if side == 0 else (all_hits - lower_hits, all_weight - lower)
        stays = all_weight - gone
        usable &= (gone > 0) & (stays >= least)
        safe_stays, safe_gone = np.where(usable, stays, 1.0), np.where(usable, gone, 1.0)
        gain = np.where(usable, ((all_hits - gone_hits) / safe_stays - all_hits / all_weight) / safe_gone, -np.inf)
        place = int(gain.argmax())
        if gain[place] > best:
            bound = values[place, first[place] if side == 0 else first[place] - 1]
            best, found = float(gain[place]), (side, place, float(bound))
    return found


def paste(box: Box, cases: Cases, whole: Cases) -> Box:
    """Give slices back as long as that raises the density."""
    while True:
        best = box
        for side, bounds in enumerate((box.low, box.high)):
            for place in np.flatnonzero(np.isfinite(bounds)):
                low, high = box.low.copy(), box.high.copy()
                (low, high)[side][place] = _wider(box, cases, side, int(place))
                wider = box_of(low, high, cases, whole)
                if wider.mass > best.mass and wider.density > best.density:
                    best = wider
        if best is box:
            return box
        box = best


def _wider(box: Box, cases: Cases, side: int, place: int) -> float:
    """Bound that lets a slice of `PEEL` of the box in again, infinite if nothing lies beyond."""
    low, high = box.low.copy(), box.high.copy()
    (low, high)[side][place] = (-np.inf, np.inf)[side]
    among = ((cases.x >= low) & (cases.x <= high)).all(axis=1)
    column = cases.x[among, place]
    outside = np.sort(column[column < box.low[place]])[::-1] if side == 0 else np.sort(column[column > box.high[place]])
    take = max(int(PEEL * (column.size - outside.size)), 1)
    return float(outside[take - 1]) if outside.size > take else float((-np.inf, np.inf)[side])


def choose(steps: list[Box], density: float | None) -> Box:
    """The box of a path that is asked for."""
    if density is not None:
        dense = [one for one in steps if one.density >= density]
        return max(dense, key=lambda one: one.coverage) if dense else max(steps, key=lambda one: one.density)
    return max(steps, key=lambda one: one.coverage * one.density / max(one.coverage + one.density, 1e-300))


def simplify(box: Box, cases: Cases, whole: Cases) -> Box:
    """Lift restrictions that chance could have made, the weakest first; the box with the quasi-p values of the rest."""
    while True:
        p = _quasi_p(box, cases)
        worst = np.nan_to_num(p, nan=-1.0)
        if worst.max() <= LEVEL_OF_P:
            return Box(box.names, box.low, box.high, box.coverage, box.density, box.mass, p)
        side, place = np.unravel_index(int(worst.argmax()), worst.shape)
        low, high = box.low.copy(), box.high.copy()
        (low, high)[int(side)][place] = (-np.inf, np.inf)[int(side)]
        box = box_of(low, high, cases, whole)


def _quasi_p(box: Box, cases: Cases) -> Floats:
    """Chance that a box without the restriction would hold as many hits by luck (Bryant and Lempert 2010).

    Worlds of one point resemble each other: the test counts points, not worlds.
    """
    found = np.full((2, len(box.names)), np.nan)
    inside = box.inside(cases.x)
    points = int(inside.sum())
    hits = float((cases.hits[inside] / cases.weight[inside]).sum())
    for side, bounds in enumerate((box.low, box.high)):
        for place in np.flatnonzero(np.isfinite(bounds)):
            low, high = box.low.copy(), box.high.copy()
            (low, high)[side][place] = (-np.inf, np.inf)[side]
            wider = ((cases.x >= low) & (cases.x <= high)).all(axis=1)
            share = float((cases.hits[wider] / cases.weight[wider]).mean())
            found[side, place] = binom.sf(np.ceil(hits) - 1, points, min(share, 1.0))
    return found


def _stability(cases: Cases, density: float | None) -> Stability:
    """The first box again on points drawn with replacement, tried on those that were not drawn."""
    generator = Generator(PCG64(SEED))
    bounds: dict[str, list[float]] = {}
    coverage, dense = [], []
    for _ in range(RESAMPLES):
        drawn = generator.integers(0, len(cases.x), size=len(cases.x))
        others = np.setdiff1d(np.arange(len(cases.x)), drawn)
        mine, rest = cases.take(drawn), cases.take(others)
        if not mine.hits.sum() or not rest.hits.sum():
            continue
        box = simplify(paste(choose(peel(mine, mine), density), mine, mine), mine, mine)
        for name, sign, bound, _p in box.limits:
            bounds.setdefault(f"{name} {sign}", []).append(bound)
        tried = box_of(box.low, box.high, rest, rest)
        coverage.append(tried.coverage)
        dense.append(tried.density)
    tail = (1.0 - LEVEL) / 2.0
    often = sorted(bounds, key=lambda name: (-len(bounds[name]), name))
    return Stability(
        share={name: len(bounds[name]) / max(len(dense), 1) for name in often},
        low={name: float(np.quantile(bounds[name], tail)) for name in often},
        high={name: float(np.quantile(bounds[name], 1.0 - tail)) for name in often},
        coverage=float(np.median(coverage)) if coverage else float("nan"),
        density=float(np.median(dense)) if dense else float("nan"),
        resamples=len(dense),
    )
