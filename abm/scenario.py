"""A scenario: all that defines a world before chance, from a TOML file or built step by step (MODEL section 8)."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from abm.calendar import QUARTERS, quarter_index, quarter_label
from abm.parameters import ParameterError, check_values, load_parameters
from abm.policy import (
    Policy,
    chips_only,
    frozen,
    lifted,
    load_policy,
    none_0,
    none_threat,
    script_until,
    tight,
    tools_only,
)
from abm.policy_schema import Instrument
from abm.policy_toml import PolicyError
from abm.scenario_values import choice, flag, nearest_of, quarter, table, text, texts
from abm.vocabulary import CHINAS_STEPS, LEARNING_RULES, MECHANISMS

FOLDER = Path(__file__).parent / "data" / "scenarios"

CONTINUATIONS = ("freeze_abs", "freeze_rel")
"""What follows the script: thresholds frozen in TPP, or frozen relative to the best US line."""

MODES = ("script", "none_0", "none_threat", "chips_only", "tools_only", "frozen", "tight", "lifted")
"""Which change of the timeline of instruments makes the scenario's policy."""

SCRIPT_END = "2026Q3"
FREEZE_AT = "2022Q4"
LIFT_AT = "2027Q1"

PolicyLike = Policy | Instrument | str | Path | Iterable[Instrument | str | Path]


class ScenarioError(ValueError):
    """A scenario that cannot be used; one line that names file, key, nearest valid name and cure."""


_parameters = lru_cache(maxsize=1)(load_parameters)
_history = lru_cache(maxsize=1)(load_policy)


@dataclass(frozen=True)
class Timeline:
    """The instruments from which every mode of a scenario is made, and the quarters at which the modes act.

    `history` is followed to `script_until`; `added` are the user's own instruments, which no freeze removes.
    """

    history: Policy = field(default_factory=_history)
    added: tuple[Instrument, ...] = ()
    script_until: str = SCRIPT_END
    frozen_at: str = FREEZE_AT
    lifted_from: str = LIFT_AT

    def policy(self, mode: str) -> Policy:
        """Policy of a scenario in that mode: the changed history with the user's instruments on top."""
        return _on_top(self._changed(mode, self.history), self.added)

    def counterfactual(self, mode: str) -> Policy:
        """Policy of the other arm: the user's instruments are changed by the mode like the history."""
        return self._changed(mode, _on_top(self.history, self.added), keep={one.id for one in self.added})

    def last_quarter(self, mode: str) -> int:
        """Last quarter in which the script moves thresholds."""
        return quarter_index(self.frozen_at if mode == "frozen" else self.script_until)

    def _changed(self, mode: str, policy: Policy, keep: Iterable[str] = ()) -> Policy:
        """Apply the mode; `keep` names instruments that the end of the script does not cut off."""
        exempt = tuple(policy[name] for name in keep) if mode != "frozen" else ()
        try:
            policy = tight(policy) if mode == "tight" else policy
        except PolicyError as error:
            raise ScenarioError(f"mode 'tight': {error}") from None
        script = _on_top(script_until(policy, self.script_until), exempt)
        change: dict[str, Callable[[Policy], Policy]] = {
            "none_0": none_0,
            "none_threat": none_threat,
            "chips_only": chips_only,
            "tools_only": tools_only,
            "frozen": lambda script: frozen(script, self.frozen_at),
            "lifted": lambda script: lifted(script, self.lifted_from),
        }
        return change[mode](script) if mode in change else script


def _on_top(policy: Policy, added: Iterable[Instrument]) -> Policy:
    """Add instruments, each replacing one of the same id; what they supersede may be absent in this arm."""
    new = {one.id: one for one in added}
    return Policy((*(one for one in policy if one.id not in new), *new.values()))


