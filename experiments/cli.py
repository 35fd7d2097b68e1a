"""The command `curbs`: run scenarios, list and check them, ask what the law says of a chip and why agents act.

Heavy modules (NumPy, Numba, matplotlib) are imported inside the commands, so that `curbs --help` is immediate.
"""
# ruff: noqa: PLC0415

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn

from abm import __version__

if TYPE_CHECKING:
    from abm.scenario import Scenario

OK, USAGE, INTERNAL = 0, 2, 70
INTERRUPTED = 128 + signal.SIGINT

EPILOG = """examples:
  curbs run --out results/history          history against no controls, 256 pairs of worlds
  curbs run chips_only --against tools_only --runs 64
  curbs run mine.toml --set enforcement=0.9 --without stockpiling --point
  curbs classify "H20" 2025-05-01
  curbs explain TENCENT --quarter 2023Q3
"""


class UsageError(ValueError):
    """A command line that cannot be carried out; one line with the cure."""


class Parser(argparse.ArgumentParser):
    """Argument parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(USAGE, f"{self.prog}: {message}; see {self.prog} --help\n")


def _whole(low: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        try:
            number = int(text.replace("_", "").replace(",", ""))
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from None
        if number < low:
            raise argparse.ArgumentTypeError(f"{number} is too small; the least is {low}")
        return number

    return read


def _setting(text: str) -> tuple[str, float]:
    name, equals, value = text.partition("=")
    try:
        if not equals or not name.strip():
            raise ValueError
        return name.strip(), float(value)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not name=number, such as enforcement=0.9") from None


def build_parser() -> argparse.ArgumentParser:
    """Make the parser of all commands."""
    parser = Parser(
        prog="curbs",
        description="Do export controls on AI chips backfire? A paired agent-based simulation, 2020 to 2032.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"curbs {__version__}")
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True, dest="command")
    _add_run(commands)
    scenarios = commands.add_parser("scenarios", help="list the built-in scenarios")
    scenarios.set_defaults(act=list_command)
    check = commands.add_parser("check", help="check a scenario or instrument file")
    check.add_argument("file", metavar="FILE", type=Path, help="TOML file")
    check.set_defaults(act=check_command)
    classify = commands.add_parser("classify", help="say what the law of a date makes of a chip")
    classify.add_argument("chip", metavar="CHIP", help="name in chips.csv, such as H20")
    classify.add_argument("date", metavar="DATE", help="day, such as 2023-10-23")
    classify.add_argument("--buyer", help="private, listed, state, foreign, or a firm such as TENCENT")
    classify.add_argument("--destination", default="CN", help="country code (default CN)")
    classify.add_argument("--end-use", default="datacentre", help="datacentre, consumer or supercomputer")
    classify.set_defaults(act=classify_command)
    for command in (scenarios, check, classify):
        _add_common(command)
    _add_explain(commands)
    _add_prior(commands)
    _add_ablate(commands)
    return parser


def _add_common(command: argparse.ArgumentParser) -> None:
    command.add_argument("--json", action="store_true", help="print JSON")
    command.add_argument("--debug", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)


def _add_run(commands: Any) -> None:
    run = commands.add_parser(
        "run",
        help="simulate a scenario beside its counterfactual",
        description="Simulate pairs of worlds that share every draw and differ by the law alone.",
    )
    run.add_argument(
        "scenario", metavar="SCENARIO", nargs="?", default="history", help="name or file (default history)"
    )
    run.add_argument("--runs", type=_whole(1), default=256, metavar="N", help="pairs of worlds (default 256)")
    run.add_argument("--seed", type=_whole(0), default=1, metavar="N", help="root seed (default 1)")
    run.add_argument("--against", default="none_0", metavar="NAME", help="counterfactual (default none_0)")
    run.add_argument("--point", action="store_true", help="parameters at their defaults, not drawn from priors")
    run.add_argument(
        "--set", dest="settings", action="append", type=_setting, default=[], metavar="NAME=VALUE",
        help="hold a parameter at a value; may be repeated",
    )  # fmt: skip
    run.add_argument(
        "--without", action="append", default=[], metavar="MECHANISM",
        help="switch a mechanism off in both arms, such as stockpiling; may be repeated",
    )  # fmt: skip
    run.add_argument(
        "--without-here", action="append", default=[], metavar="MECHANISM",
        help="switch a mechanism off in the scenario's own arm alone; may be repeated",
    )  # fmt: skip
    run.add_argument("--replications", type=_whole(1), default=8, metavar="N", help="worlds per point (default 8)")
    run.add_argument("--threads", type=_whole(1), metavar="N", help="threads (default one a core)")
    run.add_argument("--out", type=Path, metavar="DIR", help="write a results folder; it must not exist")
    _add_common(run)
    run.set_defaults(act=run_command)


def _add_explain(commands: Any) -> None:
    explain = commands.add_parser(
        "explain",
        help="say why a firm, vendor, node or regulator did what it did in a quarter",
        description="The terms of an agent's decisions in one quarter of one world, in words and numbers.",
    )
    explain.add_argument("agent", metavar="FIRM", help="firm, vendor, supply node or regulator, such as TENCENT")
    explain.add_argument("--quarter", required=True, metavar="QUARTER", help="such as 2023Q3")
    explain.add_argument("--scenario", default="history", metavar="NAME", help="name or file (default history)")
    explain.add_argument("--world", type=_whole(0), default=0, metavar="N", help="which world (default 0)")
    explain.add_argument("--seed", type=_whole(0), default=1, metavar="N", help="root seed (default 1)")
    explain.add_argument("--replications", type=_whole(1), default=8, metavar="N", help="worlds per point (default 8)")
    _add_common(explain)
    explain.set_defaults(act=explain_command)


def _add_prior(commands: Any) -> None:
    prior = commands.add_parser(
        "prior",
        help="hold worlds drawn from the priors against every observed fact",
        description="Prior-predictive report: coverage of facts to 2024Q4, prior regions that miss them, regimes.",
    )
    prior.add_argument("--runs", type=_whole(1), default=1024, metavar="N", help="pairs of worlds (default 1024)")
    prior.add_argument("--seed", type=_whole(0), default=1, metavar="N", help="root seed (default 1)")
    prior.add_argument("--replications", type=_whole(1), default=2, metavar="N", help="worlds per point (default 2)")
    prior.add_argument("--threads", type=_whole(1), metavar="N", help="threads (default one a core)")
    prior.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to write; it must not exist")
    _add_common(prior)
    prior.set_defaults(act=prior_command)


def _add_ablate(commands: Any) -> None:
    ablate = commands.add_parser(
        "ablate",
        help="switch off each mechanism and see what the effects of the controls owe to it",
        description="Paired effects with each mechanism and without it, off in both arms and in the scenario's alone.",
    )
    ablate.add_argument("scenario", metavar="SCENARIO", nargs="?", default="history", help="name or file")
    ablate.add_argument("--only", action="append", metavar="MECHANISM", help="try this one alone; may be repeated")
    ablate.add_argument("--year", type=_whole(2022), default=2032, metavar="Y", help="horizon, its end (default 2032)")
    ablate.add_argument("--runs", type=_whole(1), default=256, metavar="N", help="pairs of worlds (default 256)")
    ablate.add_argument("--seed", type=_whole(0), default=1, metavar="N", help="root seed (default 1)")
    ablate.add_argument("--against", default="none_0", metavar="NAME", help="counterfactual (default none_0)")
    ablate.add_argument("--out", type=Path, metavar="FILE", help="write a CSV file; it must not exist")
    _add_common(ablate)
    ablate.set_defaults(act=ablate_command)


# --- commands ---------------------------------------------------------------------------------------------------------


def run_command(args: argparse.Namespace) -> int:
    """Carry out `curbs run`."""
    from experiments.runfolder import check_free

    if args.out is not None:
        check_free(args.out)
    scenarios, others = _arms(args)
    from experiments.runs import Request, run_pairs, write_results

    request = Request(scenarios, others, args.runs, args.seed, args.replications, args.threads)
    pairs = run_pairs(request, quiet=args.json)
    from experiments.report import print_summary, summarise

    summary = summarise(pairs)
    if args.out is not None:
        write_results(args.out, pairs, summary, request)
    if args.json:
        print_json(summary | ({"out": str(args.out)} if args.out is not None else {}))
    else:
        print_summary(summary, args.out)
    return OK


def _arms(args: argparse.Namespace) -> tuple[list[Scenario], list[Scenario]]:
    """Scenarios to run and their counterfactuals: both continuations of a script, else the scenario's own."""
    from abm.scenario import CONTINUATIONS, Scenario, list_scenarios

    def changed(scenario: Scenario) -> Scenario:
        scenario = scenario.with_parameters(**dict(args.settings)).without(*args.without)
        return scenario.with_point(True) if args.point else scenario

    scenario = changed(Scenario.load(args.scenario))
    names = CONTINUATIONS if scenario.mode == "script" else (scenario.continuation,)
    scenarios = [scenario.with_continuation(name) for name in names]
    if args.against in list_scenarios():
        others = [one.counterfactual(args.against) for one in scenarios]
    else:
        other = changed(Scenario.load(args.against))
        others = [other.with_continuation(name) for name in names]
    return [one.without(*args.without_here) for one in scenarios], others


