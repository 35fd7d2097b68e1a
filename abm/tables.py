"""The data pack: sourced tables, loaded strictly.

Nothing is repaired, skipped or collected: the first cell that breaks its declaration (schema.py) stops the load with
one line that names file, row, key and the nearest valid name.
"""

import csv
import hashlib
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType

from abm.calendar import periods_of
from abm.schema import DATA, DataError, Schema, TableSchema, Value, complaint, load_schema, nearest

__all__ = ["DataError", "DataPack", "Row", "Table", "load_pack", "number", "observed_series", "text"]

type Row = Mapping[str, Value]


@dataclass(frozen=True)
class Table:
    """One table: read-only rows in file order, typed by the schema; an empty cell is None and means unknown.

    Columns of type number are float, of type integer int, all others str (dates and quarters too; several names stay
    one text, split by ``;``).
    """

    name: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.rows)

    def __iter__(self) -> Iterator[Row]:
        """Rows in file order."""
        return iter(self.rows)

    def column(self, key: str) -> list[Value]:
        """All entries of one column, in row order."""
        self._check_columns(key)
        return [row[key] for row in self.rows]

    def where(self, **equal: Value) -> "Table":
        """Table of the rows whose cells equal the given values; ``None`` selects empty cells.

        Raises
        ------
        DataError
            If a column does not exist.
        """
        self._check_columns(*equal)
        rows = tuple(row for row in self.rows if all(row[key] == value for key, value in equal.items()))
        return Table(self.name, self.columns, rows)

    def one(self, **equal: Value) -> Row:
        """The single row whose cells equal the given values.

        Raises
        ------
        DataError
            If there is no such row, or more than one.
        """
        found = self.where(**equal)
        if len(found) == 1:
            return found.rows[0]
        wanted = ", ".join(f"{key} = {value!r}" for key, value in equal.items())
        hint = ""
        for key, value in equal.items():
            known = {str(entry) for entry in self.column(key)}
            if not found and str(value) not in known:
                hint = nearest(str(value), known)
        raise DataError(f"{self.name}: {len(found) or 'no'} rows with {wanted}, one expected{hint}")

    def _check_columns(self, *keys: str) -> None:
        for key in keys:
            if key not in self.columns:
                raise DataError(f"{self.name}: column {key!r} is unknown{nearest(key, self.columns)}")


@dataclass(frozen=True)
class DataPack:
    """All tables of one pack.

    Attributes
    ----------
    firms_cset, observations_cset, supply_links_cset : Table
        Rows derived from CSET data (CC BY-NC 4.0); empty when loaded without them.
    checksum : str
        SHA-256 of the tables that were loaded, in hexadecimal digits; line endings do not count.
    """

    chips: Table
    demand_paths: Table
    die_families: Table
    firm_legal: Table
    firm_shares: Table
    firms: Table
    initial_2020q1: Table
    input_prices: Table
    observations: Table
    policy_timeline: Table
    sources: Table
    supply_links: Table
    vendor_banks: Table
    firms_cset: Table
    observations_cset: Table
    supply_links_cset: Table
    checksum: str

    @property
    def initial(self) -> Table:
        """State of the world at 2020Q1, with early path points and check rows."""
        return self.initial_2020q1

    @property
    def tables(self) -> tuple[Table, ...]:
        """Every table, in the order of the attributes."""
        return tuple(entry for name in fields(self) if isinstance(entry := getattr(self, name.name), Table))

    def citations(self, ids: str) -> tuple[str, ...]:
        """Citation, with address where known, of each source id in a source cell (``"S001;S014"``)."""
        found = [self.sources.one(source_id=name) for name in ids.split(";")]
        return tuple(f"{text(row, 'citation')}, {row['url']}" if row["url"] else text(row, "citation") for row in found)


def number(row: Row, key: str) -> float:
    """Number in a row.

    Raises
    ------
    DataError
        If the cell is empty (unknown is never zero), holds text, or the column does not exist.
    """
    if key not in row:
        raise DataError(f"column {key!r} is unknown{nearest(key, row)}")
    value = row[key]
    if not isinstance(value, int | float):
        raise DataError(f"{_describe(row)}: {key} is {'empty' if value is None else 'text'}, a number is needed")
    return value


def text(row: Row, key: str) -> str:
    """Text in a row.

    Raises
    ------
    DataError
        If the cell is empty, holds a number, or the column does not exist.
    """
    if key not in row:
        raise DataError(f"column {key!r} is unknown{nearest(key, row)}")
    value = row[key]
    if not isinstance(value, str):
        raise DataError(f"{_describe(row)}: {key} is {'empty' if value is None else 'a number'}, text is needed")
    return value


def observed_series(pack: DataPack, series_id: str) -> list[tuple[str, float, float | None, float | None]]:
    """One observed series, oldest period first, quarters before the half years and years that start with them.

    Returns
    -------
    list of (period, value, low, high)
        Periods such as ``"2024Q3"``, ``"2024H1"`` or ``"2024"`` (``abm.calendar.periods_of`` gives their quarters);
        value, low and high in the unit of the series; low or high is None where the source gives no range.

    Raises
    ------
    DataError
        If the series is unknown.
    """
    both = (pack.observations, pack.observations_cset)
    rows = [row for table in both for row in table.where(series_id=series_id)]
    if not rows:
        known = {str(name) for table in both for name in table.column("series_id")}
        raise DataError(f"observations: series {series_id!r} is unknown{nearest(series_id, known)}")
    rows.sort(key=lambda row: (periods_of(text(row, "period"))[0], len(periods_of(text(row, "period")))))
    return [(text(row, "period"), number(row, "value"), _bound(row, "low"), _bound(row, "high")) for row in rows]


