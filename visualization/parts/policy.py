"""The law: every rule as a block that can be moved, ended earlier, eased or dropped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import solara

from abm.scenario import CONTINUATIONS
from abm.slide import CHINA_GATES
from visualization import controls
from visualization.controls import Form, use_control
from visualization.instruments import Change, editable
from visualization.lab import Laboratory
from visualization.markup import panel
from visualization.session import Session, arms
from visualization.timeline import timeline_rows
from visualization.widgets import TimelineEditor

AFTER = {
    "": "as the scenario has it", "freeze_abs": "thresholds stay fixed",
    "freeze_rel": "thresholds slide with the best US chip", "rule": "the US decides by what it sees",
}  # fmt: skip
GATES = {"": "as the scenario has it", "on": "as the script left it", "off": "open", "rule": "China decides by rule"}


def changes_of(policy: Mapping[str, Mapping[str, Any]]) -> dict[str, Change]:
    """Changes of the editor as those of a session."""
    found = {
        str(name): Change(
            start=one.get("start"), end=one.get("end"), severity=float(one.get("severity", 1.0)),
            dropped=bool(one.get("off", False)),
        )
        for name, one in policy.items()
    }  # fmt: skip
    return {name: Change(dropped=True) if one.dropped else one for name, one in found.items() if not one.nothing}


def policy_of(session: Session) -> dict[str, dict[str, Any]]:
    """Changes of a session as those of the editor."""
    found = {}
    for name, change in session.law.items():
        parts = {"start": change.start, "end": change.end}
        one: dict[str, Any] = {key: value for key, value in parts.items() if value is not None}
        if change.severity != 1.0:
            one["severity"] = change.severity
        found[name] = {"off": True} if change.dropped else one
    return found


def rows_of(session: Session) -> list[dict[str, Any]]:
    """Rows of the editor: the law of the scenario before the visitor's changes."""
    plain = Session(scenario=session.scenario, toml=session.toml, continuation=session.continuation)
    return timeline_rows(arms(plain)[0])


@solara.component
def PolicyPart(lab: Laboratory) -> Any:  # noqa: N802
    """Timeline of rules, what follows the script, history and clear."""
    session = lab.view.value.session
    rows = solara.use_memo(lambda: rows_of(session), [session.scenario, session.toml, session.continuation])

    def act(name: str, value: Any) -> None:
        if name == "history":
            lab.change(law={})
        elif name == "clear":
            lab.change(law={one.id: Change(dropped=True) for one in editable()})
        else:
            lab.change(**{name: str(value)})

    gates = [(one, GATES[one]) for one in ("", *CHINA_GATES)]
    form = use_control(
        Form, act, place="policy",
        fields=[
            controls.select("continuation", "After 2026Q3", [(one, AFTER[one]) for one in ("", *CONTINUATIONS)],
                            session.continuation),
            controls.select("gate", "China's import gate", gates, session.gate),
            controls.button("history", "History", disabled=not session.law),
            controls.button("clear", "Clear all rules"),
        ],
    )  # fmt: skip
    editor = TimelineEditor.element(
        rows=rows, policy=policy_of(session), on_policy=lambda policy: lab.change(law=changes_of(policy))
    )
    return panel(
        "policy", "Policy timeline",
        "Move a rule, end it, ease it or drop it, and all else follows. Severity is the share of what the rule "
        "denies that is still denied.", [form, editor], wide=True,
    )  # fmt: skip
