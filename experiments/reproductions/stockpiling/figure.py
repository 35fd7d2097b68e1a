"""Gain of compute over time, and its peak by notice."""

from __future__ import annotations

from matplotlib.figure import Figure

from experiments.reproducing.drawing import CONTROLS, band, mark_policies, rows, sheet, title
from experiments.reproducing.findings import Shown


def draw(shown: Shown) -> Figure:
    """Two panels: the path under history, the peaks by notice."""
    figure, (left, right) = sheet(
        shown, "What stocks buy, and for how long",
        "China's installed training compute with stockpiling over that without, in the same worlds",
        grid=(1, 2), width_ratios=(1.5, 1), wspace=0.4,
    )  # fmt: skip
    band(left, shown.tables["gain"], "", CONTROLS)
    left.set_xlim(shown.tables["gain"]["year"][0], shown.tables["gain"]["year"][-1])
    title(left, "Gain under history", "% of compute")
    mark_policies(left)
    table = shown.tables["table"]
    labels = [f"{notice:.0f} quarters" for notice in table["notice_quarters"]]
    rows(right, labels, table["gain_at_peak_percent"], table["low"], table["high"])
    title(right, "Peak, by notice of Oct 2023", "% of compute")
    return figure
