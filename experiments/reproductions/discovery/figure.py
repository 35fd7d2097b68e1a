"""Failures over the two surest parameters, the box, and coverage against density while peeling."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import PercentFormatter

from experiments.figures import HALO
from experiments.reproducing.drawing import CONTROLS, GREY, NO_CONTROLS, SOFT, sheet, title
from experiments.reproducing.findings import Shown


def draw(shown: Shown) -> Figure:
    """Scatter on the left, peeling on the right."""
    figure, (left, right) = sheet(
        shown, "Where the controls fail",
        "Failures: something is paid and the US lead has not grown by a month, 2032Q4; all parameters drawn at once",
        size=(11.0, 5.2), grid=(1, 2), width_ratios=(1.35, 1), wspace=0.28,
    )  # fmt: skip
    _scatter(left, shown)
    _path(right, shown)
    return figure


def _scatter(axes: Axes, shown: Shown) -> None:
    points, bounds = shown.tables["points"], shown.tables["bounds"]
    x, y = (name for name in points if name != "fails")
    fails = points["fails"] > 0
    axes.scatter(points[x][~fails], points[y][~fails], s=5, color=SOFT, alpha=0.35, lw=0)
    axes.scatter(points[x][fails], points[y][fails], s=20, color=NO_CONTROLS, lw=0)
    rows = {name: place for place, name in enumerate(bounds["parameter"])}
    (left, right), (low, high) = (
        (float(bounds["low"][rows[name]]), float(bounds["high"][rows[name]])) for name in (x, y)
    )
    axes.add_patch(Rectangle((left, low), right - left, high - low, fill=False, ec=CONTROLS, lw=2))
    axes.margins(0.03)
    units = [bounds["unit"][rows[name]] for name in (x, y)]
    axes.set_xlabel(f"{x.replace('_', ' ')}, {units[0]}", fontsize=8.5)
    axes.set_ylabel(f"{y.replace('_', ' ')}, {units[1]}", fontsize=8.5)
    title(axes, "Worlds, failures (orange) and the better box", "a dot a world")


def _path(axes: Axes, shown: Shown) -> None:
    """Peeling from all worlds (right) to the densest slice (left)."""
    path = shown.tables["path"]
    axes.plot(path["coverage"], path["density"], "-o", color=SOFT, ms=3.5, lw=1)
    box = shown.value("coverage_unseen"), shown.value("density_unseen")
    axes.plot(*([end] for end in box), "D", color=CONTROLS, ms=8, zorder=4)
    axes.annotate("box, on points\nnot searched", box, xytext=(-8, 8), textcoords="offset points", color=CONTROLS,
                  fontsize=8.5, weight="bold", ha="right", path_effects=HALO)  # fmt: skip
    share = shown.value("share_bad")
    axes.axhline(share, color=GREY, lw=0.8, ls=":")
    axes.text(0.02, share, "all worlds", fontsize=8, color=GREY, va="bottom")
    axes.set_xlim(0, 1.05)
    axes.set_ylim(0, max(float(np.nanmax(path["density"])), box[1]) * 1.2)
    axes.set_xlabel("coverage: share of all failures inside", fontsize=8.5)
    for one in (axes.xaxis, axes.yaxis):
        one.set_major_formatter(PercentFormatter(1.0, decimals=0))
    title(axes, "Peeling by PRIM on the half searched, and the box", "density: share of worlds inside that fail")
