"""The commands `curbs sensitivity`, `discover`, `phase`, `optimise` and `adapt`: answers made of sweeps.

Each takes a study, carries its sweep out in the folder it is given or goes on with it, and puts tables and pictures
beside it; `sensitivity` and `discover` also read the folder of a finished sweep.
"""
# ruff: noqa: PLC0415

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.arguments import add_common, whole

if TYPE_CHECKING:
    from experiments.analysis import Table
    from experiments.design import Design
    from experiments.drive import Driver

INCOMPLETE = 3
"""Exit code of a command that was stopped and can be resumed."""


def add_analysis_commands(commands: Any) -> None:
    """Arguments of the commands."""
    sensitivity = commands.add_parser("sensitivity", help="say which parameters move the effects, and how surely")
    _add_target(sensitivity)
    _add_output(sensitivity)
    discover = commands.add_parser("discover", help="say where among the parameters a regime comes out")
    _add_target(discover)
    discover.add_argument("--regime", metavar="NAME", help="such as 'full backfire' (default the second most frequent)")
    discover.add_argument("--horizon", default="2028", metavar="YEAR", help="end of this year (default 2028)")
    discover.add_argument("--density", type=share, metavar="P", help="the largest box of at least this density")
    discover.add_argument("--boxes", type=whole(1), default=2, metavar="N", help="boxes at most (default 2)")
    phase = commands.add_parser("phase", help="draw which regime comes out over two parameters")
    _add_study(phase, out_needed=True)
    phase.add_argument("--x", metavar="NAME", help="parameter of the study (default its first)")
    phase.add_argument("--y", metavar="NAME", help="parameter of the study (default its second)")
    phase.add_argument("--horizon", default="2028", metavar="YEAR", help="end of this year (default 2028)")
    phase.add_argument("--rounds", type=whole(0), default=2, metavar="N", help="rounds of new points (default 2)")
    optimise = commands.add_parser("optimise", help="search the levers of a study for policies that no other beats")
    _add_study(optimise, out_needed=True)
    optimise.add_argument("--generations", type=whole(1), default=8, metavar="N", help="of the search (default 8)")
    optimise.add_argument("--population", type=whole(4), default=16, metavar="N", help="policies of one (default 16)")
    optimise.add_argument("--robust", default="regret", metavar="HOW", help="regret, satisficing or mean")
    optimise.add_argument("--objectives", type=Path, metavar="FILE", help="TOML file with other objectives")
    adapt = commands.add_parser("adapt", help="add points until an effect is known as exactly as asked")
    _add_study(adapt, out_needed=True)
    _add_output(adapt)
    adapt.add_argument("--half-width", type=float, required=True, metavar="W", help="of the 90 %% interval of the mean")
    adapt.add_argument("--most", type=whole(1), default=16384, metavar="N", help="points at most (default 16,384)")
    for name in ANALYSIS_ACTS:
        add_common(commands.choices[name])


def share(text: str) -> float:
    """Read a share between 0 and 1."""
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 < number <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no share above 0 and up to 1")
    return number


def _add_target(command: argparse.ArgumentParser) -> None:
    command.add_argument("study", metavar="DIR|STUDY", help="folder of a finished sweep, or a study to carry out")
    command.add_argument("--study", dest="again", metavar="STUDY", help="study of the folder, if it has its own points")
    _add_size(command, out_needed=False)


def _add_study(command: argparse.ArgumentParser, out_needed: bool) -> None:
    command.add_argument("study", metavar="STUDY", help="name of a study or its TOML file")
    _add_size(command, out_needed)


def _add_size(command: argparse.ArgumentParser, out_needed: bool) -> None:
    command.add_argument("--out", type=Path, required=out_needed, metavar="DIR", help="folder for sweeps and answers")
    command.add_argument("--points", type=whole(1), metavar="N", help="another number of points, bases or futures")
    command.add_argument("--replications", type=whole(1), metavar="N", help="another number of worlds a point")
    command.add_argument("--seed", type=whole(0), metavar="N", help="another root seed")
    command.add_argument("--workers", type=whole(0), default=0, metavar="N", help="processes (default threads alone)")


def _add_output(command: argparse.ArgumentParser) -> None:
    command.add_argument("--outcome", default="lead", metavar="NAME", help="outcome to show (default lead)")
    command.add_argument("--arm", default="effect", metavar="NAME", help="arm, or 'effect' (default)")
    command.add_argument("--horizon", default="2028", metavar="YEAR", help="end of this year (default 2028)")


# --- what they share --------------------------------------------------------------------------------------------------


