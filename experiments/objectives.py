"""What a policy search weighs: objectives read from data, and the robust measures made of them over futures."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from abm.outcomes import OUTCOMES, log_ratio
from abm.results import horizon_step
from abm.scenario_values import choice, nearest_of, number, text
from experiments.analysis import LOGARITHMS, AnalysisError, Table
from experiments.design import LEVERAGE, Floats, unit_of

FILE = Path(__file__).parent / "objectives.toml"
TAIL = 0.9
"""Quantile of regret over futures: in one future of ten it is larger."""
MOST_UNKNOWN = 0.05
"""Share of futures without a value above which a policy is no candidate."""

KEYS: dict[str, Callable[[Any], Any]] = {
    "outcome": text,
    "horizon": text,
    "measure": choice(("effect", "level")),
    "wanted": choice(("high", "low")),
    "satisfied": number,
}


@dataclass(frozen=True)
class Objective:
    """One thing wanted: an outcome at a horizon, high or low."""

    name: str
    outcome: str
    horizon: str
    measure: str
    wanted: str
    satisfied: float

    @property
    def sign(self) -> float:
        """1 if high values are wanted, else -1."""
        return 1.0 if self.wanted == "high" else -1.0

    @property
    def unit(self) -> str:
        """Unit of its values."""
        logarithm = self.measure == "effect" and self.outcome in LOGARITHMS
        return "ln" if logarithm else unit_of(self.outcome)

    def values(self, table: Table, arm: int, base: int) -> Floats:
        """Value in each future, (point,), NaN where a run failed."""
        have = table.inputs
        place, at = have.outcomes.index(self.outcome), have.horizons.index(self.horizon)
        mine, other = table.values[:, arm, place, at], table.values[:, base, place, at]
        if self.measure == "level":
            return table.by_point(mine)
        return table.by_point(log_ratio(mine, other) if self.outcome in LOGARITHMS else mine - other)


def load_objectives(path: Path | None = None) -> tuple[Objective, ...]:
    """Objectives of a file, by default those that ship.

    Raises
    ------
    AnalysisError
        One line with the file, the key, the nearest valid name and the cure.
    """
    file = path or FILE
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise AnalysisError(f"{file}: cannot be read as objectives: {error}") from None
    found = tuple(_objective(file, name, given) for name, given in content.items())
    if len(found) < 2:
        raise AnalysisError(f"{file}: holds {len(found)} objectives; a trade-off needs at least two")
    return found


def _objective(file: Path, name: str, given: Any) -> Objective:
    if not isinstance(given, dict):
        raise AnalysisError(f"{file}: key {name!r} must be a table with {', '.join(KEYS)}")
    read: dict[str, Any] = {}
    for key, value in given.items():
        if key not in KEYS:
            raise AnalysisError(f"{file}: unknown key '{name}.{key}'{nearest_of(key, KEYS)}")
        try:
            read[key] = KEYS[key](str(value) if key == "horizon" else value)
        except ValueError as error:
            raise AnalysisError(f"{file}: key '{name}.{key}': {error}") from None
    missing = [key for key in KEYS if key not in read]
    if missing:
        raise AnalysisError(f"{file}: key '{name}.{missing[0]}' is missing")
    known = (*OUTCOMES, LEVERAGE)
    if read["outcome"] not in known:
        raise AnalysisError(
            f"{file}: key '{name}.outcome': {read['outcome']!r} is unknown{nearest_of(read['outcome'], known)}"
        )
    horizon_step(read["horizon"])
    return Objective(name, **read)


# --- over futures -----------------------------------------------------------------------------------------------------


def means(values: Floats) -> Floats:
    """Mean over the futures that are known, (policy, objective), of values (policy, future, objective)."""
    known = np.isfinite(values)
    total = np.where(known, values, 0.0).sum(axis=1)
    return np.asarray(np.divide(total, known.sum(axis=1), out=np.full_like(total, np.nan), where=known.any(axis=1)))


def best(values: Floats) -> Floats:
    """Best value of any policy in each future, (future, objective); NaN where none is known; high is good."""
    filled = np.where(np.isfinite(values), values, -np.inf).max(axis=0)
    return np.where(np.isfinite(filled), filled, np.nan)


def regrets(values: Floats, reference: Floats) -> Floats:
    """By how much a policy falls short of the best in that future: its `TAIL` quantile, (policy, objective)."""
    short = np.where(np.isfinite(values), reference - values, np.nan)
    found = np.full(values.shape[::2], np.nan)
    for policy in range(values.shape[0]):
        for objective in range(values.shape[2]):
            known = short[policy, :, objective]
            known = known[np.isfinite(known)]
            if known.size:
                found[policy, objective] = np.quantile(known, TAIL, method="inverted_cdf")
    return found


def unsatisfied(values: Floats, satisfied: Floats) -> Floats:
    """Share of the known futures in which a value falls short of what satisfies, (policy, objective)."""
    known = np.isfinite(values)
    short = (known & (values < satisfied)).sum(axis=1).astype(np.float64)
    return np.asarray(np.divide(short, known.sum(axis=1), out=np.full_like(short, np.nan), where=known.any(axis=1)))


def unknown(values: Floats) -> Floats:
    """Share of futures in which any objective has no value, (policy,)."""
    return np.asarray((~np.isfinite(values).all(axis=2)).mean(axis=1))
