"""Licences at several shares of revenue and caps, with and without China's limits, against denial."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from abm.backfire import Comparison
from abm.beliefs import PRIOR
from abm.calendar import quarter_index
from abm.outcomes import Floats, present_value
from abm.policy import Policy, script_until
from abm.policy_schema import ALL, GateStep, Instrument
from abm.regimes import LEAD_BAND
from abm.results import Results
from abm.scenario import Scenario
from abm.timeline import shipped_history
from experiments.reproducing.findings import Columns, Findings, Integers, Number, Worlds, median_of, on_grid, worlds_of
from experiments.reproducing.setting import Setting

LICENCES = ("us_2025_08_revenue_share_licences", "us_2026_01_case_by_case")
"""Licences of the script, which the one rule of the study replaces."""
MODEL = LICENCES[-1]
SHARES = (0.0, 0.15, 0.3, 0.6)
CAPS = {0.5: "half", 0.05: "a twentieth"}
"""Sales in China over the vendor's US sales, and its name."""
GATES = {"on": "China's limits", "off": "no Chinese limits"}
GATES_FROM = date(2025, 1, 1)
SHARE, CAP, GATE = 0.15, 0.5, "on"
"""What the verdict is about."""
HORIZON = "2032Q4"
STEP = quarter_index(HORIZON)
CHANNEL = "cross_bloc_access_loss"
"""Access to the other bloc's research falls with all that the law denies, whether it is bought or not, at this rate."""
DIGITS = 3
"""Of months: what is less is rounding of the computer."""
PERCENT = 100.0


@dataclass(frozen=True)
class Rule:
    """A licence: share of revenue, cap, and China's gate; without share and cap it is denial."""

    gate: str
    share: float | None = None
    cap: float | None = None

    @property
    def name(self) -> str:
        """Name of its arm."""
        return f"{self.gate} {self.share} {self.cap}"


GRID = tuple(Rule(gate, share, cap) for gate in GATES for cap in CAPS for share in SHARES)
TESTED = Rule(GATE, SHARE, CAP)


def measure(setting: Setting) -> Findings:
    """What every licence brings and costs against denial under the same gate."""
    rules = [TESTED, Rule(GATE)] if setting.beliefs == PRIOR else [*GRID, *map(Rule, GATES)]
    arms = {rule.name: scenario_of(setting, rule) for rule in rules}
    closed = {rule.name: arms[rule.name].with_parameters(**{CHANNEL: 0.0}) for rule in (TESTED, Rule(GATE))}
    found = setting.run(arms)
    tested = effects_of(found, TESTED)
    worlds = _worlds(found, tested)
    if setting.beliefs == PRIOR:
        return Findings((), {}, worlds)
    effects = {rule: effects_of(found, rule) for rule in GRID}
    points = found[TESTED.name].point
    channel_off = np.round(effects_of(setting.run(closed), TESTED)["lead"], DIGITS) + 0.0
    label = f"US lead at {PERCENT * SHARE:.0f} %, if denial costs no access to research"
    numbers = (*_numbers(effects, points), median_of("lead_channel_off", label, "months", channel_off, points))
    return Findings(numbers, {"table": _table(effects, points)}, worlds, _notes(numbers))


def scenario_of(setting: Setting, rule: Rule) -> Scenario:
    """History without the script's licences, with that of the rule, and China's gate open if asked."""
    policy = script_until(shipped_history()).without(LICENCES)
    if rule.gate == "off":
        policy = _open(policy)
    if rule.share is not None:
        policy = policy.with_instruments(licence(rule.share, rule.cap))
    return setting.scenario().with_policy(policy).with_china_gate(rule.gate)


def licence(share: float, cap: float | None) -> Instrument:
    """The rule of January 2026 for every order, against a share of the revenue."""
    model = shipped_history()[MODEL]
    clause = replace(
        model.clauses[0],
        granted=ALL,
        volume_cap=cap,
        revenue_share=share,
        end=None,
        relaxes=("nac", "licence", "denied"),
    )
    return replace(model, id="licences_for_a_share", effects=(clause,))


def _open(policy: Policy) -> Policy:
    """The policy without China's limits on imports."""
    kept = []
    for one in policy:
        effects = tuple(
            effect
            for effect in one.effects
            if not (isinstance(effect, GateStep) and effect.effective >= GATES_FROM)
        )  # fmt: skip
        if effects:
            kept.append(replace(one, effects=effects))
    return Policy(tuple(kept))