def load_pack(folder: Path | None = None, cset: bool = True) -> DataPack:
    """Read and check all tables of a data pack.

    Parameters
    ----------
    folder : Path, optional
        Folder of the tables; the pack that ships with the model by default.
    cset : bool
        Whether to read the tables derived from CSET data (CC BY-NC 4.0) in the folder ``cset``.  Without them, or
        when they are absent, those tables are empty and nothing else changes.

    Raises
    ------
    DataError
        At the first breach: a missing file; an unknown, missing or repeated column; a row too long or too short; an
        empty required cell; a blank or unknown unit; a number out of range, infinite or no number; low, mid and high
        out of order; a repeated key; a name that the table it refers to does not have.
    """
    folder = DATA if folder is None else Path(folder)
    schema = load_schema()
    digest = hashlib.sha256()
    tables: dict[str, Table] = {}
    lines: dict[str, list[int]] = {}
    for name, declared in schema.tables.items():
        path = folder / declared.file
        if declared.optional and not (cset and path.is_file()):
            tables[name], lines[name] = Table(name, tuple(declared.columns), ()), []
            continue
        content = _content(path, declared)
        digest.update(f"{name}\0{content}\0".encode())
        tables[name], lines[name] = _parse(content, declared, schema)
    for name, declared in schema.tables.items():
        _check_references(tables, lines[name], declared)
    return DataPack(**tables, checksum=digest.hexdigest())


def _content(path: Path, declared: TableSchema) -> str:
    if not path.is_file():
        present = [file.name for file in path.parent.glob("*.csv")]
        raise complaint(str(path.parent), None, "", f"file {path.name} is missing{nearest(path.name, present)}")
    try:
        return path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise complaint(declared.file, None, "", f"is not UTF-8 text (byte {error.start})") from None


def _parse(content: str, declared: TableSchema, schema: Schema) -> tuple[Table, list[int]]:
    """Rows of one table, and the line of the file each ends on."""
    reader = csv.reader(io.StringIO(content, newline=""), strict=True)
    rows: list[Row] = []
    lines: list[int] = []
    seen: dict[tuple[str, ...], int] = {}
    header: list[str] | None = None
    try:
        for cells in reader:
            if header is None:
                header = cells
                _check_header(header, declared)
                continue
            if len(cells) != len(header):
                problem = f"{len(cells)} cells where the header has {len(header)}"
                raise complaint(declared.file, reader.line_num, cells[0] if cells else "", problem)
            raw = dict(zip(header, cells, strict=True))
            rows.append(_read_row(raw, reader.line_num, declared, schema))
            lines.append(reader.line_num)
            key = tuple(raw[name] for name in declared.key)
            if key in seen:
                raise complaint(declared.file, reader.line_num, " ".join(key), f"repeats the key of row {seen[key]}")
            seen[key] = reader.line_num
    except csv.Error as error:
        raise complaint(declared.file, reader.line_num, "", f"is not well-formed CSV: {error}") from None
    if header is None:
        raise complaint(declared.file, None, "", "has no header")
    return Table(declared.name, tuple(declared.columns), tuple(rows)), lines


def _check_header(header: list[str], declared: TableSchema) -> None:
    for position, name in enumerate(header):
        if name not in declared.columns:
            raise complaint(declared.file, 1, "header", f"column {name!r} is unknown{nearest(name, declared.columns)}")
        if name in header[:position]:
            raise complaint(declared.file, 1, "header", f"column {name!r} occurs twice")
    for name in declared.columns:
        if name not in header:
            raise complaint(declared.file, 1, "header", f"column {name!r} is missing")


def _read_row(raw: Mapping[str, str], line: int, declared: TableSchema, schema: Schema) -> Row:
    place = (declared.file, line, " ".join(raw[name] for name in declared.key if raw[name]))
    row: dict[str, Value] = {}
    for name, column in declared.columns.items():
        unit = raw[column.unit[1:]] if column.unit.startswith("=") else column.unit
        try:
            row[name] = column.read(raw[name], schema.units, unit)
        except ValueError as error:
            raise complaint(*place, str(error)) from None
        if column.needs and raw[name] and not raw[column.needs]:
            raise complaint(*place, f"{name} is given but {column.needs} is empty")
    for names in declared.ordered:
        filled = [(name, value) for name in names if (value := row[name]) is not None]
        for (left, a), (right, b) in pairwise(filled):
            if _exceeds(a, b):
                raise complaint(*place, f"{left} {a} exceeds {right} {b}")
    return MappingProxyType(row)


def _check_references(tables: Mapping[str, Table], lines: list[int], declared: TableSchema) -> None:
    table = tables[declared.name]
    for column in declared.columns.values():
        if not column.refers:
            continue
        target, _, of = column.refers.partition(".")
        known = {str(entry) for entry in tables[target].column(of)} | set(column.also)
        for row, line in zip(table, lines, strict=True):
            cell = row[column.name]
            for name in str(cell).split(";") if cell is not None else ():
                if name not in known:
                    key = " ".join(str(row[part]) for part in declared.key if row[part] is not None)
                    problem = f"{column.name} {name!r} is not in {target}.csv{nearest(name, known)}"
                    raise complaint(declared.file, line, key, problem)


def _exceeds(a: Value, b: Value) -> bool:
    """Whether the first of two numbers, or of two dates or quarters written as text, is the larger."""
    if isinstance(a, str) and isinstance(b, str):
        return a > b
    return isinstance(a, int | float) and isinstance(b, int | float) and a > b


def _bound(row: Row, key: str) -> float | None:
    return None if row[key] is None else number(row, key)


def _describe(row: Row) -> str:
    return " ".join(str(value) for value in list(row.values())[:2] if value is not None)
