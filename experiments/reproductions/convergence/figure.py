"""Half-widths by number of worlds; effects by number of firms."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from experiments.reproducing.drawing import CONTROLS, GREY, INK, PALETTE, SOFT, sheet, title
from experiments.reproducing.findings import Floats, Shown

LINES = {"lead": "lead", "us_revenue": "revenue"}
ASKED = 25.0
ROOM, APART, TICKS = 7.0, 1.22, 4
"""Room for names right of the lines, least ratio between the heights of two, and most labels on an axis."""
FIRMS = {"lead": ("Effect on the US lead", "months"), "us_revenue": ("Effect on US revenue", "%, 100 ln"),
         "self_reliance": ("Effect on self-reliance", "percentage points")}  # fmt: skip


def draw(shown: Shown) -> Figure:
    """Worlds on the left, firms in three panels beside."""
    figure, axes = sheet(
        shown, "How results settle with the number of worlds and of firms",
        "Effects of the controls by 2032Q4. Left: uncertainty of the median; right: mean effects in worlds of drawn "
        "firms, bloc totals fixed",
        size=(11.5, 4.6), grid=(1, 4), width_ratios=(1.5, 1, 1, 1), wspace=0.5, left=0.05,
    )  # fmt: skip
    _worlds(axes[0], shown.tables["worlds"])
    for panel, (effect, (name, unit)) in zip(axes[1:], FIRMS.items(), strict=True):
        _firms(panel, shown.tables["firms"], effect)
        title(panel, name, unit)
    return figure


def _worlds(axes: Axes, table: Any) -> None:
    """Relative half-widths, solid for few worlds a point and dashed for many."""
    kinds = sorted(set(table["worlds_a_point"]))
    ends: list[tuple[float, str, str]] = []
    for colour, (effect, word) in zip(PALETTE, LINES.items(), strict=False):
        for style, kind in zip(("-", (0, (4, 2))), kinds, strict=True):
            mine = [
                at for at, one in enumerate(table["effect"]) if one == effect and table["worlds_a_point"][at] == kind
            ]
            x, y = _column(table, "worlds", mine), _column(table, "percent_of_effect", mine)
            axes.plot(x, y, "o", ls=style, color=colour, ms=4, lw=1.6)
            ends.append((float(y[-1]), f"{word}, {kind:.0f} a point", colour))
    x = np.unique(table["worlds"])
    axes.axhline(ASKED, color=SOFT, lw=0.8, ls=(0, (1, 2)))
    _names(axes, float(x[-1]), ends)
    axes.set_xscale("log")
    axes.set_yscale("log")
    ticks = x if x.size <= TICKS else x[::2]
    axes.set_xticks(ticks, [f"{one:,.0f}" for one in ticks])
    axes.set_yticks([2, 5, 10, 20, 50], ["2", "5", "10", "20", "50"])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_minor_locator(NullLocator())
    axes.set_xlim(x[0] * 0.85, x[-1] * ROOM)
    axes.set_xlabel("pairs of worlds", fontsize=8, color=GREY)
    title(axes, "Half-width of the median", "% of the effect; dotted: most that is asked at 256")


def _names(axes: Axes, right: float, ends: list[tuple[float, str, str]]) -> None:
    """Names at the ends of the lines, moved up where two would overlap."""
    free = 0.0
    for height, name, colour in sorted(ends):
        at = max(height, free)
        free = at * APART
        axes.text(right * 1.12, at, name, color=colour, weight="bold", fontsize=8, va="center")


def _firms(axes: Axes, table: Any, effect: str) -> None:
    """Dots are drawn worlds, the line is their mean."""
    mine = [at for at, one in enumerate(table["effect"]) if one == effect]
    size, mean = _column(table, "firms", mine), _column(table, "mean", mine)
    each = np.unique(size)
    axes.plot(size, mean, "o", color=CONTROLS, alpha=0.45, ms=5)
    axes.plot(each, [mean[size == one].mean() for one in each], color=CONTROLS, lw=1.8)
    axes.set_xscale("log")
    axes.set_xticks(each, [f"{one:,.0f}" for one in each])
    axes.xaxis.set_minor_locator(NullLocator())
    low, high = min(0.0, 1.15 * float(mean.min())), max(0.0, 1.15 * float(mean.max()))
    axes.set_ylim(low, high)
    axes.axhline(0.0, color=INK, lw=0.7)
    axes.set_xlabel("AI firms", fontsize=8, color=GREY)


def _column(table: Any, name: str, rows: list[int]) -> Floats:
    found: Floats = np.asarray(table[name], dtype=np.float64)[rows]
    return found
