"""Imports run one way (ARCHITECTURE 2); a wrong edge is named with its file and line."""

from __future__ import annotations

import subprocess
import sys

import pytest
from source import ROOT, belongs, imports, inside, made, modules

LAYERS = (
    (
        "ground",
        "vocabulary calendar series slide quantiles parameters policy_schema link_cache engine regimes intervals "
        "scenario_values aligned",
    ),
    ("rules", "rules rules.numbers rules.chips rules.ai_firm rules.chip_vendor rules.learning rules.supply_node"),
    ("declarations", "schema draws policy_toml policy_check parameter_index prior_packs declared state allocation"),
    ("reading", "beliefs tables policy link handle worldfile storage labelled"),
    ("what a scenario is made of", "timeline scenario_checks rule_check additions shape"),
    ("law and phases", "phases law scenario outcomes"),
    ("quarter and designs", "quarter generations operator_parts operators lineage decisions"),
    ("added agents", "kinds"),
    ("court", "designs court results"),
    ("law tables", "lawtables effects candidates node_arrays"),
    ("world", "world decomposition verdicts pain weights"),
    ("start", "start view equal_firms synthetic null_networks"),
    ("branches", "branching leverage courses"),
    ("comparison", "backfire audit"),
    ("machine", "machine"),
    ("running", "running"),
    ("simulation", "simulation edges threat"),
    ("going on", "continuing"),
    ("networks", "supply_edges"),
    ("graphs", "network"),
    ("explanation", "callsites recording origins telling explanation explain_firm explain_others explain_politics"),
    ("agents", "agents"),
    ("special agents", "special"),
    ("model", "model"),
)
"""Modules of abm from the bottom up: a module imports from its own layer and from below; `phases` covers its folder."""

ONLY = {
    "abm.rules": ("abm.rules",),
    "abm.phases": (
        "abm.rules",
        "abm.phases",
        "abm.state",
        "abm.vocabulary",
        "abm.parameter_index",
        "abm.draws",
        "abm.series",
    ),
    "abm.quarter": ("abm.phases", "abm.state"),
    "abm.state": ("abm.declared",),
    "abm.vocabulary": (),
    "abm.series": (),
    "abm.draws": ("abm.rules.numbers",),
}
"""What the core may see of the project, and nothing else: a rule knows numbers, a phase knows rules and the state."""

NEVER = (
    ("abm", ("experiments", "visualization", "solara", "matplotlib", "rich"), "abm stands below all others"),
    ("experiments", ("visualization", "mesa", "solara"), "experiments use results, not views"),
)

ALONE = {
    "mesa": ("abm.model", "abm.agents", "visualization.mesa_view"),
    "solara": ("visualization",),
    "networkx": ("abm.network", "visualization"),
    "numba": ("abm.link", "abm.handle", "abm.rule_check"),
    "llvmlite": ("abm.handle",),
}
"""Libraries and the only modules that may import them."""


def edge(module, one, why):
    """One line for a wrong import."""
    return f"{module.file}:{one.line} imports {one.target}: {why}"


def layer_of(name):
    inner = name.removeprefix("abm").removeprefix(".")
    for place, (_, names) in enumerate(LAYERS):
        for known in names.split():
            if inner == known or inner.startswith(known + "."):
                return place
    return None


def wrong_layers(some):
    """Imports of abm that run upwards."""
    for module in some:
        own = layer_of(module.name)
        if own is None:
            yield f"{module.file}: {module.name} has no place in LAYERS of {__name__}"
            continue
        for one in imports(module):
            other = layer_of(one.target) if belongs(one.target, "abm") and one.target != "abm" else -1
            if other is not None and other > own:
                yield edge(module, one, f"'{LAYERS[own][0]}' stands below '{LAYERS[other][0]}'")


def wrong_core(some):
    """Imports of the core beyond what `ONLY` allows."""
    for module in some:
        for home, allowed in ONLY.items():
            if not belongs(module.name, home):
                continue
            for one in imports(module):
                if belongs(one.target, "abm", "experiments", "visualization") and not belongs(one.target, *allowed):
                    yield edge(module, one, f"{home} may see {', '.join(allowed) or 'nothing of the project'}")


