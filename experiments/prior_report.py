"""The prior-predictive report: a folder with Markdown, tables and pictures (`curbs prior`)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from abm.backfire import HORIZONS
from abm.operators import OPERATORS
from abm.scenario import Scenario
from abm.simulation import compare
from experiments.prior import NEAR, STANDARD_ERRORS, Prior, Region, coverage
from experiments.prior_figures import draw_prior
from experiments.report import prior_text
from experiments.runfolder import provenance, run_folder, write_json
from experiments.runs import write_table

REPORT, PICTURE = "report.md", "facts.png"
FACTS_HEADER = (
    "statistic", "unit", "period", "observed", "observed_low", "observed_high", "p05", "p25", "median", "p75", "p95",
    "rank", "inside_50", "inside_90", "worlds",
)  # fmt: skip
COVERAGE_HEADER = ("statistic", "unit", "facts", "inside_50", "inside_90", "median_rank")
REGIMES_HEADER = ("horizon", "regime", "probability", "low", "high", "pairs", "points")
REGIONS_HEADER = (
    "statistic", "parameter", "rank_correlation", "clear", "near_less_others_sd", "near_low_third", "near_middle_third",
    "near_high_third", "points",
)  # fmt: skip
TOLD = 3
"""Parameters told for each statistic in the report; the table has all."""


def _history() -> Scenario:
    """What happened, with every parameter drawn from its prior."""
    return Scenario.load("history").with_beliefs("prior")


def run_prior(runs: int, seed: int, replications: int, threads: int | None = None) -> Prior:
    """Draw worlds from the priors: history with thresholds fixed after the script, against no controls."""
    history = _history()
    return Prior(compare(history, "none_0", runs, seed, threads, None, replications))


def write_prior(target: Path, prior: Prior) -> None:
    """Write the folder; it is complete or absent.

    Raises
    ------
    FolderError
        The folder exists.
    """
    with run_folder(target) as folder:
        write_table(folder / "facts.csv", FACTS_HEADER, fact_rows(prior))
        write_table(folder / "coverage.csv", COVERAGE_HEADER, coverage_rows(prior))
        write_table(folder / "regimes.csv", REGIMES_HEADER, regime_rows(prior))
        write_table(folder / "regions.csv", REGIONS_HEADER, region_rows(prior))
        draw_prior(prior, folder)
        (folder / REPORT).write_text("\n".join(report_lines(prior)) + "\n", encoding="utf-8")
        facts = {"seed": prior.controls.seed, "runs": prior.controls.runs, "points": prior.points}
        write_json(folder / "manifest.json", provenance() | facts)


# --- tables -----------------------------------------------------------------------------------------------------------


def fact_rows(prior: Prior) -> Iterator[tuple[Any, ...]]:
    """Every fact beside the worlds."""
    for one in prior.facts:
        bands = (one.rank, int(one.inside(0.5)), int(one.inside(0.9)), one.worlds)
        yield (one.statistic, one.unit, one.period, one.observed, one.low, one.high, *one.quantiles, *bands)


def coverage_rows(prior: Prior) -> Iterator[tuple[Any, ...]]:
    """How many facts of each statistic lie inside the bands."""
    for name, *rest in coverage(prior.facts):
        yield (name, OPERATORS[name].unit, *rest)


def regime_rows(prior: Prior) -> Iterator[tuple[Any, ...]]:
    """Regime probabilities by horizon."""
    for table in prior.regimes:
        for row in table.rows:
            yield (table.horizon, row.regime, row.probability, row.low, row.high, table.runs, table.points)


def region_rows(prior: Prior) -> Iterator[tuple[Any, ...]]:
    """Every drawn parameter against every statistic."""
    for name in prior.observed:
        for one in prior.regions(name):
            near = (*one.near, *[np.nan] * (3 - len(one.near)))
            yield (name, one.parameter, one.correlation, int(one.clear), one.difference, *near, one.points)


# --- the report -------------------------------------------------------------------------------------------------------


def report_lines(prior: Prior) -> Iterator[str]:
    """The report, line by line."""
    controls, facts = prior.controls, prior.facts
    inside = [sum(fact.inside(band) for fact in facts) for band in (0.5, 0.9)]
    yield "# What the priors say before any fitting"
    yield ""
    yield (
        f"{controls.runs:,} worlds of `history` at {prior.points:,} parameter points, seed {controls.seed}, thresholds "
        f"fixed after 2026Q3; {controls.failed}. {prior_text(_history())} Nothing is fitted, and no "
        "observation after 2024Q4 is used."
    )
    yield ""
    yield (
        f"Of {len(facts)} facts to 2024Q4, {inside[0]} lie inside the central 50 % of worlds and {inside[1]} inside "
        f"the central 90 %. If the priors said all there is to know and facts were independent (they are not), it "
        f"would be about {round(0.5 * len(facts))} and {round(0.9 * len(facts))}."
    )
    yield ""
    yield f"![Every observed series against the worlds]({PICTURE})"
    yield ""
    yield from _coverage(prior)
    yield from _regions(prior)
    yield from _regimes(prior)


def _coverage(prior: Prior) -> Iterator[str]:
    yield "## Facts inside the bands"
    yield ""
    yield (
        "Rank: share of worlds below the fact, median over the facts of a statistic: near 0 the model is too high, "
        "near 1 too low. What each statistic is stands in docs/observations.md."
    )
    yield ""
    yield "| statistic | unit | facts | in 50 % | in 90 % | rank | outside 90 % |"
    yield "|---|---|---:|---:|---:|---:|---|"
    for name, count, half, most, rank in coverage(prior.facts):
        missed = [fact.period for fact in prior.facts if fact.statistic == name and not fact.inside(0.9)]
        unit = OPERATORS[name].unit
        yield f"| `{name}` | {unit} | {count} | {half} | {most} | {rank:.2f} | {', '.join(missed) or '-'} |"
    yield ""


def _regions(prior: Prior) -> Iterator[str]:
    yield "## Which prior regions miss the facts"
    yield ""
    yield (
        f"For each statistic up to {TOLD} parameters that move its mean miss most: Spearman's rank correlation over "
        f"N = {prior.points:,} points (+: higher values make the model exceed the facts), and in brackets the share of "
        "points near the facts in the lower, middle and upper third of the parameter's draws, %. "
        f"{100 * NEAR:.0f} % of points are near by definition: a third with few of them is a region that fails. Only "
        f"correlations beyond {STANDARD_ERRORS:g} standard errors."
    )
    yield ""
    yield "| statistic | parameters |"
    yield "|---|---|"
    for name in prior.observed:
        clear = [_region(one) for one in prior.regions(name) if one.clear][:TOLD]
        yield f"| `{name}` | {'; '.join(clear) or 'none'} |"
    yield ""


def _region(one: Region) -> str:
    near = "/".join(f"{100 * share:.0f}" for share in one.near)
    return f"`{one.parameter}` {one.correlation:+.2f} ({near})"


def _regimes(prior: Prior) -> Iterator[str]:
    tables = prior.regimes
    yield "## Regimes by horizon"
    yield ""
    yield (
        f"Probability of each regime, % (90 % interval over points), `history` against `none_0`, horizons Q4; "
        f"N = {tables[0].runs:,} pairs at {tables[0].points:,} points. After 2026Q3 all is scenario."
    )
    yield ""
    yield f"| regime | {' | '.join(HORIZONS)} |"
    yield f"|---|{'---:|' * len(HORIZONS)}"
    for regime in tables[0].names:
        rows = [table[regime] for table in tables]
        if any(row.probability > 0.0 for row in rows):
            cells = (f"{100 * row.probability:.0f} ({100 * row.low:.0f}-{100 * row.high:.0f})" for row in rows)
            yield f"| {regime} | {' | '.join(cells)} |"
