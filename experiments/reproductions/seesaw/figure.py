"""Stringency of both kinds of rules over time, and what they do."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from experiments.reproducing.drawing import CONTROLS, NO_CONTROLS, Dots, grouped, sheet, title
from experiments.reproducing.findings import Shown

LINES = {"steady": CONTROLS, "seesaw": NO_CONTROLS}
PANELS = {
    "lead": ("US lead, 2032Q4", "months"),
    "us_revenue": ("US vendors' revenue", "% of present value"),
    "self_reliance": ("Self-reliance, 2032", "percentage points"),
}


def draw(shown: Shown) -> Figure:
    """Stringency on the left, effects by rule on the right."""
    figure, (left, names, *places) = sheet(
        shown, "Chips denied half of the time, or half of the orders",
        "Effect against free chips in the same worlds, rules on tools as in history; seesaws: mean of both phases",
        size=(12.0, 4.8), grid=(1, 5), width_ratios=(1.2, 0.85, 1, 1, 1), wspace=0.16, left=0.05,
    )  # fmt: skip
    names.set_axis_off()  # room for the names of rows
    for name, colour in LINES.items():
        table = shown.tables[f"stringency_{name}"]
        left.step(table["year"], table["median"], where="mid", color=colour, lw=1.6, label=name)
    left.set_ylim(0.0, 1.18)
    left.legend(frameon=False, fontsize=8.5, ncols=2, loc="upper left")
    title(left, "Stringency", "0 to 1, median; turns of a year, tight first")
    table = shown.tables["panels"]
    for axes, (effect, texts) in zip(places, PANELS.items(), strict=True):
        kept = [k for k, one in enumerate(table["effect"]) if one == effect]
        rows = [table["rule"][k] for k in kept]
        groups = []
        for kind, colour in LINES.items():
            mine = np.array([row.startswith(kind) for row in rows])
            columns = (np.where(mine, np.asarray(table[name])[kept], np.nan) for name in ("median", "low", "high"))
            groups.append(Dots(kind, colour, *columns))
        grouped(axes, rows if axes is places[0] else [""] * len(rows), groups, named=False, step=0.0)
        title(axes, *texts)
    return figure
