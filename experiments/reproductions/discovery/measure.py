"""Boxes of the parameters in which the controls fail, by PRIM and CART, over all parameters drawn at once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice

import numpy as np

from abm.intervals import resamples
from abm.parameter_index import PARAMETERS
from abm.regimes import NAMES, UNDEFINED
from experiments.analysis import REGIME_OUTCOMES, Table
from experiments.design import LEVERAGE
from experiments.discovery import Box, Cases, box_of, choose, discover, paste, peel, regime_shares, simplify
from experiments.drive import Driver
from experiments.reproducing.findings import Columns, Findings, Number, share_of
from experiments.reproducing.setting import Setting
from experiments.study import load_study
from experiments.trees import leaves

HORIZON = "2032"
STUDY = "discovery"
BACKFIRE = "full backfire"
BAD = (BACKFIRE, "lead lost, no decoupling", "lead sold for revenue", "decoupled for nothing", "costly, no effect")
"""The lead has not grown by a month, and something was paid for it."""
MOST_FREQUENT = "bite with decoupling"
LEAVES = 2
"""Leaves of a tree that are shown."""
MOST_PARAMETERS = 3
"""Parameters in a box that can be named."""
RESAMPLES = 20


def measure(setting: Setting) -> Findings:
    """Draw, label, and look for the box of bad outcomes and, beside it, of the most frequent decoupling."""
    table = _sweep(setting)
    bad, bite = _cases(table, BAD), _cases(table, (MOST_FREQUENT,))
    best, other = _search(bad), _search(bite)
    stands = _stands(bad, best.box)
    tables: dict[str, Columns] = {
        "table": _printed(best, other),
        "regimes": {
            "regime": list(regime_shares(table, HORIZON)),
            "share": list(regime_shares(table, HORIZON).values()),
        },
        "points": _points(best.box, bad),
        "bounds": _bounds(best.box, bad),
        "path": best.path,
    }
    notes = [*_notes(table, bad, best, other, stands)]
    if not setting.quick:
        notes.append(_stability(bad))
    return Findings(tuple(_numbers(table, bad, best, other, stands)), tables, None, tuple(notes))


def _sweep(setting: Setting) -> Table:
    """All parameters drawn, a world a point, regimes with leverage."""
    design = load_study(
        STUDY, sampler=setting.beliefs, asked=setting.worlds // setting.replications,
        replications=setting.replications, seed=setting.seed, horizons=(HORIZON,),
        outcomes=(*REGIME_OUTCOMES, LEVERAGE),
    )  # fmt: skip
    design = replace(design, arms=tuple(setting.apply(arm) for arm in design.arms))
    return Driver(setting.folder).table(design)


def _cases(table: Table, regimes: tuple[str, ...]) -> Cases:
    """Points with how often one of some regimes came out (see `discovery.cases_of`, which takes one)."""
    codes = table.regimes(HORIZON)
    shape = (table.inputs.points, table.inputs.replications)
    hits = np.isin(codes, [NAMES.index(name) for name in regimes]).reshape(shape).sum(axis=1)
    weight = (codes < NAMES.index(UNDEFINED)).reshape(shape).sum(axis=1)
    names = tuple(table.parameters)
    x = np.stack([table.parameters[name] for name in names], axis=1)
    known = weight > 0
    unknown = int(np.sum(codes == NAMES.index(UNDEFINED)))
    return Cases(names, x[known], hits[known].astype(np.float64), weight[known].astype(np.float64), unknown)


@dataclass(frozen=True, eq=False)
class Found:
    """What a search on one half of the points found, tried on the other half.

    Attributes
    ----------
    method : that of the better box.
    box : the better of the boxes of both methods, by coverage and density on the half that it was found on.
    tried : the same box measured on the other half. share, hits : of the outcome, and its cases, in that half.
    rows : all boxes of note with their measures on the other half, by method.
    path : coverage and density along the peeling, on the half that was searched.
    """

    method: str
    box: Box
    tried: Box
    share: float
    hits: int
    rows: tuple[tuple[str, Box], ...]
    path: Columns


def _search(cases: Cases) -> Found:
    """PRIM and CART on every second point; no restriction counts as a box, too."""
    places = np.arange(len(cases.x))
    mine, rest = cases.take(places[::2]), cases.take(places[1::2])
    steps = peel(mine, mine)
    prim = simplify(paste(choose(steps, None), mine, mine), mine, mine)
    small = [leaf for leaf in leaves(mine) if len(_restricted(leaf)) <= MOST_PARAMETERS]
    boxes = [("PRIM", prim), *((f"CART, leaf {place}", leaf) for place, leaf in enumerate(small, 1))]
    method, box = max(boxes, key=lambda one: _balance(one[1]))
    tried = [(name, box_of(one.low, one.high, rest, rest)) for name, one in boxes[: 1 + LEAVES]]
    path: Columns = {"coverage": [one.coverage for one in steps], "density": [one.density for one in steps]}
    on_rest = box_of(box.low, box.high, rest, rest)
    return Found(method, box, on_rest, rest.share, int(rest.hits.sum()), tuple(tried), path)


def _balance(box: Box) -> float:
    """Harmonic mean of coverage and density, as `discovery.choose` takes it."""
    return box.coverage * box.density / max(box.coverage + box.density, 1e-300)


def _stands(cases: Cases, box: Box) -> float:
    """Share of trees on resampled points whose best leaf restricts the first parameter of the box."""
    names = _restricted(box)
    if not names:
        return float("nan")
    found = 0
    for counts in islice((row for block in resamples(len(cases.x)) for row in block), RESAMPLES):
        sample = cases.take(np.repeat(np.arange(len(cases.x)), counts.astype(np.int64)))
        best = max(leaves(sample), key=_balance, default=None)
        found += best is not None and names[0] in _restricted(best)
    return found / RESAMPLES


# --- numbers ----------------------------------------------------------------------------------------------------------


def _numbers(table: Table, bad: Cases, best: Found, other: Found, stands: float) -> list[Number]:
    codes = table.regimes(HORIZON)
    known = codes < NAMES.index(UNDEFINED)
    failed = np.isin(codes, [NAMES.index(name) for name in BAD])
    points = len(bad.x) // 2
    names = _restricted(best.box)
    lift, lift_error = _lift(best, points)
    bite, bite_error = _lift(other, points)
    loose = float(np.sqrt(max(best.tried.coverage * (1.0 - best.tried.coverage), 0.05) / max(best.hits, 1)))
    half = "on the half of the points that was not searched"
    return [
        share_of("share_backfire", "share of worlds in full backfire", codes == NAMES.index(BACKFIRE), table.point,
                 known),
        share_of("share_bad", "share of worlds in which the controls fail", failed, table.point, known),
        Number("coverage_unseen", f"share of failures inside the box, {half}", "", best.tried.coverage, n=best.hits,
               error=loose),
        Number("density_unseen", f"share of worlds inside the box in which the controls fail, {half}", "",
               best.tried.density, n=points, error=lift_error * best.share),
        Number("lift_unseen", f"frequency of failures inside the box over that in all worlds, {half}", "", lift,
               n=points, error=lift_error),
        Number("mass", f"share of all worlds that the box holds, {half}", "", best.tried.mass, n=points,
               error=float(np.sqrt(best.tried.mass / points))),
        Number("parameters", "number of parameters that the box restricts", "", float(len(names)), n=points, error=0.5),
        Number("stands", "share of trees on resampled points that restrict the box's first parameter", "", stands,
               n=RESAMPLES, error=0.1),
        Number("coverage_bite", f"share of '{MOST_FREQUENT}' inside its own box, {half}", "", other.tried.coverage,
               n=other.hits, error=0.15),
        Number("lift_bite", f"frequency of '{MOST_FREQUENT}' inside that box over that in all worlds, {half}", "", bite,
               n=points, error=bite_error + 0.15),
    ]  # fmt: skip


def _lift(found: Found, points: int) -> tuple[float, float]:
    """Density over the share in all worlds, and its binomial standard error."""
    inside = max(found.tried.mass * points, 1.0)
    p = found.tried.density
    error = float(np.sqrt(max(p * (1.0 - p), 0.05) / inside) / found.share) if found.share else float("nan")
    return (p / found.share if found.share else float("nan")), error


def _restricted(box: Box) -> list[str]:
    """Parameters that a box bounds, the surest first."""
    return list(dict.fromkeys(name for name, *_ in box.limits))


def _words(box: Box) -> str:
    """A box in words."""
    told = [f"{name.replace('_', ' ')} {sign.replace('>=', '≥').replace('<=', '≤')} {bound:.3g}"
            for name, sign, bound, _ in box.limits]  # fmt: skip
    return ", ".join(told) if told else "no restriction"


# --- tables and notes -------------------------------------------------------------------------------------------------


def _printed(best: Found, other: Found) -> Columns:
    """Boxes by both methods on the half of the points that was not searched."""
    rows = [(what, name, box, found) for what, found in (("the controls fail", best), (MOST_FREQUENT, other))
            for name, box in found.rows]  # fmt: skip
    return {
        "outcome": [what for what, *_ in rows],
        "method": [name for _, name, *_ in rows],
        "where": [_words(box) for *_, box, _ in rows],
        "coverage,_%": [round(100.0 * box.coverage) for *_, box, _ in rows],
        "density,_%": [round(100.0 * box.density) for *_, box, _ in rows],
        "lift": [round(box.density / found.share, 1) if found.share else float("nan") for *_, box, found in rows],
        "worlds_inside,_%": [round(100.0 * box.mass) for *_, box, _ in rows],
    }


def _shown(box: Box, cases: Cases) -> list[str]:
    """Two parameters for the scatter: those of the box, else the first ones."""
    names = _restricted(box)[:2]
    spare = sorted(cases.names, key=lambda name: -_gap(cases, name))
    return names + [name for name in spare if name not in names][: 2 - len(names)]


def _gap(cases: Cases, name: str) -> float:
    """How far failures lie from other worlds along a parameter, in standard deviations."""
    column = cases.x[:, cases.names.index(name)]
    hit = cases.hits > 0
    return float(abs(column[hit].mean() - column[~hit].mean()) / column.std()) if hit.any() and column.std() else 0.0


def _points(box: Box, cases: Cases) -> Columns:
    x, y = _shown(box, cases)
    return {x: cases.x[:, cases.names.index(x)], y: cases.x[:, cases.names.index(y)],
            "fails": (cases.hits > 0).astype(np.float64)}  # fmt: skip


def _bounds(box: Box, cases: Cases) -> Columns:
    """Both bounds of each parameter of the box or of the scatter within its range."""
    names = list(dict.fromkeys([*_restricted(box), *_shown(box, cases)]))
    rows = []
    for name in names:
        k = cases.names.index(name)
        least, most = float(cases.x[:, k].min()), float(cases.x[:, k].max())
        low, high = max(float(box.low[k]), least), min(float(box.high[k]), most)
        rows.append((name, PARAMETERS[name].unit, least, most, low, high))
    heads = ("parameter", "unit", "least", "most", "low", "high")
    return {head: [row[place] for row in rows] for place, head in enumerate(heads)}


def _notes(table: Table, bad: Cases, best: Found, other: Found, stands: float) -> tuple[str, ...]:
    worst = regime_shares(table, HORIZON)[BACKFIRE]
    first = f"Full backfire comes out in {100.0 * worst:.2g} % of {table.worlds:,} worlds; "
    first += "it is looked for with the nearest bad outcomes." if worst else (
        "there is no box of it, and the study looks for the nearest bad outcomes."
    )  # fmt: skip
    names = _restricted(best.box)
    steady = (
        f" Of {RESAMPLES} trees on resampled points {100.0 * stands:.0f} % restrict {_said(names[0])}." if names else ""
    )
    return (
        first,
        f"The controls fail in {100.0 * bad.share:.1f} % of worlds ({int(bad.hits.sum())} cases), most often where "
        f"{_words(best.box)} ({best.method}).{steady}",
        f"'{MOST_FREQUENT}' has no box as sharp: {_words(other.box)} raises its frequency by a factor of "
        f"{_lift(other, len(bad.x))[0]:.1f}.",
        f"Second sign of regimes: {table.decoupling_rests_on(HORIZON)}.",
    )


def _said(name: str) -> str:
    return name.replace("_", " ")


def _stability(bad: Cases) -> str:
    """What PRIM finds on resampled points; too slow for the quick mode."""
    found = discover(bad, "the controls fail", HORIZON, boxes=1)
    often = [f"{_said(name)} in {share:.0%}" for name, share in list(found.stability.share.items())[:3]]
    return (
        f"PRIM on all points: {_words(found.boxes[0])}; of {found.stability.resamples} boxes on resampled points "
        f"{'; '.join(often) or 'none restricts anything'}; on points left out their median coverage is "
        f"{found.stability.coverage:.0%}, their density {found.stability.density:.0%}."
    )
