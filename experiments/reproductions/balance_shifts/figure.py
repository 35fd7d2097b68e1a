"""The US lead to 2032 and what the controls change about it, under three continuations."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.figures import HALO
from experiments.politics import CONTINUATION_NAMES
from experiments.reproducing.drawing import (
    CONTROLS,
    INK,
    NO_CONTROLS,
    SLIDING,
    SOFT,
    band,
    mark_policies,
    name_ends,
    policy_dates,
    sheet,
    title,
)
from experiments.reproducing.findings import Shown

TICKS = (2022, 2024, 2026, 2028, 2030, 2032)
ROOM = 3.6
"""Years kept free for the names of lines."""
ARMS = (("controls", CONTROLS), ("none", NO_CONTROLS))
SPARE = 1.15
MARGIN = 2.0
"""Months kept free below the lowest band."""


def draw(shown: Shown) -> Figure:
    """Above the lead, below the effect on it, a column a continuation."""
    figure, axes = sheet(
        shown, "Does China draw level because of the controls?",
        f"Columns differ in what US rules do after 2026Q3. Dashed: rules of {_rules()}",
        size=(10.0, 7.2), grid=(2, 3), hspace=0.42, wspace=0.22, left=0.06, right=0.985,
    )  # fmt: skip
    names = list(CONTINUATION_NAMES)
    tables = [shown.tables[f"{arm}{name}"] for name in names for arm in ("lead_", "lead_none_")]
    limits = min(*(min(table["low"]) for table in tables), 0.0) - MARGIN, SPARE * max(max(t["high"]) for t in tables)
    effects = [shown.tables[f"effect_{name}"] for name in names]
    others = min(min(table["low"]) for table in effects) - MARGIN, SPARE * max(max(table["high"]) for table in effects)
    for place, name in enumerate(names):
        _lead(axes[place], shown, name, limits)
        _effect(axes[len(names) + place], shown, name, others)
    return figure


def _rules() -> str:
    """Dates of the rules that are marked, in words."""
    return ", ".join(text for _, text in policy_dates())


def _lead(axes: Axes, shown: Shown, name: str, limits: tuple[float, float]) -> None:
    ends = []
    for arm, (label, colour) in zip(("lead_", "lead_none_"), ARMS, strict=True):
        table = shown.tables[f"{arm}{name}"]
        band(axes, table, "", colour)
        ends.append((table["year"][-1], table["median"][-1], label, colour))
    _span(axes, shown.tables[f"lead_{name}"]["year"], limits)
    called = CONTINUATION_NAMES[name]
    title(axes, called[0].upper() + called[1:], "US lead, months; China level at 0")
    mark_policies(axes, names=False)
    name_ends(axes, ends)
    table = shown.tables["table"]
    row = max(at for at, one in enumerate(table["continuation"]) if one == name.replace("_", " "))
    axes.text(
        0.03, 0.95, f"level by {table['year'][row]:.0f}:\n"
        f"{table['level_controls_percent'][row]:.0f} % of worlds with,\n"
        f"{table['level_none_percent'][row]:.0f} % without controls", transform=axes.transAxes, fontsize=8,
        color=INK, va="top", path_effects=HALO,
    )  # fmt: skip


def _effect(axes: Axes, shown: Shown, name: str, limits: tuple[float, float]) -> None:
    table = shown.tables[f"effect_{name}"]
    band(axes, table, "", SLIDING)
    _span(axes, table["year"], limits)
    title(axes, "Effect of the controls", "months of US lead, in the same worlds")
    mark_policies(axes, names=False)
    name_ends(axes, [(table["year"][-1], table["median"][-1], f"{table['median'][-1]:+.0f}", SLIDING)])


def _span(axes: Axes, years: list[float], limits: tuple[float, float]) -> None:
    axes.set_xlim(years[0], years[-1] + ROOM)
    axes.set_xticks(TICKS)
    axes.set_ylim(*limits)
    axes.axhline(0.0, color=SOFT, lw=0.7, zorder=0)
