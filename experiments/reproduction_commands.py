"""The commands `curbs reproduce`, `curbs bless` and `curbs crate`: every claim again, and what must come out."""
# ruff: noqa: PLC0415

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.arguments import add_common, setting

if TYPE_CHECKING:
    from experiments.reproducing.session import Asked, Outcome
    from experiments.reproducing.study import Study

AGREED, DIFFERS, INCOMPLETE = 0, 1, 3
RESULTS = Path("results")
REPORT = "index.html"


def add_reproduction_commands(commands: Any) -> None:
    """Arguments of the commands."""
    reproduce = commands.add_parser(
        "reproduce",
        help="every claim again: figures, tables, verdicts, held against what was recorded, and the report",
        description="Measure every study, judge it by its rule, compare it with what was recorded and write the "
        "report. Exit code 0: all agree; 1: one differs; 3: one could not be carried out, or it was stopped; the same "
        "command goes on.",
    )
    _add_mode(reproduce)
    reproduce.add_argument(
        "--only", nargs="+", action="extend", default=[], metavar="ID", help="these studies alone, by name or number"
    )
    reproduce.add_argument(
        "--out", type=Path, metavar="DIR", help="folder, new or to resume (default results/reproduction)"
    )
    reproduce.add_argument("--again", action="store_true", help="make studies of another version of the code anew")
    reproduce.add_argument(
        "--set", dest="settings", action="append", type=setting, default=[], metavar="NAME=VALUE",
        help="negative control: hold a parameter at a value; what is found should differ from what was recorded",
    )  # fmt: skip
    bless = commands.add_parser("bless", help="record what a study finds as what it must find")
    bless.add_argument("study", metavar="ID", nargs="+", help="name or number of the study, or 'all'")
    bless.add_argument("--why", required=True, metavar="TEXT", help="the reason, kept beside the values")
    _add_mode(bless)
    bless.add_argument("--out", type=Path, metavar="DIR", help="folder of the findings (default as in reproduce)")
    crate = commands.add_parser("crate", help="make a reproduction an RO-Crate: who made what from what, for archives")
    crate.add_argument(
        "folder", type=Path, nargs="?", default=RESULTS / "reproduction", metavar="DIR",
        help="folder of a reproduction (default results/reproduction)",
    )  # fmt: skip
    for command in (reproduce, bless, crate):
        add_common(command)


def _add_mode(command: argparse.ArgumentParser) -> None:
    mode = command.add_mutually_exclusive_group()
    mode.add_argument("--quick", action="store_true", help="five minutes on two cores (default)")
    mode.add_argument("--full", action="store_true", help="more worlds, up to an hour")


def _asked(args: argparse.Namespace, studies: tuple[Study, ...]) -> Asked:
    from experiments.reproducing.session import Asked

    changed = dict(getattr(args, "settings", []))
    _check_changes(changed)
    name = f"reproduction{'-full' if args.full else ''}{'-changed' if changed else ''}"
    mode = "full" if args.full else "quick"
    return Asked(studies, mode, args.out or RESULTS / name, changed, getattr(args, "again", False))


def _check_changes(changed: dict[str, float]) -> None:
    """Names and ranges of parameters, before anything runs."""
    from abm.scenario import Scenario

    Scenario.load("history").with_parameters(**changed)


def reproduce_command(args: argparse.Namespace) -> int:
    """Carry out `curbs reproduce`."""
    from experiments.reproducing.study import select

    asked = _asked(args, select(tuple(args.only)))
    outcomes = _carry_out(asked, args.json)
    from experiments.reproducing.page import write_report
    from experiments.reproducing.session import state

    report = write_report(asked.folder, outcomes)
    if args.json:
        from experiments.cli import print_json

        print_json({"out": str(asked.folder), "report": str(report), "studies": [state(one) for one in outcomes]})
    else:
        from experiments.reproducing.telling import print_outcomes

        print_outcomes(outcomes, report)
    return _code(outcomes)


def _code(outcomes: list[Outcome]) -> int:
    found = {one.status for one in outcomes}
    return INCOMPLETE if "not run" in found else DIFFERS if "differs" in found else AGREED


def _carry_out(asked: Asked, quiet: bool) -> list[Outcome]:
    """Run the studies with a bar on the error stream."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from experiments.reproducing.session import ControlError, reproduce

    console = Console(stderr=True)
    columns = BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}")
    with Progress(*columns, console=console, disable=quiet or not console.is_terminal) as bar:
        task = bar.add_task("studies", total=None)

        def progress(done: int, total: int, study: Study | None) -> None:
            told = "" if study is None else f"{study.number} {study.title}"
            bar.update(task, completed=done, total=total, description=told)
            if not quiet and not console.is_terminal and study is not None:
                print(told, file=sys.stderr, flush=True)

        try:
            return reproduce(asked, progress)
        except KeyboardInterrupt:
            console.print(f"stopped; what was finished is in {asked.folder}, the same command goes on")
            raise SystemExit(INCOMPLETE) from None
        except ControlError as error:
            console.print(f"negative control: {error}")
            raise SystemExit(DIFFERS) from None


def bless_command(args: argparse.Namespace) -> int:
    """Carry out `curbs bless`."""
    from experiments.reproducing.expectations import bless
    from experiments.reproducing.study import ReproductionError, select

    if not args.why.strip():
        raise ReproductionError("--why needs the reason for the new values, such as 'posterior refitted'")
    args.again = True
    asked = _asked(args, select(() if args.study == ["all"] else tuple(args.study)))
    wanted = {study.id for study in asked.studies}
    outcomes = [one for one in _carry_out(asked, args.json) if one.study.id in wanted]
    for one in outcomes:
        if one.shown is None or one.verdict is None:
            print(f"{one.study.id}: not recorded, it could not be carried out: {one.failure}", file=sys.stderr)
            continue
        path = bless(one.study, asked.mode, one.shown.numbers, one.verdict.word, args.why)
        if not args.json:
            print(f"{one.study.id}: {one.verdict.sentence}\n  recorded in {path.relative_to(path.parents[3])}")
    return INCOMPLETE if any(one.shown is None for one in outcomes) else AGREED


def crate_command(args: argparse.Namespace) -> int:
    """Carry out `curbs crate`."""
    from experiments.reproducing.crate import write_crate

    path = write_crate(args.folder)
    if args.json:
        from experiments.cli import print_json

        print_json({"crate": str(path)})
    else:
        print(f"{path}: {args.folder} is an RO-Crate now")
    return AGREED


REPRODUCTION_ACTS = {"reproduce": reproduce_command, "bless": bless_command, "crate": crate_command}
"""What carries out each command."""
