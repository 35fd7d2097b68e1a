"""The charts: what each shows in its title, its unit and definition, where its numbers come from, how its axis runs.

One declarative list for the page, for notebooks and for static figures. Nothing here computes; `visualization.quantity`
reads the series.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from abm.schema import nearest

LEVERAGE = "leverage"
"""Quantity that is measured at some horizons only (`Comparison.with_leverage`)."""


@dataclass(frozen=True)
class Axis:
    """How the vertical axis runs.

    Attributes
    ----------
    log : logarithmic.
    floor, ceiling : the axis reaches at least so far; None leaves it to the numbers.
    start : first quarter shown.
    """

    log: bool = False
    floor: float | None = 0.0
    ceiling: float | None = None
    start: str = "2020Q1"


@dataclass(frozen=True)
class Chart:
    """One chart.

    Attributes
    ----------
    title : what the chart shows.
    unit : unit of the numbers as drawn.
    definition : what is measured, in one or two sentences.
    quantity : a recorded series, an outcome, an observation operator, or "leverage".
    factor : numbers as drawn over numbers as recorded, such as 100 for per cent.
    headline : shown on the page at first sight.
    axis : Axis
    note : what to keep in mind when reading it, "" for nothing.
    """

    title: str
    unit: str
    definition: str
    quantity: str
    factor: float = 1.0
    headline: bool = False
    axis: Axis = Axis()
    note: str = ""


_LOG = Axis(log=True, floor=None)
_SHARE = Axis(ceiling=100.0)
_SIGNED = Axis(floor=None)

CHARTS: Mapping[str, Chart] = {
    "lead": Chart(
        "How far the US is ahead of China",
        "months",
        "How long ago the US frontier stood where China's frontier stands now, in effective training compute (chips "
        "times algorithms). Negative if China leads.",
        "lead", headline=True, axis=_SIGNED,
    ),
    "self_reliance": Chart(
        "Share of China's new compute that is made in China",
        "% of the year",
        "Domestic share of the useful compute that China bought in the four quarters to date.",
        "self_reliance_year", 100.0, headline=True, axis=_SHARE,
        note="A share also rises when imports are denied and nothing more is made at home.",
    ),
    "induced_output": Chart(
        "Compute of the AI chips that China makes",
        "thousand A100 a year",
        "Training performance of the chips finished by Chinese designers in the four quarters to date. The gap between "
        "the lines is the output that the controls induce or prevent.",
        "domestic_output_year", headline=True, axis=_LOG,
    ),
    "us_revenue": Chart(
        "What US chip vendors sell in the whole world",
        "USD bn a quarter",
        "Chip sales of US vendors that sell to others (NVIDIA, AMD), all countries, without grey channels.",
        "us_vendor_revenue", headline=True, axis=_LOG,
    ),
    "leverage": Chart(
        "What a full stop of US supply would still deny China",
        "% of a year's open supply",
        "Share of the compute that China could buy in a year of open supply and would lose if all US chips and rented "
        "compute were stopped. High means China still depends on US chips.",
        LEVERAGE, 100.0, headline=True, axis=Axis(ceiling=100.0, start="2026Q1"),
        note="Measured at the horizons of the verdict; each needs runs of its own.",
    ),
    "nvidia_billing": Chart(
        "What NVIDIA bills in China",
        "USD bn a quarter",
        "NVIDIA's billing in China and Hong Kong by fiscal quarter: flagships at their price, and all other products.",
        "NVDA_CHINA_REV_BILL", headline=True,
    ),
    "smuggled": Chart(
        "Chips that reach China through the grey market",
        "thousand chips a year",
        "Frontier chips that law denies to China and that arrive through third countries.",
        "SMUGGLED_CHIPS", headline=True,
    ),
    "compute_share": Chart(
        "China's share of the world's training compute",
        "% of the world",
        "Share of the useful training compute installed in the world that stands in China.",
        "CN_COMPUTE_SHARE", headline=True, axis=Axis(),
    ),
    "lead_observed": Chart(
        "How far the US is ahead, as observers measure it",
        "months",
        "How much later than the US China reached the capability levels of two quarters before to two quarters after, "
        "with the delay until models are released. This is the definition of the index behind the dots.",
        "ECI_LAG", axis=_SIGNED,
    ),
    "domestic_cards": Chart(
        "Share of the AI cards sold in China that is Chinese",
        "% of cards a year",
        "Chinese share of all AI accelerator cards sold in China, low tier included, as market researchers count.",
        "IDC_SHARE_DOM", axis=_SHARE,
        note="Cards are counted, not compute: ten weak cards weigh ten times one strong card.",
    ),
    "ascend": Chart(
        "Ascend packages that Huawei finishes",
        "thousand packages a year",
        "Huawei's AI chips, dies packaged with memory, finished in the year.",
        "ASCEND_UNITS", axis=_LOG,
    ),
    "nvidia_compute": Chart(
        "NVIDIA compute sold to China legally",
        "thousand H100e a quarter",
        "NVIDIA flagships delivered to China in the fiscal quarter, in H100 equivalents; no grey channel, no compute "
        "abroad.",
        "CN_NVDA_H100E_FLOW",
    ),
    "us_revenue_china": Chart(
        "What US chip vendors sell to China",
        "USD bn a quarter",
        "Chip sales of US vendors to China, without grey channels.",
        "us_vendor_revenue_china",
    ),
    "compute_cn": Chart(
        "Training compute installed in China",
        "thousand A100",
        "Useful training compute in Chinese data halls, bought at home, abroad or through grey channels.",
        "compute_cn", axis=_LOG,
    ),
    "rented": Chart(
        "Chips abroad that Chinese firms rent",
        "thousand chips",
        "Frontier chips in data halls outside China that tenants from China use.",
        "offshore_chips",
    ),
    "toolmakers": Chart(
        "What foreign toolmakers sell to China's advanced lines",
        "USD bn a quarter",
        "Sales of US, Dutch and Japanese makers of chip-making tools to China's advanced foundry and memory lines.",
        "toolmaker_sales",
    ),
    "yield": Chart(
        "Good dies at China's advanced foundry",
        "% of a 666 mm² die",
        "Share of dies of the size of Huawei's 910B that work.",
        "ASCEND910B_YIELD", axis=_SHARE,
    ),
    "stringency": Chart(
        "How much performance and how many tools are denied to China",
        "% denied",
        "Performance of the best chips and classes of tools that the rules in force deny to China, 0 none, 100 all.",
        "stringency", 100.0, axis=_SHARE,
    ),
    "hazard": Chart(
        "How likely Chinese firms think it is to be cut off",
        "% a quarter",
        "Believed probability of losing access to US chips in the next quarter, mean over Chinese AI firms.",
        "hazard_cn", 100.0,
    ),
    "software": Chart(
        "How far Huawei's software has matured",
        "% of CUDA",
        "Software maturity of CANN against CUDA, Chinese AI firms weighted by their plans.",
        "porting_cann", 100.0, axis=_SHARE,
    ),
}  # fmt: skip
"""All charts by id, in reading order."""


def chart(name: str) -> Chart:
    """A chart by its id.

    Raises
    ------
    KeyError
        With the nearest id.
    """
    if name not in CHARTS:
        raise KeyError(f"chart {name!r} is unknown{nearest(name, CHARTS)}")
    return CHARTS[name]


def describe(name: str) -> dict[str, Any]:
    """A chart as plain values for the browser."""
    return {"id": name, **asdict(chart(name))}
