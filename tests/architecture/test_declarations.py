"""What is declared is used: arrays, parameters, switches, series, rules, each in its order."""

from __future__ import annotations

import ast
import re
import tomllib

import pytest
from source import ROOT, functions, inside, made, named

from abm import parameter_index
from abm.link import rules_of
from abm.parameters import DEFAULT_FILE, load_parameters
from abm.quarter import quarters
from abm.series import FIRM_SERIES, SERIES
from abm.state import FIELDS
from abm.vocabulary import FLOWS, LAWS, SWITCHES

OUTPUTS = {"record", "firm_record", "failed_quarter", "failed_law"}
"""Arrays that phases write for those who look on."""
READERS = ("abm.world", "abm.start", "abm.operators", "abm.operator_parts", "abm.outcomes")
"""Modules beside the phases in which a parameter may act."""
BY_PLACE = {"utilisation_serve_unported": "utilisation_train_unported"}
"""Parameters reached as the row after another one (`UTILISATION_TRAIN_UNPORTED + workload`)."""


def fields_touched(some):
    """Arrays of the world that some modules read, and those that they only write."""
    read, written = set(), set()
    for module in some:
        for node in ast.walk(module.tree):
            target = isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store)
            if target and _is_field(node.value):
                written.add(node.value.attr)
                node.value.seen_as_target = True
        adds = {id(node.target.value) for node in ast.walk(module.tree) if _adds_to_field(node)}
        for node in ast.walk(module.tree):
            if _is_field(node) and (not getattr(node, "seen_as_target", False) or id(node) in adds):
                read.add(node.attr)
    return read, written


def _is_field(node):
    return isinstance(node, ast.Attribute) and getattr(node.value, "id", "") in ("world", "state")


def _adds_to_field(node):
    return isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Subscript) and _is_field(node.target.value)


def names_used(some):
    """All names and texts that stand in some modules."""
    found = set()
    for module in some:
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Name):
                found.add(node.id)
            elif isinstance(node, ast.Attribute):
                found.add(node.attr)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
    return found


# --- the state --------------------------------------------------------------------------------------------------------


def test_every_array_of_the_world_is_used_by_a_phase():
    read, written = fields_touched(inside("abm.phases"))
    unused = [name for name in FIELDS if name not in read | written]
    assert unused == [], "declared in abm/state.py, touched by no phase"


def test_every_array_that_phases_write_is_read_by_somebody():
    """By a phase, or by those who look on: agents, networks, outcomes. Modules that fill the start do not count."""
    read, _ = fields_touched(inside("abm.phases"))
    filling = ("abm.state", "abm.start", "abm.world")
    lookers = names_used(one for one in inside("abm") if one.name not in filling and "phases" not in one.name)
    unread = [name for name in FIELDS if name not in read | OUTPUTS | lookers]
    assert unread == [], "written by a phase, read by nobody"


def test_phases_touch_no_array_that_is_not_declared():
    methods = {"_replace", "_fields"}
    read, written = fields_touched(inside("abm.phases", "abm.quarter"))
    assert sorted((read | written) - set(FIELDS) - methods) == []


def test_phases_are_annotated_so_that_their_kernels_can_be_kept():
    """A function whose first parameter is `world` is a phase; without `: World` every process would compile it."""
    for module in inside("abm.phases", "abm.quarter"):
        for name, node in functions(module):
            arguments = node.args.args
            if arguments and arguments[0].arg == "world":
                assert getattr(arguments[0].annotation, "id", "") == "World", f"{module.file}:{node.lineno} {name}"


# --- parameters -------------------------------------------------------------------------------------------------------


def acting_parameters():
    """Parameters that phases take by their row, or the world and the observation operators by their name."""
    rows = names_used(inside("abm.phases"))
    texts = names_used(inside(*READERS))
    beginnings = tuple(text for text in texts if text.endswith("_") and len(text) > 6)  # of f"accelerator_share_{year}"
    for name in load_parameters():
        if name.upper() in rows or name in texts or name.startswith(beginnings):
            yield name


def test_every_parameter_acts_somewhere():
    acting = set(acting_parameters())
    idle = [name for name in load_parameters() if name not in acting and BY_PLACE.get(name) not in acting]
    assert idle == [], "in parameters.toml, but no phase, world or observation operator uses it"


def test_parameters_reached_by_place_stand_side_by_side():
    names = list(load_parameters())
    for second, first in BY_PLACE.items():
        assert names.index(second) == names.index(first) + 1


def test_the_index_names_every_parameter_with_its_row_in_file_order():
    with DEFAULT_FILE.open("rb") as stream:
        order = list(tomllib.load(stream))
    assert list(parameter_index.NAMES) == order
    lines = re.findall(r'^([A-Z][A-Z0-9_]*) = _ROW\["(\w+)"\]$', named("abm.parameter_index").text, re.MULTILINE)
    assert sorted(name for _, name in lines) == sorted(order), "each parameter once"
    for constant, name in lines:
        assert constant == name.upper()
        assert getattr(parameter_index, constant) == order.index(name), constant


