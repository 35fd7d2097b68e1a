"""What a simulation hands out: labelled series and outcomes, observations beside data, saving and loading."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from abm.calendar import QUARTERS, quarter_index, quarter_label
from abm.decisions import Decisions, decisions
from abm.intervals import spread
from abm.labelled import Failed, Labelled, Panel, UnknownNameError
from abm.lineage import Lineage, continuing
from abm.operators import OPERATORS, Observed, observe, silent
from abm.outcomes import OUTCOMES, Outcome
from abm.schema import nearest
from abm.series import FIRM_SERIES, INDEX, NAMED, SERIES, absent
from abm.storage import ResultsError, new_folder, read_results, write_results
from abm.vocabulary import LAWS

if TYPE_CHECKING:
    import pandas as pd  # type: ignore[import-untyped]

    from abm.scenario import Scenario

__all__ = ["Failed", "Labelled", "Panel", "Results", "ResultsError", "UnknownNameError"]

type Floats = NDArray[np.float64]
type Integers = NDArray[np.int64]

_FIRM_INDEX = {series.name: place for place, series in enumerate(FIRM_SERIES)}


_FRAMED = (("run", "quarter"), ("run", "quarter", "firm"))
"""Dimensions of what fits into one table with a row per run and quarter."""


@dataclass(frozen=True, eq=False)
class Results:
    """Everything recorded in an ensemble of runs.

    Attributes
    ----------
    scenario : str
    seed, replications : int
        World w is replication w mod `replications` of parameter point w div `replications`.
    world : (run,)
        World ids.
    parameters : mapping of str to (run,)
        Parameter values of each run.
    record : (series, quarter, run)
        As the engine wrote it, the run last; runs that failed are set to NaN throughout.
    firm_record : (firm series, quarter, firm, run)
    firms, designs : tuple of str
        Ids along the firm axis; ids that the series of designs point to.
    failed_quarter, failed_law : (run,)
        Step in which a law first broke, -1 if none; its place in `abm.vocabulary.LAWS`.
    manifest : dict
        What made the results: versions, checksums, settings.
    added : mapping of str to Panel
        What agents recorded that the model does not have by itself (`abm.kinds`).
    lineage : Lineage, optional
        Scenarios that were run and states that were kept, from which branches go on; loaded results have none.

    Raises
    ------
    ResultsError
        If shapes, lengths or values do not fit together.
    """

    scenario: str
    seed: int
    replications: int
    world: Integers
    parameters: Mapping[str, Floats]
    record: Floats
    firm_record: Floats
    firms: tuple[str, ...]
    designs: tuple[str, ...]
    failed_quarter: Integers
    failed_law: Integers
    manifest: Mapping[str, Any] = field(default_factory=dict)
    added: Mapping[str, Panel] = field(default_factory=dict)
    lineage: Lineage | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        """Check shapes, then blank the runs that failed."""
        self._check()
        broken = self.failed_quarter >= 0
        if broken.any():
            for name in ("record", "firm_record"):
                blanked = getattr(self, name).copy()
                blanked[..., broken] = np.nan
                object.__setattr__(self, name, blanked)
            panels = {
                name: replace(panel, values=np.where(broken, np.nan, panel.values))
                for name, panel in self.added.items()
            }
            object.__setattr__(self, "added", panels)

    def _check(self) -> None:
        runs, quarters = self.world.size, self.record.shape[1] if self.record.ndim == 3 else QUARTERS
        expected = {
            "world": (runs,),
            "failed_quarter": (runs,),
            "failed_law": (runs,),
            "record": (len(SERIES), quarters, runs),
            "firm_record": (len(FIRM_SERIES), quarters, len(self.firms), runs),
            **{f"parameters[{name!r}]": (runs,) for name in self.parameters},
            **{f"added[{name!r}]": (*map(len, one.axes.values()), runs) for name, one in self.added.items()},
        }
        arrays: dict[str, Any] = {name: getattr(self, name, None) for name in expected}
        arrays |= {f"parameters[{name!r}]": values for name, values in self.parameters.items()}
        arrays |= {f"added[{name!r}]": panel.values for name, panel in self.added.items()}
        for name, shape in expected.items():
            found = np.shape(arrays[name])
            if found != shape:
                raise ResultsError(f"results: {name} has shape {found}, {shape} expected")
        if self.replications < 1:
            raise ResultsError(f"results: replications must be at least 1, not {self.replications}")
        if np.any(self.failed_law[self.failed_quarter >= 0] >= len(LAWS)):
            raise ResultsError(f"results: failed_law must be a place in {LAWS}")

    # --- what there is ------------------------------------------------------------------------------------------------

    @property
    def names(self) -> tuple[str, ...]:
        """Recorded series, derived outcomes, series by firm, what added agents recorded."""
        return (*self._series, *OUTCOMES, *_FIRM_INDEX, *self.added)

    @property
    def _series(self) -> list[str]:
        """Recorded series, without those about firms that this world lacks."""
        return [name for name in INDEX if not absent(name, NAMED.get(name, ()), self.firms)]

    @property
    def _by_quarter(self) -> list[str]:
        """Series and outcomes with a value for each run and quarter."""
        return [*self._series, *(name for name, made in OUTCOMES.items() if made.dims == _FRAMED[0])]

    @property
    def observations(self) -> tuple[str, ...]:
        """Names that `observe` accepts."""
        return tuple(name for name, made in OPERATORS.items() if not absent(name, made.needs, self.firms))

    @property
    def runs(self) -> int:
        """Number of runs, failed ones included."""
        return int(self.world.size)

    @cached_property
    def quarters(self) -> tuple[str, ...]:
        """Labels of the recorded quarters."""
        return tuple(quarter_label(t) for t in range(self.record.shape[1]))

    @property
    def point(self) -> Integers:
        """Parameter point of each run."""
        return np.asarray(self.world // self.replications)

    @property
    def ok(self) -> NDArray[np.bool_]:
        """Runs that broke no law, shape (run,)."""
        return np.asarray(self.failed_quarter < 0)

    @cached_property
    def failed(self) -> Failed:
        """How many runs failed, by which law, and which they were."""
        broken = ~self.ok
        laws = {law: int(np.sum(self.failed_law[broken] == place)) for place, law in enumerate(LAWS)}
        first = quarter_label(int(self.failed_quarter[broken].min())) if broken.any() else None
        worlds = tuple(int(world) for world in self.world[broken])
        return Failed(int(broken.sum()), self.runs, {law: n for law, n in laws.items() if n}, worlds, first)

    # --- looking things up --------------------------------------------------------------------------------------------

    def series(self, name: str) -> Floats:
        """Bare values of a recorded series, shape (run, quarter), a read-only view with the run first."""
        if name not in INDEX:
            raise UnknownNameError(f"series {name!r} is unknown{nearest(name, INDEX)}")
        if lacks := absent(name, NAMED.get(name, ()), self.firms):
            raise UnknownNameError(lacks)
        view: Floats = self.record[INDEX[name]].T
        view.flags.writeable = False
        return view

    def by_firm(self, name: str, *firms: str) -> Floats:
        """Sum of a series by firm over some firms, shape (run, quarter); NaN if the world lacks one of them."""
        if name not in _FIRM_INDEX:
            raise UnknownNameError(f"series by firm {name!r} is unknown{nearest(name, _FIRM_INDEX)}")
        if not set(firms) <= set(self.firms):
            return np.full((self.runs, len(self.quarters)), np.nan)
        places = [self.firms.index(firm) for firm in firms]
        return np.asarray(self.firm_record[_FIRM_INDEX[name]][:, places].sum(axis=1).T)

    def __getitem__(self, name: str) -> Labelled:
        """A recorded series, derived outcome or series by firm, with its labels.

        Raises
        ------
        UnknownNameError
            A KeyError that names the nearest valid name.
        """
        coords: dict[str, Sequence[Any] | Integers] = {"run": self.world, "quarter": self.quarters}
        if name in _FIRM_INDEX:
            about = FIRM_SERIES[_FIRM_INDEX[name]]
            values = np.moveaxis(self.firm_record[_FIRM_INDEX[name]], -1, 0)
            values.flags.writeable = False
            dims = ("run", "quarter", "firm")
            return Labelled(name, values, dims, about.unit, about.meaning, {**coords, "firm": self.firms})
        if name in INDEX:
            about = SERIES[INDEX[name]]
            return Labelled(name, self.series(name), ("run", "quarter"), about.unit, about.meaning, coords)
        if name in OUTCOMES:
            return self._outcome(OUTCOMES[name], coords)
        if name in self.added:
            panel = self.added[name]
            # like every other array: run, quarter, then what is left
            values = np.moveaxis(panel.values, (-1, list(panel.axes).index("quarter")), (0, 1))
            values.flags.writeable = False
            others = {dim: labels for dim, labels in panel.axes.items() if dim != "quarter"}
            return Labelled(name, values, ("run", "quarter", *others), panel.unit, panel.meaning, {**coords, **others})
        hint = "; give it to observe()" if name in OPERATORS else nearest(str(name), self.names)
        raise UnknownNameError(f"results have no {name!r}{hint}")

    def _outcome(self, made: Outcome, known: Mapping[str, Sequence[Any] | Integers]) -> Labelled:
        """A derived outcome, checked against the dimensions that it declares."""
        coords = {dim: known.get(dim, self.firms) for dim in made.dims}
        shape = tuple(len(labels) for labels in coords.values())
        try:
            values = np.array(made.compute(self), dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise ResultsError(f"outcome {made.name!r}: must give an array of numbers: {error}") from None
        if values.shape != shape:
            expected = ", ".join(f"{dim} {size}" for dim, size in zip(made.dims, shape, strict=True))
            raise ResultsError(f"outcome {made.name!r}: gives an array of shape {values.shape}, ({expected}) expected")
        values.flags.writeable = False
        return Labelled(made.name, values, made.dims, made.unit, made.meaning, coords)

    def __contains__(self, name: object) -> bool:
        """Whether a name can be looked up."""
        return name in self.names

    def observe(self, name: str) -> Observed:
        """The quantity that a real statistic measures, by its observation operator, with the real numbers beside it.

        Raises
        ------
        UnknownNameError
            A KeyError that says why the model is silent about a series of the data, or names the nearest valid name.
        """
        if name not in OPERATORS:
            why = f": the model cannot speak about it: {silent()[name]}" if name in silent() else None
            unknown = f" is unknown{nearest(str(name), OPERATORS)}"
            raise UnknownNameError(f"observation {name!r}{unknown if why is None else why}")
        if lacks := absent(name, OPERATORS[name].needs, self.firms):
            raise UnknownNameError(lacks)
        return observe(OPERATORS[name], self, len(self.quarters))

    def design_on_sale(self, name: str) -> NDArray[np.str_]:
        """Id of the chip design on sale by run and quarter, empty before the first (series `design_...`)."""
        if not name.startswith("design_"):
            known = [series for series in INDEX if series.startswith("design_")]
            raise UnknownNameError(f"{name!r} is no series of designs{nearest(name, known)}")
        codes = self.series(name)
        ids = np.asarray([*self.designs, ""])
        return np.asarray(ids[np.where(np.isnan(codes) | (codes < 0), len(self.designs), codes).astype(np.int64)])

    def decisions(self, run: int) -> Decisions:
        """Who changed which rule when, seeing what, in one run (the id of its world); printed as a table.

        Raises ResultsError if there is no such run.
        """
        return decisions(self, run)

    # --- taking it elsewhere ------------------------------------------------------------------------------------------

    def to_frame(self, names: Sequence[str] | None = None) -> pd.DataFrame:
        """A pandas DataFrame with a row per run and quarter (and firm) and a column per name.

        Columns `run` (world id), `point`, `quarter` and, for series by firm, `firm` come first.

        Parameters
        ----------
        names : sequence of str, optional
            Series and outcomes, or series by firm, not both; all series and outcomes by default.
        """
        import pandas as pd  # noqa: PLC0415  (slow to import)

        chosen = list(self._by_quarter if names is None else names)
        columns = {name: self[name] for name in chosen}
        for name, labelled in columns.items():
            if labelled.dims not in _FRAMED:
                raise ResultsError(f"to_frame: {name} has the dimensions {labelled.dims}; take it as results[{name!r}]")
        by_firm = {name for name in chosen if "firm" in columns[name].dims}
        if by_firm and len(by_firm) < len(chosen):
            raise ResultsError(f"to_frame: {sorted(by_firm)} are by firm and the others are not; ask for them apart")
        axes: list[Sequence[Any]] = [range(self.runs), self.quarters, *([self.firms] if by_firm else [])]
        places = np.indices([len(axis) for axis in axes]).reshape(len(axes), -1)
        frame = {"run": self.world[places[0]], "point": self.point[places[0]]}
        for name, axis, place in zip(("quarter", "firm"), axes[1:], places[1:], strict=False):
            frame[name] = np.asarray(axis, dtype=object)[place]
        return pd.DataFrame(frame | {name: labelled.values.ravel() for name, labelled in columns.items()})

    # --- going on -----------------------------------------------------------------------------------------------------

    def branch(self, at: str, scenario: Scenario | str, until: str | None = None) -> Results:
        """The same worlds under another scenario from a quarter on: the past of these, then the branch.

        A branch with unchanged rules continues bit for bit. With a checkpoint (`abm.simulate(checkpoints=...)`) before
        the quarter the runs go on from there; without one the past is run again, once. Loaded results run again if
        their manifest names a built-in scenario, or after `with_scenario`.

        Parameters
        ----------
        at : str
            First quarter under the new law, such as "2027Q1".
        scenario : Scenario or str
            What goes on; the name of a built-in one takes over parameters and mechanisms of these runs.
        until : str, optional
            Last quarter; the end of the record by default.

        Raises
        ------
        ScenarioError
            A quarter out of range, or a scenario that would need another past (other rules, agents, firms, draws).
        """
        found: Results = continuing().branch(self, at, scenario, until)
        return found

    def with_scenario(self, scenario: Scenario) -> Results:
        """Loaded results with the scenario that made them, so that they can branch; one that differs is refused."""
        return replace(self, lineage=continuing().same_scenario(self, scenario))

    def up_to(self, quarter: str) -> Results:
        """The same results without the quarters after this one."""
        stop = horizon_step(quarter, len(self.quarters)) + 1
        panels = {name: panel.up_to(stop) for name, panel in self.added.items()}
        return replace(self, record=self.record[:, :stop], firm_record=self.firm_record[:, :stop], added=panels)

    # --- keeping ------------------------------------------------------------------------------------------------------

    def save(self, folder: str | Path) -> Path:
        """Write a folder of Parquet tables, a summary in CSV and a manifest; the folder is complete or absent.

        Raises
        ------
        ResultsError
            If the folder exists or cannot be written.
        """
        with new_folder(folder) as inside:
            write_results(inside, {entry.name: getattr(self, entry.name) for entry in fields(self)}, self._summary())
        return Path(folder)

    @classmethod
    def load(cls, folder: str | Path) -> Results:
        """Results as they were saved, bit for bit; opening changes nothing.

        Raises
        ------
        ResultsError
            If the folder is missing, broken or of another format.
        """
        return cls(**read_results(folder))

    def _summary(self) -> list[list[Any]]:
        """Median and 90 % interval of every series and outcome by quarter, a header first."""
        rows: list[list[Any]] = [["name", "unit", "quarter", "runs", "p05", "median", "p95"]]
        for name in self._by_quarter:
            labelled = self[name]
            for t, quarter in enumerate(self.quarters):
                found = spread(labelled.values[:, t])
                rows.append([name, labelled.unit, quarter, found.n, found.low, found.median, found.high])
        return rows


def horizon_step(horizon: int | str, quarters: int = QUARTERS) -> int:
    """Step of a horizon: a year means its fourth quarter (MODEL 9).

    Parameters
    ----------
    horizon : int or str
        2028, "2028" or "2028Q4".
    """
    label = str(horizon)
    try:
        step = quarter_index(label if "Q" in label else f"{label}Q4")
    except ValueError:
        raise ResultsError(f"horizon {horizon!r} is neither a year such as 2028 nor a quarter such as 2028Q4") from None
    if not 0 <= step < quarters:
        last = quarter_label(quarters - 1)
        raise ResultsError(f"horizon {horizon!r} lies outside the record, {quarter_label(0)} to {last}")
    return step
