"""Which firms and networks a world has: what both arms of a comparison share beside chance (MODEL 2, 3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

from abm.scenario_values import nearest_of, table
from abm.timeline import ScenarioError

NETWORKS = ("default", "rewired", "bloc_shuffled", "extra_tool_supplier", "one_hub_tools")
"""Networks that a scenario can choose: the model's own, and null models of it (`abm.null_networks`)."""
FEWEST, MOST = 3, 100_000
"""Firms of a synthetic world: each bloc has one at least."""
SPREAD = 1.0
"""Standard deviation of ln size: .97 over the 14 Chinese buyers of firm_shares.csv, .70 over 8 American ones."""
SPREADS = (0.0, 3.0)
LARGEST_SEED = 2**63 - 1


def _whole(key: str, value: object, low: int, high: int) -> int:
    """A whole number of a range, or one line with the key and the nearest number that will do."""
    known = isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
    if isinstance(value, int) and known and low <= value <= high:
        return value
    near = min(max(round(float(value)), low), high) if known and isinstance(value, int | float) else low
    raise ScenarioError(f"key {key!r} must be a whole number from {low} to {high}, not {value!r}; try {near}")


@dataclass(frozen=True)
class Synthetic:
    """A world of drawn AI firms.

    Attributes
    ----------
    firms : int
        How many, `FEWEST` to `MOST`.
    seed : int
        What they are drawn from; sizes, traits and dates of entry of a firm depend on it and on its slot alone.
    spread : float
        Standard deviation of ln size.

    Raises `ScenarioError` with key and nearest value.
    """

    firms: int
    seed: int = 1
    spread: float = SPREAD

    def __post_init__(self) -> None:
        where = "synthetic world: "
        try:
            _whole("firms", self.firms, FEWEST, MOST)
            _whole("seed", self.seed, 0, LARGEST_SEED)
        except ScenarioError as error:
            raise ScenarioError(f"{where}{error}") from None
        number = isinstance(self.spread, int | float) and not isinstance(self.spread, bool)
        if not (number and SPREADS[0] <= self.spread <= SPREADS[1]):
            low, high = SPREADS
            raise ScenarioError(
                f"{where}key 'spread' must be a number from {low} to {high}, not {self.spread!r}; try {SPREAD}"
            )


@dataclass(frozen=True)
class WorldShape:
    """Firms and networks of a world.

    Attributes
    ----------
    synthetic : Synthetic or None
        Drawn firms; None for those of the world file.
    network : str
        One of `NETWORKS`.
    network_seed : int
        What a null model that is drawn is drawn from.
    equal : bool
        Firms of a bloc are alike: the mechanism `firm_heterogeneity` is off.
    """

    synthetic: Synthetic | None = None
    network: str = NETWORKS[0]
    network_seed: int = 1
    equal: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.synthetic, Synthetic | None):
            raise ScenarioError(f"key 'synthetic' must be a table with firms and seed, not {self.synthetic!r}")
        if self.network not in NETWORKS:
            raise ScenarioError(f"key 'network': {self.network!r} is unknown{nearest_of(self.network, NETWORKS)}")
        _whole("network_seed", self.network_seed, 0, LARGEST_SEED)

    @property
    def large(self) -> bool:
        """Whether plans of this shape are too large to be kept."""
        return self.synthetic is not None and self.synthetic.firms > KEPT

    def describe(self) -> dict[str, Any]:
        """Plain values for manifests; nothing for the default world."""
        found: dict[str, Any] = {}
        if self.synthetic is not None:
            made = self.synthetic
            found["synthetic"] = {"firms": made.firms, "seed": made.seed, "spread": made.spread}
        if self.network != NETWORKS[0]:
            found |= {"network": self.network, "network_seed": self.network_seed}
        return found


KEPT = 2_000
"""Firms up to which a world counts as small: its plan is kept, its lanes run in blocks of the usual size."""


def shape_from(facts: Mapping[str, Any]) -> WorldShape:
    """The shape that `WorldShape.describe` described among other facts."""
    made = Synthetic(**facts["synthetic"]) if "synthetic" in facts else None
    return WorldShape(made, facts.get("network", NETWORKS[0]), facts.get("network_seed", 1))


def read_synthetic(value: Any) -> Synthetic:
    """The table [synthetic] of a scenario file."""
    known = ("firms", "seed", "spread")
    given: Mapping[str, Any] = table(value)
    for key in given:
        if key not in known:
            raise ValueError(f"unknown key {key!r}{nearest_of(key, known)}")
    if "firms" not in given:
        raise ValueError("key 'firms' is missing: write firms = 1000")
    try:
        return Synthetic(**given)
    except ScenarioError as error:
        raise ValueError(str(error)) from None
