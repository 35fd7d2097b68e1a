"""Linking: rules and constants are replaced by name, and the cache never serves a kernel of another rule."""

import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import NamedTuple

import numba
import numpy as np
import pytest

import abm.link as linking
from abm import link_cache
from abm.link import LinkError, compiled_before, link, rules_of
from abm.rules import numbers
from abm.rules.numbers import exp, larger, log

LANES = 1
RATE = 0.5
REPOSITORY = str(Path(linking.__file__).parents[1])


class World(NamedTuple):
    stock: np.ndarray
    price: np.ndarray


def demand(price):
    return RATE * exp(-price)


def growth(stock, price):
    return larger(stock, 0.0) + demand(price)


def grow(world: World) -> None:
    for run in range(LANES):
        world.stock[run] = growth(world.stock[run], world.price[run])


def raise_price(world: World) -> None:
    for run in range(LANES):
        world.price[run] = world.price[run] * 1.5


def two_steps(world: World) -> None:
    grow(world)
    raise_price(world)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv(link_cache.CACHE_VARIABLE, str(tmp_path_factory.mktemp("cache")))


def _world(lanes=4):
    return World(np.linspace(0.0, 3.0, lanes), np.linspace(0.5, 2.0, lanes))


def _after(kernel, lanes=4):
    world = _world(lanes)
    kernel(world)
    return world.stock.tolist(), world.price.tolist()


def test_compiled_plain_and_original_agree():
    expected = _after(link(two_steps, sizes={"LANES": 4}, plain=True))
    assert _after(link(two_steps, sizes={"LANES": 4})) == expected
    assert expected[0] == [0.5 * exp(-p) + s for s, p in zip(*_world(), strict=True)]
    assert expected[1] == [1.5 * p for p in _world().price]


def test_the_functions_themselves_stay_as_they_are():
    link(two_steps, {demand: lambda price: 0.0}, {"LANES": 4, "RATE": 9.0})
    assert demand(0.0) == 0.5
    assert _after(two_steps, 1)[0] == [0.5 * exp(-0.5)]


@pytest.mark.parametrize("plain", [True, False])
def test_a_rule_and_a_constant_are_replaced_wherever_they_are_reached(plain):
    kernel = link(two_steps, {demand: lambda price: 10.0 * price}, {"LANES": 4}, plain=plain)
    assert _after(kernel)[0] == [s + 10.0 * p for s, p in zip(*_world(), strict=True)]
    kernel = link(two_steps, sizes={"LANES": 4, "RATE": 2.0}, plain=plain)
    assert _after(kernel)[0] == [s + 2.0 * exp(-p) for s, p in zip(*_world(), strict=True)]


@pytest.mark.parametrize("plain", [True, False])
def test_a_replacement_may_call_the_rule_it_replaces(plain):
    def more(price):
        return demand(price) + 1.0

    kernel = link(two_steps, {demand: more}, {"LANES": 4}, plain=plain)
    assert _after(kernel)[0] == [s + (0.5 * exp(-p) + 1.0) for s, p in zip(*_world(), strict=True)]


def test_a_phase_is_replaced_like_a_rule():
    def halve(world: World) -> None:
        for run in range(LANES):
            world.price[run] = 0.5 * world.price[run]

    assert _after(link(two_steps, {raise_price: halve}, {"LANES": 4}))[1] == [0.5 * p for p in _world().price]


def test_closures_and_decorated_functions_are_looked_through():
    def tilted(slope):
        def line(price):
            return slope * demand(price)

        return line

    once, twice = (_after(link(two_steps, {demand: tilted(k)}, {"LANES": 4}))[0] for k in (1.0, 2.0))
    assert twice != once == _after(link(two_steps, sizes={"LANES": 4}))[0]
    decorated = numba.njit(tilted(2.0))
    assert _after(link(two_steps, {demand: decorated}, {"LANES": 4}))[0] == twice


def test_a_bound_method_stands_in_plain_python_only():
    class Agent:
        def demand(self, price):
            return 7.0

    replaced = {demand: Agent().demand}
    assert _after(link(two_steps, replaced, {"LANES": 4}, plain=True))[0] == [s + 7.0 for s in _world().stock]
    with pytest.raises(LinkError, match=r"test_link\.demand can be replaced by a plain function, not by <bound method"):
        link(two_steps, replaced)


