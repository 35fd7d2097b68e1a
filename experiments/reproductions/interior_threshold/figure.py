"""Map of lead and weighted outcome over threshold and public money, and where the best threshold lies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from experiments.reproducing.drawing import CONTROLS, INK, NO_CONTROLS, sheet, title
from experiments.reproducing.findings import Shown

MAPS = {
    "lead_months": ("US lead, 2032Q4", "months against no controls, median"),
    "weighted_bands": ("Weighted outcome, 2032Q4", "bands against no controls, median"),
}
LABEL = "ratio k to the best US chip"
DARK = 0.6
"""Part of the colour scale from which text is white."""


def draw(shown: Shown) -> Figure:
    """Two maps and the shares of worlds by best threshold."""
    figure, (*maps, right) = sheet(
        shown, "Thresholds from tight (left) to loose (right)",
        "Same worlds for all thresholds; the best cell of each row is framed. Right: public money as drawn",
        size=(12.0, 4.6), grid=(1, 3), wspace=0.24, left=0.07, width_ratios=(1.15, 1.15, 1),
    )  # fmt: skip
    for axes, (column, texts) in zip(maps, MAPS.items(), strict=True):
        _map(axes, shown.tables["table"], column)
        title(axes, *texts)
        axes.set_xlabel(LABEL, fontsize=8.5)
    maps[0].set_ylabel("public money, % of planned spending", fontsize=8.5)
    table = shown.tables["best"]
    at = np.arange(len(table["ratio"]))
    for shift, (name, said, colour) in enumerate((("lead", "lead", CONTROLS), ("weighted", "weighted", NO_CONTROLS))):
        right.bar(at + 0.4 * shift - 0.2, 100.0 * table[name], width=0.38, color=colour, label=said)
    right.set_xticks(at, [f"{ratio:g}" for ratio in table["ratio"]])
    right.set_xlabel(LABEL, fontsize=8.5)
    right.legend(frameon=False, fontsize=8.5)
    title(right, "Best threshold of a world", "% of worlds")
    return figure


def _map(axes: Axes, table: Mapping[str, Any], column: str) -> None:
    """Cells with their values."""
    ratios, rows = (np.unique(table[name]) for name in ("ratio", "public_money_percent"))
    values = np.asarray(table[column]).reshape(len(rows), len(ratios))
    low, high = float(values.min()), float(values.max())
    axes.imshow(values, cmap="Blues", aspect="auto", origin="lower", vmin=low - 0.2 * (high - low), vmax=high)
    for y, row in enumerate(values):
        for x, value in enumerate(row):
            dark = high > low and (value - low) / (high - low) > DARK
            axes.text(x, y, f"{value:.1f}", ha="center", va="center", fontsize=8.5, color="white" if dark else INK)
        best = int(np.argmax(row))
        axes.add_patch(_frame(best, y))
    axes.set_xticks(range(len(ratios)), [f"{ratio:g}" for ratio in ratios])
    axes.set_yticks(range(len(rows)), [f"{row:.0f}" for row in rows])
    axes.tick_params(length=0)


def _frame(x: int, y: int) -> Rectangle:
    """A frame around a cell."""
    return Rectangle((x - 0.47, y - 0.47), 0.94, 0.94, fill=False, ec=NO_CONTROLS, lw=2.0)
