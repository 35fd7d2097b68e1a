"""The command `curbs calibrate`: fit the free parameters to the facts and say how well each is known."""
# ruff: noqa: PLC0415

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.arguments import add_common, whole

if TYPE_CHECKING:
    from abm.scenario import Scenario
    from experiments.calibration.protocol import Progress
    from experiments.calibration.targets import TargetSet

POSTERIOR = "posterior"
"""Name of the table in the folder of a calibration."""
LAST_FACT = "2024Q4"


def add_calibration_command(commands: Any) -> None:
    """Arguments of the command."""
    calibrate = commands.add_parser(
        "calibrate",
        help="fit the parameters to the facts: history matching, then ABC-SMC",
        description="Rule out what no fact allows, weigh the rest, and say how well every parameter is known. Killed "
        "at any time, the same command goes on with the same bits.",
    )
    calibrate.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder, new or to resume")
    calibrate.add_argument(
        "--quick", action="store_true", help="three minutes' worth: fewer particles, one wave, a wider tolerance"
    )
    calibrate.add_argument(
        "--facts-to", default=LAST_FACT, metavar="QUARTER", help=f"last quarter of facts (default {LAST_FACT})"
    )
    calibrate.add_argument("--scenario", default="history", metavar="NAME", help="name or file (default history)")
    calibrate.add_argument("--without", nargs="+", default=[], metavar="MECHANISM", help="mechanisms to switch off")
    calibrate.add_argument("--learning", metavar="RULE", help="how firms choose their mix of research")
    calibrate.add_argument("--targets", type=Path, metavar="FILE", help="another file of targets")
    calibrate.add_argument(
        "--check", type=whole(1), nargs="?", const=0, metavar="N",
        help="calibrate to N synthetic data sets instead (default 200, quick 50) and say how often intervals hold",
    )  # fmt: skip
    calibrate.add_argument(
        "--structure", action="store_true",
        help="fit other models instead: other rules of learning, and without each mechanism",
    )  # fmt: skip
    calibrate.add_argument("--seed", type=whole(0), default=1, metavar="N", help="root seed (default 1)")
    add_common(calibrate)


def calibrate_command(args: argparse.Namespace) -> int:
    """Carry out `curbs calibrate`."""
    from experiments.calibration.pipeline import EFFORTS, calibrate
    from experiments.calibration.targets import FILE, load_targets

    targets = load_targets(args.targets or FILE)
    targets = targets if args.facts_to == LAST_FACT else targets.up_to(args.facts_to)
    scenario = _scenario(args)
    name = "quick" if args.quick else "full"
    with _shown(args.json) as progress:
        if args.check is not None:
            return _check(args, scenario, targets, progress)
        if args.structure:
            return _structure(args, scenario, targets, progress)
        found = calibrate(scenario, targets, EFFORTS[name], args.out / "runs", args.seed, progress)
    from experiments.calibration.posterior import manifest_of, table_of, write_posterior
    from experiments.calibration.report import as_dict, lines, write_report

    manifest = manifest_of(found, args.facts_to, args.seed, name, scenario.name)
    write_posterior(args.out, POSTERIOR, table_of(found), manifest)
    write_report(args.out, found, manifest)
    print(json.dumps(as_dict(found, manifest), indent=2) if args.json else "\n".join(lines(found, manifest)))
    return 0


def _scenario(args: argparse.Namespace) -> Scenario:
    """The scenario as asked for, its parameters drawn from the priors."""
    from abm.scenario import Scenario

    scenario = Scenario.load(args.scenario).with_beliefs("prior").with_point(False).without(*args.without)
    return scenario if args.learning is None else scenario.with_learning(args.learning)


def _check(args: argparse.Namespace, scenario: Scenario, targets: TargetSet, progress: Progress) -> int:
    """Simulation-based calibration on synthetic truths."""
    from experiments.calibration.checking import check, check_lines
    from experiments.calibration.pipeline import EFFORTS

    effort = EFFORTS["quick" if args.quick else "full"]
    found = check(scenario, targets, effort, args.check or effort.sets, args.out / "runs", args.seed, progress)
    args.out.mkdir(parents=True, exist_ok=True)
    told = found.as_dict()
    (args.out / "coverage.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(told, indent=2) if args.json else "\n".join(check_lines(found)))
    return 0 if found.passes else 1


def _structure(args: argparse.Namespace, scenario: Scenario, targets: TargetSet, progress: Progress) -> int:
    """Fit other models and tell what the headline measures become."""
    from experiments.calibration.pipeline import EFFORTS
    from experiments.calibration.structure import PAIRS, refit, structures

    effort = EFFORTS["quick" if args.quick else "full"]
    models = []
    for model in refit(structures(scenario), targets, effort, args.out / "runs", args.seed, progress):
        models.append(model.as_dict())
        if not args.json:
            print(f"{model.name:32s} {model.inside} of {model.facts} facts, lead {model.lead[1]:+.1f} months")
    told = {"pairs": PAIRS, "table": effort.table, "seed": args.seed, "models": models}
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "structure.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    if args.json:
        print(json.dumps(told, indent=2))
    return 0


class _shown:  # noqa: N801  (a context manager, used like a function)
    """A progress bar with the step and its numbers; silent with --json."""

    def __init__(self, quiet: bool):
        self.quiet = quiet

    def __enter__(self) -> Progress:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

        columns = TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn()
        console = Console(stderr=True)
        self.bar = Progress(*columns, console=console, disable=self.quiet or not console.is_terminal)
        self.bar.start()
        task = self.bar.add_task("calibration", total=1.0)

        def progress(step: str, done: float, numbers: dict[str, float]) -> None:
            told = ", ".join(f"{name} {value:,.4g}" for name, value in numbers.items())
            self.bar.update(task, completed=done, description=f"{step}: {told}")

        return progress

    def __exit__(self, *_: object) -> None:
        self.bar.stop()


CALIBRATION_ACTS = {"calibrate": calibrate_command}
"""What carries out the command."""
