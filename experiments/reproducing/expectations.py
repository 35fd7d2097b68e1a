"""What a study must find (`expected.toml`): recorded values with tolerances and reasons, and how they compare."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from math import isclose, isnan
from pathlib import Path
from typing import Any

import tomli_w

from experiments.products import write_text
from experiments.reproducing.findings import Number
from experiments.reproducing.study import EXPECTED, MODES, ReproductionError, Study

REPRODUCED, WITHIN, DIFFERS, NOT_RUN = "reproduced", "within tolerance", "differs", "not run"
DIGITS = 1e-6
"""Relative difference up to which two numbers are the same: what other processors and libraries may change."""
ERRORS = 3.0
"""Tolerance in standard errors of a number, so that other seeds and machines agree in almost all cases."""
EXACT = "no sampling error measured: the same bits on every machine"
HEADER = """# What the study must find: recorded by `curbs bless`, checked by `curbs reproduce`.
# A value agrees within its tolerance. Tolerances and reasons may be edited; they are kept.

"""
KEYS = ("value", "tolerance", "reason")


@dataclass(frozen=True)
class Compared:
    """One number beside what was recorded.

    Attributes
    ----------
    status : one of reproduced, within tolerance, differs, not run (nothing recorded, or nothing found).
    """

    name: str
    status: str
    found: float
    expected: float
    tolerance: float
    reason: str


@dataclass(frozen=True)
class Expected:
    """Recorded values of a study in one mode."""

    verdict: str
    why: str
    numbers: Mapping[str, Mapping[str, Any]]


def load_expected(study: Study, mode: str) -> Expected | None:
    """What was recorded; None if nothing was.

    Raises
    ------
    ReproductionError
        Not valid TOML, an unknown key, or a value that is no number.
    """
    path = study.folder / EXPECTED
    told = _read(path).get(mode)
    if told is None:
        return None
    for name, one in told.get("numbers", {}).items():
        if set(one) != set(KEYS):
            raise ReproductionError(f"{path}: [{mode}.numbers.{name}] has the keys {', '.join(KEYS)}: {sorted(one)}")
        for key in KEYS[:2]:
            if isinstance(one[key], bool) or not isinstance(one[key], int | float):
                raise ReproductionError(f"{path}: [{mode}.numbers.{name}] {key} must be a number, not {one[key]!r}")
        if not one["tolerance"] >= 0.0:
            raise ReproductionError(f"{path}: [{mode}.numbers.{name}] tolerance must be at least 0")
    return Expected(told["verdict"], told["why"], told.get("numbers", {}))


def _read(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ReproductionError(f"{path}: not valid TOML: {error}") from None
    for mode, section in told.items():
        if mode not in MODES or not {"verdict", "why"} <= set(section) <= {"verdict", "why", "numbers"}:
            raise ReproductionError(f"{path}: expected [quick] and [full] with verdict, why and numbers, not [{mode}]")
    return told


def compare(expected: Expected | None, numbers: Mapping[str, Number], verdict: str) -> tuple[str, tuple[Compared, ...]]:
    """Status of a study, and of each of its numbers.

    A study is reproduced if its verdict and all its numbers are; it differs if one number or the verdict does.
    """
    if expected is None:
        return NOT_RUN, ()
    names = dict.fromkeys([*numbers, *expected.numbers])
    rows = tuple(_compared(name, numbers.get(name), expected.numbers.get(name)) for name in names)
    found = {one.status for one in rows}
    if verdict != expected.verdict or {DIFFERS, NOT_RUN} & found:
        return DIFFERS, rows
    return (WITHIN if WITHIN in found else REPRODUCED), rows


def _compared(name: str, found: Number | None, expected: Mapping[str, Any] | None) -> Compared:
    if expected is None or found is None:
        value = float("nan") if found is None else found.value
        return Compared(name, NOT_RUN, value, float("nan") if expected is None else float(expected["value"]), 0.0, "")
    value, tolerance = float(expected["value"]), float(expected["tolerance"])
    same = (isnan(value) and isnan(found.value)) or isclose(found.value, value, rel_tol=DIGITS, abs_tol=1e-9)
    status = REPRODUCED if same else WITHIN if abs(found.value - value) <= tolerance else DIFFERS
    return Compared(name, status, found.value, value, tolerance, str(expected["reason"]))


def bless(study: Study, mode: str, numbers: Mapping[str, Number], verdict: str, why: str) -> Path:
    """Record what was found as what must be found; the reason stands in the file."""
    path = study.folder / EXPECTED
    told = _read(path)
    before = told.get(mode, {}).get("numbers", {})
    recorded = {name: _recorded(number, before.get(name)) for name, number in numbers.items()}
    told[mode] = {"verdict": verdict, "why": why, "numbers": recorded}
    ordered = {name: told[name] for name in MODES if name in told}
    write_text(path, HEADER + tomli_w.dumps(ordered))
    return path


def _recorded(number: Number, before: Mapping[str, Any] | None) -> dict[str, Any]:
    """Value with a tolerance of its own; one that somebody set by hand is kept."""
    tolerance, reason = float(f"{ERRORS * number.error:.2g}"), EXACT
    if number.error > 0.0:
        reason = f"{ERRORS:g} standard errors between samples of parameter points, {number.n} worlds"
    if before is not None and not _written(str(before["reason"])):
        tolerance, reason = float(before["tolerance"]), str(before["reason"])
    return {"value": number.value, "tolerance": tolerance, "reason": reason}


def _written(reason: str) -> bool:
    """Whether a reason was written by `bless` itself."""
    return reason == EXACT or "standard errors between samples" in reason
