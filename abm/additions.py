"""What a user may add to a scenario beside data: functions in the place of rules, and further kinds of agents."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, Protocol

from abm.state import Field
from abm.timeline import ScenarioError

Rule = Callable[..., float]


class Kind(Protocol):
    """What a scenario knows of an `abm.kinds.AgentKind`."""

    @property
    def name(self) -> str:
        """Name of the kind and of its dimension."""

    @property
    def own_fields(self) -> Mapping[str, Field]:
        """Declarations of the arrays that it adds to the world."""

    def describe(self) -> dict[str, Any]:
        """All that defines it as plain values, for manifests."""


def checked_rules(where: str, rules: Mapping[str, Rule]) -> dict[str, Rule]:
    """Functions that stand for rules, each checked against the rule that it replaces."""
    for name, function in rules.items():
        if not callable(function):
            kind = type(function).__name__
            raise ScenarioError(f"{where}: rule {name}: the replacement must be a plain function, not {kind}")
        try:
            _fits(name, function)
        except ValueError as error:
            raise ScenarioError(f"{where}: {error}") from None
    return dict(rules)


@lru_cache(maxsize=64)
def _fits(name: str, function: Rule) -> None:
    """Check a rule's replacement; once for each function."""
    from abm.rule_check import check_rule, rule_named  # noqa: PLC0415  (loads the compiler)

    check_rule(rule_named(name), function)


def origin(function: Rule) -> dict[str, str]:
    """Where a replacement comes from and a digest of what it does."""
    from abm.link import digest  # noqa: PLC0415  (loads the compiler)

    return {"function": f"{function.__module__}.{function.__qualname__}", "digest": digest(function)}


def checked_kinds(where: str, kinds: Iterable[Kind]) -> tuple[Kind, ...]:
    """Kinds of agents that can live in one world: no name and no field twice."""
    taken: dict[str, str] = {}
    for kind in kinds:
        if not hasattr(kind, "own_fields"):
            raise ScenarioError(f"{where}: an agent kind is an abm.AgentKind, not {type(kind).__name__}")
        for name in (kind.name, *kind.own_fields):
            if name in taken:
                raise ScenarioError(f"{where}: agent kinds {taken[name]!r} and {kind.name!r} both declare {name!r}")
            taken[name] = kind.name
    return tuple(kinds)
