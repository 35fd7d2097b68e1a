"""The command line of `curbs`: commands and what they may be told."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from abm import __version__

USAGE = 2
"""Exit code of a command line that cannot be carried out."""

EPILOG = """examples:
  curbs run --out results/history          history against no controls, 256 pairs of worlds
  curbs run chips_only --against tools_only --runs 64
  curbs run mine.toml --set enforcement=0.9 --without stockpiling --point
  curbs classify "H20" 2025-05-01
  curbs explain TENCENT --quarter 2023Q3
"""


class Parser(argparse.ArgumentParser):
    """Argument parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(USAGE, f"{self.prog}: {message}; see {self.prog} --help\n")


def whole(low: int) -> Callable[[str], int]:
    """Reader of a whole number of at least `low`."""

    def read(text: str) -> int:
        try:
            number = int(text.replace("_", "").replace(",", ""))
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from None
        if number < low:
            raise argparse.ArgumentTypeError(f"{number} is too small; the least is {low}")
        return number

    return read


def duration(text: str) -> float:
    """Read a time such as 90, 90s, 5m or 2h, in seconds."""
    factors = {"s": 1.0, "m": 60.0, "h": 3600.0}
    number, factor = (text[:-1], factors[text[-1]]) if text[-1:] in factors else (text, 1.0)
    try:
        seconds = float(number) * factor
    except ValueError:
        seconds = -1.0
    if not 0 < seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is no time such as 90s, 5m or 2h")
    return seconds


def setting(text: str) -> tuple[str, float]:
    """Read name=number."""
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
    check = commands.add_parser("check", help="check a scenario or instrument file")
    check.add_argument("file", metavar="FILE", type=Path, help="TOML file")
    classify = commands.add_parser("classify", help="say what the law of a date makes of a chip")
    classify.add_argument("chip", metavar="CHIP", help="name in chips.csv, such as H20")
    classify.add_argument("date", metavar="DATE", help="day, such as 2023-10-23")
    classify.add_argument("--buyer", help="private, listed, state, foreign, or a firm such as TENCENT")
    classify.add_argument("--destination", default="CN", help="country code (default CN)")
    classify.add_argument("--end-use", default="datacentre", help="datacentre, consumer or supercomputer")
    for command in (scenarios, check, classify):
        add_common(command)
    _add_explain(commands)
    _add_prior(commands)
    _add_ablate(commands)
    _add_audit(commands)
    _add_views(commands)
    from experiments.analysis_commands import add_analysis_commands  # noqa: PLC0415  (they build on this module)
    from experiments.calibration_commands import add_calibration_command  # noqa: PLC0415
    from experiments.reproduction_commands import add_reproduction_commands  # noqa: PLC0415
    from experiments.sweep_commands import add_sweep_commands  # noqa: PLC0415
    from experiments.validation_commands import add_validation_command  # noqa: PLC0415

    add_sweep_commands(commands)
    add_analysis_commands(commands)
    add_calibration_command(commands)
    add_validation_command(commands)
    add_reproduction_commands(commands)
    return parser


def add_common(command: argparse.ArgumentParser) -> None:
    """What every command takes."""
    command.add_argument("--json", action="store_true", help="print JSON")
    command.add_argument("--debug", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)


def _add_seed(command: argparse.ArgumentParser) -> None:
    command.add_argument("--seed", type=whole(0), default=1, metavar="N", help="root seed (default 1)")


def _add_worlds(command: argparse.ArgumentParser, runs: int, replications: int) -> None:
    """How many pairs of worlds, from which seed, how many of them a point."""
    command.add_argument("--runs", type=whole(1), default=runs, metavar="N", help=f"pairs of worlds (default {runs})")
    command.add_argument(
        "--replications", type=whole(1), default=replications, metavar="N",
        help=f"worlds per point (default {replications})",
    )  # fmt: skip
    command.add_argument("--threads", type=whole(1), metavar="N", help="threads (default one a core)")
    _add_seed(command)


def _add_beliefs(command: argparse.ArgumentParser) -> None:
    command.add_argument("--point", action="store_true", help="parameters at the centre of what is believed, not drawn")
    command.add_argument(
        "--beliefs", metavar="NAME", help="where parameters are drawn from: posterior (default), prior, hawk, dove"
    )


