"""What the controls take from China's chips, software and capability, and the loss with software added kind by kind."""

from __future__ import annotations

from matplotlib.figure import Figure

from experiments.reproducing.drawing import (
    CONTROLS,
    NO_CONTROLS,
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
    ("compute", "chips", NO_CONTROLS),
    ("efficiency", "software", SLIDING),
    ("capability", "capability", CONTROLS),
)
ROOM = 1.8
"""Years kept free for the names of lines."""


def draw(shown: Shown) -> Figure:
    """Two panels: changes over time, and the loss at the horizon as software progress is added."""
    figure, (left, right) = sheet(
        shown, "Does software make up for denied chips?",
        "China under the controls against the same worlds without them",
        size=(9.0, 5.2), grid=(1, 2), width_ratios=(1.3, 1), wspace=0.5,
    )  # fmt: skip
    ends = []
    for name, label, colour in PATHS:
        table = shown.tables[name]
        band(left, table, "", colour, filled=name != "compute")
        ends.append((table["year"][-1], table["median"][-1], label, colour))
    years = shown.tables["compute"]["year"]
    time_axis(left, years, ROOM)
    title(left, "Effect of the controls", "% of compute, efficiency, effective compute (capability)")
    mark_policies(left)
    name_ends(left, ends)
    table = shown.tables["table"]
    rows(right, table["software_progress"], table["loss_percent"], table["low"], table["high"])
    title(right, "Loss by 2028Q4", "% of the frontier's effective training compute")
    return figure
