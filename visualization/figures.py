"""Charts of `visualization.specs` as static figures: the same quantities, units, colours and lines as on the page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from textwrap import fill

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import NDArray

from abm.backfire import Comparison
from abm.calendar import FIRST_YEAR, quarter_index
from abm.timeline import SCRIPT_END
from experiments.figures import INK, SOFT, STYLE, save
from visualization.payload import quantiles
from visualization.portrayal import ARM_COLOURS
from visualization.quantity import Measured, measure
from visualization.specs import CHARTS, Chart

type Floats = NDArray[np.float64]

COLUMNS = 2
PANEL = (5.6, 2.9)
"""Inches of one chart."""
DASHES = {"controls": "-", "without": (0, (5, 2.5))}
NAMES = {"controls": "with controls", "without": "without controls"}
_MIDDLE = 2
"""Place of the median among the quantiles of a band."""


def write_series(pair: Comparison, folder: Path, name: str, charts: Sequence[str] | None = None) -> list[Path]:
    """Write a figure of charts as PNG and SVG; by default those that the page shows first.

    Parameters
    ----------
    folder : where; it must exist.
    name : of the files, without ending.
    """
    chosen = [one for one in CHARTS if CHARTS[one].headline] if charts is None else list(charts)
    with mpl.rc_context(STYLE):
        return save(series_figure(pair, chosen), folder, name)


def series_figure(pair: Comparison, names: Sequence[str]) -> Figure:
    """Charts side by side: bands of 50 and 90 % of pairs, medians, observations, and where scenario begins."""
    measured = measure(pair, names)
    shown = [name for name in names if measured[name].values.shape[2]]
    rows = -(-len(shown) // COLUMNS)
    height = PANEL[1] * rows + 0.9
    figure = Figure(figsize=(PANEL[0] * COLUMNS, height), facecolor="white")
    panels = figure.subplots(rows, COLUMNS, squeeze=False).ravel()
    for axes, name in zip(panels, shown, strict=False):
        draw_chart(axes, CHARTS[name], measured[name])
    for axes in panels[len(shown) :]:
        axes.axis("off")
    top, bottom = 1 - 0.45 / height, 0.75 / height
    figure.subplots_adjust(left=0.06, right=0.985, top=top, bottom=bottom, hspace=0.42, wspace=0.16)
    figure.text(0.06, 0.12 / height, fill(caption(pair), 170), fontsize=8, color="#555555", linespacing=1.35)
    return figure


def caption(pair: Comparison) -> str:
    """What a reader must know to judge the picture."""
    runs, points = int(pair.arms.ok.sum()), int(np.unique(pair.controls.point[pair.arms.ok]).size)
    names = f"{pair.controls.scenario} against {pair.counterfactual.scenario}"
    return (
        f"{names}: {runs} pairs of worlds (parameter points: {points}), seed {pair.controls.seed}. "
        "Lines are medians, bands hold 50 and 90 % of pairs, dots are observations to 2024Q4. "
        f"After {SCRIPT_END} (shaded) all is scenario, not forecast."
    )


def draw_chart(axes: Axes, chart: Chart, found: Measured) -> None:
    """One chart, as the page draws it."""
    years = FIRST_YEAR + (found.at + 0.5) / 4.0
    bands = {arm: quantiles(values) for arm, values in zip(ARM_COLOURS, found.values, strict=True)}
    axes.set_title(chart.title, loc="left", color=INK, weight="bold", pad=14)
    axes.text(0, 1.025, chart.unit, transform=axes.transAxes, fontsize=7.8, color="#666666")
    for arm in ("without", "controls"):
        low, first, middle, third, high = bands[arm]
        colour = ARM_COLOURS[arm]
        axes.fill_between(years, low, high, color=colour, alpha=0.13, lw=0, zorder=1)
        axes.fill_between(years, first, third, color=colour, alpha=0.2, lw=0, zorder=2)
        axes.plot(years, middle, color=colour, ls=DASHES[arm], lw=1.7, zorder=3)
    _observations(axes, found)
    _scale(axes, chart, found, bands)
    _name_lines(axes, years, bands)


def _observations(axes: Axes, found: Measured) -> None:
    for dot in found.observed:
        at = FIRST_YEAR + (dot.at + 0.5) / 4.0
        if dot.low is not None and dot.high is not None:
            axes.plot([at, at], [dot.low, dot.high], color=INK, lw=0.9, zorder=5)
        axes.plot(at, dot.value, "o", ms=3.8, mfc=INK, mec="white", mew=0.5, zorder=6)


def _scale(axes: Axes, chart: Chart, found: Measured, bands: dict[str, Floats]) -> None:
    """Both axes as in `assets/fan_model.js`: 90 % of pairs and the observations, floor and ceiling of the chart."""
    start = FIRST_YEAR + quarter_index(chart.axis.start) / 4.0
    axes.set_xlim(start, FIRST_YEAR + 13.0)
    scenario = FIRST_YEAR + (quarter_index(SCRIPT_END) + 1) / 4.0
    axes.axvspan(max(scenario, start), FIRST_YEAR + 13.0, color="#f3f1ea", zorder=0, lw=0)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=7))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda year, _: f"{year:.0f}"))
    dots = [value for dot in found.observed for value in (dot.value, dot.low, dot.high) if value is not None]
    seen = np.concatenate([*(band[[0, -1]].ravel() for band in bands.values()), np.asarray(dots, dtype=np.float64)])
    seen = seen[np.isfinite(seen)]
    if chart.axis.log:
        positive = seen[seen > 0.0]
        axes.set_yscale("log")
        axes.set_ylim(max(positive.min(), positive.max() / 3000.0) / 1.15, positive.max() * 1.3)
        axes.minorticks_off()
    else:
        room = 0.06 * float(np.ptp(seen))
        floor = seen.min() - room if chart.axis.floor is None else min(chart.axis.floor, float(seen.min()))
        axes.set_ylim(floor, seen.max() + room)
        axes.yaxis.set_major_locator(MaxNLocator(nbins=5))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
    axes.grid(axis="y", color="#e4e4e4", lw=0.6)
    axes.set_axisbelow(True)


def _name_lines(axes: Axes, years: Floats, bands: dict[str, Floats]) -> None:
    """Names at the ends of the medians, moved apart where these meet."""
    ends = {arm: band[_MIDDLE][np.isfinite(band[_MIDDLE])][-1] for arm, band in bands.items()}
    page = {
        arm: axes.transAxes.inverted().transform(axes.transData.transform((years[-1], end)))[1]
        for arm, end in ends.items()
    }
    first, second = sorted(page, key=lambda arm: -page[arm])
    apart = max(page[first] - page[second], 0.1)
    middle = float(np.clip((page[first] + page[second]) / 2.0, 0.05 + apart / 2.0, 0.95 - apart / 2.0))
    for arm, height in ((first, middle + apart / 2.0), (second, middle - apart / 2.0)):
        axes.text(
            0.985, height, NAMES[arm], transform=axes.transAxes, ha="right", va="center",
            fontsize=8, weight="bold", color=ARM_COLOURS[arm], zorder=8,
            bbox={"facecolor": "white", "alpha": 0.75, "edgecolor": SOFT, "lw": 0, "pad": 1.2},
        )  # fmt: skip
