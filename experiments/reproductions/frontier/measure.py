"""A policy search over levers, laws beside it in the same futures, and where history stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from experiments.design import Design, Floats
from experiments.drive import Driver
from experiments.objectives import Objective, best, load_objectives, regrets, unsatisfied
from experiments.policy_search import Search, Settings, undominated
from experiments.reproducing.findings import Bools, Columns, Findings, Number, median_of
from experiments.reproducing.setting import Setting
from experiments.study import load_study

STUDY, ENFORCEMENT = "policy", "enforcement"
LAWS = {
    "history": "history",
    "tight": "tight",
    "frozen": "frozen at 2022Q4",
    "chips_only": "chips only",
    "tools_only": "tools only",
    "lifted_2027": "lifted in 2027",
}
NONE = "no controls"
SEARCH = {True: Settings(generations=2, population=8), False: Settings(generations=6, population=16)}
"""How long the search is in quick and in full reproductions."""
SHOWN = 6
"""Settings of the frontier that the table has."""
PERCENT = 100.0
UNITS = {
    "lead_2028": ("lead 2028", "months"),
    "lead_2032": ("lead 2032", "months"),
    "us_revenue": ("US vendors' revenue", "%"),
    "smuggled_chips": ("smuggled chips in 2028", "thousand"),
    "leverage": ("leverage", "percentage points"),
}


@dataclass(frozen=True, eq=False)
class Tried:
    """All policies tried in the same futures.

    Attributes
    ----------
    names : of laws, or empty for settings of the levers.
    levers : (policy, lever), NaN for laws.
    values : (policy, future, objective), turned so that high is good.
    """

    names: tuple[str, ...]
    levers: Floats
    values: Floats
    objectives: tuple[Objective, ...]
    factors: tuple[str, ...]

    @property
    def history(self) -> int:
        """Place of history."""
        return self.names.index(LAWS["history"])

    @property
    def enforcement(self) -> Floats:
        """Its setting by policy; NaN for laws, or where it is held."""
        held = np.full(len(self.levers), np.nan)
        return self.levers[:, self.factors.index(ENFORCEMENT)] if ENFORCEMENT in self.factors else held

    @property
    def scores(self) -> Floats:
        """Regret against the best policy tried, (policy, objective)."""
        return regrets(self.values, best(self.values))

    def in_units(self, policy: int, place: int) -> Floats:
        """One policy's outcomes in one aim by future, for readers."""
        one = self.objectives[place]
        found = one.sign * self.values[policy, :, place]
        if one.name == "us_revenue":
            return np.asarray(PERCENT * np.expm1(found))
        return PERCENT * found if one.name == "leverage" else found


def measure(setting: Setting) -> Findings:
    """Search, try the laws in the same futures, and say which policies no other beats."""
    tried = _tried(setting)
    on_front = undominated(tried.scores)
    numbers = _numbers(tried, on_front)
    tables = {"table": _table(tried, on_front), "points": _points(tried, on_front)}
    return Findings(numbers, tables, None, _notes(tried, on_front))