@dataclass(frozen=True)
class Scenario:
    """What a world is before chance; every `with_…` returns a new scenario.

    Attributes
    ----------
    name, description
        What it is called and one sentence on it.
    policy
        Dated instruments, already changed for the mode.
    relative_from
        Quarter index from which thresholds slide with the best US line (freeze_rel); None for absolute thresholds.
    fixed
        Parameter values that hold in every world, in the parameter's unit.
    off
        Mechanisms switched off, from `abm.vocabulary.MECHANISMS`.
    learning
        How firms choose their mix of research, from `abm.vocabulary.LEARNING_RULES`.
    point
        True: every other parameter at its default; False: drawn from its prior for each point.
    source
        File it was read from.
    mode, timeline
        How the policy came about; the counterfactual arm is made from the same timeline.

    Raises `ScenarioError` on an unknown parameter, mechanism or mode and on a value out of range.
    """

    name: str
    description: str = ""
    policy: Policy = field(default_factory=lambda: Timeline().policy("script"))
    relative_from: int | None = None
    fixed: Mapping[str, float] = field(default_factory=dict)
    off: frozenset[str] = frozenset()
    learning: str = LEARNING_RULES[0]
    point: bool = False
    source: str = ""
    mode: str = "script"
    timeline: Timeline = field(default_factory=Timeline)

    def __post_init__(self) -> None:
        where = f"scenario {self.name!r}"
        if not isinstance(self.name, str) or not self.name:
            raise ScenarioError(f"{where}: key 'name' must be a non-empty text, not {self.name!r}")
        if not isinstance(self.policy, Policy):
            raise ScenarioError(f"{where}: key 'policy' must be an abm.policy.Policy; load one with load_policy(path)")
        if self.mode not in MODES:
            raise ScenarioError(f"{where}: unknown mode {self.mode!r}{nearest_of(self.mode, MODES)}")
        if self.learning not in LEARNING_RULES:
            known = nearest_of(self.learning, LEARNING_RULES)
            raise ScenarioError(f"{where}: unknown strategy_learning {self.learning!r}{known}")
        if not isinstance(self.point, bool):
            raise ScenarioError(f"{where}: key 'point' must be true or false, not {self.point!r}")
        if self.relative_from is not None and not 0 <= self.relative_from < QUARTERS:
            raise ScenarioError(f"{where}: key 'relative_from' must be a quarter index from 0 to {QUARTERS - 1}")
        object.__setattr__(self, "fixed", _checked_values(where, self.fixed))
        object.__setattr__(self, "off", _checked_mechanisms(where, self.off))

    @classmethod
    def load(cls, name_or_path: str | Path) -> Scenario:
        """Read a built-in scenario by name, or a TOML file of your own."""
        if not isinstance(name_or_path, str | Path):
            raise ScenarioError(f"a scenario is a name or a path, not {type(name_or_path).__name__}")
        built_in = FOLDER / f"{name_or_path}.toml"
        if isinstance(name_or_path, str) and name_or_path in _names():
            return _read(built_in)
        path = Path(name_or_path)
        if path.is_file():
            return _read(path)
        if path.suffix == ".toml":
            raise ScenarioError(f"{path}: no such file; built-in scenarios: {', '.join(_names())}")
        raise ScenarioError(f"no scenario {str(name_or_path)!r}{nearest_of(name_or_path, _names())}")

    @property
    def continuation(self) -> str:
        """What follows the script: freeze_abs or freeze_rel."""
        return CONTINUATIONS[self.relative_from is not None]

    @property
    def law(self) -> Policy:
        """The policy that runs: without China's reactions if `chinas_steps` is switched off."""
        return self.policy.only(lambda one: one.china_side != "reaction") if CHINAS_STEPS in self.off else self.policy

    def with_parameters(self, **values: float) -> Scenario:
        """Hold parameters at these values in every world, in their units (`abm/data/parameters.toml`)."""
        return replace(self, fixed={**self.fixed, **values})

    def with_policy(self, policy: PolicyLike) -> Scenario:
        """Change the law.

        Parameters
        ----------
        policy
            A `Policy` takes the place of the whole timeline, as it is. Instruments, TOML files or folders of them
            are added to it; one with a known id takes the old one's place.
        """
        where = f"scenario {self.name!r}"
        if isinstance(policy, Policy):
            last = quarter_label(QUARTERS - 1)
            timeline = replace(self.timeline, history=policy, added=(), script_until=last)
            return replace(self, policy=policy, mode="script", timeline=timeline)
        added = _instruments(where, policy)
        try:
            self.timeline.history.with_instruments(*self.timeline.added, *added)
        except PolicyError as error:
            raise ScenarioError(f"{where}: {error}") from None
        timeline = replace(self.timeline, added=_on_top(Policy(self.timeline.added), added).instruments)
        return replace(self, policy=timeline.policy(self.mode), timeline=timeline)

    def without(self, *mechanisms: str) -> Scenario:
        """Switch mechanisms (`abm.vocabulary.MECHANISMS`) off, here and in counterfactuals made from here."""
        return replace(self, off=frozenset((*self.off, *mechanisms)))

    def with_learning(self, rule: str) -> Scenario:
        """Choose how firms learn which research pays: "ewa", "replicator", "fixed", "best_reply" or "random"."""
        return replace(self, learning=rule)

    def with_point(self, point: bool) -> Scenario:
        """Hold every free parameter at its default (True), or draw it from its prior (False)."""
        return replace(self, point=point)

    def with_continuation(self, continuation: str) -> Scenario:
        """Choose what follows the script: "freeze_abs", or "freeze_rel" (thresholds slide with the best US line)."""
        if continuation not in CONTINUATIONS:
            known = nearest_of(continuation, CONTINUATIONS)
            raise ScenarioError(f"scenario {self.name!r}: unknown continuation {continuation!r}{known}")
        last = min(self.timeline.last_quarter(self.mode), quarter_index(SCRIPT_END))
        return replace(self, relative_from=last if continuation == "freeze_rel" else None)

    def counterfactual(self, name: str = "none_0") -> Scenario:
        """Make the other arm of a pair: same parameters and mechanisms, law of that built-in scenario.

        The law is made from this scenario's own timeline, except `history`, which is what happened. Parameters that
        the other scenario's own file fixes (enforcement in `tight`) hold in the other arm alone.
        """
        if name not in _names():
            raise ScenarioError(f"unknown counterfactual {name!r}{nearest_of(name, _names())}")
        other = _read(FOLDER / f"{name}.toml")
        fixed, off = {**self.fixed, **other.fixed}, self.off | other.off
        arm = replace(other, fixed=fixed, off=off, learning=self.learning, point=self.point)
        if other.mode != "script":
            at = other.timeline
            timeline = replace(self.timeline, frozen_at=at.frozen_at, lifted_from=at.lifted_from)
            arm = replace(arm, policy=timeline.counterfactual(other.mode), timeline=timeline)
        return arm if self.relative_from is None else arm.with_continuation("freeze_rel")

    def describe(self) -> dict[str, Any]:
        """All that defines the scenario as plain values, for manifests."""
        return {
            "name": self.name,
            "description": self.description,
            "source": Path(self.source).name,
            "mode": self.mode,
            "continuation": self.continuation,
            "relative_from": None if self.relative_from is None else quarter_label(self.relative_from),
            "parameters": "defaults" if self.point else "drawn from priors",
            "fixed": dict(sorted(self.fixed.items())),
            "off": sorted(self.off),
            "strategy_learning": self.learning,
            "instruments": list(self.law.ids),
        }


