"""Comparison of a scenario with its counterfactual: effects, regimes with intervals, time to backfire (MODEL 9).

Nothing here says "backfires" without a horizon, a probability, an interval and the number of runs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from abm.calendar import quarter_label
from abm.decomposition import Decomposition, decompose
from abm.effects import Arms, Effect, Effects
from abm.intervals import (
    Shares,
    Survival,
    Waiting,
    cluster_shares,
    first_lasting,
    independent_groups,
    spread,
)
from abm.outcomes import Floats
from abm.regimes import (
    DECOUPLING_RESTS_ON,
    LEAD_BAND,
    NAMES,
    OUTPUT_BAND,
    REVENUE_BAND,
    Codes,
    regime_codes,
)
from abm.results import Results, UnknownNameError, horizon_step
from abm.schema import nearest
from abm.storage import new_folder

HORIZONS = ("2026", "2028", "2030", "2032")
"""Horizons of every table; each means the fourth quarter."""
BAND_FACTORS = (0.5, 1.0, 2.0)
"""Factors on the bands in the reclassification table."""
STAYS = 4
"""Quarters that an effect must stay outside its band to count as a backfire."""

_BACKFIRE = (("lead", -LEAD_BAND), ("domestic_output", OUTPUT_BAND), ("us_revenue", -REVENUE_BAND))
"""Dimensions of backfire and their bands, signed: lead lost, domestic output induced, US revenue lost."""

HEADLINES = (
    "lead", "lead_china_slowed", "lead_us_changed", "domestic_output", "self_reliance", "half_domestic_earlier",
    "us_revenue", "us_revenue_china", "us_profit", "us_research", "us_frontier",
)  # fmt: skip
"""Effects in the summary table."""


def _median(level: Floats | None) -> float:
    return float("nan") if level is None else spread(level).median


@dataclass(frozen=True)
class RegimeRow:
    """Probability of one regime at a horizon, with its 90 % interval."""

    regime: str
    probability: float
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class RegimeTable:
    """Probabilities of the eleven regimes and of `undefined` at one horizon.

    Attributes
    ----------
    bands : float
        Factor on the bands.
    codes : (run,)
        Regime of each pair as a place in `names`; -1 for pairs with a failed run, which count nowhere else.
    shares : Shares
        Probabilities and intervals by place in `names`, with the counts below.
    failed : int
        Pairs left out because a run failed.
    decoupling_rests_on : str
        What the second sign of the partition is made of.
    """

    scenario: str
    counterfactual: str
    horizon: str
    bands: float
    names: tuple[str, ...]
    codes: Codes
    shares: Shares
    failed: int
    decoupling_rests_on: str = DECOUPLING_RESTS_ON

    @property
    def runs(self) -> int:
        """Pairs counted."""
        return self.shares.runs

    @property
    def points(self) -> int:
        """Independent groups of pairs: parameter points, or pairs where all have the same parameters."""
        return self.shares.clusters

    @property
    def effective(self) -> float:
        """Number of independent pairs worth as much."""
        return self.shares.effective

    @property
    def mixed(self) -> int:
        """Points whose pairs fall into more than one regime; many call for more replications a point."""
        return self.shares.mixed

    @cached_property
    def rows(self) -> tuple[RegimeRow, ...]:
        """One row per regime, `undefined` last."""
        columns = zip(self.names, self.shares.probability, self.shares.low, self.shares.high, strict=True)
        return tuple(RegimeRow(name, float(p), float(low), float(high)) for name, p, low, high in columns)

    def __getitem__(self, regime: str) -> RegimeRow:
        """Row of a regime; UnknownNameError names the nearest one."""
        if regime not in self.names:
            raise UnknownNameError(f"regime {regime!r} is unknown{nearest(str(regime), self.names)}")
        return self.rows[self.names.index(regime)]


@dataclass(frozen=True, eq=False)
class Reclassification:
    """How regimes move when all bands are halved or doubled.

    Attributes
    ----------
    factors : tuple of float
    tables : tuple of RegimeTable
        One per factor.
    changed : (factor,)
        Share of pairs whose regime differs from that under the bands as they are.
    moves : (factor, regime, regime)
        Pairs by regime under the bands as they are (rows) and under the factor (columns).
    """

    horizon: str
    factors: tuple[float, ...]
    names: tuple[str, ...]
    tables: tuple[RegimeTable, ...]
    changed: Floats
    moves: Codes


@dataclass(frozen=True, eq=False)
class Backfire:
    """When an effect passes its band on the bad side and stays there for four quarters, over pairs.

    `waiting.quarter` is censored where it has not happened by the last quarter from which four can be seen.
    """

    dimension: str
    band: float
    waiting: Waiting
    groups: Codes

    @cached_property
    def survival(self) -> Survival:
        """Share of pairs without a backfire by quarter (Kaplan-Meier), with 90 % interval over points and counts."""
        return self.waiting.curve(self.groups)

    @property
    def quarters(self) -> tuple[str, ...]:
        """Labels of the steps of `survival`."""
        return tuple(quarter_label(int(step)) for step in self.survival.steps)

    def surviving(self, horizon: int | str) -> tuple[float, float, float]:
        """Share of pairs without a backfire by a horizon, and its 90 % interval; the last known beyond the record."""
        if not self.survival.steps.size:
            return (np.nan, np.nan, np.nan)
        place = min(horizon_step(horizon), int(self.survival.steps[-1]))
        curve = self.survival
        return float(curve.alive[place]), float(curve.low[place]), float(curve.high[place])

    @property
    def median(self) -> str | None:
        """Quarter by which it has happened in half of the pairs (Kaplan-Meier), None if that lies beyond the record."""
        step = self.waiting.median()
        return None if step is None else quarter_label(step)

    @property
    def probability(self) -> float:
        """Share of pairs in which it happens within the record."""
        return self.waiting.share


@dataclass(frozen=True)
class SummaryRow:
    """One line of the summary: an effect at a horizon over pairs, and the median level in each arm.

    `n` counts pairs with a value, `failed` those left out because a run failed, `censored` those that are bounds.
    """

    horizon: str
    effect: str
    unit: str
    median: float
    low: float
    high: float
    controls: float
    counterfactual: float
    n: int
    failed: int
    censored: int


@dataclass(frozen=True, eq=False)
class Comparison:
    """A scenario and its counterfactual in the same worlds.

    Attributes
    ----------
    controls : Results
        With the export controls of the scenario.
    counterfactual : Results
        Without them.

    Raises
    ------
    ResultsError
        If the two are not the same worlds over the same quarters.
    """

    controls: Results
    counterfactual: Results

    def __post_init__(self) -> None:
        """Pair the arms, which checks them."""
        _ = self.arms

    @cached_property
    def arms(self) -> Arms:
        """The runs as pairs."""
        return Arms(self.controls, self.counterfactual)

    @property
    def failed(self) -> int:
        """Pairs of which a run failed; they are left out of both arms."""
        return int(np.sum(~self.arms.ok))

    @property
    def paths(self) -> Mapping[str, Effect]:
        """Every effect over all quarters, (run, quarter), by name."""
        return self.arms.paths

    @cached_property
    def groups(self) -> Codes:
        """Independent group of each pair: its parameter point, or the pair itself if all have the same parameters."""
        controls = self.controls
        return independent_groups(controls.point, controls.world, dict(controls.parameters))

    def decompose(self, effect: str) -> Decomposition:
        """Split an effect into parts that add up to it in every pair and quarter.

        Parameters
        ----------
        effect : str
            "self_reliance": denial (domestic volume held at its path without controls) and inducement (the rest);
            "lead": China slowed and US changed (MODEL 9.1, 9.2).

        Raises
        ------
        UnknownNameError
            An effect without a decomposition, with the nearest one that has one.
        """
        return decompose(self.paths, effect, self.groups)

    def effects(self, horizon: int | str) -> Effects:
        """Paired effects at the end of a year (2028) or in a quarter ("2028Q4")."""
        return self.arms.at(self._step(horizon))

    def regimes(self, horizon: int | str, bands: float = 1.0) -> RegimeTable:
        """Probability of each regime, with intervals that respect points and replications.

        Parameters
        ----------
        bands : float
            Factor on the three bands (1 month of lead, .25 of ln domestic output, .03 of ln revenue).
        """
        step = self._step(horizon)
        lead, output, revenue = (self.paths[name].values[:, step] for name in ("lead", "domestic_output", "us_revenue"))
        codes = np.where(self.arms.ok, regime_codes(lead, output, revenue, bands), -1)
        used = codes >= 0
        parameters = {name: values[used] for name, values in self.controls.parameters.items()}
        groups = independent_groups(self.controls.point[used], self.controls.world[used], parameters)
        shares = cluster_shares(codes[used], groups, len(NAMES))
        names = self.controls.scenario, self.counterfactual.scenario
        return RegimeTable(*names, quarter_label(step), bands, NAMES, codes, shares, self.failed)

    def reclassification(self, horizon: int | str) -> Reclassification:
        """Regimes under bands halved, as they are, and doubled, and who moves where."""
        tables = tuple(self.regimes(horizon, factor) for factor in BAND_FACTORS)
        size = len(NAMES)
        base = tables[BAND_FACTORS.index(1.0)].codes
        used = base >= 0
        moves = np.zeros((len(tables), size, size), dtype=np.int64)
        for place, table in enumerate(tables):
            moves[place] = np.bincount(base[used] * size + table.codes[used], minlength=size**2).reshape(size, size)
        stayed = np.trace(moves, axis1=1, axis2=2)
        changed = 1.0 - stayed / used.sum() if used.any() else np.full(len(tables), np.nan)
        return Reclassification(tables[0].horizon, BAND_FACTORS, NAMES, tables, np.asarray(changed), moves)

    def time_to_backfire(self, bands: float = 1.0) -> dict[str, Backfire]:
        """First quarter outside the band, on the side that hurts the controller, that stays there four quarters.

        By dimension: `lead` (US lead lost), `domestic_output` (China makes more), `us_revenue` (vendors earn less).
        """
        found = {}
        for name, signed in _BACKFIRE:
            band = bands * signed
            path = self.paths[name].values
            outside = path < band if band < 0 else path > band
            found[name] = Backfire(name, band, first_lasting(outside, self.arms.ok, STAYS), self.groups)
        return found

    def summary(self, horizons: Sequence[int | str] = HORIZONS) -> list[SummaryRow]:
        """Headline effects at each horizon: median, 90 % interval over pairs, N."""
        return [self._row(effects, name) for effects in map(self.effects, horizons) for name in HEADLINES]

    def _row(self, effects: Effects, name: str) -> SummaryRow:
        effect = effects[name]
        found = effect.spread
        return SummaryRow(
            horizon=effects.horizon,
            effect=name,
            unit=effect.unit,
            median=found.median,
            low=found.low,
            high=found.high,
            controls=_median(effect.controls),
            counterfactual=_median(effect.counterfactual),
            n=found.n,
            failed=effects.failed,
            censored=0 if effect.censored is None else int(effect.censored.sum()),
        )

    def _step(self, horizon: int | str) -> int:
        return horizon_step(horizon, len(self.controls.quarters))

    def save(self, folder: str | Path) -> Path:
        """Write both arms as folders of results inside a new folder; it is complete or absent."""
        with new_folder(folder) as inside:
            self.controls.save(inside / "controls")
            self.counterfactual.save(inside / "counterfactual")
        return Path(folder)

    @classmethod
    def load(cls, folder: str | Path) -> "Comparison":
        """A saved comparison; ResultsError if an arm is missing or broken."""
        return cls(Results.load(Path(folder) / "controls"), Results.load(Path(folder) / "counterfactual"))
