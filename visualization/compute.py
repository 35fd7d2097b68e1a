"""What the page computes: one pair at once, then ensembles in chunks that can be stopped; all by the engine of abm.

Numbers depend on `Session.key` alone, so what one visitor computed serves the next; nothing else is shared.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from threading import Event
from time import perf_counter

import numpy as np

from abm.backfire import HORIZONS, Comparison
from abm.calendar import quarter_index
from abm.intervals import cluster_shares
from abm.leverage import Leverage, measured_step
from abm.regimes import NAMES
from abm.results import Results, horizon_step
from abm.running import REPLICATIONS, Request
from abm.scenario import Scenario
from abm.simulation import run_courses
from abm.verdicts import RegimeTable
from visualization.kept import Kept
from visualization.limits import KEPT_BYTES, KEPT_FULL, KEPT_PAIRS, POINTS
from visualization.session import Session, arms

PAIR_LANES = 2
"""Lanes of the block of a single pair."""
_STEPS = tuple(dict.fromkeys(measured_step(horizon_step(horizon)) for horizon in HORIZONS))

_pairs: Kept[tuple[str, int], Comparison] = Kept(KEPT_PAIRS)
_ensembles: Kept[str, Ensemble] = Kept(KEPT_BYTES, lambda one: one.bytes)
_workers = ThreadPoolExecutor(1, thread_name_prefix="ensemble")
"""One ensemble at a time, on all cores; chunks of several visitors take turns in the order in which they asked."""


class StoppedError(Exception):
    """Nobody waits for the numbers any more."""


# --- one pair ---------------------------------------------------------------------------------------------------------


def pair_of(session: Session) -> Comparison:
    """The pair of runs on show, kept from before or run now.

    Raises
    ------
    ScenarioError
        A session that makes no scenario.
    """
    return _pairs.get_or((session.key, session.world), lambda: _pair(session))


def _pair(session: Session) -> Comparison:
    request = Request(np.array([session.world]), session.seed, threads=1, lanes=PAIR_LANES)
    return run_courses(courses(session), request).comparison()


def courses(session: Session) -> list[tuple[tuple[int, Scenario], ...]]:
    """What each arm goes through: scenarios with the quarter in which they begin."""
    scenario, other, branch = arms(session)
    mine = ((0, scenario),) if branch is None else ((0, scenario), (quarter_index(session.branch), branch))
    return [mine, ((0, other),)]


# --- ensembles --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Pairs of worlds of one scenario.

    Attributes
    ----------
    key : `Session.key`.
    pairs : with their records: all of them up to `KEPT_FULL`, the first ones beyond.
    codes : by horizon, regime of every pair as a place in `NAMES`, -1 for failed ones; groups : (pair,).
    with_leverage : whether regimes rest on leverage too.
    """

    key: str
    pairs: Comparison
    codes: dict[str, np.ndarray]
    groups: np.ndarray
    with_leverage: bool

    @property
    def size(self) -> int:
        """Pairs of worlds, failed ones too."""
        return int(self.groups.size)

    @property
    def bytes(self) -> int:
        """Memory of the records."""
        return 2 * int(self.pairs.controls.record.nbytes)

    def regimes(self, horizon: str) -> RegimeTable:
        """Probabilities of regimes over all pairs, those included whose records are not kept."""
        table = self.pairs.regimes(horizon)
        codes = self.codes[horizon]
        used = codes >= 0
        shares = cluster_shares(codes[used], self.groups[used], len(NAMES))
        return replace(table, codes=codes, shares=shares, failed=int(np.sum(~used)))


def kept(session: Session) -> Ensemble | None:
    """The ensemble of a session if it was computed before."""
    return _ensembles.get(session.key)


def submit(
    session: Session, size: int, leverage: bool, stop: Event, told: Callable[[int, int], object]
) -> Future[Ensemble]:
    """Compute or enlarge an ensemble in its turn; see `grow`."""
    return _workers.submit(grow, session, size, leverage, stop, told)


def grow(session: Session, size: int, leverage: bool, stop: Event, told: Callable[[int, int], object]) -> Ensemble:
    """The ensemble of a session with at least so many pairs, from what is kept and what is missing.

    Parameters
    ----------
    leverage : measure leverage at the horizons too; takes as long again.
    stop : ends the work within a block of lanes, about a tenth of a second.
    told : called with pairs done and in all.

    Raises
    ------
    StoppedError
        `stop` was set.
    """
    found = kept(session)
    if found is not None and found.with_leverage < leverage:
        found = None
    first = 0 if found is None else found.size
    if first < size:
        more = _run(session, range(first, size), leverage, stop, lambda done, _: told(first + done, size))
        found = more if found is None else _joined(found, more)
        _ensembles.put(session.key, found)
    assert found is not None  # sizes start at 1
    return found


