"""What runs a scenario: replaced rules reach the start and every phase, arms of other rules share worlds and draws."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import abm
from abm.machine import STOCK, machine_of
from abm.rules.ai_firm import offer_value
from abm.rules.chips import list_price
from abm.scenario import Scenario
from abm.simulation import Builder, prepare

ROOT = Path(abm.__file__).parents[1]


def half_price(chip_quality, reference_price, price_exponent):
    return list_price(chip_quality, reference_price, price_exponent) / 2.0


def the_same(performance, used, cost, reference, sensitivity, cutoff_aversion, hazard, favour):
    return offer_value(performance, used, cost, reference, sensitivity, cutoff_aversion, hazard, favour)


@pytest.fixture(scope="module")
def point():
    return Scenario.load("history").with_point(True)


def begun(scenario, steps=0):
    """Two worlds of a scenario after some quarters in plain Python."""
    machine = machine_of(scenario)
    handle = Builder(prepare([scenario]), [scenario], 1, 8).fill(np.arange(2))
    with np.errstate(all="ignore"):
        machine.plain(2)(handle.world, 0, steps)
    return handle.world


def test_the_start_follows_a_replaced_rule(point):
    """Orders of 2020Q1 are money over price: half the price, twice the orders and the capacity."""
    stock, mine = begun(point), begun(point.with_rules(list_price=half_price))
    np.testing.assert_allclose(mine.world_orders, 2.0 * stock.world_orders)
    np.testing.assert_array_equal(mine.cash, stock.cash)


def test_phases_follow_a_replaced_rule(point):
    stock, mine = begun(point, 1), begun(point.with_rules(list_price=half_price), 1)
    np.testing.assert_allclose(mine.price[0], stock.price[0] / 2.0)


def test_the_same_rule_by_another_name_changes_no_bit(point):
    stock, mine = begun(point, 3), begun(point.with_rules(offer_value=the_same), 3)
    for name, one, other in zip(stock._fields, stock, mine, strict=True):
        np.testing.assert_array_equal(one, other, err_msg=name)


def test_arms_with_the_same_rules_share_a_machine(point):
    mine = point.with_rules(offer_value=the_same)
    assert machine_of(mine) == machine_of(mine.counterfactual()) != machine_of(point) == STOCK
    assert hash(machine_of(mine)) == hash(machine_of(mine.counterfactual()))


PROGRAM = """
import sys
import numpy as np
from own_rules import mine
from abm.machine import compiled_before, machine_of
from abm.rules.ai_firm import offer_value
from abm.scenario import Scenario
from abm.simulation import run_arms

stock = Scenario.load("history").with_point(True)
own = stock.with_rules(offer_value=mine)
before = compiled_before(2, machine_of(own))
(one, other), (alone,) = (run_arms(arms, 1, 1, lanes=2) for arms in ([own, stock], [own]))
assert np.array_equal(one.record, alone.record), "the partner's rules change an arm"
assert not np.array_equal(one.record, other.record), "the swapped rule ran as the shipped one"
assert one.world.tolist() == other.world.tolist() == [0]
same = [name for name in one.parameters if not np.array_equal(one.parameters[name], other.parameters[name])]
assert same == [], "pairs share their parameters"
print(before, repr(float(one["value_cn"].values[0, 30])), repr(float(other["value_cn"].values[0, 30])))
"""
RULE = """
from abm.rules.ai_firm import offer_value

def mine(performance, used, cost, reference, sensitivity, cutoff_aversion, hazard, favour):
    return offer_value(performance, used, cost, reference, sensitivity, cutoff_aversion, {factor} * hazard, favour)
"""


@pytest.fixture
def run(tmp_path):
    """Run the program in a new process; all processes share a cache."""

    def run(factor, **environment):
        (tmp_path / "own_rules.py").write_text(RULE.format(factor=factor))
        path = os.pathsep.join([str(ROOT), str(tmp_path)])
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env=os.environ | {"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"} | environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.split()

    return run


@pytest.mark.slow
def test_a_replaced_rule_is_compiled_once_for_all_processes_and_never_taken_for_another(run):
    """Each process compares it with the shipped rule; without a compiler the bits are the same."""
    _, first, shipped = run(0.25)
    again, second, _ = run(0.25)
    assert (again, second) == ("True", first)
    plain = run(0.25, NUMBA_DISABLE_JIT="1")
    assert plain[1:] == [first, shipped]
