"""The loop of stringency and self-reliance, its path, and the effects of timing."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.figures import HALO
from experiments.reproducing.drawing import (
    CONTROLS,
    NO_CONTROLS,
    SOFT,
    Dots,
    band,
    grouped,
    mark_policies,
    sheet,
    title,
)
from experiments.reproducing.findings import Shown

LIFTED_AFTER = 2026
NAMED = (2022, 2023, 2024, 2025, 2027, 2028, 2032)
"""Years named on the loop."""
YEAR_END = 0.875
"""Middle of the fourth quarter."""
YEARS = range(2022, 2033, 2)
ROOM = 2.6
PANELS = {"output": ("Chinese chip output, 2032", "% against no controls"), "lead": ("US lead, 2032Q4", "months")}


def draw(shown: Shown) -> Figure:
    """Four panels: loop and path above, timing below."""
    figure, (loop, path, output, lead) = sheet(
        shown, "Rules lifted after 2026, and rules at other times",
        "Effects against no controls in the same worlds; medians, bands and bars 90 % of worlds",
        size=(10.5, 8.2), grid=(2, 2), hspace=0.42, wspace=0.3, left=0.13,
    )  # fmt: skip
    _loop(loop, shown)
    for said, colour in (("kept", CONTROLS), ("lifted", NO_CONTROLS)):
        band(path, shown.tables[f"porting_{said}"], said, colour, filled=said == "lifted")
    years = shown.tables["porting_lifted"]["year"]
    path.set_xlim(years[0], years[-1] + ROOM)
    title(path, "Software for Chinese chips", "maturity, 0 to 1, against no controls; band: lifted")
    path.set_xticks(YEARS)
    mark_policies(path)
    table = shown.tables["panels"]
    for axes, (effect, texts) in zip((output, lead), PANELS.items(), strict=True):
        kept = [k for k, one in enumerate(table["effect"]) if one == effect]
        rows = [table["rules"][k] for k in kept]
        dots = Dots("", CONTROLS, *(np.asarray(table[name])[kept] for name in ("median", "low", "high")))
        grouped(axes, rows if axes is output else [""] * len(rows), [dots], named=False)
        title(axes, *texts)
    return figure


def _loop(axes: Axes, shown: Shown) -> None:
    """Self-reliance against stringency at the ends of years, under rules kept and lifted."""
    for said, colour in (("kept", CONTROLS), ("lifted", NO_CONTROLS)):
        table = shown.tables[f"stringency_{said}"]
        ends = np.isclose(table["year"] % 1.0, YEAR_END)
        year = np.floor(table["year"][ends])
        x, y = table["median"][ends], shown.tables[f"reliance_{said}"]["median"][ends]
        kept = year >= LIFTED_AFTER if said == "lifted" else year > 0
        axes.plot(x[kept], y[kept], color=colour, lw=1.6, marker="o", ms=3.5, label=f"rules {said}")
        for at in np.flatnonzero(np.isin(year, NAMED) & (kept if said == "kept" else year > LIFTED_AFTER)):
            axes.annotate(
                f"{year[at]:.0f}", (x[at], y[at]), xytext=(6, 0), textcoords="offset points", va="center",
                fontsize=7.5, color=colour, path_effects=HALO,
            )  # fmt: skip
    axes.axhline(0.0, color=SOFT, lw=0.6, zorder=0)
    axes.margins(0.12)
    axes.legend(frameon=False, fontsize=8, loc="upper left")
    axes.set_xlabel("stringency, 0 to 1", fontsize=8.5)
    title(axes, "Self-reliance against stringency", "percentage points against no controls; ends of years, medians")
