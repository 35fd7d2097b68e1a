"""The picture of the prior-predictive report: every observed series against the worlds drawn from the priors."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import NDArray

from abm.calendar import periods_of
from abm.operators import OPERATORS, Observed
from experiments.figures import CONTROLS, INK, STYLE, quantiles
from experiments.prior import LEVELS, Prior, middle

COLUMNS = 5
FIRST_SCALED, LAST_YEAR = 2021.0, 2025.0
WIDE = 30.0
"""Ratio of largest to smallest fact or band end from which an axis is logarithmic."""


def draw_prior(prior: Prior, folder: Path) -> None:
    """Draw `facts.png`: a panel a statistic, bands of 50 and 90 % of worlds, dots with ranges for the facts."""
    shown = list(prior.observed.values())
    rows = -(-len(shown) // COLUMNS)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(15, 2.3 * rows + 0.9), facecolor="white")
        grid = figure.add_gridspec(
            rows, COLUMNS, hspace=0.75, wspace=0.3, left=0.04, right=0.99, top=0.955, bottom=0.03
        )
        for place, one in enumerate(shown):
            _panel(figure.add_subplot(grid[place // COLUMNS, place % COLUMNS]), one)
        text = (
            f"Facts to 2024Q4 (dots, with their range) against {prior.controls.runs:,} worlds drawn from the priors at "
            f"{prior.points:,} points, seed {prior.controls.seed}: median, 50 and 90 % of worlds. "
            "Hollow: periods of another length."
        )
        figure.text(0.04, 0.982, text, fontsize=10, color=INK)
        figure.savefig(folder / "facts.png", dpi=110, metadata={"Software": "chip-curbs"})


def _panel(axes: Axes, one: Observed) -> None:
    """One statistic: bands over periods as long as most of its facts, the other facts with a band of their own."""
    axes.set_title(one.name, loc="left", color=INK, weight="bold", fontsize=8, pad=13)
    kind = OPERATORS[one.name].period
    axes.text(0, 1.03, f"{one.unit}, {kind}", transform=axes.transAxes, fontsize=6.5, color="#666666")
    facts = [int(place) for place in np.flatnonzero(np.isfinite(one.observed.value))]
    length = [len(periods_of(period)) for period in one.periods]
    usual = max((length[place] for place in facts), key=[length[place] for place in facts].count)
    places = [
        place for place, period in enumerate(one.periods) if length[place] == usual and middle(period) < LAST_YEAR
    ]
    at = np.asarray([middle(one.periods[place]) for place in places])
    bands = quantiles(one.values[:, places], LEVELS)
    axes.fill_between(at, bands[0], bands[4], color=CONTROLS, alpha=0.16, lw=0)
    axes.fill_between(at, bands[1], bands[3], color=CONTROLS, alpha=0.28, lw=0)
    axes.plot(at, bands[2], color=CONTROLS, lw=1.4)
    for place in facts:
        _fact(axes, one, place, length[place] == usual)
    _scale(axes, np.concatenate([bands[[0, 4]][:, at >= FIRST_SCALED].ravel(), one.observed.value[facts]]))


def _fact(axes: Axes, one: Observed, place: int, usual: bool) -> None:
    """One observation with its range; hollow beside the 90 % of worlds if its period is of another length."""
    x = middle(one.periods[place])
    if not usual:
        low, high = quantiles(one.values[:, [place]], (LEVELS[0], LEVELS[-1]))[:, 0]
        axes.plot([x, x], [low, high], color=CONTROLS, lw=3, alpha=0.5, solid_capstyle="butt")
    if np.isfinite(one.observed.low[place]) and np.isfinite(one.observed.high[place]):
        axes.plot([x, x], [one.observed.low[place], one.observed.high[place]], color=INK, lw=0.8)
    axes.plot(x, one.observed.value[place], "o", ms=3.4, mfc=INK if usual else "white", mec=INK, mew=0.6)


def _scale(axes: Axes, ends: NDArray[np.float64]) -> None:
    """Logarithmic where facts and bands span orders of magnitude."""
    known = ends[np.isfinite(ends)]
    positive = known[known > 0]
    if positive.size and known.min() >= 0 and positive.max() > WIDE * positive.min():
        axes.set_yscale("log")
        axes.set_ylim(max(positive.min() / 1.5, positive.max() / 3000), positive.max() * 1.5)
        axes.minorticks_off()
    else:
        axes.yaxis.set_major_locator(MaxNLocator(nbins=4))
    axes.set_xlim(2020, LAST_YEAR)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.4g}"))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=5))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda year, _: f"{year:.0f}"))
