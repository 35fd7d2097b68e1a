"""Total indices of the strongest parameters by horizon, a panel an effect."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.reproducing.drawing import GREY, PALETTE, sheet, title
from experiments.reproducing.findings import Shown

SHOWN = 6
"""Parameters in each panel, those with the largest index at any horizon."""
PANELS = {
    "lead": "Effect on the US lead", "domestic_output_year": "Effect on China's chip output",
    "us_revenue_present_value": "Effect on US revenue",
}  # fmt: skip
STEP = 0.24
WIDTH = 0.2
LONGEST = 15
"""Letters of a parameter's name in a line."""
NAMES = {"china": "China's", "cxmt": "CXMT", "hbm": "HBM"}


def draw(shown: Shown) -> Figure:
    """Three panels."""
    facts = dict(shown.facts) | {"beliefs": "priors of twelve parameters, all others at the posterior's centre"}
    figure, axes = sheet(
        replace(shown, facts=facts), "What the size of each effect hangs on",
        "Part of the variance that would remain if all but this parameter were known (total index, net of chance); "
        "whiskers: 90 % over bases",
        size=(11.0, 5.4), grid=(1, 3), wspace=0.95, left=0.15,
    )  # fmt: skip
    for panel, (outcome, name) in zip(axes, PANELS.items(), strict=True):
        _panel(panel, shown.tables["indices"], outcome)
        title(panel, name, "% of the variance")
    _key(axes[0], sorted(set(_texts(shown.tables["indices"]["horizon"]))))
    return figure


def _texts(column: Any) -> list[str]:
    """Horizons as text; a column of years is read back as numbers."""
    return [one if isinstance(one, str) else f"{one:.0f}" for one in column]


def _panel(axes: Axes, table: Any, outcome: str) -> None:
    horizons = _texts(table["horizon"])
    rows = [at for at, one in enumerate(table["outcome"]) if one == outcome]
    top: dict[str, float] = {}
    for at in rows:
        name = table["parameter"][at]
        top[name] = max(top.get(name, -np.inf), float(table["total"][at]))
    names = sorted(top, key=lambda name: -top[name])[:SHOWN]
    order = sorted({horizons[at] for at in rows})
    for at in rows:
        if table["parameter"][at] not in names:
            continue
        place = order.index(horizons[at])
        y = len(names) - 1 - names.index(table["parameter"][at]) + STEP * (len(order) / 2 - 0.5 - place)
        axes.barh(y, table["total"][at], height=WIDTH, color=PALETTE[place])
        axes.plot([table["low"][at], table["high"][at]], [y, y], color="#222222", lw=0.9)
    axes.set_yticks(range(len(names)), [_lines(name) for name in names[::-1]])
    axes.tick_params(axis="y", length=0, labelsize=8)
    axes.axvline(0.0, color=GREY, lw=0.7)
    axes.set_ylim(-0.6, len(names) - 0.4)


def _lines(name: str) -> str:
    """A parameter's name in one or two lines."""
    text = " ".join(NAMES.get(word, word) for word in name.split("_"))
    if len(text) <= LONGEST:
        return text
    middle = min((at for at, letter in enumerate(text) if letter == " "), key=lambda at: abs(at - len(text) / 2))
    return f"{text[:middle]}\n{text[middle + 1 :]}"


def _key(axes: Axes, horizons: list[str]) -> None:
    """Names of the colours, in the free lower right corner."""
    for place, horizon in enumerate(horizons):
        axes.text(0.98, 0.18 - 0.06 * place, f"{horizon}Q4", transform=axes.transAxes, ha="right", fontsize=9,
                  weight="bold", color=PALETTE[place])  # fmt: skip
