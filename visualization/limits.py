"""What one visitor and all visitors together may ask of the server, and the messages when it is too much."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

FIRST_PAIRS = 200
"""Pairs of worlds after every change."""
POINTS = 256
"""Points, one pair of worlds each, from which the page tells which assumptions matter."""
MOST_PAIRS = 5_000
"""Pairs of worlds of one scenario, on request."""
PAIRS_AN_HOUR = 200_000
"""Pairs of worlds that one session may ask for in an hour."""
WAITING = 12
"""Ensembles that may wait for the processors at once, over all sessions."""
CHUNK = 256
"""Pairs by which an ensemble grows; about a second of work, after which the next visitor has a turn."""
KEPT_FULL = 1_000
"""Pairs of an ensemble of which the records are kept; beyond them only regimes are."""
KEPT_BYTES = 128_000_000
"""Memory for ensembles of all sessions; the one used longest ago goes first."""
KEPT_PAIRS = 64
"""Single pairs kept, over all sessions."""
LINK = 6_000
"""Characters of a share link's query."""
UPLOAD = 20_000
"""Bytes of an uploaded scenario."""
COMPARED = 4
"""Scenarios side by side."""
HOUR = 3600.0


class LimitError(ValueError):
    """More than a visitor may ask for; one line with the cure."""


@dataclass
class Allowance:
    """Pairs that a session has asked for within the last hour.

    Attributes
    ----------
    most : pairs an hour.
    clock : seconds, rising.
    """

    most: int = PAIRS_AN_HOUR
    clock: Callable[[], float] = time.monotonic
    _asked: deque[tuple[float, int]] = field(default_factory=deque)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def used(self) -> int:
        """Pairs asked for within the last hour."""
        with self._lock:
            return self._used()

    def take(self, pairs: int) -> None:
        """Ask for pairs.

        Raises
        ------
        LimitError
            Beyond the allowance; nothing is taken then.
        """
        with self._lock:
            if self._used() + pairs > self.most:
                minutes = max(1, round((self._asked[0][0] + HOUR - self.clock()) / 60.0)) if self._asked else 60
                raise LimitError(
                    f"this page asked for {self.most:,} pairs of worlds within an hour; go on in {minutes} minutes, "
                    "or run the scenario on your own machine (see 'Take away')"
                )
            self._asked.append((self.clock(), pairs))

    def _used(self) -> int:
        while self._asked and self._asked[0][0] + HOUR <= self.clock():
            self._asked.popleft()
        return sum(pairs for _, pairs in self._asked)


class Gate:
    """Bounds how many ensembles wait for the processors at once."""

    def __init__(self, most: int = WAITING):
        self._most = most
        self._free = threading.Semaphore(most)

    def enter(self) -> None:
        """Join the queue.

        Raises
        ------
        LimitError
            Too many wait already.
        """
        if not self._free.acquire(blocking=False):
            raise LimitError(f"{self._most} ensembles are waiting already on this server; try again in a minute")

    def leave(self) -> None:
        """Leave the queue."""
        self._free.release()
