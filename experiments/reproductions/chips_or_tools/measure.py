"""Four combinations of rules on chips and on tools: lead, output, revenue, leverage, and which half serves the US."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from abm.backfire import Comparison
from abm.beliefs import PRIOR
from abm.calendar import quarter_label
from abm.effects import Effects
from abm.leverage import measured_step
from abm.results import Results, horizon_step
from abm.running import Request
from abm.scenario import Scenario
from abm.simulation import run_courses
from experiments.reproducing.findings import (
    Columns,
    Findings,
    Floats,
    Integers,
    Number,
    Worlds,
    median_of,
    share_of,
    worlds_of,
)
from experiments.reproducing.setting import Setting

POLICIES = {"chips_only": "chips only", "tools_only": "tools only", "history": "both"}
NONE, CHIPS, TOOLS, BOTH = "none_0", *POLICIES
HORIZONS = ("2028", "2032")
LAST = HORIZONS[-1]
CHANNEL = "cross_bloc_access_loss"
"""Access to the other bloc's research falls with all that is denied, chips or tools, at this rate."""
DIGITS = 3
"""Of months: what is less is rounding of the computer."""
HALF = 0.5
PERCENT = 100.0
SHOWN = {
    "lead": ("US lead", "months"),
    "domestic_output": ("Chinese chip output of the year", "%"),
    "us_revenue": ("US vendors' revenue, present value", "%"),
    "leverage": ("leverage", "percentage points"),
    "toolmaker_sales": ("foreign toolmakers' sales, present value", "%"),
}
"""What is shown of each policy; `toolmaker_sales` in the table alone."""
LOGARITHMS = ("domestic_output", "us_revenue", "toolmaker_sales")


def measure(setting: Setting) -> Findings:
    """Effects of each half and of both at two horizons, and for which weights tools alone are the better half."""
    arms = {name: setting.scenario(name) for name in (NONE, *POLICIES)}
    if setting.beliefs == PRIOR:
        return Findings((), {}, _better(setting.run({name: arms[name] for name in (CHIPS, TOOLS)}))[0])
    found, levers = _with_leverage(setting, arms)
    closed = setting.run({name: arms[name].with_parameters(**{CHANNEL: 0.0}) for name in (NONE, CHIPS, TOOLS)})
    worlds, worse = _better(found)
    pairs = {name: Comparison(found[name], found[NONE]) for name in POLICIES}
    points = found[BOTH].point
    values = {
        (name, horizon, what): _shown(pair.effects(horizon), what, levers[name][horizon])
        for name, pair in pairs.items()
        for horizon in HORIZONS
        for what in SHOWN
    }
    alone = {name: values[name, LAST, "lead"] for name in POLICIES}
    numbers = [
        share_of("chips_better", "share of worlds in which chips alone serve the US better for most weights",
                 worse > HALF, points, worlds.known),
        *_headlines(values, points),
        median_of("overlap", "lead from both halves together, less the sum of each alone", "months",
                  alone[BOTH] - alone[CHIPS] - alone[TOOLS], points),
        *_without_channel(closed, points),
    ]  # fmt: skip
    tables = {"table": _table(values, points), "panels": _panels(values, points)}
    return Findings(tuple(numbers), tables, worlds, _notes(numbers))


def _better(found: Mapping[str, Results]) -> tuple[Worlds, Floats]:
    """Worlds in which tools alone serve the US better for most weights, and the share of weights for which not."""
    worse = Comparison(found[TOOLS], found[CHIPS]).net_strategic_effect(LAST).values
    known = np.isfinite(worse) & found[TOOLS].ok & found[CHIPS].ok
    return worlds_of(found[TOOLS], worse < HALF, known), worse


