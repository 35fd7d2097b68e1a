"""Continuations after the script crossed with what becomes of China's import gate (MODEL section 8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from abm import continuing, running
from abm.intervals import spread
from abm.slide import CHINA_GATES
from experiments.politics import CONTINUATION_NAMES
from experiments.runs import Pair, Request
from experiments.shown import Line, cell_of

YEARS = (2028, 2030, 2032)
"""Horizons after the script."""
CROSSED = (
    Line("lead", "US lead, months"),
    Line("self_reliance", "self-reliance, pp"),
    Line("domestic_output", "induced output, %", True),
    Line("us_revenue", "US revenue, %", True),
)
"""Effects that are crossed."""
GATES_HEADER = ("continuation", "china_gate", "horizon", "effect", "unit", "median", "low", "high", "n")


def cross(request: Request, pairs: Sequence[Pair]) -> list[dict[str, Any]]:
    """Effects by continuation, gate and horizon: medians and 90 % of pairs, in the rows of gates.csv.

    Pairs that were run already are those of their own gate; the others run in the same worlds, a gate at a time.
    """
    found: list[dict[str, Any]] = []
    for gate in CHINA_GATES:
        for continuation, comparison in _comparisons(request, pairs, gate):
            for year in YEARS:
                effects = comparison.effects(year)
                for line in CROSSED:
                    effect = effects[line.effect]
                    shown = spread(effect.values)
                    values = (continuation, gate, year, line.effect, effect.unit)
                    numbers = (shown.median, shown.low, shown.high, shown.n)
                    found.append(dict(zip(GATES_HEADER, (*values, *numbers), strict=True)))
    return found


def _comparisons(request: Request, pairs: Sequence[Pair], gate: str) -> list[tuple[str, Any]]:
    """Comparisons under one gate."""
    if pairs[0].scenario.china_gate == gate:
        return [(pair.continuation, pair.comparison) for pair in pairs]
    arms = [(replace(one.scenario, china_gate=gate), replace(one.counterfactual, china_gate=gate)) for one in pairs]
    asked = running.Request(request.runs, request.seed, request.replications, request.threads)
    return list(zip((pair.continuation for pair in pairs), continuing.side_by_side(arms, asked), strict=True))


def gates_table(rows: Sequence[Mapping[str, Any]]) -> Table:
    """Medians of the effects, a column for each gate and horizon."""
    table = Table(
        title="The same crossed with China's import gate after the script: kept, open, or by rule; medians",
        box=SIMPLE_HEAD, title_justify="left", title_style="bold", show_edge=False, pad_edge=False, padding=(0, 1),
    )  # fmt: skip
    table.add_column("", no_wrap=True)
    table.add_column("thresholds", style="dim", no_wrap=True)
    for year in YEARS:
        for gate in CHINA_GATES:
            table.add_column(f"{year}\n{gate}", justify="right")
    by_place = {(row["continuation"], row["china_gate"], row["horizon"], row["effect"]): row for row in rows}
    continuations = list(dict.fromkeys(row["continuation"] for row in rows))
    for line in CROSSED:
        for place, continuation in enumerate(continuations):
            cells = [
                cell_of(by_place[continuation, gate, year, line.effect]["median"], line)
                for year in YEARS
                for gate in CHINA_GATES
            ]
            label = "" if place else line.label
            table.add_row(
                Text(label, style="bold"), CONTINUATION_NAMES[continuation].removeprefix("thresholds "), *cells
            )
    return table
