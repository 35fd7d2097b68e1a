"""Facts to 2024Q4 that the parameters are fitted to, each with its tolerance and the weight of its group.

`abm/data/targets.toml` says for every series how far a right model may lie from it and which series tell of the same
shipments; the observation operators (`abm.operators`) measure the same quantity in every run.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from abm.calendar import periods_of, quarter_index
from abm.operators import OPERATORS, known_facts
from abm.parameter_index import PARAMETERS
from abm.results import Results
from abm.scenario_values import nearest_of
from abm.schema import DATA

Floats = NDArray[np.float64]

FILE = DATA / "targets.toml"
LEFT_OUT, FIT = "left_out", "fit"
NORMAL_90 = 1.6448536269514722
"""Half of a central 90 % range of the standard normal distribution."""
KEYS = {
    "group": str, "transform": str, "tolerance": float, "floor": float, "weight": float, "why": str, "periods": list,
}  # fmt: skip
OPTIONAL = ("periods", "floor")
TRANSFORMS = ("ln", "linear")
LEAST = 0.05
"""Share of the fact below which a statistic counts as this share: what is not there is not infinitely wrong."""


class TargetError(ValueError):
    """A file of targets that cannot be used; one line that names file, series, key and cure."""


@dataclass(frozen=True)
class Target:
    """One fact: a series in a period.

    Attributes
    ----------
    value, sd : on the scale of the fit: ln of the series' unit for transform "ln", else its unit.
    observed, tolerance : as the source has it, in the unit of the series; half of a 90 % range, as in the file.
    weight : share of a full fact that it counts, 0 to 1.
    """

    series: str
    period: str
    group: str
    transform: str
    unit: str
    value: float
    sd: float
    weight: float
    observed: float
    tolerance: float
    why: str

    @property
    def name(self) -> str:
        """Series and period."""
        return f"{self.series} {self.period}"

    def fit_scale(self, values: Floats) -> Floats:
        """The model's statistic on the scale of the fit; NaN stays NaN."""
        if self.transform == "ln":
            return np.asarray(np.log(np.maximum(values, LEAST * self.observed)))
        return np.asarray(values, dtype=np.float64)

    def own_scale(self, values: Floats) -> Floats:
        """Back to the unit of the series."""
        return np.exp(values) if self.transform == "ln" else values

    def inside(self, value: float, times: float = 1.0) -> bool:
        """Whether a value in the unit of the series lies within `times` the tolerance."""
        return bool(abs(float(self.fit_scale(np.asarray(value))) - self.value) <= times * NORMAL_90 * self.sd)


@dataclass(frozen=True, eq=False)
class TargetSet:
    """Facts in a fixed order, and the parameters that are fitted to them.

    Attributes
    ----------
    left_out : series with facts that are no targets, and why.
    free : parameters that are fitted.
    """

    targets: tuple[Target, ...]
    left_out: Mapping[str, str]
    free: tuple[str, ...]

    def __len__(self) -> int:
        """Number of facts."""
        return len(self.targets)

    @property
    def names(self) -> tuple[str, ...]:
        """Series and period of each fact."""
        return tuple(one.name for one in self.targets)

    def column(self, name: str) -> Floats:
        """`value`, `sd` or `weight` of each fact."""
        return np.array([getattr(one, name) for one in self.targets])

    @property
    def series(self) -> tuple[str, ...]:
        """Series with at least one fact."""
        return tuple(dict.fromkeys(one.series for one in self.targets))

    @property
    def last_step(self) -> int:
        """Last quarter that a run must reach to measure all facts; fiscal periods end a month later."""
        ends = [periods_of(one.period)[-1] + OPERATORS[one.series].fiscal for one in self.targets]
        return max(ends)

    def up_to(self, period: str) -> TargetSet:
        """The facts known at the end of a quarter, such as "2023Q4"."""
        last = quarter_index(period)
        kept = tuple(one for one in self.targets if periods_of(one.period)[-1] <= last)
        return replace(self, targets=kept)

    def measure(self, results: Results) -> Floats:
        """Statistics of runs on the scale of the fit, (run, fact); NaN where a run failed or has no such number."""
        seen = {name: results.observe(name) for name in self.series}
        columns = [one.fit_scale(seen[one.series].at(one.period)) for one in self.targets]
        values = np.stack(columns, axis=1)
        values[~results.ok] = np.nan
        return np.asarray(values)