def _add_run(commands: Any) -> None:
    run = commands.add_parser(
        "run",
        help="simulate a scenario beside its counterfactual",
        description="Simulate pairs of worlds that share every draw and differ by the law alone.",
    )
    run.add_argument(
        "scenario", metavar="SCENARIO", nargs="?", default="history", help="name or file (default history)"
    )
    _add_worlds(run, 256, 2)
    run.add_argument("--against", default="none_0", metavar="NAME", help="counterfactual (default none_0)")
    _add_beliefs(run)
    run.add_argument(
        "--set", dest="settings", action="append", type=setting, default=[], metavar="NAME=VALUE",
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
    run.add_argument(
        "--no-leverage", action="store_true", help="skip leverage, which takes about as long again; D rests on output"
    )
    run.add_argument("--no-gates", action="store_true", help="do not cross continuations with China's import gate")
    run.add_argument(
        "--china-gate", metavar="GATE",
        help="China's import gate after the script, in both arms: on (as the script left it), off (open) or rule",
    )  # fmt: skip
    run.add_argument("--out", type=Path, metavar="DIR", help="write a results folder; it must not exist")
    add_common(run)


def _add_explain(commands: Any) -> None:
    explain = commands.add_parser(
        "explain",
        help="say why a firm, vendor, node or regulator did what it did in a quarter",
        description="The terms of an agent's decisions in one quarter of one world, in words and numbers.",
    )
    explain.add_argument("agent", metavar="FIRM", help="firm, vendor, supply node or regulator, such as TENCENT")
    explain.add_argument("--quarter", required=True, metavar="QUARTER", help="such as 2023Q3")
    explain.add_argument("--scenario", default="history", metavar="NAME", help="name or file (default history)")
    explain.add_argument("--world", type=whole(0), default=0, metavar="N", help="which world (default 0)")
    _add_seed(explain)
    explain.add_argument("--replications", type=whole(1), default=2, metavar="N", help="worlds per point (default 2)")
    add_common(explain)


def _add_prior(commands: Any) -> None:
    prior = commands.add_parser(
        "prior",
        help="hold worlds drawn from the priors against every observed fact",
        description="Prior-predictive report: coverage of facts to 2024Q4, prior regions that miss them, regimes.",
    )
    _add_worlds(prior, 1024, 2)
    prior.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to write; it must not exist")
    add_common(prior)


def _add_ablate(commands: Any) -> None:
    ablate = commands.add_parser(
        "ablate",
        help="switch off each mechanism and see what the effects of the controls owe to it",
        description="Paired effects with each mechanism and without it, off in both arms and in the scenario's alone.",
    )
    ablate.add_argument("scenario", metavar="SCENARIO", nargs="?", default="history", help="name or file")
    ablate.add_argument("--only", action="append", metavar="MECHANISM", help="try this one alone; may be repeated")
    ablate.add_argument("--year", type=whole(2022), default=2032, metavar="Y", help="horizon, its end (default 2032)")
    ablate.add_argument("--runs", type=whole(1), default=256, metavar="N", help="pairs of worlds (default 256)")
    _add_seed(ablate)
    ablate.add_argument("--against", default="none_0", metavar="NAME", help="counterfactual (default none_0)")
    ablate.add_argument("--out", type=Path, metavar="FILE", help="write a CSV file; it must not exist")
    add_common(ablate)


def _add_audit(commands: Any) -> None:
    audit = commands.add_parser(
        "audit",
        help="ask what a regime such as full backfire is owed to",
        description="Run the pairs of a regime again with one channel off at a time, and with states that do not "
        "react; then tell how much of the effects is policy answering policy.",
    )
    audit.add_argument("scenario", metavar="SCENARIO", nargs="?", default="history", help="name or file")
    audit.add_argument("--horizon", default="2028", metavar="YEAR", help="year or quarter (default 2028)")
    audit.add_argument("--regime", default="full backfire", metavar="NAME", help="regime (default full backfire)")
    audit.add_argument("--against", default="none_0", metavar="NAME", help="counterfactual (default none_0)")
    _add_beliefs(audit)
    _add_worlds(audit, 256, 2)
    add_common(audit)


def _add_views(commands: Any) -> None:
    _add_app(commands)
    figures = commands.add_parser("figures", help="write the laboratory's charts of a scenario as PNG and SVG")
    figures.add_argument("scenario", metavar="SCENARIO", nargs="?", default="history", help="name or file")
    figures.add_argument("--against", default="none_0", metavar="NAME", help="counterfactual (default none_0)")
    _add_worlds(figures, 256, 2)
    figures.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to write; it must not exist")
    add_common(figures)


def _add_app(commands: Any) -> None:
    app = commands.add_parser("app", help="open the browser laboratory")
    app.add_argument("scenario", metavar="SCENARIO", nargs="?", help="name or file to open first")
    app.add_argument("--host", default="127.0.0.1", help="address to listen on (default this machine alone)")
    app.add_argument("--port", type=whole(1), default=8765, metavar="N", help="port (default 8765)")
    app.add_argument("--no-browser", action="store_true", help="do not open a browser")
    app.add_argument("--debug", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
