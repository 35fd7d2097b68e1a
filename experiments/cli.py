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
from types import FrameType
from typing import TYPE_CHECKING, Any

from experiments.analysis_commands import ANALYSIS_ACTS
from experiments.arguments import USAGE, build_parser
from experiments.calibration_commands import CALIBRATION_ACTS
from experiments.reproduction_commands import REPRODUCTION_ACTS
from experiments.sweep_commands import SWEEP_ACTS
from experiments.validation_commands import VALIDATION_ACTS

if TYPE_CHECKING:
    from abm.scenario import Scenario

OK, INTERNAL = 0, 70
INTERRUPTED = 128 + signal.SIGINT

# --- commands ---------------------------------------------------------------------------------------------------------


def run_command(args: argparse.Namespace) -> int:
    """Carry out `curbs run`."""
    from experiments.runfolder import check_free

    if args.out is not None:
        check_free(args.out)
    scenarios, others = _arms(args)
    from experiments.report import HORIZONS
    from experiments.runs import Request, run_pairs, write_results

    horizons = () if args.no_leverage else HORIZONS
    request = Request(scenarios, others, args.runs, args.seed, args.replications, args.threads, horizons)
    pairs = run_pairs(request, quiet=args.json)
    from experiments.crossing import cross
    from experiments.report import print_summary, summarise

    crossed = cross(request, pairs) if pairs[0].scenario.mode == "script" and not args.no_gates else ()
    summary = summarise(pairs, crossed)
    if args.out is not None:
        write_results(args.out, pairs, summary, request)
    if args.json:
        print_json(summary | ({"out": str(args.out)} if args.out is not None else {}))
    else:
        print_summary(summary, args.out)
    return OK


def _arms(args: argparse.Namespace) -> tuple[list[Scenario], list[Scenario]]:
    """Scenarios to run and their counterfactuals: all continuations of a script, else the scenario's own."""
    from abm.scenario import CONTINUATIONS, Scenario, list_scenarios

    def changed(scenario: Scenario) -> Scenario:
        scenario = scenario.with_parameters(**dict(args.settings)).without(*args.without)
        scenario = scenario if args.china_gate is None else scenario.with_china_gate(args.china_gate)
        scenario = scenario if args.beliefs is None else scenario.with_beliefs(args.beliefs)
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


def audit_command(args: argparse.Namespace) -> int:
    """Carry out `curbs audit`."""
    from experiments.causes import as_dict, lines, run_audit

    found = run_audit(args, quiet=args.json)
    if args.json:
        print_json(as_dict(*found))
    else:
        print("\n".join(lines(*found)))
    return OK


def view_command(args: argparse.Namespace) -> int:
    """Carry out `curbs app` or `curbs figures`; views stand above this package and are found by their entry points."""
    from importlib.metadata import entry_points

    found = entry_points(group="curbs.commands", name=args.command)
    if not found:
        raise ValueError("the browser laboratory is not installed; install the project again: pip install -e .")
    return int(found[args.command].load()(args))


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


ACTS: dict[str, Callable[[argparse.Namespace], int]] = {
    "run": run_command,
    "scenarios": list_command,
    "check": check_command,
    "classify": classify_command,
    "explain": explain_command,
    "prior": prior_command,
    "ablate": ablate_command,
    "audit": audit_command,
    "app": view_command,
    "figures": view_command,
    **SWEEP_ACTS,
    **ANALYSIS_ACTS,
    **CALIBRATION_ACTS,
    **VALIDATION_ACTS,
    **REPRODUCTION_ACTS,
}
"""What carries out each command."""


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
            status = ACTS[args.command](args)
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
