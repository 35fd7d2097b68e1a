"""The prior-predictive report of 64 worlds is the pinned one; `make_prior` writes the pin."""

from __future__ import annotations

import json

import pytest
from make_prior import PIN, REPLICATIONS, RUNS, SEED, pinned

from experiments.prior_report import run_prior

pytestmark = pytest.mark.slow


def test_the_report_says_what_is_pinned():
    """The same bits on every machine; the tolerance forgives the last digits of quantiles and correlations."""
    found, kept = pinned(run_prior(RUNS, SEED, REPLICATIONS)), json.loads(PIN.read_text(encoding="utf-8"))
    command = "if that is meant, run python -m tests.regression.make_prior"
    for part in ("runs", "points", "regimes"):
        assert found[part] == kept[part], command
    assert {name: rest[:3] for name, rest in found["coverage"].items()} == {
        name: rest[:3] for name, rest in kept["coverage"].items()
    }, command
    assert found["medians"] == pytest.approx(kept["medians"], rel=1e-9), command
    assert {name: one for name, (one, _) in found["regions"].items()} == {
        name: one for name, (one, _) in kept["regions"].items()
    }, command
