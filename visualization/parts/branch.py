"""A branch: from a quarter on the arm with controls goes on under another law."""

from __future__ import annotations

from typing import Any

import solara

from abm.calendar import quarter_index, quarter_label
from visualization import controls
from visualization.controls import Form, use_control
from visualization.lab import Laboratory
from visualization.markup import panel
from visualization.session import FIRST_BRANCH, LAST_BRANCH

LAWS = {
    "none_0": "no controls (law of 2022Q2)", "chips_only": "controls on chips alone",
    "tools_only": "controls on tools alone", "frozen": "rules of 2022Q4", "tight": "tight rules", "history": "history",
}  # fmt: skip
QUARTERS = tuple(map(quarter_label, range(quarter_index(FIRST_BRANCH), quarter_index(LAST_BRANCH) + 1)))


@solara.component
def BranchPart(lab: Laboratory) -> Any:  # noqa: N802
    """What if the law became another one here?"""
    session = lab.view.value.session
    at, set_at = solara.use_state(session.branch or "2027Q1")
    then, set_then = solara.use_state(session.then)

    def act(name: str, value: Any) -> None:
        if name == "at":
            set_at(str(value))
        elif name == "then":
            set_then(str(value))
        elif name == "clock":
            set_at(min(max(lab.quarter.peek(), FIRST_BRANCH), LAST_BRANCH))
        elif name == "go":
            lab.change(branch=at, then=then)
        else:
            lab.change(branch="", then="none_0")

    said = (
        f"The arm with controls goes on under “{LAWS.get(session.then, session.then)}” from {session.branch} on."
        if session.branch else ""
    )  # fmt: skip
    form = use_control(
        Form, act, place="branch",
        fields=[
            controls.select("at", "From", [(one, one) for one in QUARTERS], at),
            controls.button("clock", "Take the clock's quarter"),
            controls.select("then", "the law is", list(LAWS.items()), then),
            controls.button("go", "Branch"),
            controls.button("back", "Undo the branch", disabled=not session.branch),
            controls.note("said", said),
        ],
    )  # fmt: skip
    return panel(
        "branch", "What if the law changed here?",
        "The past stays as it is, world by world; from the quarter on the arm with controls has another law.", [form],
    )  # fmt: skip
