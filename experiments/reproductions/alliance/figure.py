"""Capacity over time with and without allies' rules, and effects by variant."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from experiments.reproducing.drawing import PALETTE, Dots, band, grouped, mark_policies, sheet, title
from experiments.reproducing.findings import Shown

LINES = {"all": "all", "no_netherlands": "without NL", "neither": "without\nNL and JP"}
ROOM = 3.2
"""Years on the right for the names of lines."""
YEARS = range(2022, 2033, 2)
TOP = 18.0
"""Percent: room above the lines for the dates of rules."""
PANELS = {"output": ("Chinese chip output, 2032", "% of a year's output"), "lead": ("US lead, 2032Q4", "months")}


def draw(shown: Shown) -> Figure:
    """The path of capacity, then output and lead by variant."""
    figure, (left, names, middle, right) = sheet(
        shown, "The controls without the rules of allies",
        "Effect against no controls in the same worlds, with the rules of one ally or of several taken out of history",
        size=(11.5, 4.8), grid=(1, 4), width_ratios=(1.4, 0.5, 1, 1), wspace=0.12, left=0.06,
    )  # fmt: skip
    for (name, label), colour in zip(LINES.items(), PALETTE, strict=False):
        band(left, shown.tables[f"wafers_{name}"], label, colour, filled=name == "all")
    years = shown.tables["wafers_all"]["year"]
    left.set_xlim(years[0], years[-1] + ROOM)
    left.set_xticks(YEARS)
    left.set_ylim(top=TOP)
    title(left, "7 nm-class capacity in China", "% against no controls; band: all rules")
    mark_policies(left)
    names.set_axis_off()  # room for the names of rows
    table = shown.tables["panels"]
    for axes, (effect, texts) in zip((middle, right), PANELS.items(), strict=True):
        kept = [k for k, one in enumerate(table["effect"]) if one == effect]
        rows = [table["rules"][k] for k in kept]
        dots = Dots("", PALETTE[0], *(np.asarray(table[name])[kept] for name in ("median", "low", "high")))
        grouped(axes, rows if axes is middle else [""] * len(rows), [dots], named=False)
        title(axes, *texts)
    return figure
