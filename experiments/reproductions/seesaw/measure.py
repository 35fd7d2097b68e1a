"""Chips denied by turns against a licence for half of the orders, all else equal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from abm.backfire import Comparison
from abm.beliefs import PRIOR
from abm.calendar import quarter_index, quarter_start
from abm.outcomes import Floats
from abm.policy import Policy, script_until, tight, tools_only
from abm.policy_schema import NOTHING, Clause, Instrument, Level
from abm.results import Results
from abm.scenario import Scenario
from abm.timeline import shipped_history
from abm.vocabulary import QUARTERS
from experiments.reproducing.drawing import bands
from experiments.reproducing.findings import (
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

MODEL = "us_2023_10_advanced_computing_tight"
"""Instrument of scenario `tight` whose thresholds on chips are used."""
FIRST, FROM = quarter_index("2023Q1"), quarter_index("2022Q1")
TURNS = {2: "half a year", 4: "a year", 10: "2.5 years"}
"""Quarters between turns; the ten years from 2023 are whole cycles of each."""
YEARLY = 4
PHASES = ("tight first", "free first")
HALF = 0.5
LICENSED = {"steady": 0.5, "steady, tighter": 0.4, "steady, looser": 0.6}
"""Share of orders that the steady rule licenses."""
STEADY, FREE = "steady", "free"
UNAFRAID = "beliefs fixed"
HORIZON = "2032"
PERCENT = 100.0
EFFECTS = {"lead": "months", "us_revenue": "%", "self_reliance": "pp"}


def measure(setting: Setting) -> Findings:
    """Effects of both kinds of rules, and for which weights the seesaw is the worse."""
    arms = scenarios(setting)
    if setting.beliefs == PRIOR:
        kept = (STEADY, *(seesaw(YEARLY, phase) for phase in PHASES))
        return Findings((), {}, _worlds(setting.run({name: arms[name] for name in kept}), STEADY)[0])
    found = setting.run(arms)
    worlds, worse = _worlds(found, STEADY)
    points = found[STEADY].point
    effects = {name: effects_of(found, name) for name in (*LICENSED, *TURNS.values())}
    numbers = (
        median_of("weights", "weights for which the seesaw of a year is the worse", "%", PERCENT * worse, points),
        *(_against(found, other, points) for other in LICENSED if other != STEADY),
        *_headlines(effects, points),
        *_fear(found, points),
        *_stringency(found, points),
    )
    tables: dict[str, Columns] = {"table": _table(effects, points), "panels": _panels(effects, points)}
    for name in (STEADY, seesaw(YEARLY, PHASES[0])):
        short = "steady" if name == STEADY else "seesaw"
        tables[f"stringency_{short}"] = bands(found[name].series("stringency"), FROM)
    return Findings(numbers, tables, worlds, _notes(numbers))


# --- the rules --------------------------------------------------------------------------------------------------------


def scenarios(setting: Setting) -> dict[str, Scenario]:
    """All arms: free, steady rules, seesaws in both phases, and some of them with beliefs that do not move."""
    base = tools_only(script_until(shipped_history()))
    policies = {FREE: base}
    policies |= {name: steady(base, share) for name, share in LICENSED.items()}
    policies |= {
        seesaw(turn, phase): by_turns(base, turn, later=place * turn)
        for turn in TURNS
        for place, phase in enumerate(PHASES)
    }
    arms = {name: setting.scenario().with_policy(policy) for name, policy in policies.items()}
    fixed = (FREE, STEADY, *(seesaw(YEARLY, phase) for phase in PHASES))
    return arms | {f"{name}, {UNAFRAID}": arms[name].with_parameters(hazard_step=0.0) for name in fixed}


def seesaw(turn: int, phase: str) -> str:
    """Name of an arm."""
    return f"{TURNS[turn]}, {phase}"


def clauses() -> tuple[Clause, ...]:
    """What denies chips to China in scenario `tight`."""
    model = tight(script_until(shipped_history()))[MODEL]
    return tuple(one for one in model.clauses if one.status == "denied" and "CN" in one.destinations)


def steady(base: Policy, share: float) -> Policy:
    """A licence for a share of all orders, from the first quarter on."""
    return base.with_instruments(_instrument(0, FIRST, QUARTERS, "licence", Level(share, share, share)))


def by_turns(base: Policy, turn: int, later: int) -> Policy:
    """Denial by turns of some quarters, the first one `later` quarters after the first quarter."""
    starts = range(FIRST + later, QUARTERS, 2 * turn)
    return base.with_instruments(
        *(_instrument(place, start, start + turn, "denied", NOTHING) for place, start in enumerate(starts))
    )


def _instrument(place: int, start: int, stop: int, status: str, granted: Level) -> Instrument:
    """A rule on chips from one quarter to another, announced on the day on which it binds."""
    day = quarter_start(start)
    end = quarter_start(stop) if stop < QUARTERS else None
    effects = tuple(replace(one, status=status, granted=granted, effective=day, end=end) for one in clauses())
    return Instrument(
        id=f"chips_{place}", title="Chips above the thresholds of October 2023", actor="US", jurisdiction="US",
        side="us", category="chips", citation="study 15", effective=day, announced=day, effects=effects,
    )  # fmt: skip


# --- what comes out ---------------------------------------------------------------------------------------------------


def _worlds(found: Mapping[str, Results], other: str) -> tuple[Worlds, Floats]:
    """Worlds in which the seesaw of a year is worse than a steady rule for most weights, and the share of weights."""
    each = [
        Comparison(found[seesaw(YEARLY, phase)], found[other]).net_strategic_effect(HORIZON).values for phase in PHASES
    ]
    worse = np.mean(each, axis=0)
    return worlds_of(found[other], worse > HALF, np.isfinite(worse)), worse


def _against(found: Mapping[str, Results], other: str, points: Integers) -> Number:
    """The verdict's share against a steady rule that is tighter or looser."""
    worlds, _ = _worlds(found, other)
    label = f"share of worlds in which the seesaw is worse than a steady licence for {PERCENT * LICENSED[other]:.0f} %"
    return share_of(f"worse_{other.removeprefix(f'{STEADY}, ')}", label, worlds.holds, points, worlds.known)


