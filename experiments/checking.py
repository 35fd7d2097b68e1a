"""Check a user's TOML file, whichever kind it is."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from abm.policy import load_policy
from abm.policy_toml import HEAD, SECTIONS
from abm.scenario import KEYS, Scenario


class CheckError(ValueError):
    """A file of neither kind; one line with the cure."""


def kind_of(path: Path) -> str:
    """Tell a scenario from an instrument by the keys that only one of them has."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CheckError(f"{path}: no such file") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CheckError(f"{path}: not valid TOML: {error}") from None
    instrument = len(content.keys() & (HEAD.keys() | SECTIONS.keys()))
    scenario = len(content.keys() & KEYS.keys())
    if not instrument and not scenario:
        raise CheckError(
            f"{path}: neither a scenario (key 'mode') nor an instrument (keys 'id', 'actor', 'effective' and others)"
        )
    return "instrument" if instrument > scenario else "scenario"


def check_file(path: Path) -> dict[str, Any]:
    """Read the file as `curbs run` would; its kind, name and a summary, or the error that names the fault."""
    kind = kind_of(path)
    if kind == "scenario":
        scenario = Scenario.load(path)
        changes = f", {len(scenario.fixed)} fixed parameters" if scenario.fixed else ""
        summary = f"mode {scenario.mode}, {len(scenario.policy)} instruments, {scenario.continuation}{changes}"
        return {"kind": kind, "name": scenario.name, "summary": summary, "file": str(path)}
    (instrument,) = load_policy(path)
    load_policy().with_instruments(instrument)
    summary = f"{len(instrument.effects)} effects from {instrument.effective}"
    return {"kind": kind, "name": instrument.id, "summary": summary, "file": str(path)}
