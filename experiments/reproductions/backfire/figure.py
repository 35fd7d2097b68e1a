"""Regimes by horizon and continuation, how long each part holds out, and worlds made to favour a backfire."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from experiments.figures import HALO, STYLE, Bars, draw_bars
from experiments.reproducing.drawing import CONTROLS, PALETTE, mark_policies, sheet, title
from experiments.reproducing.findings import Shown

MARGINS = {"left": 0.1, "right": 0.985, "bottom": 0.17}


def draw(shown: Shown) -> Figure:
    """Regime bars on the left, survival and stress on the right."""
    figure, (left, right) = sheet(
        shown, "Do the curbs backfire?",
        "History against the same worlds without controls; a regime is a cell of lead, decoupling and vendors' revenue",
        size=(14.0, 7.4), grid=(1, 2), width_ratios=(1.45, 1), wspace=0.1, **MARGINS,
    )  # fmt: skip
    draw_bars(left, _bars(shown.tables["regimes"]))
    spec = right.get_subplotspec()
    assert spec is not None
    places = spec.subgridspec(2, 1, height_ratios=(1.3, 1), hspace=0.62)
    right.remove()
    with mpl.rc_context(STYLE):
        _survival(figure.add_subplot(places[0]), shown.tables["survival"])
        _stress(figure.add_subplot(places[1]), shown)
    return figure


def _bars(table: Mapping[str, Any]) -> list[Bars]:
    """One set of bars a continuation."""
    found: dict[str, dict[int, dict[str, float]]] = {}
    for name, year, regime, share in zip(
        table["continuation"], table["year"], table["regime"], table["probability"], strict=True
    ):
        found.setdefault(name, {}).setdefault(int(year), {})[regime] = float(share)
    return [Bars(name, share) for name, share in found.items()]


def _survival(axes: Axes, table: Mapping[str, Any]) -> None:
    """Share of pairs in which a part has not lasted for a year yet."""
    parts = np.asarray(table["part"])
    for place, name in enumerate(dict.fromkeys(table["part"])):
        mine = parts == name
        year, alive = table["year"][mine], table["alive"][mine]
        axes.fill_between(
            year, table["low"][mine], table["high"][mine], step="post", color=PALETTE[place], alpha=0.13, lw=0
        )
        axes.step(year, alive, where="post", color=PALETTE[place], lw=1.8, label=name)
    axes.set_ylim(0, 1.03)
    axes.set_xlim(2022, 2032)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    mark_policies(axes, names=False)
    axes.legend(loc="upper left", bbox_to_anchor=(-0.02, -0.1), ncol=2, frameon=False, fontsize=8.5)
    title(axes, "Parts of the claim that have not come true", "% of pairs, 90 % over points; thresholds fixed")


def _stress(axes: Axes, shown: Shown) -> None:
    """Share of full backfire in worlds that favour it."""
    names = ["as they are", *shown.tables["stress"]["worlds"]]
    numbers = [shown.numbers["backfire_freeze_abs"]]
    numbers += [shown.numbers[f"stress_{place}"] for place in range(1, len(names))]
    at = np.arange(len(names))[::-1]
    for y, name, one in zip(at, names, numbers, strict=True):
        axes.plot([one.low, one.high], [y, y], color=CONTROLS, lw=2.2, alpha=0.45, solid_capstyle="butt")
        axes.plot([one.value], [y], "o", color=CONTROLS, ms=6, clip_on=False)
        axes.text(0.0, y + 0.25, name, fontsize=8, va="bottom", path_effects=HALO)
        axes.text(max(one.high, one.value) + 0.008, y, f"{one.value:.1%}", fontsize=8, va="center")
    axes.set_yticks([])
    axes.set_ylim(-0.5, len(names) - 0.2)
    axes.set_xlim(0, max(max(one.high for one in numbers) * 1.3, 0.1))
    axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    title(axes, "Full backfire in worlds made to favour it, 2032Q4", "% of pairs, 90 % over points")
