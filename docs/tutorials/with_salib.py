"""The model inside SALib: sample there, run here, analyse there.

SALib (pip install SALib) samples and analyses; the model runs a whole sample in one call, each row as four pairs of
worlds whose mean is analysed. Beware: SALib turns one NaN into indices of zero without a word, hence the check. 160
rows are few, and the intervals say so. `curbs sensitivity` does the same for all outcomes at once, takes off what is
chance and survives a kill.
"""

from __future__ import annotations

import numpy as np
from SALib.analyze import sobol as analysis
from SALib.sample import sobol as sample

import abm
from abm.parameter_index import PARAMETERS
from abm.simulation import run_arms

NAMES = ["algorithmic_progress", "enforcement", "learning_rate"]
problem = {
    "num_vars": len(NAMES),
    "names": NAMES,
    "bounds": [[PARAMETERS[name].low, PARAMETERS[name].high] for name in NAMES],
}
WORLDS = 4
rows = sample.sample(problem, 32, calc_second_order=False, seed=1)


def values(points: np.ndarray) -> dict[str, np.ndarray]:
    """Parameters of the sample's rows; the model may ask for rows beyond the last."""
    return dict(zip(NAMES, rows[np.minimum(points, len(rows) - 1)].T, strict=True))


history = abm.Scenario.load("history").with_point(True)
arms = [history, history.counterfactual("none_0")]
controls, without = run_arms(arms, WORLDS * len(rows), seed=1, replications=WORLDS, given=values)
lead = (controls["lead"].at("2028Q4") - without["lead"].at("2028Q4")).reshape(-1, WORLDS).mean(axis=1)
assert np.isfinite(lead).all(), "a failed run: drop its whole block of rows, or SALib answers zero"

found = analysis.analyze(problem, lead, calc_second_order=False, seed=1)
print(f"{len(rows)} rows of {WORLDS} pairs of worlds; effect of the controls on the US lead at the end of 2028")
for name, first, total, interval in zip(NAMES, found["S1"], found["ST"], found["ST_conf"], strict=True):
    print(f"  {name:22} first-order {first:5.2f}  total {total:5.2f} (plus or minus {interval:.2f})")
print("chance is part of every total index: four worlds do not average it out")
