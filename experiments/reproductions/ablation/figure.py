"""Median effects on lead, Chinese output and US revenue, a row a variant."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.reproducing.drawing import CONTROLS, GREY, INK, NO_CONTROLS, SLIDING, SOFT, sheet
from experiments.reproducing.findings import Shown

PANELS = (
    ("lead", CONTROLS, "Effect on the US lead, 2032Q4", "months; hollow: refitted to the facts"),
    ("output", SLIDING, "on Chinese chip output", "% of a year's output"),
    ("revenue", NO_CONTROLS, "on US vendors' revenue", "% of present value"),
)
WHOLE = "as it is"
ROOM = 0.6
SHARE = 0.9
"""Bars that reach beyond this quantile of all bars are cut, so that most can be read."""


def draw(shown: Shown) -> Figure:
    """Three panels that share their rows."""
    table = shown.tables["variants"]
    height = 2.4 + 0.23 * len(table["variant"])
    figure, panels = sheet(
        shown, "What is left of the effects without each mechanism",
        "Medians and 90 % of worlds; each mechanism off in both arms, the same worlds; the line is the model as it is",
        size=(12.5, height), grid=(1, 3), wspace=0.08, left=0.2, right=0.98, bottom=0.8 / height,
    )  # fmt: skip
    for axes, (effect, colour, heading, unit) in zip(panels, PANELS, strict=True):
        _panel(axes, table, effect, colour)
        axes.set_title(heading, loc="left", color=INK, weight="bold", fontsize=9.5, pad=18)
        axes.annotate(unit, (0, 1), xycoords="axes fraction", xytext=(0, 5), textcoords="offset points", fontsize=8)
    _refits(panels[0], table, shown.tables["refitted"])
    at = np.arange(len(table["variant"]))[::-1]
    panels[0].set_yticks(at, table["variant"])
    for axes in panels[1:]:
        axes.set_yticks([])
    return figure


def _panel(axes: Axes, table: Any, effect: str, colour: str) -> None:
    at = np.arange(len(table["variant"]))[::-1]
    value, low, high = (table[f"{effect}_2032_{part}"] for part in ("value", "low", "high"))
    finite = [part[np.isfinite(part)] for part in (low, high)]
    least, most = float(np.quantile(finite[0], 1.0 - SHARE)), float(np.quantile(finite[1], SHARE))
    span = max(most, 0.0) - min(least, 0.0)
    whole = value[table["variant"].index(WHOLE)]
    axes.axvline(whole, color=GREY, lw=0.9)
    axes.axvline(0.0, color=SOFT, lw=0.8, ls=":")
    axes.hlines(at, low, high, color=colour, lw=2.2, alpha=0.4)
    axes.plot(value, at, "o", color=colour, ms=4.5)
    axes.set_xlim(min(least, 0.0) - 0.06 * span, max(most, 0.0) + 0.06 * span)
    axes.set_ylim(-ROOM, len(at) - 1 + ROOM)


def _refits(axes: Axes, table: Any, refits: Any) -> None:
    """Medians of structures fitted anew, where there are some."""
    rows = {name: len(table["variant"]) - 1 - place for place, name in enumerate(table["variant"])}
    pairs = [(lead, rows[name]) for name, lead in zip(refits["variant"], refits["lead"], strict=True) if name in rows]
    axes.plot([x for x, _ in pairs], [y for _, y in pairs], "o", mfc="none", mec=GREY, ms=5, mew=0.9, zorder=4)
