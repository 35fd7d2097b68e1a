"""Sweeps on disk: a folder of Parquet shards that are each complete or absent, in the order of run ids.

`design.json` holds what the study is and its hash; a shard is written to a temporary file, flushed, renamed, and its
folder flushed. Whatever is killed, at any time, leaves whole shards and at most a temporary file that resuming clears.
Reading changes nothing, and nothing that is in the folder is ever written over.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from experiments.design import Design
from experiments.evaluate import CODES, STATUSES, Rows
from experiments.runfolder import plain, provenance

DESIGN_FILE, SHARDS, LOCK = "design.json", "shards", ".lock"
_NAME = re.compile(r"(\d{12})-(\d{12})\.parquet")


class StoreError(ValueError):
    """A folder of a sweep that cannot be used; one line that names folder, file and cure."""


class DiskError(StoreError):
    """A disk that takes no more; what was finished is kept."""


@dataclass(frozen=True)
class Shard:
    """Contiguous runs `lo` to `hi` - 1 in one file."""

    path: Path
    lo: int
    hi: int


class Store:
    """The folder of one sweep.

    Parameters
    ----------
    folder : where it lies; `Store.begin` makes it, `Store(folder)` opens what is there.

    Raises
    ------
    StoreError
        If the folder is no sweep or its description was edited.
    """

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)
        place = self.folder / DESIGN_FILE
        if not place.is_file():
            raise StoreError(f"{self.folder}: holds no sweep ({DESIGN_FILE} is missing); give the --out of a sweep")
        try:
            content = json.loads(place.read_text(encoding="utf-8"))
            self.described: dict[str, Any] = content["design"]
            self.hash: str = content["hash"]
            self.metrics: tuple[str, ...] = tuple(content["metrics"])
            self.runs, self.arms, self.shard = (int(content[key]) for key in ("runs", "arms", "shard"))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise StoreError(f"{place}: cannot be read as the description of a sweep: {error}") from None
        text = json.dumps(self.described, sort_keys=True)
        if hashlib.sha256(text.encode()).hexdigest() != self.hash:
            raise StoreError(
                f"{place}: was edited: the design no longer has its hash; restore it or sweep anew elsewhere"
            )

    @classmethod
    def begin(cls, folder: Path | str, design: Design, shard: int) -> Store:
        """Make the folder of a sweep, or open that of the same design to go on with it.

        `shard` is the number of runs of a file, a whole number of worlds; a sweep that goes on keeps its own.
        """
        place = Path(folder)
        if (place / DESIGN_FILE).is_file():
            store = cls(place)
            store.check(design)
            (place / SHARDS).mkdir(exist_ok=True)
            return store
        if place.exists() and not all(map(_of_a_beginning, place.iterdir())):
            raise StoreError(f"{place}: exists and is no sweep; choose another --out")
        try:
            (place / SHARDS).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"{place}: cannot be written: {error.strerror}; choose another --out") from None
        content = {
            "design": design.describe(), "hash": design.hash, "metrics": list(design.metrics), "runs": design.runs,
            "arms": len(design.arms), "shard": shard, "description": design.description, "made_by": provenance(),
        }  # fmt: skip
        _write(place / DESIGN_FILE, (json.dumps(plain(content), indent=2, allow_nan=False) + "\n").encode())
        return cls(place)

    def check(self, design: Design) -> None:
        """Refuse another design than the one that the folder was made for."""
        if design.hash == self.hash:
            return
        now = design.describe()
        differ = [key for key in now if now[key] != self.described.get(key)]
        hint = "the model's code changed" if differ == ["model"] else f"they differ in {', '.join(map(repr, differ))}"
        raise StoreError(f"{self.folder}: holds a sweep of another design ({hint}); choose another --out")

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Let one process at a time write; the lock goes with the process that holds it."""
        import fcntl  # noqa: PLC0415  (absent on Windows, where sweeps are not run)

        with (self.folder / LOCK).open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise StoreError(f"{self.folder}: another sweep writes here now; wait for it or stop it") from None
            self._clear()
            yield

    def _clear(self) -> None:
        """Remove temporary files that a killed writer left."""
        for path in (self.folder / SHARDS).glob(".*.tmp"):
            path.unlink(missing_ok=True)

    # --- writing ------------------------------------------------------------------------------------------------------

    def commit(self, rows: Rows) -> None:
        """Write a shard; it is there whole, or not at all."""
        path = self.folder / SHARDS / f"{rows.first:012d}-{rows.stop:012d}.parquet"
        if path.exists():
            raise StoreError(f"{path}: exists already; nothing was written over it")
        columns: dict[str, Any] = {name: getattr(rows, name) for name in CODES}
        columns |= {name: rows.values[:, place] for place, name in enumerate(self.metrics)}
        if rows.errors:
            columns["error"] = [rows.errors.get(run) for run in range(rows.first, rows.stop)]
        meta = {"hash": self.hash, "first": str(rows.first), "content": content_digest(rows)}
        table = pa.table(columns).replace_schema_metadata(meta)
        buffer = pa.BufferOutputStream()
        parquet.write_table(table, buffer, compression="zstd", use_dictionary=False)
        _write(path, buffer.getvalue())

    # --- reading ------------------------------------------------------------------------------------------------------

    def shards(self) -> list[Shard]:
        """Shards in the order of their runs.

        Raises
        ------
        StoreError
            A file that is no shard, or two that overlap.
        """
        found = []
        place = self.folder / SHARDS
        for path in sorted(place.iterdir()) if place.is_dir() else ():
            if path.name.startswith("."):
                continue
            match = _NAME.fullmatch(path.name)
            if match is None:
                raise StoreError(f"{path}: is no shard of this sweep; take it out of the folder")
            found.append(Shard(path, int(match[1]), int(match[2])))
        for one, following in pairwise(found):
            if following.lo < one.hi:
                raise StoreError(f"{following.path}: overlaps {one.path.name}; take the foreign one out of the folder")
        if found and found[-1].hi > self.runs:
            raise StoreError(f"{found[-1].path}: lies beyond the {self.runs} runs of this sweep; take it out")
        return found

    def missing(self) -> list[tuple[int, int]]:
        """Stretches of runs that no shard holds, cut to the sweep's own shards."""
        gaps, at = [], 0
        for shard in [*self.shards(), Shard(self.folder, self.runs, self.runs)]:
            while at < shard.lo:
                stop = min((at // self.shard + 1) * self.shard, shard.lo)
                gaps.append((at, stop))
                at = stop
            at = shard.hi
        return gaps

    def read(self, shard: Shard) -> Rows:
        """Rows of a shard, checked against its digest and this sweep.

        Raises
        ------
        StoreError
            A corrupt or foreign file.
        """
        try:
            table = parquet.read_table(shard.path)
            meta = {key.decode(): value.decode() for key, value in (table.schema.metadata or {}).items()}
            status, quarter, law = (table[name].to_numpy().astype(np.int8) for name in CODES)
            values = np.stack([table[name].to_numpy() for name in self.metrics], axis=1)
            texts = table["error"].to_pylist() if "error" in table.column_names else []
        except (pa.ArrowException, OSError, KeyError, ValueError) as error:
            reason = str(error).partition("\n")[0]
            raise StoreError(f"{shard.path}: cannot be read, remove it and resume the sweep: {reason}") from None
        if meta.get("hash") != self.hash:
            raise StoreError(f"{shard.path}: belongs to another sweep; take it out of the folder")
        errors = {shard.lo + place: text for place, text in enumerate(texts) if text is not None}
        rows = Rows(shard.lo, status, quarter, law, values, errors)
        if rows.stop != shard.hi or meta.get("content") != content_digest(rows):
            raise StoreError(f"{shard.path}: its content is not what was written; remove it and resume the sweep")
        return rows

    def rows(self) -> Iterator[Rows]:
        """All shards in the order of their runs, one at a time."""
        for shard in self.shards():
            yield self.read(shard)

    def verify(self) -> dict[str, Any]:
        """Read every shard; runs, statuses, and a fingerprint that does not depend on how the runs were cut.

        Raises
        ------
        StoreError
            The first file at fault.
        """
        digest = hashlib.sha256(self.hash.encode())
        counts = np.zeros(4, dtype=np.int64)
        done = 0
        for rows in self.rows():
            digest.update(_bytes(rows))
            counts += np.bincount(rows.status, minlength=4)
            done += len(rows.status)
        complete = done == self.runs
        return {
            "complete": complete,
            "runs": self.runs,
            "done": done,
            "statuses": dict(zip(STATUSES, counts.tolist(), strict=True)),
            "fingerprint": digest.hexdigest() if complete else None,
        }

    @cached_property
    def bytes(self) -> int:
        """Size of the shards on disk."""
        return sum(shard.path.stat().st_size for shard in self.shards())

    def export(self, design: Design, target: Path) -> int:
        """Write one CSV or Parquet file with ids, parameters and what was measured; the rows written."""
        self.check(design)
        if target.exists():
            raise StoreError(f"{target}: exists already; choose another file")
        if target.suffix not in (".csv", ".parquet"):
            raise StoreError(f"{target}: the name must end in .csv or .parquet")
        from pyarrow import csv  # noqa: PLC0415

        hidden, writer, written = target.with_name(f".{target.name}.tmp"), None, 0
        try:
            for rows in self.rows():
                table = _full(design, rows)
                if writer is None:
                    kind = csv.CSVWriter if target.suffix == ".csv" else parquet.ParquetWriter
                    writer = kind(hidden, table.schema)
                writer.write_table(table)
                written += len(rows.status)
            if writer is None:
                raise StoreError(f"{self.folder}: holds no runs yet; nothing was exported")
            writer.close()
            hidden.rename(target)
        finally:
            hidden.unlink(missing_ok=True)
        return written


def _of_a_beginning(entry: Path) -> bool:
    """Whether a file or folder is what a sweep leaves that was killed before its description was written."""
    empty = entry.name == SHARDS and entry.is_dir() and not any(entry.iterdir())
    return empty or entry.name == LOCK or entry.name.startswith(f".{DESIGN_FILE}.")


def _full(design: Design, rows: Rows) -> pa.Table:
    """Rows with the ids and parameters that the design gives them."""
    columns: dict[str, Any] = dict(design.rows(rows.first, rows.stop))
    columns |= {"status": [STATUSES[code] for code in rows.status]}
    columns |= {name: rows.values[:, place] for place, name in enumerate(design.metrics)}
    columns |= {"error": pa.array([rows.errors.get(run) for run in range(rows.first, rows.stop)], pa.string())}
    return pa.table(columns)


def _bytes(rows: Rows) -> bytes:
    """Content of rows, one run after the other."""
    head = np.stack([rows.status, rows.quarter, rows.law], axis=1).astype(np.int8).view(np.uint8)
    body = np.ascontiguousarray(rows.values, dtype="<f8").view(np.uint8).reshape(len(rows.status), -1)
    return np.concatenate([head, body], axis=1).tobytes()


def content_digest(rows: Rows) -> str:
    """SHA-256 of the content of a slice."""
    return hashlib.sha256(_bytes(rows)).hexdigest()


def _write(path: Path, content: Any) -> None:
    """Temporary file, flush, rename, flush the folder."""
    hidden = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with hidden.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        hidden.rename(path)
        descriptor = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        with suppress(OSError):
            hidden.unlink(missing_ok=True)
        raise DiskError(f"{path}: cannot be written: {error.strerror}; make room and resume the sweep") from None
