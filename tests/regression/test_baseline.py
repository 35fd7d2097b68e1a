"""Results do not move unless they are meant to: same bits as baseline.json on every machine and any vector unit."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from make_baseline import BASELINE, COMMAND, DIGESTS, MEDIANS, QUARTERS, cases, digests, medians

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def expected():
    """What was kept."""
    return json.loads(BASELINE.read_text())["cases"]


@pytest.fixture(scope="module")
def found():
    """The same runs now."""
    return cases()


def test_baseline_covers_what_the_command_writes(expected, found):
    assert set(expected) == set(found)
    for case in expected.values():
        assert set(case["digests"]) == {*DIGESTS, "firm_record"}
        assert set(case["medians"]) == set(MEDIANS)
        assert all(tuple(values) == QUARTERS for values in case["medians"].values())


def test_medians_are_those_of_the_baseline(expected, found):
    """Eight worlds; the tolerance only forgives the last digits of the file, not chance: there is none."""
    moved = []
    for name, case in expected.items():
        now = medians(found[name])
        for series, kept in case["medians"].items():
            for quarter, value in kept.items():
                if not np.isclose(now[series][quarter], value, rtol=1e-12, atol=0.0):
                    moved.append(f"{name}: {series} in {quarter} was {value:.6g}, is {now[series][quarter]:.6g}")
    assert not moved, "results moved; if that is meant, run " + COMMAND + "\n" + "\n".join(moved[:20])


def test_bits_are_those_of_the_baseline(expected, found):
    """No fast maths, own exponential and logarithm, sums in a fixed order: one digest for all machines."""
    moved = {
        name: [series for series, digest in digests(found[name]).items() if digest != case["digests"][series]]
        for name, case in expected.items()
    }
    assert not any(moved.values()), f"bits moved in {moved}; if that is meant, run {COMMAND}"


def test_runs_of_the_baseline_broke_no_law(found):
    assert {name: one.failed.count for name, one in found.items()} == dict.fromkeys(found, 0)


def test_bits_do_not_depend_on_the_vector_units_of_the_processor(found):
    """NumPy has other code for exp, log and power where there is AVX-512, with other last bits: none reaches a run."""
    units = subprocess.run(
        [sys.executable, "-c", _VECTOR_UNITS], capture_output=True, text=True, check=True, timeout=60
    ).stdout.split()
    if not units:
        pytest.skip("NumPy finds no vector units on this processor that could be switched off")
    code = "import json; from make_baseline import cases, digests; " \
           "print(json.dumps({name: digests(one) for name, one in cases().items()}))"  # fmt: skip
    paths = os.pathsep.join([str(ROOT), str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
    without = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"NPY_DISABLE_CPU_FEATURES": " ".join(units), "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert without.returncode == 0, without.stderr
    moved = {
        name: [series for series, digest in one.items() if digest != digests(found[name])[series]]
        for name, one in json.loads(without.stdout).items()
    }
    assert not any(moved.values()), f"these depend on the vector units ({' '.join(units)} off): {moved}"


_VECTOR_UNITS = """
from numpy._core import _multiarray_umath as core
print(*(name for name in core.__cpu_dispatch__ if core.__cpu_features__.get(name)))
"""
