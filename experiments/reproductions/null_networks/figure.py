"""Changes of the effects under null models, a panel a measure."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.reproducing.drawing import PALETTE, rows, sheet, title
from experiments.reproducing.findings import Shown

PANELS = {
    "lead": ("US lead", "months, regime band grey", (-1.0, 1.0)),
    "domestic_output": ("China's chip output", "% of the ratio, band grey", (-22.1, 28.4)),
    "us_revenue": ("US vendors' revenue", "% of the ratio, band grey", (-3.0, 3.0)),
    "moves": ("Pairs in another regime", "%, at most 10 % asked", (0.0, 10.0)),
}
"""Name, unit and what counts as no change: the bands of the regimes, output exp(±.25)."""
COLOURS = (PALETTE[3], PALETTE[3], PALETTE[1], PALETTE[1])


def draw(shown: Shown) -> Figure:
    """Four panels that share their rows."""
    figure, axes = sheet(
        shown, "How much the effects of the controls change under other networks",
        "Mean change of the effect by 2028Q4 against the model's own networks, same worlds; bars: 90 % over points",
        size=(11.0, 4.2), grid=(1, 4), wspace=0.12, left=0.2,
    )  # fmt: skip
    for place, (panel, (measure, (name, unit, free))) in enumerate(zip(axes, PANELS.items(), strict=True)):
        _panel(panel, shown, measure, free)
        title(panel, name, unit)
        if place:
            panel.set_yticklabels([])
    return figure


def _panel(axes: Axes, shown: Shown, measure: str, free: tuple[float, float]) -> None:
    table = shown.tables["changes"]
    mine = [at for at, one in enumerate(table["measure"]) if one == measure]
    columns = [np.round(np.asarray(table[name], dtype=np.float64)[mine], 2) + 0.0 for name in ("change", "low", "high")]
    reach = max(abs(free[0]), abs(free[1]), float(np.abs(np.stack(columns)).max()))
    axes.set_xlim(-0.06 * reach if measure == "moves" else -1.15 * reach, 1.15 * reach)
    axes.axvspan(*free, color="#eeeeee", lw=0, zorder=-1)
    change, low, high = columns
    rows(axes, [table["network"][at] for at in mine], change, low, high, COLOURS)
