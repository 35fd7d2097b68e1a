"""The confidence rules on samples whose answers are known."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from confidence import median_interval, of_points, share_low


def test_interval_of_the_median_is_the_textbook_order_statistics():
    """Tables of the sign test: for n = 32 the 11th and 22nd value, coverage 95 %; one rank further in has 89 %."""
    assert median_interval(np.arange(1.0, 33.0)) == (11.0, 22.0)
    assert median_interval(np.array([5.0, 1.0, 4.0, 2.0, 3.0])) == (1.0, 5.0)


def test_interval_of_the_median_covers_as_often_as_it_says():
    """2,000 skewed samples of 32: coverage lies above .90 less three standard errors (.02)."""
    samples = np.random.Generator(np.random.PCG64(7)).exponential(size=(2000, 32))
    covered = [low <= np.log(2.0) <= high for low, high in map(median_interval, samples)]
    assert np.mean(covered) > 0.88


def test_too_few_points_give_no_interval():
    with pytest.raises(ValueError, match="4 points are too few"):
        median_interval(np.arange(4.0))


def test_points_are_the_units():
    results = SimpleNamespace(point=np.repeat([3, 4], 4))
    assert of_points(results, np.array([1.0, 2.0, 3.0, 9.0, 0.0, 0.0, 5.0, 5.0])).tolist() == [2.5, 2.5]
    everywhere = SimpleNamespace(point=np.repeat(np.arange(32), 8))
    assert share_low(everywhere, np.ones(256, dtype=bool)) == pytest.approx(0.1 ** (1 / 32))
