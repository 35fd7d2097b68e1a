"""Thresholds from tight to loose, in the same worlds, without and with public money for AI firms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from abm.backfire import Comparison
from abm.beliefs import PRIOR
from abm.outcomes import Floats
from abm.regimes import LEAD_BAND
from abm.results import Results
from abm.scenario import MOBILISATION, Scenario
from abm.weights import AIMS
from experiments.reproducing.findings import (
    Bools,
    Columns,
    Findings,
    Integers,
    Number,
    Worlds,
    median_of,
    on_grid,
    share_of,
    worlds_of,
)
from experiments.reproducing.setting import Setting

RATIOS = (0.05, 0.1, 0.2, 0.3, 0.5, 0.8, 1.2)
"""TPP that ships without licence over that of the best US line; history had about .3 in 2022 and .15 in 2024."""
ENDS = (0, len(RATIOS) - 1)
STEP = 0.1
"""Usual distance of the ratios."""
PUBLIC = (0.0, 0.25, 0.5)
"""Public money for AI firms over plan, in both blocs: the range of the priors."""
NONE = "none_0"
HORIZON = "2032"
MARGIN = {"lead": LEAD_BAND, "weighted": 1.0 / len(AIMS)}
"""By how much a threshold must beat both ends: a month, or one band of one aim."""
UNITS = {"lead": "months", "weighted": "bands"}
SAID = {"lead": "US lead", "weighted": "weighted outcome"}


@dataclass(frozen=True, eq=False)
class Curve:
    """What each threshold gives in each world, (world, ratio), against no controls."""

    lead: Floats
    weighted: Floats
    results: Results

    def __getitem__(self, what: str) -> Floats:
        return self.lead if what == "lead" else self.weighted

    @property
    def known(self) -> Bools:
        """Worlds in which no run failed."""
        known: Bools = np.isfinite(self.lead).all(axis=1) & np.isfinite(self.weighted).all(axis=1)
        return known


def measure(setting: Setting) -> Findings:
    """Where the best threshold lies, with public money as drawn and on a grid of it."""
    drawn = curve(setting, None)
    worlds = worlds_of(drawn.results, interior(drawn, "weighted"), drawn.known)
    if setting.beliefs == PRIOR:
        return Findings((), {}, worlds)
    grid = {money: curve(setting, money) for money in PUBLIC}
    tables = {"table": _table(grid), "best": _best_table(drawn)}
    return Findings(_numbers(drawn, grid, worlds), tables, worlds, _notes(drawn))


def curve(setting: Setting, money: float | None) -> Curve:
    """Run all thresholds and no controls, with public money at a level, or as the priors draw it."""
    sliding = setting.scenario("sliding")
    scenarios = {f"{ratio:g}": replace(sliding, ratio=ratio) for ratio in RATIOS} | {NONE: setting.scenario(NONE)}
    found = setting.run({name: _public(one, money) for name, one in scenarios.items()})
    pairs = [Comparison(found[f"{ratio:g}"], found[NONE]) for ratio in RATIOS]
    lead = np.stack([pair.effects(HORIZON)["lead"].values for pair in pairs], axis=1)
    weighted = np.stack([_weighted(pair) for pair in pairs], axis=1)
    return Curve(lead, weighted, found[NONE])


def _public(scenario: Scenario, money: float | None) -> Scenario:
    """Shipped scenarios hold public money at none: draw it, or hold it at another level."""
    if money is not None:
        return scenario.with_parameters(**dict.fromkeys(MOBILISATION, money))
    return replace(scenario, fixed={name: value for name, value in scenario.fixed.items() if name not in MOBILISATION})


def _weighted(pair: Comparison) -> Floats:
    """Mean of the four aims in their bands; where nobody is hurt relative pain is none."""
    scores = pair.net_strategic_effect(HORIZON).scores.copy()
    pain = scores[:, AIMS.index("relative pain")]
    pain[np.isnan(pain) & pair.arms.ok] = 0.0
    mean: Floats = scores.mean(axis=1)
    return mean


def interior(found: Curve, what: str) -> Bools:
    """Whether the threshold that is best in a twin world lies inside and beats both ends here."""
    values = np.where(found.known[:, None], found[what], 0.0)
    chosen = np.argmax(values[twins(found.results)], axis=1)
    here = values[np.arange(len(values)), chosen]
    ends = values[:, ENDS].max(axis=1)
    inside: Bools = ~np.isin(chosen, ENDS) & (here - ends > MARGIN[what])
    return inside


def naive(found: Curve, what: str) -> Bools:
    """The same with the threshold chosen in the world itself: chance alone makes it more frequent."""
    values = np.where(found.known[:, None], found[what], 0.0)
    best: Bools = values.max(axis=1) - values[:, ENDS].max(axis=1) > MARGIN[what]
    return best


def twins(results: Results) -> Integers:
    """For each world another one with the same parameters; the world itself where it has none."""
    world: Integers = np.arange(len(results.point))
    other = world.copy()
    for point in np.unique(results.point):
        mine = np.flatnonzero(results.point == point)
        other[mine] = np.roll(mine, 1)
    return other


def _numbers(drawn: Curve, grid: Mapping[float, Curve], worlds: Worlds) -> tuple[Number, ...]:
    """Shares of worlds by aim and public money, the best thresholds, and what they gain over the ends."""
    points, known = worlds.point, worlds.known
    label = "share of worlds with an interior best threshold, {}"
    shares = [
        share_of("lead_interior", label.format("for the lead alone, by a month"), interior(drawn, "lead"), points,
                 known),
        share_of("naive_interior", label.format("chosen in the world itself"), naive(drawn, "weighted"), points, known),
        *(
            share_of(f"interior_{100 * money:.0f}", label.format(f"public money {100 * money:.0f} % of plan"),
                     interior(each, "weighted"), points, each.known)
            for money, each in grid.items()
        ),
    ]  # fmt: skip
    medians = []
    for what, unit in UNITS.items():
        values = np.where(known[:, None], drawn[what], np.nan)
        best = np.where(known, np.asarray(RATIOS)[np.argmax(np.nan_to_num(values, nan=-np.inf), axis=1)], np.nan)
        medians += [
            on_grid(median_of(f"best_{what}", f"best ratio for the {SAID[what]}", "of the best US chip", best, points),
                    STEP),
            median_of(f"slope_{what}", f"{SAID[what]}, tightest less loosest", unit,
                      values[:, ENDS[0]] - values[:, ENDS[1]], points),
        ]  # fmt: skip
    return (*shares, *medians)


def _table(grid: Mapping[float, Curve]) -> Columns:
    """Medians over worlds by public money and ratio: data of the map."""
    keys = [(money, place) for money in grid for place in range(len(RATIOS))]
    table: Columns = {
        "public_money_percent": [100.0 * money for money, _ in keys],
        "ratio": [RATIOS[place] for _, place in keys],
    }
    for what, unit in UNITS.items():
        table[f"{what}_{unit}"] = [
            float(np.median(grid[money][what][grid[money].known, place])) for money, place in keys
        ]  # fmt: skip
    return table


def _best_table(drawn: Curve) -> Columns:
    """In which share of worlds each ratio is the best."""
    table: Columns = {"ratio": list(RATIOS)}
    for what in UNITS:
        best = np.argmax(drawn[what][drawn.known], axis=1)
        table[what] = np.bincount(best, minlength=len(RATIOS)) / max(best.size, 1)
    return table


def _notes(drawn: Curve) -> tuple[str, ...]:
    """How far apart the curves' ends and middles are."""
    middle = {what: np.median(drawn[what][drawn.known], axis=0) for what in UNITS}
    best = {what: RATIOS[int(np.argmax(each))] for what, each in middle.items()}
    return (
        f"The median over worlds is highest at a ratio of {best['lead']:g} for the lead and of {best['weighted']:g} "
        "for the weighted outcome, with public money as drawn.",
        "With the loosest threshold the rules on tools, memory and lists still stand; that is why its lead is not 0.",
    )