def test_a_function_reached_through_its_module_is_refused():
    def slow(price):
        return numbers.exp(-price)

    with pytest.raises(LinkError, match=r"slow uses numbers\.exp: write `from abm\.rules\.numbers import exp`"):
        link(two_steps, {demand: slow})


def test_a_rule_that_reaches_itself_is_refused():
    def around(price):
        return growth(0.0, price)

    with pytest.raises(LinkError, match=r"a rule reaches itself: .*growth -> .*around -> .*growth"):
        link(two_steps, {demand: around})


def test_a_missing_name_is_refused():
    def typo(price):
        return expp(price)  # noqa: F821

    with pytest.raises(LinkError, match="typo uses the name 'expp', which its module does not define"):
        link(two_steps, {demand: typo})


def test_a_rule_by_itself_can_be_called_from_python():
    assert link(growth)(2.0, 1.0) == growth(2.0, 1.0)
    assert link(growth, {demand: lambda price: 3.0 * price})(2.0, 1.0) == 5.0


def test_compiling_is_announced_once():
    sizes = {"LANES": 4}
    assert not compiled_before(two_steps, sizes=sizes)
    link(two_steps, sizes=sizes)(_world())
    assert compiled_before(two_steps, sizes=sizes)
    assert not compiled_before(two_steps, {demand: log}, sizes)
    assert not compiled_before(two_steps, sizes={"LANES": 2})


def test_arrays_are_declared_not_to_overlap_and_the_bits_stay():
    kernels = [
        link(two_steps, sizes={"LANES": 4}, options={**linking.PHASE, "noalias": flag}) for flag in (True, False)
    ]
    assert _after(kernels[0]) == _after(kernels[1])
    counts = [str(kernel.inspect_llvm(kernel.signatures[0])).count(" noalias ") for kernel in kernels]
    assert counts[0] > counts[1], "numba no longer passes the private flag on: lane loops will be slower"


def test_without_the_private_flag_the_model_still_runs(monkeypatch):
    monkeypatch.setattr(numba.core.dispatcher._FunctionCompiler, "_customize_flags", lambda self, flags: flags)
    monkeypatch.setattr(linking, "_unaliased", lambda flags: flags)
    assert _after(link(two_steps, sizes={"LANES": 4})) == _after(link(two_steps, sizes={"LANES": 4}, plain=True))


RULES = """
from figures import SCALE
def value(x):
    return SCALE * x + 1.0
"""
STATE = """
from typing import NamedTuple
import numpy as np
class World(NamedTuple):
    low: np.ndarray
    high: np.ndarray
"""
PHASES = """
from rules import value
from state import World
LANES = 1
def fill(world: World) -> None:
    for run in range(LANES):
        world.low[run] = value(world.high[run])
def quarter(world: World) -> None:
    fill(world)
"""
PROGRAM = """
import sys
import numpy as np
from abm.link import compiled_before, link
from phases import quarter
from rules import value
from state import World
slope = float(sys.argv[1])
def mine(x):
    return slope * x
def steep(slope):
    return lambda x: slope * x
rules = {value: steep(slope)} if slope else {}
world = World(**{"low": np.zeros(2), "high": np.full(2, 3.0)})
before = compiled_before(quarter, rules, {"LANES": 2})
kernel = link(quarter, rules, {"LANES": 2})
kernel(world)
print(world.low[1], world.high[1], before, sum(kernel.stats.cache_hits.values()))
"""


