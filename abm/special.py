"""Firms that decide by methods of their own, in plain Python, among firms that the compiled engine serves.

The quarter is linked in parts. Phases in which a special firm decides run in plain Python, a lane at a time, with the
same code; there each rule asks whose turn it is. All other phases stay compiled. Plain and compiled code have the same
bits, so a method that returns what the rule returns changes nothing.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from types import FunctionType
from typing import Any

import numpy as np

from abm.agents.ai_firm import DECISIONS, AIFirm
from abm.handle import Handle
from abm.kinds import PHASES
from abm.link import Function, link, rules_of
from abm.machine import Machine
from abm.quarter import quarter
from abm.rule_check import all_rules, rule_named, takes
from abm.state import Ints, World

Firms = Mapping[int, AIFirm]
"""Special firms of one lane by their place."""


def skip(world: World, step: int) -> None:
    """A phase that is left out of a part of the quarter."""


def skip_untold(world: World) -> None:
    """The same for a phase that is not told the quarter."""


_SKIPS: Mapping[int, Function] = {2: skip, 1: skip_untold}


class Turns:
    """The firms of a world in their order, as a loop that says whose turn it is."""

    def __init__(self, firms: Ints) -> None:
        self.firms, self.now = firms, -1

    def __iter__(self) -> Iterator[int]:
        before = self.now
        try:
            for firm in self.firms:
                self.now = int(firm)
                yield firm
        finally:
            self.now = before


class Question:
    """A rule that is put to the firm whose turn it is; firms without a method of their own answer by the rule."""

    def __init__(self, name: str, rule: Function, turns: Turns, firms: Firms) -> None:
        self.name, self.rule, self.turns = name, rule, turns
        self.answers = {place: getattr(firm, name) for place, firm in firms.items() if name in overridden(type(firm))}

    def __call__(self, *numbers: float) -> float:
        own = self.answers.get(self.turns.now)
        if own is None:
            return float(self.rule(*numbers))
        found = own(*numbers)
        if isinstance(found, bool) or not isinstance(found, int | float | np.number):
            raise TypeError(f"{type(own.__self__).__name__}.{self.name} must return a number, not {found!r}")
        return float(found)


def overridden(kind: type[AIFirm]) -> tuple[str, ...]:
    """Decisions that a class of firms takes by a method of its own."""
    stock = {name: inspect.getattr_static(AIFirm, name) for name in DECISIONS}
    return tuple(name for name in DECISIONS if inspect.getattr_static(kind, name) is not stock[name])


def check_firm(name: str, kind: object) -> None:
    """Refuse a class that cannot decide for a firm.

    Raises
    ------
    TypeError
        One line: no subclass of AIFirm, a rule that firms do not decide, or a method that takes other numbers.
    """
    where = f"agents: {name}: "
    if not isinstance(kind, type) or not issubclass(kind, AIFirm):
        found = kind.__name__ if isinstance(kind, type) else repr(kind)
        raise TypeError(f"{where}must be a subclass of abm.agents.AIFirm, not {found}")
    for rule in sorted(set(all_rules()) - set(DECISIONS)):
        if inspect.getattr_static(kind, rule, None) is not inspect.getattr_static(AIFirm, rule, None):
            raise TypeError(
                f"{where}{kind.__name__}.{rule}: not decided firm by firm; "
                f"replace it for all with scenario.with_rules({rule}=...)"
            )
    for rule in overridden(kind):
        numbers = list(inspect.signature(rule_named(rule)).parameters)
        method = inspect.getattr_static(kind, rule)
        if not isinstance(method, FunctionType) or not takes(method, 1 + len(numbers)):
            raise TypeError(f"{where}{kind.__name__}.{rule} must be a method that takes self, {', '.join(numbers)}")


class SpecialQuarters:
    """The quarters of a block in which some firms are special: ``quarters(handle, first, after the last)``.

    Parameters
    ----------
    handle : the block of lanes.
    lanes : special firms of each lane.
    machine : rules and phases of all others.
    compiled : whether the other phases are compiled.
    """

    def __init__(self, handle: Handle, lanes: Sequence[Firms], machine: Machine, compiled: bool = True) -> None:
        own = {name for firms in lanes for firm in firms.values() for name in overridden(type(firm))}
        questions = [rule_named(name) for name in sorted(own)]
        special = [name for name, phase in PHASES.items() if any(rule in _reached(phase) for rule in questions)]
        state = self._state = handle if compiled else handle.world
        self._parts: list[Callable[[int], object]] = []
        for is_special, names in groupby(PHASES, lambda name: name in special):
            if not is_special:
                self._parts.append(_calm(state, len(lanes), [*names], machine, compiled))
                continue
            for name in names:
                for lane, firms in enumerate(lanes):
                    self._parts.append(_asked(handle.world, lane, firms, name, questions, machine))

    def __call__(self, state: object, start: int, stop: int) -> None:
        """Run the quarters `start` to `stop` − 1 of the block, which the firms look at while they decide."""
        if state is not self._state:
            raise ValueError("firms with methods of their own decide in the world of their model alone, not in a copy")
        for step in range(start, stop):
            for part in self._parts:
                part(step)


def _reached(phase: Function) -> list[Function]:
    return list(rules_of(phase).values())


def _calm(state: Any, lanes: int, names: list[str], machine: Machine, compiled: bool) -> Callable[[int], object]:
    """The phases `names` of a quarter, and no other."""
    replaced = machine.replacements(not compiled)
    for name, phase in PHASES.items():
        if name not in names:
            replaced[phase] = _SKIPS[phase.__code__.co_argcount]
    linked = link(quarter, replaced, {"LANES": lanes}, plain=not compiled)
    if isinstance(linked, FunctionType) and isinstance(state, Handle):
        state = state.world  # NUMBA_DISABLE_JIT=1
    return lambda step: linked(state, step)


def _asked(
    world: World, lane: int, firms: Firms, name: str, questions: Sequence[Function], machine: Machine
) -> Callable[[int], object]:
    """A phase in plain Python for one lane, in which special firms are asked."""
    turns = Turns(world.firms)
    declared = zip(machine.fields.items(), world, strict=True)
    arrays: dict[str, Any] = {name: _lane(field.dims, array, lane) for (name, field), array in declared}
    one = type(world)(**{**arrays, "firms": turns})
    replaced = machine.replacements(plain=True)
    for rule in questions:
        mine = replaced.get(rule, rule)
        stock = link(mine, {rule: mine}, plain=True)
        replaced[rule] = Question(rule.__name__, stock, turns, firms)
    phase = link(PHASES[name], replaced, {"LANES": 1}, plain=True)
    told = PHASES[name].__code__.co_argcount == 2

    def run(step: int) -> None:
        with np.errstate(all="ignore"):  # compiled code divides by zero without a word
            phase(*((one, step) if told else (one,)))

    return run


def _lane(dims: tuple[str, ...], array: Any, lane: int) -> Any:
    return array[..., lane : lane + 1] if dims[-1] == "run" else array
