"""Leverage, who is hurt more, and the net strategic effect, as plain values and lines of the summary (MODEL 9)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from abm.backfire import Comparison
from abm.intervals import spread
from abm.leverage import measured_step
from abm.pain import QUADRANTS, SCOPES, WHOLE
from abm.results import horizon_step

CONTINUATION_NAMES = {
    "freeze_abs": "thresholds fixed",
    "freeze_rel": "thresholds slide",
    "rule": "thresholds by US rule",
}
"""How each continuation is called in tables."""
LAST = "2032"
PERCENT = 100.0


def politics(comparison: Comparison, year: int) -> dict[str, dict[str, Any]]:
    """Change of leverage where it was measured, and relative pain, in the columns of the summary table."""
    rows = {"relative_pain": _row(comparison, "-1 to 1", comparison.relative_pain(year, WHOLE).value)}
    found = comparison.measured.get(measured_step(horizon_step(year)))
    if found is not None:
        levels = PERCENT * found.level()
        rows["leverage"] = _row(comparison, "pp", levels[0] - levels[1], levels)
    return rows


def _row(comparison: Comparison, unit: str, values: Any, levels: Any = None) -> dict[str, Any]:
    shown = spread(values)
    with_controls, without = (np.nan, np.nan) if levels is None else (spread(one).median for one in levels)
    return {
        "unit": unit,
        "median": shown.median,
        "low": shown.low,
        "high": shown.high,
        "controls": with_controls,
        "counterfactual": without,
        "n": shown.n,
        "failed": comparison.failed,
        "censored": 0,
    }


def quadrants(comparison: Comparison, year: int) -> dict[str, dict[str, dict[str, float]]]:
    """Share of pairs in each quadrant of losses, with 90 % intervals over points, by what counts on the US side."""
    found = {}
    for scope in SCOPES:
        shares = comparison.relative_pain(year, scope).quadrants
        found[scope] = {
            name: {"probability": float(p), "low": float(low), "high": float(high)}
            for name, p, low, high in zip(QUADRANTS, shares.probability, shares.low, shares.high, strict=True)
        }
    return found


def net_effect(comparison: Comparison, year: int) -> dict[str, Any]:
    """Share of all weights for which the controls lose: mean over pairs with a 90 % interval over points."""
    found = comparison.net_strategic_effect(year)
    mean = found.mean
    ends = (float(one[0]) for one in (mean.mean, mean.low, mean.high))
    return {**dict(zip(("mean", "low", "high"), ends, strict=True)), "dependence": found.rests_on}


def pain_lines(summary: Mapping[str, Any]) -> Iterator[str]:
    """A line a continuation: who is hurt, and over how much of the weights the controls lose, by the last horizon."""
    for name, found in summary["continuations"].items():
        shares = found["pain"][LAST][WHOLE]
        hurt = ", ".join(
            f"{quadrant} {_chance(row)}" for quadrant, row in shares.items() if row["probability"] > 0
        )  # fmt: skip
        net = found["net_effect"][LAST]
        lost = f"{PERCENT * net['mean']:.0f} % ({PERCENT * net['low']:.0f}-{PERCENT * net['high']:.0f})"
        yield (
            f"By {LAST}Q4, {CONTINUATION_NAMES.get(name, name)}: {hurt}; the controls lose for {lost} of all weights "
            f"on lead, dependence ({net['dependence']}), revenue and relative pain."
        )


def _chance(row: Mapping[str, float]) -> str:
    return f"{PERCENT * row['probability']:.0f} % ({PERCENT * row['low']:.0f}-{PERCENT * row['high']:.0f})"
