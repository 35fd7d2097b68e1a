"""Policies tried, by two pairs of aims; those that no other beats are ringed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.reproducing.drawing import GREY, PALETTE, SOFT, sheet, title
from experiments.reproducing.findings import Shown

PAIRS = (("us_revenue", "lead_2032"), ("leverage", "lead_2032"), ("enforcement", "smuggled_chips"))
NAMES = {
    "us_revenue": "US vendors' revenue, % of present value",
    "lead_2032": "US lead 2032, months",
    "leverage": "leverage, percentage points",
    "enforcement": "enforcement, share of smuggling stopped",
    "smuggled_chips": "smuggled chips in 2028, thousand",
}
TITLES = ("Lead and revenue", "Lead and leverage", "Smuggling and enforcement")
MARKERS = ("*", "^", "s", "D", "v", "P", "X")
"""One a law, so that none is told by its colour alone."""
SETTINGS = "#88a9c4"


def draw(shown: Shown) -> Figure:
    """Three panels of the same policies."""
    figure, places = sheet(
        shown, "Policies tried in the same futures",
        "Medians over futures, against no controls; small dots: enforcement and detection varied on top of history",
        size=(12.0, 5.4), grid=(1, len(PAIRS)), wspace=0.28, left=0.06, right=0.96, bottom=0.3,
    )  # fmt: skip
    table = shown.tables["points"]
    for axes, pair, text in zip(places, PAIRS, TITLES, strict=True):
        _panel(axes, table, pair)
        title(axes, text, "")
    places[0].legend(frameon=False, fontsize=8.5, loc="upper left", bbox_to_anchor=(-0.08, -0.2), ncols=5)
    return figure


def _panel(axes: Axes, table: Mapping[str, Any], pair: tuple[str, str]) -> None:
    """One pair of aims; laws have no setting of enforcement."""
    x, y = (np.asarray(table[name], dtype=np.float64) for name in pair)
    law = np.array([name != "setting" for name in table["law"]])
    front = (np.asarray(table["frontier"]) > 0) & np.isfinite(x)
    axes.scatter(x[~law], y[~law], s=18, color=SETTINGS, lw=0, zorder=3, label="setting of enforcement and detection")
    for place, marker, colour in zip(np.flatnonzero(law), MARKERS, PALETTE, strict=True):
        axes.scatter(x[place], y[place], s=42, color=colour, marker=marker, lw=0, zorder=6, label=table["law"][place])
    axes.scatter(
        x[front], y[front], s=80, facecolor="none", edgecolor=GREY, lw=0.7, zorder=5, label="ring: on the frontier"
    )
    if pair[0] != "enforcement":
        axes.axvline(0.0, color=SOFT, lw=0.7, zorder=0)
    axes.margins(0.1)
    axes.set_xlabel(NAMES[pair[0]], fontsize=8.5)
    axes.set_ylabel(NAMES[pair[1]], fontsize=8.5)
