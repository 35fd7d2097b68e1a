"""Results on disk: Parquet tables and a manifest in a folder that is complete or absent.

A folder is written beside its place under a hidden name and renamed at the end, so a killed save leaves no half
folder.  Writing refuses a place that is taken; reading never changes or deletes anything.
"""

import csv
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from abm.calendar import quarter_label
from abm.labelled import Panel
from abm.schema import nearest
from abm.series import FIRM_SERIES, SERIES, Series

type Floats = NDArray[np.float64]

FORMAT = 1
MANIFEST = "manifest.json"
SERIES_FILE = "series.parquet"
FIRMS_FILE = "firms.parquet"
WORLDS_FILE = "worlds.parquet"
SUMMARY_FILE = "summary.csv"
LEVERAGE_FILE = "leverage.parquet"
_RUNS_AT_ONCE = 512
_WORLD_COLUMNS = ("world", "failed_quarter", "failed_law")


class ResultsError(ValueError):
    """Results that cannot be built, saved or opened; one line that names the folder or file and the fault."""


@contextmanager
def new_folder(target: str | Path) -> Iterator[Path]:
    """Give an empty hidden folder beside the target, which takes the target's name when the block ends well.

    Raises
    ------
    ResultsError
        If the target exists, before or at the end, or its parent cannot be written.
    """
    place = Path(target).absolute()
    _refuse_taken(place)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        hidden = Path(tempfile.mkdtemp(prefix=f".{place.name}.", dir=place.parent))
    except OSError as error:
        raise ResultsError(f"{place}: cannot be written: {error.strerror}; choose another folder") from None
    try:
        inside = hidden / "content"
        inside.mkdir()
        yield inside
        _refuse_taken(place)
        inside.rename(place)
    finally:
        shutil.rmtree(hidden, ignore_errors=True)


def _refuse_taken(place: Path) -> None:
    if place.is_symlink() or place.exists():
        raise ResultsError(f"{place}: exists already; choose another folder or remove it yourself")


def write_results(folder: Path, content: Mapping[str, Any], summary: Sequence[Sequence[Any]]) -> None:
    """Write the fields of results (see `abm.results.Results`) into an empty folder.

    `summary` has one row per line of summary.csv, its header first.
    """
    import pyarrow as pa  # noqa: PLC0415  (slow to import, needed only here)
    from pyarrow import parquet  # noqa: PLC0415

    record, firm_record, world = content["record"], content["firm_record"], content["world"]
    labels = [quarter_label(t) for t in range(record.shape[1])]
    worlds = {name: content[name] for name in _WORLD_COLUMNS}
    worlds |= {f"parameter.{name}": values for name, values in content["parameters"].items()}
    parquet.write_table(pa.table(worlds), folder / WORLDS_FILE, use_dictionary=False)
    _write_panel(folder / SERIES_FILE, SERIES, record, {"quarter": labels}, world)
    _write_panel(folder / FIRMS_FILE, FIRM_SERIES, firm_record, {"quarter": labels, "firm": content["firms"]}, world)
    for name, panel in content["added"].items():
        _write_panel(folder / _added_file(name), [Series(name, "", "")], panel.values[None], panel.axes, world)
    with (folder / SUMMARY_FILE).open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(summary)
    description = {
        "format": FORMAT,
        **{name: content[name] for name in ("scenario", "seed", "replications")},
        "runs": len(world),
        "quarters": labels,
        "firms": list(content["firms"]),
        "designs": list(content["designs"]),
        "parameters": list(content["parameters"]),
        "series": [{"name": s.name, "unit": s.unit, "meaning": s.meaning} for s in SERIES],
        "firm_series": [{"name": s.name, "unit": s.unit, "meaning": s.meaning} for s in FIRM_SERIES],
        "added": [
            {
                "name": name,
                "unit": one.unit,
                "meaning": one.meaning,
                "axes": {dim: list(one.axes[dim]) for dim in one.axes},
            }
            for name, one in content["added"].items()
        ],
        "made_by": content["manifest"],
    }
    try:
        document = json.dumps(description, indent=2, ensure_ascii=False)
    except TypeError as error:
        raise ResultsError(f"{MANIFEST}: the manifest must be plain values: {error}") from None
    (folder / MANIFEST).write_text(document + "\n", encoding="utf-8")


