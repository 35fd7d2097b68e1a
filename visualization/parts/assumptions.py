"""The assumptions: a slider for every parameter, with its unit, range, source and what moves it."""

from __future__ import annotations

from functools import partial
from typing import Any

import solara

from abm.parameter_index import PARAMETERS
from abm.parameters import ParameterError, check_values
from abm.vocabulary import MECHANISMS
from visualization import controls
from visualization.controls import Assumptions, Form, use_control
from visualization.lab import Laboratory
from visualization.markup import Button, block, panel, words

SOURCE = "download/parameters.json"


def hold(lab: Laboratory, name: str, value: Any) -> None:
    """Hold an assumption at a value; None lets it be drawn again, `reset` all of them."""
    if name == "reset":
        lab.change(parameters={})
        return
    rest = {known: held for known, held in lab.session.parameters.items() if known != name}
    if value is None:
        lab.change(parameters=rest)
        return
    try:
        held = check_values(PARAMETERS, rest | {name: value})
    except ParameterError as error:
        lab.complain(f"{error}; the assumption stays as it was")
        return
    lab.change(parameters=held)


@solara.component
def Sliders(lab: Laboratory) -> Any:  # noqa: N802
    """All assumptions and mechanisms."""
    session = lab.view.value.session

    def switch(name: str, value: Any) -> None:
        if name == "point":
            lab.change(point=bool(value))
        else:
            lab.change(off=session.off - {name} if value else session.off | {name})

    values = dict(session.parameters)
    sliders = use_control(Assumptions, partial(hold, lab), values=values, source=SOURCE)
    point = controls.check("point", "all other parameters at their defaults instead of drawn", session.point)
    works = [controls.check(name, f"{name.replace('_', ' ')} works", name not in session.off) for name in MECHANISMS]
    mechanisms = use_control(Form, switch, place="mechanisms", fields=[point, *works])
    title = words("<h3>Mechanisms, in both arms</h3>")
    return block("div", [sliders, title, mechanisms], "lab-column")


@solara.component
def AssumptionsPart(lab: Laboratory) -> Any:  # noqa: N802
    """Sliders and mechanisms on request, and how many of them differ from the scenario's own."""
    count = lab.view.value.session.changed
    opened, set_opened = solara.use_state(False)
    badge = f"{count} assumption{'' if count == 1 else 's'} changed" if count else "as the scenario has them"
    button = Button(f"{'Hide' if opened else 'Show'} the assumptions", lambda: set_opened(not opened), opened)
    bar = block("div", [block("span", [badge], "lab-badge", role="status"), button], "lab-bar")
    return panel(
        "assumptions", "Assumptions",
        "Each is drawn from its prior in every point; a slider holds it at one value in all worlds, in both arms.",
        [bar, Sliders(lab)] if opened else [bar], wide=True,
    )  # fmt: skip