def effects_of(found: Mapping[str, Results], rule: Rule) -> dict[str, Floats]:
    """Money in USD bn, lead in months, self-reliance in percentage points, against denial."""
    run, denial = found[rule.name], found[Rule(rule.gate).name]
    effects = Comparison(run, denial).effects(HORIZON)
    taken = present_value(run.series("duty"))[:, STEP] - present_value(denial.series("duty"))[:, STEP]
    profit = effects["us_profit"].values
    return {
        "treasury": taken,
        "profit": profit,
        "receipts": taken + profit,
        "lead": effects["lead"].values,
        "reliance": effects["self_reliance"].values,
    }


def _worlds(found: Mapping[str, Results], tested: Mapping[str, Floats]) -> Worlds:
    """Worlds in which the tested licence brings more and costs at most a month."""
    holds = (tested["receipts"] > 0.0) & (tested["lead"] >= -LEAD_BAND)
    known = np.isfinite(tested["receipts"]) & np.isfinite(tested["lead"])
    return worlds_of(found[TESTED.name], holds, known & found[Rule(GATE).name].ok)


def _numbers(effects: Mapping[Rule, Mapping[str, Floats]], points: Integers) -> tuple[Number, ...]:
    """The tested licence, the same without China's limits or with a low cap, and the best shares."""
    tested, free = effects[TESTED], effects[replace(TESTED, gate="off")]
    capped = effects[Rule("off", SHARE, min(CAPS))]
    high = effects[replace(TESTED, share=max(SHARES))]
    at = f"at {PERCENT * SHARE:.0f} %"
    return (
        median_of("treasury", f"Treasury's take {at}", "USD bn", tested["treasury"], points),
        median_of("profit", f"US vendors' profit {at}", "USD bn", tested["profit"], points),
        median_of("receipts", f"both together {at}", "USD bn", tested["receipts"], points),
        median_of("lead", f"US lead {at}", "months", tested["lead"], points),
        median_of("reliance", f"China's self-reliance {at}", "percentage points", tested["reliance"], points),
        median_of("treasury_open", f"Treasury's take {at}, no Chinese limits", "USD bn", free["treasury"], points),
        median_of("treasury_capped", f"Treasury's take {at}, no Chinese limits, cap of a twentieth", "USD bn",
                  capped["treasury"], points),
        median_of("treasury_high", f"Treasury's take at {PERCENT * max(SHARES):.0f} %", "USD bn", high["treasury"],
                  points),
        median_of("receipts_high", f"both together at {PERCENT * max(SHARES):.0f} %", "USD bn", high["receipts"],
                  points),
        on_grid(median_of("best_treasury", "share, of those tried, that brings the Treasury most", "%",
                          _best(effects, "treasury"), points), PERCENT * SHARE),
        on_grid(median_of("best_receipts", "share, of those tried, that brings both together most", "%",
                          _best(effects, "receipts"), points), PERCENT * SHARE),
    )  # fmt: skip


def _best(effects: Mapping[Rule, Mapping[str, Floats]], what: str) -> Floats:
    """Share of revenue with the highest value in each world, under the tested cap and gate; NaN where one failed."""
    tried = np.stack([effects[replace(TESTED, share=share)][what] for share in SHARES], axis=1)
    known = np.isfinite(tried).all(axis=1)
    best = np.argmax(np.where(known[:, None], tried, 0.0), axis=1)
    return np.where(known, PERCENT * np.asarray(SHARES)[best], np.nan)


def _table(effects: Mapping[Rule, Mapping[str, Floats]], points: Integers) -> Columns:
    """Medians of the whole grid, and the interval of the lead."""
    found = {
        (rule, what): median_of("", "", "", values, points)
        for rule, each in effects.items()
        for what, values in each.items()
    }
    table: Columns = {
        "China": [GATES[rule.gate] for rule in effects],
        "cap": [CAPS[rule.cap] for rule in effects if rule.cap is not None],
        "share_percent": [PERCENT * (rule.share or 0.0) for rule in effects],
    }
    units = {"treasury": "USD_bn", "profit": "USD_bn", "receipts": "USD_bn", "lead": "months", "reliance": "pp"}
    for what, unit in units.items():
        table[f"{what}_{unit}"] = [found[rule, what].value for rule in effects]
    return table


def _notes(numbers: tuple[Number, ...]) -> tuple[str, ...]:
    """What China's limits leave of the take."""
    value = {one.name: one for one in numbers}
    limits, free, capped = (value[name].value for name in ("treasury", "treasury_open", "treasury_capped"))
    return (
        f"China's own limits leave the Treasury {PERCENT * limits / free:.0f} % of the median take that it would have "
        f"without them, a cap of a twentieth of US sales {PERCENT * capped / free:.0f} %.",
        f"Without the loss of access to research across blocs the lead changes by {value['lead_channel_off'].text} "
        f"instead of {value['lead'].text}: that channel follows the law, not what is bought under it.",
        "Money is the present value at 8 % a year from 2022Q3 to 2032Q4, against the same law without licences and "
        "with the same Chinese limits.",
    )