def _write_panel(
    path: Path, series: Sequence[Series], values: Floats, axes: Mapping[str, Sequence[str]], world: NDArray[np.int64]
) -> None:
    """One row per run and place on the axes, one column per series; a block of runs at a time bounds memory."""
    import pyarrow as pa  # noqa: PLC0415
    from pyarrow import parquet  # noqa: PLC0415

    sizes = [len(labels) for labels in axes.values()]
    cells = int(np.prod(sizes))
    places = np.indices(sizes).reshape(len(sizes), cells)
    fields = [("world", pa.int64()), *((name, pa.string()) for name in axes), *((s.name, pa.float64()) for s in series)]
    options = {"use_dictionary": list(axes), "compression": "zstd"}  # never for numbers: it merges 0.0 and -0.0
    with parquet.ParquetWriter(path, pa.schema(fields), **options) as writer:
        for start in range(0, len(world), _RUNS_AT_ONCE):
            block = world[start : start + _RUNS_AT_ONCE]
            columns: list[Any] = [np.repeat(block, cells)]
            for labels, place in zip(axes.values(), places, strict=True):
                columns.append(np.tile(np.asarray(labels, dtype=object)[place], len(block)))
            for i in range(len(series)):
                columns.append(np.moveaxis(values[i, ..., start : start + len(block)], -1, 0).ravel())
            arrays = [pa.array(column, type=kind) for column, (_, kind) in zip(columns, fields, strict=True)]
            writer.write_table(pa.Table.from_arrays(arrays, schema=pa.schema(fields)))


def read_results(folder: str | Path) -> dict[str, Any]:
    """The fields of saved results, ready for `abm.results.Results`.

    Raises
    ------
    ResultsError
        If the folder or a file is missing, broken, of another format, or does not fit the manifest.
    """
    place = Path(folder)
    description = _read_manifest(place)
    try:
        counts = (len(description["quarters"]), len(description["firms"]), int(description["runs"]))
        names = [str(name) for name in description["parameters"]]
        saved = {kind: [str(entry["name"]) for entry in description[kind]] for kind in ("series", "firm_series")}
        fields = {name: description[name] for name in ("scenario", "seed", "replications")}
        fields |= {"firms": tuple(description["firms"]), "designs": tuple(description["designs"])}
        fields["manifest"] = description["made_by"]
    except (KeyError, TypeError, ValueError) as error:
        raise ResultsError(f"{place / MANIFEST}: key {error} is missing or malformed") from None
    for kind, known in (("series", SERIES), ("firm_series", FIRM_SERIES)):
        _check_names(place / MANIFEST, saved[kind], [series.name for series in known])
    quarters, firms, runs = counts
    columns = _read_columns(place / WORLDS_FILE, [*_WORLD_COLUMNS, *(f"parameter.{n}" for n in names)], runs)
    fields |= {name: columns[name].astype(np.int64) for name in _WORLD_COLUMNS}
    fields["parameters"] = {name: columns[f"parameter.{name}"] for name in names}
    fields["record"] = _read_panel(place / SERIES_FILE, SERIES, (runs, quarters), fields["world"])
    fields["firm_record"] = _read_panel(place / FIRMS_FILE, FIRM_SERIES, (runs, quarters, firms), fields["world"])
    fields["added"] = {
        str(entry["name"]): _read_added(place, entry, fields["world"]) for entry in description.get("added", ())
    }
    return fields


def _added_file(name: str) -> str:
    return f"added.{name}.parquet"


def _read_added(folder: Path, entry: Mapping[str, Any], world: NDArray[np.int64]) -> Panel:
    """What added agents recorded under one name."""
    try:
        name, axes = str(entry["name"]), {dim: tuple(labels) for dim, labels in entry["axes"].items()}
        about = str(entry["unit"]), str(entry["meaning"])
    except (AttributeError, KeyError, TypeError) as error:
        raise ResultsError(f"{folder / MANIFEST}: key 'added' is malformed: {error}") from None
    shape = (len(world), *map(len, axes.values()))
    return Panel(*about, axes, _read_panel(folder / _added_file(name), [Series(name, "", "")], shape, world)[0])


