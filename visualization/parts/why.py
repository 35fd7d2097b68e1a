"""Why: which assumptions move the effects, and for which weights of the aims the controls lose."""

from __future__ import annotations

from typing import Any

import solara

from visualization import controls
from visualization.controls import Form, use_control
from visualization.digest import EFFECTS, VERDICT
from visualization.lab import Laboratory
from visualization.limits import POINTS
from visualization.markup import block, panel, paragraph, words
from visualization.widgets import Ternary, Tornado

LABELS = {
    VERDICT: "the verdict (its most likely regime)",
    "lead": "US lead", "self_reliance": "China's self-reliance", "domestic_output": "Chinese chip output",
    "us_revenue": "US vendors' revenue",
}  # fmt: skip


@solara.component
def WhyPart(lab: Laboratory) -> Any:  # noqa: N802
    """Tornado and ternary at the horizon of the verdict."""
    session, found, effect = lab.view.value.session, lab.reasons.value, lab.effect.value
    fresh = found is not None and found.key == session.key and found.horizon == session.horizon
    form = use_control(
        Form, lambda _name, value: lab.about(str(value)), place="why",
        fields=[controls.select("effect", "What moves", [(name, LABELS[name]) for name in EFFECTS], effect)],
    )  # fmt: skip
    text = "" if fresh else "The reasons follow once leverage is measured…"
    return panel(
        "why", "Why",
        f"By {session.horizon}Q4: the assumptions that move the effect most, over {POINTS} points of one pair "
        "of worlds each (the verdict there rests on output alone), and for which weights the result is a loss.",
        [
            form,
            words(paragraph(text, "lab-note") if text else ""),
            block("div", [
                Tornado.element(table={} if found is None else found.tornado),
                Ternary.element(table={} if found is None else found.ternary),
            ], "lab-why"),
        ],
        wide=True,
    )  # fmt: skip
