"""Billing against the facts, and the miss of every fact by group."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.reproducing.drawing import CONTROLS, GREY, NO_CONTROLS, SOFT, mark_policies, sheet, title
from experiments.reproducing.findings import Shown

LARGEST = 4.0
"""Misses beyond are drawn here, with their value."""
JITTER = 0.28
LABELLED_BEFORE = 2024.0


def draw(shown: Shown) -> Figure:
    """Two panels: the series that the fit is judged by, and all facts."""
    figure, (left, right) = sheet(
        shown, "Where the fitted model meets the facts, and where it misses",
        "Worlds drawn from the shipped posterior against observations to 2024Q4",
        size=(10.0, 5.4), grid=(1, 2), width_ratios=(1, 1.05), wspace=0.52, left=0.06,
    )  # fmt: skip
    table = shown.tables["billing"]
    left.fill_between(table["year"], table["low"], table["high"], color=CONTROLS, alpha=0.15, lw=0)
    left.plot(table["year"], table["median"], color=CONTROLS, lw=1.8)
    left.plot(table["year"], table["observed"], "o", color=NO_CONTROLS, ms=5)
    left.set_xlim(table["year"][0] - 0.15, table["year"][-1] + 0.35)
    left.set_xticks(np.unique(np.floor(table["year"])))
    left.set_ylim(0.0, 1.3 * float(np.max(table["high"])))
    _label(left, table)
    title(left, "NVIDIA's billing in China", "USD bn a quarter")
    mark_policies(left)
    _facts(right, shown.tables["misses"])
    return figure


def _label(axes: Axes, table: Any) -> None:
    """Names beside the band and beside the largest fact of 2023."""
    axes.text(table["year"][0], 0.15, "model: median,\n90 % of worlds", color=CONTROLS, weight="bold", fontsize=8)
    at = int(np.argmax(np.where(table["year"] < LABELLED_BEFORE, table["observed"], 0.0)))
    axes.annotate("as billed", (table["year"][at], table["observed"][at]), xytext=(-6, 5), ha="right",
                  textcoords="offset points", color=NO_CONTROLS, weight="bold")  # fmt: skip


def _facts(axes: Axes, table: Any) -> None:
    """A dot a fact, by group; inside the grey band the median lies within the tolerance."""
    groups = list(dict.fromkeys(table["group"]))
    place = np.array([len(groups) - 1 - groups.index(one) for one in table["group"]], dtype=np.float64)
    miss = np.asarray(table["miss"], dtype=np.float64)
    shown = np.clip(miss, -LARGEST, LARGEST)
    order = np.zeros(miss.size)
    for row in np.unique(place):
        mine = np.flatnonzero(place == row)
        order[mine] = np.linspace(JITTER, -JITTER, mine.size) if mine.size > 1 else 0.0
    axes.axvspan(-1.0, 1.0, color="#eeeeee", lw=0, zorder=0)
    for edge in (-2.0, 0.0, 2.0):
        axes.axvline(edge, color=SOFT, lw=0.7, ls="-" if edge == 0.0 else (0, (2, 2)), zorder=1)
    inside = np.abs(miss) <= 1.0
    axes.plot(shown[inside], (place + order)[inside], "o", color=CONTROLS, ms=3.8)
    axes.plot(shown[~inside], (place + order)[~inside], "D", color=NO_CONTROLS, ms=3.8)
    for at in np.flatnonzero(np.abs(miss) > LARGEST):
        side = 1 if miss[at] < 0 else -1
        axes.annotate(f"{miss[at]:.1f}", (shown[at], (place + order)[at]), xytext=(6 * side, 0), fontsize=8,
                      textcoords="offset points", va="center", ha="left" if side > 0 else "right")  # fmt: skip
    axes.set_yticks(range(len(groups)), groups[::-1])
    axes.tick_params(axis="y", length=0)
    axes.set_xlim(-LARGEST - 0.3, LARGEST + 0.3)
    axes.set_ylim(-0.6, len(groups) - 0.4)
    axes.text(0.0, -0.11, "model below the fact", transform=axes.transAxes, fontsize=8, color=GREY)
    axes.text(1.0, -0.11, "model above the fact", transform=axes.transAxes, fontsize=8, color=GREY, ha="right")
    title(axes, "Miss of every fact", "median world less fact, in tolerances; grey: within, dashed: twice")
