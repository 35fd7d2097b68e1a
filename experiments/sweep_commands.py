"""The commands `curbs sweep`, `describe`, `status`, `verify` and `export`: studies of many runs that cannot be lost."""
# ruff: noqa: PLC0415

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.arguments import add_common, duration, whole

if TYPE_CHECKING:
    from experiments.design import Design
    from experiments.pools import Pool
    from experiments.runner import Report

INCOMPLETE = 3
"""Exit code of a sweep that was stopped and can be resumed."""
SHARD_RUNS = 4096
"""Runs of a shard: about ten seconds of work of one core."""
RUNS_A_SECOND = 900.0
"""Rough speed of one core, for the price of a study before it starts."""
LEVERAGE_COST = 0.26
"""What leverage at one quarter costs, in runs: .22 to .30 in ten pairs of 2,048 runs with and without it."""
BYTES_A_VALUE = 7.5
"""Rough size of a measured value in a shard."""


def add_sweep_commands(commands: Any) -> None:
    """Arguments of the commands on sweeps."""
    sweep = commands.add_parser(
        "sweep",
        help="carry out or resume a study of many runs",
        description="Work all runs of a study into a folder; killed at any time, the same command goes on.",
    )
    _add_study(sweep)
    sweep.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of the sweep, new or to resume")
    sweep.add_argument("--workers", type=whole(0), metavar="N", help="processes (default one a core; 0: threads alone)")
    sweep.add_argument("--dask", metavar="ADDR", help="work on a Dask cluster: address of its scheduler, or 'local'")
    sweep.add_argument("--limit", type=duration, metavar="TIME", help="begin nothing after this time, such as 5m")
    sweep.add_argument("--deadline", type=duration, metavar="TIME", help="give up a shard after this time (default 1h)")
    sweep.add_argument("--shard", type=whole(1), default=SHARD_RUNS, metavar="N", help=f"runs a file ({SHARD_RUNS})")
    describe = commands.add_parser("describe", help="say what a study would run, and what it costs")
    _add_study(describe)
    for name, text in (
        ("status", "say how far a sweep is"),
        ("verify", "read every shard of a sweep and print the fingerprint of its content"),
    ):
        commands.add_parser(name, help=text).add_argument("folder", metavar="DIR", type=Path, help="folder of a sweep")
    export = commands.add_parser("export", help="write a sweep as one CSV or Parquet file")
    export.add_argument("folder", metavar="DIR", type=Path, help="folder of a sweep")
    _add_study(export)
    export.add_argument("--out", type=Path, required=True, metavar="FILE", help="file ending in .csv or .parquet")
    for name in ("sweep", "describe", "status", "verify", "export"):
        add_common(commands.choices[name])


def _add_study(command: argparse.ArgumentParser) -> None:
    command.add_argument("study", metavar="STUDY", help="name of a study or its TOML file")
    command.add_argument("--points", type=whole(1), metavar="N", help="another number of points, or bases")
    command.add_argument("--replications", type=whole(1), metavar="N", help="another number of worlds a point")
    command.add_argument("--seed", type=whole(0), metavar="N", help="another root seed")


def _design(args: argparse.Namespace) -> Design:
    from experiments.study import load_study

    return load_study(args.study, asked=args.points, replications=args.replications, seed=args.seed)


