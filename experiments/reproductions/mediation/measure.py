"""Effects of the controls with China's state, all states, firms, or both standing still, in the same worlds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from abm.audit import STATE_REACTIONS, MediationRow, mediation_rows
from abm.backfire import Comparison
from abm.intervals import resamples
from abm.scenario import Scenario
from abm.vocabulary import CHINAS_STEPS
from experiments.reproducing.findings import Columns, Findings, Floats, Integers, Number, median_of
from experiments.reproducing.setting import Setting

LAST, EARLY = "2032", "2028"
CHINA = (CHINAS_STEPS, "mobilisation", "subsidy", "mandate", "import_gate", "counter_controls")
"""What China's state does about the controls: steps of the script, and its own decisions."""
BUYERS = ("hazard", "stockpiling", "grey_market", "offshore", "shortage_to_research")
"""What Chinese firms do about the controls, besides how they divide their research (learning)."""
VENDORS = ("redesign",)
FROZEN_MIX = "fixed"
SHOWN = {"lead": "US lead", "domestic_output": "Chinese output", "us_revenue": "US revenue",
         "us_revenue_china": "US revenue from China", "compute_cn": "China's compute"}  # fmt: skip
OUTPUT = "domestic_output"
SHORT = {"lead": "lead", "us_revenue": "revenue"}
MEASURED = {"lead": ("state", "firms", "buyers", "vendors", "everybody"), "us_revenue": ("state", "firms", "vendors")}
"""Who stands still, by the effects of which the part that is left is told."""
AGAINST = {"state": "against China's state's answer", "firms": "against firms' answer"}
BY_RULE = "all states stand still, thresholds by US rule"
NOBODY = "nobody"
TAIL = 0.05
Z = 1.645


@dataclass(frozen=True)
class Still:
    """Who does not answer: the arms, and the name in words."""

    name: str
    label: str
    with_controls: Scenario
    without: Scenario


def measure(setting: Setting) -> Findings:
    """What is left of each effect, by who stands still."""
    history = setting.scenario()
    still = {one.name: one for one in _still(history)}
    found = _run(setting, still)
    ruled = _still(history.with_continuation("rule"))
    by_rule = _run(setting, {one.name: one for one in ruled if one.name in (NOBODY, "states")})
    main = found[NOBODY]
    left = {name: _rows(main, one, LAST) for name, one in found.items() if name != NOBODY}
    numbers = [
        _left(main, found[name], effect, f"left_{SHORT[effect]}_{name}", still[name].label)
        for effect, names in MEASURED.items()
        for name in names
    ]
    numbers = [
        _direct(main, found[name], effect, f"direct_{short}_{name}", AGAINST[name])
        for effect, short in (("lead", "lead"), (OUTPUT, "output"))
        for name in AGAINST
    ] + numbers
    numbers += [
        _left(by_rule[NOBODY], by_rule["states"], effect, f"left_{short}_states_by_rule", BY_RULE)
        for effect, short in SHORT.items()
    ]
    tables: dict[str, Columns] = {
        "table": _printed(left, still),
        "parts": _parts(main, found, still),
        "early": _printed({name: _rows(main, one, EARLY) for name, one in found.items() if name != NOBODY}, still),
    }
    return Findings(tuple(numbers), tables, None, _notes(main, found, still))


def _still(history: Scenario) -> list[Still]:
    """Who stands still, by arm.

    States stand still in the arm with controls, which they answer. Firms stand still in both arms: what they do, they
    do in a world without controls too, and only what the controls change of it is an answer.
    """
    none = history.counterfactual("none_0")

    def firms(arm: Scenario, *off: str) -> Scenario:
        return arm.without(*off).with_learning(FROZEN_MIX)

    both = (*BUYERS, *VENDORS)
    return [
        Still(NOBODY, "all answer", history, none),
        Still("state", "China's state stands still", history.without(*CHINA), none),
        Still("states", "all states stand still", history.without(*STATE_REACTIONS), none),
        Still("buyers", "Chinese firms stand still", firms(history, *BUYERS), firms(none, *BUYERS)),
        Still("vendors", "US vendors stand still", history.without(*VENDORS), none.without(*VENDORS)),
        Still("firms", "firms of both stand still", firms(history, *both), firms(none, *both)),
        Still("everybody", "states and firms stand still", firms(history, *both, *STATE_REACTIONS), firms(none, *both)),
    ]


def _run(setting: Setting, still: Mapping[str, Still]) -> dict[str, Comparison]:
    """All pairs in the same worlds."""
    arms = {f"{name} {side}": arm for name, one in still.items()
            for side, arm in (("with", one.with_controls), ("without", one.without))}  # fmt: skip
    found = setting.run(arms)
    return {name: Comparison(found[f"{name} with"], found[f"{name} without"]) for name in still}


