"""How do I read a regime table? Three signs a world, twelve names, an interval, and what moves a world across a band.

A regime is a triple of signs at a horizon: did the US lead grow (L), did China decouple (D), did US vendors earn more
(R)? Each sign has a band within which nothing counts as a change. The table says in which share of worlds each regime
comes out; its interval resamples parameter points, since worlds of a point resemble one another.
"""

from __future__ import annotations

import numpy as np

import abm
from abm.regimes import LEAD_BAND, NAMES, OUTPUT_BAND, REVENUE_BAND, regime_of

print("What the names mean, for the signs of lead, decoupling and revenue:")
for signs in ((1, 0, -1), (1, 1, -1), (0, 1, -1), (-1, 1, -1)):
    print(f"  {signs}: {regime_of(*signs)}")
print(f"Bands: {LEAD_BAND:g} month of lead, {OUTPUT_BAND:g} of ln output, {REVENUE_BAND:g} of ln revenue.\n")

pair = abm.compare("history", "none_0", runs=128, seed=1)
table = pair.regimes(2028)
print(f"{table.scenario} against {table.counterfactual} by {table.horizon}: {table.runs} worlds")
print(f"at {table.points} points, worth {table.effective:.0f} independent ones; {table.mixed} points are mixed.")
for row in table.rows:
    if row.probability > 0.0:
        print(f"  {row.regime:28} {100 * row.probability:3.0f} % ({100 * row.low:.0f} to {100 * row.high:.0f})")

print("\nA regime that never came out is not impossible: with so few points it may still have")
print(f"up to {100 * table['full backfire'].high:.0f} % (full backfire).")

lead = pair.effects(2028)["lead"].values
for name in dict.fromkeys(row.regime for row in table.rows if row.probability > 0.1):
    inside = lead[table.codes == NAMES.index(name)]
    print(f"{name}: the lead changes by {np.median(inside):+.1f} months at the middle, {inside.min():+.1f} at least")

moved = pair.reclassification(2028)
for factor, changed in zip(moved.factors, moved.changed, strict=True):
    print(f"bands x {factor:g}: {100 * changed:.0f} % of worlds have another regime than in the table")
