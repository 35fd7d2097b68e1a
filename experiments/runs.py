"""Carry out `curbs run`: simulate pairs under each continuation, with progress, and write the results folder."""

from __future__ import annotations

import csv
import hashlib
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import isnan
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from abm import continuing, running, simulation
from abm.backfire import Comparison
from abm.engine import thread_count
from abm.leverage import measured_step
from abm.results import horizon_step
from abm.scenario import Scenario
from experiments.runfolder import provenance, run_folder, write_json

COMPILING = "compiling the model, about a minute, only the first time"


@dataclass(frozen=True)
class Request:
    """What to run: scenarios (one a continuation), their counterfactuals, how much, horizons of leverage."""

    scenarios: Sequence[Scenario]
    counterfactuals: Sequence[Scenario]
    runs: int
    seed: int
    replications: int
    threads: int | None = None
    leverage: Sequence[int | str] = ()


@dataclass(frozen=True)
class Pair:
    """A comparison and the continuation it was made under."""

    continuation: str
    scenario: Scenario
    counterfactual: Scenario
    comparison: Comparison
    seconds: float


class _Rate(ProgressColumn):
    """Pairs a second."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:,.0f} pairs/s", style="dim")


def run_pairs(request: Request, quiet: bool = False) -> list[Pair]:
    """Simulate each scenario beside its counterfactual, in the same worlds under every continuation.

    What continuations have in common is run once; the seconds of a pair are its part of the whole.
    Progress goes to the error stream, so that the standard output stays clean; `quiet` leaves the bar out.
    """
    console = Console(stderr=True)
    if not simulation.compiled_before():
        console.print(COMPILING)
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _Rate(),
        TimeRemainingColumn(elapsed_when_finished=True),
    )  # fmt: skip
    first, other = request.scenarios[0], request.counterfactuals[0]
    shown = ", ".join(dict.fromkeys(scenario.continuation for scenario in request.scenarios))
    started = time.perf_counter()
    with Progress(*columns, console=console, disable=quiet or not console.is_terminal) as bar:
        task = bar.add_task(f"{first.name} | {other.name}, {shown}", total=request.runs)
        asked = running.Request(
            request.runs,
            request.seed,
            request.replications,
            request.threads,
            lambda done, total: bar.update(task, completed=done, total=total),
        )
        steps = [measured_step(horizon_step(year)) for year in request.leverage]
        arms = list(zip(request.scenarios, request.counterfactuals, strict=True))
        found = continuing.side_by_side(arms, asked, steps)
    each = (time.perf_counter() - started) / len(found)
    return [Pair(one.continuation, one, but, both, each) for (one, but), both in zip(arms, found, strict=True)]


# --- the results folder -----------------------------------------------------------------------------------------------


def write_results(target: Path, pairs: Sequence[Pair], summary: dict[str, Any], request: Request) -> None:
    """Write manifest, tables, runs and the picture; the folder is complete or absent.

    Raises
    ------
    FolderError
        The folder exists.
    """
    from experiments.crossing import GATES_HEADER  # noqa: PLC0415  (it builds on this module)
    from experiments.panels import QUANTILES_HEADER, draw, quantile_rows  # noqa: PLC0415  (matplotlib is slow to import)
    from experiments.report import REGIMES_HEADER, SUMMARY_HEADER, regime_rows, summary_rows  # noqa: PLC0415

    facts = manifest(pairs, request)
    with run_folder(target) as folder:
        for pair in pairs:
            pair.comparison.save(folder / "runs" / pair.continuation)
        write_table(folder / "summary.csv", SUMMARY_HEADER, summary_rows(summary))
        write_table(folder / "regimes.csv", REGIMES_HEADER, regime_rows(summary))
        if summary["gates"]:
            write_table(folder / "gates.csv", GATES_HEADER, (row.values() for row in summary["gates"]))
        write_table(folder / "quantiles.csv", QUANTILES_HEADER, quantile_rows(pairs))
        write_json(folder / "summary.json", summary)
        draw(pairs, folder, facts)
        write_json(folder / "manifest.json", facts | {"files": _checksums(folder)})


def write_table(path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write a CSV file; numbers in full, NaN as an empty cell."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(["" if _missing(cell) else cell for cell in row] for row in rows)


def _missing(cell: Any) -> bool:
    return cell is None or (isinstance(cell, float) and isnan(cell))


def _checksums(folder: Path) -> dict[str, str]:
    """SHA-256 of every file written so far."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def manifest(pairs: Sequence[Pair], request: Request) -> dict[str, Any]:
    """All that is needed to make the results again, and what it took."""
    first = pairs[0]
    return provenance() | {
        "seed": request.seed,
        "runs": request.runs,
        "replications": request.replications,
        "points": -(-request.runs // request.replications),
        "threads": thread_count(request.threads),
        "seconds": {pair.continuation: round(pair.seconds, 3) for pair in pairs},
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "data_checksum": first.comparison.controls.manifest.get("data_checksum"),
        "scenarios": {pair.continuation: _scenario_facts(pair.scenario) for pair in pairs},
        "counterfactuals": {pair.continuation: _scenario_facts(pair.counterfactual) for pair in pairs},
        "failed": {
            pair.continuation: {
                "controls": str(pair.comparison.controls.failed),
                "counterfactual": str(pair.comparison.counterfactual.failed),
            }
            for pair in pairs
        },
        "command": " ".join(["curbs", *sys.argv[1:]]),
    }


def _scenario_facts(scenario: Scenario) -> dict[str, Any]:
    source = Path(scenario.source)
    return scenario.describe() | {
        "text": source.read_text(encoding="utf-8") if scenario.source and source.is_file() else None,
        "law_checksum": hashlib.sha256(repr(scenario.law).encode()).hexdigest(),
    }
