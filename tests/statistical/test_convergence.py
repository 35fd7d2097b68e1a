"""How effects depend on the number of firms: directions on fewer sizes, worlds and pairs than docs/convergence.md.

32 pairs at 16 parameter points drawn from the priors, seed 1, in two drawn worlds each of 16, 64 and 256 firms.
"""

from __future__ import annotations

import numpy as np
import pytest

from experiments.convergence import VARIANTS, measure

pytestmark = pytest.mark.slow
COMPLETE, ABLATED = VARIANTS
SIZES = (16, 64, 256)


@pytest.fixture(scope="module")
def found():
    return measure(SIZES, drawn=(1, 2), runs=32)


def level(found, variant, name, size):
    """Mean over drawn worlds and pairs."""
    return float(found.values[variant, name, size].mean())


def test_no_run_breaks_a_law(found):
    assert all(np.isfinite(values).all() for (_, name, _), values in found.values.items() if name != "regime")


def test_leaders_of_many_firms_are_small_and_reach_less(found):
    """Own research depends on the size of a firm, so levels of capability fall; without it they stand."""
    assert found.top[16] > found.top[64] > found.top[256]
    levels = [level(found, COMPLETE, "capability_us", size) for size in SIZES]
    assert levels == sorted(levels, reverse=True)
    without = [level(found, ABLATED, "capability_us", size) for size in SIZES]
    assert np.ptp(without) < 0.1 * np.ptp(levels)
