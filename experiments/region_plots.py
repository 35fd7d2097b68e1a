"""Pictures of regimes and policies: boxes of PRIM, phase diagrams, Pareto sets."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from abm.regimes import NAMES
from experiments.design import Floats
from experiments.discovery import Box, Cases, Discovery
from experiments.figures import CONTROLS, INK, NO_CONTROLS, REGIME_COLOURS, SOFT, STYLE
from experiments.phase import PhaseDiagram
from experiments.plots import GREY, named, page
from experiments.policy_search import Front


def box_picture(found: Discovery, cases: Cases, caption: str) -> Figure:
    """The first box over its two surest parameters, its bounds as shares of the ranges, and the peeling path."""
    box = found.boxes[0]
    with mpl.rc_context(STYLE):
        figure = page(
            15, 5.6, f"Where '{found.regime}' comes out, {found.horizon}",
            f"coverage {box.coverage:.0%}, density {box.density:.0%} against {found.share:.0%} in all worlds; "
            f"on points not used {found.stability.coverage:.0%} and {found.stability.density:.0%}", caption,
        )  # fmt: skip
        places = figure.subplots(1, 3, gridspec_kw={"width_ratios": (1, 1.25, 0.9)})
        figure.subplots_adjust(left=0.06, right=0.985, top=0.8, bottom=0.2, wspace=0.42)
        _scatter(places[0], box, cases)
        _bounds(places[1], box, cases, found)
        _path(places[2], found, box)
    return figure


def _scatter(axes: Axes, box: Box, cases: Cases) -> None:
    """Points over the two parameters of the surest restrictions."""
    names = list(dict.fromkeys(name for name, *_ in box.limits))[:2]
    names += [name for name in cases.names if name not in names][: 2 - len(names)]
    x, y = (cases.names.index(name) for name in names)
    share = cases.hits / cases.weight
    order = np.argsort(share, kind="stable")
    axes.scatter(cases.x[order, x], cases.x[order, y], c=share[order], s=7, cmap="cividis", vmin=0, vmax=1, lw=0)
    (left, right), (low, high) = (
        (max(box.low[k], cases.x[:, k].min()), min(box.high[k], cases.x[:, k].max())) for k in (x, y)
    )
    axes.add_patch(Rectangle((left, low), right - left, high - low, fill=False, ec=NO_CONTROLS, lw=2))
    axes.set_xlabel(named(names[0]))
    axes.set_ylabel(named(names[1]))
    axes.set_title("points: share of worlds in the regime", loc="left", fontsize=9)


def _bounds(axes: Axes, box: Box, cases: Cases, found: Discovery) -> None:
    """Each restricted parameter with the part of its range that the box keeps."""
    names = list(dict.fromkeys(name for name, *_ in box.limits))
    for place, name in enumerate(names):
        k = cases.names.index(name)
        least, most = cases.x[:, k].min(), cases.x[:, k].max()
        span = most - least
        left, right = max(box.low[k], least), min(box.high[k], most)
        axes.barh(place, 1, height=0.5, color="#ececec")
        axes.barh(place, (right - left) / span, left=(left - least) / span, height=0.5, color=CONTROLS)
        stands = [found.stability.share.get(f"{name} {sign}", 0.0) for one, sign, *_ in box.limits if one == name]
        axes.text(
            0, place - 0.36,
            f"{left:.3g} to {right:.3g} of {least:.3g} to {most:.3g}; in {max(stands):.0%} of resamples",
            fontsize=7.2, color=GREY, va="bottom",
        )  # fmt: skip
    axes.set_yticks(range(len(names)), [named(name) for name in names])
    axes.set_ylim(len(names) - 0.4, -0.75)
    axes.set_xlim(0, 1)
    axes.set_xticks([])
    axes.set_title("bounds of the box within the range", loc="left", fontsize=9)


def _path(axes: Axes, found: Discovery, box: Box) -> None:
    """Coverage against density as slices are taken off."""
    axes.plot(found.path[:, 0], found.path[:, 1], "-", color=SOFT, lw=1)
    axes.scatter(found.path[:, 0], found.path[:, 1], s=14, color=SOFT)
    axes.scatter([box.coverage], [box.density], s=70, color=NO_CONTROLS, zorder=3)
    axes.axhline(found.share, color=GREY, lw=0.8, ls=":")
    axes.set_xlim(0, 1.03)
    axes.set_ylim(0, 1.03)
    axes.set_xlabel("coverage")
    axes.set_ylabel("density")
    axes.set_title("peeling", loc="left", fontsize=9)


def phase_picture(found: PhaseDiagram, caption: str) -> Figure:
    """Regimes over the plane; each quarter of a cell has the colour of its corner."""
    at = {(int(i), int(j)): k for k, (i, j) in enumerate(found.place)}
    regime = found.regime
    with mpl.rc_context(STYLE):
        figure = page(
            9.2, 7.2, f"Regimes over {named(found.x.name)} and {named(found.y.name)}, {found.horizon}",
            f"{len(found.place):,} points in rounds of {', '.join(map(str, found.rounds))}; most frequent regime",
            caption,
        )  # fmt: skip
        axes = figure.add_axes((0.1, 0.15, 0.6, 0.72))
        for cell in found.cells:
            x0, y0 = found.values[at[cell.corners[0]]]
            x1, y1 = found.values[at[cell.corners[3]]]
            middle = ((x0 + x1) / 2, (y0 + y1) / 2)
            lower_left = ((x0, y0), (middle[0], y0), (x0, middle[1]), middle)
            for corner, (left, low) in zip(cell.corners, lower_left, strict=True):
                colour = REGIME_COLOURS[NAMES[regime[at[corner]]]]
                axes.add_patch(Rectangle((left, low), (x1 - x0) / 2, (y1 - y0) / 2, color=colour, lw=0))
        axes.scatter(found.values[:, 0], found.values[:, 1], s=4, color=INK, lw=0, zorder=3)
        split = found.bistable
        axes.scatter(found.values[split, 0], found.values[split, 1], s=46, facecolor="none", edgecolor=INK, zorder=4)
        axes.set_xlim(found.values[:, 0].min(), found.values[:, 0].max())
        axes.set_ylim(found.values[:, 1].min(), found.values[:, 1].max())
        axes.set_xlabel(f"{named(found.x.name)} ({found.x.parameter.unit})")
        axes.set_ylabel(f"{named(found.y.name)} ({found.y.parameter.unit})")
        present = [name for name in REGIME_COLOURS if name in {NAMES[code] for code in regime}]
        handles = [Patch(facecolor=REGIME_COLOURS[name], edgecolor=SOFT, lw=0.4) for name in present]
        rings = mpl.lines.Line2D([], [], marker="o", ls="", mfc="none", mec=INK, ms=7)
        axes.legend(
            [*handles, rings], [*present, "worlds split"], loc="upper left", bbox_to_anchor=(1.01, 1), frameon=False,
            fontsize=8,
        )  # fmt: skip
    return figure


def pareto_picture(front: Front, caption: str) -> Figure:
    """Policies tried and those that no other beats: the first objective against each other one, by the first lever."""
    objectives, tried = front.objectives, front.measures["mean"]
    lever = front.factors[0]
    colours = front.settings[:, 0]
    with mpl.rc_context(STYLE):
        figure = page(
            4.4 * (len(objectives) - 1) + 0.6, 5.2, "Policies that no other beats",
            f"means over futures; colour: {named(lever.name)}; ring: {front.search.settings.robust}; star: as enacted",
            caption,
        )  # fmt: skip
        panels = figure.subplots(1, len(objectives) - 1, squeeze=False)[0]
        figure.subplots_adjust(left=0.06, right=0.98, top=0.8, bottom=0.22, wspace=0.3)
        for axes, place in zip(panels, range(1, len(objectives)), strict=True):
            _front(axes, front, tried, colours, place)
    return figure


def _front(axes: Axes, front: Front, tried: Floats, colours: Floats, place: int) -> None:
    one, other = front.objectives[0], front.objectives[place]
    x, y = tried[:, 0], tried[:, place]
    axes.scatter(x[:-1], y[:-1], c=colours[:-1], cmap="cividis", s=16, lw=0)
    axes.scatter(x[front.pareto], y[front.pareto], s=60, facecolor="none", edgecolor=NO_CONTROLS, lw=1.2)
    axes.scatter(x[-1:], y[-1:], marker="*", s=130, color=INK, zorder=4)
    axes.set_xlabel(f"{named(one.name)}, {one.unit} ({one.wanted} wanted)")
    axes.set_ylabel(f"{named(other.name)}, {other.unit} ({other.wanted} wanted)")