def _read_manifest(folder: Path) -> dict[str, Any]:
    if not folder.is_dir():
        siblings = [entry.name for entry in folder.parent.iterdir() if entry.is_dir()] if folder.parent.is_dir() else []
        raise ResultsError(f"{folder}: there is no such folder{nearest(folder.name, siblings)}")
    path = folder / MANIFEST
    if not path.is_file():
        raise ResultsError(f"{folder}: holds no {MANIFEST}, so it is no folder of results; give one made by save()")
    try:
        description = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ResultsError(f"{path}: is not JSON: {error}") from None
    if not isinstance(description, dict) or description.get("format") != FORMAT:
        found = description.get("format") if isinstance(description, dict) else None
        raise ResultsError(f"{path}: format {found!r} cannot be read, this version reads format {FORMAT}")
    return description


def _check_names(path: Path, saved: Sequence[str], known: Sequence[str]) -> None:
    for name in saved:
        if name not in known:
            raise ResultsError(f"{path}: series {name!r} is unknown to this version{nearest(name, known)}")
    for name in known:
        if name not in saved:
            raise ResultsError(f"{path}: series {name!r} was not recorded; run the scenario again with this version")


def _read_columns(path: Path, names: Sequence[str], rows: int) -> dict[str, NDArray[Any]]:
    """Named columns of a Parquet file as arrays of the given length."""
    import pyarrow as pa  # noqa: PLC0415
    from pyarrow import parquet  # noqa: PLC0415

    if not path.is_file():
        raise ResultsError(f"{path.parent}: file {path.name} is missing")
    try:
        table = parquet.read_table(path)
    except (pa.ArrowException, OSError) as error:
        raise ResultsError(f"{path}: cannot be read as Parquet: {str(error).splitlines()[0]}") from None
    for name in names:
        if name not in table.column_names:
            raise ResultsError(f"{path}: column {name!r} is missing{nearest(name, table.column_names)}")
    if table.num_rows != rows:
        raise ResultsError(f"{path}: has {table.num_rows} rows, {rows} expected from the manifest")
    return {name: table.column(name).to_numpy() for name in names}


def _read_panel(path: Path, series: Sequence[Series], shape: tuple[int, ...], world: NDArray[np.int64]) -> Floats:
    """Series of shape (series, *places, run) from a file with the run slowest."""
    columns = _read_columns(path, ["world", *(s.name for s in series)], int(np.prod(shape)))
    if not np.array_equal(columns["world"], np.repeat(world, int(np.prod(shape[1:])))):
        raise ResultsError(f"{path}: its runs are not those of {WORLDS_FILE}")
    values = np.empty((len(series), *shape[1:], shape[0]))
    for i, entry in enumerate(series):
        values[i] = np.moveaxis(columns[entry.name].reshape(shape), 0, -1)
    return values


# --- leverage of a comparison -----------------------------------------------------------------------------------------


def write_leverage(folder: Path, delivered: Mapping[int, Mapping[str, Floats]]) -> None:
    """Compute delivered in the branches that measure leverage, a row per quarter index, arm and pair."""
    import pyarrow as pa  # noqa: PLC0415
    from pyarrow import parquet  # noqa: PLC0415

    rows: dict[str, list[Any]] = {}
    for step, branches in delivered.items():
        arms, pairs = next(iter(branches.values())).shape
        rows.setdefault("step", []).append(np.full(arms * pairs, step))
        rows.setdefault("arm", []).append(np.repeat(np.arange(arms), pairs))
        for name, values in branches.items():
            rows.setdefault(name, []).append(values.ravel())
    table = {name: np.concatenate(parts) for name, parts in rows.items()}
    parquet.write_table(pa.table(table), folder / LEVERAGE_FILE, use_dictionary=False)


def read_leverage(folder: str | Path) -> dict[int, dict[str, Floats]]:
    """The same back, by quarter index and branch, (arm, pair); empty if none was measured."""
    import pyarrow as pa  # noqa: PLC0415
    from pyarrow import parquet  # noqa: PLC0415

    path = Path(folder) / LEVERAGE_FILE
    if not path.is_file():
        return {}
    try:
        table = parquet.read_table(path)
        columns = {name: table.column(name).to_numpy() for name in table.column_names}
        steps, arms = columns.pop("step"), int(columns.pop("arm").max()) + 1
        return {
            int(step): {name: values[steps == step].reshape(arms, -1) for name, values in columns.items()}
            for step in np.unique(steps)
        }
    except (pa.ArrowException, OSError, KeyError, ValueError) as error:
        raise ResultsError(f"{path}: cannot be read as leverage: {str(error).splitlines()[0]}") from None
