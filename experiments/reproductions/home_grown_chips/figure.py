"""Induced output over time by kind of rule, and the parts of the domestic share's rise."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.reproducing.drawing import (
    CONTROLS,
    NO_CONTROLS,
    PALETTE,
    SLIDING,
    band,
    mark_policies,
    name_ends,
    rows,
    sheet,
    time_axis,
    title,
)
from experiments.reproducing.findings import Shown

PATHS = (
    ("output_history", "all rules", CONTROLS),
    ("output_chips_only", "chips only", SLIDING),
    ("output_tools_only", "tools only", NO_CONTROLS),
)
PARTS = (("share_denial_pp", "denial", PALETTE[3]), ("share_inducement_pp", "inducement", CONTROLS))
ROOM = 1.9
"""Years kept free for the names of lines."""
TALLEST = 600.0
"""% up to which the band is shown; the highest worlds go far beyond."""


def draw(shown: Shown) -> Figure:
    """Two panels: output over time, denial and inducement by year."""
    figure, (left, right) = sheet(
        shown, "Are more Chinese chips made because of the controls?",
        "Controls against the same worlds without them", size=(9.0, 5.2), grid=(1, 2),
        width_ratios=(1.3, 1), wspace=0.42,
    )  # fmt: skip
    ends = []
    for name, label, colour in PATHS:
        table = shown.tables[name]
        band(left, table, "", colour, filled=name == "output_history")
        ends.append((table["year"][-1], table["median"][-1], label, colour))
    years = shown.tables["output_history"]["year"]
    time_axis(left, years, ROOM)
    left.set_ylim(-100.0, TALLEST)
    title(left, "A year's output, by rules in force", f"% more than without controls (cut at {TALLEST:.0f} %)")
    mark_policies(left)
    name_ends(left, ends)
    _parts(right, shown)
    return figure


def _parts(axes: Axes, shown: Shown) -> None:
    """A row a year and part."""
    table = shown.tables["table"]
    labels, values, colours = [], [], []
    for place, year in enumerate(table["year"]):
        for column, part, colour in PARTS:
            labels.append(f"{part} {year:.0f}")
            values.append([table[f"{column}{end}"][place] for end in ("", "_low", "_high")])
            colours.append(colour)
    middle, low, high = zip(*values, strict=True)
    rows(axes, labels, middle, low, high, colours)
    title(axes, "Why the domestic share changes", "percentage points of compute bought in the year")
