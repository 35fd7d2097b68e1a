"""A walk of the quarter agent by agent, written apart from the engine, gives the engine's bits in every quarter."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import numpy as np
import pytest
import walk
from walk.model import QuarterWalk
from walk.snapshot import differences, snapshot

from abm.link import link, rules_of
from abm.quarter import quarters
from abm.scenario import Scenario
from abm.simulation import Builder, kernel, prepare
from abm.state import FIELDS
from abm.vocabulary import QUARTERS, SWITCHES

PAIR = 2
DRAWN = 24
"""Firms of the drawn world that is walked."""
EARLY = 14
"""Quarters that plain Python runs quickly: to 2023Q2, past the first rule and its redesigns."""
GIVEN = {
    "arm", "world_id", "parameter", "switch", "learning_rule", "plan_factor", "start_capability", "past_capability",
    "hazard_start",
}  # fmt: skip
"""Arrays by run that the engine reads and never writes."""
PLACES_OF_THE_LEAD = {"frontier_best", "passed", "passed_best"}
"""Where the engine goes on looking for the lead; the walk looks from the start, and the leads are compared."""
BY_SERIES = {"record", "firm_record"}
"""Compared series by series."""
HELPERS = {"select", "smaller", "larger"}
"""Written out in the walk as Python's own conditions, `min` and `max`."""


def prepared(arms, first_world=0, seed=1):
    """Names, and a block of the two arms of one world at its start."""
    builder = Builder(prepare(arms), arms, seed, replications=8, first_world=first_world)
    return builder.plan, builder.fill(np.arange(PAIR))


def assert_same_bits(plan, handle, advance, last):
    """Step the walk of each arm beside the engine and compare all of the state after each quarter."""
    walks = [QuarterWalk(plan, handle.world, lane) for lane in range(PAIR)]
    for step in range(last):
        advance(step)
        for lane, one in enumerate(walks):
            one.step()
            assert differences(one, handle.world, lane) == []
    return walks


def arms_of(name):
    """Pairs of arms: the shipped ones, sliding thresholds, mechanisms off, and other rules of learning."""
    history, drawn = Scenario.load("history"), Scenario.synthetic(DRAWN, 3)
    full = history.with_parameters(
        subsidy_response=1.8, mandate_response=0.6, gate_response=0.9, counter_control_response=0.7,
        mobilisation_us=0.3, mobilisation_cn=0.2, readiness_threshold=0.06,
    )  # fmt: skip
    return {
        "history": [history, history.counterfactual("none_0")],
        "sliding": [history.with_continuation("freeze_rel"), Scenario.load("tight")],
        "rule": [Scenario.load("rule"), Scenario.load("rule").counterfactual("none_0")],
        "script then rule": [
            Scenario.load("script_then_rule"),
            Scenario.load("script_then_rule").without("us_rule", "grey_market"),
        ],
        "bare": [history.without(*SWITCHES), history.without("waiting", "redesign", "us_rd_from_revenue")],
        "learning": [history.with_learning("replicator"), history.counterfactual("none_0").with_learning("random")],
        "more learning": [history.with_learning("best_reply"), history.with_learning("fixed")],
        "answers": [
            full.with_china_gate("rule"),
            full.with_china_gate("rule").counterfactual("none_threat").with_china_gate("off"),
        ],
        "other law": [Scenario.load("none_threat"), Scenario.load("lifted_2027")],
        "drawn": [one.with_network("bloc_shuffled") for one in (drawn, drawn.counterfactual("none_0"))],
    }[name]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arms", "world"),
    [
        ("history", 0),
        ("history", 8),
        ("sliding", 16),
        ("bare", 3),
        ("other law", 26),
        ("learning", 12),
        ("more learning", 20),
        ("other law", 25),
        ("answers", 28),
        ("drawn", 2),
        ("rule", 9),
        ("script then rule", 18),
    ],
)
def test_the_walk_has_the_bits_of_the_engine_in_every_quarter(arms, world):
    """Parameter points 0 to 3: history and none_0, sliding or other law, mechanisms off, other rules of learning."""
    plan, handle = prepared(arms_of(arms), world)
    compiled = kernel(PAIR)
    walks = assert_same_bits(plan, handle, lambda step: compiled(handle, step, step + 1), QUARTERS)
    assert [one.audit.failed_quarter for one in walks] == [-1, -1]


