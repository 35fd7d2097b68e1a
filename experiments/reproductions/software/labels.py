"""Names at the ends of lines that come close to each other, for figures of several studies."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from experiments.figures import HALO

GAP = 0.058
"""Least distance of two names, as a share of the axes' height."""


def name_ends(axes: Axes, ends: Sequence[tuple[float, float, str, str]]) -> None:
    """Write names beside the last points of lines, moved apart where they would overlap.

    Parameters
    ----------
    ends : x, y, name and colour of each line's end, when the limits of the axes are final.
    """
    low, high = axes.get_ylim()
    order = sorted(range(len(ends)), key=lambda place: ends[place][1])
    given = np.asarray([(ends[place][1] - low) / (high - low) for place in order])
    at = given.copy()
    for place in range(1, len(at)):
        at[place] = max(at[place], at[place - 1] + GAP)
    at -= np.mean(at - given)
    for place, index in enumerate(order):
        x, _, name, colour = ends[index]
        axes.annotate(
            name, (x, low + at[place] * (high - low)), xytext=(5, 0), textcoords="offset points", va="center",
            fontsize=8.5, color=colour, weight="bold", path_effects=HALO, annotation_clip=False,
        )  # fmt: skip
