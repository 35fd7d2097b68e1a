"""History shifted in time, tightened and lifted; how much of the effects is left six years after lifting."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import numpy as np

from abm.beliefs import PRIOR
from abm.calendar import quarter_index
from abm.effects import Arms
from abm.outcomes import Floats
from abm.policy import Policy, is_standing, script_until
from abm.policy_schema import Instrument
from abm.regimes import OUTPUT_BAND
from abm.results import Results
from abm.scenario import Scenario
from abm.timeline import shipped_history
from experiments.reproducing.drawing import bands
from experiments.reproducing.findings import (
    Bools,
    Columns,
    Findings,
    Integers,
    Number,
    Worlds,
    median_of,
    share_of,
    worlds_of,
)
from experiments.reproducing.setting import Setting

SHIFTS = {"a year earlier": -12, "as in history": 0, "a year later": 12, "two years later": 24}
"""Months by which all rules of history, and China's dated answers to them, are moved."""
NONE, LIFTED, HISTORY, TIGHT = "none_0", "lifted_2027", "as in history", "tight"
BEFORE, LAST, FIRST = quarter_index("2026Q4"), quarter_index("2032Q4"), quarter_index("2021Q4")
PERCENT = 100.0
SELF_RELIANCE_BAND = 1.0
"""Percentage points of self-reliance below which there is no effect that could stay."""
PORTING_BAND = 0.01
"""The same for the maturity of software, from 0 to 1."""
EFFECTS = {"lead": "months", "output": "%", "reliance": "pp", "revenue": "%"}
TITLES = {
    "lead": "US lead",
    "output": "Chinese chip output of the year",
    "reliance": "self-reliance",
    "revenue": "US vendors' revenue, present value",
}


def measure(setting: Setting) -> Findings:
    """What stays after lifting, and what timing changes."""
    arms = scenarios(setting)
    if setting.beliefs == PRIOR:
        arms = {name: arms[name] for name in (NONE, LIFTED)}
    found = setting.run(arms)
    effects = {name: effects_of(run, found[NONE]) for name, run in found.items() if name != NONE}
    worlds = _worlds(found[LIFTED], found[NONE], effects[LIFTED]["ln_output"])
    if setting.beliefs == PRIOR:
        return Findings((), {}, worlds)
    points = found[LIFTED].point
    numbers = (*_left(effects[LIFTED], points), *_stays(effects[LIFTED], points), *_timing(effects, points))
    tables: dict[str, Columns] = {"table": _table(effects, points), "panels": _panels(effects, points)}
    for name, said in ((HISTORY, "kept"), (LIFTED, "lifted")):
        tables |= {f"{what}_{said}": bands(effects[name][what], FIRST) for what in ("reliance", "porting")}
        tables |= {f"stringency_{said}": bands(found[name].series("stringency"), FIRST)}
    return Findings(numbers, tables, worlds, _notes(numbers))


def scenarios(setting: Setting) -> dict[str, Scenario]:
    """All arms by name."""
    history = script_until(shipped_history())
    moved = {name: setting.scenario().with_policy(shifted(history, months)) for name, months in SHIFTS.items()}
    return {name: setting.scenario(name) for name in (NONE, LIFTED, TIGHT)} | moved


def shifted(policy: Policy, months: int) -> Policy:
    """All but the standing law moved by some months."""
    return Policy(tuple(one if is_standing(one, policy) else _moved(one, months) for one in policy))


def _moved(one: Instrument, months: int) -> Instrument:
    """An instrument with all of its dates moved."""
    effects = tuple(
        replace(
            effect,
            effective=later(effect.effective, months),
            end=None if effect.end is None else later(effect.end, months),
        )
        for effect in one.effects
    )
    return replace(
        one, announced=later(one.announced, months), effective=later(one.effective, months), effects=effects
    )  # fmt: skip


def later(day: date, months: int) -> date:
    """The same day some months later, or the last one of a shorter month."""
    count = 12 * day.year + day.month - 1 + months
    year, month = count // 12, count % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def effects_of(run: Results, none: Results) -> dict[str, Floats]:
    """Effects against no controls over all quarters, (run, quarter)."""
    paths = Arms(run, none).paths
    output = paths["domestic_output"].values
    return {
        "lead": paths["lead"].values,
        "ln_output": output,
        "output": PERCENT * np.expm1(output),
        "reliance": paths["self_reliance"].values,
        "revenue": PERCENT * np.expm1(paths["us_revenue"].values),
        "porting": run.series("porting_cann") - none.series("porting_cann"),
    }