def test_the_walk_has_the_bits_of_the_plain_phases():
    plan, handle = prepared(arms_of("history"), 5, seed=7)
    plain = link(quarters, sizes={"LANES": PAIR}, plain=True)
    assert_same_bits(plan, handle, lambda step: plain(handle.world, step, step + 1), EARLY)


def test_the_walk_has_the_bits_of_the_plain_phases_in_a_drawn_world():
    plan, handle = prepared(arms_of("drawn"), 2, seed=3)
    plain = link(quarters, sizes={"LANES": PAIR}, plain=True)
    assert_same_bits(plan, handle, lambda step: plain(handle.world, step, step + 1), EARLY)


@pytest.fixture(scope="module")
def after_one_quarter():
    """The walk and the engine after 2020Q1."""
    plan, handle = prepared(arms_of("history"))
    one = QuarterWalk(plan, handle.world)
    link(quarters, sizes={"LANES": PAIR}, plain=True)(handle.world, 0, 1)
    one.step()
    return one, handle.world


def test_the_smallest_change_of_one_number_is_found(after_one_quarter):
    """The comparison can fail: it names the array or series, the quarter, and where the numbers differ most."""
    one, world = after_one_quarter
    firm, line = list(one.firms)[3], list(one.firms)[3].held[0]
    series = one.records.series[-1]
    places = [
        (lambda value: setattr(firm, "cash", value), firm.cash, "cash in quarter 0: "),
        (lambda value: line.deployed.__setitem__(1, value), line.deployed[1], "deployed in quarter 0: "),
        (lambda value: setattr(one.packaging, "world_stock", value), one.packaging.world_stock, "world_stock in"),
        (lambda value: series.__setitem__("value_cn", value), series["value_cn"], "series value_cn in quarter 0: "),
    ]
    for change, value, says in places:
        change(float(np.nextafter(value, np.inf)))
        found = differences(one, world, 0)
        change(value)
        assert len(found) == 1
        assert found[0].startswith(says)
    assert differences(one, world, 0) == []


def test_all_that_the_engine_remembers_of_a_run_is_compared(after_one_quarter):
    compared = set(snapshot(after_one_quarter[0]))
    by_run = {name for name, field in FIELDS.items() if "run" in field.dims and "scratch" not in field.meaning}
    assert by_run - compared == GIVEN | BY_SERIES | PLACES_OF_THE_LEAD


# --- independence -----------------------------------------------------------------------------------------------------


def sources():
    """Syntax trees of the walk."""
    folder = Path(walk.__file__).parent
    return {path.stem: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.py"))}


def test_the_walk_uses_no_phase_and_no_array():
    for stem, tree in sources().items():
        targets = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        targets |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
        assert not {one for one in targets if one and one.startswith(("abm.phases", "abm.quarter", "abm.state"))}, stem
        assert stem == "snapshot" or "numpy" not in targets, stem


def test_the_walk_calls_every_rule_of_the_quarter():
    """The same function objects: whoever adds a rule to a phase must walk it too."""
    reached = {
        function
        for function in rules_of(quarters).values()
        if function.__module__.startswith("abm.rules.") and not function.__name__.startswith("_")
    }
    modules = [sys.modules[f"walk.{stem}"] for stem in sources() if stem != "__init__"]
    used = {value for module in modules for value in vars(module).values() if callable(value)}
    inner = {"normal_quantile", "logistic"}
    missing = {one.__name__ for one in reached if one not in used} - HELPERS - inner
    assert missing == set()
