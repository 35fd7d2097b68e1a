"""Each effect by who stands still."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from experiments.figures import HALO
from experiments.reproducing.drawing import CONTROLS, GREY, INK, NO_CONTROLS, SLIDING, SOFT, sheet, title
from experiments.reproducing.findings import Shown

TICKS = 4
PANELS = ("lead", "domestic_output", "us_revenue", "compute_cn")
COLOURS = {"all answer": INK, "China's state stands still": NO_CONTROLS, "all states stand still": NO_CONTROLS,
           "Chinese firms stand still": CONTROLS, "US vendors stand still": CONTROLS,
           "firms of both stand still": CONTROLS, "states and firms stand still": SLIDING}  # fmt: skip
HEADINGS = {"lead": "US lead", "domestic_output": "Chinese chip output", "us_revenue": "US vendors' revenue",
            "compute_cn": "China's compute"}  # fmt: skip


def draw(shown: Shown) -> Figure:
    """A panel an effect, a row for who stands still."""
    figure, panels = sheet(
        shown, "Direct effects, and answers to them",
        "Mean effects of the controls in 2032Q4 when states, firms or both do not answer; 90 % over parameter points",
        size=(13.0, 5.0), grid=(1, 4), wspace=0.1, left=0.16, right=0.985,
    )  # fmt: skip
    table = shown.tables["parts"]
    for place, (axes, effect) in enumerate(zip(panels, PANELS, strict=True)):
        mine = [k for k, name in enumerate(table["effect"]) if name == effect]
        _panel(axes, table, mine)
        title(axes, HEADINGS[effect], table["unit"][mine[0]])
        labels = [table["still"][k] for k in mine]
        axes.set_yticks(range(len(mine))[::-1], labels if not place else [""] * len(mine))
        axes.tick_params(axis="y", length=0)
    return figure


def _panel(axes: Axes, table: Mapping[str, Any], mine: list[int]) -> None:
    for row, k in enumerate(mine):
        y, colour = len(mine) - 1 - row, COLOURS[table["still"][k]]
        mean, low, high = (float(table[name][k]) for name in ("mean", "low", "high"))
        axes.plot([low, high], [y, y], color=colour, lw=2.2, alpha=0.45, solid_capstyle="butt")
        axes.plot([mean], [y], "o", color=colour, ms=6)
        axes.annotate(f"{mean:+.2g}" if np.abs(mean) < 1 else f"{mean:+.1f}", (mean, y), xytext=(0, 6),
                      textcoords="offset points", ha="center", fontsize=8, color=INK, path_effects=HALO)  # fmt: skip
    axes.axvline(float(table["mean"][mine[0]]), color=GREY, lw=0.9)
    axes.axvline(0.0, color=SOFT, lw=0.8, ls=":")
    axes.margins(x=0.12)
    axes.xaxis.set_major_locator(MaxNLocator(TICKS))
    axes.set_ylim(-0.6, len(mine) - 0.4)
