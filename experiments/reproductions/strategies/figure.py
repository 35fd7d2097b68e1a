"""Benefit, money and time of each strategy, in the article's order."""

from __future__ import annotations

from matplotlib.figure import Figure

from experiments.reproducing.drawing import CONTROLS, NO_CONTROLS, SLIDING, rows, sheet, title
from experiments.reproducing.findings import Shown

PANELS = (
    ("benefit_ln", "benefit", "Benefit by 2028Q4", "ln effective compute, symmetric log scale", CONTROLS),
    ("money_bn", "money", "Money, 2022Q3 to 2028Q4", "USD bn, log scale", NO_CONTROLS),
    ("quarters_to_half", "time", "Time from 2022Q3", "quarters to half of it, if there is any", SLIDING),
)
TICKS = {"benefit_ln": (-0.1, 0.0, 0.1, 1.0, 10.0), "money_bn": (1.0, 3.0, 10.0, 30.0, 100.0)}
STRAIGHT = 0.1
"""ln up to which the scale of benefits is straight."""


def draw(shown: Shown) -> Figure:
    """Three panels with a row a strategy; the article ranks the top one highest."""
    figure, axes = sheet(
        shown, "Which strategy helps most, at what price?",
        "China under the controls; rows from the article's highest to its lowest, with its words for benefit and "
        "challenge",
        size=(10.0, 4.4), grid=(1, 3), wspace=0.2, left=0.16, right=0.98,
    )  # fmt: skip
    table = shown.tables["table"]
    order = list(range(len(table["strategy"])))[::-1]
    labels = [f"{table['strategy'][at]}\n({table['article'][at]})" for at in order]
    for place, (column, ends, name, unit, colour) in enumerate(PANELS):
        values = [[table[one][at] for at in order] for one in (column, f"{ends}_low", f"{ends}_high")]
        if column == "benefit_ln":
            axes[place].set_xscale("symlog", linthresh=STRAIGHT)
        if column == "money_bn":
            axes[place].set_xscale("log")
        middle, low, high = values
        rows(axes[place], labels if place == 0 else [""] * len(labels), middle, low, high, colour)
        if column in TICKS:
            limits = axes[place].get_xlim()
            axes[place].set_xticks(TICKS[column], [f"{one:g}" for one in TICKS[column]], minor=False)
            axes[place].set_xticks([], minor=True)
            axes[place].set_xlim(*limits)
        title(axes[place], name, unit)
    return figure
