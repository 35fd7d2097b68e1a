"""What each mechanism contributes to the effects of the controls: with it and without it, in the same worlds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import track

from abm import simulation
from abm.backfire import Comparison
from abm.intervals import Spread, spread
from abm.outcomes import Floats
from abm.scenario import Scenario
from abm.threat import ThreatAndRule
from abm.vocabulary import FIRM_HETEROGENEITY, MECHANISMS
from experiments.runs import write_table

OUTCOMES = ("lead", "self_reliance", "domestic_output", "us_revenue")
"""Effects whose dependence on a mechanism is reported."""
ARMS = ("both", "controls")
"""Where a mechanism is off: in both arms, or in the arm with controls alone."""
PERCENT = 100.0
HEADER = (
    "off", "arms", "effect", "unit", "median_with", "median_without", "change", "low", "high", "n", "regime_moves",
)  # fmt: skip


@dataclass(frozen=True)
class Contribution:
    """How one effect of the controls depends on one mechanism.

    Attributes
    ----------
    off, arms : the mechanism, and the arms in which it is off ("both" or "controls").
    effect, unit : which effect of the controls, and its unit (shares of a ratio in per cent).
    complete, ablated : median effect with the mechanism and without it.
    change : effect with the mechanism less effect without it, in the same worlds.
    regime_moves : share of pairs whose regime at the horizon is another without the mechanism.
    """

    off: str
    arms: str
    effect: str
    unit: str
    complete: float
    ablated: float
    change: Spread
    regime_moves: float


def contributions(
    scenario: Scenario,
    against: str = "none_0",
    runs: int = 256,
    seed: int = 1,
    year: int = 2032,
    mechanisms: Sequence[str] = MECHANISMS,
    quiet: bool = True,
) -> list[Contribution]:
    """Contribution of each mechanism to each effect at a horizon.

    Parameters
    ----------
    scenario, against : the arms; `against` names a built-in scenario.
    runs, seed : pairs of worlds, the same for every mechanism.
    year : horizon, its fourth quarter.
    mechanisms : switches to try; an unknown one is a ScenarioError with the nearest name.
    """
    scenario.without(*mechanisms)  # unknown names are refused before anything runs
    complete = simulation.compare(scenario, against, runs=runs, seed=seed)
    found: list[Contribution] = []
    names = track(list(mechanisms), "mechanisms", console=Console(stderr=True), disable=quiet)
    for name in names:
        without = scenario.without(name)
        # what firms are is a matter of the world that both arms share
        for arms in ARMS[:1] if name == FIRM_HETEROGENEITY else ARMS:
            other = without.counterfactual(against) if arms == "both" else scenario.counterfactual(against)
            ablated = simulation.compare(without, other, runs=runs, seed=seed)
            found += _contributions(name, arms, complete, ablated, year)
    return found


def _contributions(name: str, arms: str, complete: Comparison, ablated: Comparison, year: int) -> list[Contribution]:
    both = complete.regimes(year).codes, ablated.regimes(year).codes
    known = (both[0] >= 0) & (both[1] >= 0)
    moves = float(np.mean(both[0][known] != both[1][known])) if known.any() else float("nan")
    rows = []
    for effect in OUTCOMES:
        unit, first = _values(complete, effect, year)
        _, second = _values(ablated, effect, year)
        rows.append(
            Contribution(
                name, arms, effect, unit, spread(first).median, spread(second).median, spread(first - second), moves
            )
        )
    return rows


def _values(comparison: Comparison, effect: str, year: int) -> tuple[str, Floats]:
    """Effect in each pair; log ratios become percentages."""
    found = comparison.effects(year)[effect]
    if found.unit == "ln":
        return "%", PERCENT * np.expm1(found.values)
    return found.unit, found.values


def rows(found: Sequence[Contribution]) -> list[list[Any]]:
    """Rows of the table, under `HEADER`."""
    return [
        [one.off, one.arms, one.effect, one.unit, one.complete, one.ablated, one.change.median, one.change.low,
         one.change.high, one.change.n, one.regime_moves]
        for one in found
    ]  # fmt: skip


def markdown(found: Sequence[Contribution], arms: str) -> str:
    """Table of one choice of arms: median change of each effect, with 90 % of pairs, a line a mechanism."""
    titles = [f"{one.effect.replace('_', ' ')}, {one.unit}" for one in found[: len(OUTCOMES)]]
    lines = ["| off | " + " | ".join(titles) + " | regime moves, % |", "|---" * (len(titles) + 2) + "|"]
    for name in dict.fromkeys(one.off for one in found):
        mine = [one for one in found if one.off == name and one.arms == arms]
        if not mine:
            continue
        cells = [f"{_short(one.change.median)} ({_short(one.change.low)}…{_short(one.change.high)})" for one in mine]
        lines.append(f"| `{name}` | " + " | ".join(cells) + f" | {PERCENT * mine[0].regime_moves:.0f} |")
    return "\n".join(lines) + "\n"


def threat_markdown(parts: ThreatAndRule, years: Sequence[str]) -> str:
    """Table of effects at several horizons, apart into threat and rules: medians with 90 % of pairs."""
    lines = ["| effect | year | whole | threat alone | rules | N |", "|---|---|---|---|---|---:|"]
    for year in years:
        for row in parts.rows(year):
            unit, cells = row.unit, []
            for one in (row.whole, row.threat, row.rule):
                three = np.array([one.median, one.low, one.high])
                if row.unit == "ln":
                    unit, three = "%", PERCENT * np.expm1(three)
                middle, low, high = (_short(float(value)) for value in three)
                cells.append(f"{middle} ({low}…{high})")
            name = row.effect.replace("_", " ")
            lines.append(f"| {name}, {unit} | {year} | {' | '.join(cells)} | {row.whole.n} |")
    return "\n".join(lines) + "\n"


def _short(value: float) -> str:
    if value == 0.0:
        return "0"
    if np.isinf(value):
        return "+∞" if value > 0.0 else "−∞"
    text = f"{value:+.1f}" if abs(value) < PERCENT / 10.0 else f"{value:+,.0f}"
    return "~0" if float(text.replace(",", "")) == 0.0 else text.replace("-", "−")


def write(found: Sequence[Contribution], path: Path) -> None:
    """Write the contributions as CSV; FileExistsError if there is such a file."""
    check_absent(path)
    write_table(path, HEADER, rows(found))


def check_absent(path: Path) -> None:
    """Refuse to write over a file, or into a folder that is not there."""
    if path.exists():
        raise FileExistsError(f"{path} exists; name another file")
    if not path.absolute().parent.is_dir():
        raise FileNotFoundError(f"{path}: there is no folder {path.parent}; make it first")
