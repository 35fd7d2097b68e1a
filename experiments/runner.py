"""Carry out a sweep: every missing slice is worked and written once, whatever fails on the way (EXPERIMENTS.md).

A slice whose worker dies is worked again alone; if that kills its worker too it is halved, down to one world, which
becomes rows with the status "crashed". A slice that takes too long is ended and treated alike. Asked to stop, the
runner finishes what it has begun and leaves a sweep that can be resumed.
"""

from __future__ import annotations

import signal
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType

from experiments.design import Design
from experiments.evaluate import CRASHED, ERROR, OK, Rows, blank
from experiments.pools import Pool
from experiments.store import Store

DEADLINE = 3600.0
"""Seconds after which a slice is given up."""
AHEAD = 2
"""Slices under way for each worker, so that none waits; memory does not grow with the sweep."""
DEATHS = 2
"""Deaths of a worker with a slice alone after which the slice is halved."""

type Report = Callable[[int, int, int], object]


@dataclass(eq=False)
class Task:
    """A slice that is to be worked."""

    lo: int
    hi: int
    deaths: int = 0
    since: float = 0.0


@dataclass(eq=False)
class Runner:
    """Works the missing slices of a sweep.

    Attributes
    ----------
    report : called with runs done, runs that failed, and runs in all, after each slice.
    deadline : seconds that a slice may take.
    limit : seconds after which no slice is begun, None for none.
    """

    design: Design
    store: Store
    pool: Pool
    report: Report | None = None
    deadline: float = DEADLINE
    limit: float | None = None
    stopping: bool = False
    _queue: deque[Task] = field(default_factory=deque)
    _suspects: deque[Task] = field(default_factory=deque)
    _running: dict[Future[Rows], Task] = field(default_factory=dict)
    _done: int = 0
    _failed: int = 0

    def run(self) -> bool:
        """Work what is missing; whether the sweep is complete."""
        with self.store.locked(), self._stopping_on_signals():
            gaps = self.store.missing()
            self._queue.extend(Task(lo, hi) for lo, hi in gaps)
            self._done = self.design.runs - sum(hi - lo for lo, hi in gaps)
            self._tell()
            started = time.monotonic()
            try:
                while self._queue or self._suspects or self._running:
                    late = self.limit is not None and time.monotonic() - started > self.limit
                    if (self.stopping or late) and not self._running:
                        break
                    if not (self.stopping or late):
                        self._fill()
                    self._collect()
            finally:
                self.pool.close()
            return not (self._queue or self._suspects)

    # --- what is under way --------------------------------------------------------------------------------------------

    def _fill(self) -> None:
        """Begin slices: a suspect alone, else as many as keep every worker busy."""
        if self._suspects:
            if not self._running:
                self._begin(self._suspects.popleft())
            return
        while self._queue and len(self._running) < AHEAD * self.pool.workers:
            self._begin(self._queue.popleft())

    def _begin(self, task: Task) -> None:
        task.since = time.monotonic()
        try:
            self._running[self.pool.submit(task.lo, task.hi)] = task
        except self.pool.broken:
            self._queue.appendleft(task)
            self._after_death([])

    def _collect(self) -> None:
        """Take what is finished; look for deaths and for slices that take too long."""
        finished, _ = wait(self._running, timeout=1.0, return_when=FIRST_COMPLETED)
        dead = []
        for future in finished:
            task = self._running.pop(future)
            try:
                rows = future.result()
            except self.pool.broken:
                dead.append(task)
            except Exception as error:
                self._settle(task, ERROR, f"{type(error).__name__}: {error}")
            else:
                self._keep(rows)
        if dead:
            self._after_death(dead)
        elif not finished:
            self.pool.check()
        self._end_overdue()

    def _after_death(self, dead: list[Task]) -> None:
        """A worker died: whoever was under way is a suspect, one that was alone is the culprit."""
        under_way = [*dead, *self._running.values()]
        self._running.clear()
        self.pool.restart()
        for task in under_way:
            task.deaths += len(under_way) == 1
            self._judge(task)

    def _judge(self, task: Task) -> None:
        """Work a suspect again alone; halve it if that does not help."""
        arms = len(self.design.arms)
        worlds = (task.hi - task.lo) // arms
        if task.deaths < DEATHS:
            self._suspects.append(task)
        elif worlds > 1:
            middle = task.lo + worlds // 2 * arms
            self._suspects.extend((Task(task.lo, middle, 1), Task(middle, task.hi, 1)))
        else:
            self._settle(task, CRASHED, "its worker died, or it took too long, each time it was worked alone")

    def _end_overdue(self) -> None:
        """End slices that take too long; the others under way are begun again."""
        now = time.monotonic()
        late = [task for task in self._running.values() if now - task.since > self.deadline]
        if not late:
            return
        others = [task for task in self._running.values() if task not in late]
        self._running.clear()
        self.pool.restart()
        self._queue.extendleft(others)
        for task in late:
            task.deaths += 1
            self._judge(task)

    # --- what is done -------------------------------------------------------------------------------------------------

    def _settle(self, task: Task, status: int, why: str) -> None:
        self._keep(blank(self.design, task.lo, task.hi, status, why))

    def _keep(self, rows: Rows) -> None:
        self.store.commit(rows)
        self._done += len(rows.status)
        self._failed += int((rows.status != OK).sum())
        self._tell()

    def _tell(self) -> None:
        if self.report is not None:
            self.report(self._done, self._failed, self.design.runs)

    @contextmanager
    def _stopping_on_signals(self) -> Iterator[None]:
        """SIGTERM and Ctrl-C let begun slices finish; a second Ctrl-C ends at once."""

        def stop(number: int, _frame: FrameType | None) -> None:
            if self.stopping and number == signal.SIGINT:
                raise KeyboardInterrupt
            self.stopping = True

        before = {one: signal.signal(one, stop) for one in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for one, handler in before.items():
                signal.signal(one, handler)
