"""The picture of the demonstrations: each mechanism beside its ablation, quarter by quarter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from abm.calendar import quarter_index
from abm.outcomes import Floats
from experiments.demonstrations import Demonstration, Ensemble
from experiments.figures import CONTROLS, INK, NO_CONTROLS, SLIDING, SOFT, STYLE
from experiments.further import rationing_groups

COLUMNS = 4
COLOURS = (CONTROLS, NO_CONTROLS, SLIDING, SOFT)
QUARTILES = (0.25, 0.5, 0.75)


@dataclass(frozen=True, eq=False)
class Panel:
    """Paths by label, (run, quarter) each, from one quarter to another."""

    unit: str
    paths: Mapping[str, Floats]
    first: str
    last: str


def panels(ensemble: Ensemble) -> dict[str, Panel]:
    """What is drawn for each demonstration, by its name; the others are drawn from their rows."""

    def of(series: str, unit: str, first: str, last: str, *arms: str) -> Panel:
        return Panel(unit, {arm: ensemble.level(arm, series) for arm in arms}, first, last)

    def gap(label: str, one: str, other: str) -> tuple[str, Floats]:
        return label, ensemble.level(one, "porting_cann") - ensemble.level(other, "porting_cann")

    near, far = ("2022Q1", "2025Q1"), ("2022Q1", "2032Q4")
    flagships = ("nvidia_china_units", "thousand chips", *near)
    use = dict(
        [
            gap("history less none_0", "history", "none_0"),
            gap("without learning by use", "no network effects", "none_0, no network effects"),
        ]
    )
    fear = dict(
        [
            gap("none_threat less none_0", "none_threat", "none_0"),
            gap("beliefs fixed", "none_threat, beliefs fixed", "none_0, beliefs fixed"),
        ]
    )
    return {
        "Surge before a rule": of(*flagships, "history", "no stockpiling", "none_0"),
        "Trough in the quarter of a rule": of(*flagships, "history", "none_0"),
        "Redesign, cat and mouse": of(*flagships, "history", "no redesign", "none_0"),
        "Hysteresis of software": of("porting_cann", "maturity", *far, "history", "lifted_2027", "none_0"),
        "Hysteresis of purchases": of("self_reliance_year", "share", *far, "history", "lifted_2027", "none_0"),
        "Ecosystem tipping": Panel("maturity", use, *far),
        "Grey premium": of("grey_premium", "share", *near, "history", "none_0"),
        "Bloc assortativity": of("assortativity", "-1 to 1", *far, "history", "none_0"),
        "Rationing: listed firms": _fills(ensemble, "listed", "private"),
        "Rationing: small private firms": _fills(ensemble, "small", "large"),
        "Threats alone": Panel("maturity", fear, *far),
        "Compute share falls while the lag holds": of("compute_share_cn", "share", *near, "history", "none_0",
                                                      "no spill-overs"),
        "Distillation": of("lead", "months", "2022Q1", "2028Q4", "history", "no distillation"),
    }  # fmt: skip


def _fills(ensemble: Ensemble, *names: str) -> Panel:
    """Share of the budget that bought chips, by group of Chinese firms."""
    groups, fill = rationing_groups(), ensemble.level("history", "firm_fill")
    return Panel("share of budget", {name: fill[:, :, groups[name]].mean(axis=2) for name in names}, "2022Q1", "2025Q1")


def draw(found: Sequence[Demonstration], ensemble: Ensemble, path: Path) -> None:
    """One panel a demonstration: medians with the middle half of worlds."""
    shown, rows = panels(ensemble), -(-len(found) // COLUMNS)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(14, 2.6 * rows), facecolor="white")
        grid = figure.add_gridspec(
            rows, COLUMNS, hspace=0.55, wspace=0.28, left=0.05, right=0.99, top=0.95, bottom=0.04
        )
        for place, one in enumerate(found):
            axes = figure.add_subplot(grid[place // COLUMNS, place % COLUMNS])
            verdict = "" if one.shown else " (not shown)"
            axes.set_title(f"{one.name}{verdict}", loc="left", color=INK, weight="bold", fontsize=8.5)
            if one.name in shown:
                _paths(axes, shown[one.name], ensemble.ok)
            else:
                _rows(axes, one)
        figure.savefig(path, dpi=100, metadata={"Software": "chip-curbs"})


def _paths(axes: Axes, panel: Panel, ok: np.ndarray) -> None:
    first, last = quarter_index(panel.first), quarter_index(panel.last)
    years = 2020.0 + np.arange(first, last + 1) / 4.0
    for colour, (label, values) in zip(COLOURS, panel.paths.items(), strict=False):
        low, middle, high = np.nanquantile(values[ok][:, first : last + 1], QUARTILES, axis=0)
        axes.fill_between(years, low, high, color=colour, alpha=0.15, lw=0)
        axes.plot(years, middle, color=colour, lw=1.5, label=label)
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.set_ylabel(panel.unit, fontsize=7.5)
    axes.legend(fontsize=6.5, frameon=False)


def _rows(axes: Axes, one: Demonstration) -> None:
    """The first two rows as intervals: they have one unit."""
    for place, row in enumerate(one.rows[:2]):
        axes.plot([row.low, row.high], [-place, -place], color=COLOURS[place], lw=3, alpha=0.4)
        axes.plot(row.median, -place, "o", color=COLOURS[place])
        axes.text(row.low, 0.15 - place, row.label, fontsize=7, color=INK)
    axes.set_yticks([])
    axes.set_ylim(-1.6, 0.7)
