"""Firms order ahead of rules they expect, and sales break down in the quarter in which a rule takes effect.

N = 256 worlds, 128 parameter points drawn from the priors with 2 replications each, seed 1. A share of worlds holds if
the lower end of its 90 % interval (points resampled; exact binomial where all worlds agree) reaches the share named; a
median holds if its whole 90 % interval over points does.
"""

from __future__ import annotations

import numpy as np
import pytest
from confidence import median_interval, of_points, share_low
from ensemble_size import REPLICATIONS, SEED, WORLDS

import abm
from abm.calendar import quarter_index

pytestmark = pytest.mark.slow
FIRST_SIGNAL = quarter_index("2022Q3")
MOST = 0.90
RULES = ("2022Q4", "2023Q4")
"""Quarters in which the rules of October 2022 and October 2023 took effect."""


@pytest.fixture(scope="module")
def unstocked():
    """The same worlds with the same rules, where no firm orders ahead."""
    history = abm.Scenario.load("history").with_beliefs("prior").without("stockpiling")
    return abm.simulate(history, runs=WORLDS, seed=SEED, replications=REPLICATIONS)


def flow(results, first, last):
    """NVIDIA's flagships delivered to China from one quarter to another, thousand [run]."""
    quarters = slice(quarter_index(first), quarter_index(last) + 1)
    return results.series("nvidia_china_units")[:, quarters].sum(axis=1)


def depth_of(results, quarter):
    """Flagships delivered in a quarter over those in the lower of its neighbours [run]; no trough beside nothing."""
    t = quarter_index(quarter)
    units = results.series("nvidia_china_units")
    beside = np.minimum(units[:, t - 1], units[:, t + 1])
    return np.where(beside > 0.0, units[:, t] / np.maximum(beside, 1e-9), np.inf)


def test_nobody_stocks_before_the_first_signal(controls):
    """No tolerance: firms in 2022Q2 had no reason to."""
    assert not controls.series("stock_orders_cn")[:, :FIRST_SIGNAL].any()


def test_nobody_stocks_without_controls(without):
    assert not without.series("stock_orders_cn").any()


@pytest.mark.parametrize(("first", "last"), [("2022Q3", "2023Q3"), ("2024Q1", "2024Q4")])
def test_firms_stock_after_signals(controls, first, last):
    """Between the first letters and the second rule, and again in 2024: orders for the warehouse in most worlds."""
    orders = controls.series("stock_orders_cn")[:, quarter_index(first) : quarter_index(last) + 1].sum(axis=1)
    assert share_low(controls, orders > 0.0) >= MOST


def test_sales_surge_before_the_rule_of_october_2023(controls, unstocked):
    """Against the same worlds without stockpiling: more flagships from 2023Q1 to 2023Q3 in most of them."""
    extra = flow(controls, "2023Q1", "2023Q3") / flow(unstocked, "2023Q1", "2023Q3") - 1.0
    assert share_low(controls, extra > 0.0) >= MOST
    assert median_interval(of_points(controls, extra))[0] > 0.05


@pytest.mark.parametrize(("quarter", "least"), [(RULES[0], MOST), (RULES[1], 0.65)])
def test_sales_break_down_in_the_quarter_of_a_rule(controls, quarter, least):
    """Below both neighbouring quarters in most worlds; in the median less than 60 % of the lower neighbour.

    Where the chip for the rule of October 2023 takes three quarters, the quarter after it is lower still.
    """
    depth = depth_of(controls, quarter)
    assert share_low(controls, depth < 1.0) >= least
    assert median_interval(of_points(controls, depth))[1] < 0.6


@pytest.mark.parametrize("quarter", RULES)
def test_no_breakdown_without_controls(without, quarter):
    """The same quarters in the other arm: in the median at least 80 % of the lower neighbour."""
    depth = depth_of(without, quarter)
    assert median_interval(of_points(without, depth))[0] > 0.8
