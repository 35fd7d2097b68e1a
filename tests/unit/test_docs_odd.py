"""ODD.md, DECISIONS.md and CHANGELOG.md say what the code does: names, order, units and ranges cannot drift."""

from __future__ import annotations

import ast
import importlib.util
import inspect
import pkgutil
import re
from collections.abc import Iterable
from dataclasses import fields
from importlib import import_module
from pathlib import Path

import pytest

import abm.rules
from abm import law, quarter
from abm.operators import OPERATORS
from abm.outcomes import OUTCOMES
from abm.parameters import load_parameters
from abm.policy import load_policy
from abm.policy_schema import Instrument
from abm.scenario import CONTINUATIONS, list_scenarios
from abm.series import FIRM_SERIES, SERIES
from abm.state import FIELDS
from abm.vocabulary import LEARNING_RULES, MECHANISMS
from abm.worldfile import FirmEntry, load_world_file

ROOT = Path(abm.rules.__file__).parents[2]
ODD = (ROOT / "abm" / "ODD.md").read_text(encoding="utf-8")
DECISIONS = (ROOT / "abm" / "DECISIONS.md").read_text(encoding="utf-8")
CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")

Rows = dict[str, list[str]]


def read_tables(text: str) -> dict[str, Rows]:
    """Rows of all Markdown tables by the heading of their first column, then by the name in it.

    Tables with the same first heading are read as one; a name that occurs twice in one of them is an error.
    """
    found: dict[str, Rows] = {}
    kind = ""
    for line in text.splitlines():
        if not line.startswith("|"):
            kind = ""
            continue
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not kind:
            kind = cells[0]
            found.setdefault(kind, {})
        elif set(cells[0]) != {"-"}:
            name = cells[0].strip("`")
            assert name not in found[kind], f"{name} occurs twice in the table of {kind}"
            found[kind][name] = cells
    return found


TABLES = read_tables(ODD)


def rule_names() -> list[str]:
    """All public functions of the modules in abm/rules."""
    names = []
    for module in pkgutil.iter_modules(abm.rules.__path__):
        here = import_module(f"abm.rules.{module.name}")
        functions = inspect.getmembers(here, inspect.isfunction)
        names += [name for name, one in functions if one.__module__ == here.__name__ and not name.startswith("_")]
    return names


def phase_calls() -> list[str]:
    """Phases in the order in which a quarter calls them."""
    tree = ast.parse(inspect.getsource(quarter.quarter))
    calls = [node.value for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)]
    return [call.func.id for call in sorted(calls, key=lambda call: call.lineno) if isinstance(call.func, ast.Name)]


def world_ids(section: str) -> list[str]:
    """Ids of the default world in order."""
    return [one.id for one in getattr(load_world_file(), section)]


NAMES: dict[str, Iterable[str]] = {
    "array": list(FIELDS),
    "parameter": list(load_parameters()),
    "series": [one.name for one in SERIES],
    "firm series": [one.name for one in FIRM_SERIES],
    "phase": phase_calls(),
    "mechanism": MECHANISMS,
    "rule of learning": LEARNING_RULES,
    "instrument": load_policy().ids,
    "scenario": list(list_scenarios()),
    "statistic": list(OPERATORS),
    "outcome": list(OUTCOMES),
    "AI firm": world_ids("firms"),
    "chip vendor": world_ids("vendors"),
    "offer": world_ids("offers"),
    "supply node": world_ids("nodes"),
}

IN_ORDER = ("phase", "series", "firm series", "AI firm", "chip vendor", "offer")


@pytest.mark.parametrize("kind", NAMES)
def test_table_of_the_odd_holds_all_names_of_the_code_and_no_other(kind: str) -> None:
    written, expected = list(TABLES[kind]), list(NAMES[kind])
    missing = [name for name in expected if name not in written]
    unknown = [name for name in written if name not in expected]
    assert not missing, f"abm/ODD.md, table of {kind}: add {missing}"
    assert not unknown, f"abm/ODD.md, table of {kind}: the code has no {unknown}"
    if kind in IN_ORDER:
        assert written == expected, f"abm/ODD.md, table of {kind}: the order is that of the code"


