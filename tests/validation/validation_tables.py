"""Tables of observations made from worlds: what one of them would have reported."""

from __future__ import annotations

import numpy as np

from abm.operators import OPERATORS
from experiments.validation.measures import measured
from experiments.validation.observations import Observation, Observations

SERIES = (
    "NVDA_CHINA_REV_BILL",
    "CN_NVDA_H100E_FLOW",
    "NVDA_DC_REV",
    "IDC_SHARE_DOM",
    "TENCENT_CAPEX_Y",
    "CN3_CAPEX_H1",
)
PERIODS = {
    "quarter": tuple(f"{year}Q{quarter}" for year in (2025, 2026, 2027) for quarter in (1, 2, 3, 4)),
    "year": ("2025", "2026", "2027"),
    "half": ("2025H1", "2025H2", "2026H1"),
}


def periods_of_series(name):
    """Periods of a made-up table, as long as those of the series."""
    kind = "half" if name == "CN3_CAPEX_H1" else "quarter" if OPERATORS[name].period.endswith("quarter") else "year"
    return PERIODS[kind]


def table_of(worlds, world, series=SERIES, factor=1.0):
    """What one world would have reported, or a multiple of it."""
    rows = []
    for name in series:
        periods = periods_of_series(name)
        values = factor * measured(OPERATORS[name], worlds, periods)[world]
        assert np.isfinite(values).all()
        rows += [
            Observation(0, name, period, float(value), None, None)
            for period, value in zip(periods, values, strict=True)
        ]
    return Observations("made.csv", tuple(rows), {})


def rows(*found):
    """A table of (series, period, value), its first row on line 2."""
    made = (Observation(place + 2, *one, None, None) for place, one in enumerate(found))
    return Observations("made.csv", tuple(made), {})
