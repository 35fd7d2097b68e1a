"""Which sign the controls give China's research and what comes of it, over the priors (MODEL 1).

The causal literature disagrees on both, so no prior may settle either: of all points drawn, each of three signs has to
take at least `LEAST`. Replications of a point are averaged first, so that chance does not make a sign.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from abm.backfire import Comparison
from abm.calendar import quarter_index
from abm.intervals import Shares, cluster_shares
from abm.outcomes import Floats
from abm.results import Results

BAND = 0.02
"""Relative changes up to this size count as none: below the standard errors of the studies that found no effect."""
LEAST = 0.05
"""Share of points that each sign must have."""
SIGNS = ("less", "none", "more")
HORIZONS = ("2024Q4", "2028Q4")
"""Quarters of the table; the first ends the window of the studies."""
FROM = quarter_index("2022Q3")
"""First signal: nothing differs between the arms before it."""

MEASURES: Mapping[str, tuple[str, str]] = {
    "research": ("research_cn", "research money of Chinese AI firms, sum from 2022Q3"),
    "ideas": ("ideas_cn", "own gains in training efficiency of Chinese AI firms, sum from 2022Q3"),
    "efficiency": (
        "algorithm_cn",
        "gain of China's best training efficiency from 2022Q3, what others give included",
    ),
    "domestic output": ("domestic_output", "performance of Chinese chips made, sum from 2022Q3"),
}
"""Input, and three readings of output: recorded series, and what is compared. Ideas are what patents count."""


@dataclass(frozen=True, eq=False)
class Sign:
    """Sign of one change over points.

    Attributes
    ----------
    measure, meaning, horizon : str
    changes : (point,)
        Controls over none, less 1.
    shares : Shares
        Points in which it is less, none, more, with 90 % intervals.
    """

    measure: str
    meaning: str
    horizon: str
    changes: Floats
    shares: Shares

    @property
    def open(self) -> bool:
        """Whether each sign has at least `LEAST` of points."""
        return bool(np.all(self.shares.probability >= LEAST))


def signs(comparison: Comparison, horizon: str, band: float = BAND) -> tuple[Sign, ...]:
    """Signs of all measures at the end of a quarter ("2024Q4"); a pair with a failed run counts nowhere.

    Parameters
    ----------
    band : relative change up to which a sign counts as none.
    """
    step = quarter_index(horizon)
    found = []
    for name, (_, meaning) in MEASURES.items():
        change = changes(comparison, name, step)
        codes = np.where(change < -band, 0, np.where(change > band, 2, 1))
        shares = cluster_shares(codes, np.arange(change.size), len(SIGNS))
        found.append(Sign(name, meaning, horizon, change, shares))
    return tuple(found)


def changes(comparison: Comparison, measure: str, step: int) -> Floats:
    """Change of a measure at each point, means over its replications: controls over none, less 1."""
    series = MEASURES[measure][0]
    keep, point = comparison.arms.ok, comparison.controls.point
    amounts = []
    for arm in (comparison.controls, comparison.counterfactual):
        amount = _amount(arm, series, step)[keep]
        amounts.append(np.array([amount[point[keep] == one].mean() for one in np.unique(point[keep])]))
    change: Floats = amounts[0] / amounts[1] - 1.0
    return change


def _amount(arm: Results, series: str, step: int) -> Floats:
    values = arm.series(series)
    if series == "algorithm_cn":
        gain: Floats = values[:, step] - values[:, FROM - 1]
        return gain
    total: Floats = values[:, FROM : step + 1].sum(axis=1)
    return total


def markdown(found: tuple[Sign, ...]) -> str:
    """Table of shares in per cent with intervals, and the spread of the changes."""
    lines = [
        "| measure | quarter | less | none | more | change, median (5…95 % of points) |",
        "|---|---|---|---|---|---|",
    ]
    for one in found:
        cells = [
            f"{100 * p:.0f} % ({100 * low:.0f}…{100 * high:.0f})"
            for p, low, high in zip(one.shares.probability, one.shares.low, one.shares.high, strict=True)
        ]
        low, middle, high = (100 * float(value) for value in np.quantile(one.changes, [0.05, 0.5, 0.95]))
        spread = f"{middle:+.1f} % ({low:+.1f}…{high:+.1f})".replace("-", "−")
        lines.append(f"| {one.meaning} | {one.horizon} | {' | '.join(cells)} | {spread} |")
    return "\n".join(lines) + "\n"