def test_every_phase_has_its_section_in_the_order_of_the_quarter() -> None:
    sections = re.findall(r"^### (7\.\d+) ([a-z_]+)$", ODD, flags=re.MULTILINE)
    assert [name for _, name in sections] == phase_calls()
    places = {name: cells[2] for name, cells in TABLES["phase"].items()}
    assert {name: number for number, name in sections} == places


def test_every_rule_is_named_and_its_table_knows_all_rules_but_the_elementary_ones() -> None:
    written = TABLES["rule"]
    for name in rule_names():
        assert f"`{name}`" in ODD, f"abm/ODD.md does not mention the rule {name}"
    elementary = {name for name, _ in inspect.getmembers(import_module("abm.rules.numbers"), inspect.isfunction)}
    assert sorted(written) == sorted(set(rule_names()) - elementary)
    for name, cells in written.items():
        module = cells[1].removeprefix("rules/").removesuffix(".py")
        assert hasattr(import_module(f"abm.rules.{module}"), name), f"{name} is not in {cells[1]}"


def test_rules_are_used_where_their_table_says() -> None:
    for name, cells in TABLES["rule"].items():
        for module in filter(None, (part.strip() for part in cells[2].split(","))):
            home = "abm" if module == "start" else "abm.phases"
            assert hasattr(import_module(f"{home}.{module}"), name), f"abm/{module} does not use {name}"


def test_tables_are_those_that_the_declarations_make() -> None:
    spec = importlib.util.spec_from_file_location("odd_tables", ROOT / "docs" / "odd_tables.py")
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    assert set(made.BLOCK.findall(ODD)) == set(made.tables())
    assert made.refreshed(ODD) == ODD, "run docs/odd_tables.py"
    with pytest.raises(ValueError, match="no table 'nothing'; known: state"):
        made.refreshed("<!-- table: nothing -->\n<!-- end of table -->")


def test_decisions_are_numbered_complete_and_the_ones_the_odd_points_to_exist() -> None:
    entries = re.split(r"^### ", DECISIONS, flags=re.MULTILINE)[1:]
    numbers = [entry.split()[0] for entry in entries]
    assert all(re.fullmatch(r"D\d{2,3}", number) for number in numbers)
    assert numbers == sorted(set(numbers), key=lambda number: int(number[1:]))
    for entry in entries:
        for part in ("Choice", "Source", "Alternatives", "Reason"):
            assert f"**{part}.**" in entry, f"abm/DECISIONS.md: {entry.split(chr(10))[0]} lacks {part}"
    assert set(re.findall(r"\bD\d{2,3}\b", ODD)) <= set(numbers)


def test_parameters_and_code_named_in_the_decisions_exist() -> None:
    known = {name for names in NAMES.values() for name in names} | set(rule_names())
    known |= {one.name for one in fields(Instrument)} | set(vars(law)) | set(CONTINUATIONS)
    known |= {one.name for one in fields(FirmEntry)}
    for name in re.findall(r"`([a-z_0-9]+)`", DECISIONS):
        assert name in known, f"abm/DECISIONS.md names {name}, which the code does not know"
    for path in re.findall(r"`(abm/[\w/.]+)`", DECISIONS):
        assert (ROOT / path).exists(), f"abm/DECISIONS.md: there is no {path}"


def test_changelog_says_what_each_version_does_to_results() -> None:
    versions = re.split(r"^## ", CHANGELOG, flags=re.MULTILINE)[1:]
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    current = re.search(r'^version = "(.+)"$', project, flags=re.MULTILINE)
    assert current is not None
    assert any(version.startswith(f"[{current.group(1)}]") for version in versions)
    for version in versions:
        assert re.search(r"^Results: .+", version, flags=re.MULTILINE), f"no line 'Results:' in {version[:20]!r}"
