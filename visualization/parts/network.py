"""The supply network of the run on show, its clock, and the inspector of one agent."""

from __future__ import annotations

from typing import Any

import solara
from solara.lab import use_task

from visualization import controls
from visualization.controls import Form, use_control
from visualization.inspector import Inspected, inspect
from visualization.lab import Laboratory
from visualization.markup import Button, block, escaped, panel, paragraph, table, words
from visualization.widgets import Network, Transport

ARMS = (("controls", "with the controls"), ("without", "without them"), ("difference", "the difference"))


@solara.component
def NetworkPart(lab: Laboratory) -> Any:  # noqa: N802
    """Network, transport bar, inspector."""
    arm, set_arm = solara.use_state(ARMS[0][0])
    view = lab.view.value
    form = use_control(
        Form, lambda _name, value: set_arm(str(value)), place="network",
        fields=[controls.select("arm", "Show", ARMS, arm)],
    )  # fmt: skip
    shown = Network.element(arm=arm, selected=lab.selected.value, on_selected=lab.selected.set)
    clock = Transport.element(quarter=lab.quarter.value, on_quarter=lab.quarter.set)
    about = (
        f"World {view.session.world} of seed {view.session.seed}. Who delivers to whom in a quarter: width is USD bn, "
        "dashes are licensed, gaps are blocked. Choose an agent (click, or Tab and Enter) to see why it acts so."
    )
    return panel("network", "Supply network", about, [form, shown, clock, Inspector(lab, arm)], wide=True)


@solara.component
def Inspector(lab: Laboratory, arm: str) -> Any:  # noqa: N802
    """Why the chosen agent did what it did in the quarter on show."""
    session, agent, quarter = lab.view.value.session, lab.selected.value, lab.quarter.value
    without = arm == "without"

    def explain() -> Inspected | None:
        return inspect(session, agent, quarter, without) if agent else None

    task = use_task(
        explain,
        dependencies=[session.key, session.world, agent, quarter, without],
        raise_error=False,
        prefer_threaded=True,
    )
    if not agent:
        return words("")
    if task.pending:
        body = paragraph(f"{agent} in {quarter} is being run again…")
    elif task.error:
        body = paragraph(f"{agent} in {quarter} cannot be explained: {task.exception}")
    else:
        body = "" if task.value is None else told(task.value)
    return block(
        "aside",
        [words(body), Button("Close the inspector", lambda: lab.selected.set(""))],
        "lab-inspector",
        aria_label=f"Inspector: {agent}",
        aria_live="polite",
    )


def told(found: Inspected) -> str:
    """The inspector's text as HTML."""
    parts = [f"<h3>{escaped(found.title)}</h3>", f'<pre class="lab-told" tabindex="0">{escaped(found.text)}</pre>']
    for caption, header, rows in found.tables:
        parts.append(
            f"<details><summary>{escaped(caption)} ({len(rows)})</summary>{table(caption, header, rows)}</details>"
        )
    return "".join(parts)
