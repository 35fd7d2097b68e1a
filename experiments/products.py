"""Tables and pictures of an analysis: each is there whole or not at all, each picture with its provenance."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.runfolder import plain

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INTERVAL = "90 % by bootstrap"


def write_csv(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Rows with the same keys as CSV; what is unknown is left empty."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]) if rows else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: "" if value is None else value for key, value in plain(row).items()} for row in rows)
    write_text(path, text.getvalue())


def write_json(path: Path, content: Any) -> None:
    """Plain values as JSON; NaN becomes null."""
    write_text(path, json.dumps(plain(content), indent=2, allow_nan=False) + "\n")


def write_text(path: Path, text: str) -> None:
    """A file that is there whole or not at all; one of an earlier analysis is replaced."""
    path.parent.mkdir(parents=True, exist_ok=True)
    hidden = path.with_name(f".{path.name}.tmp")
    try:
        hidden.write_text(text, encoding="utf-8")
        hidden.replace(path)
    finally:
        hidden.unlink(missing_ok=True)


def write_picture(folder: Path, name: str, figure: Figure, facts: Mapping[str, Any]) -> list[Path]:
    """PNG and SVG with a sidecar that says what they show and what they were made from."""
    from experiments.figures import save  # noqa: PLC0415  (slow to import)

    folder.mkdir(parents=True, exist_ok=True)
    paths = save(figure, folder, name)
    write_json(folder / f"{name}.json", {"figure": name, "interval": INTERVAL, **facts})
    return paths
