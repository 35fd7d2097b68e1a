"""What a user gives a scenario, checked: values, mechanisms, instruments, and the keys of its file."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from abm.parameters import ParameterError, check_values, load_parameters
from abm.policy import load_policy
from abm.policy_schema import Instrument
from abm.policy_toml import PolicyError
from abm.scenario_values import nearest_of
from abm.timeline import ScenarioError, Timeline, check_rule_from, shipped_history
from abm.vocabulary import MECHANISMS

_parameters = lru_cache(maxsize=1)(load_parameters)


def values_of(path: Path, keys: Mapping[str, Callable[[Any], Any]]) -> dict[str, Any]:
    """The values of a scenario file by key, each read by its reader."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ScenarioError(f"{path}: cannot be read as a scenario: {error}") from None
    values: dict[str, Any] = {}
    for key, value in content.items():
        if key not in keys:
            raise ScenarioError(f"{path.name}: unknown key {key!r}{nearest_of(key, keys)}")
        try:
            values[key] = keys[key](value)
        except ValueError as error:
            raise ScenarioError(f"{path.name}: key {key!r}: {error}") from None
    return values


def checked_values(where: str, values: Mapping[str, float]) -> dict[str, float]:
    """Parameter values, each known and within its range."""
    try:
        return check_values(_parameters(), values)
    except ParameterError as error:
        raise ScenarioError(f"{where}: {error}") from None


def checked_mechanisms(where: str, names: Iterable[str]) -> frozenset[str]:
    """Names of mechanisms that exist."""
    if isinstance(names, str):
        raise ScenarioError(f"{where}: key 'without' must be a list of mechanisms, such as [{names!r}]")
    for name in names:
        if name not in MECHANISMS:
            raise ScenarioError(f"{where}: unknown mechanism {name!r}{nearest_of(name, MECHANISMS)}")
    return frozenset(names)


def instruments_of(where: str, given: Instrument | str | Path | Iterable[Instrument | str | Path]) -> list[Instrument]:
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


def timeline_of(path: Path, values: Mapping[str, Any]) -> Timeline:
    """Build the timeline of a file from the keys `timeline`, `drop`, `policy` and the quarters."""
    added = instruments_of(path.name, [path.parent / item for item in values.get("policy", ())])
    try:
        history = load_policy(path.parent / values["timeline"]) if "timeline" in values else shipped_history()
        history = history.without(values.get("drop", ()))
        history.with_instruments(*added)
    except PolicyError as error:
        raise ScenarioError(f"{path.name}: {error}") from None
    quarters = {key: values[key] for key in ("script_until", "frozen_at", "lifted_from", "rule_from") if key in values}
    check_rule_from(path.name, values["mode"], quarters.get("rule_from"))
    return Timeline(history, tuple(added), **quarters)
