"""History without the rules of one ally, or of all: wafers, output, lead, sales of toolmakers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from abm.beliefs import PRIOR
from abm.calendar import quarter_index
from abm.effects import Arms
from abm.outcomes import Floats, log_ratio, present_value, year_sum
from abm.policy import Policy, script_until
from abm.results import Results
from abm.timeline import shipped_history
from experiments.reproducing.drawing import bands
from experiments.reproducing.findings import Columns, Findings, Integers, Number, Worlds, median_of, worlds_of
from experiments.reproducing.setting import Setting

DUTCH = ("nl_2023_09_immersion", "nl_2024_01_licences", "nl_2024_09_older_immersion")
JAPANESE = ("jp_2023_07_tools",)
KOREAN = ("us_2024_12_hbm",)
TAIWANESE = ("us_2024_11_foundry_letter", "us_2025_01_foundry_due_diligence")
"""US rules that bind makers in Korea and Taiwan."""
DROPPED = {
    "all": (),
    "no_netherlands": DUTCH,
    "no_japan": JAPANESE,
    "neither": (*DUTCH, *JAPANESE),
    "no_korea": KOREAN,
    "no_taiwan": TAIWANESE,
    "alone": (*DUTCH, *JAPANESE, *KOREAN, *TAIWANESE),
}
NAMES = {
    "all": "all, as in history",
    "no_netherlands": "without the Netherlands",
    "no_japan": "without Japan",
    "neither": "without both",
    "no_korea": "without Korean memory",
    "no_taiwan": "without Taiwanese foundries",
    "alone": "without any ally",
}
NONE, ALL, NEITHER = "none_0", "all", "neither"
HORIZON = quarter_index("2032Q4")
FIRST = quarter_index("2021Q4")
LEAST = 0.01
"""ln of capacity lost, below which there is nothing that an ally could add."""
PERCENT = 100.0
MAKERS = {"us": "US", "nl": "Dutch", "jp": "Japanese"}
EFFECTS = {"wafers": "%", "output": "%", "lead": "months", "compute": "%"}


def measure(setting: Setting) -> Findings:
    """What is left of the controls without the rules of each ally."""
    history = script_until(shipped_history())
    names = (ALL, NEITHER) if setting.beliefs == PRIOR else tuple(DROPPED)
    arms = {NONE: setting.scenario(NONE)}
    arms |= {name: setting.scenario().with_policy(without(history, DROPPED[name])) for name in names}
    found = setting.run(arms)
    worlds, kept = _worlds(found)
    if setting.beliefs == PRIOR:
        return Findings((), {}, worlds)
    points = found[ALL].point
    effects = {name: effects_of(found[name], found[NONE]) for name in DROPPED}
    numbers = (
        median_of("kept", "share of the loss of capacity that is left without Dutch and Japanese rules", "%",
                  PERCENT * np.where(worlds.known, kept, np.nan), points),
        *_numbers(effects, points),
        *_sales(found, points),
    )  # fmt: skip
    loss = {name: PERCENT * np.expm1(_wafers(found[name], found[NONE])) for name in (ALL, "no_netherlands", NEITHER)}
    tables: dict[str, Columns] = {f"wafers_{name}": bands(each, FIRST) for name, each in loss.items()}
    tables |= {"table": _table(effects, points), "panels": _panels(effects, points)}
    return Findings(numbers, tables, worlds, _notes(numbers))


def without(policy: Policy, ids: tuple[str, ...]) -> Policy:
    """A policy without some instruments; what they would have replaced stays."""
    return policy.without(ids) if ids else policy


def _wafers(run: Results, none: Results) -> Floats:
    """ln of 7 nm-class capacity with rules over that without, (run, quarter)."""
    return log_ratio(run.series("advanced_wafers"), none.series("advanced_wafers"))


def _worlds(found: Mapping[str, Results]) -> tuple[Worlds, Floats]:
    """Worlds in which less than half of the loss is left, and the share that is left."""
    lost, left = (-_wafers(found[name], found[NONE])[:, HORIZON] for name in (ALL, NEITHER))
    known = np.all([one.ok for one in found.values()], axis=0) & (lost > LEAST) & np.isfinite(left)
    kept = np.divide(left, lost, out=np.full_like(lost, np.nan), where=known)
    return worlds_of(found[ALL], kept < 1.0 / 2.0, known), kept


def effects_of(run: Results, none: Results) -> dict[str, Floats]:
    """Effects against no controls at the horizon, in the units of `EFFECTS`."""
    paths = Arms(run, none).paths
    output = log_ratio(year_sum(run.series("domestic_output")), year_sum(none.series("domestic_output")))
    return {
        "wafers": PERCENT * np.expm1(_wafers(run, none)[:, HORIZON]),
        "output": PERCENT * np.expm1(output[:, HORIZON]),
        "lead": paths["lead"].values[:, HORIZON],
        "compute": PERCENT * np.expm1(paths["compute_cn"].values[:, HORIZON]),
    }


def _numbers(effects: Mapping[str, Mapping[str, Floats]], points: Integers) -> list[Number]:
    """Capacity by variant, and what the rules of each ally add to the lead and take from Chinese output."""
    found = [
        median_of(f"wafers_{name}", f"7 nm-class capacity in China, {NAMES[name]}", "%", each["wafers"], points)
        for name, each in effects.items()
        if name in (ALL, "no_netherlands", "no_japan", NEITHER)
    ]
    for name in ("no_netherlands", "no_japan", "no_korea", "no_taiwan", "alone"):
        added = effects[ALL]["lead"] - effects[name]["lead"]
        found.append(median_of(f"lead_{name}", f"lead lost {NAMES[name]}", "months", added, points))
    return found


def _sales(found: Mapping[str, Results], points: Integers) -> list[Number]:
    """What toolmakers of each country sell to China's advanced lines without allied rules, against history."""
    return [
        median_of(
            f"tools_{code}", f"{maker} tools sold to China's advanced lines from 2022Q3 without both, against history",
            "USD bn", _earned(found[NEITHER], code) - _earned(found[ALL], code), points,
        )
        for code, maker in MAKERS.items()
    ]  # fmt: skip


