"""What the model says about a statistic in any period: quarters, half years and years of the record."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from abm.calendar import periods_of, quarter_label
from abm.operators import Operator, measure
from abm.results import Results

type Floats = NDArray[np.float64]


def outside(operator: Operator, period: str, quarters: int) -> str:
    """Why a period lies outside of what a record of so many quarters holds of a statistic; "" if it does not."""
    span = periods_of(period)
    usable = quarters - operator.fiscal
    if span[0] < operator.start:
        return f"the model's figure begins with {quarter_label(operator.start)}"
    if span[-1] >= usable:
        month = ", whose fiscal quarters end a month later" if operator.fiscal else ""
        return f"the model's figure ends with {quarter_label(usable - 1)}{month}"
    return ""


def measured(operator: Operator, results: Results, periods: Sequence[str]) -> Floats:
    """A statistic in every run at some periods, (run, period), by the definition of its operator.

    At the periods of `Results.observe` the values are those of `observe`; this also gives the half years that no
    row of observations.csv has, and years of quarterly statistics.
    """
    return measure(operator, results, [periods_of(period) for period in periods])