def test_the_index_lists_parameters_in_the_order_of_the_file():
    with DEFAULT_FILE.open("rb") as stream:
        order = list(tomllib.load(stream))
    lines = re.findall(r'_ROW\["(\w+)"\]', named("abm.parameter_index").text)
    first = next((one, two) for one, two in zip([*lines, ""], [*order, None], strict=False) if one != two)
    assert lines == order, f"{first[0]} stands where {first[1]} does in parameters.toml"


# --- switches, series, laws, flows ------------------------------------------------------------------------------------


def test_every_switch_stops_something():
    used = names_used(inside("abm.phases"))
    constants = re.findall(r"\bSW_[A-Z_]+", named("abm.vocabulary").text)
    assert len(constants) == len(SWITCHES)
    assert [name for name in constants if name not in used] == []


def test_every_series_is_recorded_once_by_the_phases_that_observe():
    texts = names_used([named(f"abm.phases.observe{part}") for part in ("", "_sales", "_politics")])
    assert [series.name for series in SERIES if series.name not in texts] == []
    assert len({series.name for series in (*SERIES, *FIRM_SERIES)}) == len(SERIES) + len(FIRM_SERIES)
    for series in (*SERIES, *FIRM_SERIES):
        assert series.unit, series.name
        assert series.meaning, series.name


def test_every_law_is_checked_and_every_flow_moves_money():
    used = names_used(inside("abm.phases.verify"))
    assert [name for name in LAWS if f"LAW_{name.upper()}" not in used] == []
    moved = names_used(inside("abm.phases.settle", "abm.phases.node_accounts"))
    assert [name for name in FLOWS if name.upper() not in moved] == []


# --- rules ------------------------------------------------------------------------------------------------------------


def rules():
    """Scalar rules by module: all public functions of abm/rules but the elementary ones."""
    for module in inside("abm.rules"):
        if module.name not in ("abm.rules", "abm.rules.numbers"):
            yield from ((module.name, node.name) for node in module.tree.body if isinstance(node, ast.FunctionDef))


def test_every_rule_is_reached_by_the_quarter():
    reached = rules_of(quarters)
    assert [f"{module}.{name}" for module, name in rules() if name not in reached] == []


def test_every_rule_has_a_worked_example():
    for module, name in rules():
        tests = ROOT / "tests" / "unit" / f"test_rules_{module.rpartition('.')[2]}.py"
        calls = re.search(rf"\b{name}\(", tests.read_text(encoding="utf-8")) if tests.exists() else None
        assert calls, f"{module}.{name} has no worked example in {tests.name}"


def test_a_rule_takes_and_gives_numbers_and_touches_nothing_else():
    """Floats in, one float out; no loop, no index, no attribute: what an agent decides, as one sentence."""
    for module in inside("abm.rules"):
        if module.name in ("abm.rules", "abm.rules.numbers"):
            continue
        for node in module.tree.body:
            if not isinstance(node, ast.FunctionDef):
                continue
            where = f"{module.file}:{node.lineno} {node.name}"
            notes = [argument.annotation for argument in node.args.args]
            assert all(getattr(note, "id", "") in ("float", "bool") for note in notes), where
            assert getattr(node.returns, "id", "") == "float", where
            banned = ast.For | ast.While | ast.Subscript | ast.Attribute | ast.Global | ast.ListComp | ast.If
            assert not any(isinstance(part, banned) for part in ast.walk(node)), where


def test_a_phase_in_which_firms_decide_adds_to_no_sum_over_firms():
    """`world.firms` may be split between compiled and plain agents: an accumulation over firms would change bits.

    Inside a loop over `world.firms`, += goes to arrays of the firm itself (first index) or into scratch that starts
    anew for each firm.
    """
    module = made("def order(world: World, step):\n    for firm in world.firms:\n        world.total[run] += 1.0\n")
    assert list(shared_sums([module], scratch=set())) == [
        "made_up.py:3 order adds to world.total inside a loop of firms"
    ]
    deciding = inside("abm.phases.procure", "abm.phases.deploy", "abm.phases.expect", "abm.phases.learn")
    assert list(shared_sums(deciding, scratch=set())) == []


def shared_sums(some, scratch):
    """Accumulations over firms, straight inside their loop, into arrays without a firm axis."""
    for module in some:
        for name, node in functions(module):
            loops = [one for one in ast.walk(node) if isinstance(one, ast.For) and "firms" in ast.unparse(one.iter)]
            for inner in (part for loop in loops for part in ast.walk(loop) if _adds_to_field(part)):
                field = inner.target.value.attr
                if "firm" not in FIELDS[field].dims and field not in scratch:
                    yield f"{module.file}:{inner.lineno} {name} adds to world.{field} inside a loop of firms"


@pytest.mark.parametrize(
    ("text", "read", "written"),
    [
        ("def f(world):\n    world.price[0] = world.cash[1]", {"cash"}, {"price"}),
        ("def f(state):\n    state.price[0] += 1.0", {"price"}, {"price"}),
        ("def f(state):\n    return g(state.price), state.cash.shape[0]", {"price", "cash"}, set()),
    ],
)
def test_reading_and_writing_are_told_apart(text, read, written):
    assert fields_touched([made(text)]) == (read, written)
