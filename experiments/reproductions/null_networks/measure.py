"""Effects of the controls under null models of the networks, against the model's own in the same worlds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from abm.backfire import Comparison
from abm.intervals import LEVEL, cluster_means, resamples
from abm.shape import NETWORKS
from experiments.networks import DRAWN
from experiments.reproducing.findings import Columns, Findings, Floats, Integers, Number
from experiments.reproducing.setting import Setting

HORIZON = "2028"
EFFECTS = {
    "lead": ("effect on the US lead", "months"),
    "domestic_output": ("effect on China's chip output", "%"),
    "us_revenue": ("effect on US vendors' revenue", "%"),
}
SHORT = {"lead": "lead", "domestic_output": "output", "us_revenue": "revenue"}
MOVES = "moves"
KINDS = {
    "knowledge": ("networks of know-how", ("rewired", "bloc_shuffled")),
    "supply": ("suppliers of tools", ("extra_tool_supplier", "one_hub_tools")),
}
WORDS = {
    "rewired": "know-how rewired, degrees kept", "bloc_shuffled": "know-how shuffled across blocs",
    "extra_tool_supplier": "extra supplier of tools", "one_hub_tools": "tools from one country",
}  # fmt: skip
DRAWS = {True: 2, False: 4}
"""Drawings of a null model that is random, by quick or not."""
PERCENT = 100.0


@dataclass(frozen=True)
class Change:
    """Mean change under a null model with its 90 % interval and standard error over points."""

    network: str
    middle: float
    low: float
    high: float
    error: float
    n: int


def measure(setting: Setting) -> Findings:
    """Compare with and without controls under each network."""
    scenario = setting.scenario()
    usual = setting.compare(scenario)
    changes: dict[str, list[Change]] = {name: [] for name in (*EFFECTS, MOVES)}
    for network in NETWORKS[1:]:
        seeds = range(1, DRAWS[setting.quick] + 1) if network in DRAWN else (1,)
        others = [setting.compare(scenario.with_network(network, drawn)) for drawn in seeds]
        for name in EFFECTS:
            changes[name].append(_change(network, name, usual, others))
        changes[MOVES].append(_moves(network, usual, others))
    numbers = [_largest(kind, name, found) for name, found in changes.items() for kind in KINDS]
    own = usual.effects(HORIZON)["lead"].spread
    numbers.append(
        Number("lead_own", "effect on the US lead with the model's own networks", "months", own.median, own.low,
               own.high, own.n, _error_of_mean(usual.effects(HORIZON)["lead"].values, usual.groups), "90 % of worlds")
    )  # fmt: skip
    return Findings(
        tuple(numbers), {"changes": _long(changes), "table": _table(changes)}, notes=_notes(setting, changes)
    )


def _change(network: str, name: str, usual: Comparison, others: Sequence[Comparison]) -> Change:
    """Mean change of an effect, over drawings of the network first; logarithms as percent."""
    before = usual.effects(HORIZON)[name].values
    after = np.mean([one.effects(HORIZON)[name].values for one in others], axis=0)
    return _mean(network, after - before, usual.groups, EFFECTS[name][1] == "%")


def _moves(network: str, usual: Comparison, others: Sequence[Comparison]) -> Change:
    """Percent of pairs in another regime than with the model's own networks."""
    before = usual.regimes(HORIZON).codes
    moved = []
    for one in others:
        after = one.regimes(HORIZON).codes
        known = (before >= 0) & (after >= 0)
        moved.append(np.where(known, PERCENT * (after != before), np.nan))
    return _mean(network, np.mean(moved, axis=0), usual.groups, False)


def _mean(network: str, values: Floats, points: Integers, logarithm: bool) -> Change:
    found = cluster_means(values[:, None], points)
    middle, low, high = (float(one[0]) for one in (found.mean, found.low, found.high))
    error = _error_of_mean(values, points)
    if logarithm:
        middle, low, high, error = (PERCENT * float(np.expm1(one)) for one in (middle, low, high, error))
    return Change(network, middle, low, high, error, int(found.n[0]))


def _error_of_mean(values: Floats, points: Integers) -> float:
    """Standard deviation of a mean over resampled points."""
    known = np.isfinite(values)
    _, place = np.unique(points[known], return_inverse=True)
    total, count = np.bincount(place, weights=values[known]), np.bincount(place)
    drawn = np.concatenate([(weight @ total) / (weight @ count) for weight in resamples(count.size)])
    return float(np.std(drawn))


def _largest(kind: str, name: str, found: Sequence[Change]) -> Number:
    """The null model of a kind that changes most."""
    words, networks = KINDS[kind]
    most = max((one for one in found if one.network in networks), key=lambda one: abs(one.middle))
    if name == MOVES:
        label, unit = f"pairs moved to another regime by other {words} ({WORDS[most.network]})", "%"
    else:
        label, unit = (
            f"largest change of the {EFFECTS[name][0]} by other {words} ({WORDS[most.network]})",
            EFFECTS[name][1],
        )
    short = SHORT.get(name, name)
    return Number(
        f"{short}_{kind}", label, unit, most.middle, most.low, most.high, most.n, most.error,
        f"{LEVEL:.0%} over parameter points",
    )  # fmt: skip


def _long(changes: dict[str, list[Change]]) -> Columns:
    """Every change, for the figure."""
    rows = [
        (name, WORDS[one.network], one.middle, one.low, one.high) for name, found in changes.items() for one in found
    ]
    heads = ("measure", "network", "change", "low", "high")
    return {head: [row[place] for row in rows] for place, head in enumerate(heads)}


def _table(changes: dict[str, list[Change]]) -> Columns:
    """Mean changes by network."""
    return {
        "network": [WORDS[one.network] for one in changes["lead"]],
        "change_of_lead_months": [one.middle for one in changes["lead"]],
        "change_of_output_percent": [one.middle for one in changes["domestic_output"]],
        "change_of_revenue_percent": [one.middle for one in changes["us_revenue"]],
        "pairs_in_another_regime_percent": [one.middle for one in changes[MOVES]],
    }


def _notes(setting: Setting, changes: dict[str, list[Change]]) -> tuple[str, ...]:
    """How it was measured, and which network moves output most."""
    output = max(changes["domestic_output"], key=lambda one: abs(one.middle))
    method = (
        f"Random networks are drawn {DRAWS[setting.quick]} times. Changes are those of the effect of the controls, so "
        "both arms of a pair have the same network; at a change of 0 the network has moved both arms alike. Changes of "
        "output and revenue are of their ratio with and without controls."
    )
    most = (
        f"China's chip output is what hangs on a network most: “{WORDS[output.network]}” changes the ratio of output "
        f"with controls to output without by {output.middle:+.0f} %."
    )
    return (method, most)
