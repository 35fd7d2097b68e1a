"""What the data pack may contain: every table, column, unit and vocabulary, read from data/schema.toml and columns.csv.

A column states its type, unit, range, allowed names and meaning in one row of ``columns.csv``; loader, documentation
and tests read that row and nothing else.
"""

import csv
import difflib
import math
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from abm.calendar import as_date, periods_of, quarter_index

DATA = Path(__file__).parent / "data"

type Value = str | float | int | None

_NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?")
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*( suppliers)?")
_URL = re.compile(r"https?://[^\s]+")


class DataError(ValueError):
    """A table of the data pack breaks its declaration: one line with file, row, key and nearest valid name."""


def complaint(file: str, row: int | None, key: str, problem: str) -> DataError:
    """DataError whose single line names the file, the row (line of the file), the key of the row and the problem."""
    place = ", ".join(part for part in (file, f"row {row}" if row is not None else "", key) if part)
    return DataError(" ".join(f"{place}: {problem}".split()))


def nearest(name: str, valid: Iterable[str]) -> str:
    """Remark that names the valid name most like a wrong one, empty if there is none."""
    match = difflib.get_close_matches(name, sorted(valid), n=1, cutoff=0.0)
    return f"; nearest valid name: {match[0]!r}" if match else ""


@dataclass(frozen=True, slots=True)
class Column:
    """Declaration of one column.

    Attributes
    ----------
    unit : str
        Unit of a number; ``"=unit"`` means the row's own cell in column ``unit``.
    low, high : float or None
        Allowed range; None leaves it to the unit.
    values : tuple of str
        Allowed texts, empty for any.
    refers : str
        ``"table.column"`` whose entries are the allowed names; ``also`` lists names allowed beyond those.
    needs : str
        Column that must be filled wherever this one is.
    """

    table: str
    name: str
    type: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    required: bool = False
    values: tuple[str, ...] = ()
    refers: str = ""
    also: tuple[str, ...] = ()
    needs: str = ""
    meaning: str = ""

    def read(self, text: str, units: Mapping[str, tuple[float, float]], unit: str) -> Value:
        """Value of one cell.

        Parameters
        ----------
        text : str
            The cell; empty means unknown.
        units : mapping of str to (low, high)
            All declared units with their ranges.
        unit : str
            Unit of this cell, used when the column is a number.

        Raises
        ------
        ValueError
            With the problem in words, for the loader to place.
        """
        if text == "":
            if self.required:
                raise ValueError(f"{self.name} is empty but required")
            return None
        if text != text.strip():
            raise ValueError(f"{self.name} {text!r} has spaces around it")
        try:
            value = _READERS[self.type](text)
        except ValueError as error:
            raise ValueError(f"{self.name} {error}") from None
        if self.values and text not in self.values:
            raise ValueError(f"{self.name} {text!r} is not allowed{nearest(text, self.values)}")
        if self.type == "unit" and text not in units:
            raise ValueError(f"{self.name} {text!r} is unknown{nearest(text, units)}")
        if isinstance(value, int | float):
            self._check_range(value, units, unit)
        return value

    def _check_range(self, value: float, units: Mapping[str, tuple[float, float]], unit: str) -> None:
        if unit not in units:
            raise ValueError(f"unit {unit!r} is unknown{nearest(unit, units)}" if unit else f"{self.name} has no unit")
        low = units[unit][0] if self.low is None else self.low
        high = units[unit][1] if self.high is None else self.high
        if not low <= value <= high:
            raise ValueError(f"{self.name} {value:g} lies outside {low:g} to {high:g} {unit}")


@dataclass(frozen=True)
class TableSchema:
    """Declaration of one table: key columns, columns in order, columns that must not decrease along a row."""

    name: str
    key: tuple[str, ...]
    columns: Mapping[str, Column]
    ordered: tuple[tuple[str, ...], ...] = ()
    folder: str = ""
    optional: bool = False

    @property
    def file(self) -> str:
        """File name relative to the folder of the pack."""
        return f"{self.folder}/{self.name}.csv" if self.folder else f"{self.name}.csv"


@dataclass(frozen=True)
class Schema:
    """All tables by name and all units with their ranges."""

    tables: Mapping[str, TableSchema]
    units: Mapping[str, tuple[float, float]] = field(default_factory=dict)