def ablate_command(args: argparse.Namespace) -> int:
    """Carry out `curbs ablate`."""
    from abm.scenario import Scenario
    from abm.vocabulary import MECHANISMS
    from experiments.ablations import ARMS, HEADER, check_absent, contributions, markdown, rows, write

    if args.out is not None:
        check_absent(args.out)
    names = tuple(args.only) if args.only else MECHANISMS
    scenario = Scenario.load(args.scenario)
    found = contributions(scenario, args.against, args.runs, args.seed, args.year, names, quiet=args.json)
    if args.out is not None:
        write(found, args.out)
    if args.json:
        print_json([dict(zip(HEADER, row, strict=True)) for row in rows(found)])
    else:
        for arms in ARMS:
            print(f"off in {'both arms' if arms == 'both' else 'the scenario alone'}\n\n{markdown(found, arms)}")
    return OK


def list_command(args: argparse.Namespace) -> int:
    """Carry out `curbs scenarios`."""
    from abm.scenario import list_scenarios

    listed = list_scenarios()
    if args.json:
        print_json(listed)
    else:
        width = max(map(len, listed))
        for name, description in listed.items():
            print(f"{name:<{width}}  {description}")
    return OK


def check_command(args: argparse.Namespace) -> int:
    """Carry out `curbs check`: say ok, or the one line that names the fault."""
    from experiments.checking import check_file

    found = check_file(args.file)
    if args.json:
        print_json(found)
    else:
        print(f"ok: {found['kind']} {found['name']}: {found['summary']}")
    return OK


