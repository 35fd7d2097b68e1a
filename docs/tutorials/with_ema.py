"""The model inside the EMA workbench: all its experiments in one call of the engine, as an evaluator of its own.

The workbench (the extra `ema`, BSD licence, no dependency of the model) calls an ordinary model once an
experiment and keeps all results in memory. Here it samples and looks for boxes; the engine runs the sample at once.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from ema_workbench import Model, RealParameter, ScalarOutcome, perform_experiments
from ema_workbench.analysis import prim
from ema_workbench.em_framework.evaluators import BaseEvaluator

import abm
from abm.parameter_index import PARAMETERS
from abm.simulation import run_arms

NAMES = ["compute_in_research", "cross_bloc_access_loss", "enforcement"]


class Engine(BaseEvaluator):
    """Runs a whole sample: one experiment is one pair of worlds."""

    def initialize(self) -> None:
        """Nothing to start."""

    def finalize(self) -> None:
        """Nothing to end."""

    def evaluate_experiments(self, experiments: Any, callback: Any, **_more: Any) -> None:
        """Effect of the controls on the US lead at the end of 2028, for every experiment."""
        jobs = list(experiments)
        table = {name: np.array([job.scenario[name] for job in jobs]) for name in NAMES}

        def given(points: np.ndarray) -> dict[str, np.ndarray]:
            return {name: column[np.minimum(points, len(jobs) - 1)] for name, column in table.items()}

        law = abm.Scenario.load("history").with_point(True)
        arms = [law, law.counterfactual("none_0")]
        controls, without = run_arms(arms, len(jobs), seed=1, replications=1, given=given)
        effect = controls["lead"].at("2028Q4") - without["lead"].at("2028Q4")
        for job, value in zip(jobs, effect, strict=True):
            callback(job, {"lead_effect": value})


model = Model("curbs", function=lambda **_values: {})
model.uncertainties = [RealParameter(name, PARAMETERS[name].low, PARAMETERS[name].high) for name in NAMES]
model.outcomes = [ScalarOutcome("lead_effect")]
seeded = {"uncertainty_sampling_kwargs": {"rng": 1}}
experiments, outcomes = perform_experiments(model, scenarios=128, evaluator=Engine(model), **seeded)
effect = outcomes["lead_effect"]
assert np.isfinite(effect).all(), "drop failed runs: the workbench would take their NaN for a number"
print(f"{len(effect)} experiments in one call; median effect on the lead {np.median(effect):+.1f} months")

large = effect > np.quantile(effect, 0.75)
box = prim.Prim(experiments[NAMES], large).find_box()
last = box.peeling_trajectory.iloc[-1]
print(f"box of large effects: coverage {last['coverage']:.0%}, density {last['density']:.0%}")
print(box.box_lims[-1].to_string())
