"""The instruments behind a scenario and the change of them that makes its policy (MODEL section 8)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import lru_cache

from abm.calendar import quarter_index
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

CONTINUATIONS = ("freeze_abs", "freeze_rel")
"""What follows the script: thresholds frozen in TPP, or frozen relative to the best US line."""

MODES = ("script", "none_0", "none_threat", "chips_only", "tools_only", "frozen", "tight", "lifted")
"""Which change of the timeline of instruments makes the scenario's policy."""

SCRIPT_END = "2026Q3"
FREEZE_AT = "2022Q4"
LIFT_AT = "2027Q1"


class ScenarioError(ValueError):
    """A scenario that cannot be used; one line that names file, key, nearest valid name and cure."""


def nearest_of(word: object, names: Iterable[str]) -> str:
    """What to add to a message about an unknown name: the nearest one, or all of them."""
    known = list(names)
    close = get_close_matches(str(word), known, n=1, cutoff=0.5)
    return f"; did you mean {close[0]!r}?" if close else f"; valid: {', '.join(known)}"


shipped_history = lru_cache(maxsize=1)(load_policy)
"""What happened: the instruments of the data pack."""


@dataclass(frozen=True)
class Timeline:
    """The instruments from which every mode of a scenario is made, and the quarters at which the modes act.

    `history` is followed to `script_until`; `added` are the user's own instruments, which no freeze removes.
    """

    history: Policy = field(default_factory=shipped_history)
    added: tuple[Instrument, ...] = ()
    script_until: str = SCRIPT_END
    frozen_at: str = FREEZE_AT
    lifted_from: str = LIFT_AT

    def policy(self, mode: str) -> Policy:
        """Policy of a scenario in that mode: the changed history with the user's instruments on top."""
        return on_top(self._changed(mode, self.history), self.added)

    def counterfactual(self, mode: str) -> Policy:
        """Policy of the other arm: the user's instruments are changed by the mode like the history."""
        return self._changed(mode, on_top(self.history, self.added), keep={one.id for one in self.added})

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
        script = on_top(script_until(policy, self.script_until), exempt)
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
