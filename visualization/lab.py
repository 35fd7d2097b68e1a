"""The state of one page: a session, the pair and the ensemble that belong to it, and the work that is under way.

Each page makes its own `Laboratory`; nothing of it is shared. Work runs in a thread of the page, which hands chunks to
the workers of `visualization.compute` and stops when the page is closed.
"""

from __future__ import annotations

import logging
import threading
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Any

import pandas as pd  # type: ignore[import-untyped]  # noqa: F401  (each change of a value asks for it: whole, or not at all)
import solara

from abm.backfire import Comparison
from visualization.compute import Ensemble, StoppedError, kept, pair_of, sizes, submit, submit_points
from visualization.digest import EFFECTS, Digest, Reasons, digest_of, encode_pair, known_digest, reasons_of
from visualization.limits import CHUNK, FIRST_PAIRS, MOST_PAIRS, POINTS, Allowance, Gate, LimitError
from visualization.past import Past
from visualization.session import Session, checked

LOOK = 0.1
"""Seconds between two looks at work under way."""

_gate = Gate()
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Progress:
    """Work under way: pairs done and wanted, seconds left (None: not known yet), and what is done."""

    done: int
    wanted: int
    left: float | None
    what: str


@dataclass(frozen=True, eq=False)
class View:
    """What the visitor chose and the run on show; written by the visitor's actions alone.

    Attributes
    ----------
    pair, payload : the run on show and its counterfactual, and the same for the widgets.
    before : the ensemble of the scenario before the last change.
    problems : what was wrong with what was asked for.
    """

    session: Session
    past: Past
    pair: Comparison
    payload: bytes
    before: Digest | None = None
    problems: tuple[str, ...] = ()


