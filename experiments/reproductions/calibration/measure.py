"""Facts to 2024Q4 against fresh worlds of the shipped posterior."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from abm.calendar import FIRST_YEAR, periods_of, quarter_index
from abm.intervals import resamples
from experiments.calibration.fit import BILLING, Fit, fit_from
from experiments.calibration.targets import TargetSet, load_targets
from experiments.reproducing.findings import Columns, Findings, Floats, Number
from experiments.reproducing.setting import Setting

PERCENT = 100.0
GROUPS = "group", "facts", "inside_tolerance", "in_90_percent_band", "worst_miss_in_tolerances"


def measure(setting: Setting) -> Findings:
    """Run the posterior again and count facts met and missed."""
    results = setting.run({"history": setting.scenario()})["history"]
    targets = load_targets()
    statistics = targets.measure(results)
    statistics = statistics[np.isfinite(statistics).all(axis=1)]
    fit = fit_from(targets.targets, statistics)
    errors = _errors(targets, statistics)
    facts = len(fit.rows)
    told = (
        ("share_inside", "facts within their tolerance of the median world", ""),
        ("inside", f"the same, of {facts}", "facts"),
        ("far", "facts missed by more than twice their tolerance", "facts"),
        ("billing_error", "mean absolute error of NVIDIA's billing in China, 2022Q4 to 2024Q4", "%"),
        ("trough_off", "distance of the trough after the rule of October 2023 from where it was", "quarters"),
        ("in_90", "facts in the 90 % band of worlds", ""),
        ("in_50", "facts in the 50 % band of worlds", ""),
    )
    numbers = tuple(
        Number(name, label, unit, MEASURES[name](fit), n=fit.runs, error=errors[name]) for name, label, unit in told
    )
    tables = {"billing": _billing(fit), "misses": _misses(fit), "table": _groups(fit)}
    return Findings(numbers, tables, notes=_notes(fit))


MEASURES: dict[str, Callable[[Fit], float]] = {
    "share_inside": lambda fit: fit.inside / len(fit.rows),
    "inside": lambda fit: float(fit.inside),
    "far": lambda fit: float(len(fit.far)),
    "billing_error": lambda fit: PERCENT * fit.billing_error(),
    "trough_off": lambda fit: float(abs(quarter_index(fit.troughs()[0]) - quarter_index(fit.troughs()[1]))),
    "in_90": lambda fit: sum(row.covered(0.9) for row in fit.rows) / len(fit.rows),
    "in_50": lambda fit: sum(row.covered(0.5) for row in fit.rows) / len(fit.rows),
}
"""Every number of the study from a fit."""


def _errors(targets: TargetSet, statistics: Floats) -> dict[str, float]:
    """Standard deviation of each number over samples of as many worlds, drawn from those that were run."""
    drawn: dict[str, list[float]] = {name: [] for name in MEASURES}
    for weight in next(resamples(len(statistics))):  # the first block of them: a median of 93 facts is taken in each
        fit = fit_from(targets.targets, np.repeat(statistics, weight.astype(np.int64), axis=0))
        for name, made in MEASURES.items():
            drawn[name].append(made(fit))
    return {name: float(np.std(values)) for name, values in drawn.items()}


def _billing(fit: Fit) -> Columns:
    """NVIDIA's billing in China by quarter: facts and worlds."""
    mine = [row for row in fit.rows if row.target.series == BILLING]
    return {
        "year": [_middle(row.target.period) for row in mine],
        "observed": [row.target.observed for row in mine],
        "low": [row.quantiles[0] for row in mine],
        "median": [row.median for row in mine],
        "high": [row.quantiles[-1] for row in mine],
    }


def _misses(fit: Fit) -> Columns:
    """Every fact with the miss of the median, in tolerances."""
    return {
        "series": [row.target.series for row in fit.rows],
        "period": [row.target.period for row in fit.rows],
        "group": [row.target.group for row in fit.rows],
        "miss": [row.miss for row in fit.rows],
    }


def _groups(fit: Fit) -> Columns:
    """Facts met by group."""
    rows = []
    for group, facts, inside, covered in fit.by_group():
        worst = max((row.miss for row in fit.rows if row.target.group == group), key=abs)
        rows.append((group, facts, inside, covered, worst))
    return {name: [row[place] for row in rows] for place, name in enumerate(GROUPS)}


def _notes(fit: Fit) -> tuple[str, ...]:
    """What is missed worst, and where the trough is."""
    model, observed = fit.troughs()
    far = ", ".join(f"{row.target.name} ({row.miss:+.1f} tolerances)" for row in fit.far) or "none"
    return (
        f"Missed by more than twice the tolerance, the worst first: {far}.",
        f"Billing after the rule of October 2023 is lowest in {model} in the median world and was in {observed}.",
    )


def _middle(period: str) -> float:
    """Middle of a period in years."""
    span = periods_of(period)
    return FIRST_YEAR + (span[0] + span[-1] + 1) / 8.0
