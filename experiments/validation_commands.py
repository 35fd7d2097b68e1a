"""The command `curbs validate`: the shipped ensemble scored against a table of observations."""
# ruff: noqa: PLC0415

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.arguments import add_common, whole

if TYPE_CHECKING:
    from abm.scenario import Scenario
    from experiments.validation.observations import Observations
    from experiments.validation.validation import Judging

RUNS = 512
"""Worlds of the forecast, each with a draw of the parameters of its own."""
BACKTEST_CUT_OFF, BACKTEST_LAST = "2023Q4", "2024Q4"
"""What the back-test knows, and the last quarter on which it is judged."""
BACKTEST_BELIEFS = "posterior_2023"
"""The posterior fitted to what the back-test knows."""


def add_validation_command(commands: Any) -> None:
    """Arguments of the command."""
    validate = commands.add_parser(
        "validate",
        help="score the forecast against a table of observations, beside naive forecasts",
        description="CRPS, coverage, bias and sign of change of the shipped ensemble, per series and pooled, beside "
        "four naive forecasts made from data to 2024Q4.",
    )
    judged = validate.add_mutually_exclusive_group(required=True)
    judged.add_argument(
        "--observations", type=Path, metavar="FILE", help="CSV file with the columns of observations.csv"
    )
    judged.add_argument(
        "--backtest", action="store_true", help="judge on the shipped facts of 2024, from information to 2023Q4"
    )
    validate.add_argument("--scenario", default="history", metavar="NAME", help="name or file (default history)")
    validate.add_argument(
        "--beliefs", metavar="NAME",
        help="what is believed about parameters, such as prior or hawk (default the scenario's own)",
    )  # fmt: skip
    validate.add_argument("--runs", type=whole(2), default=RUNS, metavar="N", help=f"worlds (default {RUNS})")
    validate.add_argument("--seed", type=whole(0), default=1, metavar="N", help="root seed (default 1)")
    validate.add_argument("--threads", type=whole(1), metavar="N", help="threads (default one a core)")
    validate.add_argument("--out", type=Path, metavar="DIR", help="folder for report and tables; it must not exist")
    add_common(validate)


def validate_command(args: argparse.Namespace) -> int:
    """Carry out `curbs validate`."""
    from experiments.runfolder import check_free

    if args.out is not None:
        check_free(args.out)
    observations, scenario, judging = _judged(args)
    from abm.simulation import compiled_before
    from experiments.cli import print_json
    from experiments.runs import COMPILING
    from experiments.validation.report import as_dict, lines, write_validation
    from experiments.validation.validation import run_ensemble, validate

    if not compiled_before():
        print(COMPILING, file=sys.stderr)
    found = validate(observations, run_ensemble(scenario, args.runs, args.seed, args.threads), judging)
    if args.out is not None:
        write_validation(args.out, found)
    if args.json:
        print_json(as_dict(found) | ({"out": str(args.out)} if args.out is not None else {}))
    else:
        print("\n".join(lines(found)))
        if args.out is not None:
            print(f"\nreport and tables: {args.out}")
    return 0


def _judged(args: argparse.Namespace) -> tuple[Observations, Scenario, Judging]:
    """What judges, which scenario, with what knowledge."""
    from abm.scenario import Scenario
    from experiments.validation.observations import read_observations
    from experiments.validation.validation import Judging

    scenario = Scenario.load(args.scenario)
    if args.beliefs is not None:
        scenario = scenario.with_beliefs(args.beliefs)
    elif args.backtest:
        scenario = scenario.with_beliefs(backtest_beliefs())
    if args.backtest:
        observations, judging = backtest()
        return observations, scenario, judging
    return read_observations(args.observations), scenario, Judging()


def backtest_beliefs() -> str:
    """The posterior fitted to 2023Q4; where none ships the priors, for that of the scenario has seen 2024."""
    from abm.beliefs import PRIOR, list_beliefs

    return BACKTEST_BELIEFS if BACKTEST_BELIEFS in list_beliefs() else PRIOR


def backtest() -> tuple[Observations, Judging]:
    """The shipped facts of 2024, to be judged with the data to 2023Q4."""
    from abm.calendar import quarter_index
    from experiments.validation.observations import shipped_observations
    from experiments.validation.validation import Judging

    first, last = quarter_index(BACKTEST_CUT_OFF) + 1, quarter_index(BACKTEST_LAST)
    return shipped_observations(first, last), Judging(cut_off=BACKTEST_CUT_OFF)


VALIDATION_ACTS: dict[str, Callable[[argparse.Namespace], int]] = {"validate": validate_command}
"""What carries out the command."""
