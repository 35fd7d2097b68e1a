"""The verdict: which regime, how probably, by when, resting on what; never a bare word."""

from __future__ import annotations

from typing import Any

import solara

from visualization import controls
from visualization.controls import Form, use_control
from visualization.digest import Digest, most_likely
from visualization.lab import Laboratory, Progress
from visualization.limits import MOST_PAIRS
from visualization.markup import block, panel, paragraph, words
from visualization.session import Session, arms, encode
from visualization.widgets import Verdict

STEPS = (1_000, MOST_PAIRS)
"""Sizes that one can ask for."""
WAITING = "The worlds of this scenario are being run…"


def sentence(digest: Digest, session: Session) -> str:
    """The verdict in words: horizon, regime, probability with its interval, how many worlds."""
    table = digest.regimes[str(session.horizon)]
    row = most_likely(table)
    return (
        f"By {table.horizon} the most likely outcome is “{row.regime}”: {_share(row.probability)} of worlds "
        f"(90 % interval {_share(row.low)} to {_share(row.high)}), in {table.runs:,} pairs of worlds, "
        f"parameters {arms(session)[0].describe()['parameters']}."
    )


def _share(value: float) -> str:
    return f"{100.0 * value:.0f} %"


def under_way(work: Progress | None) -> dict[str, Any]:
    """Progress as a field of a form."""
    if work is None:
        return controls.progress("progress", "Pairs of worlds", None, "")
    left = "" if work.left is None else f", about {max(1, round(work.left))} s left"
    return controls.progress(
        "progress", "Pairs of worlds", work.done / max(work.wanted, 1),
        f"{work.done:,} of {work.wanted:,} {work.what}{left}",
    )  # fmt: skip


def use_precision(lab: Laboratory, size: int) -> Any:
    """Progress, buttons for more pairs, cancel."""
    work = lab.progress.value

    def act(name: str, _value: Any) -> None:
        if name == "cancel":
            lab.cancel()
        else:
            lab.more(int(name))

    more = [controls.button(str(step), f"{step:,} pairs", disabled=size >= step) for step in STEPS]
    cancel = controls.button("cancel", "Cancel", disabled=work is None)
    return use_control(Form, act, place="verdict", fields=[under_way(work), *more, cancel])


@solara.component
def VerdictPart(lab: Laboratory) -> Any:  # noqa: N802
    """Regimes with probabilities at a horizon, and more precision on request."""
    view, digest = lab.view.value, lab.digest.value
    fresh = digest is not None and digest.key == view.session.key
    size = digest.size if digest is not None and fresh else 0

    form = use_precision(lab, size)
    text = sentence(digest, view.session) if digest is not None and fresh else WAITING
    said = block(
        "div",
        [words(paragraph(text))],
        "lab-sentence",
        aria_live="polite",
        aria_busy=str(not fresh).lower(),
        data_for=encode(view.session),
    )
    before = view.before
    shown = Verdict.element(
        table={} if digest is None else digest.verdict,
        before={} if before is None or not fresh else before.verdict,
        horizon=str(view.session.horizon),
        on_horizon=lambda horizon: lab.change(horizon=int(horizon)),
    )
    return panel(
        "verdict", "Verdict",
        "Every world is simulated with the controls and without them; what differs is what the controls do.",
        [said, shown, form],
    )  # fmt: skip
