"""Judge the shipped ensemble by observations: match, score, compare with naive forecasts, pool."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from abm import simulation
from abm.calendar import quarter_index, quarter_label
from abm.operators import LAST_OBSERVED, OPERATORS
from abm.results import Results
from abm.scenario import Scenario
from abm.series import absent
from experiments.validation.forecasts import naive_forecasts
from experiments.validation.history import Borrowed, History, borrowed, history, spread
from experiments.validation.measures import measured, outside
from experiments.validation.observations import Observation, Observations
from experiments.validation.reporting import (
    Tolerance,
    error_sd,
    shared_weights,
    target_groups,
    target_tolerances,
)
from experiments.validation.scores import fair_crps, quantile_crps, rank

type Floats = NDArray[np.float64]

ADAPTATION = (
    "stockpiling", "efficiency", "porting", "full_stack", "learning_by_doing", "knowledge_spillovers", "imitation",
    "us_rd_from_revenue", "grey_market", "shortage_to_research", "redesign", "waiting", "offshore", "network_effects",
    "hazard", "distillation",
)  # fmt: skip
"""Mechanisms by which firms, vendors and supply nodes adapt: what `no_adaptation` switches off."""
KEPT = (
    "exit", "subsidy", "mandate", "import_gate", "counter_controls", "mobilisation", "us_rule", "ally_alignment",
    "chinas_steps", "firm_heterogeneity",
)  # fmt: skip
"""Mechanisms that stay: what states do, who firms are, and that a firm without money ends."""
NO_ADAPTATION = "no_adaptation"
LAST_INFORMATION = quarter_label(LAST_OBSERVED)
"""Last quarter whose data the shipped forecasts have seen."""


@dataclass(frozen=True)
class Judging:
    """How observations judge.

    Attributes
    ----------
    cut_off : last quarter whose data naive forecasts, spreads and last values may use.
    groups : group of series that tell of the same shipments or money, by series id; others stand alone.
    tolerances : error of reports about the model's figure, by series id; others have that of the row alone.
    """

    cut_off: str = LAST_INFORMATION
    groups: Mapping[str, str] = field(default_factory=target_groups)
    tolerances: Mapping[str, Tolerance] = field(default_factory=target_tolerances)


@dataclass(frozen=True)
class Ensemble:
    """The forecast: a scenario, and the same worlds with all adaptation of firms switched off."""

    scenario: Scenario
    model: Results
    rigid: Results


@dataclass(frozen=True, eq=False)
class Scored:
    """One observation held against the forecasts.

    Attributes
    ----------
    quantiles : the model's 5, 25, 50, 75 and 95 %, without the error of reports.
    rank : of the observation in the forecast, 0 to 1.
    crps : in the series' unit.
    spread : what scores of the series are divided by; NaN without a value by the cut-off.
    last : last value known before, at the rate of the period; NaN without one.
    naive : CRPS of every naive forecast in the series' unit; without a value before, of `no_adaptation` alone.
    points : the median of every naive forecast.
    weight : in the pool; 0 outside.
    """

    observation: Observation
    quantiles: tuple[float, ...]
    rank: float
    crps: float
    spread: float
    last: float
    naive: Mapping[str, float]
    points: Mapping[str, float]
    weight: float = 1.0

    @property
    def median(self) -> float:
        """The model's point forecast."""
        return self.quantiles[2]

    @property
    def comparable(self) -> bool:
        """Whether the series had a value before, to scale and to compare by."""
        return bool(np.isfinite(self.spread) and np.isfinite(self.last))


@dataclass(frozen=True, eq=False)
class Validation:
    """Observations held against an ensemble.

    Attributes
    ----------
    left_out : observations that could not be scored, with the reason.
    in_sample : whether the observations that are scored are no later than the cut-off, because none is.
    """

    observations: Observations
    ensemble: Ensemble
    judging: Judging
    scored: tuple[Scored, ...]
    left_out: tuple[tuple[Observation, str], ...]
    in_sample: bool

    @property
    def pool(self) -> tuple[Scored, ...]:
        """Observations that are pooled."""
        return tuple(one for one in self.scored if one.weight > 0.0)


