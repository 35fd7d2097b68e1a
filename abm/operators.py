"""Observation operators: what a statistician would have measured in a run, in the statistic's own definition.

Cards, dollars and accounting units differ by a factor of five, so the model computes the same quantity as each real
series (MODEL section 10).  An operator takes recorded series, brings them to the statistic's periods and combines
them; its name is the series id of observations.csv wherever the statistic exists.

Fiscal quarters.  NVIDIA's fiscal quarters end a month after the calendar quarter whose label the data give them:
a value labelled t covers two months of t and one of t + 1.  The model lives in calendar quarters, so every operator
that meets an NVIDIA row, in money or in Epoch's units and H100e (which Epoch derives from fiscal revenue), reports
2/3 x(t) + 1/3 x(t+1); of NVIDIA's flagships in China the run knows which part of a quarter falls in its first month,
since a rule that binds inside a quarter moves shipments across the border.  The rows themselves are never shifted.
"""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from abm.calendar import FIRST_YEAR, QUARTERS, periods_of, quarter_index, quarter_label
from abm.operator_parts import (
    DATED,
    FIRST_MONTH,
    Parts,
    capex_of,
    china_billing,
    china_billing_early,
    china_residual,
    chip_sales,
    domestic_etch,
    domestic_tools,
    first_months,
    monthly_wafers,
    observed_lag,
    sums,
    tencent_capex,
    with_network,
    yield_percent,
)
from abm.outcomes import MONTHS, Floats, Recorded, data_pack, share
from abm.schema import DATA, nearest
from abm.series import NAMED
from abm.tables import observed_series, text

LAST_OBSERVED = quarter_index("2024Q4")
"""Observations end here: nothing later is used (MODEL 10)."""
SILENT = DATA / "silent.toml"
"""Series of the data about which the model has nothing to say, by reason."""
EPOCH_START = quarter_index("2022Q1")
"""First quarter of Epoch's cumulative counts."""


@dataclass(frozen=True)
class Operator:
    """How one statistic follows from recorded series.

    Attributes
    ----------
    series_id : str
        Id in observations.csv, or a name of its own where no row exists.
    period : str
        "quarter", "fiscal quarter", "year" or "fiscal year"; half years are added where the data have them.
    definition : str
        What is measured, in one sentence.
    uses : tuple of str
        Recorded series that it reads.
    parts : callable
        Arrays (run, quarter) that are reduced over each period.
    reduce : str
        "sum", "mean" or "last" over the quarters of a period, or "total" from `start` to its end.
    percent : bool
        Whether the result is 100 times the first part over the second; otherwise there is one part.
    firms : tuple of str
        Firms whose own series it reads.
    start : int
        First step of the statistic.
    early : callable or None
        What of each part falls in the first month of its quarter; None: a third.
    """

    series_id: str
    unit: str
    period: str
    definition: str
    uses: tuple[str, ...]
    parts: Parts
    reduce: str = "sum"
    percent: bool = False
    start: int = 0
    firms: tuple[str, ...] = ()
    early: Parts | None = None

    @property
    def needs(self) -> tuple[str, ...]:
        """Firms of the default world that it is about."""
        return (*self.firms, *(firm for name in self.uses for firm in NAMED.get(name, ())))

    @property
    def fiscal(self) -> bool:
        """Whether its periods reach a month into the next quarter."""
        return self.period.startswith("fiscal")

    def quarters(self, run: Recorded) -> list[Floats]:
        """Its parts by the quarters in which it is reported, each (run, quarter)."""
        parts = self.parts(run)
        if not self.fiscal:
            return list(parts)
        early = [part / MONTHS for part in parts] if self.early is None else self.early(run)
        return [fiscal_quarters(*both) for both in zip(parts, early, strict=True)]


@dataclass(frozen=True, eq=False)
class Evidence:
    """Real observations at the periods of an `Observed`, NaN where there is none; each of shape (period,)."""

    value: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, eq=False)
class Observed:
    """A statistic measured in every run, with the real one beside it.

    Attributes
    ----------
    values : (run, period)
    periods : tuple of str
        "2024Q3", "2024H1" or "2024", in order of their start, shorter ones first.
    observed : Evidence
        Through 2024Q4.
    """

    name: str
    values: Floats
    periods: tuple[str, ...]
    unit: str
    definition: str
    uses: tuple[str, ...]
    observed: Evidence
    dims: tuple[str, str] = ("run", "period")

    def at(self, period: str) -> Floats:
        """Values in one period, shape (run,)."""
        if period not in self.periods:
            raise ValueError(f"{self.name}: no period {period!r}; from {self.periods[0]} to {self.periods[-1]}")
        return np.asarray(self.values[:, self.periods.index(period)])