def sweep_command(args: argparse.Namespace) -> int:
    """Carry out `curbs sweep`."""
    from experiments.runner import DEADLINE, Runner
    from experiments.store import DiskError, Store

    design = _design(args)
    arms = len(design.arms)
    store = Store.begin(args.out, design, max(args.shard // arms, 1) * arms)
    if not store.missing():
        complete = True
    else:
        try:
            with _progress(design, quiet=args.json) as report:
                pool = _pool(args, design)
                complete = Runner(design, store, pool, report, args.deadline or DEADLINE, args.limit).run()
        except DiskError as error:
            print(f"curbs: {error}", file=sys.stderr)
            return INCOMPLETE
    said = store.verify() if complete else {"complete": False, "runs": store.runs}
    _say(args, {"out": str(args.out), **said}, _verdict(args.out, said))
    return 0 if complete else INCOMPLETE


def _verdict(folder: Path, said: dict[str, Any]) -> str:
    if not said["complete"]:
        return f"{folder}: stopped before the end; the same command goes on where it stopped"
    bad = ", ".join(f"{number} {name}" for name, number in said["statuses"].items() if number and name != "ok")
    return f"{folder}: {said['runs']:,} runs, {bad or 'all ok'}; fingerprint {said['fingerprint']}"


def _pool(args: argparse.Namespace, design: Design) -> Pool:
    from abm.engine import thread_count
    from experiments.pools import ThreadPool, WorkerPool

    if args.dask:
        from experiments.cluster import DaskPool

        return DaskPool(design, args.dask, args.workers or thread_count())
    if args.workers == 0:
        return ThreadPool(design, thread_count())
    return WorkerPool(design, args.workers or thread_count())


@contextmanager
def _progress(design: Design, quiet: bool) -> Iterator[Report]:
    """A bar with runs, rate, time left and failures on the error stream."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}  {task.fields[failed]}"), TimeRemainingColumn(elapsed_when_finished=True),
    )  # fmt: skip
    with Progress(*columns, console=console, disable=quiet or not console.is_terminal) as bar:
        task = bar.add_task(design.name, total=design.runs, rate="", failed="")

        def report(done: int, failed: int, total: int) -> None:
            speed = bar.tasks[0].speed
            rate = "" if speed is None else f"{speed:,.0f} runs/s"
            bar.update(task, completed=done, total=total, rate=rate, failed=f"{failed:,} not ok" if failed else "")

        yield report


def describe_command(args: argparse.Namespace) -> int:
    """Carry out `curbs describe`."""
    from abm.calendar import quarter_label
    from abm.engine import thread_count

    design = _design(args)
    quarters = [quarter_label(step) for step in design.leverage_steps]
    seconds = design.runs * (1.0 + LEVERAGE_COST * len(quarters)) / RUNS_A_SECOND / thread_count()
    size = design.runs * (3 + BYTES_A_VALUE * len(design.metrics))
    facts: dict[str, Any] = {
        "study": design.name, "description": design.description, "arms": [arm.name for arm in design.arms],
        "sampler": design.sampler, "factors": [factor.describe() for factor in design.factors],
        "points": design.points, "replications": design.replications, "runs": design.runs,
        "shards": -(-design.runs // SHARD_RUNS), "metrics": list(design.metrics), "seed": design.seed,
        "leverage_at": quarters, "minutes": round(seconds / 60, 2), "megabytes": round(size / 1e6, 2),
        "hash": design.hash,
    }  # fmt: skip
    lines = [
        f"{design.name}: {design.description}".rstrip(": "),
        f"{design.points:,} points ({design.sampler}) x {design.replications} replications x "
        f"{len(design.arms)} arms ({', '.join(facts['arms'])}) = {design.runs:,} runs in {facts['shards']:,} shards",
        *(
            f"  {f.role} {f.name}: {f.parameter.low:g} to {f.parameter.high:g} {f.parameter.unit}"
            for f in design.factors
        ),
        f"measures {', '.join(design.outcomes)} at {', '.join(design.horizons)}",
        *([f"leverage at {', '.join(quarters)}: each for about {LEVERAGE_COST:.0%} of a run"] if quarters else []),
        f"about {seconds / 60:.1f} minutes on this machine and {size / 1e6:.1f} MB",
    ]
    _say(args, facts, "\n".join(lines))
    return 0


def status_command(args: argparse.Namespace) -> int:
    """Carry out `curbs status`."""
    from experiments.store import Store

    store = Store(args.folder)
    left = sum(hi - lo for lo, hi in store.missing())
    facts = {"runs": store.runs, "done": store.runs - left, "complete": not left, "bytes": store.bytes}
    _say(args, facts, f"{args.folder}: {facts['done']:,} of {store.runs:,} runs, {store.bytes / 1e6:.1f} MB")
    return 0 if not left else INCOMPLETE


def verify_command(args: argparse.Namespace) -> int:
    """Carry out `curbs verify`."""
    from experiments.store import Store

    said = Store(args.folder).verify()
    _say(args, said, _verdict(args.folder, said))
    return 0 if said["complete"] else INCOMPLETE


def export_command(args: argparse.Namespace) -> int:
    """Carry out `curbs export`."""
    from experiments.store import Store

    written = Store(args.folder).export(_design(args), args.out)
    _say(args, {"out": str(args.out), "rows": written}, f"{args.out}: {written:,} rows")
    return 0


def _say(args: argparse.Namespace, facts: dict[str, Any], line: str) -> None:
    from experiments.cli import print_json

    if args.json:
        print_json(facts)
    else:
        print(line)


SWEEP_ACTS = {
    "sweep": sweep_command,
    "describe": describe_command,
    "status": status_command,
    "verify": verify_command,
    "export": export_command,
}
"""What carries out each command on sweeps."""
