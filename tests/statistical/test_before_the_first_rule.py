"""Pairs are the same world until the first signal of 2022Q3: bit for bit, in every series, firm and run."""

from __future__ import annotations

import numpy as np
import pytest

from abm.calendar import quarter_index
from abm.series import SERIES

pytestmark = pytest.mark.slow
FIRST_SIGNAL = quarter_index("2022Q3")


def test_no_series_differs_before_the_first_signal(pair):
    """N = 256 pairs; no tolerance."""
    with_controls, without = pair.controls.record[:, :FIRST_SIGNAL], pair.counterfactual.record[:, :FIRST_SIGNAL]
    moved = [one.name for one, a, b in zip(SERIES, with_controls, without, strict=True) if a.tobytes() != b.tobytes()]
    assert moved == []


def test_no_firm_differs_before_the_first_signal(pair):
    """N = 256 pairs; no tolerance."""
    arms = (pair.controls.firm_record[:, :FIRST_SIGNAL], pair.counterfactual.firm_record[:, :FIRST_SIGNAL])
    assert np.ascontiguousarray(arms[0]).tobytes() == np.ascontiguousarray(arms[1]).tobytes()


def test_pairs_part_in_the_quarter_of_the_first_signal(pair):
    """Else the two tests above would say nothing: in every pair some series differs in 2022Q3."""
    parted = pair.controls.record[:, FIRST_SIGNAL] != pair.counterfactual.record[:, FIRST_SIGNAL]
    assert parted.any(axis=0).all()


def test_the_first_signal_is_that_of_2022q3(controls, without):
    """Every world: none before, one then; never one without controls."""
    signal = controls.series("signal")
    assert not signal[:, :FIRST_SIGNAL].any()
    assert signal[:, FIRST_SIGNAL].all()
    assert not without.series("signal").any()


def test_no_run_breaks_a_law(controls, without):
    assert (controls.failed.count, without.failed.count) == (0, 0)
