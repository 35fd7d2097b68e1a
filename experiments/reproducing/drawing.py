"""Parts of figures that studies share: a page with heading and caption, bands over time, rows with intervals.

Everything is drawn from findings as they were written (`Shown`); nothing here simulates. Colours are Okabe-Ito's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from abm.calendar import FIRST_YEAR
from abm.timeline import SCRIPT_END, shipped_history
from experiments.figures import CONTROLS, HALO, INK, NO_CONTROLS, SLIDING, SOFT, STYLE, quantiles
from experiments.panels import policy_marks
from experiments.plots import GREY, page
from experiments.reproducing.findings import Columns, Floats, Shown

__all__ = ["CONTROLS", "GREY", "INK", "NO_CONTROLS", "PALETTE", "SLIDING", "SOFT", "Dots", "band", "bands",
           "grouped", "label_end",
           "mark_policies", "name_ends", "policy_dates", "rows", "sheet", "time_axis", "title"]  # fmt: skip
PALETTE = (CONTROLS, NO_CONTROLS, SLIDING, "#CC79A7", "#E69F00", "#56B4E9", "#222222")
"""Colours of lines, in the order of use."""
SCENARIO_FROM = 2026.75
"""After the script all is scenario."""
BAND = (0.05, 0.5, 0.95)
HEAD, FOOT = 1.2, 0.85
"""Inches kept free for heading and caption."""
GAP = 0.058
"""Least distance of two names, as a share of the axes' height."""

STEP = 0.26
"""Distance of the dots of one row."""


# --- tables of paths --------------------------------------------------------------------------------------------------


def bands(values: Floats, first: int = 0, last: int | None = None) -> Columns:
    """Median and 90 % of worlds over time, as a table with `year` (the middle of each quarter).

    Parameters
    ----------
    values : (world, quarter) from 2020Q1 on, NaN where a world has none.
    first, last : quarter indices that are kept, the last one left out.
    """
    low, median, high = quantiles(values, BAND)
    at = FIRST_YEAR + (np.arange(values.shape[1]) + 0.5) / 4.0
    kept = slice(first, last)
    return {"year": at[kept], "low": low[kept], "median": median[kept], "high": high[kept]}


# --- figures ----------------------------------------------------------------------------------------------------------


def sheet(
    shown: Shown, heading: str, subtitle: str, size: tuple[float, float] = (9.0, 4.8), grid: tuple[int, int] = (1, 1),
    **options: Any,
) -> tuple[Figure, list[Axes]]:  # fmt: skip
    """A page with heading, subtitle, caption from the facts, and a grid of axes.

    Parameters
    ----------
    size : inches. grid : rows and columns.
    options : of `Figure.add_gridspec`, such as width_ratios or wspace.
    """
    width, height = size
    facts = shown.facts
    caption = (
        f"{facts['worlds']:,} worlds, {facts['replications']} a parameter point, seed {facts['seed']}, parameters from "
        f"the {facts['beliefs']}; bands and bars: 90 % of worlds unless said otherwise."
    )
    if str(facts["horizon"]) > SCRIPT_END:
        caption += f" After {SCRIPT_END} all is scenario."
    with mpl.rc_context(STYLE):
        figure = page(width, height, heading, subtitle, caption)
        places = figure.add_gridspec(
            *grid, **{"left": 0.09, "right": 0.97, "bottom": FOOT / height, "top": 1 - HEAD / height, **options}
        )
        axes = [figure.add_subplot(places[row, column]) for row in range(grid[0]) for column in range(grid[1])]
        for one in axes:
            one.tick_params(labelsize=8.5)
    return figure, axes


def title(axes: Axes, text: str, unit: str) -> None:
    """Title of one panel with the unit below it."""
    axes.set_title(text, loc="left", color=INK, weight="bold", fontsize=9.5, pad=16)
    axes.text(0, 1.02, unit, transform=axes.transAxes, fontsize=8, color="#666666")


def band(axes: Axes, table: Mapping[str, Any], name: str, colour: str, style: Any = "-", filled: bool = True) -> None:
    """Median and 90 % band of a table of paths, with its name at the end of the line."""
    if filled:
        axes.fill_between(table["year"], table["low"], table["high"], color=colour, alpha=0.15, lw=0)
    axes.plot(table["year"], table["median"], color=colour, lw=1.8, ls=style)
    label_end(axes, table["year"], table["median"], name, colour)


def time_axis(axes: Axes, years: Any, room: float) -> None:
    """Years on the axis, a tick each, with room (in years) on the right for the names of lines."""
    axes.set_xlim(years[0], years[-1] + room)
    axes.set_xticks(range(ceil(years[0]), ceil(years[-1]) + 1))


def label_end(axes: Axes, x: Any, y: Any, name: str, colour: str) -> None:
    """Name of a line, beside its last point; give the axes room on the right for it."""
    known = np.flatnonzero(np.isfinite(np.asarray(y, dtype=np.float64)))
    if known.size:
        axes.annotate(
            name, (x[known[-1]], y[known[-1]]), xytext=(4, 0), textcoords="offset points", va="center",
            fontsize=8.5, color=colour, weight="bold", path_effects=HALO, annotation_clip=False,
        )  # fmt: skip


