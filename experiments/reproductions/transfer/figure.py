"""Share of the sender in imports, a panel a case, and what one rule off does."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.figures import HALO
from experiments.reproducing.drawing import CONTROLS, GREY, INK, NO_CONTROLS, SOFT, sheet, title
from experiments.reproducing.findings import Shown

ROOM, WHOLE = 1.45, 100.0
"""Height of the axes over the largest share, for the names; no share is larger than the whole."""


def draw(shown: Shown) -> Figure:
    """A path and a row of bars for each case."""
    figure, axes = sheet(
        shown, "Two other export controls by the model's rules",
        "Parameters of the chip case, nothing refitted; each case has its own dates, shares and quotas",
        size=(11.0, 4.8), grid=(1, 4), width_ratios=(1.35, 0.8, 1.35, 0.8), wspace=0.55, left=0.05,
    )  # fmt: skip
    facts = shown.tables["facts"]
    for place, case in enumerate(facts["case"]):
        path, bars = axes[2 * place], axes[2 * place + 1]
        fact = {name: column[place] for name, column in facts.items()}
        _path(path, shown.tables["paths"], case, fact)
        product, way = fact["name"].split(", ")
        title(path, product, f"{way}: the sender's share of imports, %")
        _bars(bars, shown.tables["table"], fact)
        title(bars, "One rule off", "% at the end; line: observed")
    return figure


def _path(axes: Axes, table: Any, case: str, fact: dict[str, Any]) -> None:
    mine = [at for at, one in enumerate(table["case"]) if one == case]
    year, low, middle, high = (np.asarray(table[name])[mine] for name in ("year", "low", "median", "high"))
    axes.fill_between(year, low, high, color=CONTROLS, alpha=0.15, lw=0)
    axes.plot(year, middle, color=CONTROLS, lw=1.8)
    axes.plot([fact["year_before"]], [fact["before"]], "o", color=NO_CONTROLS, ms=6)
    axes.plot([fact["year_after"]] * 2, [fact["after_low"], fact["after_high"]], color=NO_CONTROLS, lw=2.2, alpha=0.5)
    axes.plot([fact["year_after"]], [fact["after"]], "o", color=NO_CONTROLS, ms=6)
    top = ROOM * max(float(high.max()), float(fact["before"]))
    axes.set_ylim(0.0, top)
    axes.set_yticks([one for one in axes.get_yticks() if 0.0 <= one <= min(top, WHOLE)])
    axes.set_xlim(year[0] - 0.25, year[-1] + 0.25)
    axes.set_xticks(np.arange(np.ceil(year[0]), np.floor(year[-1] + 0.25) + 1.0))
    start = year[0] + 0.125
    axes.axvline(start, color=SOFT, lw=0.6, ls=(0, (2, 2)))
    axes.text(start + 0.04, 0.97 * top, "first rule", fontsize=7.5, color=GREY, va="top")
    told: dict[str, Any] = {"ha": "right", "va": "top", "weight": "bold"}
    axes.text(year[-1], 0.96 * top, "observed", color=NO_CONTROLS, **told)
    axes.text(year[-1], 0.89 * top, "rules: median\nand 90 % of worlds", color=CONTROLS, **told)


def _bars(axes: Axes, table: Any, fact: dict[str, Any]) -> None:
    mine = [at for at, one in enumerate(table["case"]) if one == fact["name"]]
    names = [table["rules"][at] for at in mine]
    share = np.asarray(table["share_percent"])[mine]
    at = np.arange(len(names))[::-1]
    axes.barh(at, share, color=[CONTROLS, *["#b0b0b0"] * (len(names) - 1)], height=0.55)
    for y, value in zip(at, share, strict=True):
        axes.text(value * 1.02, y, f"{value:.0f}", va="center", fontsize=8.5, color=INK, path_effects=HALO)
    axes.axvline(fact["after"], color=NO_CONTROLS, lw=1.2)
    axes.set_yticks(at, names)
    axes.tick_params(axis="y", length=0, labelsize=8)
    axes.set_xlim(0.0, 1.15 * max(float(share.max()), float(fact["before"])))
