"""Carry out designs on the way to an answer: each in a folder of its own, resumed after a kill, read when whole."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

from abm.engine import thread_count
from experiments.analysis import Table, read_table
from experiments.design import Design, Floats
from experiments.pools import Pool, ThreadPool, WorkerPool
from experiments.runner import Runner
from experiments.store import Store

SHARD_RUNS = 2048
"""Runs of a shard: a few seconds of work, all that a kill can cost."""


class StoppedError(Exception):
    """The sweep was asked to stop before its end; the same command goes on with it."""


def seed_of(seed: int, name: str) -> int:
    """Root seed of a part of a study, so that its parts see different chance."""
    return int.from_bytes(hashlib.sha256(f"{seed}|{name}".encode()).digest()[:6], "little")


def points_design(design: Design, table: dict[str, Floats], seed: int) -> Design:
    """The same study at points of one's own."""
    size = len(next(iter(table.values())))
    return replace(design, sampler="table", table=table, factors=(), asked=size, seed=seed)


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