def policy_dates() -> list[tuple[float, str]]:
    """When US rules on chips for China took effect: year with its fraction, and name."""
    return [(day.year + (day.timetuple().tm_yday - 1) / 365.25, text) for day, text in policy_marks(shipped_history())]


def mark_policies(axes: Axes, names: bool = True) -> None:
    """Thin lines where US rules on chips for China took effect, shade where scenario begins."""
    left, right = axes.get_xlim()
    axes.axhline(0.0, color=SOFT, lw=0.6, zorder=0) if axes.get_ylim()[0] < 0.0 < axes.get_ylim()[1] else None
    step = 0
    for at, text in policy_dates():
        if left < at < right:
            axes.axvline(at, color=SOFT, lw=0.6, ls=(0, (2, 2)), zorder=1)
            if names:
                axes.annotate(
                    text, (at, 1), xycoords=axes.get_xaxis_transform(), xytext=(2, -8 - 10 * (step % 3)),
                    textcoords="offset points", fontsize=7, color=GREY, path_effects=HALO,
                )  # fmt: skip
                step += 1
    if right > SCENARIO_FROM:
        axes.axvspan(max(SCENARIO_FROM, left), right, color="#f3f1ea", zorder=0, lw=0)
    axes.set_xlim(left, right)


def rows(
    axes: Axes, labels: Sequence[str], middle: Any, low: Any, high: Any, colours: Sequence[str] | str = CONTROLS
) -> None:
    """A row a number: a dot, its interval and its value; the first row on top."""
    at = np.arange(len(labels))[::-1]
    middle, low, high = (np.asarray(one, dtype=np.float64) for one in (middle, low, high))
    chosen = [colours] * len(labels) if isinstance(colours, str) else list(colours)
    for y, m, a, b, colour in zip(at, middle, low, high, chosen, strict=True):
        axes.plot([a, b], [y, y], color=colour, lw=2.2, alpha=0.45, solid_capstyle="butt")
        axes.plot([m], [y], "o", color=colour, ms=6)
        axes.annotate(
            f"{m:.3g}", (m, y), xytext=(0, 6), textcoords="offset points", ha="center", fontsize=8, color=INK,
            path_effects=HALO,
        )  # fmt: skip
    axes.set_yticks(at, labels)
    axes.set_ylim(-0.6, len(labels) - 0.3)
    axes.tick_params(axis="y", length=0)
    if axes.get_xlim()[0] < 0.0 < axes.get_xlim()[1]:
        axes.axvline(0.0, color=SOFT, lw=0.7, zorder=0)


def name_ends(axes: Axes, ends: Sequence[tuple[float, float, str, str]]) -> None:
    """Write names beside the last points of lines, moved apart where they would overlap.

    Parameters
    ----------
    ends : x, y, name and colour of each line's end, when the limits of the axes are final.
    """
    low, high = axes.get_ylim()
    order = sorted(range(len(ends)), key=lambda place: ends[place][1])
    given = np.asarray([(ends[place][1] - low) / (high - low) for place in order])
    at = given.copy()
    for place in range(1, len(at)):
        at[place] = max(at[place], at[place - 1] + GAP)
    at -= np.mean(at - given)
    for place, index in enumerate(order):
        x, _, name, colour = ends[index]
        axes.annotate(
            name, (x, low + at[place] * (high - low)), xytext=(5, 0), textcoords="offset points", va="center",
            fontsize=8.5, color=colour, weight="bold", path_effects=HALO, annotation_clip=False,
        )  # fmt: skip


@dataclass(frozen=True)
class Dots:
    """One dot a row: its name, colour, and median with interval by row."""

    name: str
    colour: str
    middle: Any
    low: Any
    high: Any


def grouped(axes: Axes, labels: Sequence[str], groups: Sequence[Dots], named: bool = True, step: float = STEP) -> None:
    """Draw rows, the first on top, with the dots of each group below each other.

    Parameters
    ----------
    labels : names of the rows; empty texts leave the axis without names.
    named : whether the first row says which group is which.
    step : distance of the dots of one row; 0 where no row has two.
    """
    at = np.arange(len(labels))[::-1].astype(np.float64)
    for place, one in enumerate(groups):
        y = at + step * ((len(groups) - 1) / 2.0 - place)
        axes.hlines(y, one.low, one.high, color=one.colour, lw=2.2, alpha=0.45)
        axes.plot(one.middle, y, "o", color=one.colour, ms=5, label=one.name)
    axes.set_yticks(at, labels)
    axes.set_ylim(-0.6, len(labels) - 0.4)
    axes.tick_params(axis="y", length=0)
    axes.margins(x=0.08)
    axes.axvline(0.0, color=SOFT, lw=0.8, zorder=0)
    if named:
        axes.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(0.0, -0.12), ncols=len(groups))
