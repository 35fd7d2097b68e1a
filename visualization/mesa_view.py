"""A page for those who know Mesa: its own SolaraViz with one run of the model, made for each visitor, without console.

    solara run visualization.mesa_view

SolaraViz draws with matplotlib, a few frames a second; the laboratory (`curbs app`) is the place for ensembles.
"""

from __future__ import annotations

from typing import Any

import solara
from mesa.visualization import SolaraViz, make_plot_component
from mesa.visualization.utils import update_counter

from abm.model import ChipCurbsModel

SERIES = (
    {"compute_cn": "#D55E00", "compute_us": "#0072B2"},
    {"us_vendor_revenue": "#0072B2", "us_vendor_revenue_china": "#E69F00"},
    {"hazard_cn": "#CC79A7", "stringency": "#000000"},
)
"""Recorded series that are drawn together."""
SEEDS = {"type": "SliderInt", "value": 1, "label": "Seed", "min": 0, "max": 999, "step": 1}


@solara.component
def Quarter(model: ChipCurbsModel) -> Any:  # noqa: N802
    """The quarter that was run last, and how many AI firms exist in it."""
    update_counter.get()
    alive = sum(bool(firm.alive) for firm in model.agents if firm.__class__.__name__ == "AIFirm")
    return solara.Text(f"{model.quarter}: {alive} AI firms")


@solara.component
def Page() -> Any:  # noqa: N802
    """SolaraViz around a model of one's own."""
    model = solara.use_memo(lambda: ChipCurbsModel("history", rng=1), [])
    plots = [make_plot_component(dict(series)) for series in SERIES]
    parts = solara.use_memo(lambda: [Quarter, *plots], [])
    return SolaraViz(
        model, components=parts, name="Chip curbs, one run", play_interval=250, render_interval=1, use_threads=False,
        model_params={"scenario": "history", "rng": dict(SEEDS)},
    )  # fmt: skip
