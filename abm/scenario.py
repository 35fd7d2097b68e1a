"""A scenario: all that defines a world before chance, from a TOML file or built step by step (MODEL section 8)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from abm.additions import Kind, Rule, checked_kinds, checked_rules, origin
from abm.beliefs import POSTERIOR, PRIOR, BeliefError, check_beliefs
from abm.calendar import QUARTERS, quarter_index, quarter_label, quarter_of
from abm.policy import Policy
from abm.policy_schema import Instrument
from abm.policy_toml import PolicyError
from abm.scenario_checks import checked_mechanisms, checked_values, instruments_of, timeline_of, values_of
from abm.scenario_values import choice, flag, nearest_of, number, quarter, table, text, texts
from abm.shape import NETWORKS, SPREAD, Synthetic, WorldShape, read_synthetic
from abm.slide import CHINA_GATES, Slide
from abm.timeline import (
    BY_RULE,
    CONTINUATIONS,
    MODES,
    RULED,
    SCRIPT_END,
    ScenarioError,
    Timeline,
    on_top,
)
from abm.vocabulary import CHINAS_STEPS, LEARNING_RULES

__all__ = ["CONTINUATIONS", "FOLDER", "KEYS", "MODES", "Scenario", "ScenarioError", "Timeline", "list_scenarios"]
FOLDER = Path(__file__).parent / "data" / "scenarios"

RATIOS = (0.01, 2.0)
"""Range of `sliding_ratio`: from next to nothing to far above the best US line."""

MOBILISATION = ("mobilisation_us", "mobilisation_cn")
"""Parameters that shipped scenarios hold at 0, so that results are first told without mobilisation."""

PolicyLike = Policy | Instrument | str | Path | Iterable[Instrument | str | Path]


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
    decided
        True: once the script has ended the US decides by rule, in modes that have a script to follow (`rule_start`).
    ratio
        TPP that ships without licence over that of the best US line (mode "sliding"); None for what the script leaves.
    fixed
        Parameter values that hold in every world, in the parameter's unit.
    off
        Mechanisms switched off, from `abm.vocabulary.MECHANISMS`.
    learning
        How firms choose their mix of research, from `abm.vocabulary.LEARNING_RULES`.
    china_gate
        China's import gate after the script: "on" (as the script left it), "off" (open), "rule" (its own answer).
    beliefs
        What is believed about every other parameter: "posterior", "prior", a prior pack (`abm.beliefs`).
    point
        True: every other parameter at its central value; False: drawn for each point.
    source
        File it was read from.
    rules
        Functions that stand in the place of rules, by the name of the rule.
    kinds
        Agents that the model does not have by itself (`abm.kinds.AgentKind`).
    mode, timeline
        How the policy came about; the counterfactual arm is made from the same timeline.
    shape
        Firms and networks of the world, which both arms share (`abm.shape.WorldShape`).

    Raises `ScenarioError` on an unknown parameter, mechanism, rule or mode, on a value out of range and on a function
    that cannot stand for its rule.
    """

    name: str
    description: str = ""
    policy: Policy = field(default_factory=lambda: Timeline().policy("script"))
    relative_from: int | None = None
    decided: bool = False
    ratio: float | None = None
    fixed: Mapping[str, float] = field(default_factory=dict)
    off: frozenset[str] = frozenset()
    learning: str = LEARNING_RULES[0]
    china_gate: str = CHINA_GATES[0]
    beliefs: str = POSTERIOR
    point: bool = False
    source: str = ""
    rules: Mapping[str, Rule] = field(default_factory=dict)
    kinds: tuple[Kind, ...] = ()
    mode: str = "script"
    timeline: Timeline = field(default_factory=Timeline)
    shape: WorldShape = field(default_factory=WorldShape)

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
        if self.china_gate not in CHINA_GATES:
            known = nearest_of(self.china_gate, CHINA_GATES)
            raise ScenarioError(f"{where}: unknown china_gate {self.china_gate!r}{known}")
        try:
            check_beliefs(self.beliefs)
        except BeliefError as error:
            raise ScenarioError(f"{where}: key 'beliefs': {error}") from None
        if not isinstance(self.point, bool):
            raise ScenarioError(f"{where}: key 'point' must be true or false, not {self.point!r}")
        if self.relative_from is not None and not 0 <= self.relative_from < QUARTERS:
            raise ScenarioError(f"{where}: key 'relative_from' must be a quarter index from 0 to {QUARTERS - 1}")
        if (self.mode == "sliding") != (self.ratio is not None):
            raise ScenarioError(f"{where}: key 'sliding_ratio' belongs to mode 'sliding', which needs it, such as 0.3")
        if self.ratio is not None and not RATIOS[0] <= self.ratio <= RATIOS[1]:
            raise ScenarioError(f"{where}: key 'sliding_ratio' must lie from {RATIOS[0]} to {RATIOS[1]}: {self.ratio}")
        object.__setattr__(self, "fixed", checked_values(where, self.fixed))
        object.__setattr__(self, "off", checked_mechanisms(where, self.off))
        object.__setattr__(self, "rules", checked_rules(where, self.rules))
        object.__setattr__(self, "kinds", checked_kinds(where, self.kinds))

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

    @classmethod
    def synthetic(
        cls, firms: int, seed: int = 1, spread: float = SPREAD, scenario: Scenario | str | Path = "history"
    ) -> Scenario:
        """The same law in a world of `firms` drawn AI firms, 3 to 100,000 (`abm.synthetic`).

        >>> compare(Scenario.synthetic(firms=1000, seed=1))
        """
        base = scenario if isinstance(scenario, Scenario) else cls.load(scenario)
        return replace(base, shape=replace(base.shape, synthetic=Synthetic(firms, seed, spread)))

    def with_network(self, network: str, seed: int = 1) -> Scenario:
        """Choose the world's networks: "default", or a null model of them (`abm.shape.NETWORKS`)."""
        return replace(self, shape=replace(self.shape, network=network, network_seed=seed))

    @property
    def slide(self) -> Slide:
        """What follows the script: thresholds that move with the best US line, and China's answers."""
        last = min(quarter_index(self.timeline.script_until), quarter_index(SCRIPT_END))
        return Slide(self.relative_from, self.ratio, self.rule_start, answers=last + 1, gate=self.china_gate)

    @property
    def rule_start(self) -> int | None:
        """First quarter, as an index, in which the US decides by rule; None if it never does."""
        if not self.decided or self.relative_from is None or self.mode not in RULED:
            return None
        return self.relative_from + (self.mode != "rule")

    @property
    def continuation(self) -> str:
        """What follows the script: freeze_abs, freeze_rel or rule."""
        absolute, relative, rule = CONTINUATIONS
        return rule if self.decided else absolute if self.relative_from is None else relative

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
            return replace(self, policy=policy, mode="script", timeline=timeline, ratio=None)
        added = instruments_of(where, policy)
        try:
            self.timeline.history.with_instruments(*self.timeline.added, *added)
        except PolicyError as error:
            raise ScenarioError(f"{where}: {error}") from None
        timeline = replace(self.timeline, added=on_top(Policy(self.timeline.added), added).instruments)
        return replace(self, policy=timeline.policy(self.mode), timeline=timeline)

    def without(self, *mechanisms: str) -> Scenario:
        """Switch mechanisms (`abm.vocabulary.MECHANISMS`) off, here and in counterfactuals made from here."""
        return replace(self, off=frozenset((*self.off, *mechanisms)))

    def with_learning(self, rule: str) -> Scenario:
        """Choose how firms learn which research pays: "ewa", "replicator", "fixed", "best_reply" or "random"."""
        return replace(self, learning=rule)

    def with_china_gate(self, gate: str) -> Scenario:
        """Choose China's import gate after the script: "on" (as the script left it), "off" (open) or "rule"."""
        return replace(self, china_gate=gate)

    def with_rules(self, **rules: Rule) -> Scenario:
        """Put functions in the place of rules of `abm/rules`: floats in, one float out, compiled into the model.

        >>> scenario.with_rules(offer_value=mine)

        A function is checked at once: name of the rule, number of parameters, a float as its value, and the same bits
        compiled as in plain Python. It may call the rule that it replaces.
        """
        return replace(self, rules={**self.rules, **rules})

    def with_agents(self, *kinds: Kind) -> Scenario:
        """Add agents that the model does not have by itself; one with a known name takes the old one's place."""
        new = {getattr(kind, "name", ""): kind for kind in kinds}
        return replace(self, kinds=(*(kind for kind in self.kinds if kind.name not in new), *new.values()))

    def with_beliefs(self, beliefs: str) -> Scenario:
        """Choose what is believed about parameters: "posterior", "prior", "hawk", "dove" (`abm.beliefs`)."""
        return replace(self, beliefs=beliefs)

    def with_point(self, point: bool) -> Scenario:
        """Hold every free parameter at its central value (True), or draw it (False)."""
        return replace(self, point=point)

    @property
    def believed(self) -> str:
        """Where the parameters stand, in words."""
        if self.point:
            return "at their defaults" if self.beliefs == PRIOR else f"at the centre of {self.beliefs!r}"
        return "drawn from their priors" if self.beliefs == PRIOR else f"drawn from {self.beliefs!r}"

    def with_continuation(self, continuation: str) -> Scenario:
        """Choose what follows the script: "freeze_abs", "freeze_rel" or "rule".

        Under "freeze_rel" thresholds slide with the best US line; under "rule" they slide too, and from the quarter
        after the script on the US tightens or loosens by what it sees (MODEL R2).
        Counterfactual arms never get a US rule: under "rule" their thresholds slide, as those of their pair do.
        """
        if continuation not in CONTINUATIONS:
            known = nearest_of(continuation, CONTINUATIONS)
            raise ScenarioError(f"scenario {self.name!r}: unknown continuation {continuation!r}{known}")
        if self.mode in BY_RULE and continuation != "rule":
            raise ScenarioError(
                f"scenario {self.name!r}: key 'continuation': in mode {self.mode!r} the US decides by rule, so it is "
                f"'rule', not {continuation!r}; remove the key, or take mode 'script'"
            )
        if self.mode == "sliding" and continuation != "freeze_rel":
            raise ScenarioError(
                f"scenario {self.name!r}: thresholds of mode 'sliding' cannot be fixed; try mode 'tight'"
            )
        last = min(self.timeline.last_quarter(self.mode), quarter_index(SCRIPT_END))
        moves = continuation != "freeze_abs"
        last += self.mode == "rule"  # the ratio is that of the last quarter of the script
        return replace(self, relative_from=last if moves else None, decided=continuation == "rule")

    def counterfactual(self, name: str = "none_0") -> Scenario:
        """Make the other arm of a pair: same parameters, mechanisms, rules and agents, law of that built-in scenario.

        The law is made from this scenario's own timeline, except `history`, which is what happened. Parameters that
        the other scenario's own file fixes (enforcement in `tight`) hold in the other arm alone; whether states
        mobilise is the same in both.
        """
        if name not in _names():
            raise ScenarioError(f"unknown counterfactual {name!r}{nearest_of(name, _names())}")
        other = _read(FOLDER / f"{name}.toml")
        arm = replace(
            other,
            fixed={**self.fixed, **{name: value for name, value in other.fixed.items() if name not in MOBILISATION}},
            off=self.off | other.off,
            point=self.point,
            beliefs=self.beliefs,
            learning=self.learning,
            china_gate=self.china_gate,
            rules=self.rules,
            kinds=self.kinds,
            shape=self.shape,
        )
        if other.mode != "script":
            at = other.timeline
            timeline = replace(
                self.timeline, frozen_at=at.frozen_at, lifted_from=at.lifted_from, rule_from=at.rule_from
            )
            arm = replace(arm, policy=timeline.counterfactual(other.mode), timeline=timeline)
        if self.relative_from is None or self.ratio is not None or arm.mode in BY_RULE:
            return arm
        return arm.with_continuation(self.continuation if arm.mode in RULED else "freeze_rel")

    def describe(self) -> dict[str, Any]:
        """All that defines the scenario as plain values, for manifests."""
        return {
            "name": self.name,
            "description": self.description,
            "source": Path(self.source).name,
            "mode": self.mode,
            "continuation": self.continuation,
            "us_rule_from": None if self.rule_start is None else quarter_label(self.rule_start),
            "relative_from": None if self.relative_from is None else quarter_label(self.relative_from),
            "parameters": self.believed,
            "beliefs": self.beliefs,
            "point": self.point,
            "sliding_ratio": self.ratio,
            "fixed": dict(sorted(self.fixed.items())),
            "off": sorted(self.off),
            "strategy_learning": self.learning,
            "china_gate": self.china_gate,
            "instruments": list(self.law.ids),
            "script": [[quarter_label(quarter_of(one.effective)), one.jurisdiction, one.id] for one in self.law],
            "rules": {name: origin(function) for name, function in sorted(self.rules.items())},
            "agents": [kind.describe() for kind in self.kinds],
            **self.shape.describe(),
        }


