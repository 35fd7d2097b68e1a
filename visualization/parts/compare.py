"""Up to four scenarios side by side, each with its verdict and its effects at a horizon."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from threading import Event, Thread
from typing import Any

import solara

from abm.backfire import HORIZONS
from abm.scenario import list_scenarios
from visualization import controls
from visualization.compute import Ensemble, StoppedError, submit
from visualization.controls import Form, use_control
from visualization.digest import Digest, digest_of
from visualization.limits import COMPARED, FIRST_PAIRS, Allowance
from visualization.markup import block, panel, paragraph, table, words
from visualization.parts.effects import HEADLINES, signed
from visualization.session import Session
from visualization.widgets import FanChart, Feed, Verdict

FIRST = ("history", "chips_only", "tools_only", "")
NONE = ("", "none")


@dataclass(frozen=True)
class Horizon:
    """The horizon of all columns, and how one of them chooses another."""

    year: str
    choose: Callable[[str], None]


@solara.component
def ComparePart(session: Session) -> Any:  # noqa: N802
    """Choose scenarios and a horizon; columns follow."""
    own = session != Session()
    chosen, set_chosen = solara.use_state(("own", *FIRST[:3]) if own else FIRST)
    horizon, set_horizon = solara.use_state(str(session.horizon))
    allowance = solara.use_memo(Allowance, [])
    names = [NONE, *([("own", "what the link says")] if own else []), *((name, name) for name in list_scenarios())]

    def act(name: str, value: Any) -> None:
        if name == "horizon":
            set_horizon(str(value))
        else:
            place = int(name)
            set_chosen((*chosen[:place], str(value), *chosen[place + 1 :]))

    form = use_control(
        Form, act, place="compare",
        fields=[
            controls.select("horizon", "By the end of", [(one, one) for one in HORIZONS], horizon),
            *(controls.select(str(place), f"Scenario {place + 1}", names, one) for place, one in enumerate(chosen)),
        ],
    )  # fmt: skip
    at = Horizon(horizon, set_horizon)
    columns = [
        Column(session if name == "own" else Session(scenario=name), name, at, allowance).key(f"{place} {name}")
        for place, name in enumerate(chosen[:COMPARED])
        if name
    ]
    return panel(
        "compare", "Compare scenarios",
        "All scenarios run in the same worlds, each against the law of 2022Q2.",
        [form, block("div", columns, "lab-columns")], wide=True,
    )  # fmt: skip


@solara.component
def Column(session: Session, name: str, at: Horizon, allowance: Allowance) -> Any:  # noqa: N802
    """One scenario."""
    digest, trouble = use_digest(session, allowance)
    group, horizon = f"compare {session.key}", at.year
    about = list_scenarios().get(session.scenario, "") if name != "own" else "The scenario of the link."
    parts: list[Any] = [words(f"<h3>{session.title if name == 'own' else name}</h3>{paragraph(about)}")]
    if digest is None:
        return block("div", [*parts, words(paragraph(trouble or "The worlds are being run…"))], "lab-column")
    rows = [(label, signed(digest.effects[horizon][one])) for one, label in HEADLINES if one in digest.effects[horizon]]
    parts += [
        Verdict.element(table=digest.verdict, horizon=horizon, on_horizon=at.choose, group=group),
        words(table(f"Effects by {horizon}Q4: median, 90 % of worlds", ("effect", "with less without"), rows)),
        Feed.element(fan=digest.fan, group=group),
        FanChart.element(chart="lead", compact=True, group=group),
        FanChart.element(chart="self_reliance", compact=True, group=group),
    ]
    return block("div", parts, "lab-column")


def use_digest(session: Session, allowance: Allowance) -> tuple[Digest | None, str]:
    """The ensemble of a scenario, computed in the background while the page is open."""
    found, set_found = solara.use_state(None)
    trouble, set_trouble = solara.use_state("")

    def begin() -> Any:
        stop = Event()

        def done(future: Future[Ensemble]) -> None:
            if not future.cancelled() and not stop.is_set():
                error = future.exception()
                if error is None:
                    set_found(digest_of(future.result()))
                elif not isinstance(error, StoppedError):
                    set_trouble(str(error))

        def run() -> None:
            try:
                allowance.take(2 * FIRST_PAIRS)
            except ValueError as error:
                set_trouble(str(error))
                return
            future = submit(session, FIRST_PAIRS, True, stop, lambda done, total: None)
            while not stop.wait(0.1):
                if future.done():
                    done(future)
                    return
            future.cancel()

        Thread(target=run, name="compare", daemon=True).start()
        return stop.set

    solara.use_effect(begin, [session.key])
    return found, trouble
