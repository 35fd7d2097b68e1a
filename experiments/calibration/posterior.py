"""The posterior as a committed table of draws with its manifest, from which scenarios draw their parameters."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from abm.beliefs import WEIGHT, medoid_of
from experiments.calibration.pipeline import Calibrated
from experiments.design import data_checksum, model_digest

UNREACHED = 1e6
"""Written for a tolerance that was never reached."""
DIGITS = 7
"""Significant digits of the table."""


def table_of(calibrated: Calibrated) -> str:
    """The draws as CSV: weight, then one column a parameter in its unit."""
    values = calibrated.problem.simulator.prior(calibrated.sample.unit)
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow((WEIGHT, *calibrated.sample.names))
    for weight, row in zip(calibrated.sample.weight, values, strict=True):
        writer.writerow(f"{number:.{DIGITS}g}" for number in (weight, *row))
    return stream.getvalue()


def manifest_of(calibrated: Calibrated, facts_to: str, seed: int, effort: str, scenario: str) -> dict[str, Any]:
    """How the draws were made."""
    values = np.array([[float(f"{one:.{DIGITS}g}") for one in row]
                       for row in calibrated.problem.simulator.prior(calibrated.sample.unit)])  # fmt: skip
    matching, posterior = calibrated.matching, calibrated.posterior
    return {
        "facts_to": facts_to,
        "facts": len(calibrated.targets),
        "scenario": scenario,
        "seed": seed,
        "effort": effort,
        "draws": len(calibrated.sample),
        "medoid": medoid_of(values, calibrated.sample.weight),
        "log10_share_left_by_history_matching": round(matching.log_volume[0] / float(np.log(10.0)), 2),
        "waves": len(matching.waves),
        "tolerance_reached": round(min(posterior.epsilon, UNREACHED), 4),
        "stopped": posterior.stopped,
        "log_evidence": round(posterior.log_evidence, 2),
        "points": matching.runs + posterior.runs,
        "model": model_digest()[:16],
        "data": data_checksum()[:16],
    }


def as_toml(values: Mapping[str, Any]) -> str:
    """Numbers and texts as a TOML file."""
    return "".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items())


def write_posterior(folder: Path, name: str, table: str, manifest: Mapping[str, Any]) -> None:
    """Write NAME.csv and NAME.toml, each whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    for path, text in ((folder / f"{name}.csv", table), (folder / f"{name}.toml", as_toml(manifest))):
        beside = path.with_suffix(path.suffix + ".part")
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)
