"""The model as a simulator of facts: points of the free parameters in, statistics to the last fact out.

Whole populations per call. Parameters that are not free are drawn from their priors at every point, so that what is
fitted does not rest on their defaults. A call can be kept on disk by its stage, so that what follows can be killed and
resumed with the same bits.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from abm.parameter_index import PARAMETERS
from abm.parameters import QUANTILES, Parameter
from abm.running import Request
from abm.scenario import Scenario
from abm.scenario_values import nearest_of
from abm.simulation import run_courses
from experiments.calibration.targets import TargetSet
from experiments.design import model_digest
from experiments.drive import seed_of

Floats = NDArray[np.float64]

AT_ONCE = 2048
"""Worlds whose full record is held in memory at a time."""
BELOW_ONE = 1.0 - 2.0**-53


class FreeError(ValueError):
    """A parameter that cannot be fitted."""


@dataclass(frozen=True)
class ModelSimulator:
    """The controlled arm of a scenario, run to the last fact.

    Attributes
    ----------
    scenario : controls; what it fixes is not free.
    names : free parameters.
    targets : facts.
    replications : worlds at every point, whose mean on the scale of the fit is its statistic.
    folder : where calls are kept; None keeps nothing.
    threads : of the engine, None for one a core; bits do not depend on it.
    progress : called with a text after every part of a call.
    """

    scenario: Scenario
    names: tuple[str, ...]
    targets: TargetSet
    replications: int = 1
    folder: Path | None = None
    threads: int | None = None
    progress: Callable[[str], object] | None = None

    def __post_init__(self) -> None:
        for name in self.names:
            if name not in PARAMETERS:
                raise FreeError(f"unknown parameter {name!r}{nearest_of(name, tuple(PARAMETERS))}")
            if PARAMETERS[name].prior in ("fixed", "dirichlet"):
                raise FreeError(f"parameter {name!r} has prior {PARAMETERS[name].prior!r} and cannot be fitted alone")
            if name in self.scenario.fixed:
                raise FreeError(f"parameter {name!r} is fixed by scenario {self.scenario.name!r}")

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """The free parameters."""
        return tuple(PARAMETERS[name] for name in self.names)

    def prior(self, unit: Floats) -> Floats:
        """Values of the free parameters at places 0 to 1 of their priors, (point, parameter)."""
        return parameter_points(self.parameters, unit)

    def simulate(self, unit: Floats, seed: int, stage: str) -> Floats:
        """Statistics on the scale of the fit, (point, fact); chance is new in every stage. Failed runs are NaN."""
        if self.folder is None:
            return self._run(self.prior(unit), seed_of(seed, stage), stage)
        path = self.folder / f"{stage}.npz"
        key = self._key(unit, seed, stage)
        if path.is_file():
            with np.load(path) as kept:
                if str(kept["key"]) == key:
                    return np.asarray(kept["statistics"])
            raise FreeError(
                f"{path}: belongs to another calibration or model; take another --out, or remove the folder"
            )
        statistics = self._run(self.prior(unit), seed_of(seed, stage), stage)
        self.folder.mkdir(parents=True, exist_ok=True)
        beside = path.with_suffix(".part")
        with beside.open("wb") as file:
            np.savez_compressed(file, key=np.array(key), statistics=statistics)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
        return statistics

    def _key(self, unit: Floats, seed: int, stage: str) -> str:
        """All that decides what a call gives."""
        digest = hashlib.sha256(np.ascontiguousarray(unit).tobytes())
        facts = (self.names, self.targets.names, self.replications, seed, stage, self.scenario.describe())
        digest.update(repr((*facts, model_digest())).encode())
        return digest.hexdigest()

    def _run(self, points: Floats, seed: int, stage: str) -> Floats:
        stop, count = self.targets.last_step + 1, len(points) * self.replications
        parts = []
        for first in range(0, count, AT_ONCE):
            worlds = np.arange(first, min(first + AT_ONCE, count))
            request = Request(worlds, seed, self.replications, self.threads, given=self._given(points))
            results = run_courses([((0, self.scenario),)], request, stop=stop).results[0]
            parts.append(self.targets.measure(results))
            if self.progress is not None:
                self.progress(f"{stage}: {worlds[-1] + 1} of {count} runs")
        statistics = np.concatenate(parts).reshape(len(points), self.replications, -1)
        return np.asarray(statistics.mean(axis=1))

    def _given(self, points: Floats) -> Callable[[NDArray[np.int64]], dict[str, Floats]]:
        def given(ids: NDArray[np.int64]) -> dict[str, Floats]:
            rows = points[np.minimum(ids, len(points) - 1)]
            return {name: np.ascontiguousarray(rows[:, place]) for place, name in enumerate(self.names)}

        return given


def parameter_points(parameters: Sequence[Parameter], unit: Floats) -> Floats:
    """Quantiles of the priors at places 0 to 1, (point, parameter)."""
    inside = np.clip(unit, 1.0 - BELOW_ONE, BELOW_ONE)
    columns = [QUANTILES[p.prior](p, inside[:, place]) for place, p in enumerate(parameters)]
    ends = [(p.low, p.high) for p in parameters]
    return np.stack([np.clip(one, *end) for one, end in zip(columns, ends, strict=True)], axis=1)
