"""The calibration again for other models: another rule of learning, or one mechanism less.

Each model is fitted to the same facts by regression-adjusted rejection from a table of its own, the method whose
intervals `checking` tests; what the headline measures become is told beside how well it fits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from abm.results import Results, horizon_step
from abm.scenario import Scenario
from abm.simulation import run_arms
from abm.vocabulary import LEARNING_RULES, MECHANISMS
from experiments.calibration.adjustment import again, reference_table
from experiments.calibration.fit import fit_from
from experiments.calibration.pipeline import Effort, single_problem
from experiments.calibration.protocol import Progress, Sample, quiet
from experiments.calibration.targets import TargetSet

Floats = NDArray[np.float64]

HORIZON = "2032"
PAIRS = 512
FITTED = 256
"""Draws at which the fit is measured anew."""


@dataclass(frozen=True)
class Model:
    """One structure, fitted.

    Attributes
    ----------
    inside, distance : facts whose tolerance holds the median; weighted mean squared miss over errors, median of worlds.
    lead, reliance, revenue : paired effect of the controls at the horizon, months, points and %: 5 %, median, 95 %.
    """

    name: str
    inside: int
    facts: int
    distance: float
    lead: tuple[float, float, float]
    reliance: tuple[float, float, float]
    revenue: tuple[float, float, float]

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "name": self.name, "inside": self.inside, "facts": self.facts, "distance": round(self.distance, 3),
            "lead_months": [round(value, 3) for value in self.lead],
            "self_reliance_points": [round(value, 3) for value in self.reliance],
            "us_revenue_percent": [round(value, 3) for value in self.revenue],
        }  # fmt: skip


def structures(scenario: Scenario) -> dict[str, Scenario]:
    """The scenario as it is, under other rules of learning, and without each mechanism, by name."""
    found = {"as it is": scenario}
    found |= {f"learning: {rule}": scenario.with_learning(rule) for rule in LEARNING_RULES if rule != scenario.learning}
    return found | {f"without {name}": scenario.without(name) for name in MECHANISMS if name not in scenario.off}


def refit(
    scenarios: Mapping[str, Scenario], targets: TargetSet, effort: Effort, folder: Path, seed: int,
    progress: Progress = quiet,
) -> Iterator[Model]:  # fmt: skip
    """Fit every model and measure what the controls do in it."""
    for number, (name, scenario) in enumerate(scenarios.items()):
        problem = single_problem(scenario, targets, folder / f"{number:02d}", seed).under("structure")
        table = reference_table(problem, effort.table, effort.adjustment)
        sample = table.posterior(problem.targets.value, effort.adjustment)
        fitted = again(problem, sample.thinned(FITTED, problem.generator("resample")))
        fit = fit_from(targets.targets, fitted.statistics)
        distance = float(np.median(problem.targets.distance(fitted.statistics)) / problem.targets.weight.sum())
        yield Model(name, fit.inside, len(targets), distance, *headlines(scenario, problem.simulator, sample, seed))
        progress(name, (number + 1) / len(scenarios), {"facts inside": float(fit.inside)})


def headlines(scenario: Scenario, simulator: Any, sample: Sample, seed: int) -> list[tuple[float, float, float]]:
    """Effects of the controls on lead, self-reliance and US revenue in pairs drawn from the sample."""
    places = (np.arange(PAIRS) + 0.5) / PAIRS
    rows = np.minimum(np.searchsorted(np.cumsum(sample.weight), places), len(sample) - 1)
    values = simulator.prior(sample.unit[rows])

    def given(points: NDArray[np.int64]) -> dict[str, Floats]:
        at = values[np.minimum(points, PAIRS - 1)]
        return {name: np.ascontiguousarray(at[:, place]) for place, name in enumerate(sample.names)}

    arms = [scenario, scenario.counterfactual("none_0")]
    return effects(run_arms(arms, PAIRS, seed, replications=1, given=given))


def effects(arms: Sequence[Results]) -> list[tuple[float, float, float]]:
    """Quantiles .05, .5, .95 of the paired differences."""
    step = horizon_step(HORIZON)
    ok = arms[0].ok & arms[1].ok

    def both(name: str) -> tuple[Floats, Floats]:
        with_controls, without = (np.asarray(arm[name].values)[ok, step] for arm in arms)
        return with_controls, without

    lead, reliance, revenue = both("lead"), both("self_reliance_year"), both("us_revenue_present_value")
    differences = lead[0] - lead[1], 100.0 * (reliance[0] - reliance[1]), 100.0 * (revenue[0] / revenue[1] - 1.0)
    found = [np.nanquantile(one, (0.05, 0.5, 0.95)) for one in differences]
    return [(float(low), float(middle), float(high)) for low, middle, high in found]
