"""Read one instrument from TOML and refuse what is wrong in one clear line (MODEL R1).

The format is described in docs of `SECTIONS`: a head, then any number of `[[clause]]`, `[[tools]]`, `[[service]]`,
`[[eda]]`, `[[hbm]]`, `[[cloud]]`, `[[listing]]`, `[[gate]]`, `[[mandate]]`, `[[subsidy]]`, `[[diversion_end]]`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from abm.policy_schema import (
    ALL,
    ATTRIBUTES,
    BUYER_CLASSES,
    CATEGORIES,
    END_USES,
    LISTS,
    NOTHING,
    SIDES,
    STATUSES,
    TOOL_CLASSES,
    TOOL_JURISDICTIONS,
    Clause,
    CloudStep,
    Condition,
    DiversionEnd,
    EdaStep,
    Effect,
    GateStep,
    HbmStep,
    Instrument,
    Level,
    Listing,
    MandateStep,
    ServiceStep,
    SubsidyStep,
    ToolStep,
    parse_condition,
)
from abm.scenario_values import nearest_of


class PolicyError(ValueError):
    """An instrument that cannot be used; the message names file, key, nearest valid name and cure."""


Reader = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Key:
    """How one key is read, and whether it must be there."""

    read: Reader
    required: bool = False


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("must be a non-empty text")
    return value


def _day(value: Any) -> date:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError(f"{value!r} is not a date; write 2024-12-02") from None


def _number(low: float, high: float) -> Reader:
    def read(value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError(f"{value!r} is not a number")
        if not low <= value <= high:
            raise ValueError(f"{value!r} is outside {low:g} to {high:g}")
        return float(value)

    return read


def _level(value: Any) -> Level:
    share = _number(0.0, 1.0)
    if not isinstance(value, Mapping):
        number = share(value)
        return Level(number, number, number)
    if set(value) != {"low", "mid", "high"}:
        raise ValueError("write a share of 0 to 1 or {low = .., mid = .., high = ..}")
    low, mid, high = (share(value[key]) for key in ("low", "mid", "high"))
    if not low <= mid <= high and not low >= mid >= high:
        raise ValueError("low, mid and high must be in order")
    return Level(low, mid, high)


def _one_of(names: tuple[str, ...]) -> Reader:
    def read(value: Any) -> str:
        if value not in names:
            raise ValueError(f"{value!r} is unknown{nearest_of(str(value), names)}")
        return str(value)

    return read


def _several(read_one: Reader) -> Reader:
    def read(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise ValueError('must be a list, as in ["..."]')
        return tuple(read_one(item) for item in value)

    return read


def _condition(value: Any) -> Condition:
    try:
        return parse_condition(_text(value))
    except KeyError as error:
        term = str(error.args[0])
        raise ValueError(f"{term!r} is not an attribute of a chip{nearest_of(term, ATTRIBUTES)}") from None


def _country(value: Any) -> str:
    if not isinstance(value, str) or len(value) != 2 or not value.isupper():
        raise ValueError(f"{value!r} is not a country code of two capital letters, such as CN (Hong Kong counts as CN)")
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def _buyer(value: Any) -> str:
    """Accept a buyer class or the id of a firm (upper case)."""
    if value in BUYER_CLASSES or (isinstance(value, str) and value.isupper()):
        return str(value)
    raise ValueError(f"{value!r} is neither a buyer class nor a firm id{nearest_of(str(value), BUYER_CLASSES)}")


_DATES = {"effective": Key(_day), "end": Key(_day)}

HEAD = {
    "id": Key(_text, required=True),
    "title": Key(_text, required=True),
    "actor": Key(_text, required=True),
    "jurisdiction": Key(_text, required=True),
    "side": Key(_one_of(SIDES), required=True),
    "category": Key(_one_of(CATEGORIES), required=True),
    "citation": Key(_text, required=True),
    "rows": Key(_several(_text)),
    "kind": Key(_one_of(("fact", "scenario"))),
    "announced": Key(_day),
    "leak_lead_months": Key(_number(0.0, 24.0)),
    "effective": Key(_day, required=True),
    "end": Key(_day),
    "china_side": Key(_one_of(("baseline", "reaction"))),
    "supersedes": Key(_several(_text)),
    "enforces": Key(_text),
    "note": Key(_text),
}
"""Keys of an instrument itself."""

_SHARE = _number(0.0, 1.0)

SECTIONS: dict[str, dict[str, Key]] = {
    "clause": {
        "name": Key(_text, required=True),
        "status": Key(_one_of(STATUSES)),
        "when": Key(_several(_condition)),
        "any_of": Key(_several(_condition)),
        "relaxes": Key(_several(_one_of(STATUSES[1:]))),
        "review": Key(_one_of(("presumption_of_denial", "case_by_case"))),
        "granted": Key(_level),
        "channel": Key(_one_of(("sale", "foundry"))),
        "destinations": Key(_several(_country)),
        "headquarters": Key(_flag),
        "end_uses": Key(_several(_one_of(END_USES))),
        "buyers": Key(_several(_buyer)),
        "sellers": Key(_several(_text)),
        "foundries": Key(_several(_text)),
        "volume_cap": Key(_number(0.0, 9.0)),
        "duty": Key(_number(0.0, 5.0)),
        "revenue_share": Key(_SHARE),
    },
    "tools": {
        "jurisdictions": Key(_several(_one_of(TOOL_JURISDICTIONS)), required=True),
        "classes": Key(_several(_one_of(TOOL_CLASSES)), required=True),
        "models": Key(_text, required=True),
        "denial": Key(_level, required=True),
        "covers": Key(_level),
        "recipients": Key(_one_of(("chinese_fabs", "foreign_fabs"))),
        "node_floor_nm": Key(_number(0.0, 100.0)),
    },
    "service": {
        "jurisdictions": Key(_several(_one_of(TOOL_JURISDICTIONS)), required=True),
        "denial": Key(_level, required=True),
    },
    "eda": {"scope": Key(_text, required=True), "denial": Key(_level, required=True), "covers": Key(_level)},
    "hbm": {"open": Key(_level, required=True), "co_packaged_open": Key(_level)},
    "cloud": {"coverage": Key(_level, required=True)},
    "listing": {
        "firms": Key(_several(_text), required=True),
        "list": Key(_one_of(LISTS), required=True),
        "buyer_class": Key(_one_of(BUYER_CLASSES)),
    },
    "gate": {"buyers": Key(_several(_one_of(BUYER_CLASSES)), required=True), "allowed": Key(_level, required=True)},
    "mandate": {"buyers": Key(_several(_one_of(BUYER_CLASSES)), required=True), "floor": Key(_level, required=True)},
    "subsidy": {
        "usd_bn": Key(_number(0.0, 1000.0), required=True),
        "years": Key(_number(0.25, 30.0), required=True),
    },
    "diversion_end": {},
}
"""Keys of each kind of effect; every effect may also have its own `effective` and `end`."""


def _read(where: str, keys: Mapping[str, Key], table: Any) -> dict[str, Any]:
    if not isinstance(table, Mapping):
        raise PolicyError(f"{where}: must be a table of keys")
    for name in table:
        if name not in keys:
            raise PolicyError(f"{where}: unknown key {name!r}{nearest_of(name, keys)}")
    for name, key in keys.items():
        if key.required and name not in table:
            raise PolicyError(f"{where}: key {name!r} is missing; add it")
    values = {}
    for name, value in table.items():
        try:
            values[name] = keys[name].read(value)
        except ValueError as error:
            raise PolicyError(f"{where}: key {name!r}: {error}") from None
    return values


def _clause(where: str, values: dict[str, Any]) -> list[Effect]:
    status, review = values.get("status"), values.pop("review", None)
    attaches = any(values.get(key) for key in ("duty", "revenue_share")) or values.get("volume_cap") is not None
    if status is None and not attaches:
        raise PolicyError(f"{where}: no effect; add key 'status', 'duty', 'revenue_share' or 'volume_cap'")
    if status is None and values.get("relaxes"):
        raise PolicyError(f"{where}: key 'relaxes' needs key 'status', the result it brings")
    if status == "licence" and review is None:
        raise PolicyError(f"{where}: status 'licence' needs key 'review' (presumption_of_denial or case_by_case)")
    if review == "case_by_case" and "granted" not in values:
        raise PolicyError(f"{where}: review 'case_by_case' needs key 'granted', the share of orders licensed")
    if status in ("free", "denied") and "granted" in values:
        raise PolicyError(f"{where}: key 'granted' has no meaning with status {status!r}; remove it")
    values.setdefault("granted", ALL if status in ("free", "nac") else NOTHING)
    return [Clause(**values)]


def _effects(section: str, where: str, values: dict[str, Any]) -> list[Effect]:
    """Build the effects of one section entry; tools and service spread over their jurisdictions."""
    if section == "clause":
        return _clause(where, values)
    if section == "tools":
        places, classes = values.pop("jurisdictions"), values.pop("classes")
        return [ToolStep(jurisdiction=place, tool_class=kind, **values) for place in places for kind in classes]
    if section == "service":
        return [ServiceStep(jurisdiction=place, **values) for place in values.pop("jurisdictions")]
    makers: dict[str, Callable[..., Effect]] = {
        "eda": EdaStep,
        "hbm": HbmStep,
        "cloud": CloudStep,
        "listing": Listing,
        "gate": GateStep,
        "mandate": MandateStep,
        "subsidy": SubsidyStep,
        "diversion_end": DiversionEnd,
    }
    return [makers[section](**values)]


def _section(name: str, section: str, entries: Any, head: Mapping[str, Any]) -> list[Effect]:
    if not isinstance(entries, list):
        raise PolicyError(f"{name}: section {section!r} must be written with double brackets, [[{section}]]")
    effects: list[Effect] = []
    for number, entry in enumerate(entries, 1):
        where = f"{name}: [[{section}]] {number}"
        values = _read(where, {**SECTIONS[section], **_DATES}, entry)
        values.setdefault("effective", head["effective"])
        values.setdefault("end", head.get("end"))
        if values["end"] is not None and values["end"] < values["effective"]:
            raise PolicyError(f"{where}: key 'end' ({values['end']}) lies before 'effective' ({values['effective']})")
        effects += _effects(section, where, values)
    return effects


def read_instrument(path: Path) -> Instrument:
    """Read one instrument from a TOML file; raise `PolicyError` with one line that names the cure."""
    name = path.name
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PolicyError(f"{path}: no such file") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PolicyError(f"{name}: not valid TOML: {error}") from None
    for key in content:
        if key not in HEAD and key not in SECTIONS:
            raise PolicyError(f"{name}: unknown key {key!r}{nearest_of(key, [*HEAD, *SECTIONS])}")
    head = _read(name, HEAD, {key: value for key, value in content.items() if key in HEAD})
    effects: list[Effect] = []
    for section in SECTIONS:
        if section in content:
            effects += _section(name, section, content[section], head)
    if not effects:
        raise PolicyError(f"{name}: no effect; add a section such as [[clause]] (sections: {', '.join(SECTIONS)})")
    if head["side"] == "china" and "china_side" not in head:
        raise PolicyError(f"{name}: side 'china' needs key 'china_side' (baseline or reaction)")
    head.pop("end", None)
    head.setdefault("announced", head["effective"])
    if head["announced"] > min(effect.effective for effect in effects):
        raise PolicyError(f"{name}: key 'announced' ({head['announced']}) lies after the first effect")
    return Instrument(**head, effects=tuple(effects))
