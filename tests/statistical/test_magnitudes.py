"""Magnitudes of 2024 that must come out before any fitting (MODEL 10).

N = 256 worlds, 128 parameter points drawn from the priors with 2 replications each, seed 1. A median holds if its whole
90 % interval over points (order statistics of the points' medians) lies in the range of the observation.
"""

from __future__ import annotations

import pytest
from confidence import median_interval, of_points

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("statistic", "low", "high"),
    [
        ("ASCEND_UNITS", 200.0, 640.0),  # thousand packages: SMIC's and TSMC's dies, disputed by a factor of three
        ("SMUGGLED_CHIPS", 10.0, 400.0),  # thousand chips: the order of magnitude is all that is known
    ],
)
def test_median_of_2024_lies_in_the_observed_range(controls, statistic, low, high):
    found = median_interval(of_points(controls, controls.observe(statistic).at("2024")))
    assert low <= found[0], f"{statistic} 2024: median between {found[0]:.1f} and {found[1]:.1f}"
    assert found[1] <= high, f"{statistic} 2024: median between {found[0]:.1f} and {found[1]:.1f}"


def test_the_ranges_are_those_of_the_data(pack):
    """The range of Ascend packages is that of the disputed sources, of which the row's own value is one."""
    from_rows = {
        name: pack.observations.one(series_id=name, period="2024") for name in ("ASCEND_UNITS", "SMUGGLED_CHIPS")
    }
    assert 200.0 <= from_rows["ASCEND_UNITS"]["value"] <= 640.0
    assert (from_rows["SMUGGLED_CHIPS"]["low"], from_rows["SMUGGLED_CHIPS"]["high"]) == (10, 400)


def test_controls_bring_smuggling(controls, without):
    """Firms listed before 2022 buy on the grey market in both arms; in the same worlds the rules add to it."""
    with_rules, before = (arm.observe("SMUGGLED_CHIPS").at("2024") for arm in (controls, without))
    assert median_interval(of_points(controls, with_rules - before))[0] > 0.0
    with_rules, before = of_points(controls, with_rules), of_points(without, before)
    assert median_interval(with_rules)[0] > median_interval(before)[1]