@dataclass(eq=False)
class Laboratory:
    """State and actions of one page.

    Attributes
    ----------
    view : what was chosen. digest, reasons : what was computed last, of the scenario that their `key` says.
    progress : work under way. trouble : why work stopped by itself, "" if it did not.
    selected : agent that is inspected, "" for none. quarter : where the clock rests.
    effect : what the tornado is about. wide : whether all charts are shown.
    """

    view: solara.Reactive[View]
    digest: solara.Reactive[Digest | None] = field(default_factory=lambda: solara.reactive(None))
    reasons: solara.Reactive[Reasons | None] = field(default_factory=lambda: solara.reactive(None))
    progress: solara.Reactive[Progress | None] = field(default_factory=lambda: solara.reactive(None))
    trouble: solara.Reactive[str] = field(default_factory=lambda: solara.reactive(""))
    selected: solara.Reactive[str] = field(default_factory=lambda: solara.reactive(""))
    quarter: solara.Reactive[str] = field(default_factory=lambda: solara.reactive("2026Q4"))
    effect: solara.Reactive[str] = field(default_factory=lambda: solara.reactive(EFFECTS[0]))
    wide: solara.Reactive[bool] = field(default_factory=lambda: solara.reactive(False))
    allowance: Allowance = field(default_factory=Allowance)
    _stop: threading.Event = field(default_factory=threading.Event)

    @classmethod
    def opened(cls, session: Session, problems: tuple[str, ...] = ()) -> Laboratory:
        """A page that shows a session, with one pair; `start` begins the ensemble."""
        pair = pair_of(session)
        made = cls(solara.reactive(View(session, Past(), pair, encode_pair(pair), problems=problems)))
        made.digest.value = known_digest(session.key, FIRST_PAIRS)
        return made

    @property
    def session(self) -> Session:
        """What is chosen now."""
        now: View = self.view.peek()
        return now.session

    # --- actions ----------------------------------------------------------------------------------------------------

    def change(self, **chosen: Any) -> None:
        """Choose something else; a choice that cannot be is told in the page and nothing changes."""
        self.show(replace(self.session, **chosen))

    def show(self, session: Session) -> None:
        """Go on with another session, which can be undone."""
        now = self.view.peek()
        if session == now.session:
            self.complain()
            return
        if session == replace(now.session, horizon=session.horizon):
            self._go(session, now.past)
            return
        try:
            checked(session)
        except ValueError as error:
            self.complain(str(error))
            return
        self._go(session, now.past.after(now.session))

    def undo(self) -> None:
        """One step back."""
        now = self.view.peek()
        self._go(*now.past.undo(now.session))

    def redo(self) -> None:
        """One step forth."""
        now = self.view.peek()
        self._go(*now.past.redo(now.session))

    def complain(self, *problems: str) -> None:
        """Tell what was wrong; without an argument, take it back."""
        now = self.view.peek()
        self.trouble.value = ""
        if now.problems != problems:
            self.view.value = replace(now, problems=problems)

    def _go(self, session: Session, past: Past) -> None:
        now = self.view.peek()
        try:
            pair = pair_of(session)
        except ValueError as error:
            self.complain(str(error))
            return
        same = session.key == now.session.key
        payload = now.payload if pair is now.pair else encode_pair(pair)
        digest = self.digest.peek()
        before = now.before if same or digest is None or digest.key != now.session.key else digest
        known = None if same else known_digest(session.key, FIRST_PAIRS, self.wide.peek())
        if known is not None:
            self.digest.value = known
        self.view.value = View(session, past, pair, payload, before)
        if not same or session.horizon != now.session.horizon:
            self.start()

    def about(self, effect: str) -> None:
        """Let the tornado be about another effect."""
        self.effect.value = effect
        self.start()

    def widen(self, wide: bool) -> None:
        """Show all charts, or the headline ones."""
        self.wide.value = wide
        self.start()

    # --- ensembles --------------------------------------------------------------------------------------------------

    def start(self, pairs: int = FIRST_PAIRS) -> None:
        """Compute what the page lacks, in the background; work for an older choice stops."""
        self._stop.set()
        self._stop = stop = threading.Event()
        self.trouble.value = ""
        threading.Thread(target=self._work, args=(self.session, pairs, stop), name="laboratory", daemon=True).start()

    def more(self, pairs: int) -> None:
        """Ask for more precision, up to `MOST_PAIRS`."""
        self.start(min(pairs, MOST_PAIRS))

    def cancel(self) -> None:
        """Stop what is under way; what is there stays."""
        self._stop.set()
        self.progress.value = None

    def close(self) -> None:
        """The page is gone: stop all work for it."""
        self._stop.set()

    def _work(self, session: Session, pairs: int, stop: threading.Event) -> None:
        trouble = ""
        try:
            _gate.enter()
            try:
                self._grow(session, pairs, stop)
            finally:
                _gate.leave()
        except StoppedError:
            return
        except LimitError as error:
            trouble = str(error)
        except Exception as error:
            _log.exception("an ensemble failed")
            trouble = f"the ensemble failed ({type(error).__name__}); change something, or load the page again"
        if not stop.is_set():
            self.progress.value, self.trouble.value = None, trouble

    def _grow(self, session: Session, pairs: int, stop: threading.Event) -> None:
        found = kept(session)
        if found is None:
            found = self._step(session, FIRST_PAIRS, False, stop)
        elif found.with_leverage:
            self._publish(found, stop)
        ensemble = self._step(session, FIRST_PAIRS, True, stop)
        for size in sizes(pairs, ensemble.size, CHUNK):
            ensemble = self._step(session, size, True, stop)
        self._explain(session, ensemble, stop)

    def _explain(self, session: Session, ensemble: Ensemble, stop: threading.Event) -> None:
        """Reasons, from points of their own."""
        self.allowance.take(POINTS)
        watch = Watch(POINTS, "points for the reasons")
        points = self._wait(submit_points(session, stop, watch.told), watch, stop)
        reasons = reasons_of(ensemble, points, session.horizon, self.effect.peek())
        if stop.is_set():
            raise StoppedError
        self.reasons.value = reasons

    def _step(self, session: Session, size: int, leverage: bool, stop: threading.Event) -> Ensemble:
        """One step of growth, with progress."""
        known = kept(session)
        usable = known is not None and known.with_leverage >= leverage
        missing = size - (known.size if known is not None and usable else 0)
        if missing > 0:
            self.allowance.take(missing * (2 if leverage else 1))
        watch = Watch(size, "pairs of worlds, with leverage" if leverage else "pairs of worlds")
        ensemble = self._wait(submit(session, size, leverage, stop, watch.told), watch, stop)
        self._publish(ensemble, stop)
        return ensemble

    def _wait[T](self, future: Future[T], watch: Watch, stop: threading.Event) -> T:
        while True:
            try:
                return future.result(timeout=LOOK)
            except NotYet:
                if future.done():
                    raise
                if stop.is_set():
                    future.cancel()
                    raise StoppedError from None
                self.progress.value = watch.progress

    def _publish(self, ensemble: Ensemble, stop: threading.Event) -> None:
        digest = digest_of(ensemble, self.wide.peek())
        if stop.is_set():
            raise StoppedError
        self.digest.value = digest


class Watch:
    """Counts pairs of work that other threads do, and guesses the time left."""

    def __init__(self, wanted: int, what: str):
        self.wanted, self.what = wanted, what
        self.done = 0
        self._first: tuple[float, int] | None = None

    def told(self, done: int, total: int) -> None:
        """Pairs done so far."""
        self._first = (monotonic(), done) if self._first is None else self._first
        self.done = done

    @property
    def progress(self) -> Progress:
        """How far the work is."""
        left = None
        if self._first is not None and self.done > self._first[1]:
            began, first = self._first
            left = (monotonic() - began) / (self.done - first) * (self.wanted - self.done)
        return Progress(self.done, self.wanted, left, self.what)
