"""What AI firms put their research into: efficiency, porting to other chips, integration."""

from __future__ import annotations

from typing import Any

import solara

from visualization.lab import Laboratory
from visualization.markup import panel
from visualization.widgets import StrategyMix


@solara.component
def StrategiesPart(_lab: Laboratory) -> Any:  # noqa: N802
    """Shares of research effort over time, of one firm or of all firms of a bloc."""
    return panel(
        "strategies", "Strategies of AI firms",
        "Shares of research effort in the run on show; firms shift to what paid.", [StrategyMix.element()],
    )  # fmt: skip