def effects_of(found: Mapping[str, Results], name: str, suffix: str = "") -> dict[str, Floats]:
    """Effects against free chips, of a seesaw as the mean of both phases."""
    names = [f"{name}{suffix}"] if name in LICENSED else [f"{name}, {phase}{suffix}" for phase in PHASES]
    pairs = [Comparison(found[one], found[f"{FREE}{suffix}"]).effects(HORIZON) for one in names]
    each = {what: np.mean([pair[what].values for pair in pairs], axis=0) for what in EFFECTS}
    each["us_revenue"] = PERCENT * np.expm1(each["us_revenue"])
    return each


def _headlines(effects: Mapping[str, Mapping[str, Floats]], points: Integers) -> list[Number]:
    """Lead and revenue under both, and what they differ by."""
    year, level = effects[TURNS[YEARLY]], effects[STEADY]
    said = {"lead": ("US lead", "months"), "us_revenue": ("US vendors' revenue", "%"),
            "self_reliance": ("China's self-reliance", "percentage points")}  # fmt: skip
    found = []
    for what, (label, unit) in said.items():
        found += [
            median_of(f"{what}_seesaw", f"{label}, seesaw of a year", unit, year[what], points),
            median_of(f"{what}_steady", f"{label}, steady", unit, level[what], points),
            median_of(f"{what}_difference", f"{label}, seesaw less steady", unit, year[what] - level[what], points),
        ]
    return found


def _fear(found: Mapping[str, Results], points: Integers) -> list[Number]:
    """The difference of revenue where beliefs in a cut-off do not move."""
    suffix = f", {UNAFRAID}"
    year, level = (effects_of(found, name, suffix)["us_revenue"] for name in (TURNS[YEARLY], STEADY))
    label = "US vendors' revenue, seesaw less steady, if beliefs in a cut-off do not move"
    return [median_of("revenue_unafraid", label, "%", year - level, points)]


def _stringency(found: Mapping[str, Results], points: Integers) -> list[Number]:
    """Mean stringency from 2023 to 2032 under both."""
    arms = {"steady": (STEADY,), "seesaw": tuple(seesaw(YEARLY, phase) for phase in PHASES)}
    return [
        median_of(f"stringency_{name}", f"mean stringency from 2023 to 2032, {name}", "of 1",
                  np.mean([found[one].series("stringency")[:, FIRST:].mean(axis=1) for one in ones], axis=0), points)
        for name, ones in arms.items()
    ]  # fmt: skip


def _table(effects: Mapping[str, Mapping[str, Floats]], points: Integers) -> Columns:
    """Medians of every rule."""
    table: Columns = {"rule": [_said(name) for name in effects]}
    for what, unit in EFFECTS.items():
        column = [median_of("", "", "", each[what], points).value for each in effects.values()]
        table[f"{what}_{unit.replace('%', 'percent')}"] = column
    return table


def _said(name: str) -> str:
    """A rule in words."""
    return f"steady, {PERCENT * LICENSED[name]:.0f} % licensed" if name in LICENSED else f"seesaw, turns of {name}"


def _panels(effects: Mapping[str, Mapping[str, Floats]], points: Integers) -> Columns:
    """Data of the figure's rows."""
    keys = [(what, name) for what in EFFECTS for name in effects]
    found = [median_of("", "", "", effects[name][what], points) for what, name in keys]
    return {
        "effect": [what for what, _ in keys],
        "rule": [_said(name) for _, name in keys],
        "median": [one.value for one in found],
        "low": [one.low for one in found],
        "high": [one.high for one in found],
    }


def _notes(numbers: tuple[Number, ...]) -> tuple[str, ...]:
    """How equal the two rules are, and what fear adds."""
    value = {one.name: one for one in numbers}
    return (
        f"By the model's measure of what is denied, with rules on tools, the steady rule has a mean of "
        f"{value['stringency_steady'].value:.2f} and the seesaw {value['stringency_seesaw'].value:.2f}; against steady "
        f"rules that license 40 % and 60 % the seesaw is the worse in {PERCENT * value['worse_tighter'].value:.0f} % "
        f"and {PERCENT * value['worse_looser'].value:.0f} % of worlds.",
        f"If beliefs in a cut-off do not move, the seesaw changes revenue against the steady rule by "
        f"{value['revenue_unafraid'].text} instead of {value['us_revenue_difference'].text}.",
    )