def _tried(setting: Setting) -> Tried:
    """Levers searched and laws, with their values in every future."""
    design = load_study(STUDY, replications=setting.replications, seed=setting.seed)
    factors = tuple(one for one in design.factors if one.name not in setting.changed)
    design = replace(
        design, asked=max(setting.worlds // setting.replications, 1), others=setting.beliefs, factors=factors,
        arms=tuple(setting.apply(arm) for arm in design.arms),
    )  # fmt: skip
    search = Search(design, Driver(setting.folder / "search"), load_objectives(), SEARCH[setting.quick])
    search.run()
    law_values = _laws(setting, search)
    names = (*[""] * len(search.levers), *LAWS.values(), NONE)
    levers = np.concatenate([search.levers, np.full((len(LAWS) + 1, len(search.names)), np.nan)])
    return Tried(names, levers, np.concatenate([search.values, law_values]), search.objectives, search.names)


def _laws(setting: Setting, search: Search) -> Floats:
    """Values of the laws, and of no controls, in the futures of the search."""
    nothing = search.design.arms[1]
    arms = (nothing, *(setting.scenario(name) for name in LAWS))
    design: Design = replace(search.futures, arms=arms)
    table = search.driver.table(design, f"laws_{design.hash[:16]}")
    places = [*range(1, len(arms)), 0]
    found = [[one.sign * one.values(table, arm, 0) for one in search.objectives] for arm in places]
    return np.moveaxis(np.array(found), 1, 2)


def dominating(scores: Floats, policy: int) -> Bools:
    """Policies at least as good in all scores, which are regrets, and better in one."""
    mine = scores[policy]
    beats: Bools = (scores <= mine).all(axis=1) & (scores < mine).any(axis=1)
    return beats


def better_in_all(tried: Tried) -> Floats:
    """Share of futures in which a policy is at least as good as history in all aims and better in one, (policy,)."""
    mine = tried.values[tried.history]
    better = (tried.values >= mine).all(axis=2) & (tried.values > mine).any(axis=2)
    share: Floats = better.mean(axis=1)
    return share


def _satisfied(tried: Tried) -> Floats:
    """Share of futures in which history satisfies each aim."""
    marks = np.array([one.sign * one.satisfied for one in tried.objectives])
    found: Floats = 1.0 - unsatisfied(tried.values[[tried.history]], marks)[0]
    return found


def _numbers(tried: Tried, on_front: Bools) -> tuple[Number, ...]:
    """Where history stands."""
    futures = tried.values.shape[1]
    shares = better_in_all(tried)
    beats = int(np.argmax(shares))
    satisfied = _satisfied(tried)
    least = int(np.argmin(satisfied))
    named = UNITS[tried.objectives[least].name][0]
    numbers = [
        _share("beaten", f"share of futures in which the policy that beats history most ({_name(tried, beats)}) is "
               "better in all aims", float(shares[beats]), futures),
        _share("least_satisfied", f"share of futures in which history satisfies the aim it satisfies least ({named})",
               float(satisfied[least]), futures),
        _share("on_front", "share of the policies tried that are on the frontier", float(on_front.mean()),
               on_front.size),
    ]  # fmt: skip
    points = np.arange(futures)
    for place, one in enumerate(tried.objectives):
        label, unit = UNITS[one.name]
        numbers.append(
            replace(
                median_of(
                    f"history_{one.name}", f"{label}, history", unit, tried.in_units(tried.history, place), points
                ),
                interval="90 % of futures",
            )
        )
    return tuple(numbers)


def _share(name: str, label: str, value: float, n: int) -> Number:
    """A share of independent cases with its standard error."""
    return Number(name, label, "", value, n=n, error=float(np.sqrt(value * (1.0 - value) / n)))


def _order(tried: Tried, on_front: Bools) -> Sequence[int]:
    """Laws, then settings on the frontier spread evenly from the lowest to the highest first lever."""
    settings = [k for k in np.argsort(tried.levers[:, 0], kind="stable") if not tried.names[k] and on_front[k]]
    kept = dict.fromkeys(round(at) for at in np.linspace(0, len(settings) - 1, SHOWN)) if settings else {}
    return [*(k for k, name in enumerate(tried.names) if name), *(settings[place] for place in kept)]


def _name(tried: Tried, policy: int) -> str:
    """A policy in words."""
    if tried.names[policy]:
        return tried.names[policy]
    told = (f"{factor.replace('_', ' ')} {value:.2f}" for factor, value in zip(
        tried.factors, tried.levers[policy], strict=True))  # fmt: skip
    return ", ".join(told)


def _table(tried: Tried, on_front: Bools) -> Columns:
    """Medians over futures of the laws and of some settings."""
    order = _order(tried, on_front)
    table: Columns = {
        "policy": [_name(tried, k) for k in order],
        "frontier": ["yes" if on_front[k] else "no" for k in order],
    }
    short = {"months": "months", "%": "percent", "thousand": "thousand", "percentage points": "pp"}
    for place, one in enumerate(tried.objectives):
        unit = short[UNITS[one.name][1]]
        table[f"{one.name}_{unit}"] = [float(np.nanmedian(tried.in_units(k, place))) for k in order]
    return table


def _points(tried: Tried, on_front: Bools) -> Columns:
    """Data of the figure: medians of every policy."""
    table: Columns = {
        "law": [name or "setting" for name in tried.names],
        ENFORCEMENT: tried.enforcement,
        "frontier": on_front.astype(int),
    }
    for place, one in enumerate(tried.objectives):
        table[one.name] = [float(np.nanmedian(tried.in_units(k, place))) for k in range(len(tried.names))]
    return table


def _told(tried: Tried) -> str:
    """How many policies beat history in all scores of the frontier, and with which enforcement."""
    beats = np.flatnonzero(dominating(tried.scores, tried.history))
    if not beats.size:
        return "None beats history in all scores."
    strict = tried.enforcement[beats][np.isfinite(tried.enforcement[beats])]
    laws = [tried.names[k] for k in beats if tried.names[k]]
    told = (
        f"{strict.size} settings with an enforcement of {strict.min():.2f} to {strict.max():.2f}" if strict.size else ""
    )
    return (
        f"In all scores of regret history is beaten by {' and '.join(one for one in (told, *laws) if one)}: its own "
        "enforcement is not known and drawn anew in each future, where that of a setting is the same in all."
    )


def _notes(tried: Tried, on_front: Bools) -> tuple[str, ...]:
    """What was tried, and which laws are on the frontier."""
    laws = [name for name, kept in zip(tried.names, on_front, strict=True) if name and kept]
    beaten = [name for name, kept in zip(tried.names, on_front, strict=True) if name and not kept]
    satisfied = ", ".join(
        f"{UNITS[one.name][0]} {PERCENT * share:.0f} %"
        for one, share in zip(tried.objectives, _satisfied(tried), strict=True)
    )
    return (
        f"{len(tried.names)} policies were tried in {tried.values.shape[1]} futures. Laws on the frontier: "
        f"{', '.join(laws) or 'none'}; beaten: {', '.join(beaten) or 'none'}. {_told(tried)}",
        f"Share of futures in which history satisfies each aim: {satisfied}.",
    )
