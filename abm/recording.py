"""Run one quarter in plain Python and keep what every rule was given and what it gave.

The rules are those of the engine, linked in again in plain Python with a recorder around each, so the numbers are the
engine's, bit for bit, and no equation is written twice.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import CodeType, FrameType
from typing import Any

import numpy as np

from abm.callsites import names_in_force
from abm.link import link, rules_of
from abm.quarter import quarters
from abm.state import FIELDS, Field, Floats, World

Function = Callable[..., Any]
PLACES = ("firm", "offer", "workload", "vendor", "node", "design", "ecosystem", "kind", "tool", "bloc")
"""Names of loop variables in phases that say for whom a rule was asked; innermost first."""
RULES, ELEMENTARY = "abm.rules.", "abm.rules.numbers"
_OUTSIDE = quarters.__name__
_PASS = "deliver"
"""Helper of the market that hands a firm its chips, pass by pass."""


@dataclass(frozen=True)
class Site:
    """Where a function was called: the code of the caller and the place in it."""

    code: CodeType
    instruction: int
    names: Mapping[str, Any]


@dataclass(frozen=True)
class Call:
    """One call of a rule.

    Attributes
    ----------
    rule : str
        Name of the rule; a replacement is called by the name of the rule that it replaces.
    arguments : mapping of str to float
        By the rule's names of its parameters.
    place : mapping of str to int
        For whom it was asked: indices of firm, offer, workload, vendor and others, as far as the phase knew them.
    sites : tuple of Site
        Callers, innermost first, up to the phase.
    asked : callable
        The rule itself, or what stands for it.
    """

    rule: str
    arguments: Mapping[str, float]
    result: float
    place: Mapping[str, int]
    sites: tuple[Site, ...]
    asked: Function = field(repr=False)
    original: Function = field(repr=False)

    @property
    def phase(self) -> str:
        """Phase of the quarter in which it was asked."""
        return self.sites[-1].code.co_name

    @property
    def replaced_by(self) -> str | None:
        """Name of what stands for the rule in this scenario, None if it is the rule itself."""
        same = self.asked.__module__ == self.original.__module__ and self.asked.__name__ == self.rule
        return None if same else f"{self.asked.__module__}.{self.asked.__name__}"

    def instead(self, **changes: float) -> float:
        """What the rule would have given with some arguments changed."""
        return float(self.asked(*{**self.arguments, **changes}.values()))


@dataclass(frozen=True)
class Recording:
    """One quarter of one run.

    Attributes
    ----------
    before, after : World
        State at its start and its end, one lane.
    calls : tuple of Call
        In the order of events.
    orders : mapping of int to tuple of (offer, purpose) arrays
        By firm: USD bn ordered in each pass of the market, as far as not filled in an earlier one.
    """

    before: World
    after: World
    step: int
    calls: tuple[Call, ...]
    orders: Mapping[int, tuple[Floats, ...]]

    def of(self, rule: str, **place: int) -> tuple[Call, ...]:
        """Calls of a rule for a firm, offer, vendor or other place."""
        return tuple(call for call in self.calls if call.rule == rule and place.items() <= call.place.items())

    def last(self, rule: str, **place: int) -> Call | None:
        """The last of these calls, None if there was none."""
        found = self.of(rule, **place)
        return found[-1] if found else None


def lane_of(world: World, lane: int, fields: Mapping[str, Field] = FIELDS) -> World:
    """A copy of one lane as a world of its own; what all lanes share is not copied."""
    arrays: list[Any] = [
        np.ascontiguousarray(array[..., lane : lane + 1]).copy() if "run" in fields[name].dims else array
        for name, array in zip(fields, world, strict=True)
    ]
    return type(world)(*arrays)


def record_quarter(
    before: World, step: int, rules: Mapping[Function, Function] | None = None, fields: Mapping[str, Field] = FIELDS
) -> Recording:
    """Run a quarter on a copy of the state before it.

    Parameters
    ----------
    before : state before the quarter, one lane (see `lane_of`).
    step : the quarter.
    rules : replacements, original: replacement, as in `abm.link.link`.
    fields : declarations of the world's arrays.
    """
    mine, known = dict(rules or {}), rules_of(quarters)
    calls: list[Call] = []
    orders: dict[int, list[Floats]] = {}
    recorders: dict[Function, Function] = {}
    for rule in known.values():
        if rule.__module__.startswith(RULES) and rule.__module__ != ELEMENTARY:
            recorders[rule] = _Recorder(rule, link(mine.get(rule, rule), mine, {"LANES": 1}, plain=True), calls)
    market = known[_PASS]
    recorders[market] = _Watcher(market, link(mine.get(market, market), mine, {"LANES": 1}, plain=True), orders)
    after = lane_of(before, 0, fields)
    link(quarters, {**mine, **recorders}, {"LANES": 1}, plain=True)(after, step, step + 1)
    return Recording(before, after, step, tuple(calls), {firm: tuple(passes) for firm, passes in orders.items()})


class _Recorder:
    """Stands for a rule and writes down its calls."""

    def __init__(self, original: Function, asked: Function, calls: list[Call]) -> None:
        self.original, self.asked, self.calls = original, asked, calls
        self.names = tuple(inspect.signature(original).parameters)

    def __call__(self, *given: Any, **named: Any) -> Any:
        result = self.asked(*given, **named)
        values = dict(zip(self.names, given, strict=False)) | named
        sites, place = _callers(sys._getframe(1))
        arguments = {name: float(values[name]) for name in self.names}
        call = Call(self.original.__name__, arguments, float(result), place, sites, self.asked, self.original)
        self.calls.append(call)
        return result


class _Watcher:
    """Stands for the delivery of a pass and writes down what each firm has on order before it."""

    def __init__(self, original: Function, asked: Function, orders: dict[int, list[Floats]]) -> None:
        self.asked, self.orders = asked, orders
        self.signature = inspect.signature(original)

    def __call__(self, *given: Any, **named: Any) -> Any:
        values = self.signature.bind(*given, **named).arguments
        state, firm = values["state"], int(values["firm"])
        self.orders.setdefault(firm, []).append(state.orders[firm, :, :, 0].copy())
        return self.asked(*given, **named)


def _callers(frame: FrameType | None) -> tuple[tuple[Site, ...], dict[str, int]]:
    """Functions between a rule and its quarter, and whom they were busy with."""
    sites: list[Site] = []
    place: dict[str, int] = {}
    while frame is not None and frame.f_code.co_name not in (_OUTSIDE, "quarter"):
        local = frame.f_locals
        known = {name: value for name, value in local.items() if isinstance(value, int | np.integer)}
        in_force = names_in_force(frame.f_code, frame.f_lasti)
        for name in PLACES:
            if name in known and name in in_force:
                place.setdefault(name, int(known[name]))
        sites.append(Site(frame.f_code, frame.f_lasti, {**known, "": frame.f_globals}))
        frame = frame.f_back
    if "offer" in place:
        place.pop("kind", None)  # the kind of the offer, not of research
    return tuple(sites), place
