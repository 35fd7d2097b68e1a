"""One run of a block, read in the names of the model: what Mesa agents, networks and the browser look at.

A view reads the state where it stands, so it is always that of the last quarter run. It never writes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from abm.calendar import quarter_label
from abm.policy import last_day
from abm.schema import nearest
from abm.series import INDEX, NAMED, absent
from abm.state import FIELDS, Floats, World
from abm.vocabulary import ECOSYSTEMS, LAWS, RESEARCH, WORKLOADS

if TYPE_CHECKING:
    from datetime import date

    from abm.generations import Design
    from abm.policy import Policy
    from abm.scenario import Scenario
    from abm.world import Blueprint


@dataclass(eq=False)
class RunView:
    """One run as the last quarter left it.

    Attributes
    ----------
    plan : Blueprint
        Names, designs and data of the world.
    world : World
        Arrays of the block of lanes; read them, never write.
    lane : int
        Place of this run on the last axis.
    scenario : Scenario
        Scenario of this run's arm.
    step : int
        Index of the last quarter run, −1 before the first (then the state is that at the start of 2020Q1).
    before : callable or None
        Gives the state of this run before a quarter, one lane, by running it again; None where only this state is kept.
    """

    plan: Blueprint
    world: World
    lane: int
    scenario: Scenario
    step: int = -1
    before: Callable[[int], World] | None = field(default=None, repr=False)
    _names: dict[str, tuple[str, ...]] = field(init=False, repr=False)
    _kept: dict[str, tuple[int, Any]] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        world = self.plan.world
        self._names = {
            "ecosystem": ECOSYSTEMS,
            "research": RESEARCH,
            "workload": WORKLOADS,
            "firm": tuple(one.id for one in world.firms),
            "offer": tuple(one.id for one in world.offers),
            "vendor": tuple(one.id for one in world.vendors),
            "node": tuple(one.id for one in world.nodes),
        }

    def __repr__(self) -> str:
        return f"<run of {self.scenario.name!r}, world {self.world_id}, {self.quarter}>"

    @property
    def quarter(self) -> str:
        """Label of the last quarter run, such as 2022Q4; 2019Q4 before the first."""
        return quarter_label(self.step)

    @property
    def law_step(self) -> int:
        """Row of tables by quarter that holds now: the last quarter run, 2020Q1 before the first."""
        return max(self.step, 0)

    @property
    def today(self) -> date:
        """Last day of the last quarter run; 2019-12-31 before the first."""
        return last_day(self.step)

    @property
    def world_id(self) -> int:
        """Number of the world: point x replications + replication."""
        return int(self.world.world_id[self.lane])

    @property
    def arm(self) -> int:
        """Row of this run's scenario in the tables of law."""
        return int(self.world.arm[self.lane])

    @property
    def policy(self) -> Policy:
        """Instruments of this run's scenario."""
        return self.scenario.law

    @property
    def record(self) -> Floats:
        """All series recorded so far, a copy: (series, quarter)."""
        return self.world.record[:, : self.step + 1, self.lane].copy()

    @property
    def firm_record(self) -> Floats:
        """All series by firm recorded so far, a copy: (firm series, quarter, firm)."""
        return self.world.firm_record[:, : self.step + 1, :, self.lane].copy()

    @property
    def failed(self) -> tuple[str, str] | None:
        """First quarter in which a law of the model broke, and the law; None if all held."""
        quarter = int(self.world.failed_quarter[self.lane])
        return None if quarter < 0 else (quarter_label(quarter), LAWS[int(self.world.failed_law[self.lane])])

    def series(self, name: str) -> Floats:
        """A recorded series up to the last quarter run, a copy; names are those of `abm.series.SERIES`."""
        if name not in INDEX:
            raise KeyError(f"no series {name!r}{nearest(name, INDEX)}")
        if lacks := absent(name, NAMED.get(name, ()), self.names("firm")):
            raise KeyError(lacks)
        return self.world.record[INDEX[name], : self.step + 1, self.lane].copy()

    def latest(self, name: str) -> float:
        """Value of a recorded series in the last quarter run; NaN before the first."""
        values = self.series(name)
        return float(values[-1]) if len(values) else float("nan")

    def number(self, name: str, *place: int) -> float:
        """One number of the state of this run: `number("price", offer)`; the run's axis is added."""
        return float(getattr(self.world, name)[(*place, self.lane)])

    def design(self, offer: int, of: str = "design") -> Design | None:
        """Design on sale in an offer (or `of="redesign_target"`: in work); None if there is none."""
        place = int(getattr(self.world, of)[offer, self.lane])
        return None if place < 0 else self.plan.designs[place]

    def names(self, dimension: str) -> tuple[str, ...]:
        """Labels along a dimension of the state, such as "firm", "offer" or "ecosystem"."""
        return self._names[dimension]

    def kept[T](self, key: str, make: Callable[[], T], always: bool = False) -> T:
        """What `make` gives, made once a quarter (or once at all) and remembered under `key`."""
        stamp = -2 if always else self.step
        if key not in self._kept or self._kept[key][0] != stamp:
            self._kept[key] = (stamp, make())
        value: T = self._kept[key][1]
        return value


class View:
    """One agent of a run: where it stands in the arrays."""

    kind = ""

    def __init__(self, run: RunView, index: int) -> None:
        self.run, self.index = run, index

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}, {self.run.quarter}>"

    @property
    def name(self) -> str:
        """Id in the world file."""
        return self.run.names(self.kind)[self.index]

    def entry(self) -> Any:
        """Its entry in the world file."""
        world = self.run.plan.world
        return {"firm": world.firms, "vendor": world.vendors, "node": world.nodes}[self.kind][self.index]


class Quantity:
    """A number of the state that belongs to one agent; it is read where it stands and cannot be set."""

    def __init__(self, state: str, *place: int) -> None:
        known = FIELDS[state]
        self.state, self.place, self.unit = state, place, known.unit
        self.__doc__ = f"{known.meaning}; unit: {known.unit}."

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, view: None, owner: type) -> Quantity: ...
    @overload
    def __get__(self, view: View, owner: type) -> float: ...
    def __get__(self, view: View | None, owner: type) -> float | Quantity:
        if view is None:
            return self
        return view.run.number(self.state, view.index, *self.place)

    def __set__(self, view: View, value: object) -> None:
        raise AttributeError(_fixed(view, self.name))


class Quantities:
    """Numbers of the state that belong to one agent, by the names of the next dimension, such as its offers."""

    def __init__(self, state: str) -> None:
        known = FIELDS[state]
        self.state, self.dimension, self.unit = state, known.dims[1], known.unit
        self.__doc__ = f"by {self.dimension}: {known.meaning}; unit: {known.unit}."

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, view: None, owner: type) -> Quantities: ...
    @overload
    def __get__(self, view: View, owner: type) -> dict[str, float]: ...
    def __get__(self, view: View | None, owner: type) -> dict[str, float] | Quantities:
        if view is None:
            return self
        return by_name(view, self.dimension, getattr(view.run.world, self.state)[view.index, :, view.run.lane])

    def __set__(self, view: View, value: object) -> None:
        raise AttributeError(_fixed(view, self.name))


def by_name(view: View, dimension: str, values: Floats) -> dict[str, float]:
    """Label values along a dimension of the state."""
    return dict(zip(view.run.names(dimension), np.asarray(values, dtype=np.float64).tolist(), strict=True))


def _fixed(view: View, name: str) -> str:
    return (
        f"{view.name}.{name} shows the state of the run and cannot be set; "
        "change the scenario (with_parameters, with_policy, without) and build a new model"
    )
