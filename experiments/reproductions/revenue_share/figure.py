"""Treasury, vendors and lead against the share of revenue."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from experiments.reproducing.drawing import CONTROLS, NO_CONTROLS, SOFT, sheet, title
from experiments.reproducing.findings import Shown

COLOURS = {"China's limits": CONTROLS, "no Chinese limits": NO_CONTROLS}
STYLES = {"half": ("-", "o"), "a twentieth": ((0, (3, 2)), "s")}
PANELS = {
    "treasury_USD_bn": ("Treasury's take", "USD bn, present value to 2032"),
    "profit_USD_bn": ("US vendors' profit", "USD bn, present value to 2032"),
    "lead_months": ("US lead, 2032Q4", "months"),
}


def draw(shown: Shown) -> Figure:
    """A panel each, a line a gate and cap."""
    figure, places = sheet(
        shown, "What a share of the revenue brings, and what it costs",
        "Licences from 2026 against denial in the same worlds; medians of worlds",
        size=(10.5, 5.2), grid=(1, len(PANELS)), wspace=0.26, left=0.06, bottom=0.31,
    )  # fmt: skip
    table = shown.tables["table"]
    for axes, (column, texts) in zip(places, PANELS.items(), strict=True):
        for china, colour in COLOURS.items():
            for cap, (style, marker) in STYLES.items():
                pairs = zip(table["China"], table["cap"], strict=True)
                kept = [k for k, pair in enumerate(pairs) if pair == (china, cap)]
                axes.plot(
                    np.asarray(table["share_percent"])[kept], np.asarray(table[column])[kept], color=colour, ls=style,
                    marker=marker, ms=4.5, lw=1.7, label=f"{china}, cap {cap} of US sales",
                )  # fmt: skip
        axes.axhline(0.0, color=SOFT, lw=0.8, zorder=0)
        axes.set_xlabel("share of revenue, %", fontsize=8.5)
        title(axes, *texts)
    places[0].legend(frameon=False, fontsize=8.5, loc="upper left", bbox_to_anchor=(0.0, -0.2), ncols=2)
    return figure
