"""Comparison of a scenario with its counterfactual: effects, regimes with intervals, time to backfire (MODEL 9).

Nothing here says "backfires" without a horizon, a probability, an interval and the number of runs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from abm.calendar import quarter_label
from abm.decomposition import Decomposition, decompose
from abm.effects import Arms, Effect, Effects
from abm.intervals import Waiting, cluster_shares, first_lasting, independent_groups, spread
from abm.leverage import Leverage, measured_step
from abm.lineage import continuing
from abm.outcomes import Floats
from abm.pain import SCOPES, WHOLE, RelativePain, bite_half_life, losses
from abm.regimes import (
    LEAD_BAND,
    LEVERAGE_BAND,
    NAMES,
    OUTPUT_ALONE,
    OUTPUT_BAND,
    REVENUE_BAND,
    Codes,
    regime_codes,
)
from abm.results import Results, UnknownNameError, horizon_step
from abm.schema import nearest
from abm.storage import new_folder, read_leverage, write_leverage
from abm.verdicts import Backfire, Reclassification, RegimeRow, RegimeTable, SummaryRow
from abm.weights import AIMS, SCALES, NetEffect, share_negative, simplex, standardised

if TYPE_CHECKING:
    from abm.audit import Audit, Mediation
    from abm.scenario import Scenario

__all__ = ["HORIZONS", "Backfire", "Comparison", "Reclassification", "RegimeRow", "RegimeTable", "SummaryRow"]

HORIZONS = ("2026", "2028", "2030", "2032")
"""Horizons of every table; each means the fourth quarter."""
BAND_FACTORS = (0.5, 1.0, 2.0)
"""Factors on the bands in the reclassification table."""
STAYS = 4
"""Quarters that an effect must stay outside its band to count as a backfire."""

_BACKFIRE = (("lead", -LEAD_BAND), ("domestic_output", OUTPUT_BAND), ("us_revenue", -REVENUE_BAND),
             ("relative_pain", SCALES["relative pain"]))  # fmt: skip
"""Dimensions of backfire and their bands, signed: lead lost, output induced, US revenue lost, the US hurt more."""

HEADLINES = (
    "lead", "lead_china_slowed", "lead_us_changed", "domestic_output", "self_reliance", "half_domestic_earlier",
    "us_revenue", "us_revenue_china", "us_profit", "us_research", "us_frontier",
)  # fmt: skip
"""Effects in the summary table."""


def _median(level: Floats | None) -> float:
    return float("nan") if level is None else spread(level).median


@dataclass(frozen=True, eq=False)
class Comparison:
    """A scenario and its counterfactual in the same worlds.

    Attributes
    ----------
    controls : Results
        With the export controls of the scenario.
    counterfactual : Results
        Without them.

    measured : mapping of int to Leverage
        Leverage by quarter index, where it was measured; regimes then rest on it too.

    Raises
    ------
    ResultsError
        If the two are not the same worlds over the same quarters.
    """

    controls: Results
    counterfactual: Results
    measured: Mapping[int, Leverage] = field(default_factory=dict)

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

        The second sign rests on domestic output, and on leverage where it was measured (`with_leverage`).

        Parameters
        ----------
        bands : float
            Factor on the bands (1 month of lead, .25 of ln domestic output, .10 of leverage, .03 of ln revenue).
        """
        step = self._step(horizon)
        lead, output, revenue = (self.paths[name].values[:, step] for name in ("lead", "domestic_output", "us_revenue"))
        found = self.measured.get(measured_step(step))
        change = None if found is None else found.change()
        codes = np.where(self.arms.ok, regime_codes(lead, output, revenue, bands, change), -1)
        used = codes >= 0
        shares = cluster_shares(codes[used], self._groups_of(used), len(NAMES))
        rests_on = OUTPUT_ALONE
        if found is not None and change is not None:
            known = int(np.sum(~np.isnan(change) & used))
            rests_on = (
                f"domestic output or leverage (a change of {LEVERAGE_BAND:.2f}, measured at {found.quarter}, "
                f"defined in {known} of {int(used.sum())} pairs)"
            )
        names = self.controls.scenario, self.counterfactual.scenario
        return RegimeTable(*names, quarter_label(step), bands, NAMES, codes, shares, self.failed, rests_on)

    def _groups_of(self, used: Any) -> Codes:
        """Independent groups of some pairs."""
        parameters = {name: values[used] for name, values in self.controls.parameters.items()}
        return independent_groups(self.controls.point[used], self.controls.world[used], parameters)

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

        By dimension: `lead` (US lead lost), `domestic_output` (China makes more), `us_revenue` (vendors earn less),
        `relative_pain` (the US is hurt more than China, all of its sides counted).
        """
        found = {}
        for name, signed in _BACKFIRE:
            band = bands * signed
            path = losses(self.arms, WHOLE)[2] if name == "relative_pain" else self.paths[name].values
            outside = path < band if band < 0 else path > band
            found[name] = Backfire(name, band, first_lasting(outside, self.arms.ok, STAYS), self.groups)
        return found

    # --- leverage, pain, weights, causes ------------------------------------------------------------------------------

    def leverage(self, horizon: int | str) -> Leverage:
        """What a full stop of US supply would still deny China at a horizon, in both arms (MODEL 9.4).

        Taken from `measured`, else measured now by running both arms again with two branches, all denied and all legal.
        The last horizons use 2031Q4, since a year of deliveries must follow.
        """
        step = measured_step(self._step(horizon))
        known = self.measured.get(step)
        found: Leverage = continuing().measure_leverage(self, [step])[step] if known is None else known
        return found

    def with_leverage(self, horizons: Sequence[int | str] = HORIZONS) -> Comparison:
        """The same comparison with leverage at some horizons, measured in one run, so that regimes rest on it too."""
        steps = [measured_step(self._step(horizon)) for horizon in horizons]
        missing = [step for step in dict.fromkeys(steps) if step not in self.measured]
        more: dict[int, Leverage] = continuing().measure_leverage(self, missing) if missing else {}
        return replace(self, measured={**self.measured, **more})

    def relative_pain(self, horizon: int | str, scope: str = "vendors") -> RelativePain:
        """Who is hurt more by a horizon, rho = (a - b) / (|a| + |b|), with quadrants (MODEL 9.5).

        Parameters
        ----------
        scope : str
            What counts on the US side: "vendors", or "with AI firms and treasury".
        """
        if scope not in SCOPES:
            raise UnknownNameError(f"scope {scope!r} is unknown{nearest(str(scope), SCOPES)}")
        step = self._step(horizon)
        us, china, value = (path[:, step] for path in losses(self.arms, scope))
        return RelativePain(quarter_label(step), scope, us, china, value, self.groups)

    def bite_half_life(self) -> Waiting:
        """Quarters from China's deepest loss of compute until half of it is made good; censored at the end."""
        return bite_half_life(self.arms)

    def net_strategic_effect(self, horizon: int | str) -> NetEffect:
        """Share of all weights on lead, China's dependence, revenue and relative pain for which the controls lose.

        Dependence is leverage where it was measured, else self-reliance with the opposite sign (MODEL 9.8).
        """
        step = self._step(horizon)
        found = self.measured.get(measured_step(step))
        reliance = self.paths["self_reliance"].values[:, step] / 100.0
        effects = dict(zip(AIMS, (
            self.paths["lead"].values[:, step],
            -reliance if found is None else found.change(),
            self.paths["us_revenue"].values[:, step],
            -self.relative_pain(horizon, WHOLE).value,
        ), strict=True))  # fmt: skip
        scores = np.stack([standardised(aim, effect) for aim, effect in effects.items()], axis=1)
        rests_on = "self-reliance" if found is None else f"leverage at {found.quarter}"
        values = share_negative(scores, simplex())
        return NetEffect(quarter_label(step), scores, values, rests_on, self.groups)

    def audit(
        self, horizon: int | str, regime: str = "full backfire", progress: Callable[[int, int], object] | None = None
    ) -> Audit:
        """What a regime is owed to: its pairs are run again with each channel off in both arms, and without reactions.

        `audit(...).sentence` says "emerges" only of pairs that stay in the regime when no state reacts.
        """
        found: Audit = continuing().audit(self, horizon, regime, progress)
        return found

    def mediation(self, horizon: int | str) -> Mediation:
        """How much of the effects is policy answering policy: the arm with controls is run again without reactions."""
        found: Mediation = continuing().mediation(self, horizon)
        return found

    def branch(
        self, at: str, scenario: Scenario | str, counterfactual: Scenario | str | None = None, until: str | None = None
    ) -> Comparison:
        """Let the arm with controls go on under another scenario from a quarter on (see `Results.branch`).

        The other arm goes on as it was, or under `counterfactual`.
        """
        other = self.counterfactual
        if counterfactual is not None:
            other = other.branch(at, counterfactual, until)
        elif until is not None:
            other = other.up_to(until)
        return Comparison(self.controls.branch(at, scenario, until), other)

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
            if self.measured:
                write_leverage(inside, {step: found.delivered for step, found in self.measured.items()})
        return Path(folder)

    @classmethod
    def load(cls, folder: str | Path) -> Comparison:
        """A saved comparison; ResultsError if an arm is missing or broken."""
        arms = Results.load(Path(folder) / "controls"), Results.load(Path(folder) / "counterfactual")
        return cls(*arms, {step: Leverage(step, delivered) for step, delivered in read_leverage(folder).items()})
