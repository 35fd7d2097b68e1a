"""The picture of a paired run: what controls change beside what was observed, and which regimes come out.

Everything here is a pure function of `Fan`, `Bars` and `Caption`; `experiments.panels` makes them from comparisons.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from textwrap import fill
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.patheffects import withStroke
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import NDArray

Floats = NDArray[np.float64]

CONTROLS, NO_CONTROLS, SLIDING, INK, SOFT = "#0072B2", "#D55E00", "#009E73", "#222222", "#8a8a8a"

REGIME_COLOURS: Mapping[str, str] = {
    "win-win for the controller": "#0072B2",
    "contained at a cost": "#56B4E9",
    "bite with decoupling": "#009E73",
    "dependence gained": "#5b6b73",
    "neutral": "#d9d9d9",
    "costly, no effect": "#a6a6a6",
    "decoupled, revenue kept": "#f7f0a0",
    "decoupled for nothing": "#F0E442",
    "lead lost, no decoupling": "#CC79A7",
    "lead sold for revenue": "#E69F00",
    "full backfire": "#D55E00",
    "undefined": "#ffffff",
}
"""Okabe-Ito and greys, from good for the controller (left) to bad (right)."""

STYLE: Any = {
    "font.family": "DejaVu Sans",
    "font.size": 8.5,
    "axes.titlesize": 9.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": SOFT,
    "axes.linewidth": 0.7,
    "xtick.color": "#555555",
    "ytick.color": "#555555",
    "xtick.major.size": 3,
    "ytick.major.size": 3,
    "svg.hashsalt": "chip-curbs",
    "svg.fonttype": "none",
}


HALO = [withStroke(linewidth=2.5, foreground="white")]


@dataclass(frozen=True)
class Observed:
    """One observation: middle of its period as a year (2022.875), value, and the range if there is one."""

    at: float
    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Fan:
    """Both arms of one quantity.

    `at` [period] are years, `controls` and `without` are [run, period]; `sliding` is the median path [period] with
    controls under the other continuation.
    """

    title: str
    unit: str
    at: Floats
    controls: Floats
    without: Floats
    observed: tuple[Observed, ...] = ()
    sliding: Floats | None = None
    span: tuple[float, float] = (2020.0, 2033.0)
    log: bool = False
    floor: float | None = 0.0
    marked: bool = False


@dataclass(frozen=True)
class Bars:
    """Regime probabilities: `share[horizon][regime]` under one continuation."""

    continuation: str
    share: Mapping[int, Mapping[str, float]]


@dataclass(frozen=True)
class Caption:
    """What a reader must know to judge the picture."""

    scenario: str
    counterfactual: str
    runs: int
    points: int
    failed: int
    seed: int
    prior: str
    scenario_from: float
    marks: tuple[tuple[date, str], ...] = ()
    sliding: bool = False

    @property
    def labels(self) -> tuple[str, str]:
        """Names of the two arms on the lines."""
        return ("controls", "no controls") if self.counterfactual == "none_0" else (self.scenario, self.counterfactual)

    def text(self) -> str:
        """Caption in one paragraph."""
        other = "; dotted green: controls with thresholds that slide with the best US chip" if self.sliding else ""
        return (
            f"Pairs of worlds that share every draw: {self.scenario} (blue, solid) against {self.counterfactual} "
            f"(vermilion, dashed){other}. Lines: medians; bands: 50 and 90 % of worlds. N = {self.runs:,} pairs, "
            f"{self.points:,} parameter points, {self.failed:,} failed, seed {self.seed}. Beliefs: {self.prior} "
            "Dots: observations to 2024Q4 with their range. Shaded: scenario, not forecast. "
            "Regimes: lead, decoupling (by output, and leverage if measured) and US revenue (MODEL 9)."
        )


def picture(fans: Sequence[Fan], bars: Sequence[Bars], caption: Caption) -> Figure:
    """Draw one page: fans in two rows, the first of them wide, and regime bars below.

    Raises
    ------
    ValueError
        There are not 3 to 7 fans.
    """
    if not 3 <= len(fans) <= 7:
        raise ValueError(f"the picture takes 3 to 7 fan charts, not {len(fans)}")
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(15, 12.4), facecolor="white")
        upper = figure.add_gridspec(2, 4, hspace=0.37, wspace=0.24, left=0.045, right=0.985, top=0.897, bottom=0.43)
        lower = figure.add_gridspec(1, 1, left=0.145, right=0.985, top=0.365, bottom=0.112)
        places = [upper[0, :2], upper[0, 2], upper[0, 3], *(upper[1, column] for column in range(4))]
        for fan, place in zip(fans, places, strict=False):
            draw_fan(figure.add_subplot(place), fan, caption)
        draw_bars(figure.add_subplot(lower[0, 0]), bars)
        _heading(figure, caption)
    return figure


def _heading(figure: Figure, caption: Caption) -> None:
    figure.text(0.045, 0.967, "What the export controls on AI chips change", fontsize=16, weight="bold", color=INK)
    figure.text(
        0.045,
        0.947,
        f"Paired simulation of {caption.scenario} against {caption.counterfactual}: same firms, same chance, other law",
        fontsize=10.5,
        color="#555555",
    )
    figure.text(0.045, 0.014, fill(caption.text(), 255), fontsize=7.8, color="#555555", linespacing=1.35)


def draw_fan(axes: Axes, fan: Fan, caption: Caption) -> None:
    """Draw one panel: bands and medians of both arms, observations, policy dates, shade where scenario begins."""
    axes.set_title(fan.title, loc="left", color=INK, weight="bold", pad=15)
    axes.text(0, 1.025, fan.unit, transform=axes.transAxes, fontsize=7.8, color="#666666")
    shown = (fan.at >= fan.span[0]) & (fan.at <= fan.span[1])
    _band(axes, fan.at[shown], fan.without[:, shown], NO_CONTROLS, "--", (0.10, 0.13))
    _band(axes, fan.at[shown], fan.controls[:, shown], CONTROLS, "-", (0.16, 0.26))
    if fan.sliding is not None:
        after = shown & (fan.at >= caption.scenario_from - 0.3)
        axes.plot(fan.at[after], fan.sliding[after], color=SLIDING, lw=1.5, ls=(0, (1, 1)), zorder=4)
    _observations(axes, fan)
    axes.set_xlim(*fan.span)
    _scale(axes, fan, shown)
    if caption.scenario_from < fan.span[1]:
        axes.axvspan(caption.scenario_from, fan.span[1], color="#f3f1ea", zorder=0, lw=0)
        if fan.marked or fan.span[1] - caption.scenario_from > 1:
            axes.annotate(
                "scenario", (caption.scenario_from, 1), xycoords=axes.get_xaxis_transform(), xytext=(3, -9),
                textcoords="offset points", fontsize=7, color="#8d8672", style="italic",
            )  # fmt: skip
    _policy_dates(axes, fan, caption)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=7))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda year, _: f"{year:.0f}"))
    _line_labels(axes, fan, caption, shown)


def quantiles(values: Floats, levels: Sequence[float]) -> Floats:
    """Quantiles [level, period] over runs of values [run, period]; NaN where no run has a value."""
    known = np.isfinite(values).any(axis=0)
    found = np.full((len(levels), values.shape[1]), np.nan)
    found[:, known] = np.nanquantile(np.where(np.isfinite(values), values, np.nan)[:, known], levels, axis=0)
    return found


def _band(axes: Axes, at: Floats, values: Floats, colour: str, line: Any, alphas: tuple[float, float]) -> None:
    """Draw 90 and 50 % of worlds and the median; worlds that failed (NaN) are left out."""
    low, first, middle, third, high = quantiles(values, (0.05, 0.25, 0.5, 0.75, 0.95))
    axes.fill_between(at, low, high, color=colour, alpha=alphas[0], lw=0, zorder=1)
    axes.fill_between(at, first, third, color=colour, alpha=alphas[1], lw=0, zorder=2)
    axes.plot(at, middle, color=colour, ls=line, lw=1.7, zorder=3)


def _observations(axes: Axes, fan: Fan) -> None:
    for one in fan.observed:
        if one.low is not None and one.high is not None:
            axes.plot([one.at, one.at], [one.low, one.high], color=INK, lw=0.8, zorder=5)
        axes.plot(one.at, one.value, "o", ms=3.6, mfc=INK, mec="white", mew=0.5, zorder=6)


def _scale(axes: Axes, fan: Fan, shown: NDArray[np.bool_]) -> None:
    """Choose the y range: observations, the band with controls, the inner band without; the rest may run out."""
    arms = np.concatenate([fan.controls[:, shown], fan.without[:, shown]])
    if not np.isfinite(arms).any():
        return
    seen = [number for one in fan.observed for number in (one.value, one.low, one.high) if number is not None]
    inner, outer = (0.2, 0.8), (0.04, 0.96)
    ends = [quantiles(fan.controls[:, shown], outer).ravel(), quantiles(fan.without[:, shown], inner).ravel()]
    reach = np.concatenate([*ends, np.asarray(seen, dtype=np.float64)])
    low, high = float(np.nanmin(reach)), float(np.nanmax(reach))
    positive = arms[np.isfinite(arms) & (arms > 0)]
    if fan.log and positive.size:
        axes.set_yscale("log")
        observed = [one.value for one in fan.observed if one.value > 0.0]
        axes.set_ylim(min([max(float(np.quantile(positive, 0.02)), high / 3000), *observed]), high * 1.6)
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
        axes.minorticks_off()
        return
    room = 0.06 * (high - low or 1.0)
    axes.set_ylim(low - room if fan.floor is None else min(fan.floor, low), high + 2 * room)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=5))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))


def _policy_dates(axes: Axes, fan: Fan, caption: Caption) -> None:
    """Mark the rules: thin lines everywhere, names in the marked panel."""
    step = 0
    for day, name in caption.marks:
        at = day.year + (day.timetuple().tm_yday - 1) / 365.25
        if not fan.span[0] < at < fan.span[1]:
            continue
        axes.axvline(at, color=SOFT, lw=0.6, ls=(0, (2, 2)), alpha=1.0 if fan.marked else 0.45, zorder=1)
        if fan.marked:
            axes.annotate(
                name, (at, 1), xycoords=axes.get_xaxis_transform(), xytext=(2, -8 - 9 * (step % 2)),
                textcoords="offset points", fontsize=7, color="#555555",
            )  # fmt: skip
            step += 1


def _line_labels(axes: Axes, fan: Fan, caption: Caption, shown: NDArray[np.bool_]) -> None:
    """Name the lines where their medians lie farthest apart on paper; leave them unnamed where they coincide."""
    at, size = fan.at[shown], 8.5 if fan.marked else 7.5
    pages = []
    for arm in (fan.controls, fan.without):
        inside = np.clip(quantiles(arm[:, shown], (0.5,))[0], *axes.get_ylim())
        pages.append(axes.transAxes.inverted().transform(axes.transData.transform(np.column_stack([at, inside]))))
    (x, with_controls), (_, without) = (page.T for page in pages)
    lowest, highest = np.minimum(with_controls, without), np.maximum(with_controls, without)
    fits = (x > 0.2) & (x < 0.85) & (lowest > 0.1) & (highest < 0.88)
    gap = np.where(fits, highest - lowest, -1.0)
    gap = np.nan_to_num(gap, nan=-1.0)
    place = int(np.argmax(gap))
    if gap[place] < 0.1:
        return
    above = 1 if without[place] >= with_controls[place] else -1
    first, second = caption.labels
    for name, colour, y, side in (
        (second, NO_CONTROLS, without[place], above),
        (first, CONTROLS, with_controls[place], -above),
    ):
        axes.annotate(
            name, (x[place], y), xycoords="axes fraction", xytext=(0, 7 * side), textcoords="offset points",
            ha="center", va="bottom" if side > 0 else "top", fontsize=size, color=colour, weight="bold", zorder=8,
            path_effects=HALO,
        )  # fmt: skip
    if fan.marked and fan.observed:
        one = fan.observed[len(fan.observed) // 2]
        axes.annotate(
            "observed", (one.at, one.value), xytext=(2, -7), textcoords="offset points", ha="left", va="top",
            fontsize=7.5, color=INK, zorder=8, path_effects=HALO,
        )  # fmt: skip


def draw_bars(axes: Axes, bars: Sequence[Bars]) -> None:
    """Draw stacked regime probabilities, one bar for each horizon and continuation."""
    axes.set_title("Which regime, by horizon and continuation", loc="left", color=INK, weight="bold", pad=8)
    horizons = sorted({horizon for one in bars for horizon in one.share})
    rows = [(horizon, one) for horizon in horizons for one in bars if horizon in one.share]
    places = [-(number + 0.45 * horizons.index(horizon)) for number, (horizon, _) in enumerate(rows)]
    for place, (horizon, one) in zip(places, rows, strict=True):
        _bar(axes, place, one.share[horizon])
        axes.text(-0.006, place, one.continuation, ha="right", va="center", fontsize=7.8, color="#555555")
    for horizon in horizons:
        own = [place for place, (year, _) in zip(places, rows, strict=True) if year == horizon]
        axes.text(-0.075, sum(own) / len(own), str(horizon), ha="right", va="center", weight="bold", color=INK)
    axes.set_xlim(0, 1)
    axes.set_ylim(min(places, default=0) - 0.6, 0.6)
    axes.spines[["left", "bottom"]].set_visible(False)
    axes.set_yticks([])
    axes.xaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:.0f} %"))
    axes.tick_params(axis="x", length=0)
    _bar_legend(axes, bars)


def _bar(axes: Axes, place: float, share: Mapping[str, float]) -> None:
    left = 0.0
    for regime, colour in REGIME_COLOURS.items():
        width = share.get(regime, 0.0)
        if not width > 0:
            continue
        hatch = "////" if regime == "undefined" else None
        axes.barh(place, width, left=left, height=0.86, color=colour, edgecolor="white", lw=0.8, hatch=hatch)
        if width >= 0.03:
            long = width >= 0.0062 * (len(regime) + 5)
            label = f"{regime}  {100 * width:.0f} %" if long else f"{100 * width:.0f} %"
            axes.text(left + width / 2, place, label, ha="center", va="center", fontsize=7.4, color=_ink_on(colour))
        left += width


def _ink_on(colour: str) -> str:
    """Black or white text, whichever reads better."""
    red, green, blue = mpl.colors.to_rgb(colour)
    return "white" if 0.299 * red + 0.587 * green + 0.114 * blue < 0.55 else INK


def _bar_legend(axes: Axes, bars: Sequence[Bars]) -> None:
    present = [
        regime
        for regime in REGIME_COLOURS
        if any(share.get(regime, 0) > 0 for one in bars for share in one.share.values())
    ]
    handles = [
        Patch(facecolor=REGIME_COLOURS[regime], edgecolor=SOFT, lw=0.4, hatch="////" if regime == "undefined" else None)
        for regime in present
    ]
    axes.legend(
        handles, present, loc="upper center", bbox_to_anchor=(0.45, -0.06), ncol=min(len(present), 6) or 1,
        frameon=False, fontsize=7.8, handlelength=1.2, handleheight=0.9, columnspacing=1.6,
    )  # fmt: skip


def save(figure: Figure, folder: Path, name: str) -> list[Path]:
    """Write the figure as PNG and SVG, the same bytes for the same content; return the paths."""
    paths = [folder / f"{name}.png", folder / f"{name}.svg"]
    with mpl.rc_context(STYLE):
        figure.savefig(paths[0], dpi=160, metadata={"Software": "chip-curbs"})
        figure.savefig(paths[1], metadata={"Date": None, "Creator": "chip-curbs"})
    return paths
