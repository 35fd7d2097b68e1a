"""Series with and without the controls: bands over worlds, the run on show, observations, the dates of rules."""

from __future__ import annotations

from typing import Any

import solara

from visualization.lab import Laboratory
from visualization.markup import Button, block, panel
from visualization.specs import CHARTS
from visualization.widgets import FanChart

ABOUT = (
    "Solid with the controls, dashed without; the bands hold 50 and 90 % of worlds, black dots are observations to "
    "2024Q4. Choose a thin line, and that world is the run on show everywhere."
)


@solara.component
def SeriesPart(lab: Laboratory) -> Any:  # noqa: N802
    """Charts of the headline quantities, and the others on request."""
    more = lab.wide.value
    names = [name for name, chart in CHARTS.items() if chart.headline or more]

    def show(place: int) -> None:
        if place >= 0:
            lab.change(world=int(place))

    charts = [block("div", [FanChart.element(chart=name, on_run=show).key(name)], "lab-card") for name in names]
    text = "Fewer charts" if more else f"All {len(CHARTS)} charts"
    return panel(
        "series",
        "Series",
        ABOUT,
        [block("div", charts, "lab-cards"), Button(text, lambda: lab.widen(not more), more)],
        wide=True,
    )
