"""The engine against the same model in ordinary Mesa: CPU time of one run in each, turn by turn.

    .venv/bin/python benchmarks/bench_walk.py

The Mesa model is the walk of tests/mesa/walk, which has the engine's bits (tests/mesa/test_walk.py). Engine and walk
are timed in turn, so that other work on the machine disturbs both; a ratio compares neighbours in time. Timed are the
52 quarters; the start of a world is left out on both sides.

The rules' own exp and log, which give the same bits on every machine, are slow in plain Python. So a second walk uses
those of the C library: other bits, but what a Mesa user would have, and the fairer opponent.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "mesa"))

import numpy as np
from bench_speed import SEED, Figure, cpu, figure, report
from instructions import count, gigahertz
from walk.model import QuarterWalk

from abm.engine import LANES, lanes_of_block
from abm.rules import numbers
from abm.scenario import Scenario
from abm.simulation import REPLICATIONS, Builder, kernel, prepare
from abm.vocabulary import QUARTERS

ROUNDS = 7
BLOCKS = 8
"""Blocks of lanes in one timing of the engine."""
COUNTED = 16
"""Quarter whose instructions are counted: 2024Q1, all offers on sale."""
DISPATCH = 6
"""Instructions that a Zen 4 core can start in a cycle."""
PATCHED = ("abm.rules.", "abm.draws", "walk.")


@contextmanager
def c_library() -> Iterator[None]:
    """The C library's exp, log and sqrt in rules, draws and walk."""
    own = {name: getattr(numbers, name) for name in ("exp", "log", "sqrt")}
    places = [
        (module, name)
        for key, module in list(sys.modules.items())
        for name, function in own.items()
        if key.startswith(PATCHED) and vars(module).get(name) is function
    ]
    try:
        for module, name in places:
            setattr(module, name, getattr(math, name))
        yield
    finally:
        for module, name in places:
            setattr(module, name, own[name])


class Race:
    """One scenario, in the engine and in the walk."""

    def __init__(self) -> None:
        arms = [Scenario.load("history")]
        self.builder = Builder(prepare(arms), arms, SEED, REPLICATIONS)
        self.block = self.builder.fill(np.arange(LANES))
        self.start = self.builder.fill(np.arange(1)).world
        self.kernel = kernel(LANES)
        self.kernel(self.block, 0, QUARTERS)
        self.walk()
        with c_library():
            self.walk()

    def engine(self) -> float:
        """CPU milliseconds a run in an ensemble on one core."""
        spent = 0.0
        for block in range(BLOCKS):
            self.builder.fill(lanes_of_block(block * LANES, BLOCKS * LANES), self.block)
            spent += cpu(lambda: self.kernel(self.block, 0, QUARTERS))
        return 1000.0 * spent / (BLOCKS * LANES)

    def walk(self) -> float:
        """CPU milliseconds of a run agent by agent."""
        one = QuarterWalk(self.builder.plan, self.start)
        return 1000.0 * cpu(lambda: [one.step() for _ in range(QUARTERS)])

    def pairs(self) -> int:
        """Pairs of firm and offer that may trade."""
        return int(self.start.available.sum())

    def measure(self, rounds: int) -> list[Figure]:
        """Engine, walk, engine, walk with the C library's functions, and so on."""
        engines: list[float] = []
        walks: dict[str, list[float]] = {"own": [], "library": []}
        ratios: dict[str, list[float]] = {"own": [], "library": []}
        for _ in range(rounds):
            for kind, spent in walks.items():
                engines.append(self.engine())
                if kind == "own":
                    spent.append(self.walk())
                else:
                    with c_library():
                        spent.append(self.walk())
                ratios[kind].append(spent[-1] / engines[-1])
        each = [1e6 * one / (self.pairs() * QUARTERS) for one in engines]
        own, library = "rules' own exp and log, engine's bits", "C library's exp and log, other bits"
        return [
            figure("engine, one run of an ensemble", "ms", engines, f"{LANES} lanes, kernel alone, one core"),
            figure("walk in Mesa", "ms", walks["own"], own),
            figure("walk in Mesa, C library", "ms", walks["library"], library),
            figure("walk over engine", "x", ratios["own"], own),
            figure("walk over engine, C library", "x", ratios["library"], library),
            figure(
                "engine, a firm-offer-step", "ns", each, f"{self.pairs()} pairs that may trade x {QUARTERS} quarters"
            ),
        ]

    def issue(self, rounds: int) -> list[Figure]:
        """Share of the core's issue limit in one quarter of a block, from counted instructions and measured clock."""
        self.builder.fill(np.arange(LANES), self.block)
        self.kernel(self.block, 0, COUNTED)

        def quarter(stop: int) -> Any:
            return lambda: self.kernel(self.block, COUNTED, stop)

        counted, empty = count(quarter(COUNTED + 1)), count(quarter(COUNTED))
        if counted is None or empty is None:
            return []
        times, clocks = [], []
        for _ in range(rounds):
            clocks.append(gigahertz())
            self.builder.fill(np.arange(LANES), self.block)
            self.kernel(self.block, 0, COUNTED)
            times.append(1e9 * cpu(quarter(COUNTED + 1)))
        clock, instructions = median(clocks), counted - empty
        rates = [instructions / (one * clock) for one in times]
        note = "counted by single steps, no hardware counters"
        return [
            figure("instructions, a run and quarter", "thousand", [instructions / LANES / 1000.0], note),
            figure("clock", "GHz", clocks, "chain of one-cycle operations"),
            figure("instructions a cycle", "1/cycle", rates, "512-bit instructions hold a unit for two cycles"),
            figure("share of the issue limit", "%", [100.0 * one / DISPATCH for one in rates], f"{DISPATCH} a cycle"),
        ]


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and report."""
    parser = argparse.ArgumentParser(description="Time the engine against the same model in ordinary Mesa.")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"turns of each (default {ROUNDS})")
    parser.add_argument("--issue", action="store_true", help="count instructions too: some minutes of single steps")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here")
    args = parser.parse_args(argv)
    race = Race()
    figures = race.measure(args.rounds)
    counted = race.issue(args.rounds) if args.issue else []
    report(figures + counted, args.json)
    if args.issue and not counted:
        print("instructions cannot be counted here: this needs Linux on x86-64 and leave to trace a process")
    return 0


if __name__ == "__main__":
    sys.exit(main())
