"""What a calibration found, as tables, JSON and lines for people."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from experiments.calibration.fit import Fit, fit_from
from experiments.calibration.identification import Identification, identify
from experiments.calibration.pipeline import Calibrated

FIT_HEADER = (
    "series", "period", "unit", "group", "observed", "tolerance", "weight", "p05", "p25", "median", "p75", "p95",
    "miss_in_tolerances", "verdict",
)  # fmt: skip
KNOWN_HEADER = ("parameter", "width_over_prior", "sliced_sd_over_prior", "shift_in_prior_sd", "label", "moved_by")


def fit_rows(fit: Fit) -> Iterator[tuple[Any, ...]]:
    """One row a fact, in the order of `FIT_HEADER`."""
    for row in fit.rows:
        one = row.target
        yield (
            one.series, one.period, one.unit, one.group, one.observed, one.tolerance, one.weight,
            *(float(f"{value:.4g}") for value in row.quantiles), round(row.miss, 2), row.verdict,
        )  # fmt: skip


def known_rows(known: Identification) -> Iterator[tuple[Any, ...]]:
    """One row a parameter, in the order of `KNOWN_HEADER`."""
    for one in known.parameters:
        movers = "; ".join(known.influence.movers(one.name))
        label = f"{one.label}, traded" if one.traded else one.label
        yield one.name, round(one.width, 3), round(one.sliced, 3), round(one.shift, 2), label, movers


def write_report(folder: Path, found: Calibrated, manifest: Mapping[str, Any]) -> None:
    """Write fit.csv, parameters.csv and calibration.json beside the posterior."""
    fit, known = fit_from(found.targets.targets, found.sample.statistics), identify(found.problem, found.sample)
    for name, header, rows in (
        ("fit.csv", FIT_HEADER, fit_rows(fit)),
        ("parameters.csv", KNOWN_HEADER, known_rows(known)),
    ):
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([header, *rows])
    told = json.dumps(as_dict(found, manifest), indent=1, allow_nan=False)
    (folder / "calibration.json").write_text(told + "\n", encoding="utf-8")


def as_dict(found: Calibrated, manifest: Mapping[str, Any]) -> dict[str, Any]:
    """All of it as plain values."""
    fit, known = fit_from(found.targets.targets, found.sample.statistics), identify(found.problem, found.sample)
    return {
        "manifest": dict(manifest),
        "fit": [dict(zip(FIT_HEADER, row, strict=True)) for row in fit_rows(fit)],
        "summary": summary(fit),
        "parameters": [dict(zip(KNOWN_HEADER, row, strict=True)) for row in known_rows(known)],
        "trade_offs": [
            {"first": one.first, "second": one.second, "correlation": round(one.correlation, 2)} for one in known.pairs
        ],
        "directions_learned": known.learned,
    }


def summary(fit: Fit) -> dict[str, Any]:
    """The figures that a fit is judged by; those of billing are null if the facts lack it."""
    billed = [row for row in fit.rows if row.target.series == "NVDA_CHINA_REV_BILL"]
    late = billed and max(row.target.period for row in billed) >= "2024Q2"
    return {
        "facts": len(fit.rows),
        "inside_tolerance": fit.inside,
        "missed_by_more_than_twice": [row.target.name for row in fit.far],
        "billing_mape": round(fit.billing_error(), 4) if late else None,
        "trough": dict(zip(("model", "observed"), fit.troughs(), strict=True)) if late else None,
        "inside_90": sum(row.covered(0.9) for row in fit.rows),
        "inside_50": sum(row.covered(0.5) for row in fit.rows),
    }


def lines(found: Calibrated, manifest: Mapping[str, Any]) -> Iterator[str]:
    """What the command prints."""
    told = as_dict(found, manifest)
    short = told["summary"]
    yield (
        f"{manifest['draws']:,} draws from the posterior of {len(found.sample.names)} parameters, facts to "
        f"{manifest['facts_to']}, tolerance {manifest['tolerance_reached']:g} (1 is the error of observation)"
    )
    yield f"History matching left 10^{manifest['log10_share_left_by_history_matching']:g} of the prior."
    yield (
        f"{short['inside_tolerance']} of {short['facts']} facts lie within their tolerance of the median, "
        f"{short['inside_90']} in the 90 % band of single worlds."
    )
    for row in told["fit"]:
        if row["verdict"] != "fit":
            yield (
                f"  {row['verdict']:18s} {row['series']} {row['period']}: {row['observed']:g}, model {row['median']:g} "
                f"({row['p05']:g} to {row['p95']:g}) {row['unit']}"
            )
    counts: dict[str, int] = {}
    for one in told["parameters"]:
        counts[one["label"]] = counts.get(one["label"], 0) + 1
    yield "Parameters: " + ", ".join(f"{count} {label}" for label, count in sorted(counts.items()))
