"""Why an agent did what it did in a quarter: the terms of its decisions in words and numbers, with rules and sources.

The quarter is run again from the state before it, in plain Python, through the same phases and rules; what the rules
were given and what they gave is what is told (`abm.recording`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from abm.calendar import QUARTERS, quarter_index, quarter_label
from abm.draws import check_seed
from abm.explain_firm import tell_firm
from abm.explain_others import node_calls, regulator_calls, tell_node, tell_regulator, tell_vendor
from abm.machine import machine_of
from abm.origins import origins, rule_source
from abm.parameter_index import PARAMETERS
from abm.recording import Call, Recording, lane_of, record_quarter
from abm.scenario import Scenario
from abm.schema import nearest
from abm.simulation import REPLICATIONS, Builder, prepare
from abm.state import FIELDS, World
from abm.telling import UNITS, Case, paragraph, parameters_behind
from abm.view import RunView
from abm.vocabulary import PURPOSES

KINDS = ("firm", "vendor", "node", "regulator")
_TITLES = {"firm": "AI firm", "vendor": "chip vendor", "node": "supply node", "regulator": "regulator"}
_TELL: Mapping[str, Callable[[Case], list[str]]] = {
    "firm": tell_firm, "vendor": tell_vendor, "node": tell_node, "regulator": tell_regulator,
}  # fmt: skip


class ExplainError(ValueError):
    """What cannot be explained; one line with the cure."""


@dataclass(frozen=True, eq=False)
class Explanation:
    """The decisions of one agent in one quarter of one run.

    Attributes
    ----------
    agent, kind, quarter : str
    run : mapping
        Scenario, continuation, world, seed and mechanisms switched off.
    lines : tuple of str
        The text; `str()` joins it.
    case : Case
        What it was made from: recorded calls and the states before and after.
    calls : tuple of Call
        Every rule asked for the agent, in the order of events.
    """

    agent: str
    kind: str
    quarter: str
    run: Mapping[str, Any]
    lines: tuple[str, ...]
    case: Case
    calls: tuple[Call, ...]

    def __str__(self) -> str:
        """Text of at most about forty lines."""
        return "\n".join(self.lines)

    def as_dict(self) -> dict[str, Any]:
        """All of it as plain values: state before and after, every rule asked with arguments, sources, parameters."""
        rules = {call.rule: call for call in self.calls}
        return {
            "agent": self.agent,
            "kind": self.kind,
            "quarter": self.quarter,
            "run": dict(self.run),
            "text": list(self.lines),
            "state": _states(self.case),
            "decisions": [_decision(self.case, call) for call in self.calls],
            "orders": _orders(self.case),
            "rules": {name: _rule(call) for name, call in rules.items()},
            "parameters": _parameters(self.case, self.calls),
        }


def explain(
    agent: str,
    quarter: str,
    scenario: Scenario | str | Path = "history",
    world: int = 0,
    seed: int = 1,
    replications: int = REPLICATIONS,
) -> Explanation:
    """Explain an agent's decisions in a quarter of one world of a scenario; no compiler is needed.

    Parameters
    ----------
    agent : id of a firm, vendor, supply node or regulator, such as "TENCENT", "NVIDIA", "SMIC", "US_BIS".
    quarter : such as "2023Q3".
    scenario : a scenario, the name of one, or a scenario file.
    world, seed, replications : which world: the one that `simulate` gives under these.

    Raises
    ------
    ExplainError, ScenarioError, ValueError
        One line that names what is wrong and the cure.
    """
    step = _step(quarter)
    check_seed(seed)
    arm = scenario if isinstance(scenario, Scenario) else Scenario.load(scenario)
    plan, machine = prepare([arm]), machine_of(arm)
    start = Builder(plan, [arm], seed, replications, world, machine).fill(np.array([0], dtype=np.int64)).world
    view = RunView(plan, start, 0, arm, step)
    kind, index = _find(view, agent)
    _check_alive(view, kind, index)
    machine.plain(1)(start, 0, step)
    recording = record_quarter(lane_of(start, 0, machine.fields), step, machine.replacements(True), machine.fields)
    return _explanation(view, kind, index, recording)


def explain_agent(view: RunView, agent: str) -> Explanation:
    """Explain an agent's decisions in the last quarter of a run that is looked at; `view.before` gives its past.

    Raises
    ------
    ExplainError
        Before the first quarter, for a firm that does not exist yet, or if the view cannot be run again.
    """
    if view.step < 0:
        raise ExplainError(f"{agent}: nothing has been decided before the first quarter; call model.step() first")
    if view.before is None:
        raise ExplainError(f"{agent}: this view holds one state of a run and not its past; use abm.explain")
    kind, index = _find(view, agent)
    _check_alive(view, kind, index)
    machine = machine_of(view.scenario)
    recording = record_quarter(view.before(view.step), view.step, machine.replacements(True), machine.fields)
    return _explanation(view, kind, index, recording)


def state_before(
    builder: Builder, lanes: Any, advance: Callable[[Any, int, int], object], compiled: bool, lane: int, step: int
) -> World:
    """State of one lane before a quarter: the block is filled anew and run to it (about 0.3 ms a quarter compiled)."""
    handle = builder.fill(lanes)
    if step > 0:
        advance(handle if compiled else handle.world, 0, step)
    return lane_of(handle.world, lane, builder.machine.fields)


def _explanation(view: RunView, kind: str, index: int, recording: Recording) -> Explanation:
    after = RunView(view.plan, recording.after, 0, view.scenario, recording.step)
    case = Case(after, recording, kind, index, _names(view, kind)[index])
    calls = _calls(case, kind)
    run = {
        "scenario": view.scenario.name,
        "continuation": view.scenario.continuation,
        "world": after.world_id,
        "seed": int(after.world.seed[0]),
        "off": sorted(view.scenario.off),
    }
    head = f"{case.name}, {_TITLES[kind]}, {after.quarter}"
    where = f"{run['scenario']} ({run['continuation']}), world {run['world']}, seed {run['seed']}"
    lines = (f"{head}: {where}", UNITS, *_TELL[kind](case))
    untold = [name for name in dict.fromkeys(call.rule for call in calls) if name not in "\n".join(lines)]
    if untold:
        lines += tuple(paragraph("Also asked", f"{', '.join(untold)}; their terms: --json"))
    return Explanation(case.name, kind, after.quarter, run, lines, case, calls)


# --- finding the agent ------------------------------------------------------------------------------------------------


def _step(quarter: str) -> int:
    try:
        step = quarter_index(quarter)
    except ValueError as error:
        raise ExplainError(f"quarter: {error}") from None
    if not 0 <= step < QUARTERS:
        raise ExplainError(
            f"quarter {quarter} lies outside the model, {quarter_label(0)} to {quarter_label(QUARTERS - 1)}"
        )
    return step


def _names(view: RunView, kind: str) -> tuple[str, ...]:
    if kind == "regulator":
        return tuple(str(row["firm_id"]) for row in view.plan.pack.firms.where(type="regulator"))
    return view.names(kind)


def _find(view: RunView, agent: str) -> tuple[str, int]:
    """Kind and place of an agent; an id in other letters is understood, and so is a regulator's country."""
    known = {name: (kind, place) for kind in reversed(KINDS) for place, name in enumerate(_names(view, kind))}
    name = agent if agent in known else agent.strip().upper().replace(" ", "_")
    countries = {str(row["country"]): str(row["firm_id"]) for row in view.plan.pack.firms.where(type="regulator")}
    name = name if name in known else countries.get(name, name)
    if name not in known:
        raise ExplainError(f"no agent is called {agent!r}{nearest(name, known)}")
    return known[name]


