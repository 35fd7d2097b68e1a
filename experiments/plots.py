"""Pictures of sensitivity: bars of indices with intervals, tornado of an effect, network of interactions."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import fill
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.analysis import Output, Table
from experiments.design import Floats
from experiments.figures import CONTROLS, INK, NO_CONTROLS, SOFT, STYLE
from experiments.sampling import block_length
from experiments.sensitivity import Indices

SHOWN = 15
"""Parameters that a picture names at most."""
GREY = "#555555"


def page(width: float, height: float, title: str, subtitle: str, caption: str) -> Figure:
    """An empty page with heading and caption."""
    figure = Figure(figsize=(width, height), facecolor="white")
    figure.text(0.02, 1 - 0.28 / height, title, fontsize=13, weight="bold", color=INK, va="center")
    figure.text(0.02, 1 - 0.56 / height, subtitle, fontsize=9, color=GREY, va="center")
    figure.text(
        0.02, 0.1 / height, fill(caption, int(width * 17)), fontsize=7.5, color=GREY, va="bottom", linespacing=1.3
    )
    return figure


def named(name: str) -> str:
    """A parameter's name for readers."""
    return name.replace("_", " ")


def index_bars(found: Indices, outputs: Sequence[Output], caption: str) -> Figure:
    """Bars of the main measure with 90 % intervals, one panel an output, ordered by the first."""
    first = outputs[0]
    names = found.ranking(first)[:SHOWN]
    rows = [found.factors.index(name) for name in names]
    height = 1.9 + 0.24 * len(names)
    said = {"saltelli": "Total and first-order index", "morris": "Mean absolute elementary effect"}[found.method]
    with mpl.rc_context(STYLE):
        figure = page(
            4.2 + 2.6 * len(outputs), height, "What the effects hang on", said + " with 90 % intervals", caption
        )
        left, top, bottom = 2.3 / figure.get_figwidth(), 1 - 1.0 / height, 0.75 / height
        panels = figure.subplots(1, len(outputs), sharey=True, squeeze=False)[0]
        figure.subplots_adjust(left=left, right=0.98, top=top, bottom=bottom, wspace=0.12)
        for axes, output in zip(panels, outputs, strict=True):
            _bars(axes, found, output, rows)
        panels[0].set_yticks(range(len(names)), [named(name) for name in names])
        panels[0].invert_yaxis()
    return figure


def _bars(axes: Axes, found: Indices, output: Output, rows: Sequence[int]) -> None:
    """One panel: the main measure wide and light, the first-order one narrow and dark, chance as a dashed line."""
    column = found.outputs.index(output)
    places = np.arange(len(rows))
    for name, height, colour in _measures(found):
        value, low, high = (part[name][list(rows), column] for part in (found.measures, found.low, found.high))
        axes.barh(places, value, height=height, color=colour, lw=0, zorder=2, label=name.replace("_", " "))
        ends = np.maximum([value - low, high - value], 0.0)
        beside = places + (0.3 if name == "total" else 0.0)  # two intervals on one line could not be told apart
        axes.errorbar(value, beside, xerr=ends, fmt="none", ecolor=INK, elinewidth=0.8, zorder=3)
    chance = found.chance[column]
    if np.isfinite(chance):
        axes.axvline(chance, color=NO_CONTROLS, lw=1, ls=(0, (4, 3)), zorder=4, label="chance alone")
    axes.axvline(0, color=SOFT, lw=0.6)
    axes.set_title(output.label, loc="left", fontsize=9, color=INK)
    axes.set_xlabel("share of variance" if found.method == "saltelli" else output.unit, fontsize=8, color=GREY)
    axes.legend(frameon=False, fontsize=7.2, loc="lower right")


def _measures(found: Indices) -> tuple[tuple[str, float, str], ...]:
    if found.method == "saltelli":
        return ("total", 0.78, "#9cc9e8"), ("first", 0.4, CONTROLS)
    return (("mu_star", 0.7, "#9cc9e8"),)


