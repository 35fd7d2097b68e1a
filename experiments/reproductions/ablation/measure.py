"""Effects of the controls with every mechanism off in turn, and under every other rule of learning, in both arms."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from abm.backfire import Comparison
from abm.regimes import LEAD_BAND
from abm.scenario import Scenario
from abm.vocabulary import FIRM_HETEROGENEITY, LEARNING_RULES, MECHANISMS
from experiments.reproducing.findings import Columns, Findings, Floats, Number, median_of, share_of
from experiments.reproducing.setting import Setting

WHOLE = "as it is"
YEARS = ("2028", "2032")
EFFECTS = {"lead": ("lead", "months"), "output": ("domestic_output", "%"), "revenue": ("us_revenue", "%")}
"""Headline effects: name in `Effects` and unit shown; ratios become per cent."""
STRUCTURES = Path(__file__).parents[3] / "docs" / "calibration" / "structure.json"
SHOWN = 8
"""Mechanisms in the printed table, those that move the median effect on the lead most."""
PERCENT = 100.0
SURE = 2.0
"""Standard errors by which a median differs from none."""
RULE = "learning: "
"""What names of variants with another rule of learning begin with."""


def measure(setting: Setting) -> Findings:
    """Median effects of each variant at two horizons, and the smallest of them."""
    found = _variants(setting)
    medians = {
        (name, year, effect): median_of(f"{effect}_{year}", "", unit, *_values(one, year, effect))
        for name, one in found.items() for year in YEARS for effect, (_, unit) in EFFECTS.items()
    }  # fmt: skip
    moves = {name: _moves(found[WHOLE], one) for name, one in found.items() if name != WHOLE}
    numbers = [medians[WHOLE, year, effect] for year in YEARS for effect in EFFECTS]
    numbers = [_renamed(one, one.name, f"median effect on {_said(one.name)}, model as it is") for one in numbers]
    least = {year: _least(medians, year) for year in YEARS}
    numbers += [_renamed(one, f"least_lead_{year}", one.label) for year, one in least.items()]
    numbers += _counts(medians)
    moved = max(moves.items(), key=lambda item: item[1].value)
    numbers.append(_renamed(moved[1], "most_moved", f"share of pairs in another regime in 2032 without {moved[0]}"))
    tables: dict[str, Columns] = {"table": _printed(medians, moves), "variants": _all(medians), "refitted": _refitted()}
    return Findings(tuple(numbers), tables, None, _notes(medians, least))


def _variants(setting: Setting) -> dict[str, Comparison]:
    """The model as it is and each variant against no controls, all in the same worlds."""
    history = setting.scenario()
    variants = {WHOLE: history}
    variants |= {name: history.without(name) for name in MECHANISMS}
    variants |= {f"{RULE}{rule}": history.with_learning(rule) for rule in LEARNING_RULES[1:]}
    equal = {FIRM_HETEROGENEITY: variants.pop(FIRM_HETEROGENEITY)}  # firms are a matter of the world all arms share
    return {**_compared(setting, variants), **_compared(setting, equal)}


def _compared(setting: Setting, variants: Mapping[str, Scenario]) -> dict[str, Comparison]:
    arms = {(name, side): arm for name, one in variants.items()
            for side, arm in enumerate((one, one.counterfactual("none_0")))}  # fmt: skip
    found = setting.run({f"{name}|{side}": arm for (name, side), arm in arms.items()})
    return {name: Comparison(found[f"{name}|0"], found[f"{name}|1"]) for name in variants}


def _values(one: Comparison, year: str, effect: str) -> tuple[Floats, Any]:
    """One effect in every pair, ratios in per cent, and the groups; infinite where one arm makes no chips."""
    found = one.effects(year)[EFFECTS[effect][0]]
    values = PERCENT * np.expm1(found.values) if found.unit == "ln" else found.values
    return values, one.groups


def _moves(whole: Comparison, other: Comparison) -> Number:
    """Share of pairs that fall into another regime at the last horizon."""
    codes = [one.regimes(YEARS[-1]).codes for one in (whole, other)]
    known = (codes[0] >= 0) & (codes[1] >= 0)
    return share_of("moves", "", codes[0] != codes[1], whole.groups, known)


def _renamed(one: Number, name: str, label: str) -> Number:
    return Number(name, label, one.unit, one.value, one.low, one.high, one.n, one.error, one.interval)


def _said(name: str) -> str:
    effect, year = name.rsplit("_", 1)
    return {"lead": "the US lead", "output": "Chinese chip output", "revenue": "US vendors' revenue"}[
        effect
    ] + f" {year}"


type Medians = Mapping[tuple[str, str, str], Number]


def _ablated(medians: Medians) -> list[str]:
    return [name for name in dict.fromkeys(key[0] for key in medians) if name != WHOLE]


def _idle(medians: Medians, name: str) -> bool:
    """Whether a variant has the medians of the model as it is."""
    return all(medians[name, year, effect].value == medians[WHOLE, year, effect].value
               for year in YEARS for effect in EFFECTS)  # fmt: skip


def _clear(one: Number) -> bool:
    """Whether a median can be told from none."""
    return abs(one.value) > SURE * one.error


def _least(medians: Medians, year: str) -> Number:
    """The smallest median effect on the lead."""
    name = min(_ablated(medians), key=lambda one: medians[one, year, "lead"].value)
    found = medians[name, year, "lead"]
    return _renamed(found, "", f"smallest median effect on the lead {year} of all variants: {_off(name)}")


def _off(name: str) -> str:
    told = name.replace("_", " ")
    if name.startswith(RULE):
        return told
    return f"without {told}".replace(" us ", " US ").replace("chinas", "China's").replace(" rd ", " R&D ")


def _counts(medians: Medians) -> list[Number]:
    """How many variants turn a sign, or leave the lead within its band."""
    last = YEARS[-1]
    names = _ablated(medians)
    numbers = []
    for effect in EFFECTS:
        sign = np.sign(medians[WHOLE, last, effect].value)
        turned = sum(np.sign(medians[name, last, effect].value) != sign for name in names)
        label = f"variants of {len(names)} in which the median effect on {_said(f'{effect}_{last}')} has another sign"
        loose = 0.5 if _clear(medians[WHOLE, last, effect]) else len(names) / 4.0
        numbers.append(Number(f"turned_{effect}", label, "", float(turned), n=len(names), error=loose))
    within = sum(abs(medians[name, last, "lead"].value) <= LEAD_BAND for name in names)
    label = f"variants of {len(names)} whose median effect on the lead {last} is within {LEAD_BAND:g} month of none"
    numbers.append(Number("within_band", label, "", float(within), n=len(names), error=0.5))
    return numbers


# --- tables and notes -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Refit:
    """Median effects of a structure fitted to the facts anew, and its distance to them (docs/calibration.md)."""

    distance: float
    lead: tuple[float, float, float]
    revenue: tuple[float, float, float]


@lru_cache(maxsize=1)
def _structures() -> dict[str, Refit]:
    told = json.loads(STRUCTURES.read_text(encoding="utf-8"))["models"]
    return {
        one["name"].removeprefix("without "): Refit(
            one["distance"], _three(one["lead_months"]), _three(one["us_revenue_percent"])
        )
        for one in told
    }


def _three(told: list[float]) -> tuple[float, float, float]:
    low, middle, high = told
    return low, middle, high


def _ranked(medians: Medians) -> list[str]:
    """Variants by how far they move the median effect on the lead, the farthest first."""
    last, whole = YEARS[-1], medians[WHOLE, YEARS[-1], "lead"].value
    return sorted(_ablated(medians), key=lambda name: (-abs(medians[name, last, "lead"].value - whole), name))


def _printed(medians: Medians, moves: Mapping[str, Number]) -> Columns:
    """The variants that move the lead most, and the rules of learning."""
    ranked = _ranked(medians)
    most = [name for name in ranked if not name.startswith(RULE)][:SHOWN]
    names = [WHOLE, *most, *(name for name in ranked if name.startswith(RULE))]
    refits = _structures()
    last = YEARS[-1]
    return {
        "variant": [name if name == WHOLE else _off(name) for name in names],
        "lead_2028,_months": [_cell(medians[name, YEARS[0], "lead"]) for name in names],
        "lead_2032,_months": [_cell(medians[name, last, "lead"]) for name in names],
        "Chinese_output_2032,_%": [f"{medians[name, last, 'output'].value:+.0f}" for name in names],
        "US_revenue_2032,_%": [f"{medians[name, last, 'revenue'].value:+.1f}" for name in names],
        "regime_moves,_%": ["" if name == WHOLE else f"{PERCENT * moves[name].value:.0f}" for name in names],
        "lead_2032_refitted,_months": [
            f"{one.lead[1]:+.1f} ({one.lead[0]:+.1f} to {one.lead[2]:+.1f})" if (one := refits.get(name)) else ""
            for name in names
        ],
    }


def _cell(one: Number) -> str:
    return f"{one.value:+.1f} ({one.low:+.1f} to {one.high:+.1f})"


def _all(medians: Medians) -> Columns:
    """Every variant, ordered by the median effect on the lead at the last horizon."""
    last = YEARS[-1]
    names = sorted({key[0] for key in medians}, key=lambda name: (-medians[name, last, "lead"].value, name))
    table: Columns = {"variant": [name if name == WHOLE or name.startswith(RULE) else _off(name) for name in names]}
    table["variant"] = [name.replace("_", " ") for name in table["variant"]]
    for year in YEARS:
        for effect in EFFECTS:
            for part in ("value", "low", "high"):
                table[f"{effect}_{year}_{part}"] = [getattr(medians[name, year, effect], part) for name in names]
    return table


def _refitted() -> Columns:
    """Other structures fitted to the facts to 2024Q4, from docs/calibration/structure.json."""
    refits = _structures()
    return {
        "variant": [name if name == WHOLE else _off(name) for name in refits],
        "distance": [one.distance for one in refits.values()],
        "lead": [one.lead[1] for one in refits.values()],
        "low": [one.lead[0] for one in refits.values()],
        "high": [one.lead[2] for one in refits.values()],
        "revenue": [one.revenue[1] for one in refits.values()],
    }


def _notes(medians: Medians, least: Mapping[str, Number]) -> tuple[str, ...]:
    """What carries the lead, and what fitting anew says of it."""
    last, whole = YEARS[-1], medians[WHOLE, YEARS[-1], "lead"].value
    first = _ranked(medians)[0]
    left = medians[first, last, "lead"].value
    told = (
        f"Of all variants the model {_off(first)} moves the lead most: its median effect in {last} is "
        f"{left:+.1f} instead of {whole:+.1f} months."
    )
    idle = [name for name in _ablated(medians) if _idle(medians, name)]
    names = ", ".join(name.replace("_", " ") for name in idle)
    asleep = f"{len(idle)} of {len(MECHANISMS)} mechanisms change no median here, being idle under the script: {names}."
    refits = {name: one for name, one in _structures().items() if name != WHOLE}
    name, lowest = min(refits.items(), key=lambda item: item[1].lead[1])
    again = (
        f"Of {len(refits)} structures fitted anew to the facts to 2024Q4 the smallest median effect on the lead is "
        f"{lowest.lead[1]:+.1f} months ({lowest.lead[0]:+.1f} to {lowest.lead[2]:+.1f}), {_off(name)}; its distance "
        f"to the facts is {lowest.distance:.1f}, that of the model as it is {_structures()[WHOLE].distance:.1f}."
    )
    open_signs = [_said(f"{effect}_{last}") for effect in EFFECTS if not _clear(medians[WHOLE, last, effect])]
    unsettled = (
        f"The median effect on {' and '.join(open_signs)} cannot be told from none: turns of its sign say little."
        if open_signs else "All headline medians can be told from none in the model as it is."
    )  # fmt: skip
    sure = [f"{year}: {one.text}" for year, one in least.items()]
    return told, asleep, unsettled, again, "Smallest medians with 90 % of worlds: " + "; ".join(sure) + "."
