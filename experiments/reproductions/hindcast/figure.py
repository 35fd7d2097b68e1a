"""Scores of the pool by forecast, and of each series."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.reproducing.drawing import CONTROLS, GREY, INK, PALETTE, SOFT, sheet, title
from experiments.reproducing.findings import Shown

MARKS = {"last_value": "s", "log_linear_trend": "^", "logistic_share": "v", "no_adaptation": "D"}
WORDS = {
    "last_value": "last value", "log_linear_trend": "trend", "logistic_share": "flattening trend",
    "no_adaptation": "no adaptation",
}  # fmt: skip


def draw(shown: Shown) -> Figure:
    """Two panels: the pool, and series one by one."""
    figure, (left, right) = sheet(
        shown, "Forecasts of 2024 from information to 2023Q4",
        "Continuous ranked probability score over the spread of each series to 2023Q4: the lower the better",
        size=(10.0, 5.4), grid=(1, 2), width_ratios=(1, 1.7), wspace=0.75, left=0.16,
    )  # fmt: skip
    _pool(left, shown)
    _by_series(right, shown)
    return figure


def _pool(axes: Axes, shown: Shown) -> None:
    table = shown.tables["table"]
    names, scores = list(table["forecast"]), np.asarray(table["score"], dtype=np.float64)
    at = np.arange(len(names))[::-1]
    colours = [CONTROLS, *["#b0b0b0"] * (len(names) - 1)]
    axes.barh(at, scores, color=colours, height=0.6)
    for y, score in zip(at, scores, strict=True):
        axes.text(score + 0.04, y, f"{score:.2f}", va="center", fontsize=8.5, color=INK)
    axes.set_yticks(at, names)
    axes.tick_params(axis="y", length=0)
    axes.set_xlim(0.0, 1.2 * float(np.max(scores)))
    title(axes, "All series, pooled", "mean score")


def _by_series(axes: Axes, shown: Shown) -> None:
    """The model's score against the naive ones, logarithmic; left of all marks the model is best."""
    table = shown.tables["series"]
    names = list(table["name"])
    at = np.arange(len(names))[::-1]
    for y in at:
        axes.axhline(y, color="#eeeeee", lw=0.8, zorder=0)
    for place, (name, mark) in enumerate(MARKS.items()):
        axes.plot(table[name], at, mark, color=PALETTE[place + 1], ms=4.5, alpha=0.85, label=WORDS[name])
    axes.plot(table["model"], at, "o", color=CONTROLS, ms=7, label="the model")
    axes.set_xscale("log")
    axes.set_yticks(at, names, fontsize=7)
    axes.tick_params(axis="y", length=0, labelsize=7)
    axes.spines["left"].set_color(SOFT)
    handles, labels = axes.get_legend_handles_labels()
    axes.legend(handles[::-1], labels[::-1], loc="upper left", bbox_to_anchor=(-0.45, -0.07), ncols=5, fontsize=8,
                frameon=False, handletextpad=0.2, columnspacing=1.0, labelcolor=GREY)  # fmt: skip
    title(axes, "Each series", "mean score, logarithmic; the worst of the model on top")
