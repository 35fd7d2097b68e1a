"""Effects of each half of the controls and of both, at two horizons."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from experiments.reproducing.drawing import CONTROLS, NO_CONTROLS, Dots, grouped, sheet, title
from experiments.reproducing.findings import Shown

TITLES = {
    "lead": ("US lead", "months"),
    "domestic_output": ("Chinese chip output", "% of a year's output"),
    "us_revenue": ("US vendors' revenue", "% of present value"),
    "leverage": ("US leverage", "percentage points"),
}
COLOURS = (CONTROLS, NO_CONTROLS)


def draw(shown: Shown) -> Figure:
    """A panel an effect, a row a policy, a dot a horizon."""
    figure, places = sheet(
        shown, "Each half of the controls on its own, and both",
        "Effect against no controls in the same worlds: chips with memory, tools with service and design software",
        size=(10.5, 4.6), grid=(1, len(TITLES)), wspace=0.14, left=0.1,
    )  # fmt: skip
    table = shown.tables["panels"]
    for place, (axes, (effect, texts)) in enumerate(zip(places, TITLES.items(), strict=True)):
        rows = list(dict.fromkeys(table["policy"]))
        groups = [
            _dots(table, effect, horizon, colour)
            for horizon, colour in zip(dict.fromkeys(table["horizon"]), COLOURS, strict=True)
        ]
        grouped(axes, rows if place == 0 else [""] * len(rows), groups, named=place == 0)
        title(axes, *texts)
    return figure


def _dots(table: Mapping[str, Any], effect: str, horizon: str, colour: str) -> Dots:
    """Rows of one effect at one horizon."""
    kept = [
        k for k, pair in enumerate(zip(table["effect"], table["horizon"], strict=True)) if pair == (effect, horizon)
    ]
    return Dots(horizon, colour, *(np.asarray(table[name])[kept] for name in ("median", "low", "high")))
