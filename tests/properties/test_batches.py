"""A run alone is the same run in any batch, on any number of threads, in lanes of any width, compiled or plain."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import market
import numpy as np
import pytest

import abm
from abm.engine import LANES
from abm.scenario import Scenario
from abm.simulation import run_arms

WORLDS = 64
SEED = 11


def arms():
    return [Scenario.load("history").with_beliefs("prior"), Scenario.load("none_0").with_beliefs("prior")]


def records(count, first=0, threads=1, lanes=LANES):
    """Records of both arms, the run last; worlds `first` to `first + count - 1`."""
    results = run_arms(arms(), count, SEED, threads=threads, first_world=first, lanes=lanes)
    for one in results:
        assert (one.failed_quarter == -1).all()
    return [array for one in results for array in (one.record, one.firm_record)]


@pytest.fixture(scope="module")
def whole():
    return records(WORLDS)


def assert_part(part, whole, first):
    for one, every in zip(part, whole, strict=True):
        assert market.same_bits(one, every[..., first : first + one.shape[-1]])


@pytest.mark.slow
def test_worlds_differ(whole):
    assert np.unique(whole[0][0, -1]).size == WORLDS
    assert not market.same_bits(whole[0], whole[2])


@pytest.mark.slow
@pytest.mark.parametrize("batch", [1, 7, 64])
def test_batches_of_any_size_give_the_same_bits(whole, batch):
    for first in range(0, WORLDS, batch) if batch > 1 else (0, 1, 31, 63):
        assert_part(records(min(batch, WORLDS - first), first), whole, first)


@pytest.mark.slow
def test_threads_give_the_same_bits(whole):
    assert_part(records(WORLDS, threads=2), whole, 0)


@pytest.mark.slow
def test_lanes_of_another_width_give_the_same_bits(whole):
    assert_part(records(3, first=20, lanes=2), whole, 20)


@pytest.mark.slow
def test_one_arm_alone_gives_the_bits_it_has_in_a_pair(whole):
    alone = run_arms([Scenario.load("none_0").with_beliefs("prior")], 5, SEED)[0]
    assert_part([alone.record, alone.firm_record], whole[2:], 0)


@pytest.mark.slow
@pytest.mark.parametrize("lanes", [2, LANES])
def test_plain_python_gives_the_bits_of_compiled_code_in_every_array(lanes):
    builder = market.builder_of(arms(), seed=SEED, first_world=4)
    compiled, plain = (builder.fill(np.arange(lanes)).world for _ in range(2))
    market.advance(compiled, 0, 3, compiled=True)
    market.advance(plain, 0, 3)
    for name, one, two in zip(plain._fields, plain, compiled, strict=True):
        assert market.same_bits(one, two), name


PROGRAM = """
import hashlib
from abm.scenario import Scenario
from abm.simulation import run_arms
arms = [Scenario.load(name).with_beliefs("prior") for name in ("history", "none_0")]
one = run_arms(arms, 1, 11, threads=1, first_world=9, lanes=2)
print(hashlib.sha256(b"".join(part.record.tobytes() for part in one)).hexdigest())
"""


@pytest.mark.slow
def test_without_compiling_a_simulation_gives_the_same_bits(whole):
    """NUMBA_DISABLE_JIT=1 runs all of a simulation in plain Python: slow, and the same to the last bit."""
    home = str(Path(abm.__file__).parents[1])
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": home}
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-500:]
    parts = [np.ascontiguousarray(whole[arm][..., 9:10]) for arm in (0, 2)]
    assert done.stdout.strip() == hashlib.sha256(b"".join(part.tobytes() for part in parts)).hexdigest()