def wrong_packages(some):
    """Imports that cross packages the wrong way."""
    for module in some:
        for home, banned, why in NEVER:
            if belongs(module.name, home):
                yield from (edge(module, one, why) for one in imports(module) if belongs(one.target, *banned))


def wrong_libraries(some):
    """Imports of a library outside the modules that own it."""
    for module in some:
        for library, homes in ALONE.items():
            for one in imports(module):
                if belongs(one.target, library) and not belongs(module.name, *homes):
                    yield edge(module, one, f"only {', '.join(homes)} may")


def cycles(some):
    """Modules that reach themselves through imports that run when they are loaded."""
    graph = {module.name: {one.target for one in imports(module) if not one.typing and not one.late} for module in some}
    for start in graph:
        seen, stack = set(), [(start, (start,))]
        while stack:
            name, path = stack.pop()
            for target in graph.get(name, ()):
                if target == start:
                    yield " -> ".join([*path, target])
                elif target not in seen and target in graph:
                    seen.add(target)
                    stack.append((target, (*path, target)))


def core():
    """All of abm but the facade, which names everything and loads nothing."""
    return [module for module in inside("abm") if module.name != "abm"]


def test_imports_run_from_the_top_layer_down():
    assert list(wrong_layers(core())) == []


def test_every_layer_names_modules_that_exist():
    known = {module.name for module in modules()}
    for _, names in LAYERS:
        for name in names.split():
            assert f"abm.{name}" in known, f"LAYERS names abm.{name}, which does not exist"


def test_rules_know_numbers_and_phases_know_rules_and_the_state():
    assert list(wrong_core(modules())) == []


def test_packages_are_imported_one_way():
    assert list(wrong_packages(modules())) == []


def test_libraries_stay_in_their_modules():
    assert list(wrong_libraries(modules())) == []


def test_no_module_reaches_itself():
    assert list(cycles(core())) == []


@pytest.mark.parametrize(
    ("check", "name", "text", "expected"),
    [
        (wrong_packages, "abm.tables", "import experiments.cli", "tables.py:1 imports experiments.cli: "),
        (wrong_packages, "abm.tables", "def f():\n    from solara import x", "tables.py:2 imports solara: "),
        (wrong_packages, "experiments.runs", "from mesa import Model", "runs.py:1 imports mesa: "),
        (wrong_layers, "abm.tables", "from abm.simulation import simulate", "tables.py:1 imports abm.simulation: "),
        (wrong_layers, "abm.new", "", "new.py: abm.new has no place in LAYERS"),
        (
            wrong_core,
            "abm.rules.chips",
            "from abm.state import World",
            "chips.py:1 imports abm.state: abm.rules may see",
        ),
        (wrong_core, "abm.phases.clear", "from abm import tables", "clear.py:1 imports abm.tables: abm.phases may see"),
        (
            wrong_libraries,
            "abm.world",
            "import mesa.time",
            "world.py:1 imports mesa.time: only abm.model, abm.agents, visualization.mesa_view may",
        ),
    ],
)
def test_a_wrong_import_is_named_with_file_line_and_target(check, name, text, expected):
    found = list(check([made(text, name)]))
    assert len(found) == 1
    assert found[0].startswith(expected), found[0]


def test_a_cycle_is_spelled_out():
    one, two = made("from abm.world import b", "abm.start"), made("from abm.start import a", "abm.world")
    assert "abm.start -> abm.world -> abm.start" in list(cycles([one, two]))
    late = made("def f():\n    from abm.start import a", "abm.world")
    assert list(cycles([one, late])) == []


PROGRAM = "import sys; import {module}; print(*sorted(name for name in {names!r} if name in sys.modules))"


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("abm", ("mesa", "solara", "numba", "pandas", "matplotlib", "networkx", "pyarrow", "rich")),
        ("abm.simulation", ("mesa", "solara", "pandas", "matplotlib", "networkx", "rich")),
        ("experiments.cli", ("mesa", "solara", "pandas", "matplotlib", "numba")),
    ],
)
def test_a_module_loads_no_more_than_it_needs(module, absent):
    """`import abm` loads no library that takes a second; the engine and the command line never load Mesa."""
    program = PROGRAM.format(module=module, names=absent)
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []
