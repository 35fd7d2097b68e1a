"""What a study found: numbers, the worlds in which its claim holds, and the data of its figure.

A study measures first and writes its findings; figures are drawn from what was written, so that plotting never
simulates and a figure can be drawn again from its data alone.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from abm.intervals import LEVEL, independent_groups, resamples
from abm.results import Results
from experiments.products import write_csv, write_json

type Floats = NDArray[np.float64]
type Integers = NDArray[np.int64]
type Bools = NDArray[np.bool_]
type Columns = dict[str, Sequence[Any] | NDArray[Any]]
"""A table: columns of numbers or texts, all of one length."""

DATA = "data"
FINDINGS = "findings.json"


@dataclass(frozen=True)
class Number:
    """One number of a study.

    Attributes
    ----------
    name, label, unit : short name for files; words for readers; unit, empty for counts and shares from 0 to 1.
    value : the number itself.
    low, high : 90 % interval, NaN if there is none; `interval` says of what.
    n : worlds (or whatever the study counts) behind it.
    error : standard error of `value` between samples of parameter points, 0 for what has no chance in it.
    """

    name: str
    label: str
    unit: str
    value: float
    low: float = float("nan")
    high: float = float("nan")
    n: int = 0
    error: float = 0.0
    interval: str = ""

    @property
    def text(self) -> str:
        """Value with unit and interval, for readers."""
        shown = f"{_short(self.value)}{'' if not self.unit else f' {self.unit}'}"
        if np.isnan(self.low) or np.isnan(self.high):
            return shown
        return f"{shown} ({_short(self.low)} to {_short(self.high)})"


def _short(value: float) -> str:
    if np.isnan(value):
        return "not defined"
    return f"{value:,.0f}" if abs(value) >= 1000.0 else f"{value:.3g}"


@dataclass(frozen=True, eq=False)
class Worlds:
    """In which worlds the claim holds.

    Attributes
    ----------
    holds : (world,)
        Whether the world shows what is claimed.
    known : (world,)
        Worlds in which that can be said: no run failed and what is compared is defined.
    point : (world,)
        Independent group of each world, which intervals resample.
    parameters : mapping of str to (world,)
    """

    holds: Bools
    known: Bools
    point: Integers
    parameters: Mapping[str, Floats]


@dataclass(frozen=True, eq=False)
class Findings:
    """What a study measured under one belief about the parameters.

    Attributes
    ----------
    numbers : the numbers that are compared with what was recorded, and that the verdict's rule may use.
    tables : data of the figure, and the table that the report prints under the name "table".
    worlds : where the claim is a statement about worlds; None where the verdict rests on numbers.
    notes : sentences for the reader that follow from the numbers.
    """

    numbers: tuple[Number, ...]
    tables: Mapping[str, Columns]
    worlds: Worlds | None = None
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        names = [one.name for one in self.numbers]
        if len(set(names)) < len(names):
            raise ValueError(f"two numbers of one name: {sorted(names)}")
        for name, table in self.tables.items():
            if len({len(column) for column in table.values()}) > 1:
                raise ValueError(f"table {name!r} has columns of different lengths")


# --- from worlds to numbers -------------------------------------------------------------------------------------------


def worlds_of(results: Results, holds: Bools, known: Bools | None = None) -> Worlds:
    """Worlds of a run in which a claim holds; runs that failed are unknown."""
    usable = results.ok if known is None else results.ok & known
    groups = independent_groups(results.point, results.world, dict(results.parameters))
    return Worlds(np.asarray(holds, dtype=np.bool_), usable, groups, dict(results.parameters))


def median_of(name: str, label: str, unit: str, values: Floats, points: Integers) -> Number:
    """Median over worlds with 90 % of worlds, and the standard error of the median over parameter points.

    Parameters
    ----------
    values : (world,), NaN where a world has none.
    points : (world,), independent groups.
    """
    known = np.isfinite(values)
    if not known.any():
        return Number(name, label, unit, float("nan"), n=0)
    tail = (1.0 - LEVEL) / 2.0
    low, middle, high = np.quantile(values[known], [tail, 0.5, 1.0 - tail])
    error = _error_of_median(values[known], points[known])
    return Number(
        name,
        label,
        unit,
        float(middle),
        float(low),
        float(high),
        int(known.sum()),
        error,
        f"{100 * LEVEL:.0f} % of worlds",
    )


def on_grid(number: Number, step: float) -> Number:
    """A median of values from a grid: its error is at least half a step, however often one of them recurs."""
    return replace(number, error=max(number.error, step / 2.0))


def _error_of_median(values: Floats, points: Integers) -> float:
    """Standard deviation of the median over resampled points (bootstrap of whole clusters)."""
    _, place = np.unique(points, return_inverse=True)
    order = np.argsort(values, kind="stable")
    ranked, cluster = values[order], place[order]
    found = []
    for weight in resamples(int(place.max()) + 1):
        total = np.cumsum(weight[:, cluster], axis=1)
        at = np.argmax(total >= total[:, -1:] / 2.0, axis=1)
        found.append(ranked[at])
    return float(np.std(np.concatenate(found)))


def share_of(name: str, label: str, holds: Bools, points: Integers, known: Bools | None = None) -> Number:
    """Share of worlds in which something holds, with a 90 % interval over points."""
    from abm.intervals import cluster_shares  # noqa: PLC0415

    used = np.ones(holds.shape, dtype=np.bool_) if known is None else known
    if not used.any():
        return Number(name, label, "", float("nan"), n=0)
    shares = cluster_shares(holds[used].astype(np.int64), points[used], 2)
    low, high = float(shares.low[1]), float(shares.high[1])
    error = (high - low) / (2.0 * 1.645)
    return Number(
        name, label, "", float(shares.probability[1]), low, high, int(used.sum()), error, "90 % over parameter points"
    )


# --- on disk ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Shown:
    """Findings as they were written: what a figure is drawn from and a report is made of.

    Attributes
    ----------
    numbers : mapping of str to Number
    tables : mapping of str to mapping of str to array; columns of numbers are float arrays, others lists of str.
    facts : what made them (worlds, seed, beliefs …).
    """

    numbers: Mapping[str, Number]
    tables: Mapping[str, Mapping[str, Any]]
    notes: tuple[str, ...]
    facts: Mapping[str, Any] = field(default_factory=dict)

    def value(self, name: str) -> float:
        """One number's value."""
        return self.numbers[name].value


