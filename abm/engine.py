"""Run a kernel over any number of lanes: block by block, on every core, with the same bits however it is split.

A block is a world of `lanes` lanes. Each thread owns one world and fills it again for block after block, so scratch
memory depends on the number of threads and not on the number of runs. Kernels release the interpreter lock.
"""

import os
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

LANES = 64
"""Lanes of a block in a sweep; 2 (one pair) and 1 are for the browser, for Mesa and for tests."""


class BlockError(RuntimeError):
    """A block of lanes failed; the cause is chained. `start` is its first lane."""

    def __init__(self, block: int, start: int, cause: BaseException) -> None:
        super().__init__(f"lanes from {start} on (block {block}) failed: {cause}")
        self.block, self.start = block, start


def block_count(lanes_total: int, lanes: int = LANES) -> int:
    """Blocks that `lanes_total` lanes fill."""
    return -(-lanes_total // lanes)


def lanes_of_block(start: int, lanes_total: int, lanes: int = LANES) -> NDArray[np.int64]:
    """Which lane of the whole stands in each lane of the block that begins at `start`.

    The last block repeats its own lanes until it is full; the repeats are computed and dropped. A pair stays a pair.
    """
    return start + np.arange(lanes, dtype=np.int64) % min(lanes, lanes_total - start)


def thread_count(threads: int | None = None) -> int:
    """Threads to use: as many as asked for, else the cores this process may run on."""
    if threads is not None:
        if threads < 1:
            raise ValueError(f"threads must be 1 or more, not {threads}")
        return threads
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def run_blocks(
    kernel: Callable[[Any], object],
    make_world: Callable[[int, Any], Any],
    lanes_total: int,
    lanes: int = LANES,
    threads: int | None = None,
    on_block: Callable[[int, int], object] | None = None,
    collect: Callable[[int, int, Any], Any] | None = None,
) -> list[Any]:
    """Run `kernel` once for each block of lanes and collect what is worth keeping, in the order of the lanes.

    Parameters
    ----------
    kernel
        Compiled function of a world that releases the interpreter lock.
    make_world
        ``make_world(start, world)`` gives the world of the block whose first lane is `start` (see `lanes_of_block`).
        `world` is the thread's own world to be filled again, or None the first time.
    lanes_total
        Lanes of the whole, such as two a pair.
    lanes
        Lanes of one block.
    threads
        Python threads; None for one a core.
    on_block
        ``on_block(lanes_done, lanes_total)`` after each block, in the calling thread.
    collect
        ``collect(start, count, world)`` copies what is kept of lanes 0 to count - 1 of the block; its values are
        returned in the order of blocks. It may run in any thread, for different blocks at once.

    Returns
    -------
    list
        One value for each block; None where there is no `collect`.

    Raises
    ------
    BlockError
        The first block, in their order, of those that failed. No further block is begun after a failure.
    KeyboardInterrupt
        After the blocks under way have ended.
    """
    if lanes_total < 0 or lanes < 1:
        raise ValueError(f"lanes_total must be 0 or more and lanes 1 or more, not {lanes_total} and {lanes}")
    work = _Work(kernel, make_world, collect, lanes_total, lanes)
    workers = min(thread_count(threads), work.blocks)
    values: list[Any] = [None] * work.blocks
    if workers <= 1:
        world = None
        for block in range(work.blocks):
            world, values[block] = work.run(block, world)
            if on_block is not None:
                on_block(min((block + 1) * lanes, lanes_total), lanes_total)
        return values
    _run_in_threads(work, workers, values, on_block)
    return values


@dataclass(frozen=True)
class _Work:
    """What is done with each block."""

    kernel: Callable[[Any], object]
    make_world: Callable[[int, Any], Any]
    collect: Callable[[int, int, Any], Any] | None
    lanes_total: int
    lanes: int

    @property
    def blocks(self) -> int:
        return block_count(self.lanes_total, self.lanes)

    def count(self, block: int) -> int:
        """Lanes of a block that are kept."""
        return min(self.lanes, self.lanes_total - block * self.lanes)

    def run(self, block: int, world: Any) -> tuple[Any, Any]:
        """The world of a block after its run, and what was collected from it."""
        start = block * self.lanes
        try:
            world = self.make_world(start, world)
            self.kernel(world)
            return world, None if self.collect is None else self.collect(start, self.count(block), world)
        except Exception as error:
            raise BlockError(block, start, error) from error


def _run_in_threads(
    work: _Work, workers: int, values: list[Any], on_block: Callable[[int, int], object] | None
) -> None:
    """Threads take the next block each until none is left, one fails, or the caller is interrupted."""
    ended: queue.SimpleQueue[int | BaseException | None] = queue.SimpleQueue()
    blocks = iter(range(work.blocks))
    taking, stop = threading.Lock(), threading.Event()

    def serve() -> None:
        world = None
        try:
            while not stop.is_set():
                with taking:
                    block = next(blocks, None)
                if block is None:
                    break
                world, values[block] = work.run(block, world)
                ended.put(block)
        except BaseException as error:  # handed to the calling thread
            stop.set()
            ended.put(error)
        ended.put(None)

    pool = [threading.Thread(target=serve, name=f"lanes-{index}") for index in range(workers)]
    failures: list[BaseException] = []
    done, running = 0, workers
    try:
        for thread in pool:
            thread.start()
        while running:
            outcome = ended.get()
            if outcome is None:
                running -= 1
            elif isinstance(outcome, BaseException):
                failures.append(outcome)
            else:
                done += work.count(outcome)
                if on_block is not None:
                    on_block(done, work.lanes_total)
    finally:
        stop.set()
        for thread in pool:
            if thread.ident is not None:
                thread.join()
    if failures:
        raise min(failures, key=lambda failure: getattr(failure, "block", -1))
