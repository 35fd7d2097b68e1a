"""Arrays of runs from which the observation operators make their statistics, each (run, quarter)."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from abm.calendar import FIRST_YEAR
from abm.outcomes import MONTHS, Floats, Recorded, capability_past, data_pack, first_reach, rising
from abm.tables import number, text

LAG_WINDOW = 2
"""Quarters before and after over whose capability levels the observed lag is a mean."""
SHARE_YEARS = (2022, 2023, 2024)
"""Years whose share of accelerators in capital expenditure is a parameter."""
FIRST_MONTH = "nvidia_china_first_month"
"""Recorded series: part of a quarter's flagships in China that falls in its first month."""
BEFORE_A_RULE = 0.4
"""Part in the first month above which a rule ended sales inside the quarter; it is a third in a quarter like others."""
DATED = ("nvidia_china_flagship", "nvidia_china_units", "nvidia_china_h100e")
"""Recorded series to which it applies."""

type Parts = Callable[[Recorded], tuple[Floats, ...]]


def sums(*groups: tuple[str, ...]) -> Parts:
    """Parts that are sums of recorded series."""

    def parts(run: Recorded) -> tuple[Floats, ...]:
        return tuple(np.asarray(sum(run.series(name) for name in group), dtype=np.float64) for group in groups)

    return parts


def booked_first(run: Recorded) -> Floats:
    """Part of a quarter's flagships in China that NVIDIA books in its first month.

    Where a rule ends sales inside the quarter, what is under way then is booked a month later.
    """
    first = run.series(FIRST_MONTH)
    late = run.parameters["booked_late"][:, None]
    return np.asarray(np.where(first > BEFORE_A_RULE, first * (1.0 - late), first))


def first_months(*groups: tuple[str, ...]) -> Parts:
    """The first month's part of such sums: recorded for flagships in China, a third of everything else."""

    def parts(run: Recorded) -> tuple[Floats, ...]:
        first = {name: booked_first(run) if name in DATED else 1.0 / MONTHS for g in groups for name in g}
        sums = (sum(run.series(name) * first[name] for name in group) for group in groups)
        return tuple(np.asarray(one, dtype=np.float64) for one in sums)

    return parts


def years_of(flow: Floats) -> NDArray[np.int64]:
    """Calendar year of each quarter of a flow."""
    return FIRST_YEAR + np.arange(flow.shape[1]) // 4


def in_yuan(flow: Floats) -> Floats:
    """USD as RMB at the year's rate; the first and last known rates hold before and after."""
    rows = data_pack().observations.where(series_id="FX_USDCNY")
    rate = dict(sorted((int(text(row, "period")), number(row, "value")) for row in rows))
    exchange = np.asarray([rate[min(max(int(year), min(rate)), max(rate))] for year in years_of(flow)])
    return flow * exchange


def capex(run: Recorded, spending: Floats) -> Floats:
    """Accelerator money of Chinese platforms over its share of their capital expenditure, USD bn."""
    held = np.clip(years_of(spending), SHARE_YEARS[0], SHARE_YEARS[-1]) - SHARE_YEARS[0]
    shares = np.stack([run.parameters[f"accelerator_share_{year}"] for year in SHARE_YEARS], axis=1)
    return np.asarray(spending / shares[:, held], dtype=np.float64)


def tencent_capex(run: Recorded) -> tuple[Floats, ...]:
    """Tencent's capital expenditure, RMB bn."""
    return (in_yuan(capex(run, run.series("tencent_spending"))),)


def capex_of(firms: tuple[str, ...], yuan: bool = True) -> Parts:
    """Capital expenditure of some Chinese platforms together."""

    def parts(run: Recorded) -> tuple[Floats, ...]:
        money = capex(run, run.by_firm("firm_spending", *firms))
        return (in_yuan(money) if yuan else money,)

    return parts


def observed_lag(run: Recorded) -> tuple[Floats, ...]:
    """Months between the two blocs' first reaching China's levels of two quarters before to two after, plus delay."""
    progress = run.parameters["algorithmic_progress"]
    china = rising(capability_past("CN", progress), run.series("capability_cn"))
    us = rising(capability_past("US", progress), run.series("capability_us"))
    quarters = run.series("capability_cn").shape[1]
    first = china.shape[1] - quarters
    lag = np.full((china.shape[0], quarters), np.nan)
    for t in range(quarters):
        level = china[:, first + t]
        months = MONTHS * (first_reach(china, level)[0] - first_reach(us, level)[0])
        lag[:, t] = np.where(np.isfinite(level), months, np.nan)
    windows = [lag[:, max(t - LAG_WINDOW, 0) : t + LAG_WINDOW + 1].mean(axis=1) for t in range(quarters)]
    return (np.stack(windows, axis=1) + run.parameters["release_delay"][:, None],)


def monthly_wafers(run: Recorded) -> tuple[Floats, ...]:
    """7 nm-class wafers, thousand a month."""
    return (run.series("advanced_wafers") / MONTHS,)


def chip_sales(run: Recorded) -> tuple[Floats, ...]:
    """Chip sales of Chinese designers, RMB bn."""
    return (in_yuan(run.series("vendor_cn_revenue")),)


def with_network(run: Recorded) -> tuple[Floats, ...]:
    """NVIDIA's chip sales and the network equipment that its data-centre revenue has beside them, USD bn."""
    return (run.series("nvidia_revenue") / (1.0 - run.parameters["network_share"][:, None]),)


def _network_in_china(run: Recorded) -> Floats:
    """Network equipment sold with NVIDIA's flagships in China, in proportion, USD bn."""
    part = run.parameters["network_share"][:, None]
    return np.asarray(run.series("nvidia_china_flagship") * part / (1.0 - part))


def china_billing(run: Recorded) -> tuple[Floats, ...]:
    """What NVIDIA bills in China: flagships, the network equipment sold with them, and all else, USD bn."""
    flagship, other = run.series("nvidia_china_flagship"), run.series("nvidia_china_residual")
    return (flagship + _network_in_china(run) + other,)


def china_billing_early(run: Recorded) -> tuple[Floats, ...]:
    """The first month's part of it: network equipment comes with its flagships."""
    dated = run.series("nvidia_china_flagship") + _network_in_china(run)
    return (dated * booked_first(run) + run.series("nvidia_china_residual") / MONTHS,)


def china_residual(run: Recorded) -> tuple[Floats, ...]:
    """What flagships do not explain of that billing, USD bn."""
    return (_network_in_china(run) + run.series("nvidia_china_residual"),)


def yield_percent(run: Recorded) -> tuple[Floats, ...]:
    """Good dies of a reference size at the domestic foundry, percent."""
    return (100.0 * run.series("yield_domestic"),)


def domestic_tools(run: Recorded) -> tuple[Floats, ...]:
    """Spending on Chinese tools, and on all tools, USD bn."""
    return run.series("tool_spending") - run.series("toolmaker_sales"), run.series("tool_spending")


def domestic_etch(run: Recorded) -> tuple[Floats, ...]:
    """Spending on Chinese etch and deposition tools, in proportion to their share, and on all tools, USD bn."""
    return run.series("tool_share_domestic") * run.series("tool_spending"), run.series("tool_spending")