# --- parts ------------------------------------------------------------------------------------------------------------


def _rows(main: Comparison, one: Comparison, horizon: str) -> dict[str, MediationRow]:
    """Whole, direct part and part through the answer, of each effect."""
    rows = mediation_rows(main.effects(horizon), one.effects(horizon), main.groups)
    return {row.effect: row for row in rows}


def _left(main: Comparison, one: Comparison, effect: str, name: str, label: str) -> Number:
    """Mean effect that is left, over the whole mean effect, with a bootstrap over points."""
    whole, direct = (each.effects(LAST)[effect].values for each in (main, one))
    known = np.isfinite(whole) & np.isfinite(direct)
    ratio, drawn = _ratio(direct[known], whole[known], main.groups[known])
    low, high = np.quantile(drawn, [TAIL, 1.0 - TAIL])
    text = f"part of the effect on {SHOWN[effect]} that is left when {label}"
    return Number(name, text, "", ratio, float(low), float(high), int(known.sum()), _spread(drawn),
                  "90 % over parameter points")  # fmt: skip


def _direct(main: Comparison, one: Comparison, effect: str, name: str, label: str) -> Number:
    """Direct part over both parts in size, world by world.

    Both sizes are added, so that the measure is defined where direct effect and answer cancel and the whole is near 0.
    """
    whole, direct = (each.effects(LAST)[effect].values for each in (main, one))
    both = np.abs(direct) + np.abs(whole - direct)
    known = np.isfinite(both) & (both > 0.0)
    shares = np.where(known, np.abs(direct) / np.where(known, both, 1.0), np.nan)
    return median_of(name, f"direct part of what makes the effect on {SHOWN[effect]}, {label}", "", shares, main.groups)


def _ratio(part: Floats, whole: Floats, groups: Integers) -> tuple[float, Floats]:
    """Ratio of sums, and the same of samples of whole points."""
    _, place = np.unique(groups, return_inverse=True)
    sums = [np.bincount(place, weights=values) for values in (part, whole)]
    drawn = [(weight @ sums[0]) / (weight @ sums[1]) for weight in resamples(int(place.max()) + 1)]
    return float(sums[0].sum() / sums[1].sum()), np.concatenate(drawn)


def _spread(drawn: Floats) -> float:
    """Standard error from the middle 90 %, since a ratio has tails."""
    low, high = np.quantile(drawn, [TAIL, 1.0 - TAIL])
    return float(high - low) / (2.0 * Z)


# --- tables and notes -------------------------------------------------------------------------------------------------


def _printed(left: Mapping[str, Mapping[str, MediationRow]], still: Mapping[str, Still]) -> Columns:
    """Mean effects by who stands still, with 90 % intervals over points."""
    names = list(left)
    first = left[names[0]]
    table: Columns = {"who_stands_still": ["nobody", *(still[name].label for name in names)]}
    for effect, label in SHOWN.items():
        head = f"{label}, {first[effect].unit}".replace(" ", "_")
        table[head] = [_cell(first[effect].total), *(_cell(left[name][effect].direct) for name in names)]
    return table


def _cell(one: tuple[float, float, float]) -> str:
    mean, low, high = one
    return f"{mean:+.2f} ({low:+.2f} to {high:+.2f})"


def _parts(main: Comparison, found: Mapping[str, Comparison], still: Mapping[str, Still]) -> Columns:
    """The same as numbers, for the figure."""
    rows = []
    for effect, label in SHOWN.items():
        for place, name in enumerate(one for one in found if one != NOBODY):
            row = _rows(main, found[name], LAST)[effect]
            if not place:
                rows.append((effect, label, still[NOBODY].label, row.unit, *row.total))
            rows.append((effect, label, still[name].label, row.unit, *row.direct))
    heads = ("effect", "label", "still", "unit", "mean", "low", "high")
    return {head: [row[place] for row in rows] for place, head in enumerate(heads)}


def _notes(main: Comparison, found: Mapping[str, Comparison], still: Mapping[str, Still]) -> tuple[str, ...]:
    """Which answer changes each effect most."""
    said = []
    for effect in ("lead", "domestic_output", "us_revenue"):
        rows = {name: _rows(main, one, LAST)[effect] for name, one in found.items() if name in ("states", "firms")}
        name, row = max(rows.items(), key=lambda item: abs(item[1].mediated[0]))
        clear = row.mediated[1] > 0.0 or row.mediated[2] < 0.0
        said.append(
            f"{SHOWN[effect]}: the larger of the two answers is that of {name}, {_cell(row.mediated)} {row.unit} of "
            f"{_cell(row.total)}{'' if clear else ', not clearly different from none'}."
        )
    return (*said, "Means over pairs in which both effects are finite; intervals over parameter points.")
