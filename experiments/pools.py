"""Where slices of a design are worked: this process with threads, worker processes, or a Dask cluster.

A pool gives `concurrent.futures` futures. It says which exceptions mean that a worker died, can be started anew after
that, and leaves no process behind: workers watch a pipe from their parent and end when it closes.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from functools import lru_cache
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Protocol

from experiments.design import Design
from experiments.evaluate import ERROR, Rows, blank, evaluate, join

type Broken = tuple[type[BaseException], ...]


class Pool(Protocol):
    """What the runner needs of a place to work."""

    workers: int
    broken: Broken

    def submit(self, lo: int, hi: int) -> Future[Rows]:
        """Begin to work runs `lo` to `hi` - 1."""

    def restart(self) -> None:
        """End all workers, also busy ones, and begin with new ones."""

    def check(self) -> None:
        """Raise an error if nothing can be worked here any more."""

    def close(self) -> None:
        """End all workers."""


def work(payload: bytes, lo: int, hi: int, threads: int = 1) -> Rows:
    """Work a slice; a world that raises an error becomes rows that say so, and its neighbours are not lost."""
    design = unpack(payload)
    load_kernel()
    try:
        return evaluate(design, lo, hi, threads)
    except Exception as error:
        arms = len(design.arms)
        if hi - lo <= arms:
            return blank(design, lo, hi, ERROR, f"{type(error).__name__}: {error}")
        middle = lo + (hi - lo) // arms // 2 * arms
        return join([work(payload, lo, middle, threads), work(payload, middle, hi, threads)])


def pack(design: Design) -> bytes:
    """A design as bytes that another process can open."""
    return pickle.dumps(design)


@lru_cache(maxsize=2)
def unpack(payload: bytes) -> Design:
    """Open a design, once a process."""
    design: Design = pickle.loads(payload)
    return design


@lru_cache(maxsize=1)
def load_kernel() -> None:
    """Compile or load the model, one process at a time: what one worker compiles the others load."""
    import fcntl  # noqa: PLC0415  (absent on Windows)

    from abm.link_cache import cache_root  # noqa: PLC0415
    from abm.simulation import compiled_before, kernel  # noqa: PLC0415
    from experiments.runs import COMPILING  # noqa: PLC0415

    with (cache_root() / ".loading").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if not compiled_before():
            print(COMPILING, file=sys.stderr)
        kernel()


class ThreadPool:
    """This process, with the engine's own threads; slices are worked one after the other, at once."""

    workers = 1
    broken: Broken = ()

    def __init__(self, design: Design, threads: int) -> None:
        self.payload, self.threads = pack(design), threads

    def submit(self, lo: int, hi: int) -> Future[Rows]:
        """Work the slice before returning."""
        future: Future[Rows] = Future()
        try:
            future.set_result(work(self.payload, lo, hi, self.threads))
        except Exception as error:
            future.set_exception(error)
        return future

    def restart(self) -> None:
        """Nothing to end."""

    def check(self) -> None:
        """Nothing to miss."""

    def close(self) -> None:
        """Nothing to end."""


class WorkerPool:
    """Worker processes, each with one thread of the engine; one that dies costs only what it was at."""

    broken: Broken = (BrokenProcessPool,)

    def __init__(self, design: Design, workers: int) -> None:
        self.payload, self.workers = pack(design), workers
        self._start()

    def _start(self) -> None:
        context = get_context("spawn")
        # the write end stays in this process alone: when the process goes, for whatever reason, workers read the end
        self._read, self._write = context.Pipe(duplex=False)
        self._pool = ProcessPoolExecutor(
            self.workers, mp_context=context, initializer=_watch_parent, initargs=(self._read,)
        )

    def submit(self, lo: int, hi: int) -> Future[Rows]:
        """Give the slice to a worker."""
        return self._pool.submit(work, self.payload, lo, hi)

    @property
    def pids(self) -> tuple[int, ...]:
        """Processes at work."""
        return tuple(self._pool._processes or ())

    def check(self) -> None:
        """Nothing to miss: a broken pool says so by its futures."""

    def restart(self) -> None:
        """End all workers and begin with new ones."""
        self.close()
        self._start()

    def close(self) -> None:
        """End all workers, busy ones too."""
        for process in list((self._pool._processes or {}).values()):
            with suppress(OSError):
                process.kill()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._write.close()
        self._read.close()


def _watch_parent(parent: Connection) -> None:
    """End this worker as soon as its parent is gone, even if that was killed; Ctrl-C is the parent's matter."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def watch() -> None:
        with suppress(EOFError, OSError):
            parent.recv_bytes()
        os._exit(1)

    threading.Thread(target=watch, name="watch-parent", daemon=True).start()
