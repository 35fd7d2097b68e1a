"""What tests of sweeps share: a posterior of three draws in the place of the shipped one."""

from __future__ import annotations

import pytest

from abm import beliefs
from abm.parameter_index import PARAMETERS

NAMES = ("enforcement", "price_sensitivity", "attrition")
WEIGHTS = (0.5, 0.3, 0.2)
ROWS = [[p.low + place * (p.high - p.low) for p in map(PARAMETERS.__getitem__, NAMES)] for place in (0.25, 0.5, 0.75)]


@pytest.fixture
def made_posterior(monkeypatch, tmp_path_factory):
    """Names and draws of the posterior that stands in `beliefs.FOLDER` during a test."""
    folder, true = tmp_path_factory.mktemp("posterior"), beliefs.load_posterior
    lines = [",".join(map(str, (weight, *row))) for weight, row in zip(WEIGHTS, ROWS, strict=True)]
    (folder / "posterior.csv").write_text("\n".join([",".join((beliefs.WEIGHT, *NAMES)), *lines]) + "\n")
    (folder / "posterior.toml").write_text('medoid = 1\nfacts_to = "2024Q4"\n')
    monkeypatch.setattr(beliefs, "FOLDER", folder)
    monkeypatch.setattr(beliefs, "load_posterior", lambda name: true(name, folder))
    beliefs._parts.cache_clear()
    yield NAMES, ROWS
    beliefs._parts.cache_clear()
