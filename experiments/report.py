"""Summary of a run: paired effects and regime probabilities, each with horizon, prior, interval and N."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import isfinite, isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from abm import backfire, regimes
from abm.parameters import load_parameters
from abm.scenario import Scenario
from experiments.crossing import gates_table
from experiments.politics import CONTINUATION_NAMES, net_effect, pain_lines, politics, quadrants
from experiments.shown import Line, percent, signed

if TYPE_CHECKING:
    from experiments.runs import Pair

HORIZONS = tuple(int(year) for year in backfire.HORIZONS)


NOTE = "After 2026Q3 all is scenario, not forecast. Parameters are fitted to facts to 2024Q4 where facts move them."

SUMMARY_HEADER = (
    "continuation", "horizon", "effect", "unit", "median", "low", "high", "controls", "counterfactual", "n", "failed",
    "censored",
)  # fmt: skip
REGIMES_HEADER = ("continuation", "horizon", "regime", "probability", "low", "high", "runs", "points", "effective")


LINES = (
    Line("lead", "US lead, months"),
    Line("self_reliance", "self-reliance, pp"),
    Line("domestic_output", "induced output, %", True),
    Line("us_revenue", "US revenue, %", True),
    Line("us_revenue_china", "  from China, %", True),
    Line("leverage", "leverage, pp"),
    Line("relative_pain", "relative pain", digits=2),
)
MEANINGS = (
    "Self-reliance: domestic share of the useful compute that China bought in the year. Induced output: change of a "
    "year's Chinese chip output. US revenue: change of merchant vendors' present value from 2022Q3 at 8 %. Leverage: "
    "change of the share of a year's open supply that a full stop of US supply would deny. Relative pain: 1 if the US "
    "alone is hurt, \u22121 if China alone is; its AI firms and treasury count."
)


def summarise(pairs: Sequence[Pair], gates: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any]:
    """All that is printed and written, as plain values.

    Effects are with controls less without, medians and 90 % intervals over pairs; probabilities carry 90 % intervals
    over parameter points.
    """
    first = pairs[0]
    controls = first.comparison.controls
    return {
        "scenario": first.scenario.name,
        "counterfactual": first.counterfactual.name,
        "seed": controls.seed,
        "runs": controls.runs,
        "replications": controls.replications,
        "points": len(set(controls.point.tolist())),
        "prior": prior_text(first.scenario),
        "note": NOTE,
        "continuations": {pair.continuation: _one_continuation(pair) for pair in pairs},
        "gates": list(gates),
    }


def _one_continuation(pair: Pair) -> dict[str, Any]:
    comparison = pair.comparison
    effects: dict[str, dict[str, Any]] = {str(year): {} for year in HORIZONS}
    for row in comparison.summary(HORIZONS):
        values = {name: getattr(row, name) for name in SUMMARY_HEADER[3:]}
        effects[row.horizon[:4]][row.effect] = values
    for year in HORIZONS:
        effects[str(year)] |= politics(comparison, year)
    return {
        "failed": comparison.failed,
        "effects": effects,
        "pain": {str(year): quadrants(comparison, year) for year in HORIZONS},
        "net_effect": {str(year): net_effect(comparison, year) for year in HORIZONS},
        "regimes": {str(year): _regimes(pair, year) for year in HORIZONS},
        "reclassified": {str(year): _reclassified(pair, year) for year in HORIZONS},
    }


def _regimes(pair: Pair, year: int) -> dict[str, Any]:
    table = pair.comparison.regimes(year)
    rows = {row.regime: {"probability": row.probability, "low": row.low, "high": row.high} for row in table.rows}
    return {
        "runs": table.runs,
        "points": table.points,
        "effective": table.effective,
        "mixed_points": table.mixed,
        "decoupling_rests_on": table.decoupling_rests_on,
        "probabilities": rows,
    }


def _reclassified(pair: Pair, year: int) -> dict[str, float]:
    """Share of pairs whose regime changes when all bands are halved or doubled."""
    found = pair.comparison.reclassification(year)
    return {
        f"bands x {factor:g}": float(share)
        for factor, share in zip(found.factors, found.changed, strict=True)
        if factor != 1
    }


def regime_shares(pair: Pair, year: int) -> dict[str, float]:
    """Probability of each regime at the end of a year."""
    return {row.regime: row.probability for row in pair.comparison.regimes(year).rows}


def prior_text(scenario: Scenario) -> str:
    """What stands for the unknown no-control share of China in world frontier supply, and for all parameters."""
    share = load_parameters()["china_share"]
    if "china_share" in scenario.fixed:
        value = f"held at {scenario.fixed['china_share']:g}"
    elif scenario.point:
        value = f"at its default, {share.default:g}"
    else:
        value = f"U({share.low:g}, {share.high:g})"
    rest = f"all parameters {scenario.believed}"
    return f"China's no-control share of world frontier supply {value}; {rest}."


# --- rows of the CSV files --------------------------------------------------------------------------------------------


def summary_rows(summary: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    """Rows of summary.csv."""
    for continuation, found in summary["continuations"].items():
        for year, effects in found["effects"].items():
            for name, values in effects.items():
                yield (continuation, year, name, *(values[key] for key in SUMMARY_HEADER[3:]))


def regime_rows(summary: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    """Rows of regimes.csv."""
    for continuation, found in summary["continuations"].items():
        for year, table in found["regimes"].items():
            for regime, row in table["probabilities"].items():
                counts = (table["runs"], table["points"], table["effective"])
                yield (continuation, year, regime, row["probability"], row["low"], row["high"], *counts)


# --- tables for people ------------------------------------------------------------------------------------------------


def print_summary(summary: Mapping[str, Any], out: Path | None = None, console: Console | None = None) -> None:
    """Print both tables and what a reader must know to judge them."""
    console = console or Console()
    if not console.is_terminal:
        console = Console(file=console.file, width=128, no_color=True, highlight=False)
    console.print(f"\n[bold]{summary['scenario']} against {summary['counterfactual']}[/bold]: {_counted(summary)}")
    console.print(f"Beliefs: {summary['prior']}\n", highlight=False)
    console.print(effects_table(summary))
    console.print(MEANINGS, style="dim", highlight=False)
    if summary["gates"]:
        console.print()
        console.print(gates_table(summary["gates"]))
    for continuation in summary["continuations"]:
        console.print()
        console.print(regimes_table(summary, continuation))
    for line in pain_lines(summary):
        console.print(line, highlight=False)
    rests_on = {found["regimes"]["2028"]["decoupling_rests_on"] for found in summary["continuations"].values()}
    console.print(f"Decoupling at 2028Q4 rests on {' / '.join(sorted(rests_on))}.", style="dim", highlight=False)
    console.print(f"\n[bold]{NOTE}[/bold]", highlight=False)
    if out is not None:
        console.print(
            f"Results: {out} (picture.png, summary.csv, regimes.csv, gates.csv, quantiles.csv, runs/, manifest.json)"
        )


def _counted(summary: Mapping[str, Any]) -> str:
    failed = [found["failed"] for found in summary["continuations"].values()]
    lost = "none failed" if not any(failed) else " and ".join(str(number) for number in failed) + " failed"
    return (
        f"{summary['runs']:,} pairs of worlds, {summary['points']:,} parameter points, {lost}, seed {summary['seed']}"
    )


def effects_table(summary: Mapping[str, Any]) -> Table:
    """Effects by horizon: median and 90 % interval over pairs."""
    table = _table("Effect of the controls: with less without, median (90 % of pairs)")
    table.add_column("")
    table.add_column("thresholds", style="dim")
    for year in HORIZONS:
        table.add_column(f"{year}Q4", justify="right")
    table.add_column("N", justify="right", style="dim")
    for line in LINES:
        for place, (continuation, found) in enumerate(summary["continuations"].items()):
            if not all(line.effect in found["effects"][str(year)] for year in HORIZONS):
                continue
            values = [found["effects"][str(year)][line.effect] for year in HORIZONS]
            cells = (_cell(one, line) for one in values)
            label, then = "" if place else line.label, CONTINUATION_NAMES[continuation].removeprefix("thresholds ")
            table.add_row(Text(label, style="bold"), then, *cells, _counts(one["n"] for one in values))
    return table


def _table(title: str) -> Table:
    return Table(
        title=title, box=SIMPLE_HEAD, title_justify="left", title_style="bold", show_edge=False, pad_edge=False,
        padding=(0, 1),
    )  # fmt: skip


def _cell(values: Mapping[str, Any], line: Line) -> Text:
    """Median and interval; log ratios as changes in percent."""
    median, low, high = (percent(values[key]) if line.ratio else values[key] for key in ("median", "low", "high"))
    if isnan(median):
        return Text("no value", style="dim")
    finite = [abs(number) for number in (median, low, high) if isfinite(number)]
    digits = line.digits if max(finite, default=0) < 20 else 0
    return Text(signed(median, digits)).append(f" ({signed(low, digits)}…{signed(high, digits)})", style="dim")


def _counts(counts: Iterator[int]) -> str:
    found = sorted(set(counts))
    return f"{found[0]:,}" if len(found) == 1 else f"{found[0]:,}-{found[-1]:,}"


def regimes_table(summary: Mapping[str, Any], continuation: str) -> Table:
    """Regime probabilities by horizon under one continuation: percent and 90 % interval over parameter points."""
    found = summary["continuations"][continuation]["regimes"]
    counts = [found[str(year)] for year in HORIZONS]
    table = _table(f"Probability of each regime, %, {CONTINUATION_NAMES[continuation]} (90 % interval over points)")
    table.add_column("regime")
    for year in HORIZONS:
        table.add_column(f"{year}Q4", justify="right")
    for regime in regimes.NAMES:
        rows = [one["probabilities"][regime] for one in counts]
        if any(row["probability"] > 0 for row in rows):
            table.add_row(regime, *(_chance(row) for row in rows))
    table.add_section()
    table.add_row("N pairs", *(f"{one['runs']:,}" for one in counts), style="dim")
    table.add_row("effective N", *(f"{one['effective']:,.0f}" for one in counts), style="dim")
    return table


def _chance(row: Mapping[str, float]) -> Text:
    if isnan(row["probability"]):
        return Text("no value", style="dim")
    text = Text(f"{100 * row['probability']:.0f}")
    return text.append(f" ({100 * row['low']:.0f}-{100 * row['high']:.0f})", style="dim")
