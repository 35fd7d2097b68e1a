"""What the controls change by the horizon: headline effects with their intervals."""

from __future__ import annotations

import math
from typing import Any

import solara

from visualization.digest import Summary
from visualization.lab import Laboratory
from visualization.markup import panel, paragraph, table, words

HEADLINES = (
    ("lead", "US lead over China"), ("self_reliance", "China's self-reliance"),
    ("domestic_output", "Chinese chip output"), ("us_revenue", "US vendors' revenue, whole world"),
    ("us_revenue_china", "US vendors' revenue from China"), ("leverage", "leverage over China"),
)  # fmt: skip
"""Effects that are told, with words for them."""
DIGITS = 10.0
"""Numbers below this are told with one decimal."""


def signed(one: Summary) -> str:
    """An effect with its sign, its interval and its unit; logarithms become per cent."""
    values, unit = [one.median, one.low, one.high], one.unit
    if unit == "ln":
        values, unit = [100.0 * math.expm1(min(value, 10.0)) for value in values], "%"
    median, low, high = map(_signed, values)
    return f"{median} {unit} ({low} to {high})"


def _signed(value: float) -> str:
    if not math.isfinite(value):
        return "unknown"
    text = f"{value:+.1f}" if abs(value) < DIGITS else f"{value:+,.0f}"
    return text.replace("-", "−")


@solara.component
def EffectsPart(lab: Laboratory) -> Any:  # noqa: N802
    """A table of the headline effects at the horizon of the verdict."""
    session, digest = lab.view.value.session, lab.digest.value
    horizon = str(session.horizon)
    if digest is None or digest.key != session.key:
        body = paragraph("The worlds of this scenario are being run…", "lab-note")
    else:
        found = digest.effects[horizon]
        rows = [(label, signed(found[name]), found[name].n) for name, label in HEADLINES if name in found]
        body = table(
            f"By {horizon}Q4, with less without the controls", ("effect", "median (90 % of worlds)", "pairs"), rows
        )
    return panel(
        "effects", "What the controls change", "Paired differences: the same world with and without the controls.",
        [words(body)],
    )  # fmt: skip
