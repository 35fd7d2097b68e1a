"""Phase diagrams: which regime comes out over two parameters, with new points where neighbours differ.

The plane is cut into cells. A cell whose corners fall into different regimes is quartered, round after round, so that
points gather at the border. A point whose worlds split over regimes is flagged: beside a border that is expected, away
from one it says that chance decides.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from abm.regimes import NAMES
from abm.scenario_values import nearest_of
from experiments.analysis import EFFECT, AnalysisError, Output, Table
from experiments.design import Design, Factor, Floats, Integers
from experiments.drive import Driver, points_design, seed_of

type Bools = NDArray[np.bool_]
type Place = tuple[int, int]

HALF = 0.35
"""Share of worlds in the second most frequent regime from which a point is bistable."""


@dataclass(frozen=True)
class Cell:
    """A square of the lattice: lower left corner and width."""

    at: Place
    width: int

    @property
    def corners(self) -> tuple[Place, Place, Place, Place]:
        """Lower left, lower right, upper left, upper right."""
        (x, y), w = self.at, self.width
        return (x, y), (x + w, y), (x, y + w), (x + w, y + w)

    def quarters(self) -> tuple[Cell, ...]:
        """The four cells of half the width."""
        half = self.width // 2
        return tuple(Cell((self.at[0] + i * half, self.at[1] + j * half), half) for j in (0, 1) for i in (0, 1))


@dataclass(frozen=True, eq=False)
class PhaseDiagram:
    """Regimes over a plane of two parameters.

    Attributes
    ----------
    x, y : parameters.
    place : (point, 2), places on the lattice; `values` (point, 2) the same in the units of the parameters.
    shares : (point, regime), of worlds, with the undefined ones last; `worlds` (point,) their number.
    lead : (point,), mean effect on the lead over worlds that have one, months.
    cells : leaves, which cover the plane.
    rounds : points of each round; failed : runs that failed.
    """

    x: Factor
    y: Factor
    horizon: str
    place: Integers
    values: Floats
    shares: Floats
    worlds: Integers
    lead: Floats
    cells: tuple[Cell, ...]
    rounds: tuple[int, ...]
    failed: int
    designs: tuple[str, ...]

    @property
    def regime(self) -> Integers:
        """Most frequent regime of each point, (point,)."""
        return np.asarray(self.shares.argmax(axis=1))

    @property
    def second(self) -> Floats:
        """Share of the second most frequent regime, (point,)."""
        return np.asarray(np.sort(self.shares, axis=1)[:, -2])

    @property
    def bistable(self) -> Bools:
        """Points whose worlds fall about evenly into two regimes."""
        return np.asarray(self.second >= HALF)

    def rows(self) -> list[dict[str, Any]]:
        """One row a point, for tables."""
        return [
            {
                self.x.name: float(self.values[k, 0]), self.y.name: float(self.values[k, 1]),
                "regime": NAMES[self.regime[k]], "share": float(self.shares[k].max()),
                "second_share": float(self.second[k]), "mixed": bool(self.second[k] > 0),
                "bistable": bool(self.bistable[k]), "lead_effect": float(self.lead[k]), "worlds": int(self.worlds[k]),
            }
            for k in range(len(self.place))
        ]  # fmt: skip


def pick(design: Design, name: str | None, number: int) -> Factor:
    """A factor of the study by name, or by its place.

    Raises
    ------
    AnalysisError
        If the study does not vary it, or it has whole values only.
    """
    names = [factor.name for factor in design.factors]
    if name is None and number < len(names):
        name = names[number]
    if name not in names:
        raise AnalysisError(f"study {design.name!r} varies no {name!r}{nearest_of(str(name), names)}")
    factor = design.factors[names.index(name)]
    if factor.parameter.prior == "discrete":
        raise AnalysisError(f"parameter {name!r} has whole values only; a border over it cannot be refined")
    return factor


def phase_diagram(design: Design, driver: Driver, x: Factor, y: Factor, horizon: str, rounds: int = 2) -> PhaseDiagram:
    """Evaluate a lattice of `levels` of two factors, then `rounds` times what lies between differing neighbours.

    Each point has as many worlds as the study has replications. With `others` "prior" or "posterior" each of them
    has its own draw of all other parameters, so that shares are probabilities.
    """
    width = 2**rounds
    cells = [Cell((i * width, j * width), width) for j in range(y.levels - 1) for i in range(x.levels - 1)]
    known: dict[Place, tuple[Floats, int, float]] = {}
    sizes, designs, failed, leaves = [], [], 0, list[Cell]()
    for number in range(rounds + 1):
        new = sorted({corner for cell in cells for corner in cell.corners} - known.keys())
        if not new:
            break
        values = _values(x, y, np.array(new), width)
        table = driver.table(_design(design, x, y, values, number), f"round_{number}")
        known |= dict(zip(new, _measured(table, horizon, len(new)), strict=True))
        sizes.append(len(new))
        designs.append(table.hash)
        failed += int((table.status != 0).sum())
        split = [cell for cell in cells if number < rounds and _differ(cell, known)]
        leaves += [cell for cell in cells if cell not in split]
        cells = [quarter for cell in split for quarter in cell.quarters()]
    place = np.array(sorted(known))
    found = [known[int(i), int(j)] for i, j in place]
    return PhaseDiagram(
        x, y, horizon, place, _values(x, y, place, width), np.stack([one[0] for one in found]),
        np.array([one[1] for one in found]), np.array([one[2] for one in found]), tuple(leaves), tuple(sizes), failed,
        tuple(designs),
    )  # fmt: skip


def _values(x: Factor, y: Factor, place: Integers, width: int) -> Floats:
    """Values of the two parameters at places of the lattice, (point, 2)."""
    return np.stack(
        [factor.values(place[:, axis] / ((factor.levels - 1) * width)) for axis, factor in enumerate((x, y))], axis=1
    )


def _design(design: Design, x: Factor, y: Factor, values: Floats, number: int) -> Design:
    """Points of one round. Where other parameters are drawn, each world is a point with its own draw."""
    drawn = design.others != "default"
    copies = design.replications if drawn else 1
    table = {x.name: np.repeat(values[:, 0], copies), y.name: np.repeat(values[:, 1], copies)}
    made = points_design(design, table, seed_of(design.seed, f"phase {number}"))
    return replace(made, replications=1) if drawn else made


def _measured(table: Table, horizon: str, points: int) -> Iterator[tuple[Floats, int, float]]:
    """Shares of regimes, number of worlds and mean effect on the lead, point by point."""
    codes = table.regimes(horizon).reshape(points, -1)
    lead = table.output(Output("lead", EFFECT, horizon)).reshape(points, -1)
    for mine, effects in zip(codes, lead, strict=True):
        shares = np.bincount(mine, minlength=len(NAMES)) / mine.size
        sure = effects[np.isfinite(effects)]
        yield shares, mine.size, float(sure.mean()) if sure.size else float("nan")


def _differ(cell: Cell, known: dict[Place, tuple[Floats, int, float]]) -> bool:
    """Whether the corners of a cell are in different regimes."""
    return len({int(known[corner][0].argmax()) for corner in cell.corners}) > 1
