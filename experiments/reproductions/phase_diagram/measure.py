"""Regimes over access to research and the price of Chinese chips, without and with China's mobilisation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from abm.parameter_index import PARAMETERS
from abm.regimes import NAMES
from experiments.analysis import REGIME_OUTCOMES
from experiments.design import LEVERAGE, Design
from experiments.drive import Driver
from experiments.phase import HALF, PhaseDiagram, phase_diagram, pick
from experiments.reproducing.findings import Columns, Findings, Floats, Number
from experiments.reproducing.setting import Setting
from experiments.study import load_study

STUDY, HORIZON = "phase", "2032"
BACKFIRE = "full backfire"
MONEY = "mobilisation_cn"
MAPS = ("no mobilisation", "China mobilises as much as the prior allows")
ROUNDS = {True: 0, False: 1}
"""Rounds of refinement at borders, in the quick mode and in the full one."""
Z = 1.645


def measure(setting: Setting) -> Findings:
    """Both maps, and what part of each belongs to which regime."""
    maps = [_map(setting, place, money) for place, money in enumerate((0.0, PARAMETERS[MONEY].high))]
    numbers = [number for place, one in enumerate(maps) for number in _numbers(one, place)]
    tables: dict[str, Columns] = {"table": _printed(maps)}
    for place, one in enumerate(maps):
        tables |= {f"points_{place}": _points(one), f"pieces_{place}": _pieces(one)}
    return Findings(tuple(numbers), tables, None, _notes(maps))


def _map(setting: Setting, place: int, money: float) -> PhaseDiagram:
    """One map; each world of a place has its own draw of all other parameters."""
    design = _design(setting, money)
    x, y = (pick(design, None, number) for number in range(2))
    driver = Driver(setting.folder / f"map_{place}")
    return phase_diagram(design, driver, x, y, HORIZON, ROUNDS[setting.quick])


def _design(setting: Setting, money: float) -> Design:
    """The study that ships, with regimes by leverage too and everything else drawn."""
    design = load_study(STUDY, seed=setting.seed, horizons=(HORIZON,), outcomes=(*REGIME_OUTCOMES, LEVERAGE))
    lattice = int(np.prod([factor.levels for factor in design.factors]))
    arms = tuple(setting.apply(arm.with_parameters(**{MONEY: money})) for arm in design.arms)
    return replace(design, arms=arms, others=setting.beliefs, replications=max(setting.worlds // lattice, 1))


# --- areas ------------------------------------------------------------------------------------------------------------


def _pieces(one: PhaseDiagram) -> Columns:
    """Rectangles of the map, a quarter of a cell each, with the most frequent regime of its corner."""
    at = {(int(i), int(j)): k for k, (i, j) in enumerate(one.place)}
    rows = []
    for cell in one.cells:
        ends = [one.values[at[cell.corners[k]]] for k in (0, 3)]
        middle = (ends[0] + ends[1]) / 2.0
        for place, corner in enumerate(cell.corners):
            left, low = (ends[0][0], middle[0])[place % 2], (ends[0][1], middle[1])[place // 2]
            width, height = (ends[1] - ends[0]) / 2.0
            rows.append((left, low, width, height, NAMES[one.regime[at[corner]]], bool(one.bistable[at[corner]])))
    heads = ("left", "low", "width", "height", "regime", "split")
    return {head: [float(row[k]) if k != heads.index("regime") else row[k] for row in rows]
            for k, head in enumerate(heads)}  # fmt: skip


def _areas(one: PhaseDiagram) -> dict[str, float]:
    """Part of the map by most frequent regime."""
    pieces = _pieces(one)
    size = np.asarray(pieces["width"]) * np.asarray(pieces["height"])
    regimes = np.asarray(pieces["regime"])
    return {name: float(size[regimes == name].sum() / size.sum()) for name in NAMES}


def _split(one: PhaseDiagram) -> float:
    """Part of the map at whose places the second regime has nearly as many worlds as the first."""
    pieces = _pieces(one)
    size = np.asarray(pieces["width"]) * np.asarray(pieces["height"])
    return float(size[np.asarray(pieces["split"]) > 0].sum() / size.sum())


def _shares(one: PhaseDiagram, name: str) -> Floats:
    found: Floats = one.shares[:, NAMES.index(name)]
    return found


def _numbers(one: PhaseDiagram, place: int) -> list[Number]:
    """Areas, the largest share of full backfire at any place, and how much of the map is split."""
    backfire = _shares(one, BACKFIRE)
    top = int(backfire.argmax())
    worlds = int(one.worlds.sum())
    areas = _areas(one)
    first = max(areas, key=lambda name: areas[name])
    loose = float(np.sqrt(0.25 / len(one.place)))
    said = MAPS[place]
    least = one.lead[np.isfinite(one.lead)]
    return [
        Number(f"area_{place}", f"part of the map in which full backfire is the most frequent regime, {said}", "",
               areas[BACKFIRE], n=len(one.place), error=0.01),
        Number(f"all_{place}", f"share of all worlds of the map in full backfire, {said}", "",
               float((backfire * one.worlds).sum() / worlds), n=worlds, error=float(np.sqrt(0.01 / worlds))),
        Number(f"most_{place}", f"largest share of full backfire at any place, {said}", "", float(backfire[top]),
               n=int(one.worlds[top]), error=float(np.sqrt(0.1 / one.worlds[top]))),
        Number(f"first_{place}", f"part of the map of the regime with most of it, '{first}', {said}", "", areas[first],
               n=len(one.place), error=loose),
        Number(f"split_{place}", f"part of the map where the second regime has at least {HALF:.0%} of worlds, {said}",
               "", _split(one), n=len(one.place), error=loose),
        Number(f"least_lead_{place}", f"smallest mean effect on the lead at any place, {said}", "months",
               float(least.min()), n=len(one.place), error=1.0),
    ]  # fmt: skip


# --- tables and notes -------------------------------------------------------------------------------------------------


def _points(one: PhaseDiagram) -> Columns:
    rows = one.rows()
    table: Columns = {head: [row[head] for row in rows] for head in (one.x.name, one.y.name, "regime")}
    for head in ("share", "second_share", "lead_effect", "worlds", "bistable"):
        table[head] = [float(row[head]) for row in rows]
    table["backfire"] = _shares(one, BACKFIRE)
    return table


def _printed(maps: list[PhaseDiagram]) -> Columns:
    """Part of each map by most frequent regime, and share of all worlds."""
    areas = [_areas(one) for one in maps]
    every = [(one.shares * one.worlds[:, None]).sum(axis=0) / one.worlds.sum() for one in maps]
    names = [name for k, name in enumerate(NAMES) if name == BACKFIRE or any(share[k] > 0.0 for share in every)]
    table: Columns = {"regime": names}
    for said, area, share in zip(("no_mobilisation", "China_mobilises"), areas, every, strict=True):
        table[f"most_frequent,_%_of_map,_{said}"] = [round(100.0 * area[name], 1) for name in names]
        table[f"worlds,_%,_{said}"] = [round(100.0 * float(share[NAMES.index(name)]), 1) for name in names]
    return table


def _notes(maps: list[PhaseDiagram]) -> tuple[str, ...]:
    told = []
    for said, one in zip(MAPS, maps, strict=True):
        areas = sorted(_areas(one).items(), key=lambda item: -item[1])
        parts = ", ".join(f"'{name}' {100.0 * area:.0f} %" for name, area in areas if area > 0.0)
        told.append(
            f"Map with {said}: {parts}. {int(one.bistable.sum())} of {len(one.place)} places are split; "
            f"{one.failed} runs failed."
        )
    few = int(min(one.worlds.min() for one in maps))
    return (
        *told,
        f"{few} worlds a place, each with its own draw of all other parameters; with so many a most frequent regime "
        f"whose share is one half is known to within {100.0 * Z * float(np.sqrt(0.25 / few)):.0f} points.",
    )
