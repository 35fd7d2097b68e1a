"""A guided tour: five claims about the controls, each with the scenario that shows it and its live numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import solara

from visualization import controls
from visualization.controls import Form, use_control
from visualization.digest import Digest
from visualization.lab import Laboratory
from visualization.markup import panel, paragraph, words
from visualization.parts.effects import signed
from visualization.session import Session


@dataclass(frozen=True)
class Step:
    """One claim.

    Attributes
    ----------
    claim, look : what is claimed, and where on the page to look.
    session : what is shown. effects : names of the effects that are told, with words for them.
    """

    claim: str
    look: str
    session: Session
    effects: tuple[tuple[str, str], ...]


HISTORY = Session()
STEPS = (
    Step(
        "The controls slow China down.",
        "Look at the first chart: the solid line lies above the dashed one where the US lead is longer with controls.",
        HISTORY, (("lead", "US lead"), ("compute_cn", "compute installed in China")),
    ),
    Step(
        "They push China to chips of its own.",
        "A share rises when imports are denied, even if no more is made at home: compare self-reliance with output.",
        HISTORY, (("self_reliance", "self-reliance"), ("domestic_output", "Chinese chip output")),
    ),
    Step(
        "Their makers pay.",
        "Sales to China fall steeply, world sales less: what China may not buy others take while supply is short.",
        HISTORY, (("us_revenue", "US vendors' revenue"), ("us_revenue_china", "their revenue from China")),
    ),
    Step(
        "Whoever decouples loses the lever.",
        "Leverage is what a full stop of US supply could still deny. Here the US decides by what it sees after 2026Q3.",
        Session(continuation="rule"), (("leverage", "leverage"), ("self_reliance", "self-reliance")),
    ),
    Step(
        "Tools and chips are two policies.",
        "Here are controls on tools alone: compare the numbers with the steps before. Which is better depends on the "
        "weights that one gives to the aims: see the triangle under “Why”.",
        Session(scenario="tools_only"), (("lead", "US lead"), ("domestic_output", "Chinese chip output")),
    ),
)  # fmt: skip


def numbers(digest: Digest | None, step: Step, horizon: int) -> str:
    """The effects of the step's scenario as sentences."""
    if digest is None:
        return "Its numbers follow in a moment."
    found = digest.effects[str(horizon)]
    told = [f"{label} {signed(found[name])}" for name, label in step.effects if name in found]
    return f"By {horizon}Q4, with less without the controls: {'; '.join(told)} (median, 90 % of worlds)."


@solara.component
def TourPart(lab: Laboratory) -> Any:  # noqa: N802
    """One step at a time."""
    place, set_place = solara.use_state(-1)
    digest, session = lab.digest.value, lab.view.value.session

    def act(name: str, _value: Any) -> None:
        following = {"start": 0, "next": place + 1, "back": place - 1, "end": -1}[name]
        set_place(following)
        if following >= 0:
            chosen = STEPS[following].session
            lab.change(
                scenario=chosen.scenario, toml="", continuation=chosen.continuation, gate="", parameters={}, law={},
                off=frozenset(), branch="", then="none_0", point=False,
            )  # fmt: skip

    if place < 0:
        fields, text = [controls.button("start", "Start the tour")], ""
    else:
        step = STEPS[place]
        fresh = digest if digest is not None and digest.key == session.key else None
        fields = [
            controls.button("back", "Back", disabled=place == 0),
            controls.button("next", "Next", disabled=place == len(STEPS) - 1),
            controls.button("end", "End"),
        ]
        text = (
            f"<h3>{place + 1} of {len(STEPS)}: {step.claim}</h3>"
            + paragraph(step.look)
            + paragraph(numbers(fresh, step, session.horizon), "lab-strong")
        )
    form = use_control(Form, act, place="tour", fields=fields)
    return panel(
        "tour", "Guided tour", "" if text else "Five claims about the controls, each with its live numbers.",
        [words(text), form],
    )  # fmt: skip
