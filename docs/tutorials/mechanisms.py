"""Which mechanism makes an effect? Switch it off, in both arms or in one, and compare in the same worlds.

Off in both arms: what the controls would do in a world without it. Off in the controlled arm alone: how much of the
effect runs through it. Rules and threats come apart in the same way.
"""

from __future__ import annotations

import numpy as np

from abm import Scenario, compare

history = Scenario.load("history")
whole = compare(history, runs=64, seed=1).effects(2028)["lead"].values
print(f"lead at the end of 2028 with all mechanisms: {np.median(whole):+.1f} months, median of {whole.size} pairs")

for name in ("stockpiling", "redesign", "knowledge_spillovers"):
    without = history.without(name)
    both = compare(without, runs=64, seed=1).effects(2028)["lead"].values
    here = compare(without, history.counterfactual("none_0"), runs=64, seed=1).effects(2028)["lead"].values
    print(f"  without {name:22} in both arms {np.median(both):+6.1f}   in the controlled arm {np.median(here):+6.1f}")

threat = compare("none_threat", "none_0", runs=64, seed=1).effects(2028)["lead"].values
rule = compare("history", "none_threat", runs=64, seed=1).effects(2028)["lead"].values
print(f"threats alone {np.median(threat):+.2f} months, rules beyond the threats {np.median(rule):+.1f}")