def run_ensemble(
    scenario: Scenario,
    runs: int,
    seed: int,
    threads: int | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> Ensemble:
    """Run a scenario with adaptation and without, each world with a draw of the parameters of its own."""
    arms = (scenario, scenario.without(*ADAPTATION))
    model, rigid = simulation.run_arms(arms, runs, seed, threads, progress, replications=1)
    return Ensemble(scenario, model, rigid)


def validate(observations: Observations, ensemble: Ensemble, judging: Judging | None = None) -> Validation:
    """Score an ensemble against observations.

    Nothing of the observations reaches the ensemble, nor does the last known value: no run is moved to where a series
    stood (no data assimilation after the fit). Observations later than the cut-off are judged alone; if a table has
    none, all are, each naive forecast then from the values before the observation's period.
    """
    judging = Judging() if judging is None else judging
    cut_off = quarter_index(judging.cut_off)
    usable, left_out = _usable(observations.rows, ensemble.model)
    later = [one for one in usable if one.span[-1] > cut_off]
    if later:
        early = f"is no later than {judging.cut_off}, which the forecasts have seen, and the file has later ones"
        left_out += [(one, early) for one in usable if one.span[-1] <= cut_off]
    lent = borrowed(cut_off)
    scored: list[Scored] = []
    for name in dict.fromkeys(one.series_id for one in later or usable):
        mine = [one for one in later or usable if one.series_id == name]
        found, unscored = _series(mine, ensemble, judging, lent)
        scored += found
        left_out += unscored
    scored, first = _with_others(scored)
    left_out += first
    return Validation(observations, ensemble, judging, _weighed(scored, judging.groups), tuple(left_out), not later)


def _usable(rows: Sequence[Observation], model: Results) -> tuple[list[Observation], list[tuple[Observation, str]]]:
    """Observations whose period the record holds, and the others with the reason."""
    usable, left_out = [], []
    for one in rows:
        operator = OPERATORS[one.series_id]
        quarters = len(model.quarters)
        why = absent(one.series_id, operator.needs, model.firms) or outside(operator, one.period, quarters)
        if why:
            left_out.append((one, why))
        else:
            usable.append(one)
    return usable, left_out


def _series(
    mine: Sequence[Observation], ensemble: Ensemble, judging: Judging, lent: Borrowed
) -> tuple[list[Scored], list[tuple[Observation, str]]]:
    """Score the observations of one series."""
    operator = OPERATORS[mine[0].series_id]
    periods = [one.period for one in mine]
    arms = [measured(operator, results, periods) for results in (ensemble.model, ensemble.rigid)]
    past = history(operator.series_id, quarter_index(judging.cut_off))
    scored, left_out = [], []
    for place, one in enumerate(mine):
        members = [values[np.isfinite(values[:, place]), place] for values in arms]
        if min(found.size for found in members) < 2:
            left_out.append((one, "fewer than two runs have a value"))
            continue
        tolerance = judging.tolerances.get(one.series_id)
        scored.append(_scored(one, members, past, lent, tolerance))
    return scored, left_out


def _scored(
    one: Observation, members: Sequence[Floats], past: History, lent: Borrowed, tolerance: Tolerance | None
) -> Scored:
    """One observation against the model, the model without adaptation and the forecasts from the series' past."""
    model, rigid = members
    errors = [error_sd(found, one, tolerance) for found in members]
    naive = {NO_ADAPTATION: fair_crps(rigid, errors[1], one.value)}
    points = {NO_ADAPTATION: float(np.median(rigid))}
    known = past.at(len(one.span))
    before = past.until(one.span[0] - 1).at(len(one.span))
    last = float("nan")
    if before.values.size:
        last = float(before.values[-1])
        found = naive_forecasts(before, one.period, lent)
        naive |= {name: quantile_crps(forecast.quantiles, one.value) for name, forecast in found.items()}
        points |= {name: forecast.point for name, forecast in found.items()}
    quantiles = tuple(float(value) for value in np.quantile(model, (0.05, 0.25, 0.5, 0.75, 0.95)))
    score, place = fair_crps(model, errors[0], one.value), rank(model, errors[0], one.value)
    return Scored(one, quantiles, place, score, spread(known, lent), last, naive, points)


def _with_others(scored: Sequence[Scored]) -> tuple[list[Scored], list[tuple[Observation, str]]]:
    """Leave out what has no earlier value to compare with, where others of its series have one."""
    told = {one.observation.series_id for one in scored if one.comparable}
    alone = [one for one in scored if not one.comparable and one.observation.series_id in told]
    why = "is the first value of its series: nothing to make a naive forecast from"
    return [one for one in scored if one not in alone], [(one.observation, why) for one in alone]


def _weighed(scored: Sequence[Scored], groups: Mapping[str, str]) -> tuple[Scored, ...]:
    """The same with their weights in the pool, which those without an earlier value do not enter."""
    pooled = [one for one in scored if one.comparable]
    weights = shared_weights([one.observation for one in pooled], groups)
    found = {one.observation: float(weight) for one, weight in zip(pooled, weights, strict=True)}
    return tuple(replace(one, weight=found.get(one.observation, 0.0)) for one in scored)