def observe(operator: Operator, run: Recorded, quarters: int = QUARTERS) -> Observed:
    """Apply an operator to runs recorded over a number of quarters."""
    rows = known_facts(operator.series_id)
    usable = quarters - 1 if operator.fiscal else quarters
    natural = [f"{FIRST_YEAR + y}" for y in range(usable // 4)]
    if operator.period.endswith("quarter"):
        natural = [quarter_label(t) for t in range(usable)]
    spans = {label: periods_of(label) for label in sorted({*natural, *rows})}
    spans = {label: span for label, span in spans.items() if operator.start <= span[0] and span[-1] < usable}
    periods = tuple(sorted(spans, key=lambda label: (spans[label][0], len(spans[label]))))
    values = measure(operator, run, [spans[period] for period in periods])
    nothing = (np.nan, np.nan, np.nan)
    evidence = np.asarray([rows.get(period, nothing) for period in periods], dtype=np.float64).T
    return Observed(
        operator.series_id, values, periods, operator.unit, operator.definition, operator.uses, Evidence(*evidence)
    )


def measure(operator: Operator, run: Recorded, spans: Sequence[tuple[int, ...]]) -> Floats:
    """A statistic over spans of quarters, (run, span)."""
    parts = operator.quarters(run)
    reduced = [np.stack([_reduce(part, span, operator) for span in spans], axis=1) for part in parts]
    return 100.0 * share(reduced[0], reduced[1]) if operator.percent else reduced[0]


def fiscal_quarters(values: Floats, early: Floats) -> Floats:
    """Calendar quarters as NVIDIA's fiscal quarters of the same label, which begin and end a month later.

    `early` is what of each quarter falls in its first month; the last quarter is unknown.
    """
    shifted = np.full_like(values, np.nan)
    shifted[:, :-1] = values[:, :-1] - early[:, :-1] + early[:, 1:]
    return shifted


def _reduce(part: Floats, span: tuple[int, ...], operator: Operator) -> Floats:
    first = operator.start if operator.reduce == "total" else span[0]
    columns = part[:, first : span[-1] + 1]
    if operator.reduce == "last":
        return columns[:, -1]
    return np.asarray(columns.mean(axis=1) if operator.reduce == "mean" else columns.sum(axis=1))


@lru_cache(maxsize=64)
def known_facts(series_id: str) -> dict[str, tuple[float, float, float]]:
    """Real observations by period through 2024Q4: value, low, high."""
    pack = data_pack()
    if not len(pack.observations.where(series_id=series_id)):
        return {}
    return {
        period: (value, np.nan if low is None else low, np.nan if high is None else high)
        for period, value, low, high in observed_series(pack, series_id)
        if periods_of(period)[-1] <= LAST_OBSERVED
    }


# --- the operators ----------------------------------------------------------------------------------------------------

_RESIDUAL = ("nvidia_china_flagship", "nvidia_china_residual")
_BILLING = (*_RESIDUAL, FIRST_MONTH)
_CARDS = ("nvidia_china_units", "us_low_tier_cards", "domestic_cards")
_H100E = ("nvidia_china_h100e",)
_WORLD_H100E = ("nvidia_china_h100e", "nvidia_abroad_h100e")


def _plain(series_id: str, unit: str, period: str, definition: str, *uses: str) -> Operator:
    """Sum of recorded series over the period."""
    dated = period.startswith("fiscal") and any(name in DATED for name in uses)
    needs, early = ((*uses, FIRST_MONTH), first_months(uses)) if dated else (uses, None)
    return Operator(series_id, unit, period, definition, needs, sums(uses), early=early)


_FOUR = ("ALIBABA", "TENCENT", "BAIDU", "BYTEDANCE")


def _platforms(series_id: str, unit: str, period: str, whose: str, *firms: str) -> Operator:
    """Capital expenditure of Chinese platforms."""
    text = f"capital expenditure of {whose}: accelerator money over its share"
    return Operator(series_id, unit, period, text, ("firm_spending",), capex_of(firms, unit == "RMB bn"), firms=firms)


_ALL = (
    Operator("NVDA_CHINA_REV_BILL", "USD bn", "fiscal quarter", "NVIDIA's billing in China and Hong Kong: flagships "
             "with their network equipment, and the rest (gaming, low tier)", _BILLING, china_billing,
             early=china_billing_early),
    Operator("NVDA_CHINA_REV_FY", "USD bn", "fiscal year", "the same by fiscal year, labelled with the year in which "
             "it begins", _BILLING, china_billing, early=china_billing_early),
    Operator("NVDA_CHINA_RESID", "USD bn", "fiscal year", "the part of that billing that flagships do not explain",
             _RESIDUAL, china_residual),
    Operator("NVDA_CHINA_RESID_Q", "USD bn", "fiscal year", "the same, mean of a year's quarters", _RESIDUAL,
             china_residual, "mean"),
    _plain("CN_NVDA_H100E_FLOW", "thousand H100e", "fiscal quarter", "NVIDIA flagships delivered to China legally, in "
           "accounting units; no grey, offshore or pre-2022 chips", *_H100E),
    _plain("CN_NVDA_UNITS_FLOW", "thousand units", "fiscal quarter", "the same, counted", "nvidia_china_units"),
    _plain("H20_UNITS_SA", "thousand units", "year", "the same by calendar year; in 2024 all are chips made for the "
           "rules of October 2023", "nvidia_china_units"),
    Operator("CN_NVDA_H100E_CUM", "thousand H100e", "fiscal quarter", "that compute cumulated from fiscal 2022Q1",
             (*_H100E, FIRST_MONTH), sums(_H100E), "total", start=EPOCH_START, early=first_months(_H100E)),
    Operator("WORLD_NVDA_H100E_CUM", "thousand H100e", "fiscal quarter", "all NVIDIA compute sold, cumulated from "
             "fiscal 2022Q1", (*_WORLD_H100E, FIRST_MONTH), sums(_WORLD_H100E), "total", start=EPOCH_START,
             early=first_months(_WORLD_H100E)),
    Operator("CN_SHARE_OF_NVDA_CUM", "percent", "fiscal quarter", "China's legal share of NVIDIA compute cumulated "
             "from fiscal 2022Q1", (*_WORLD_H100E, FIRST_MONTH), sums(_H100E, _WORLD_H100E), "total", True, EPOCH_START,
             early=first_months(_H100E, _WORLD_H100E)),
    _plain("IDC_UNITS", "thousand cards", "year", "AI accelerator cards sold in China: NVIDIA flagships, US low tier, "
           "Chinese cards", *_CARDS),
    _plain("IDC_DOM_UNITS", "thousand cards", "year", "Chinese AI accelerator cards sold in China, low tier included",
           "domestic_cards"),
    Operator("IDC_SHARE_DOM", "percent", "year", "Chinese share of those cards", _CARDS,
             sums(("domestic_cards",), _CARDS), percent=True),
    Operator("IDC_SHARE_NVDA", "percent", "year", "the share of NVIDIA, all low-tier cards of US makers counted as its "
             "own", _CARDS, sums(("nvidia_china_units", "us_low_tier_cards"), _CARDS), percent=True),
    _plain("IDC_LOWTIER_NV", "thousand cards", "year", "low-tier cards of US makers among them", "us_low_tier_cards"),
    _plain("ASCEND_UNITS", "thousand units", "year", "Ascend packages finished", "ascend_packages"),
    Operator("MS_SELFSUFF", "percent", "year", "Chinese share of what Chinese AI firms pay for chips",
             ("domestic_value", "value_cn"), sums(("domestic_value",), ("value_cn",)), percent=True),
    Operator("BERN_SHARE_NVDA", "percent", "year", "the share of NVIDIA's flagships, sold legally, in what they pay",
             ("nvidia_china_flagship", "value_cn"), sums(("nvidia_china_flagship",), ("value_cn",)), percent=True),
    Operator("MS_GPU_REV", "RMB bn", "year", "chip sales of Chinese designers", ("vendor_cn_revenue",), chip_sales),
    Operator("TENCENT_CAPEX_Q", "RMB bn", "quarter", "Tencent's capital expenditure: accelerator money over its share",
             ("tencent_spending",), tencent_capex),
    Operator("TENCENT_CAPEX_Y", "RMB bn", "year", "the same by year", ("tencent_spending",), tencent_capex),
    _platforms("ALIBABA_CAPEX_Q", "RMB bn", "quarter", "Alibaba", "ALIBABA"),
    _platforms("BAIDU_CAPEX", "RMB bn", "year", "Baidu", "BAIDU"),
    _platforms("BYTEDANCE_CAPEX", "RMB bn", "year", "ByteDance", "BYTEDANCE"),
    _platforms("CN4_CAPEX", "USD bn", "year", "Alibaba, Tencent, Baidu and ByteDance", *_FOUR),
    _platforms("CN3_CAPEX_H1", "RMB bn", "year", "Alibaba, Tencent and Baidu", *_FOUR[:3]),
    Operator("ECI_LAG", "months", "quarter", "how much later than the US China reached its capability levels of two "
             "quarters before to two after, plus the release delay; without observation noise",
             ("capability_cn", "capability_us"), observed_lag, "mean"),
    Operator("CN_COMPUTE_SHARE", "percent", "quarter", "China's share of the training compute installed in the world",
             ("compute_cn", "compute_world"), sums(("compute_cn",), ("compute_world",)), "last", True),
    Operator("CN_EQUIP_LOCAL", "percent", "year", "Chinese share of spending on tools for China's advanced lines, all "
             "classes; the row is about all fabs", ("tool_spending", "toolmaker_sales"), domestic_tools, percent=True),
    Operator("CN_TOOL_LOCAL_ETCH", "percent", "year", "the same for etch and deposition tools",
             ("tool_share_domestic", "tool_spending"), domestic_etch, percent=True),
    Operator("SMIC_ADV_WPM_BG", "thousand wafers/month", "year", "7 nm-class capacity in China, mean of the year",
             ("advanced_wafers",), monthly_wafers, "mean"),
    Operator("ASCEND910B_YIELD", "percent", "year", "good dies of the 910B's size, 666 mm2, at the domestic foundry",
             ("yield_domestic",), yield_percent, "mean"),
    Operator("HBM_STOCK", "million stacks", "year", "HBM stacks bought by Chinese designers, cumulated to year's end",
             ("hbm_imports",), sums(("hbm_imports",)), "total"),
    _plain("SMUGGLED_CHIPS", "thousand units", "year", "frontier chips that reached China through the grey market",
           "smuggled_chips"),
    Operator("NVDA_DC_REV", "USD bn", "fiscal quarter", "NVIDIA's chip sales and network equipment in proportion",
             ("nvidia_revenue",), with_network),
    Operator("NVDA_DC_REV_FY", "USD bn", "fiscal year", "the same by fiscal year", ("nvidia_revenue",), with_network),
    _plain("AMD_DCGPU_REV", "USD bn", "quarter", "AMD's accelerator sales", "amd_revenue"),
    _plain("AMD_DCGPU_REV_Y", "USD bn", "year", "the same by year", "amd_revenue"),
    _plain("US_VENDOR_REVENUE", "USD bn", "year", "world chip sales of US merchant vendors", "us_vendor_revenue"),
    _plain("US_VENDOR_REVENUE_CHINA", "USD bn", "year", "their sales to China, without grey channels",
           "us_vendor_revenue_china"),
)  # fmt: skip

OPERATORS = {operator.series_id: operator for operator in _ALL}
"""All observation operators by name."""


@lru_cache(maxsize=1)
def silent() -> dict[str, str]:
    """Why the model cannot speak about a series of observations.csv, by series id, in the order of the data.

    Raises
    ------
    ValueError
        If data/silent.toml names a series twice, one that has an operator, or one that the data lack.
    """
    found: dict[str, str] = {}
    for reason in tomllib.loads(SILENT.read_text(encoding="utf-8")).values():
        for series_id in reason["series"]:
            if series_id in found or series_id in OPERATORS:
                raise ValueError(f"{SILENT.name}: {series_id} stands there twice or has an operator")
            found[series_id] = reason["why"]
    known = dict.fromkeys(text(row, "series_id") for row in data_pack().observations)
    unknown = [series_id for series_id in found if series_id not in known]
    if unknown:
        raise ValueError(f"{SILENT.name}: observations.csv has no {unknown[0]}{nearest(unknown[0], known)}")
    return {series_id: found[series_id] for series_id in known if series_id in found}
