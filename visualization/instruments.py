"""Changes of shipped instruments: moved, ended, weakened or dropped, as files that the engine reads."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from abm.calendar import QUARTERS, quarter_days, quarter_index, quarter_label, quarter_of, quarter_start
from abm.policy import DEFAULT_FOLDER, is_standing
from abm.policy_schema import Instrument
from abm.schema import nearest
from abm.timeline import ScenarioError, shipped_history

FULL = 1.0
"""Severity of a rule as it is written."""


@dataclass(frozen=True)
class Change:
    """What is changed of one instrument.

    Attributes
    ----------
    start, end : quarters such as "2024Q1"; None leaves them as they are.
    severity : 0 to 1, the share of what the rule denies that is still denied; 1 is as written.
    dropped : the instrument never exists.
    """

    start: str | None = None
    end: str | None = None
    severity: float = FULL
    dropped: bool = False

    @property
    def nothing(self) -> bool:
        """Whether it leaves the instrument as it is."""
        return self == Change()


@lru_cache(maxsize=1)
def editable() -> tuple[Instrument, ...]:
    """Instruments that a visitor may change: all but those that every arm has (law of 2022Q2, China's baseline)."""
    history = shipped_history()
    return tuple(one for one in history if not is_standing(one, history))


def check_change(name: str, change: Change) -> None:
    """Refuse a change that cannot be.

    Raises
    ------
    ScenarioError
        Unknown instrument, a quarter that is none or lies outside the record, an end before the start, a bad severity.
    """
    names = [one.id for one in editable()]
    if name not in names:
        raise ScenarioError(f"instrument {name!r} cannot be changed{nearest(name, names)}")
    for key in ("start", "end"):
        label = getattr(change, key)
        if label is None:
            continue
        try:
            inside = 0 <= quarter_index(label) < QUARTERS
        except (ValueError, TypeError):
            raise ScenarioError(f"instrument {name!r}: {key} {label!r} is no quarter; write it as 2024Q1") from None
        if not inside:
            raise ScenarioError(
                f"instrument {name!r}: {key} {label} lies outside {quarter_label(0)} to {quarter_label(QUARTERS - 1)}"
            )
    start = change.start or quarter_label(quarter_of(shipped_history()[name].effective))
    if change.end is not None and quarter_index(change.end) <= quarter_index(start):
        raise ScenarioError(f"instrument {name!r}: it ends in {change.end}, not after it starts in {start}; move one")
    if not 0.0 <= change.severity <= FULL:
        raise ScenarioError(f"instrument {name!r}: severity {change.severity:g} lies outside 0 to 1")


def changed_text(name: str, change: Change) -> str:
    """TOML text of the instrument with the change made to it."""
    check_change(name, change)
    content = tomllib.loads(_source(name).read_text(encoding="utf-8"))
    if change.start is not None:
        content = _moved(content, _shift(content["effective"], quarter_index(change.start)))
    if change.end is not None:
        content = _ended(name, content, quarter_start(quarter_index(change.end)))
    if change.severity != FULL:
        content = _weakened(content, change.severity)
    content["kind"] = "scenario"
    content["note"] = "Changed in the browser laboratory from the instrument of this id in the data pack."
    return toml_text(content)


def _source(name: str) -> Path:
    return DEFAULT_FOLDER / f"{name}.toml"


def _shift(old: date, quarter: int) -> timedelta:
    """From a date to the same day of another quarter, its last day if it has fewer."""
    day = min((old - quarter_start(quarter_of(old))).days, quarter_days(quarter) - 1)
    return quarter_start(quarter) + timedelta(day) - old


def _moved(content: dict[str, Any], shift: timedelta) -> dict[str, Any]:
    def move(value: Any) -> Any:
        if isinstance(value, date):
            return value + shift
        if isinstance(value, list):
            return [move(item) for item in value]
        return {key: move(item) for key, item in value.items()} if isinstance(value, dict) else value

    moved: dict[str, Any] = move(content)
    return moved


def _ended(name: str, content: dict[str, Any], end: date) -> dict[str, Any]:
    """Every effect ends on the day at the latest; those that would begin after it are left out."""
    kept: dict[str, Any] = {}
    for key, value in content.items():
        if not _is_section(value):
            kept[key] = value
            continue
        entries = [
            entry | {"end": min(entry.get("end", end), end)}
            for entry in value
            if entry.get("effective", content["effective"]) < end
        ]
        if entries:
            kept[key] = entries
    if not any(map(_is_section, kept.values())):
        raise ScenarioError(f"instrument {name!r}: nothing of it begins before {end}; end it later, or drop it")
    return kept


def _is_section(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


# --- severity ---------------------------------------------------------------------------------------------------------

_DENIED = {
    "tools": ("denial",), "service": ("denial",), "eda": ("denial",), "cloud": ("coverage",), "mandate": ("floor",),
    "subsidy": ("usd_bn",),
}  # fmt: skip
"""Keys that say how much is denied or forced."""
_ALLOWED = {"hbm": ("open", "co_packaged_open"), "gate": ("allowed",)}
"""Keys that say how much is still allowed."""


_ACTS = {"status", "duty", "revenue_share", "volume_cap"}
"""Keys of which a clause needs one."""


def _weakened(content: dict[str, Any], severity: float) -> dict[str, Any]:
    found = dict(content)
    for section, value in content.items():
        if not _is_section(value):
            continue
        if section == "clause":
            weak = [_weak_clause(entry, severity) for entry in value]
            found[section] = [entry for entry in weak if entry.keys() & _ACTS]
            continue
        entries = [dict(entry) for entry in value]
        for entry in entries:
            for key in _DENIED.get(section, ()):
                entry[key] = _each(entry[key], lambda share: share * severity)
            for key in _ALLOWED.get(section, ()):
                if key in entry:
                    entry[key] = _each(entry[key], lambda share: 1.0 - (1.0 - share) * severity)
        found[section] = entries
    return found


def _weak_clause(clause: dict[str, Any], severity: float) -> dict[str, Any]:
    """Of what the clause would stop, the share `severity` is still stopped; the rest is licensed."""
    found = dict(clause)
    for key in ("duty", "revenue_share"):
        if key in found:
            found[key] = round(found[key] * severity, 6)
            if not found[key]:
                del found[key]
    if "relaxes" in clause or clause.get("status") not in ("denied", "licence", "nac"):
        return found
    if clause["status"] == "denied":
        found |= {"status": "licence", "review": "case_by_case"}
    before = clause.get("granted", 1.0 if clause["status"] == "nac" else 0.0)
    found["granted"] = _each(before, lambda share: 1.0 - (1.0 - share) * severity)
    return found


def _each(level: Any, change: Callable[[float], float]) -> Any:
    """A share, or each of low, mid and high, changed; rounded so that files stay readable."""
    if isinstance(level, dict):
        return {key: round(change(value), 6) for key, value in level.items()}
    return round(change(level), 6)


# --- TOML -------------------------------------------------------------------------------------------------------------


def toml_text(content: Mapping[str, Any]) -> str:
    """Plain values as TOML: keys first, then tables, then arrays of tables."""
    plain = [f"{key} = {_toml_value(value)}" for key, value in content.items() if not _is_table(value)]
    tables = []
    for key, value in content.items():
        if isinstance(value, dict):
            tables += ["", f"[{key}]", *(f"{name} = {_toml_value(item)}" for name, item in value.items())]
        elif _is_section(value):
            for entry in value:
                tables += ["", f"[[{key}]]", *(f"{name} = {_toml_value(item)}" for name, item in entry.items())]
    return "\n".join([*plain, *tables]) + "\n"


def _is_table(value: Any) -> bool:
    return isinstance(value, dict) or _is_section(value)


def _toml_value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_toml_value, value))}]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml_value(item)}" for key, item in value.items()) + " }"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return repr(value)


def dropped(changes: Mapping[str, Change]) -> list[str]:
    """Ids of instruments that never exist."""
    return sorted(name for name, change in changes.items() if change.dropped)


def edited(changes: Mapping[str, Change]) -> dict[str, Change]:
    """Instruments that exist in another form."""
    return {name: change for name, change in sorted(changes.items()) if not change.dropped and not change.nothing}