# --- scenario files ---------------------------------------------------------------------------------------------------


KEYS: dict[str, Callable[[Any], Any]] = {
    "description": text,
    "mode": choice(MODES),
    "continuation": choice(CONTINUATIONS),
    "script_until": quarter,
    "frozen_at": quarter,
    "rule_from": quarter,
    "sliding_ratio": number,
    "lifted_from": quarter,
    "timeline": text,
    "policy": texts,
    "drop": texts,
    "without": texts,
    "strategy_learning": choice(LEARNING_RULES),
    "china_gate": choice(CHINA_GATES),
    "beliefs": text,
    "point": flag,
    "parameters": table,
    "synthetic": read_synthetic,
    "network": choice(NETWORKS),
}
"""Keys of a scenario file; `timeline` replaces the history, `policy` adds instruments, `drop` removes some."""


def _names() -> list[str]:
    return sorted((path.stem for path in FOLDER.glob("*.toml")), key=lambda name: (name != "history", name))


def list_scenarios() -> dict[str, str]:
    """Built-in scenarios, by name, with one sentence on each."""
    return {name: _read(FOLDER / f"{name}.toml").description for name in _names()}


def _read(path: Path) -> Scenario:
    """Read a scenario file; paths in it start at its folder."""
    values = values_of(path, KEYS)
    if "mode" not in values:
        raise ScenarioError(f"{path.name}: key 'mode' is missing; add one of {', '.join(MODES)}")
    timeline = timeline_of(path, values)
    scenario = Scenario(
        name=path.stem,
        description=values.get("description", ""),
        policy=timeline.policy(values["mode"]),
        ratio=values.get("sliding_ratio"),
        fixed=checked_values(path.name, values.get("parameters", {})),
        off=checked_mechanisms(path.name, values.get("without", ())),
        learning=values.get("strategy_learning", LEARNING_RULES[0]),
        china_gate=values.get("china_gate", CHINA_GATES[0]),
        beliefs=values.get("beliefs", POSTERIOR),
        point=values.get("point", False),
        source=str(path),
        mode=values["mode"],
        timeline=timeline,
        shape=WorldShape(values.get("synthetic"), values.get("network", NETWORKS[0])),
    )
    usual = {"sliding": "freeze_rel", **dict.fromkeys(BY_RULE, "rule")}.get(values["mode"], "freeze_abs")
    return scenario.with_continuation(values.get("continuation", usual))
