"""Hold the model against the data: the same quantity, in the publisher's own definition.

Parameters are priors: bands are wide on purpose, and a miss says which mechanism or prior to look at.
"""

from __future__ import annotations

import numpy as np

from abm import simulate

results = simulate("history", runs=128, seed=1)
print(f"{'series':24}{'period':>10}{'observed':>10}{'median':>10}   90 % of runs")
for name in ("NVDA_CHINA_REV_BILL", "IDC_SHARE_DOM", "ASCEND_UNITS", "ECI_LAG"):
    series = results.observe(name)
    inside = []
    for place, period in enumerate(series.periods):
        seen = series.observed.value[place]
        if np.isnan(seen):
            continue
        low, median, high = np.quantile(series.values[:, place], [0.05, 0.5, 0.95])
        inside.append(low <= seen <= high)
        if period.startswith(("2023", "2024")):
            print(f"{name:24}{period:>10}{seen:>10.1f}{median:>10.1f}   {low:.1f} to {high:.1f}")
    print(f"  {name}: {sum(inside)} of {len(inside)} periods inside the band of 90 %")