def _design(args: argparse.Namespace, study: str) -> Design:
    from experiments.study import load_study

    return load_study(study, asked=args.points, replications=args.replications, seed=args.seed)


def _driver(args: argparse.Namespace) -> Driver:
    from abm.simulation import compiled_before
    from experiments.drive import Driver
    from experiments.runs import COMPILING

    if not compiled_before():
        print(COMPILING, file=sys.stderr)
    return Driver(args.out, args.workers)


def _table(args: argparse.Namespace) -> Table:
    """Read the sweep of a folder, or carry out that of a study."""
    from experiments.analysis import AnalysisError, read_table
    from experiments.store import DESIGN_FILE, Store

    folder = Path(args.study)
    if (folder / DESIGN_FILE).is_file():
        return read_table(Store(folder), None if args.again is None else _design(args, args.again))
    if args.out is None:
        raise AnalysisError(
            f"{args.study}: is no folder of a sweep; to carry out a study give a place for it: --out DIR"
        )
    return _driver(args).table(_design(args, args.study))


def _say(args: argparse.Namespace, facts: dict[str, Any], lines: list[str]) -> None:
    from experiments.cli import print_json

    if args.json:
        print_json(facts)
    else:
        print("\n".join(lines))
        if args.out is not None:
            print(f"tables and pictures: {args.out}")


def _failures(table: Table) -> str:
    lost = table.failures["worlds"]
    return f"{table.status.size:,} runs, {lost:,} of {table.worlds:,} worlds with a failed run"


# --- commands ---------------------------------------------------------------------------------------------------------


def sensitivity_command(args: argparse.Namespace) -> int:
    """Carry out `curbs sensitivity`."""
    from experiments.analysis import Output
    from experiments.answers import sensitivity_answer

    table = _table(args)
    answer = sensitivity_answer(table, Output(args.outcome, args.arm, args.horizon), args.out)
    _say(args, answer.facts, [*answer.lines, _failures(table)])
    return 0


def discover_command(args: argparse.Namespace) -> int:
    """Carry out `curbs discover`."""
    from experiments.answers import discovery_answer

    table = _table(args)
    answer = discovery_answer(table, args.regime, args.horizon, args.density, args.boxes, args.out)
    _say(args, answer.facts, [*answer.lines, _failures(table)])
    return 0


def phase_command(args: argparse.Namespace) -> int:
    """Carry out `curbs phase`."""
    from experiments.answers import phase_answer
    from experiments.phase import phase_diagram, pick

    design = _design(args, args.study)
    x, y = pick(design, args.x, 0), pick(design, args.y, 1)
    found = phase_diagram(design, _driver(args), x, y, args.horizon, args.rounds)
    answer = phase_answer(found, args.out)
    _say(args, answer.facts, answer.lines)
    return 0


def optimise_command(args: argparse.Namespace) -> int:
    """Carry out `curbs optimise`."""
    from experiments.answers import policy_answer
    from experiments.objectives import load_objectives
    from experiments.policy_search import Search, Settings

    objectives = load_objectives(args.objectives)
    settings = Settings(args.generations, args.population, args.robust)
    search = Search(_design(args, args.study), _driver(args), objectives, settings)
    answer = policy_answer(search.run(), args.out)
    _say(args, answer.facts, answer.lines)
    return 0


def adapt_command(args: argparse.Namespace) -> int:
    """Carry out `curbs adapt`."""
    from experiments.adaptive import adaptive
    from experiments.analysis import Output
    from experiments.answers import adaptive_answer

    output = Output(args.outcome, args.arm, args.horizon)
    found = adaptive(_design(args, args.study), _driver(args), output, args.half_width, args.most)
    answer = adaptive_answer(found, args.out)
    _say(args, answer.facts, answer.lines)
    return 0


def _resumable(act: Callable[[argparse.Namespace], int]) -> Callable[[argparse.Namespace], int]:
    """Say in one line that a stopped command can go on."""

    def carried_out(args: argparse.Namespace) -> int:
        from experiments.drive import StoppedError
        from experiments.store import DiskError

        try:
            return act(args)
        except (StoppedError, DiskError) as error:
            print(f"curbs: {error}", file=sys.stderr)
            return INCOMPLETE

    return carried_out


ANALYSIS_ACTS: dict[str, Callable[[argparse.Namespace], int]] = {
    "sensitivity": _resumable(sensitivity_command),
    "discover": _resumable(discover_command),
    "phase": _resumable(phase_command),
    "optimise": _resumable(optimise_command),
    "adapt": _resumable(adapt_command),
}
"""What carries out each command."""
