"""What `curbs validate` says: plain values for JSON, lines for the terminal, a folder of tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from abm.beliefs import list_beliefs
from abm.calendar import quarter_label
from abm.operators import OPERATORS
from experiments.runfolder import provenance, run_folder, write_json
from experiments.runs import write_table
from experiments.validation.summary import NAMES, Summary, pooled_summary, series_summary
from experiments.validation.validation import ADAPTATION, Scored, Validation

REPORT = "report.md"
ROWS_HEADER = (
    "row", "series_id", "unit", "period", "observed", "low", "high", "p05", "p25", "median", "p75", "p95", "rank",
    "crps", "spread", "last_value_known", "weight", *(f"crps_{name}" for name in NAMES),
    *(f"point_{name}" for name in NAMES),
)  # fmt: skip
SERIES_HEADER = (
    "series_id", "unit", "n", "crps", "crps_in_unit", "coverage_50", "coverage_90", "bias", "sign", "mape",
    *(f"crps_{name}" for name in NAMES),
)  # fmt: skip
ASSIMILATION = (
    "none: values observed after the fit, the last known one included, move no run; they serve naive forecasts, "
    "spreads and the sign of change alone"
)
DEMAND = (
    "planned spending on accelerators by bloc and quarter (demand_paths.csv), the same in every scenario: the path of "
    "the US follows the capital expenditure that Amazon, Microsoft, Alphabet and Meta reported to 2024 and announced "
    "for 2025 and 2026 (US4_CAPEX), the paths of China and the rest of the world are assumptions after 2024, and all "
    "three are from 2027 on; China's share of frontier supply without controls is a parameter"
)


# --- plain values -----------------------------------------------------------------------------------------------------


def as_dict(found: Validation) -> dict[str, Any]:
    """Everything as plain values: `pooled`, `series`, `silent`, `left_out`, `inputs`."""
    return {
        "pooled": _scores(pooled_summary(found.pool)) | {"in_sample": found.in_sample},
        "series": {
            name: {"unit": OPERATORS[name].unit, "pooled": mine[0].weight > 0.0, "spread": mine[0].spread}
            | _scores(series_summary(mine))
            for name, mine in by_series(found).items()
        },
        "silent": dict(found.observations.silent),
        "left_out": [
            {"row": one.row, "series_id": one.series_id, "period": one.period, "reason": why}
            for one, why in found.left_out
        ],
        "inputs": inputs(found),
    }


def by_series(found: Validation) -> dict[str, list[Scored]]:
    """Scored observations by series, in the order of the file."""
    series: dict[str, list[Scored]] = {}
    for one in found.scored:
        series.setdefault(one.observation.series_id, []).append(one)
    return series


def inputs(found: Validation) -> dict[str, Any]:
    """What the forecast takes from outside; everything else is the model's."""
    ensemble = found.ensemble
    scenario, model = ensemble.scenario, ensemble.model
    told = scenario.describe()
    return {
        "observations": found.observations.file,
        "information_to": found.judging.cut_off,
        "assimilation": ASSIMILATION,
        "scenario": scenario.name,
        "policy_script": {
            "until": quarter_label(scenario.timeline.last_quarter(scenario.mode)),
            "mode": scenario.mode,
            "then": scenario.continuation,
            "instruments": told["instruments"],
        },
        "demand": DEMAND,
        "parameters": told["parameters"],
        "beliefs": {"name": scenario.beliefs, "meaning": list_beliefs()[scenario.beliefs]},
        "fixed": told["fixed"],
        "no_adaptation_without": list(ADAPTATION),
        "seed": model.seed,
        "runs": model.runs,
        "failed": {"model": ensemble.model.failed.count, "no_adaptation": ensemble.rigid.failed.count},
        "data_checksum": model.manifest.get("data_checksum"),
    }


def _scores(summary: Summary) -> dict[str, Any]:
    plain = {name: value for name, value in asdict(summary).items() if name != "tests"}
    return plain | {"diebold_mariano": {name: asdict(test) for name, test in summary.tests.items()}}


# --- the terminal -----------------------------------------------------------------------------------------------------


def lines(found: Validation) -> Iterator[str]:
    """The report, line by line."""
    yield "# Forecasts held against observations"
    yield ""
    yield from _about(found)
    yield ""
    yield from pooled_lines(found)
    yield ""
    yield "Diebold-Mariano tests of the pool, model against the naive forecast (below zero the model is better):"
    yield ""
    for name, test in pooled_summary(found.pool).tests.items():
        said = test.reason if test.statistic is None else f"{test.statistic:+.2f}, p = {test.p_value:.3f}, n = {test.n}"
        yield f"- `{name}`: {said}"
    yield ""
    yield "## By series"
    yield ""
    yield from series_lines(found)
    yield from _not_scored(found)