def stays(path: Floats, band: float) -> tuple[Bools, Bools]:
    """Worlds in which half of an effect is left in the last quarter, and worlds that had one before lifting."""
    before, last = path[:, BEFORE], path[:, LAST]
    had = np.isfinite(before) & np.isfinite(last) & (np.abs(before) > band)
    return had & (last * np.sign(before) >= np.abs(before) / 2.0), had


def _worlds(run: Results, none: Results, output: Floats) -> Worlds:
    """Worlds in which half of the effect on output stays."""
    holds, had = stays(output, OUTPUT_BAND)
    return worlds_of(run, holds, had & run.ok & none.ok)


def _left(lifted: Mapping[str, Floats], points: Integers) -> list[Number]:
    """Shares of worlds in which half of an effect on purchases and software is left, and by sign of that on output."""
    output, had = stays(lifted["ln_output"], OUTPUT_BAND)
    more = lifted["ln_output"][:, BEFORE] > 0.0
    reliance, porting = stays(lifted["reliance"], SELF_RELIANCE_BAND), stays(lifted["porting"], PORTING_BAND)
    label = "share of worlds in which half of the effect on {} is left in 2032"
    return [
        share_of("output_had", "share of worlds in which the rules had changed output by 2026", had, points),
        share_of("output_up_left", label.format("output, where output had risen,"), output, points, had & more),
        share_of("output_down_left", label.format("output, where it had fallen,"), output, points, had & ~more),
        share_of("reliance_left", label.format("self-reliance"), *_swapped(reliance, points)),
        share_of("porting_left", label.format("software for Chinese chips"), *_swapped(porting, points)),
    ]


def _swapped(found: tuple[Bools, Bools], points: Integers) -> tuple[Bools, Integers, Bools]:
    return found[0], points, found[1]


def _stays(lifted: Mapping[str, Floats], points: Integers) -> list[Number]:
    """Effects at the end of the rules and six years later."""
    named = {"output": ("Chinese chip output", "%"), "reliance": ("self-reliance", "percentage points"),
             "porting": ("maturity of software for Chinese chips", "of 1"), "lead": ("US lead", "months")}  # fmt: skip
    return [
        median_of(
            f"{what}_{when}", f"effect on {said}, {when}, rules lifted from 2027", unit, lifted[what][:, t], points
        )
        for what, (said, unit) in named.items()
        for when, t in (("2026", BEFORE), ("2032", LAST))
    ]


def _timing(effects: Mapping[str, Mapping[str, Floats]], points: Integers) -> list[Number]:
    """The lead in 2032 under moved and tight rules, against history."""
    base = effects[HISTORY]["lead"][:, LAST]
    names = {"a year earlier": "earlier", "two years later": "later", TIGHT: "tight"}
    return [
        median_of(f"lead_{short}", f"lead in 2032, rules {name}, less that of history", "months",
                  effects[name]["lead"][:, LAST] - base, points)
        for name, short in names.items()
    ]  # fmt: skip


def _order(effects: Mapping[str, Mapping[str, Floats]]) -> list[str]:
    """Arms as they are shown."""
    return [*SHIFTS, TIGHT, LIFTED] if len(effects) > 1 else list(effects)


def _table(effects: Mapping[str, Mapping[str, Floats]], points: Integers) -> Columns:
    """Medians of every timing in 2032."""
    order = _order(effects)
    table: Columns = {"rules": [name.replace("_", " from ") for name in order]}
    for what, unit in EFFECTS.items():
        column = [median_of("", "", "", effects[name][what][:, LAST], points).value for name in order]
        table[f"{what}_{unit.replace('%', 'percent')}"] = column
    return table


def _panels(effects: Mapping[str, Mapping[str, Floats]], points: Integers) -> Columns:
    """Data of the figure's rows."""
    keys = [(what, name) for what in ("output", "lead") for name in _order(effects)]
    found = [median_of("", "", "", effects[name][what][:, LAST], points) for what, name in keys]
    return {
        "effect": [what for what, _ in keys],
        "rules": [name.replace("_", " from ") for _, name in keys],
        "median": [one.value for one in found],
        "low": [one.low for one in found],
        "high": [one.high for one in found],
    }


def _notes(numbers: tuple[Number, ...]) -> tuple[str, ...]:
    """Over how many worlds the verdict speaks."""
    had = next(one for one in numbers if one.name == "output_had")
    return (
        f"By the end of 2026 the rules had changed a year's output by more than {OUTPUT_BAND:g} in ln in "
        f"{PERCENT * had.value:.0f} % of worlds; the verdict speaks of these.",
        "Moved rules keep their thresholds; rules a year earlier begin in 2021Q3, before the quarter from which "
        "present values count.",
    )
