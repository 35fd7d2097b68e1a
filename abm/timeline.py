"""The instruments behind a scenario and the change of them that makes its policy (MODEL section 8)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from abm.calendar import QUARTERS, quarter_index, quarter_label
from abm.policy import (
    Policy,
    chips_only,
    frozen,
    lifted,
    load_policy,
    none_0,
    none_threat,
    script_until,
    sliding,
    tight,
    tools_only,
)
from abm.policy_schema import Instrument
from abm.policy_toml import PolicyError

CONTINUATIONS = ("freeze_abs", "freeze_rel", "rule")
"""What follows the script: thresholds frozen in TPP, or relative to the best US line, or moved by US decisions."""

BY_RULE = ("script_then_rule", "rule")
"""Modes in which the US decides by rule after the script, or in the place of most of it."""

RULED = ("script", "tight", *BY_RULE)
"""Modes whose script a US rule may follow; the others are counterfactuals, which it would undo."""

MODES = (
    "script", "none_0", "none_threat", "chips_only", "tools_only", "frozen", "tight", "sliding", "lifted", *BY_RULE,
)  # fmt: skip
"""Which change of the timeline of instruments makes the scenario's policy."""

SCRIPT_END = "2026Q3"
FREEZE_AT = "2022Q4"
LIFT_AT = "2027Q1"


class ScenarioError(ValueError):
    """A scenario that cannot be used; one line that names file, key, nearest valid name and cure."""


shipped_history = lru_cache(maxsize=1)(load_policy)
"""What happened: the instruments of the data pack."""


@dataclass(frozen=True)
class Timeline:
    """The instruments from which every mode of a scenario is made, and the quarters at which the modes act.

    `history` is followed to `script_until`, in mode "rule" to `rule_from`; `added` are the user's own instruments,
    which no freeze removes.
    """

    history: Policy = field(default_factory=shipped_history)
    added: tuple[Instrument, ...] = ()
    script_until: str = SCRIPT_END
    frozen_at: str = FREEZE_AT
    rule_from: str = FREEZE_AT
    lifted_from: str = LIFT_AT

    def policy(self, mode: str) -> Policy:
        """Policy of a scenario in that mode: the changed history with the user's instruments on top."""
        return on_top(self._changed(mode, self.history), self.added)

    def counterfactual(self, mode: str) -> Policy:
        """Policy of the other arm: the user's instruments are changed by the mode like the history."""
        return self._changed(mode, on_top(self.history, self.added), keep={one.id for one in self.added})

    def last_quarter(self, mode: str) -> int:
        """Last quarter in which the script moves thresholds."""
        last = {"frozen": self.frozen_at, "sliding": self.frozen_at, "rule": self.rule_from}
        return quarter_index(last.get(mode, self.script_until))

    def _changed(self, mode: str, policy: Policy, keep: Iterable[str] = ()) -> Policy:
        """Apply the mode; `keep` names instruments that the end of the script does not cut off."""
        exempt = tuple(policy[name] for name in keep) if mode != "frozen" else ()
        try:
            policy = tight(policy) if mode == "tight" else policy
            policy = sliding(policy, self.frozen_at) if mode == "sliding" else policy
        except PolicyError as error:
            raise ScenarioError(f"mode {mode!r}: {error}") from None
        until = self.rule_from if mode == "rule" else self.script_until
        script = on_top(script_until(policy, until), exempt)
        change: dict[str, Callable[[Policy], Policy]] = {
            "none_0": none_0,
            "none_threat": none_threat,
            "chips_only": chips_only,
            "tools_only": tools_only,
            "frozen": lambda script: frozen(script, self.frozen_at),
            "lifted": lambda script: lifted(script, self.lifted_from),
        }
        return change[mode](script) if mode in change else script


def on_top(policy: Policy, added: Iterable[Instrument]) -> Policy:
    """Add instruments, each replacing one of the same id; what they supersede may be absent in this arm."""
    new = {one.id: one for one in added}
    return Policy((*(one for one in policy if one.id not in new), *new.values()))


def check_rule_from(where: str, mode: str, first: str | None) -> None:
    """The quarter after which the US decides by rule: not before there are rules to move, nor at the very end."""
    if first is None:
        return
    if mode != "rule":
        raise ScenarioError(f"{where}: key 'rule_from' belongs to mode 'rule', not to {mode!r}; remove it")
    earliest, latest = FREEZE_AT, quarter_label(QUARTERS - 2)
    if not quarter_index(earliest) <= quarter_index(first) <= quarter_index(latest):
        raise ScenarioError(
            f"{where}: key 'rule_from' is the last quarter of the script and must lie from {earliest}, when the first "
            f"rules on chips came, to {latest}, not {first}"
        )