def _with_leverage(
    setting: Setting, arms: Mapping[str, Scenario]
) -> tuple[dict[str, Results], dict[str, dict[str, Floats]]]:
    """Results of the arms, and the change of leverage against no controls by policy and horizon."""
    request = Request(setting.worlds, setting.seed, setting.replications, setting.threads)
    steps = {horizon: measured_step(horizon_step(horizon)) for horizon in HORIZONS}
    ran = run_courses([((0, arm),) for arm in arms.values()], request, tuple(steps.values()))
    level: dict[tuple[str, int], Floats] = {}
    for pair, two in enumerate(zip(list(arms)[::2], list(arms)[1::2], strict=True)):
        for step, found in ran.leverage[pair].items():
            for name, values in zip(two, found.level(), strict=True):
                level[name, step] = values
    change = {
        name: {horizon: level[name, step] - level[NONE, step] for horizon, step in steps.items()} for name in POLICIES
    }
    return dict(zip(arms, ran.results, strict=True)), change


def _shown(effects: Effects, what: str, leverage: Floats) -> Floats:
    """One effect in the unit of `SHOWN`."""
    if what == "leverage":
        return PERCENT * leverage
    values = effects[what].values
    return PERCENT * np.expm1(values) if what in LOGARITHMS else values


def _headlines(values: Mapping[tuple[str, str, str], Floats], points: Integers) -> list[Number]:
    """Lead, output and revenue of each policy at the last horizon."""
    return [
        median_of(f"{what}_{name}", f"{SHOWN[what][0]}, {said}", SHOWN[what][1], values[name, LAST, what], points)
        for what in ("lead", "domestic_output", "us_revenue")
        for name, said in POLICIES.items()
    ]


def _without_channel(found: Mapping[str, Results], points: Integers) -> list[Number]:
    """The lead of each half where denial costs China no access to research abroad."""
    lead = {name: Comparison(found[name], found[NONE]).effects(LAST)["lead"].values for name in (CHIPS, TOOLS)}
    return [
        median_of(f"lead_{name}_channel_off", f"US lead, {POLICIES[name]}, if denial costs no access to research",
                  "months", np.round(each, DIGITS) + 0.0, points)
        for name, each in lead.items()
    ]  # fmt: skip


def _table(values: Mapping[tuple[str, str, str], Floats], points: Integers) -> Columns:
    """Medians of all policies at both horizons."""
    keys = [(name, horizon) for horizon in HORIZONS for name in POLICIES]
    table: Columns = {
        "policy": [POLICIES[name] for name, _ in keys],
        "horizon": [f"{horizon}Q4" for _, horizon in keys],
    }
    units = {"months": "months", "%": "percent", "percentage points": "pp"}
    for what, (_, unit) in SHOWN.items():
        column = [median_of("", "", "", values[name, horizon, what], points).value for name, horizon in keys]
        table[f"{what}_{units[unit]}"] = column
    return table


def _panels(values: Mapping[tuple[str, str, str], Floats], points: Integers) -> Columns:
    """Data of the figure: median and interval of each effect, policy and horizon."""
    found = {key: median_of("", "", "", each, points) for key, each in values.items() if key[2] != "toolmaker_sales"}
    return {
        "policy": [POLICIES[name] for name, _, _ in found],
        "horizon": [quarter_label(horizon_step(horizon)) for _, horizon, _ in found],
        "effect": [what for _, _, what in found],
        "median": [one.value for one in found.values()],
        "low": [one.low for one in found.values()],
        "high": [one.high for one in found.values()],
    }


def _notes(numbers: list[Number]) -> tuple[str, ...]:
    """What the figure does not show by itself."""
    value = {one.name: one for one in numbers}
    return (
        f"Without the loss of access to research across blocs the lead from tools alone is "
        f"{value[f'lead_{TOOLS}_channel_off'].text} instead of {value[f'lead_{TOOLS}'].text}, and from chips alone "
        f"{value[f'lead_{CHIPS}_channel_off'].text} instead of {value[f'lead_{CHIPS}'].text}.",
        "Leverage of 2032 stands for 2031Q4, since a year of deliveries must follow.",
    )