def _run(session: Session, worlds: range, leverage: bool, stop: Event, told: Callable[[int, int], object]) -> Ensemble:
    def look(done: int, total: int) -> None:
        if stop.is_set():
            raise StoppedError
        told(done, total)

    look(0, len(worlds))
    request = Request(np.array(worlds), session.seed, progress=look)
    pairs = run_courses(courses(session), request, _STEPS if leverage else ()).comparison()
    codes = {horizon: pairs.regimes(horizon).codes for horizon in HORIZONS}
    controls = pairs.controls
    groups = controls.world if arms(session)[0].point else controls.point  # as in `Comparison.groups`
    return Ensemble(session.key, _slim(pairs), codes, groups, leverage)


def _slim(pairs: Comparison) -> Comparison:
    """The same without series by firm, which take as much memory again and which no view of an ensemble shows."""
    return replace(pairs, controls=_without_firms(pairs.controls), counterfactual=_without_firms(pairs.counterfactual))


def _without_firms(results: Results) -> Results:
    return replace(results, firm_record=np.broadcast_to(np.nan, results.firm_record.shape))


def _joined(first: Ensemble, second: Ensemble) -> Ensemble:
    """Two ensembles of the same scenario over worlds that follow each other."""
    pairs = first.pairs
    if first.size < KEPT_FULL and pairs.controls.runs == first.size:
        pairs = _joined_pairs(pairs, second.pairs)
    codes = {horizon: np.concatenate([first.codes[horizon], second.codes[horizon]]) for horizon in HORIZONS}
    groups = np.concatenate([first.groups, second.groups])
    return Ensemble(first.key, pairs, codes, groups, first.with_leverage)


def _joined_pairs(first: Comparison, second: Comparison) -> Comparison:
    measured = {
        step: Leverage(step, {
            kind: np.concatenate([values, second.measured[step].delivered[kind]], axis=1)
            for kind, values in found.delivered.items()
        })
        for step, found in first.measured.items()
    }  # fmt: skip
    return Comparison(
        _joined_results(first.controls, second.controls),
        _joined_results(first.counterfactual, second.counterfactual),
        measured,
    )


def _joined_results(first: Results, second: Results) -> Results:
    runs = first.runs + second.runs
    shape = (*first.firm_record.shape[:-1], runs)
    return replace(
        first,
        world=np.concatenate([first.world, second.world]),
        parameters={
            name: np.concatenate([values, second.parameters[name]]) for name, values in first.parameters.items()
        },
        record=np.concatenate([first.record, second.record], axis=-1),
        firm_record=np.broadcast_to(np.nan, shape),
        failed_quarter=np.concatenate([first.failed_quarter, second.failed_quarter]),
        failed_law=np.concatenate([first.failed_law, second.failed_law]),
        lineage=None,
    )


# --- many points ------------------------------------------------------------------------------------------------------

_spread: Kept[str, Comparison] = Kept(2)


def submit_points(session: Session, stop: Event, told: Callable[[int, int], object]) -> Future[Comparison]:
    """Pairs at `POINTS` points, one world each: they tell parameters apart, which replications do not."""
    return _workers.submit(_spread.get_or, session.key, lambda: _points(session, stop, told))


def _points(session: Session, stop: Event, told: Callable[[int, int], object]) -> Comparison:
    def look(done: int, total: int) -> None:
        if stop.is_set():
            raise StoppedError
        told(done, total)

    look(0, POINTS)
    request = Request(POINTS, session.seed, replications=1, progress=look)
    return _slim(run_courses(courses(session), request).comparison())


# --- ready ------------------------------------------------------------------------------------------------------------


def warm_up() -> float:
    """Load and, the first time on a machine, compile the kernels and the views' data; seconds that it took."""
    began = perf_counter()
    session = Session()
    pair_of(session)
    grow(session, 2 * REPLICATIONS, False, Event(), lambda done, total: None)
    _ensembles.clear()
    return perf_counter() - began


def sizes(wanted: int, known: int, chunk: int) -> Sequence[int]:
    """Sizes of the steps by which an ensemble grows."""
    return [*range(known + chunk, wanted, chunk), wanted] if known < wanted else []