def _checked_values(where: str, values: Mapping[str, float]) -> dict[str, float]:
    try:
        return check_values(_parameters(), values)
    except ParameterError as error:
        raise ScenarioError(f"{where}: {error}") from None


def _checked_mechanisms(where: str, names: Iterable[str]) -> frozenset[str]:
    if isinstance(names, str):
        raise ScenarioError(f"{where}: key 'without' must be a list of mechanisms, such as [{names!r}]")
    for name in names:
        if name not in MECHANISMS:
            raise ScenarioError(f"{where}: unknown mechanism {name!r}{nearest_of(name, MECHANISMS)}")
    return frozenset(names)


def _instruments(where: str, given: Instrument | str | Path | Iterable[Instrument | str | Path]) -> list[Instrument]:
    """Instruments as they are, and those of files and folders."""
    items = list(given) if isinstance(given, Iterable) and not isinstance(given, str) else [given]
    found: list[Instrument] = []
    for item in items:
        if not isinstance(item, Instrument | str | Path):
            raise ScenarioError(f"{where}: a policy is a Policy, an Instrument or a path, not {type(item).__name__}")
        try:
            found += [item] if isinstance(item, Instrument) else load_policy(item)
        except PolicyError as error:
            raise ScenarioError(f"{where}: policy: {error}") from None
    return found


