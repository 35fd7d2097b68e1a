"""Numbers are parameters and law is data: neither stands in a rule or a phase (ARCHITECTURE 6)."""

from __future__ import annotations

import ast
import re

import pytest
from source import docstrings, functions, inside, made

PLAIN = frozenset({0, 1, 2, 1000})
"""Numbers that a rule may hold: nothing, one, a half or square, and thousand x thousand USD = million."""

STATED = {
    (
        "abm.rules.ai_firm",
        "research_budget",
        4,
    ): "MODEL R10: money that found no chips counts up to a quarter of budget",
    ("abm.rules.learning", "attraction", 3): "MODEL R11: three strategies, so that equal effort counts fully",
    ("abm.rules.learning", "mixed", 3): "MODEL R11: three strategies, each above its floor",
}
"""Other numbers, which stand in the equation of the model's text."""

YEARS = {
    ("abm.phases.fabs", "memory_plan"): "parameters cxmt_hbm_2026, _2027, _2028 are million stacks of those years",
}
"""Functions of phases in which a calendar year stands, and why."""

DATE = re.compile(r"\b(19|20)\d\d(-\d\d|Q[1-4]|H[12])?\b")
STATUTE = re.compile(r"(?i)\b(EAR|BIS|ECCN|CFR|FDPR?|footnote|entity list|3a090|4a090|744\.\d+|734\.\d+)\b")
NUMERICAL = ("abm.rules.numbers",)
"""Modules whose numbers are those of approximations, proved in tests/unit/test_numbers.py."""


def is_number(node):
    return isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool)


def bare_numbers(some):
    """Numbers in the functions of rules that are neither plain, nor named, nor part of the model's text."""
    for module in some:
        for name, function in functions(module):
            for node in ast.walk(function):
                stated = is_number(node) and (module.name, name, node.value) in STATED
                if is_number(node) and node.value not in PLAIN and not stated:
                    yield f"{module.file}:{node.lineno} {name}: the number {node.value!r} needs a name or a parameter"


def dates_and_statutes(some):
    """Years, dates and names of statutes in code (not in docstrings)."""
    for module in some:
        words = docstrings(module.tree)
        for name, function in [("", module.tree), *functions(module)]:
            if (module.name, name.partition(".")[0]) in YEARS:
                continue
            for node in _own(function):
                if not isinstance(node, ast.Constant) or node in words:
                    continue
                if isinstance(node.value, str) and (DATE.search(node.value) or STATUTE.search(node.value)):
                    yield f"{module.file}:{node.lineno} {name or 'module'}: {node.value!r} belongs into data"
                if is_number(node) and float(node.value).is_integer() and 1990 <= node.value <= 2100:
                    yield f"{module.file}:{node.lineno} {name or 'module'}: the year {node.value!r} belongs into data"


def _own(scope):
    """Nodes of a scope without those of functions inside it."""
    stack = list(ast.iter_child_nodes(scope))
    while stack:
        node = stack.pop()
        yield node
        if not isinstance(node, ast.FunctionDef):
            stack.extend(ast.iter_child_nodes(node))


def test_rules_hold_no_number_without_a_name():
    rules = [module for module in inside("abm.rules") if module.name not in NUMERICAL]
    assert list(bare_numbers(rules)) == []


def test_phases_and_rules_know_no_date_and_no_statute():
    acting = [one for one in inside("abm.phases", "abm.rules", "abm.quarter") if one.name not in NUMERICAL]
    assert list(dates_and_statutes(acting)) == []


def test_every_exception_is_still_needed():
    found = {
        (module.name, name, node.value)
        for module in inside("abm.rules")
        for name, function in functions(module)
        for node in ast.walk(function)
        if is_number(node)
    }
    assert set(STATED) <= found
    for module_name, name in YEARS:
        module = next(one for one in inside("abm.phases") if one.name == module_name)
        function = dict(functions(module))[name]
        assert any(is_number(node) and 1990 <= node.value <= 2100 for node in ast.walk(function)), name


@pytest.mark.parametrize(
    ("check", "text", "count"),
    [
        (bare_numbers, "def f(x):\n    return 0.37 * x", 1),
        (bare_numbers, "K = 0.37\ndef f(x):\n    return K * x / 1000.0 + 2.0 - 1", 0),
        (bare_numbers, "def f(x):\n    return x > 1e-12", 1),
        (dates_and_statutes, "def f(t):\n    return t == 2022", 1),
        (dates_and_statutes, "def f(t):\n    return t == '2022-10-07'", 1),
        (dates_and_statutes, "def f(t):\n    return t == 'footnote'", 1),
        (dates_and_statutes, 'def f(t):\n    """What the EAR of 2022 asks."""\n    return t == 7 or t == "linear"', 0),
    ],
)
def test_a_number_or_date_in_code_is_found(check, text, count):
    found = list(check([made(text)]))
    assert len(found) == count
    assert all(line.startswith("made_up.py:") for line in found)