def pooled_lines(found: Validation) -> Iterator[str]:
    """A table of the pool's scores."""
    return _table({"pooled": pooled_summary(found.pool)})


def series_lines(found: Validation) -> Iterator[str]:
    """A table of the scores of every series."""
    return _table({name: series_summary(mine) for name, mine in by_series(found).items()})


def _about(found: Validation) -> Iterator[str]:
    told = inputs(found)
    script = told["policy_script"]
    yield (
        f"{told['runs']:,} worlds of `{told['scenario']}`, seed {told['seed']}, parameters {told['parameters']}, "
        f"against {len(found.scored)} observations of {told['observations']} in {len(by_series(found))} series; "
        f"forecasts from information to {told['information_to']}."
    )
    if found.in_sample:
        yield (
            f"No observation is later than {told['information_to']}: the model may have been fitted to them, and each "
            "naive forecast is made from the values before its period."
        )
    yield (
        f"Given from outside: the policy script to {script['until']} (then {script['then']}), and {told['demand']}. "
        f"Data assimilation: {told['assimilation']}."
    )
    yield (
        "CRPS and bias are over each series' spread to that quarter, the lower the better and the nearer to zero; "
        "coverage is the share of observations inside the central 50 and 90 % of the forecast."
    )


def _table(rows: dict[str, Summary]) -> Iterator[str]:
    yield f"| | n | CRPS | in 50 % | in 90 % | bias | sign | MAPE, % | {' | '.join(f'`{name}`' for name in NAMES)} |"
    yield f"|---|{'---:|' * (7 + len(NAMES))}"
    for name, one in rows.items():
        told = [one.crps, one.coverage_50, one.coverage_90, one.bias, one.sign, one.mape]
        cells = [_cell(value, ("", "", "", "+", "", "")[place]) for place, value in enumerate(told)]
        yield f"| `{name}` | {one.n} | {' | '.join([*cells, *(_cell(one.naive[name]) for name in NAMES)])} |"


def _cell(value: float | None, sign: str = "") -> str:
    if value is None:
        return "-"
    return f"{value:{sign}.0f}" if abs(value) >= 10.0 else f"{value:{sign}.2f}"


def _not_scored(found: Validation) -> Iterator[str]:
    if found.observations.silent:
        yield ""
        yield "## Series that the model does not speak about"
        yield ""
        for name, why in found.observations.silent.items():
            yield f"- `{name}`: {why}"
    if found.left_out:
        yield ""
        yield "## Observations left out"
        yield ""
        for one, why in found.left_out:
            yield f"- {f'row {one.row}, ' if one.row else ''}`{one.series_id}` {one.period}: {why}"


# --- the folder -------------------------------------------------------------------------------------------------------


def write_validation(target: Path, found: Validation) -> None:
    """Write report, tables, scores and manifest; the folder is complete or absent.

    Raises
    ------
    FolderError
        The folder exists.
    """
    with run_folder(target) as folder:
        write_table(folder / "observations.csv", ROWS_HEADER, map(_row, found.scored))
        write_table(folder / "series.csv", SERIES_HEADER, _series_rows(found))
        write_json(folder / "scores.json", as_dict(found))
        (folder / REPORT).write_text("\n".join(lines(found)) + "\n", encoding="utf-8")
        write_json(folder / "manifest.json", provenance() | inputs(found))


def _row(one: Scored) -> tuple[Any, ...]:
    what = one.observation
    told = (what.row, what.series_id, OPERATORS[what.series_id].unit, what.period, what.value, what.low, what.high)
    forecasts = [kind.get(name) for kind in (one.naive, one.points) for name in NAMES]
    return (*told, *one.quantiles, one.rank, one.crps, one.spread, one.last, one.weight, *forecasts)


def _series_rows(found: Validation) -> Iterator[tuple[Any, ...]]:
    for name, mine in by_series(found).items():
        one = series_summary(mine)
        scores = (one.n, one.crps, one.crps_in_unit, one.coverage_50, one.coverage_90, one.bias, one.sign, one.mape)
        yield (name, OPERATORS[name].unit, *scores, *(one.naive[other] for other in NAMES))
