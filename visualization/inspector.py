"""Why one agent of the run on show did what it did in a quarter, with the rules and the data rows behind it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from abm.calendar import quarter_index
from abm.explanation import ExplainError, Explanation, explain_agent, state_before
from abm.machine import kernel, machine_of
from abm.running import REPLICATIONS
from abm.simulation import Builder, prepare
from abm.telling import number
from abm.view import RunView
from visualization.compute import PAIR_LANES
from visualization.session import Session, arms

type Rows = list[list[object]]
MOST_ROWS = 60
FIRST_KEYS = ("firm_id", "name", "country", "role", "source", "confidence")
"""Columns of a row of the data that are told first."""


@dataclass(frozen=True)
class Inspected:
    """What the inspector shows: text, and tables as caption, header and rows."""

    title: str
    text: str
    tables: tuple[tuple[str, tuple[str, ...], Rows], ...]


def inspect(session: Session, agent: str, quarter: str, without: bool) -> Inspected:
    """Explain an agent of the run on show.

    Raises
    ------
    ExplainError
        An agent that does not exist in the quarter, or a quarter after a branch.
    """
    step = quarter_index(quarter)
    if session.branch and not without and step >= quarter_index(session.branch):
        raise ExplainError(f"the inspector knows the past before the branch; choose a quarter before {session.branch}")
    mine, other, _ = arms(session)
    scenario = other if without else mine
    machine = machine_of(scenario)
    builder = Builder(prepare([scenario]), [scenario], session.seed, REPLICATIONS, session.world, machine)
    lanes = np.zeros(PAIR_LANES, dtype=np.int64)
    view = RunView(builder.plan, builder.fill(lanes).world, 0, scenario, step)
    view.before = partial(state_before, builder, lanes, kernel(PAIR_LANES, machine), True, 0)
    return _told(explain_agent(view, _agent_of(agent)), builder.plan.pack)


def _agent_of(node: str) -> str:
    """The agent that a node of the network stands for: an offer is its vendor's."""
    return node.rpartition(":")[2]


def _told(found: Explanation, pack: Any) -> Inspected:
    whole = found.as_dict()
    rules: Rows = [
        [name, one["meaning"], ", ".join(one["references"]), one["module"]] for name, one in whole["rules"].items()
    ]
    parameters: Rows = [
        [name, f"{number(one['value'])} {one['unit']}", one["kind"], f"{number(one['low'])} to {number(one['high'])}",
         one["source"]]
        for name, one in whole["parameters"].items()
    ]  # fmt: skip
    tables = [
        (
            "State before and after the quarter",
            ("quantity", "before", "after", "unit", "meaning"),
            _state(whole["state"]),
        ),
        ("Rules that were asked", ("rule", "what it decides", "reference", "module"), rules),
        ("Parameters behind them", ("parameter", "value here", "kind", "range", "source"), parameters),
        ("Rows of the data", ("table", "row", "source"), _rows(found.agent, pack)),
    ]
    title = f"{found.agent} ({found.kind}) in {found.quarter}"
    return Inspected(title, "\n".join(found.lines), tuple((name, head, rows) for name, head, rows in tables if rows))


def _state(state: Mapping[str, Mapping[str, Any]]) -> Rows:
    """Numbers of the agent; of those by offer or purpose the ones that are not all 0."""
    rows: Rows = []
    for name, one in state.items():
        flat = list(_flat(name, one["before"], one["after"]))
        rows += [
            [label, number(before), number(after), one["unit"], one["meaning"]]
            for label, before, after in flat
            if len(flat) == 1 or before or after
        ]
    return rows[:MOST_ROWS]


def _flat(name: str, before: Any, after: Any) -> Iterable[tuple[str, float, float]]:
    if not isinstance(before, Mapping):
        yield name.replace("_", " "), float(before), float(after)
        return
    for key, value in before.items():
        yield from _flat(f"{name} {key}", value, after[key])


def _rows(agent: str, pack: Any) -> Rows:
    """Rows of the data pack that are about the agent, with the citations of their sources."""
    cited = {str(row["source_id"]): str(row["citation"]) for row in pack.sources}
    found: Rows = []
    for table, keys in (
        ("firms", ("firm_id",)), ("firm_legal", ("firm_id",)), ("firm_shares", ("firm_id",)),
        ("supply_links", ("supplier", "customer")),
    ):  # fmt: skip
        known = getattr(pack, table, ())
        for row in known:
            if any(row.get(key) == agent for key in keys):
                found.append([table, _row(row), _sources(str(row.get("source") or ""), cited)])
    return found[:MOST_ROWS]


def _row(row: Mapping[str, Any]) -> str:
    order = [*(key for key in FIRST_KEYS if key in row), *(key for key in row if key not in FIRST_KEYS)]
    return "; ".join(f"{key} {row[key]}" for key in order if row[key] not in (None, "") and key != "source")


def _sources(text: str, cited: Mapping[str, str]) -> str:
    names: Sequence[str] = [name for name in text.replace(",", ";").split(";") if name]
    return "; ".join(f"{name}: {cited[name]}" if name in cited else name for name in names)
