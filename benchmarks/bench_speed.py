"""How fast the engine is: CPU time, median of several repeats, reported and never asserted.

    .venv/bin/python benchmarks/bench_speed.py --json results/speed.json

CPU time is that of this process, so that other work on the machine disturbs it little; wall-clock time is used where
waiting is the point (threads, compiling, starting). The bits of what is timed are asserted in tests/regression.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from abm import simulation
from abm.engine import LANES, lanes_of_block, run_blocks, thread_count
from abm.scenario import Scenario
from abm.simulation import Builder, kernel, prepare, simulate
from abm.vocabulary import QUARTERS

REPEATS = 5
SEED = 1


@dataclass(frozen=True)
class Figure:
    """One measured figure: median, least and largest of the repeats."""

    name: str
    unit: str
    median: float
    low: float
    high: float
    repeats: int
    note: str = ""


def figure(name: str, unit: str, values: Sequence[float], note: str = "") -> Figure:
    """Figure from repeats."""
    return Figure(name, unit, median(values), min(values), max(values), len(values), note)


def cpu(act: Callable[[], object]) -> float:
    """CPU seconds of all threads of this process."""
    start = time.process_time()
    act()
    return time.process_time() - start


def wall(act: Callable[[], object]) -> float:
    """Seconds on the clock."""
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def ensemble(runs: int, repeats: int) -> list[Figure]:
    """Runs a second and core, one thread: kernel alone, worlds filled and read out, and everything `simulate` does."""
    history = Scenario.load("history")
    builder = Builder(prepare([history]), [history], SEED, simulation.REPLICATIONS)
    compiled = kernel(LANES)
    world = builder.fill(lanes_of_block(0, runs, LANES))
    blocks = range(0, runs, LANES)

    def filled() -> None:
        for start in blocks:
            builder.fill(lanes_of_block(start, runs, LANES), world)

    def run_all() -> None:
        for start in blocks:
            compiled(builder.fill(lanes_of_block(start, runs, LANES), world), 0, QUARTERS)

    fills = [cpu(filled) for _ in range(repeats)]
    both = [cpu(run_all) for _ in range(repeats)]
    whole = [cpu(lambda: simulate(history, runs=runs, seed=SEED, threads=1)) for _ in range(repeats)]
    prepared = [cpu(lambda: prepare([history])) for _ in range(repeats)]
    kernels = [runs / (all_of - median(fills)) for all_of in both]
    return [
        figure("ensemble, kernel alone", "runs/s/core", kernels, f"{runs} runs in blocks of {LANES}"),
        figure("ensemble, worlds filled and run", "runs/s/core", [runs / one for one in both], f"{runs} runs"),
        figure("ensemble, simulate()", "runs/s/core", [runs / one for one in whole], f"{runs} runs, all included"),
        figure("prepare designs and law", "ms", [1000 * one for one in prepared], "once a call"),
    ]


def single_run(lanes: int, repeats: int) -> Figure:
    """One run (or one pair) of 52 quarters, as the browser and Mesa step it."""
    arms = [Scenario.load("history"), Scenario.load("none_0")][:lanes]
    builder = Builder(prepare(arms), arms, SEED, simulation.REPLICATIONS)
    compiled = kernel(lanes)
    world = builder.fill(np.arange(lanes))

    def once() -> float:
        builder.fill(np.arange(lanes), world)
        return 1000 * cpu(lambda: compiled(world, 0, QUARTERS))

    once()
    what = "one run" if lanes == 1 else "one pair"
    return figure(f"{what}, 52 quarters (LANES = {lanes})", "ms", [once() for _ in range(repeats)], "kernel alone")


def threads(runs: int, repeats: int) -> list[Figure]:
    """Gain of a second thread on the clock; alternating, so that both see the same other work."""
    history = Scenario.load("history")
    found = []
    for _ in range(repeats):
        one = wall(lambda: simulate(history, runs=runs, seed=SEED, threads=1))
        two = wall(lambda: simulate(history, runs=runs, seed=SEED, threads=2))
        found.append(one / two)
    return [figure("two threads over one, simulate()", "x", found, f"{runs} runs, wall clock")]


def scratch(repeats: int) -> list[Figure]:
    """Bytes of the worlds that the engine keeps while it runs, for few and many runs."""
    history = Scenario.load("history")
    workers = thread_count()
    found = []
    for runs in (64, 64 * 32):
        builder = Builder(prepare([history]), [history], SEED, simulation.REPLICATIONS)
        held: dict[int, Any] = {}

        def fill(
            start: int, world: Any, builder: Builder = builder, held: dict[int, Any] = held, runs: int = runs
        ) -> Any:
            made = builder.fill(lanes_of_block(start, runs, LANES), world)
            held[id(made)] = made
            return made

        run_blocks(lambda _: None, fill, runs, LANES, workers)
        shared = {id(array): array.nbytes for array in builder.plan.arrays.values()}
        own = sum(array.nbytes for one in held.values() for array in one.world if id(array) not in shared)
        note = f"{len(held)} worlds for {workers} threads, {sum(shared.values()) / 2**20:.1f} MiB shared"
        found.append(figure(f"engine scratch, {runs} runs", "MiB", [own / 2**20], note))
    return found


def starting(repeats: int, compiling: bool) -> list[Figure]:
    """Seconds on the clock in fresh processes: import, later start to the first results, and the first compile."""

    def python(code: str, **more: str) -> float:
        root = str(Path(__file__).parents[1])
        command = [sys.executable, "-c", code]
        return wall(lambda: subprocess.run(command, cwd=root, env=os.environ | more, check=True, capture_output=True))

    bare = median(python("pass") for _ in range(repeats))
    imports = [python("import abm; assert 'mesa' not in __import__('sys').modules") - bare for _ in range(repeats)]
    everything = [python("import abm; abm.compare; abm.Scenario") - bare for _ in range(repeats)]
    first_runs = "import abm; abm.simulate('history', runs=1)"
    python(first_runs)
    later = [python(first_runs) for _ in range(repeats)]
    found = [
        figure("import abm", "s", imports, "without mesa; bare interpreter subtracted"),
        figure("import abm and its engine", "s", everything, "abm.compare, abm.Scenario"),
        figure("later start: process to results of one run", "s", later, "compiled before"),
    ]
    if compiling:
        with tempfile.TemporaryDirectory() as cache:
            first = python(first_runs, CHIP_CURBS_CACHE=cache)
        found.append(figure("first start ever, compiling", "s", [first], "empty cache"))
    return found


def measure(runs: int, repeats: int, compiling: bool) -> list[Figure]:
    """All figures."""
    simulate("history", runs=LANES, seed=SEED)
    return [
        *ensemble(runs, repeats),
        single_run(1, repeats),
        single_run(2, repeats),
        *threads(runs, repeats),
        *scratch(repeats),
        *starting(repeats, compiling),
    ]


def report(figures: Sequence[Figure], path: Path | None) -> None:
    """Print a table; write JSON where asked to."""
    for one in figures:
        spread = f"{one.low:,.3g} to {one.high:,.3g}" if one.repeats > 1 else ""
        print(f"{one.name:<46} {one.median:>9,.4g} {one.unit:<12} {spread:<20} {one.note}")
    if path is not None:
        machine = {"processor": platform.machine(), "cores": os.cpu_count(), "python": platform.python_version()}
        content = {"machine": machine, "load": list(os.getloadavg()), "figures": [asdict(one) for one in figures]}
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and report."""
    parser = argparse.ArgumentParser(description="Measure the speed of the engine.")
    parser.add_argument("--runs", type=int, default=1024, help="runs of the ensemble (default 1024)")
    parser.add_argument("--repeats", type=int, default=REPEATS, help=f"repeats of each figure (default {REPEATS})")
    parser.add_argument("--no-compile", action="store_true", help="leave out the first compile (about a minute)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here")
    args = parser.parse_args(argv)
    report(measure(args.runs, args.repeats, not args.no_compile), args.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