def classify_command(args: argparse.Namespace) -> int:
    """Carry out `curbs classify`."""
    from dataclasses import asdict

    from abm.law import classify

    ruling = classify(args.chip, args.date, destination=args.destination, end_use=args.end_use, buyer=args.buyer)
    if args.json:
        print_json({"chip": args.chip, "date": args.date, **asdict(ruling)})
    else:
        print(f"{ruling.status}: {ruling.reason}")
    return OK


def explain_command(args: argparse.Namespace) -> int:
    """Carry out `curbs explain`."""
    from abm.explanation import explain

    found = explain(args.agent, args.quarter, args.scenario, args.world, args.seed, args.replications)
    if args.json:
        print_json(found.as_dict())
    else:
        print(found)
    return OK


def prior_command(args: argparse.Namespace) -> int:
    """Carry out `curbs prior`."""
    from experiments.runfolder import check_free

    check_free(args.out)
    from experiments.prior_report import COVERAGE_HEADER, REPORT, coverage_rows, run_prior, write_prior

    prior = run_prior(args.runs, args.seed, args.replications, args.threads)
    write_prior(args.out, prior)
    if args.json:
        print_json(
            {
                "out": str(args.out),
                "facts": [dict(zip(COVERAGE_HEADER, row, strict=True)) for row in coverage_rows(prior)],
            }
        )
    else:
        inside = sum(fact.inside(0.9) for fact in prior.facts)
        print(f"{inside} of {len(prior.facts)} facts lie inside the 90 % band of the priors; {args.out / REPORT}")
    return OK


def print_json(content: Any) -> None:
    """Print plain values as JSON; NaN becomes null."""
    from experiments.runfolder import plain

    print(json.dumps(plain(content), indent=2, allow_nan=False))


# --- entry ------------------------------------------------------------------------------------------------------------


class Stopped(SystemExit):
    """The process was asked to end; clean-up runs on the way out."""


@contextmanager
def stop_on_signals() -> Iterator[None]:
    """Turn SIGTERM and SIGHUP into an exit that cleans up, as Ctrl-C does."""

    def stop(number: int, _frame: FrameType | None) -> None:
        raise Stopped(128 + number)

    wanted = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {one: signal.signal(one, stop) for one in wanted}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; 0 went well, 2 usage or bad input."""
    parser = build_parser()
    args = parser.parse_args(argv)
    try:
        with stop_on_signals():
            status: int = args.act(args)
            sys.stdout.flush()
            return status
    except KeyboardInterrupt:
        print("curbs: stopped; nothing was written", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except Exception as error:
        if args.debug:
            traceback.print_exc()
            return _exit_code(error)
        print(f"curbs: {_one_line(error)}", file=sys.stderr)
        return _exit_code(error)


def _exit_code(error: Exception) -> int:
    return USAGE if isinstance(error, ValueError | OSError) else INTERNAL


def _one_line(error: Exception) -> str:
    text = " ".join(str(error).split())
    if isinstance(error, ValueError | OSError):
        return text or type(error).__name__
    return f"{type(error).__name__}: {text} (a fault of the program; run again with --debug and report it)"


if __name__ == "__main__":
    sys.exit(main())
