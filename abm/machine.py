"""What runs the quarters of a scenario: the rules and phases of the model, with a user's own linked in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from types import FunctionType
from typing import TYPE_CHECKING, Any

from abm.allocation import world_class
from abm.engine import LANES
from abm.handle import widening
from abm.kinds import PHASES, AgentKind
from abm.link import Function, link
from abm.link import compiled_before as linked_before
from abm.quarter import quarters
from abm.rule_check import rule_named
from abm.start import start_arrays
from abm.state import FIELDS, Field, Floats, Ints, World

if TYPE_CHECKING:
    from abm.scenario import Scenario

Phase = Callable[[World, int], None]


@dataclass(frozen=True)
class Machine:
    """Rules that are replaced and kinds of agents that are added; arms that share a machine run in one kernel."""

    rules: tuple[tuple[Function, Function], ...] = ()
    kinds: tuple[AgentKind, ...] = ()

    @cached_property
    def fields(self) -> Mapping[str, Field]:
        """Declarations of all arrays of its worlds, those of the model first."""
        return {**FIELDS, **{name: field for kind in self.kinds for name, field in kind.own_fields.items()}}

    @property
    def sizes(self) -> dict[str, int]:
        """Lengths of the dimensions of added kinds."""
        return {kind.name: len(kind.rows) for kind in self.kinds}

    @property
    def recorded(self) -> tuple[str, ...]:
        """Fields of added kinds that results hand out."""
        return tuple(name for kind in self.kinds for name in kind.recorded)

    def replacements(self, plain: bool = False) -> dict[Function, Function]:
        """What `abm.link.link` puts in the place of rules and phases."""
        found = dict(self.rules)
        for kind in self.kinds:
            name = _place(kind)
            beside = _before if name != kind.after else _after
            phase = found.get(PHASES[name], _copied(PHASES[name], World))
            own = _copied(kind.phase, world_class(tuple(self.fields)))
            found[PHASES[name]] = beside(phase, own, _same if plain else widening(self.fields))
        return found

    def start(self, *given: Any) -> dict[str, Floats | Ints]:
        """Arrays at the start of 2020Q1 with a run axis (`abm.start.start_arrays`), by the same rules."""
        arrays: dict[str, Floats | Ints] = self._begin(*given)
        for kind in self.kinds:
            arrays.update(kind.start(arrays["arm"].shape[0]))
        return arrays

    @cached_property
    def _begin(self) -> Function:
        """`start_arrays` and the functions beside it, looking up the replaced rules."""
        if not self.rules:
            return start_arrays
        names = dict(start_arrays.__globals__)
        for name, value in start_arrays.__globals__.items():
            home = value.__module__ if isinstance(value, FunctionType) else ""
            if home.startswith("abm.rules."):
                names[name] = link(value, dict(self.rules), plain=True)
            elif home == start_arrays.__module__:
                names[name] = FunctionType(value.__code__, names, name, value.__defaults__)
        begin: Function = names["start_arrays"]
        return begin

    def plain(self, lanes: int) -> Any:
        """The quarters in plain Python: `plain(world, first quarter, quarter after the last)`."""
        return link(quarters, self.replacements(plain=True), {"LANES": lanes}, plain=True)


STOCK = Machine()
"""The model as it is."""


def machine_of(scenario: Scenario) -> Machine:
    """What runs a scenario."""
    rules = tuple((rule_named(name), function) for name, function in sorted(scenario.rules.items()))
    return Machine(rules, tuple(kind for kind in scenario.kinds if isinstance(kind, AgentKind)))


@lru_cache(maxsize=8)
def kernel(lanes: int = LANES, machine: Machine = STOCK) -> Any:
    """The compiled quarters for blocks of `lanes` runs: `kernel(handle, first quarter, quarter after the last)`."""
    linked = link(quarters, machine.replacements(), {"LANES": lanes})
    if not isinstance(linked, FunctionType):
        return linked
    # NUMBA_DISABLE_JIT=1: plain Python takes the arrays themselves
    linked = machine.plain(lanes)
    return lambda handle, start, stop: linked(handle.world, start, stop)


def compiled_before(lanes: int = LANES, machine: Machine = STOCK) -> bool:
    """Whether this is compiled already on this machine; if not, the first run takes about a minute longer."""
    return linked_before(quarters, machine.replacements(), {"LANES": lanes})


# --- added phases -----------------------------------------------------------------------------------------------------


def _place(kind: AgentKind) -> str:
    """The phase beside which a kind's own acts: the one before, or the next where that one is not told the quarter."""
    names = list(PHASES)
    at = names.index(kind.after)
    return names[at] if PHASES[names[at]].__code__.co_argcount == 2 else names[at + 1]


def _copied(phase: Function, world: type[World]) -> Any:
    """The same phase as another object, which links do not replace, and whose kernel is kept for this world."""
    plain: Any = phase
    twin = FunctionType(plain.__code__, plain.__globals__, plain.__name__, plain.__defaults__, plain.__closure__)
    twin.__kwdefaults__, twin.__annotations__ = plain.__kwdefaults__, {**plain.__annotations__, "world": world}
    twin.__qualname__, twin.__doc__, twin.__module__ = plain.__qualname__, plain.__doc__, plain.__module__
    return twin


def _same(world: World) -> World:
    """In plain Python every world shows all of its fields."""
    return world


def _after(phase: Phase, own: Phase, widen: Callable[[World], World]) -> Phase:
    def followed(world: World, step: int) -> None:
        phase(world, step)
        own(widen(world), step)

    return followed


def _before(phase: Phase, own: Phase, widen: Callable[[World], World]) -> Phase:
    def preceded(world: World, step: int) -> None:
        own(widen(world), step)
        phase(world, step)

    return preceded