class _Project:
    """Modules of a small model in a folder, run in a new process each time."""

    def __init__(self, folder):
        self.folder = folder
        self.write(figures="SCALE = 2.0\n", rules=RULES, state=STATE, phases=PHASES, program=PROGRAM)

    def write(self, **modules):
        for name, text in modules.items():
            (self.folder / f"{name}.py").write_text(textwrap.dedent(text))
        for compiled in self.folder.rglob("*.pyc"):  # edits within one second would go unnoticed by Python itself
            compiled.unlink()

    def run(self, slope=0.0):
        """The two numbers of the world, whether it was announced as compiled, and whether it was loaded."""
        paths = os.pathsep.join([str(self.folder), REPOSITORY])
        environment = {**os.environ, "PYTHONPATH": paths, link_cache.CACHE_VARIABLE: str(self.folder / "kept")}
        command = [sys.executable, "-W", "error", str(self.folder / "program.py"), str(slope)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        low, high, before, hits = done.stdout.split()
        assert (before == "True") == (hits == "1")
        return float(low), float(high), hits == "1"


@pytest.fixture
def project(tmp_path):
    return _Project(tmp_path)


def test_a_new_process_loads_what_was_compiled_until_a_rule_changes(project):
    assert project.run() == (7.0, 3.0, False)
    assert project.run() == (7.0, 3.0, True)
    project.write(rules=RULES.replace("+ 1.0", "+ 5.0"))
    assert project.run() == (11.0, 3.0, False)
    project.write(rules='"""A comment."""\n# another\n' + RULES)
    assert project.run() == (7.0, 3.0, True)
    project.write(rules=RULES, figures="SCALE = 4.0\n")
    assert project.run() == (13.0, 3.0, False)


def test_a_users_rule_is_kept_too_and_never_mistaken_for_another(project):
    assert project.run() == (7.0, 3.0, False)
    assert project.run(slope=5.0) == (15.0, 3.0, False)
    assert project.run(slope=6.0) == (18.0, 3.0, False)
    assert project.run(slope=5.0) == (15.0, 3.0, True)


def test_fields_of_the_world_that_change_places_are_noticed(project):
    assert project.run() == (7.0, 3.0, False)
    swapped = STATE.replace("    low: np.ndarray\n", "") + "    low: np.ndarray\n"
    project.write(state=swapped)
    assert project.run() == (7.0, 3.0, False)


def test_a_kept_kernel_needs_no_module_of_the_rule():
    """Typed in a session, or from a file that the next process does not have: the kernel is the same, and loads."""
    session = {"__name__": "no_such_module"}
    exec("def flat(price):\n    return 0.25 * price", session)
    made = [_after(link(two_steps, {demand: session["flat"]}, {"LANES": 4}))[0] for _ in range(2)]
    assert made[0] == made[1] == [s + 0.25 * p for s, p in zip(*_world(), strict=True)]
    assert compiled_before(two_steps, {demand: session["flat"]}, {"LANES": 4})


def test_only_the_phases_that_use_a_rule_are_compiled_again():
    def folder(function, **rules):
        linker = linking._Linker(two_steps, rules.get("rules", {}), {"LANES": 4}, dict(linking.PHASE), False)
        return linker.folder(function)

    other = {demand: log}
    assert folder(raise_price) == folder(raise_price, rules=other)
    assert folder(grow) != folder(grow, rules=other)
    assert folder(two_steps) != folder(two_steps, rules=other)


def test_a_phase_that_cannot_be_found_again_safely_is_not_kept():
    def unannotated(world):
        world.stock[0] = 1.0

    table = {"a": [1.0]}

    def through_a_list(world: World) -> None:
        world.stock[0] = len(table["a"])

    linker = linking._Linker(unannotated, {}, {}, {}, False)
    assert linker.folder(unannotated) is None
    assert linker.folder(through_a_list) is None
    link(unannotated)(_world())
    assert not list(link_cache.cache_root().rglob("*.nbc"))


def test_kernels_nobody_used_for_60_days_are_removed():
    kernels = link_cache.cache_root() / "kernels"
    old, recent = kernels / "old", kernels / "recent"
    for folder, days in ((old, 61), (recent, 59)):
        folder.mkdir(parents=True)
        os.utime(folder, (time.time() - days * 86400,) * 2)
    link_cache._pruned.clear()
    link_cache.cache_root()
    assert not old.exists()
    assert recent.exists()


def test_where_kernels_are_kept(monkeypatch, tmp_path):
    monkeypatch.delenv(link_cache.CACHE_VARIABLE)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert link_cache.cache_root() == tmp_path / "chip-curbs"
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    monkeypatch.setattr(link_cache.tempfile, "gettempdir", lambda: str(tmp_path / "temporary"))
    assert link_cache.cache_root().parent == tmp_path / "temporary"
    monkeypatch.setenv(link_cache.CACHE_VARIABLE, str(tmp_path / "file" / "below"))
    with pytest.raises(OSError, match="set CHIP_CURBS_CACHE to one that can"):
        link_cache.cache_root()


def test_rules_are_found_by_name():
    assert {"demand", "growth", "exp", "larger"} <= set(rules_of(two_steps))
    assert "grow" not in rules_of(two_steps)