def _check_alive(view: RunView, kind: str, index: int) -> None:
    if kind != "firm" or view.plan.arrays["alive"][view.step, index] > 0.0:
        return
    name, exists = view.names(kind)[index], np.flatnonzero(view.plan.arrays["alive"][:, index] > 0.0)
    span = f"{quarter_label(int(exists[0]))} to {quarter_label(int(exists[-1]))}" if exists.size else "no quarter"
    raise ExplainError(f"{name} does not exist in {view.quarter}: the world has it from {span}; ask for one of these")


def _calls(case: Case, kind: str) -> tuple[Call, ...]:
    """Rules asked for the agent."""
    calls, index = case.recording.calls, case.index
    if kind == "firm":
        return tuple(call for call in calls if call.place.get("firm") == index)
    if kind == "vendor":
        lines = {place for place, vendor in enumerate(case.run.world.offer_vendor) if vendor == index}
        mine = (call for call in calls if "firm" not in call.place)
        return tuple(call for call in mine if call.place.get("vendor") == index or call.place.get("offer") in lines)
    return node_calls(case) if kind == "node" else regulator_calls(case)


# --- plain values -----------------------------------------------------------------------------------------------------


def _decision(case: Case, call: Call) -> dict[str, Any]:
    behind = origins(call)
    arguments = {}
    for name, value in call.arguments.items():
        origin = behind.get(name)
        known = {} if origin is None else {
            "expression": origin.expression, "parameters": list(origin.parameters), "state": list(origin.state),
        }  # fmt: skip
        arguments[name] = {"value": value, **known}
    return {
        "rule": call.rule,
        "phase": call.phase,
        "for": case.place_names(call.place),
        "arguments": arguments,
        "result": call.result,
    }


def _rule(call: Call) -> dict[str, Any]:
    source = rule_source(call)
    return {
        "module": source.module,
        "meaning": source.meaning,
        "references": list(source.references),
        "replaced_by": call.replaced_by,
    }


def _parameters(case: Case, calls: tuple[Call, ...]) -> dict[str, Any]:
    found = {}
    for name, value in parameters_behind(case, calls).items():
        one = PARAMETERS[name]
        found[name] = {
            "value": value, "unit": one.unit, "kind": one.kind, "prior": one.prior, "low": one.low, "high": one.high,
            "source": one.source, "meaning": one.meaning, "fixed": name in case.run.scenario.fixed,
        }  # fmt: skip
    return found


def _states(case: Case) -> dict[str, Any]:
    """Every array of the state that belongs to the agent, before and after the quarter."""
    found = {}
    for name, known in FIELDS.items():
        if known.dims[0] == case.kind and known.dims[-1] == "run":
            values = [_labelled(case, known.dims[1:-1], getattr(one, name)[case.index, ..., 0])
                      for one in (case.recording.before, case.recording.after)]  # fmt: skip
            found[name] = {"unit": known.unit, "meaning": known.meaning, "before": values[0], "after": values[1]}
    return found


def _labelled(case: Case, dims: tuple[str, ...], values: Any) -> Any:
    """Numbers by name along the remaining dimensions."""
    if not dims:
        return float(values)
    if dims[0] == "purpose":
        names: tuple[str, ...] = PURPOSES
    else:
        try:
            names = case.run.names(dims[0])
        except KeyError:
            names = tuple(str(place) for place in range(len(values)))
    return {name: _labelled(case, dims[1:], value) for name, value in zip(names, values, strict=True)}


def _orders(case: Case) -> list[Any]:
    """USD bn on order before each pass of the market, by offer and purpose; firms only."""
    passes = case.recording.orders.get(case.index, ()) if case.kind == "firm" else ()
    return [_labelled(case, ("offer", "purpose"), one) for one in passes]
