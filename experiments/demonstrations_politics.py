"""Stringency cycles in rule mode: tightening and loosening follow each other in one run (MODEL 11, R2)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from abm.calendar import QUARTERS, quarter_index
from abm.results import Results
from abm.scenario import Scenario
from abm.simulation import run_arms
from experiments.demonstrations import REPLICATIONS, RUNS, SEED, Demonstration, Ensemble

Floats = NDArray[np.float64]
FIRST = quarter_index("2023Q1")
EXAMPLES = 5
"""Runs that the figure draws one by one."""
NAME = "Stringency cycles"
INK, FADED = "#20262e", "#b9c0c8"
COLOURS = ("#0b6e99", "#b5541c", "#3a7d44", "#7a4b94", "#946b00")


def run_politics(runs: int = RUNS, seed: int = SEED, replications: int = REPLICATIONS) -> Ensemble:
    """The US decides by rule from 2023Q1 on, and the same worlds in which it doesn't."""
    rule = Scenario.load("rule")
    arms = {"rule": rule, "no US rule": rule.without("us_rule")}
    return Ensemble(dict(zip(arms, run_arms(list(arms.values()), runs, seed, replications=replications), strict=True)))


def turns(results: Results) -> Floats:
    """By run: how often the US went from tightening to loosening or back, holds in between left out."""
    found = np.zeros(results.runs)
    for run, decided in enumerate(results.series("us_decision")):
        steps = decided[np.nan_to_num(decided) != 0.0]
        found[run] = np.sum(steps[1:] != steps[:-1])
    return found


def cycles(ensemble: Ensemble) -> Demonstration:
    """Both directions occur in one run, and only because the US decides by rule."""
    ruled, absent = ensemble.arms["rule"], ensemble.arms["no US rule"]
    decisions = ruled.series("us_decision")
    rows = (
        ensemble.row("tightenings, US rule", (decisions > 0.0).sum(axis=1).astype(float)),
        ensemble.row("loosenings, US rule", (decisions < 0.0).sum(axis=1).astype(float)),
        ensemble.row("turns, US rule", turns(ruled)),
        ensemble.row("turns, no US rule", turns(absent)),
    )
    return ensemble.demonstration(
        (
            NAME,
            "A regulator that answers the lead, evasion and lost sales tightens and loosens in the same run.",
            "decisions from 2023Q1 to 2032Q4",
        ),
        rows,
        turns(ruled) > turns(absent),
        "In the other worlds decisions go one way or the law holds: the target is drawn from 0 to 24 months, and where "
        "the lead stays far from it on one side nothing speaks for a turn.",
    )


def draw(ensemble: Ensemble, path: Path) -> Path:
    """Write a figure: thresholds of some runs with their turns, and of all runs the median and the middle half."""
    ratio = ensemble.arms["rule"].series("us_threshold_ratio")[ensemble.ok][:, FIRST:]
    turning = turns(ensemble.arms["rule"])[ensemble.ok]
    years = 2020 + np.arange(FIRST, QUARTERS) / 4
    figure = Figure(figsize=(7.2, 3.6), layout="constrained")
    axes = figure.subplots()
    low, middle, high = np.quantile(ratio, (0.25, 0.5, 0.75), axis=0)
    axes.fill_between(years, low, high, step="post", color=FADED, alpha=0.5, linewidth=0)
    axes.step(years, middle, where="post", color=INK, linewidth=2.2)
    for colour, run in zip(COLOURS, np.argsort(-turning, kind="stable")[:EXAMPLES], strict=False):
        axes.step(years, ratio[run], where="post", color=colour, linewidth=1.1)
    share = np.mean(turning > 0)
    axes.set_title(
        f"Threshold over the best US line, US rule from 2023Q1: the law turns in {100 * share:.0f} % of "
        f"{turning.size} worlds\n(black: median and middle half; colours: the runs with most turns)",
        loc="left", fontsize=9, color=INK,
    )  # fmt: skip
    axes.set_ylim(0.0, 1.05)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=160)
    return path