def write_findings(folder: Path, findings: Findings, facts: Mapping[str, Any]) -> None:
    """Write `findings.json` and the tables as CSV."""
    for name, table in findings.tables.items():
        columns = list(table)
        rows = [dict(zip(columns, row, strict=True)) for row in zip(*table.values(), strict=True)]
        write_csv(folder / DATA / f"{name}.csv", rows or [dict.fromkeys(columns, "")])
    numbers = [asdict(one) for one in findings.numbers]
    told = {"numbers": numbers, "tables": list(findings.tables), "notes": findings.notes, "facts": facts}
    write_json(folder / FINDINGS, told)


def read_findings(folder: Path) -> Shown:
    """Read what `write_findings` wrote."""
    told = json.loads((folder / FINDINGS).read_text(encoding="utf-8"))
    numbers = {one["name"]: Number(**{key: _known(value) for key, value in one.items()}) for one in told["numbers"]}
    tables = {name: _read_table(folder / DATA / f"{name}.csv") for name in told["tables"]}
    return Shown(numbers, tables, tuple(told["notes"]), told["facts"])


def _known(value: Any) -> Any:
    return float("nan") if value is None else value


def _read_table(path: Path) -> dict[str, Any]:
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {name: _column([row[name] for row in rows]) for name in (rows[0] if rows else {})}


def _column(cells: list[str]) -> Any:
    try:
        return np.asarray([float(cell) if cell else np.nan for cell in cells])
    except ValueError:
        return cells
