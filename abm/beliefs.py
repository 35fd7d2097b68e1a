"""What worlds believe about the parameters: the priors, the posterior fitted to the facts, or a school's prior pack.

A posterior is a committed table of weighted draws (`data/posterior/NAME.csv`, made by `curbs calibrate`) of the
parameters that facts to its last quarter can move. A point takes one whole row, so that what trades off stays
together; every other parameter is drawn from its prior, and both depend on (seed, point) alone.
"""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from abm.parameter_index import PARAMETERS
from abm.parameters import Parameters, defaults, draw, uniform_by_point
from abm.prior_packs import density_ratio, list_prior_packs, load_prior_pack
from abm.schema import DATA, nearest

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FOLDER = DATA / "posterior"
PRIOR, POSTERIOR = "prior", "posterior"
UPDATED = "_posterior"
"""A pack's name with this ending: the posterior under the pack's prior."""
WEIGHT = "weight"
STREAM = "posterior row"


class BeliefError(ValueError):
    """Beliefs that do not exist, or a table of draws that cannot be used; one line with the cure."""


@dataclass(frozen=True, eq=False)
class Posterior:
    """Weighted draws of the parameters that were fitted.

    Attributes
    ----------
    names : (parameter,).
    values : (draw, parameter), each in the parameter's unit.
    weight : (draw,), sums to 1.
    medoid : the draw that lies nearest to all others, which `--point` takes.
    manifest : how it was made.
    """

    name: str
    names: tuple[str, ...]
    values: Floats
    weight: Floats
    medoid: int
    manifest: Mapping[str, Any]

    def rows(self, place: Floats) -> Ints:
        """Draws at places 0 to 1 of the weights."""
        edges = np.cumsum(self.weight)
        return np.asarray(np.minimum(np.searchsorted(edges, place * edges[-1], side="right"), len(edges) - 1))

    def column(self, name: str) -> Floats:
        """Draws of one parameter, (draw,)."""
        return self.values[:, self.names.index(name)]

    def under(self, pack: Parameters) -> Floats:
        """Weights (draw,) that the draws have under the priors of a pack.

        Raises
        ------
        BeliefError
            If the pack rules out every draw.
        """
        moved = {name: pack[name] if name in self.names else PARAMETERS[name] for name in PARAMETERS}
        values = {name: self.column(name) for name in self.names}
        weight = self.weight * np.broadcast_to(density_ratio(moved, values), self.weight.shape)
        if not weight.sum() > 0.0:
            raise BeliefError(f"posterior {self.name!r}: the pack rules out every draw; widen its ranges")
        return np.asarray(weight / weight.sum())


def list_beliefs() -> dict[str, str]:
    """Names that `Scenario.with_beliefs` takes, with one sentence on each."""
    found = {PRIOR: "every parameter from its prior"}
    for name in _posteriors():
        found[name] = f"fitted to the facts to {load_posterior(name).manifest['facts_to']}"
    for name, told in list_prior_packs().items():
        found[name] = told
        if POSTERIOR in found:
            found[name + UPDATED] = f"the same after the facts to {load_posterior(POSTERIOR).manifest['facts_to']}"
    return found


def check_beliefs(name: str) -> str:
    """The name itself.

    Raises
    ------
    BeliefError
        No such beliefs.
    """
    known = list_beliefs()
    if name not in known:
        raise BeliefError(f"unknown beliefs {name!r}{nearest(str(name), known)}")
    return name


def drawn(beliefs: str, seed: int, points: Ints, fixed: Mapping[str, float]) -> dict[str, Floats]:
    """Every parameter at each point, drawn; what is fixed holds at every point. One array a parameter, (point,)."""
    table, posterior = _parts(beliefs)
    found = draw(table, seed, points, fixed)
    if posterior is None:
        return found
    rows = posterior.rows(uniform_by_point(seed, STREAM, points))
    return found | {name: posterior.column(name)[rows] for name in posterior.names if name not in fixed}


def central(beliefs: str, points: Ints, fixed: Mapping[str, float]) -> dict[str, Floats]:
    """Every parameter at its default, or at the medoid of the posterior where it was fitted; (point,) each."""
    table, posterior = _parts(beliefs)
    found = defaults(table, points, fixed)
    if posterior is None:
        return found
    middle = {name: float(posterior.column(name)[posterior.medoid]) for name in posterior.names if name not in fixed}
    return found | {name: np.full(len(points), value) for name, value in middle.items()}


@lru_cache(maxsize=16)
def _parts(beliefs: str) -> tuple[Parameters, Posterior | None]:
    """Priors of what was not fitted, and the draws of what was."""
    if beliefs == PRIOR:
        return PARAMETERS, None
    if beliefs in _posteriors():
        return PARAMETERS, load_posterior(beliefs)
    if beliefs.endswith(UPDATED):
        pack = load_prior_pack(beliefs.removesuffix(UPDATED))
        posterior = load_posterior(POSTERIOR)
        weight = posterior.under(pack)
        return pack, Posterior(
            beliefs, posterior.names, posterior.values, weight, medoid_of(posterior.values, weight), posterior.manifest
        )
    return load_prior_pack(check_beliefs(beliefs)), None


def medoid_of(values: Floats, weight: Floats) -> int:
    """Draw with the least weighted mean distance to all others, each parameter over its spread."""
    spread = np.sqrt(np.average((values - np.average(values, axis=0, weights=weight)) ** 2, axis=0, weights=weight))
    scaled = values / np.where(spread > 0.0, spread, 1.0)
    distance = [float(weight @ np.sqrt(((scaled - one) ** 2).sum(axis=1))) for one in scaled]
    kept = np.where(weight > 0.0, distance, np.inf)
    return int(np.argmin(kept))


def _posteriors() -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in FOLDER.glob("*.csv")))


@lru_cache(maxsize=8)
def load_posterior(name: str, folder: Path = FOLDER) -> Posterior:
    """Read a table of weighted draws and its manifest.

    Raises
    ------
    BeliefError
        File and column: a table that is missing, has unknown parameters, values out of range or bad weights.
    """
    path = folder / f"{name}.csv"
    try:
        with path.open(encoding="utf-8", newline="") as file:
            header, *lines = list(csv.reader(file))
        table = np.array(lines, dtype=np.float64)
        manifest = tomllib.loads(path.with_suffix(".toml").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BeliefError(f"{path}: cannot be read as a posterior: {error}") from None
    if header[0] != WEIGHT or table.ndim != 2 or not len(table):
        raise BeliefError(f"{path}: the first column must be {WEIGHT!r}, with one draw a line below")
    for place, parameter in enumerate(header[1:], start=1):
        if parameter not in PARAMETERS:
            raise BeliefError(f"{path}: unknown parameter {parameter!r}{nearest(parameter, PARAMETERS)}")
        p = PARAMETERS[parameter]
        if not ((table[:, place] >= p.low) & (table[:, place] <= p.high)).all():
            raise BeliefError(f"{path}: column {parameter!r} leaves the range [{p.low:g}, {p.high:g}]; calibrate again")
    weight = table[:, 0]
    if not (weight >= 0.0).all() or not weight.sum() > 0.0:
        raise BeliefError(f"{path}: column {WEIGHT!r} must not be negative, nor all zero")
    values, weight = np.ascontiguousarray(table[:, 1:]), weight / weight.sum()
    return Posterior(name, tuple(header[1:]), values, weight, int(manifest["medoid"]), manifest)
