"""Regimes under three continuations, how long until each part backfires, and what full backfire would take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from abm.audit import Audit
from abm.backfire import BAND_FACTORS, HORIZONS, Backfire, Comparison
from abm.beliefs import POSTERIOR
from abm.continuing import VARIANTS, side_by_side
from abm.leverage import measured_step
from abm.regimes import NAMES, UNDEFINED
from abm.results import horizon_step
from abm.running import Request
from abm.scenario import Scenario
from abm.verdicts import RegimeTable
from experiments.reproducing.findings import Bools, Columns, Findings, Number, median_of, share_of, worlds_of
from experiments.reproducing.setting import Setting

LAST = HORIZONS[-1]
BACKFIRE = "full backfire"
FIXED = VARIANTS[0].name
CONTINUATIONS = {"freeze_abs": "fixed", "freeze_rel": "slide", "rule": "by US rule"}
"""What thresholds do after the script, in words."""
LARGEST = 0.5
"""Upper end of the prior of China's mobilisation, as a share of planned spending (parameters.toml)."""
DIMENSIONS = {
    "lead": "US lead shorter by a month",
    "domestic_output": "Chinese output up 28 %",
    "us_revenue": "US vendors' revenue down 3 %",
    "relative_pain": "the US hurt more than China",
}
PERCENT = 100.0
Z = 1.645


def measure(setting: Setting) -> Findings:
    """In which worlds all three parts of the claim come together, and how close the others are to it."""
    if setting.beliefs != POSTERIOR:  # of the prior the verdict needs the share alone
        only = setting.compare(setting.scenario(), leverage=(LAST,))
        return Findings((), {}, worlds_of(only.controls, _is(only, BACKFIRE), _known(only)))
    found = _continuations(setting)
    main = found[FIXED]
    stress = _stress(setting)
    times = main.time_to_backfire()
    audited = main if _is(main, BACKFIRE).any() else max(stress.values(), key=lambda one: int(_is(one, BACKFIRE).sum()))
    audit = audited.audit(LAST, BACKFIRE) if _is(audited, BACKFIRE).any() else None
    numbers = [
        *_by_continuation(found),
        *_parts(main, times),
        *_bands(main),
        *_stress_numbers(stress),
        *_audited(audit),
    ]
    tables: dict[str, Columns] = {
        "table": _printed(found),
        "regimes": _regimes(found),
        "survival": _survival(times),
        "stress": _stress_table(stress),
        "moves": _moves(main),
        "audit": _audit_table(audit),
    }
    notes = (
        f"Decoupling rests on {main.regimes(LAST).decoupling_rests_on}.",
        _told(main, audit, audited is main),
        "Time to backfire is the first quarter from which a part stays beyond its band for four quarters, whether or "
        "not it comes back later; a regime looks at the horizon alone.",
    )
    return Findings(tuple(numbers), tables, worlds_of(main.controls, _is(main, BACKFIRE), _known(main)), notes)


def _continuations(setting: Setting) -> dict[str, Comparison]:
    """History against no controls under each continuation, with leverage, in one run."""
    arms = [one.change(setting.scenario()) for one in VARIANTS]
    request = Request(setting.worlds, setting.seed, setting.replications, setting.threads)
    steps = [measured_step(horizon_step(one)) for one in HORIZONS]
    pairs = [(arm, arm.counterfactual("none_0")) for arm in arms]
    return dict(zip([one.name for one in VARIANTS], side_by_side(pairs, request, steps), strict=True))


def _stress(setting: Setting) -> dict[str, Comparison]:
    """The same pairs in worlds that are made to favour a backfire, one assumption after the other."""
    history = setting.scenario()
    money = {"mobilisation_cn": LARGEST}
    worlds: Mapping[str, Scenario] = {
        "access to research is not cut": history.with_parameters(cross_bloc_access_loss=0.0),
        "China mobilises as much as the prior allows": history.with_parameters(**money),
        "no know-how spreads between firms": history.without("knowledge_spillovers"),
        "no know-how spreads, and China mobilises": history.without("knowledge_spillovers").with_parameters(**money),
    }
    return {name: setting.compare(scenario, leverage=(LAST,)) for name, scenario in worlds.items()}


def _is(comparison: Comparison, regime: str) -> Bools:
    return np.asarray(comparison.regimes(LAST).codes == NAMES.index(regime))


def _known(comparison: Comparison) -> Bools:
    codes = comparison.regimes(LAST).codes
    return np.asarray((codes >= 0) & (codes != NAMES.index(UNDEFINED)))


# --- numbers ----------------------------------------------------------------------------------------------------------


def _by_continuation(found: Mapping[str, Comparison]) -> list[Number]:
    return [
        share_of(f"backfire_{name}", f"share of pairs in full backfire, thresholds {CONTINUATIONS[name]}",
                 _is(one, BACKFIRE), one.groups, _known(one))
        for name, one in found.items()
    ]  # fmt: skip


def _parts(main: Comparison, times: Mapping[str, Backfire]) -> list[Number]:
    """Each part of the claim by itself, and the weights on four aims for which the controls lose."""
    numbers = []
    for name, one in times.items():
        label = f"share of pairs with {DIMENSIONS[name]} for a year at some time"
        seen = one.waiting.observed
        numbers.append(share_of(f"ever_{name}", label, seen, one.groups, ~np.isnan(one.waiting.quarter)))
    net = main.net_strategic_effect(LAST)
    label = "share of all weights on lead, dependence, revenue and relative pain for which the controls lose"
    return [*numbers, median_of("net", label, "%", PERCENT * net.values, main.groups)]