# --- scenario files ---------------------------------------------------------------------------------------------------


KEYS: dict[str, Callable[[Any], Any]] = {
    "description": text,
    "mode": choice(MODES),
    "continuation": choice(CONTINUATIONS),
    "script_until": quarter,
    "frozen_at": quarter,
    "lifted_from": quarter,
    "timeline": text,
    "policy": texts,
    "drop": texts,
    "without": texts,
    "strategy_learning": choice(LEARNING_RULES),
    "point": flag,
    "parameters": table,
}
"""Keys of a scenario file; `timeline` replaces the history, `policy` adds instruments, `drop` removes some."""


def _names() -> list[str]:
    return sorted((path.stem for path in FOLDER.glob("*.toml")), key=lambda name: (name != "history", name))


def list_scenarios() -> dict[str, str]:
    """Built-in scenarios, by name, with one sentence on each."""
    return {name: _read(FOLDER / f"{name}.toml").description for name in _names()}


def _read(path: Path) -> Scenario:
    """Read a scenario file; paths in it start at its folder."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ScenarioError(f"{path}: cannot be read as a scenario: {error}") from None
    values: dict[str, Any] = {}
    for key, value in content.items():
        if key not in KEYS:
            raise ScenarioError(f"{path.name}: unknown key {key!r}{nearest_of(key, KEYS)}")
        try:
            values[key] = KEYS[key](value)
        except ValueError as error:
            raise ScenarioError(f"{path.name}: key {key!r}: {error}") from None
    if "mode" not in values:
        raise ScenarioError(f"{path.name}: key 'mode' is missing; add one of {', '.join(MODES)}")
    timeline = _timeline(path, values)
    scenario = Scenario(
        name=path.stem,
        description=values.get("description", ""),
        policy=timeline.policy(values["mode"]),
        fixed=_checked_values(path.name, values.get("parameters", {})),
        off=_checked_mechanisms(path.name, values.get("without", ())),
        learning=values.get("strategy_learning", LEARNING_RULES[0]),
        point=values.get("point", False),
        source=str(path),
        mode=values["mode"],
        timeline=timeline,
    )
    return scenario.with_continuation(values.get("continuation", CONTINUATIONS[0]))


def _timeline(path: Path, values: Mapping[str, Any]) -> Timeline:
    """Build the timeline of a file from the keys `timeline`, `drop`, `policy` and the quarters."""
    added = _instruments(path.name, [path.parent / item for item in values.get("policy", ())])
    try:
        history = load_policy(path.parent / values["timeline"]) if "timeline" in values else _history()
        history = history.without(values.get("drop", ()))
        history.with_instruments(*added)
    except PolicyError as error:
        raise ScenarioError(f"{path.name}: {error}") from None
    quarters = {key: values[key] for key in ("script_until", "frozen_at", "lifted_from") if key in values}
    return Timeline(history, tuple(added), **quarters)