@cache
def load_schema() -> Schema:
    """Declarations of the pack that ships with the model.

    Raises
    ------
    DataError
        If a declaration contradicts itself: unknown type, undeclared unit or vocabulary, a number without a unit.
    """
    declared = tomllib.loads((DATA / "schema.toml").read_text(encoding="utf-8"))
    units = {name: (float(group["low"]), float(group["high"])) for group in declared["unit"] for name in group["names"]}
    columns = _read_columns(declared["vocabulary"], units)
    tables: dict[str, TableSchema] = {}
    for name, entry in declared["table"].items():
        base = tables.get(entry.get("columns_of", ""))
        tables[name] = TableSchema(
            name=name,
            key=tuple(entry["key"]) if "key" in entry else base.key if base else (),
            columns={**(base.columns if base else {}), **columns.get(name, {})},
            ordered=tuple(tuple(names) for names in entry.get("ordered", base.ordered if base else ())),
            folder=entry.get("folder", ""),
            optional=entry.get("optional", False),
        )
    for table in tables.values():
        _check_declaration(table, tables)
    return Schema(tables, units)


def _read_columns(
    vocabulary: Mapping[str, Any], units: Mapping[str, tuple[float, float]]
) -> dict[str, dict[str, Column]]:
    columns: dict[str, dict[str, Column]] = {}
    with (DATA / "columns.csv").open(encoding="utf-8", newline="") as stream:
        for line, row in enumerate(csv.DictReader(stream), start=2):
            place = ("columns.csv", line, f"{row['table']}.{row['column']}")
            if row["type"] not in _READERS:
                raise complaint(*place, f"type {row['type']!r} is unknown{nearest(row['type'], _READERS)}")
            if row["type"] in {"number", "integer"} and row["unit"] not in units and not row["unit"].startswith("="):
                raise complaint(*place, f"unit {row['unit']!r} is not declared{nearest(row['unit'], units)}")
            for name in (row["values"], row["also"]):
                if name and name not in vocabulary:
                    raise complaint(*place, f"vocabulary {name!r} is not declared{nearest(name, vocabulary)}")
            columns.setdefault(row["table"], {})[row["column"]] = Column(
                table=row["table"],
                name=row["column"],
                type=row["type"],
                unit=row["unit"],
                low=float(row["low"]) if row["low"] else None,
                high=float(row["high"]) if row["high"] else None,
                required=row["required"] == "yes",
                values=tuple(vocabulary.get(row["values"], ())),
                refers=row["refers"],
                also=tuple(vocabulary.get(row["also"], ())),
                needs=row["needs"],
                meaning=row["meaning"],
            )
    return columns


def _check_declaration(table: TableSchema, tables: Mapping[str, TableSchema]) -> None:
    """Every column named by a key, an order, a unit, a reference or a need exists."""
    named = [*table.key, *(name for names in table.ordered for name in names)]
    for column in table.columns.values():
        named += [column.needs] if column.needs else []
        named += [column.unit[1:]] if column.unit.startswith("=") else []
        target, _, of = column.refers.partition(".")
        if column.refers and of not in tables[target].columns:
            raise complaint("columns.csv", None, f"{table.name}.{column.name}", f"refers to unknown {column.refers}")
    for name in named:
        if name not in table.columns:
            problem = f"column {name!r} is unknown{nearest(name, table.columns)}"
            raise complaint("schema.toml", None, table.name, problem)


def _number(text: str) -> float:
    value = float(text) if _NUMBER.fullmatch(text) else math.nan
    if not math.isfinite(value):
        raise ValueError(f"{text!r} is not a finite number")
    return value


def _integer(text: str) -> int:
    if not re.fullmatch(r"[-+]?\d+", text):
        raise ValueError(f"{text!r} is not a whole number")
    return int(text)


def _name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise ValueError(f"{text!r} is not an identifier")
    return text


def _names(text: str) -> str:
    for part in text.split(";"):
        _name(part)
    return text


def _date(text: str) -> str:
    as_date(text)
    return text


def _quarter(text: str) -> str:
    quarter_index(text)
    return text


def _period(text: str) -> str:
    periods_of(text)
    return text


def _url(text: str) -> str:
    if not _URL.fullmatch(text):
        raise ValueError(f"{text!r} is not a web address")
    return text


_READERS: Mapping[str, Callable[[str], Value]] = {
    "text": str,
    "unit": str,
    "name": _name,
    "names": _names,
    "number": _number,
    "integer": _integer,
    "date": _date,
    "quarter": _quarter,
    "period": _period,
    "url": _url,
}
