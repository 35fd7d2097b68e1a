"""Kernels of two widths from the cache, in one process: neither runs in the other's place.

Compiled code carries names that count functions from the start of a process. Two kernels that two processes compiled
could thus have the same names, and a third process that loads both would run the first for both: with too few lanes,
silently, or beyond the end of arrays.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import abm

pytestmark = pytest.mark.slow
ROOT = Path(abm.__file__).parents[1]

STEP = """\
    for run in range(LANES):
        world.stock[run] = world.stock[run] * 2.0 / (world.stock[run] + {number}.0)
"""
MODULE = """
import sys
from typing import NamedTuple

import numpy as np

from abm.link import link

LANES = 4


class World(NamedTuple):
    stock: np.ndarray


def grow(world: World) -> None:
    for run in range(LANES):
        world.stock[run] += 1.0
STEPS


def quarter(world: World) -> None:
    grow(world)
    grow(world)


if __name__ == "__main__":
    import widths

    for lanes in map(int, sys.argv[1:]):
        world = widths.World(np.ones(lanes))
        link(widths.quarter, sizes={"LANES": lanes})(world)
        print(lanes, *world.stock)
"""


@pytest.fixture
def run(tmp_path):
    """Run kernels of these widths in a new process; all processes share a cache. Lines of output."""
    steps = "".join(STEP.format(number=number) for number in range(60))  # too long to be inlined
    (tmp_path / "widths.py").write_text(MODULE.replace("STEPS\n", steps))
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(tmp_path)]),
        "CHIP_CURBS_CACHE": str(tmp_path / "kept"),
    }

    def run(*widths):
        command = [sys.executable, "-m", "widths", *map(str, widths)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=300)
        assert done.returncode == 0, f"exit {done.returncode} with widths {widths}\n{done.stderr}"
        return done.stdout.splitlines()

    return run


def lanes_filled(output, *widths):
    """Whether each kernel printed its width and filled as many lanes with the number that a lane alone has."""
    values = [line.split() for line in output]
    assert [int(words[0]) for words in values] == list(widths)
    assert {words[1] for words in values} != {"1.0"}
    return all(len(words) == 1 + int(words[0]) and len(set(words[1:])) == 1 for words in values)


def test_kernels_compiled_apart_run_side_by_side(run):
    """Alone first, which fills the cache, then together in both orders."""
    for widths in ((2,), (8,), (2, 8), (8, 2)):
        assert lanes_filled(run(*widths), *widths), f"widths {widths}"
