"""A user's table of observations, read strictly: the first row that cannot be used stops it with one line."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isfinite, isnan
from pathlib import Path

from abm.calendar import periods_of
from abm.operators import OPERATORS, known_facts, silent
from abm.schema import DataError, complaint, nearest
from experiments.validation.units import factor, spellings

NEEDED = ("series_id", "unit", "period", "value")
COLUMNS = (
    "series_id", "entity", "metric", "unit", "period", "value", "low", "high", "source", "confidence", "provenance",
    "role", "note",
)  # fmt: skip
"""Columns of observations.csv; a table may leave out all but those that are needed."""
_NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?")


@dataclass(frozen=True)
class Observation:
    """One observed value, in the unit of the series' operator.

    Attributes
    ----------
    row : line of the file; 0 for a row of the shipped data.
    low, high : the source's own range, None where it gives none.
    """

    row: int
    series_id: str
    period: str
    value: float
    low: float | None
    high: float | None

    @property
    def span(self) -> tuple[int, ...]:
        """Quarters of the period."""
        return periods_of(self.period)

    @property
    def name(self) -> str:
        """Series and period."""
        return f"{self.series_id} {self.period}"


@dataclass(frozen=True)
class Observations:
    """A table of observations.

    Attributes
    ----------
    file : what it was read from.
    rows : observations of series that the model measures, in file order.
    silent : why the model does not speak about the other series, by series id.
    """

    file: str
    rows: tuple[Observation, ...]
    silent: Mapping[str, str]


@dataclass(frozen=True)
class _Row:
    """Cells of one line that holds something, by column."""

    file: str
    line: int
    cells: Mapping[str, str]

    @property
    def series_id(self) -> str:
        return self.cells["series_id"]

    def fault(self, key: str, problem: str) -> DataError:
        about = ", ".join(part for part in (self.series_id, f"key {key!r}") if part)
        return complaint(self.file, self.line, about, problem)

    def number(self, key: str) -> float | None:
        cell = self.cells.get(key, "")
        if not cell:
            return None
        if not _NUMBER.fullmatch(cell) or not isfinite(float(cell)):
            raise self.fault(key, f"{cell!r} is not a number; write it such as 1250.5, without separators or units")
        return float(cell)


def read_observations(path: Path | str) -> Observations:
    """Read a table with the columns of observations.csv, or with `NEEDED` and perhaps low and high alone.

    Raises
    ------
    DataError
        One line with file, row, series, key and cure: no such file, nothing in it, a column that is missing or unknown,
        an empty or broken cell, a unit that does not convert, a series and period that occur twice, low above high, or
        no series that is known at all.
    """
    file = Path(path)
    rows = list(_rows(file.name, _content(file)))
    if not rows:
        raise complaint(file.name, None, "", "has no row of observations; add at least one below the header")
    found: dict[tuple[str, str], int] = {}
    kept: list[Observation] = []
    unspoken: dict[str, str] = {}
    for row in rows:
        one = _observation(row)
        first = found.setdefault((one.series_id, one.period), one.row)
        if first != one.row:
            raise row.fault("period", f"{one.period} repeats the series and period of row {first}; keep one of the two")
        if one.series_id in OPERATORS:
            kept.append(one)
        else:
            unspoken[one.series_id] = _why(one.series_id)
    if not kept and not any(series_id in silent() for series_id in unspoken):
        first_row = rows[0]
        known = nearest(first_row.series_id, (*OPERATORS, *silent()))
        raise first_row.fault(
            "series_id", f"no series of the file is known{known}; names stand in docs/observations.md"
        )
    return Observations(file.name, tuple(kept), unspoken)


def shipped_observations(first: int, last: int) -> Observations:
    """Facts of the shipped data whose period lies from one quarter to another, all series that the model measures."""
    rows = [
        Observation(0, name, period, value, *(None if isnan(bound) else bound for bound in bounds))
        for name in OPERATORS
        for period, (value, *bounds) in known_facts(name).items()
        if first <= periods_of(period)[0] and periods_of(period)[-1] <= last
    ]
    return Observations("observations.csv", tuple(rows), {})


def _content(file: Path) -> str:
    if not file.is_file():
        problem = "is a folder" if file.is_dir() else "no such file"
        raise complaint(str(file), None, "", f"{problem}; give a CSV file with the columns {', '.join(NEEDED)}")
    try:
        return file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise complaint(file.name, None, "", f"is not UTF-8 text (byte {error.start}); save it as UTF-8") from None


def _rows(name: str, content: str) -> Iterator[_Row]:
    """Lines that hold something, below a header that is checked."""
    reader = csv.reader(io.StringIO(content, newline=""), strict=True)
    header: list[str] | None = None
    try:
        for raw in reader:
            cells = [cell.strip() for cell in raw]
            if not any(cells):
                continue
            if header is None:
                header = cells
                _check_header(name, reader.line_num, header)
                continue
            if len(cells) != len(header):
                problem = f"{len(cells)} cells where the header has {len(header)}; quote cells that hold a comma"
                raise complaint(name, reader.line_num, cells[0], problem)
            yield _Row(name, reader.line_num, dict(zip(header, cells, strict=True)))
    except csv.Error as error:
        raise complaint(name, reader.line_num, "", f"is not well-formed CSV: {error}") from None
    if header is None:
        raise complaint(name, None, "", f"is empty; its first line must name the columns {', '.join(NEEDED)}")


def _check_header(name: str, line: int, header: list[str]) -> None:
    for place, column in enumerate(header):
        if column not in COLUMNS:
            raise complaint(name, line, "header", f"column {column!r} is unknown{nearest(column, COLUMNS)}")
        if column in header[:place]:
            raise complaint(name, line, "header", f"column {column!r} occurs twice; remove one")
    for column in NEEDED:
        if column not in header:
            needed = ", ".join(NEEDED)
            raise complaint(name, line, "header", f"column {column!r} is missing; a table needs {needed}")


def _observation(row: _Row) -> Observation:
    """One row, checked and brought to the unit of the series' operator."""
    for key in NEEDED:
        if not row.cells[key]:
            raise row.fault(key, "is empty; fill it or remove the row")
    try:
        periods_of(row.cells["period"])
    except ValueError as error:
        raise row.fault("period", str(error)) from None
    low, value, high = (row.number(key) for key in ("low", "value", "high"))
    assert value is not None
    for left, a, right, b in (
        ("low", low, "value", value),
        ("value", value, "high", high),
        ("low", low, "high", high),
    ):
        if a is not None and b is not None and a > b:
            raise row.fault(left, f"{left} {a:g} exceeds {right} {b:g}; a range goes from low to high around the value")
    by = _unit_factor(row)
    found = Observation(row.line, row.series_id, row.cells["period"], value * by, *(_times(x, by) for x in (low, high)))
    _check_share(row, found)
    return found


def _times(bound: float | None, by: float) -> float | None:
    return None if bound is None else bound * by


def _unit_factor(row: _Row) -> float:
    """From the row's unit to the operator's; series without an operator keep theirs."""
    operator = OPERATORS.get(row.series_id)
    unit = row.cells["unit"]
    if operator is None or unit == operator.unit:
        return 1.0
    found = factor(unit, operator.unit)
    if found is None:
        known = ", ".join(spellings(operator.unit))
        raise row.fault("unit", f"{unit!r} is not the unit of the series, {operator.unit!r}; known are {known}")
    return found


def _check_share(row: _Row, one: Observation) -> None:
    operator = OPERATORS.get(one.series_id)
    if operator is not None and operator.unit == "percent" and not 0.0 <= one.value <= 100.0:
        raise row.fault("value", f"{one.value:g} percent lies outside 0 to 100; check the unit")


def _why(series_id: str) -> str:
    """Why the model does not speak about a series."""
    if series_id in silent():
        return silent()[series_id]
    return f"unknown series id{nearest(series_id, (*OPERATORS, *silent())).replace('nearest valid name', 'nearest')}"
