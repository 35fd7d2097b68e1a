"""Carry out designs on the way to an answer: each in a folder of its own, resumed after a kill, read when it is whole."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from abm.engine import thread_count
from experiments.analysis import Table, read_table
from experiments.design import Design
from experiments.pools import Pool, ThreadPool, WorkerPool
from experiments.runner import Runner
from experiments.store import Store

SHARD_RUNS = 2048
"""Runs of a shard: a few seconds of work, all that a kill can cost."""


class StoppedError(Exception):
    """The sweep was asked to stop before its end; the same command goes on with it."""


@dataclass(frozen=True)
class Driver:
    """Where designs are carried out.

    Attributes
    ----------
    folder : sweeps lie in folders of their own in it.
    workers : processes; 0 for threads of this process alone.
    """

    folder: Path
    workers: int = 0

    def table(self, design: Design, name: str = "sweep") -> Table:
        """Carry out or resume a design and read it.

        Raises
        ------
        StoppedError
            Asked to stop by a signal.
        """
        arms = len(design.arms)
        self.folder.mkdir(parents=True, exist_ok=True)
        store = Store.begin(self.folder / name, design, max(SHARD_RUNS // arms, 1) * arms)
        if store.missing() and not Runner(design, store, self._pool(design)).run():
            raise StoppedError(f"{store.folder}: stopped before the end; the same command goes on where it stopped")
        return read_table(store, design)

    def _pool(self, design: Design) -> Pool:
        if self.workers:
            return WorkerPool(design, self.workers)
        return ThreadPool(design, thread_count())
