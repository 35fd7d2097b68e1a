"""How far a report may lie from what a right model says, and which series tell of the same thing.

Both come from the targets of the calibration (`abm/data/targets.toml`), so that a forecast is judged with the error
that the fit allowed. A measured series that is no target shares the group, and in the same unit the tolerance, of the
first target that reads one of the same recorded series.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from abm.operator_parts import FIRST_MONTH
from abm.operators import OPERATORS
from experiments.calibration.targets import NORMAL_90, Target, load_targets
from experiments.validation.observations import Observation

type Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Tolerance:
    """Half of a 90 % range of reports about the model's figure.

    Attributes
    ----------
    half : a share of the figure if `relative`, else in the series' unit.
    """

    half: float
    relative: bool


def target_groups() -> dict[str, str]:
    """Group of each measured series by id; series that tell of nothing else are absent."""
    first = _first_targets()
    found = {name: _kin(name, first, same_unit=False) for name in OPERATORS}
    return {name: target.group for name, target in found.items() if target is not None}


def target_tolerances() -> dict[str, Tolerance]:
    """Tolerance of each measured series by id; series without one are absent."""
    first = _first_targets()
    found = {name: _kin(name, first, same_unit=True) for name in OPERATORS}
    return {
        name: Tolerance(target.tolerance, target.transform == "ln")
        for name, target in found.items()
        if target is not None
    }


def _first_targets() -> dict[str, Target]:
    """A fact of each target series, in file order; all its facts have one group and tolerance."""
    found: dict[str, Target] = {}
    for one in load_targets().targets:
        found.setdefault(one.series, one)
    return found


def _kin(name: str, targets: Mapping[str, Target], same_unit: bool) -> Target | None:
    """The target of a series, or the first that reads one of the same recorded series."""
    if name in targets:
        return targets[name]
    own = OPERATORS[name]
    for other, target in targets.items():
        shared = set(own.uses) & set(OPERATORS[other].uses) - {FIRST_MONTH}  # a date is nothing that is told
        if shared and (target.unit == own.unit or not same_unit):
            return target
    return None


def error_sd(members: Floats, observation: Observation, tolerance: Tolerance | None) -> Floats:
    """Standard deviation of the report about each member's figure, (member,).

    The wider of the series' tolerance and of the range that the row gives, read as a central 90 % range; a range with
    one end counts as symmetrical. Relative tolerances are those of logarithms, as in the fit.
    """
    low, high = observation.low, observation.high
    below = observation.value - low if low is not None else None
    above = high - observation.value if high is not None else None
    ends = [end for end in (below, above) if end is not None]
    own = sum(ends) / len(ends) if ends else 0.0
    sd = np.full(members.size, own / NORMAL_90)
    if tolerance is not None:
        by_table = np.log1p(tolerance.half) * np.abs(members) if tolerance.relative else tolerance.half
        sd = np.maximum(sd, by_table / NORMAL_90)
    return sd


def shared_weights(observations: Sequence[Observation], groups: Mapping[str, str]) -> Floats:
    """How much each observation counts in a pool, (observation,): what a group says of a quarter counts once.

    Each quarter of an observation counts one over the number of observations of its group (of its series, where it has
    no group) that cover the quarter; the weight is the mean over its quarters.
    """
    covering: dict[tuple[str, int], int] = {}
    for one in observations:
        for step in one.span:
            key = groups.get(one.series_id, one.series_id), step
            covering[key] = covering.get(key, 0) + 1
    return np.array(
        [
            np.mean([1.0 / covering[groups.get(one.series_id, one.series_id), step] for step in one.span])
            for one in observations
        ]
    )
