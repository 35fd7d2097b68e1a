"""How time and memory grow with the number of AI firms: reported, never asserted.

    .venv/bin/python benchmarks/bench_firms.py --firms 100 1000 10000 100000

One lane on one core (`--lanes 2`: one pair). CPU time of the 52 quarters, of building the world, and the exponent of
time in the number of firms between sizes.
"""

from __future__ import annotations

import argparse
import json
import math
import resource
import sys
import time
from dataclasses import asdict, dataclass

import numpy as np

from abm.scenario import Scenario
from abm.simulation import Builder, kernel, prepare
from abm.vocabulary import QUARTERS

MIB = 2**20


@dataclass(frozen=True)
class Size:
    """What one number of firms costs: CPU seconds, microseconds a firm-quarter and lane, MiB of state."""

    firms: int
    lanes: int
    start: float
    quarters: float
    each: float
    state: float
    largest: float
    exponent: float


def measure(firms: int, lanes: int, repeats: int) -> tuple[float, float, float]:
    """Least CPU seconds of the start and of the quarters, and bytes of state."""
    scenario = Scenario.synthetic(firms)
    arms = [scenario, scenario.counterfactual("none_0")][:lanes]
    compiled, starts, quarters = kernel(lanes), [], []
    handle = None
    for _ in range(repeats):
        begin = time.process_time()
        builder = Builder(prepare(arms), arms, 1, 1)
        handle = builder.fill(np.arange(lanes))
        ready = time.process_time()
        compiled(handle, 0, QUARTERS)
        starts.append(ready - begin)
        quarters.append(time.process_time() - ready)
    assert handle is not None
    return min(starts), min(quarters), float(sum(array.nbytes for array in handle.world))


def sizes(firms: list[int], lanes: int, repeats: int) -> list[Size]:
    """Every size in turn; the exponent is that of time from the size before."""
    measure(min(firms), lanes, 1)  # compiles
    found: list[Size] = []
    for count in firms:
        start, quarters, state = measure(count, lanes, repeats if count < max(firms) else 1)
        slope = math.nan
        if found:
            slope = math.log(quarters / found[-1].quarters) / math.log(count / found[-1].firms)
        largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / MIB
        each = 1e6 * quarters / (count * QUARTERS * lanes)
        found.append(Size(count, lanes, start, quarters, each, state / MIB, largest, slope))
    return found


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--firms", type=int, nargs="+", default=[100, 1000, 10_000, 100_000])
    parser.add_argument("--lanes", type=int, default=1, choices=(1, 2))
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = sizes(sorted(options.firms), options.lanes, options.repeats)
    if options.json:
        print(json.dumps([asdict(one) for one in found], indent=1))
        return 0
    print("firms | lanes | start, s | 52 quarters, s | us a firm-quarter | state, MiB | process, MiB | exponent")
    for one in found:
        print(
            f"{one.firms} | {one.lanes} | {one.start:.2f} | {one.quarters:.3f} | {one.each:.2f} | {one.state:.0f} | "
            f"{one.largest:.0f} | {one.exponent:.2f}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