def _bands(main: Comparison) -> list[Number]:
    """Full backfire with all bands halved and doubled."""
    again = main.reclassification(LAST)
    place = NAMES.index(BACKFIRE)
    return [
        share_of(f"backfire_bands_{factor:g}", f"share of pairs in full backfire, bands x {factor:g}",
                 table.codes == place, main.groups, table.codes >= 0)
        for factor, table in zip(again.factors, again.tables, strict=True) if factor != 1.0
    ]  # fmt: skip


def _stress_numbers(stress: Mapping[str, Comparison]) -> list[Number]:
    return [
        share_of(f"stress_{place}", f"share of pairs in full backfire, {name}", _is(one, BACKFIRE), one.groups,
                 _known(one))
        for place, (name, one) in enumerate(stress.items(), 1)
    ]  # fmt: skip


def _audited(audit: Audit | None) -> list[Number]:
    """Share of the audited pairs that stay when no state reacts."""
    if audit is None or not audit.rows:
        return []
    row = audit.rows[-1]
    error = (row.high - row.low) / (2.0 * Z)
    label = "share of the audited pairs that stay in full backfire when no state reacts"
    return [
        Number("emerges", label, "", row.share, row.low, row.high, audit.pairs, error, "90 % over parameter points")
    ]


def _told(main: Comparison, audit: Audit | None, real: bool) -> str:
    """What the cause audit says, and of which worlds."""
    if audit is None:
        return f"No pair of {main.regimes(LAST).runs}, nor of those made to favour it, is in full backfire: no audit."
    where = "worlds as they are" if real else "worlds made to favour a backfire, since no other has one"
    return f"Cause audit, of {where}: {audit.sentence}"


# --- tables -----------------------------------------------------------------------------------------------------------


def _present(tables: Sequence[RegimeTable]) -> list[str]:
    """Regimes that occur, and full backfire."""
    return [name for name in NAMES if name == BACKFIRE or any(one[name].probability > 0.0 for one in tables)]


def _printed(found: Mapping[str, Comparison]) -> Columns:
    """Regimes by horizon with fixed thresholds, and by continuation at the last horizon, per cent."""
    columns = {f"{CONTINUATIONS[FIXED]}_{year}": found[FIXED].regimes(year) for year in HORIZONS}
    columns |= {f"{CONTINUATIONS[name]}_{LAST}": one.regimes(LAST) for name, one in found.items() if name != FIXED}
    names = _present(list(columns.values()))
    shown: Columns = {"regime,_%_of_pairs": names}
    for head, table in columns.items():
        rows = [table[name] for name in names]
        shown[head.replace(" ", "_")] = [
            f"{PERCENT * row.probability:.0f} ({PERCENT * row.low:.0f}–{PERCENT * row.high:.0f})" for row in rows
        ]
    return shown


def _regimes(found: Mapping[str, Comparison]) -> Columns:
    rows = [
        (CONTINUATIONS[name], float(year), row.regime, row.probability, row.low, row.high)
        for name, one in found.items() for year in HORIZONS for row in one.regimes(year).rows if row.probability > 0.0
    ]  # fmt: skip
    heads = ("continuation", "year", "regime", "probability", "low", "high")
    return {head: [row[place] for row in rows] for place, head in enumerate(heads)}


def _survival(times: Mapping[str, Backfire]) -> Columns:
    """Share of pairs in which a part has not backfired by the end of each quarter."""
    first = horizon_step("2022") - 3
    rows = [
        (DIMENSIONS[name], 2020.0 + (step + 1) / 4.0, alive, low, high)
        for name, one in times.items()
        for step, alive, low, high in zip(
            one.survival.steps, one.survival.alive, one.survival.low, one.survival.high, strict=True
        )
        if step >= first
    ]
    heads = ("part", "year", "alive", "low", "high")
    return {head: [row[place] for row in rows] for place, head in enumerate(heads)}


def _stress_table(stress: Mapping[str, Comparison]) -> Columns:
    names = _present([one.regimes(LAST) for one in stress.values()])
    shares = {name: [one.regimes(LAST)[name].probability for one in stress.values()] for name in names}
    lead = [one.effects(LAST)["lead"].spread for one in stress.values()]
    return {"worlds": list(stress), **shares, "median_lead_months": [one.median for one in lead],
            "low": [one.low for one in lead], "high": [one.high for one in lead]}  # fmt: skip


def _moves(main: Comparison) -> Columns:
    """Regimes under other bands."""
    again = main.reclassification(LAST)
    names = _present(again.tables)
    shares: Columns = {"regime": names}
    for factor, table in zip(BAND_FACTORS, again.tables, strict=True):
        shares[f"bands x {factor:g}"] = [table[name].probability for name in names]
    return shares


def _audit_table(audit: Audit | None) -> Columns:
    rows = () if audit is None else audit.rows
    columns = {"off": "channel", "stay": "stay", "share": "share", "low": "low", "high": "high"}
    return {head: [getattr(row, name) for row in rows] for head, name in columns.items()}