def _earned(run: Results, code: str) -> Floats:
    """Present value of a country's tool sales at the horizon."""
    return present_value(run.series(f"tools_from_{code}"))[:, HORIZON]


def _table(effects: Mapping[str, Mapping[str, Floats]], points: Integers) -> Columns:
    """Medians of every variant."""
    units = {"%": "percent", "months": "months"}
    table: Columns = {"rules": [NAMES[name] for name in effects]}
    for what, unit in EFFECTS.items():
        table[f"{what}_{units[unit]}"] = [
            median_of("", "", "", each[what], points).value for each in effects.values()
        ]  # fmt: skip
    return table


def _panels(effects: Mapping[str, Mapping[str, Floats]], points: Integers) -> Columns:
    """Data of the figure's rows."""
    keys = [(name, what) for what in ("output", "lead") for name in effects]
    found = [median_of("", "", "", effects[name][what], points) for name, what in keys]
    return {
        "rules": [NAMES[name] for name, _ in keys],
        "effect": [what for _, what in keys],
        "median": [one.value for one in found],
        "low": [one.low for one in found],
        "high": [one.high for one in found],
    }


def _notes(numbers: tuple[Number, ...]) -> tuple[str, ...]:
    """Who sells what the allies would not deny."""
    value = {one.name: one for one in numbers}
    told = ", ".join(f"{maker} makers {value[f'tools_{code}'].text}" for code, maker in MAKERS.items())
    return (
        f"Without both allies' rules sales of tools to China's advanced lines change against history by (median, "
        f"90 % of worlds): {told}.",
        f"How far capacity falls follows closely from the denied shares of tools, which are judgements. What hangs on "
        f"them is less: without both allies and without the rules on memory and foundries the lead is "
        f"{value['lead_alone'].text} shorter.",
        "Rules on memory and foundries act on packages, not on wafers; output and lead show what they do.",
    )
