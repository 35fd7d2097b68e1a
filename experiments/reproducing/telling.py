"""What `curbs reproduce` prints: a line a study, then what differs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

from experiments.reproducing.expectations import DIFFERS, NOT_RUN, REPRODUCED, WITHIN
from experiments.reproducing.session import Outcome

STYLES = {REPRODUCED: "green", WITHIN: "cyan", DIFFERS: "bold red", NOT_RUN: "yellow"}


def print_outcomes(outcomes: Sequence[Outcome], report: Path) -> None:
    """A table of all studies, the numbers that differ, and where the report is."""
    console = Console()
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("", "study", "verdict", "against what was recorded"):
        table.add_column(heading, justify="right" if not heading else "left")
    for one in outcomes:
        word = "could not be carried out" if one.verdict is None else one.verdict.word
        state = f"[{STYLES[one.status]}]{one.status}[/]"
        table.add_row(str(one.study.number), one.study.title, word, state)
    console.print(table)
    for one in outcomes:
        for row in one.rows:
            if row.status in (DIFFERS, NOT_RUN):
                console.print(
                    f"{one.study.id}: {row.name} is {row.found:.6g}, recorded {row.expected:.6g} ± {row.tolerance:.3g}"
                )
        if one.failure:
            console.print(f"{one.study.id}: {one.failure}", markup=False)
        elif one.status == NOT_RUN:
            console.print(f"{one.study.id}: nothing is recorded; curbs bless {one.study.id} --why …")
    counts = {status: sum(one.status == status for one in outcomes) for status in STYLES}
    told = ", ".join(f"{count} {status}" for status, count in counts.items() if count)
    console.print(f"{len(outcomes)} studies: {told}. Report: {report}")
