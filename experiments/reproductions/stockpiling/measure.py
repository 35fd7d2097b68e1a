"""Compute of Chinese firms with and without stockpiling, and under notice of 0 to 4 quarters."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np

from abm.calendar import quarter_index
from abm.outcomes import log_ratio
from abm.policy import Policy
from abm.results import Results
from abm.scenario import Scenario
from abm.timeline import shipped_history
from experiments.reproducing.drawing import bands
from experiments.reproducing.findings import Columns, Findings, Floats, Number, median_of, worlds_of
from experiments.reproducing.setting import Setting

RULE = "us_2023_10_advanced_computing"
NOTICE = range(5)
FIRST, LAST, END = quarter_index("2022Q3"), quarter_index("2024Q4"), quarter_index("2026Q4")
"""The peak is looked for from the first signal to the end of 2024, so that two years follow it."""
LATER = 8
LEAST = 0.01
PERCENT = 100.0


def measure(setting: Setting) -> Findings:
    """Gains of stockpiling over time, their peaks, and what is left two years later."""
    scenarios = {f"notice {notice}": setting.scenario().with_policy(_announced(notice)) for notice in NOTICE}
    scenarios["history"] = setting.scenario()
    arms: dict[str, Scenario] = {}
    for name, scenario in scenarios.items():
        arms |= {name: scenario, f"{name}, no stocks": scenario.without("stockpiling")}
    found = setting.run(arms)
    known = np.all([one.ok for one in found.values()], axis=0)
    gains = {
        name: log_ratio(found[name].series("compute_cn"), found[f"{name}, no stocks"].series("compute_cn"))
        for name in scenarios
    }
    results = found["history"]
    peak, later = _peak(gains["history"])
    worlds = worlds_of(results, (peak > LEAST) & (later < peak / 2.0), known)
    numbers, by_notice = _numbers(found["history"], gains)
    table: Columns = {
        "notice_quarters": list(NOTICE),
        "gain_at_peak_percent": [one.value for one in by_notice],
        "low": [one.low for one in by_notice],
        "high": [one.high for one in by_notice],
    }
    paths = bands(PERCENT * gains["history"], FIRST - 4, END + 1)
    first, last = by_notice[0].value, by_notice[-1].value
    note = (
        f"Announced {NOTICE[-1]} quarters ahead instead of on the day, the rule of October 2023 leaves a gain of "
        f"{last:.1f} instead of {first:.1f} % at its peak (medians)."
    )
    return Findings((*numbers, *by_notice), {"gain": paths, "table": table}, worlds, (note,))


def _numbers(results: Results, gains: dict[str, Floats]) -> tuple[list[Number], list[Number]]:
    """Gains under history, and their peaks by notice."""
    points = results.point
    peak, later = _peak(gains["history"])
    stocks = results.series("warehouse_cn")[:, FIRST : LAST + 1].max(axis=1)
    numbers = [
        median_of("peak", "gain of compute at its peak", "%", PERCENT * peak, points),
        median_of("later", "gain of compute two years after the peak", "%", PERCENT * later, points),
        median_of("stock", "largest stock of chips to 2024", "thousand chips", stocks, points),
    ]
    by_notice = [
        median_of(f"peak_{n}", f"gain at its peak, notice of {n} quarters", "%",
                  PERCENT * _peak(gains[f"notice {n}"])[0], points)
        for n in NOTICE
    ]  # fmt: skip
    return numbers, by_notice


def _peak(gain: Floats) -> tuple[Floats, Floats]:
    """Largest gain of each world, ln, and the gain two years after it."""
    span = gain[:, FIRST : LAST + 1]
    at = FIRST + np.argmax(np.nan_to_num(span, nan=-np.inf), axis=1)
    world = np.arange(len(gain))
    return gain[world, at], gain[world, at + LATER]


def _announced(notice: int) -> Policy:
    """History with the rule of October 2023 announced some quarters ahead, and no leak before."""
    rules = shipped_history()
    rule = next(one for one in rules if one.id == RULE)
    months = 12 * rule.effective.year + rule.effective.month - 1 - 3 * notice
    day = date(months // 12, months % 12 + 1, 1) if notice else rule.effective
    return rules.with_instruments(replace(rule, announced=day, leak_lead_months=0.0))
