"""Verdict, reasons and weights of an ensemble as plain values for the views: small, with N and intervals everywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from abm.backfire import HORIZONS, Comparison
from abm.parameter_index import PARAMETERS
from abm.regimes import NAMES
from abm.results import horizon_step
from abm.schema import nearest
from abm.verdicts import RegimeTable
from abm.weights import AIMS

type Floats = NDArray[np.float64]

REGIMES: Mapping[str, tuple[str, str]] = {
    "win-win for the controller": (
        "#0072B2", "The US lead grows, China makes no more chips of its own, and US vendors lose nothing.",
    ),
    "contained at a cost": (
        "#56B4E9", "The US lead grows and China makes no more chips of its own, but US vendors earn less.",
    ),
    "bite with decoupling": ("#009E73", "The US lead grows, but China makes more chips of its own."),
    "dependence gained": (
        "#5b6b73", "The lead stays, and China makes fewer chips of its own or US vendors earn more.",
    ),
    "neutral": ("#d9d9d9", "Neither the lead nor China's output nor US revenue changes beyond its band."),
    "costly, no effect": (
        "#a6a6a6", "The lead stays and China makes no more chips of its own, but US vendors earn less.",
    ),
    "decoupled, revenue kept": (
        "#f7f0a0", "The lead stays, China makes more chips of its own, and US vendors earn more.",
    ),
    "decoupled for nothing": (
        "#F0E442", "The lead stays, China makes more chips of its own, and US vendors earn no more.",
    ),
    "lead lost, no decoupling": ("#CC79A7", "The US lead shrinks, and China makes no more chips of its own."),
    "lead sold for revenue": (
        "#E69F00", "The US lead shrinks and China makes more chips of its own, while US vendors earn more.",
    ),
    "full backfire": (
        "#D55E00", "The US lead shrinks, China makes more chips of its own, and US vendors earn no more.",
    ),
    "undefined": ("#ffffff", "A number that the verdict needs is missing in these runs."),
}  # fmt: skip
"""Colour (as in the static figures) and meaning of each regime, from good for the controller to bad."""

SHOWN = 12
"""Parameters that a tornado names at most."""
FEWEST_POINTS = 20
"""Parameter points below which fifths of them say nothing."""
FIFTH = 0.2
CONFIDENCE = 0.90
"""Of intervals; of all differences of a tornado together, where it says that one is beyond chance."""
STEPS = 20
"""Steps of each weight from 0 to 1 in a ternary table."""
PAIN = (0.0, 0.25, 0.5)
"""Weights of relative pain for which it is made."""


class Classified(Protocol):
    """Pairs with a regime at every horizon: a comparison, or an ensemble of the laboratory."""

    def regimes(self, horizon: str) -> RegimeTable:
        """Probabilities of regimes at a horizon."""


def verdict_table(pairs: Classified, horizons: Sequence[str] = HORIZONS) -> dict[str, Any]:
    """Regimes at several horizons: probability with 90 % interval, N, effective N, what the second sign rests on."""
    tables, names = [pairs.regimes(horizon) for horizon in horizons], list(REGIMES)
    return {
        "scenario": tables[0].scenario,
        "counterfactual": tables[0].counterfactual,
        "regimes": [{"name": name, "colour": colour, "meaning": text} for name, (colour, text) in REGIMES.items()],
        "horizons": [_horizon(table, names) for table in tables],
    }


def _horizon(table: RegimeTable, names: Sequence[str]) -> dict[str, Any]:
    rows = {row.regime: row for row in table.rows}
    return {
        "year": table.horizon.removesuffix("Q4"),
        "quarter": table.horizon,
        "rows": [[_number(getattr(rows[name], key)) for key in ("probability", "low", "high")] for name in names],
        "runs": table.runs,
        "points": table.points,
        "effective": round(table.effective, 1),
        "failed": table.failed,
        "rests_on": table.decoupling_rests_on,
    }


def _number(value: float, digits: int = 4) -> float | None:
    return round(float(value), digits) if np.isfinite(value) else None


# --- what flips it ----------------------------------------------------------------------------------------------------


def tornado_table(pair: Comparison, horizon: int | str = 2028, effect: str = "lead") -> dict[str, Any]:
    """Mean of an effect where each parameter is in its lowest and in its highest fifth, the strongest first.

    Replications of a point are averaged first. The interval of a difference is Welch's for two means (Student's t,
    90 %). A row is `sure` if its difference is beyond what chance gives among all parameters together (Sidak).

    Parameters
    ----------
    effect : an effect such as "lead", or a regime, whose probability is meant.
    """
    values, unit, label = _effect(pair, horizon, effect)
    points, means = _by_point(pair, values)
    found: dict[str, Any] = {
        "effect": effect,
        "label": label,
        "unit": unit,
        "horizon": horizon_label(horizon),
        "rows": [],
    }
    found |= {"points": points.size, "needed": FEWEST_POINTS, "runs": int(np.isfinite(values).sum())}
    if points.size < FEWEST_POINTS:
        return {**found, "middle": None, "varied": 0}
    rows = [row for name in pair.controls.parameters if (row := _fifths(pair, name, points, means)) is not None]
    rows.sort(key=lambda row: -abs(row["high"] - row["low"]))
    for row in rows:
        row["sure"] = row.pop("chance") < 1.0 - CONFIDENCE ** (1.0 / len(rows))
    return {**found, "middle": _number(float(means.mean())), "varied": len(rows), "rows": rows[:SHOWN]}


def horizon_label(horizon: int | str) -> str:
    """Quarter of a horizon: 2028 is 2028Q4."""
    return str(horizon) if "Q" in str(horizon) else f"{horizon}Q4"


def _effect(pair: Comparison, horizon: int | str, effect: str) -> tuple[Floats, str, str]:
    """Values by pair, their unit, and what they are."""
    if effect in NAMES:
        codes = pair.regimes(horizon).codes
        return np.where(codes >= 0, 100.0 * (codes == NAMES.index(effect)), np.nan), "%", f"probability of {effect}"
    paths = pair.paths
    if effect not in paths:
        raise KeyError(f"effect {effect!r} is unknown{nearest(effect, (*paths, *NAMES))}")
    path = paths[effect]
    values = path.values[:, horizon_step(horizon, len(pair.controls.quarters))]
    return np.where(np.isfinite(values), values, np.nan), path.unit, f"effect of the controls: {path.meaning}"


def _by_point(pair: Comparison, values: Floats) -> tuple[NDArray[np.int64], Floats]:
    """Places of one run of each point with a value, and the means of the values over its replications."""
    known = np.isfinite(values)
    points, first, place = np.unique(pair.controls.point[known], return_index=True, return_inverse=True)
    total, count = np.bincount(place, values[known], points.size), np.bincount(place, minlength=points.size)
    return np.flatnonzero(known)[first], total / np.maximum(count, 1)


def _fifths(pair: Comparison, name: str, runs: NDArray[np.int64], means: Floats) -> dict[str, Any] | None:
    """One row; None for a parameter that is the same at all points."""
    at = pair.controls.parameters[name][runs]
    below, above = np.quantile(at, [FIFTH, 1.0 - FIFTH])
    low, high = means[at <= below], means[at >= above]
    if below == above or min(low.size, high.size) < 2:
        return None
    error, chance = _welch(low, high)
    about = PARAMETERS[name]
    return {
        "name": name,
        "label": name.replace("_", " "),
        "meaning": about.meaning,
        "unit": about.unit,
        "at": [_number(float(below), 6), _number(float(above), 6)],
        "low": _number(float(low.mean())),
        "high": _number(float(high.mean())),
        "error": _number(error),
        "chance": chance,
    }


def _welch(one: Floats, other: Floats) -> tuple[float, float]:
    """Half of the 90 % interval of a difference of means, and how often chance alone makes one as large."""
    from scipy.stats import t  # noqa: PLC0415  (slow to import)

    parts = [sample.var(ddof=1) / sample.size for sample in (one, other)]
    if sum(parts) == 0.0:
        return 0.0, float(one.mean() == other.mean())
    freedom = sum(parts) ** 2 / sum(
        part**2 / (size - 1) for part, size in zip(parts, (one.size, other.size), strict=True)
    )
    error = float(np.sqrt(sum(parts)))
    chance = 2.0 * float(t.sf(abs(one.mean() - other.mean()) / error, freedom))
    return error * float(t.isf((1.0 - CONFIDENCE) / 2.0, freedom)), chance


# --- for which weights ------------------------------------------------------------------------------------------------


def ternary_table(pair: Comparison, horizon: int | str = 2028) -> dict[str, Any]:
    """Share of pairs in which the controls lose, for weights of lead, independence and revenue on a triangle.

    Rows go by the weight of the first aim, then of the second, in steps of 1 / `STEPS`; one table for each weight of
    relative pain in `PAIN`, of which the triangle shares what is left (MODEL 9.8).
    """
    net = pair.net_strategic_effect(horizon)
    known = np.isfinite(net.scores).all(axis=1)
    scores, weights = net.scores[known], triangle(STEPS)
    tables = []
    for pain in PAIN:
        full = np.column_stack([weights * (1.0 - pain), np.full(len(weights), pain)])
        losing = (full @ scores.T < 0.0).mean(axis=1) if known.any() else np.full(len(weights), np.nan)
        tables.append([_number(share, 3) for share in losing])
    return {
        "horizon": net.horizon, "aims": list(AIMS[:3]), "fourth": AIMS[3], "steps": STEPS, "pain": list(PAIN),
        "shares": tables, "runs": int(known.sum()), "points": int(np.unique(net.groups[known]).size),
        "rests_on": net.rests_on,
    }  # fmt: skip


def triangle(steps: int) -> Floats:
    """Weights of three aims that add up to 1, in equal steps: (point, aim)."""
    points = [(i, j, steps - i - j) for i in range(steps + 1) for j in range(steps + 1 - i)]
    return np.asarray(points, dtype=np.float64) / steps