def tornado(found: Indices, table: Table, output: Output, caption: str) -> Figure:
    """Mean effect with each parameter low and high, all else as it comes, the strongest of `found` on top."""
    names = found.ranking(output)[:SHOWN]
    middle, ends, said = tornado_ends(found, table, output, names)
    order = np.argsort(np.abs(ends[:, 1] - ends[:, 0]), kind="stable")
    height = 1.9 + 0.26 * len(names)
    with mpl.rc_context(STYLE):
        figure = page(8.5, height, f"Tornado: {output.label}", said, caption)
        axes = figure.add_axes((0.3, 0.85 / height, 0.66, 1 - 1.75 / height))
        for place, row in enumerate(order):
            for end, colour in zip(ends[row], (NO_CONTROLS, CONTROLS), strict=True):
                axes.barh(place, end - middle, left=middle, height=0.7, color=colour, lw=0)
        axes.axvline(middle, color=INK, lw=1)
        axes.set_yticks(range(len(names)), [named(names[row]) for row in order])
        axes.set_xlabel(output.unit, fontsize=8, color=GREY)
        handles = [mpl.patches.Patch(color=NO_CONTROLS), mpl.patches.Patch(color=CONTROLS)]
        axes.legend(handles, ["low", "high"], frameon=False, fontsize=8, loc="lower right")
    return figure


def tornado_ends(found: Indices, table: Table, output: Output, names: Sequence[str]) -> tuple[float, Floats, str]:
    """Mean of the output, its mean with each parameter low and high (parameter, 2), and how these were found.

    Rows of a base share all factors but one, so means are taken over A and B alone; few bases of Morris cannot be cut
    into fifths, and there the mean elementary effect tells the two ends.
    """
    values = table.by_point(table.output(output))
    length = block_length(len(table.inputs.factors), found.method == "saltelli")
    rows = np.arange(len(values)) % length
    apart = rows < (2 if found.method == "saltelli" else 1)
    known = apart & np.isfinite(values)
    middle = float(values[known].mean())
    if found.method == "morris":
        column = found.outputs.index(output)
        mu = np.array([found.measures["mu"][found.factors.index(name), column] for name in names])
        return middle, middle + np.stack([-mu / 2, mu / 2], axis=1), "By the mean elementary effect over the range"
    ends = np.array([fifths(table.parameters[name][known], values[known]) for name in names])
    return middle, ends, "Mean by lowest and highest fifth of each parameter"


def fifths(parameter: Floats, values: Floats) -> tuple[float, float]:
    """Mean value where the parameter is in its lowest and in its highest fifth; points without a value do not count."""
    known = np.isfinite(values)
    at, value = parameter[known], values[known]
    low, high = np.quantile(at, [0.2, 0.8])
    return float(value[at <= low].mean()), float(value[at >= high].mean())


def interaction_network(names: Sequence[str], own: Floats, pairs: Floats, title: str, caption: str) -> Figure:
    """Parameters on a ring: size by what each explains alone, lines by what pairs explain together.

    Parameters
    ----------
    own : (factor,), first-order indices. pairs : (factor, factor), second-order ones, 0 on the diagonal.
    """
    angle = 2 * np.pi * np.arange(len(names)) / len(names)
    x, y = np.cos(angle), np.sin(angle)
    strongest = float(np.max(pairs)) if pairs.size else 0.0
    with mpl.rc_context(STYLE):
        said = "Discs: share of variance explained alone. Lines: by terms with both, where surely above chance"
        figure = page(8.5, 6.4, title, said, caption)
        axes = figure.add_axes((0.02, 0.09, 0.96, 0.79))
        for i in range(len(names)):
            for j in range(i):
                share = pairs[i, j] / strongest if strongest > 0 else 0.0
                if share > 0.08:
                    axes.plot(x[[i, j]], y[[i, j]], color=CONTROLS, lw=7 * share, alpha=0.15 + 0.6 * share, zorder=1)
        axes.scatter(x, y, s=30 + 2500 * np.clip(own, 0, 1), color=NO_CONTROLS, zorder=2, edgecolor="white")
        for place, name in enumerate(names):
            side: Any = "left" if x[place] > 0.05 else "right" if x[place] < -0.05 else "center"
            away = 1.1 + 0.17 * np.sqrt(np.clip(own[place], 0, 1))
            text = f"{named(name)}\n{own[place]:.2f}"
            axes.text(away * x[place], away * y[place], text, ha=side, va="center", fontsize=8)
        axes.set_xlim(-2.0, 2.0)
        axes.set_ylim(-1.22, 1.22)
        axes.set_aspect("equal")
        axes.axis("off")
    return figure
