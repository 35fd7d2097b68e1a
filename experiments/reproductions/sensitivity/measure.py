"""Variance-based indices of twelve parameters by horizon, and the part of chance among worlds of the posterior."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from abm.backfire import Comparison
from abm.intervals import LEVEL, resamples
from experiments.analysis import EFFECT, Output, Table
from experiments.design import Design
from experiments.drive import Driver
from experiments.reproducing.findings import Columns, Findings, Floats, Integers, Number
from experiments.reproducing.setting import Setting
from experiments.sampling import block_length
from experiments.sensitivity import Indices, sensitivity
from experiments.study import load_study

STUDY = "sensitivity"
HORIZONS = ("2026", "2028", "2032")
MIDDLE = "2028"
"""Horizon of the numbers that the study follows for every effect; its tables have all horizons."""
OUTCOMES = {
    "lead": "the effect on the US lead",
    "domestic_output_year": "the effect on China's chip output",
    "us_revenue_present_value": "the effect on US vendors' revenue",
}
EFFECTS = {
    "lead": "lead", "domestic_output_year": "domestic_output", "us_revenue_present_value": "us_revenue"
}  # fmt: skip
"""Names of the same effects in a comparison."""
FOLLOWED = {
    "lead": ("cross_bloc_access_loss", "distillation_tokens"),
    "domestic_output_year": ("domestic_price_ratio", "utilisation_serve_unported"),
    "us_revenue_present_value": ("china_share", "cutoff_aversion"),
}
"""Parameters whose indices are numbers of the study; the figure and its data have all."""
WORLDS_OF_CHANCE = {True: 1024, False: 4096}
"""Worlds of the posterior, by quick or not, in which the part of chance is measured; few points make most of it."""
PERCENT = 100.0
NORMAL_90 = 1.645


def measure(setting: Setting) -> Findings:
    """Carry out the design and the worlds of the posterior."""
    table = Driver(setting.folder).table(_design(setting), STUDY)
    outputs = tuple(Output(outcome, EFFECT, horizon) for outcome in OUTCOMES for horizon in HORIZONS)
    found = sensitivity(table, outputs)
    chance = _chance(replace(setting, worlds=WORLDS_OF_CHANCE[setting.quick]))
    told = [one for (outcome, horizon), one in chance.items() if outcome == "lead" or horizon == MIDDLE]
    numbers = (*told, *_followed(found))
    tables = {"indices": _indices(found), "table": _strongest(found, chance)}
    return Findings(numbers, tables, notes=_notes(found, table, setting))


def _design(setting: Setting) -> Design:
    """The study `sensitivity` at the size of the setting, on the model as it was asked for."""
    shipped = load_study(STUDY)
    factors = tuple(one for one in shipped.factors if one.name not in setting.changed)
    bases = setting.worlds // (block_length(len(shipped.factors), second=True) * setting.replications)
    return replace(
        shipped,
        arms=tuple(setting.apply(arm) for arm in shipped.arms),
        factors=factors,
        asked=max(bases, 1),
        seed=setting.seed,
        replications=setting.replications,
        outcomes=tuple(OUTCOMES),
        horizons=HORIZONS,
    )


# --- chance among worlds of the posterior -----------------------------------------------------------------------------


def _chance(setting: Setting) -> dict[tuple[str, str], Number]:
    """Part of chance in the variance of each effect by outcome and horizon, percent."""
    pairs = setting.compare(setting.scenario())
    return {
        (outcome, horizon): _part(pairs, outcome, horizon, setting.replications)
        for outcome in OUTCOMES
        for horizon in HORIZONS
    }


def _part(pairs: Comparison, outcome: str, horizon: str, replications: int) -> Number:
    """Variance between replications of a point over the variance of all worlds, with an interval over points."""
    values = pairs.effects(horizon)[EFFECTS[outcome]].values.reshape(-1, replications)
    values = values[np.isfinite(values).all(axis=1)]
    points = np.arange(len(values))
    drawn = np.concatenate([_shares(values, weight) for weight in resamples(points.size)])
    tail = (1.0 - LEVEL) / 2.0
    low, high = np.quantile(drawn, [tail, 1.0 - tail])
    return Number(
        f"chance_{EFFECTS[outcome]}_{horizon}",
        f"part of chance in the variance of {OUTCOMES[outcome]}, {horizon}",
        "%",
        float(_shares(values, np.ones((1, points.size)))[0]),
        float(low), float(high), values.size, float(np.std(drawn)), "90 % over parameter points",
    )  # fmt: skip


def _shares(values: Floats, weight: Floats) -> Floats:
    """Percent of the variance that is within points, for each row of weights (resample, point)."""
    count = weight.sum(axis=1)
    within = weight @ values.var(axis=1, ddof=1) / count
    mean = weight @ values.mean(axis=1) / count
    square = weight @ (values**2).mean(axis=1) / count
    found: Floats = PERCENT * within / (square - mean**2)
    return found


# --- indices ----------------------------------------------------------------------------------------------------------


def _net(found: Indices, factor: Integers | int, output: int) -> tuple[float, float, float]:
    """Total index net of chance with its interval, percent."""
    chance = float(found.chance[output])
    ends = (found.measures["total"], found.low["total"], found.high["total"])
    middle, low, high = (PERCENT * (float(one[factor, output]) - chance) / (1.0 - chance) for one in ends)
    return middle, low, high


def _followed(found: Indices) -> list[Number]:
    """Indices of parameters named beforehand, as numbers."""
    numbers = []
    for j, output in enumerate(found.outputs):
        if output.horizon != MIDDLE:
            continue
        for name in FOLLOWED[output.outcome]:
            if name not in found.factors:
                continue
            middle, low, high = _net(found, found.factors.index(name), j)
            label = f"part of {name.replace('_', ' ')} in the variance of {OUTCOMES[output.outcome]}, {output.horizon}"
            numbers.append(
                Number(
                    f"total_{EFFECTS[output.outcome]}_{output.horizon}_{name}", label, "%", middle, low, high,
                    int(found.bases[j]), (high - low) / (2.0 * NORMAL_90), "90 % over bases",
                )
            )  # fmt: skip
    return numbers


def _indices(found: Indices) -> Columns:
    """Every index, for the figure."""
    rows = [
        (output.outcome, output.horizon, name, *_net(found, i, j))
        for j, output in enumerate(found.outputs)
        for i, name in enumerate(found.factors)
    ]
    heads = ("outcome", "horizon", "parameter", "total", "low", "high")
    return {head: [row[place] for row in rows] for place, head in enumerate(heads)}


def _strongest(found: Indices, chance: dict[tuple[str, str], Number]) -> Columns:
    """The two strongest parameters of each effect and horizon, and the part of chance."""
    columns: dict[str, list[str]] = {name: [] for name in ("effect", "horizon", "first", "second", "chance_percent")}
    for j, output in enumerate(found.outputs):
        ranked = found.ranking(output)
        texts = [f"{name.replace('_', ' ')} ({_net(found, found.factors.index(name), j)[0]:.0f} %)" for name in ranked]
        columns["effect"].append(OUTCOMES[output.outcome].removeprefix("the effect on "))
        columns["horizon"].append(f"{output.horizon}Q4")
        columns["first"].append(texts[0])
        columns["second"].append(texts[1])
        columns["chance_percent"].append(f"{chance[output.outcome, output.horizon].value:.0f}")
    return dict(columns)


def _notes(found: Indices, table: Table, setting: Setting) -> tuple[str, ...]:
    """What stands behind the indices."""
    told = (
        f"Indices are total Sobol' indices net of chance from {len(table.ok) // table.inputs.replications:,} points "
        f"({int(found.bases.min())} bases, {found.dropped} dropped for failed runs), {len(found.factors)} parameters "
        "over their priors, all others at the centre of the posterior. Parts of parameters that act together count "
        "more than once, so they can add up to more than 100 %."
    )
    chance = (
        f"The part of chance is measured among {WORLDS_OF_CHANCE[setting.quick]:,} worlds in which all parameters are "
        f"drawn from the posterior, {setting.replications} worlds a point."
    )
    return (told, chance)
