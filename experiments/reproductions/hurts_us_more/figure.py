"""Relative pain over time, the two losses world by world, and what slack does to them."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.figures import STYLE
from experiments.reproducing.drawing import (
    CONTROLS,
    GREY,
    NO_CONTROLS,
    PALETTE,
    SOFT,
    band,
    mark_policies,
    rows,
    sheet,
    title,
)
from experiments.reproducing.findings import Shown

MARGIN = 1.08
FROM = 2022.5
EXPERIMENTS = {
    "pain": "as it comes", "pain_vendors": "vendors alone counted", "pain_scarce": "supply scarce",
    "pain_ample": "supply ample", "pain_small": "China a small customer", "pain_large": "China a large customer",
}  # fmt: skip
SHARES = {
    "more_0": "tightest third", "more_1": "middle third", "more_2": "slackest third",
    "more_scarce": "set scarce", "more_ample": "set ample",
}  # fmt: skip


def draw(shown: Shown) -> Figure:
    """Four panels."""
    figure, (path, scatter, thirds, sets) = sheet(
        shown, "Who is hurt more?",
        "History against the same worlds without controls: losses in present value, in dollars, "
        "from 2022Q3 to 2028Q4 unless dated",
        size=(11.5, 8.6), grid=(2, 2), wspace=0.42, hspace=0.5, width_ratios=(1.1, 1), right=0.93,
    )  # fmt: skip
    band(path, shown.tables["whole"], "", CONTROLS)
    vendors = shown.tables["vendors"]
    path.plot(vendors["year"], vendors["median"], color=NO_CONTROLS, lw=1.4, ls="--")
    path.set_ylim(-1, 1)
    path.set_xlim(FROM, vendors["year"][-1])
    title(path, "Relative pain to date", "1: the US alone is hurt, −1: China alone; dashed: vendors alone counted")
    mark_policies(path)
    _scatter(scatter, shown)
    with mpl.rc_context(STYLE):
        _rows(thirds, shown, SHARES, PALETTE[2])
        thirds.axvline(0.5, color=SOFT, lw=0.8, ls=":")
        thirds.set_xlim(0, 1)
        title(thirds, "US hurt more, by slack of world supply", "share of worlds, 90 % over points; dotted: one half")
        _rows(sets, shown, EXPERIMENTS, CONTROLS)
        sets.axvline(0.0, color=SOFT, lw=0.8, ls=":")
        title(sets, "Relative pain, as it comes and set", "median, 90 % of worlds; right of 0: the US is hurt more")
    return figure


def _rows(axes: Axes, shown: Shown, names: dict[str, str], colour: str) -> None:
    table = shown.tables["rows"]
    places = [table["name"].index(name) for name in names]
    value, low, high = (np.round(table[part][places], 2) for part in ("value", "low", "high"))
    rows(axes, list(names.values()), value, low, high, colour)


def _scatter(axes: Axes, shown: Shown) -> None:
    """Each world's two losses; above the line the US loses more."""
    table = shown.tables["worlds"]
    dots = axes.scatter(table["china"], table["us"], c=table["slack"], cmap="cividis", s=11, lw=0)
    most = MARGIN * max(np.nanmax(table["china"]), np.nanmax(table["us"]))
    least = min(0.0, MARGIN * float(min(np.nanmin(table["china"]), np.nanmin(table["us"]))))
    axes.plot([least, most], [least, most], color=SOFT, lw=0.8, ls=":")
    axes.set_xlim(least, most)
    axes.set_ylim(least, most)
    axes.set_xlabel("China's loss, USD bn", fontsize=8.5)
    axes.text(0.04, 0.94, "the US loses more", transform=axes.transAxes, fontsize=8, color=GREY, va="top")
    axes.text(0.96, 0.06, "China loses more", transform=axes.transAxes, fontsize=8, color=GREY, ha="right")
    bar = axes.figure.colorbar(dots, ax=axes, fraction=0.05, pad=0.03)
    bar.set_label("idle share of world capacity, %", fontsize=8)
    bar.ax.tick_params(labelsize=8)
    title(axes, "Both losses, a dot a world", "US loss, USD bn")
