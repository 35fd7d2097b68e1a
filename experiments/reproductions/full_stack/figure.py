"""What owners of chip makers keep beyond others over time, and what each firm loses."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.reproducing.drawing import (
    CONTROLS,
    GREY,
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

COLOURS = {"own chips": CONTROLS, "partner": SLIDING, "no own chips": NO_CONTROLS, "other law": GREY}
ROOM = 2.6
"""Years kept free for the names of lines."""
NAMES = {
    "TENCENT": "Tencent", "ALIBABA": "Alibaba", "BAIDU": "Baidu", "BYTEDANCE": "ByteDance", "DEEPSEEK": "DeepSeek",
    "CN_LABS": "labs", "CN_TAIL": "other platforms", "CN_LISTED": "listed firms", "HUAWEI_CLOUD": "Huawei Cloud",
    "CN_TELCOS": "telecom, state",
}  # fmt: skip
"""Firms for readers; others keep their ids."""


def draw(shown: Shown) -> Figure:
    """Two panels: the advantage over time with and without integration, losses by firm."""
    figure, (left, right) = sheet(
        shown, "Do firms that own a chip maker lose less?",
        "Private Chinese firms on no list; each firm against itself in the same world without controls",
        size=(9.0, 5.2), grid=(1, 2), width_ratios=(1.25, 1), wspace=0.42,
    )  # fmt: skip
    ends = []
    for name, label, colour in (("advantage", "as it is", CONTROLS), ("alone", "no integration", NO_CONTROLS)):
        table = shown.tables[name]
        band(left, table, "", colour, style="-" if name == "advantage" else "--", filled=name == "advantage")
        ends.append((table["year"][-1], table["median"][-1], label, colour))
    years = shown.tables["advantage"]["year"]
    time_axis(left, years, ROOM)
    low, high = left.get_ylim()
    left.set_ylim(low, high + 0.25 * (high - low))
    title(left, "Owners (Alibaba, Baidu) against others", "% more of their training compute kept")
    mark_policies(left)
    name_ends(left, ends)
    _firms(right, shown)
    return figure


def _firms(axes: Axes, shown: Shown) -> None:
    """A row a firm, coloured by group."""
    table = shown.tables["table"]
    order = sorted(range(len(table["firm"])), key=lambda at: list(COLOURS).index(table["group"][at]))
    names = [NAMES.get(table["firm"][at], table["firm"][at]) for at in order]
    column = "compute_change_percent"
    middle, low, high = ([table[f"{column}{end}"][at] for at in order] for end in ("", "_low", "_high"))
    rows(axes, names, middle, low, high, [COLOURS[table["group"][at]] for at in order])
    places = axes.get_yticks()
    for group, colour in COLOURS.items():
        mine = [place for place, at in zip(places, order, strict=True) if table["group"][at] == group]
        axes.annotate(group, (1.0, max(mine)), xycoords=("axes fraction", "data"), ha="right", va="center",
                      fontsize=8.5, weight="bold", color=colour)  # fmt: skip
    axes.set_xlim(-100.0, 35.0)
    title(axes, "By firm, 2028Q4", "% of training compute, controls against none")
