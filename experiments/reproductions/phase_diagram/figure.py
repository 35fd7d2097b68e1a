"""Maps of the most frequent regime over two parameters, without and with mobilisation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from experiments.figures import INK, REGIME_COLOURS, SOFT
from experiments.reproducing.drawing import sheet, title
from experiments.reproducing.findings import Shown

HEADINGS = ("No mobilisation", "China mobilises")
AXES = ("cross_bloc_access_loss", "domestic_price_ratio")
LABELS = ("access to foreign research lost at full stringency, share", "price of Chinese chips over US list price")
BACKFIRE = "full backfire"


def draw(shown: Shown) -> Figure:
    """Two maps and their legend."""
    figure, panels = sheet(
        shown, "Which regime comes out where",
        "Most frequent regime in 2032Q4 at each place, all other parameters drawn; rings: two about as frequent",
        size=(11.5, 5.9), grid=(1, 2), wspace=0.12, left=0.075, right=0.79, bottom=0.19,
    )  # fmt: skip
    for place, axes in enumerate(panels):
        _map(axes, shown.tables[f"pieces_{place}"], shown.tables[f"points_{place}"])
        axes.set_xlabel(LABELS[0], fontsize=8.5)
        most = shown.value(f"most_{place}")
        title(axes, HEADINGS[place], f"full backfire: at most {100 * most:.0f} % of worlds at any place")
    panels[0].set_ylabel(LABELS[1], fontsize=8.5)
    panels[1].set_yticklabels([])
    _legend(figure, shown)
    return figure


def _map(axes: Axes, pieces: Mapping[str, Any], points: Mapping[str, Any]) -> None:
    for left, low, width, height, regime in zip(
        *(pieces[name] for name in ("left", "low", "width", "height", "regime")), strict=True
    ):
        axes.add_patch(Rectangle((left, low), width, height, color=REGIME_COLOURS[regime], lw=0))
    x, y = (points[name] for name in AXES)
    axes.scatter(x, y, s=4, color=INK, lw=0, zorder=3, clip_on=False)
    split = points["bistable"] > 0
    axes.scatter(x[split], y[split], s=42, facecolor="none", edgecolor=INK, lw=0.8, zorder=4, clip_on=False)
    some = points["backfire"] > 0
    axes.scatter(x[some], y[some], s=26, marker="x", color=REGIME_COLOURS[BACKFIRE], lw=1.4, zorder=5, clip_on=False)
    for values, limit in ((x, axes.set_xlim), (y, axes.set_ylim)):
        limit(float(np.min(values)), float(np.max(values)))


def _legend(figure: Figure, shown: Shown) -> None:
    seen = {name for place in range(len(HEADINGS)) for name in shown.tables[f"pieces_{place}"]["regime"]}
    handles: list[Any] = [Patch(facecolor=colour, edgecolor=SOFT, lw=0.4, label=name)
                          for name, colour in REGIME_COLOURS.items() if name in seen]  # fmt: skip
    handles.append(Line2D([], [], marker="o", ls="", mfc="none", mec=INK, ms=7, label="worlds split"))
    if any((shown.tables[f"points_{place}"]["backfire"] > 0).any() for place in range(len(HEADINGS))):
        handles.append(Line2D([], [], marker="x", ls="", color=REGIME_COLOURS[BACKFIRE], label="some full backfire"))
    figure.legend(handles=handles, loc="upper left", bbox_to_anchor=(0.8, 0.8), frameon=False, fontsize=8.5)