def load_targets(path: Path | str = FILE) -> TargetSet:
    """Read a file of targets.

    Raises
    ------
    TargetError
        Unknown series, keys, transforms or periods, weights outside 0 to 1, tolerances that are not above 0, a
        measured series that is neither a target nor left out.
    """
    file = Path(path)
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise TargetError(f"{file}: cannot be read as a file of targets: {error}") from error
    left_out, free = tables.pop(LEFT_OUT, {}), _free(str(file), tables.pop(FIT, {}))
    for name in (*tables, *left_out):
        if name not in OPERATORS:
            raise TargetError(f"{file}: unknown series {name!r}{nearest_of(name, tuple(OPERATORS))}")
    told = [name for name in OPERATORS if known_facts(name)]
    for name in told:
        if (name in tables) == (name in left_out):
            both = "both a target and left out" if name in tables else "neither a target nor left out"
            raise TargetError(f"{file}: series {name!r} is {both}; give it one table or one line under [{LEFT_OUT}]")
    found = tuple(one for name, table in tables.items() for one in _targets(f"{file}: series {name!r}", name, table))
    return TargetSet(found, left_out, free)


def _free(file: str, table: Any) -> tuple[str, ...]:
    """Names of the free parameters."""
    where = f"{file}: table '{FIT}'"
    for key in table:
        if key != "free":
            raise TargetError(f"{where}: unknown key {key!r}; the only one is 'free'")
    free = tuple(table.get("free", ()))
    for name in free:
        if name not in PARAMETERS:
            raise TargetError(f"{where}: unknown parameter {name!r}{nearest_of(name, tuple(PARAMETERS))}")
    if not free or len(set(free)) < len(free):
        raise TargetError(f"{where}: key 'free' must name at least one parameter, and none twice")
    return free


def _targets(where: str, name: str, table: Any) -> list[Target]:
    _check(where, table)
    operator = OPERATORS[name]
    known = known_facts(name)
    periods = table.get("periods", list(known))
    for period in periods:
        if period not in known:
            raise TargetError(f"{where}: key 'periods': no fact in {period!r}{nearest_of(period, tuple(known))}")
    return [_target(name, period, operator.unit, table, known[period]) for period in periods]


def _check(where: str, table: Any) -> None:
    if not isinstance(table, dict):
        raise TargetError(f"{where}: must be a table with the keys {', '.join(KEYS)}")
    for key, value in table.items():
        if key not in KEYS:
            raise TargetError(f"{where}: unknown key {key!r}{nearest_of(key, tuple(KEYS))}")
        if not isinstance(value, KEYS[key]) or isinstance(value, bool):
            raise TargetError(f"{where}: key {key!r} must be a {KEYS[key].__name__}, not {value!r}")
    for key in KEYS:
        if key not in table and key not in OPTIONAL:
            raise TargetError(f"{where}: key {key!r} is missing")
    if table["transform"] not in TRANSFORMS:
        known = nearest_of(table["transform"], TRANSFORMS)
        raise TargetError(f"{where}: unknown transform {table['transform']!r}{known}")
    if not table["tolerance"] > 0.0:
        raise TargetError(f"{where}: key 'tolerance' must be above 0, not {table['tolerance']}")
    if table.get("floor", 0.0) < 0.0:
        raise TargetError(f"{where}: key 'floor' must not be below 0, not {table['floor']}")
    if not 0.0 < table["weight"] <= 1.0:
        raise TargetError(f"{where}: key 'weight' must lie above 0 and at most at 1, not {table['weight']}")


def _target(name: str, period: str, unit: str, table: dict[str, Any], row: tuple[float, float, float]) -> Target:
    """The wider of the file's tolerance and half of the source's own range; a floor comes on top of either."""
    value, low, high = row
    ln = table["transform"] == "ln"
    own = (np.log(high / low) if ln else high - low) / 2.0 if low > 0.0 else np.nan
    # a share of the value is a distance of logarithms
    half = np.fmax(np.log1p(table["tolerance"]) if ln else table["tolerance"], own)
    floor = table.get("floor", 0.0)
    half = np.hypot(half, np.log1p(floor / value) if ln else floor)
    place = float(np.log(value)) if ln else value
    return Target(
        name, period, table["group"], table["transform"], unit, place, float(half / NORMAL_90), table["weight"], value,
        table["tolerance"], table["why"],
    )  # fmt: skip
