"""How many instructions a call executes and how fast the core's clock runs, on machines without hardware counters.

Virtual machines often hide the processor's counters. A child process that is stopped after every instruction counts
them exactly, though ten thousand times slower than it runs; and a chain of additions, each of which waits for the one
before and takes one cycle, measures the clock. Linux on x86-64 only; elsewhere `count` gives None.
"""

from __future__ import annotations

import ctypes
import os
import platform
import signal
import sys
import time
from collections.abc import Callable

import numpy as np
from numba import njit

TRACEME, CONTINUE, SINGLESTEP = 0, 7, 9
LINKS = 12
"""Dependent one-cycle operations in a step of the chain below: three pairs of shift and exclusive or, twice."""


def count(act: Callable[[], object]) -> int | None:
    """Instructions that `act` executes, those of its call from Python included; None where they cannot be counted."""
    if sys.platform != "linux" or platform.machine() != "x86_64":
        return None
    library = ctypes.CDLL(None, use_errno=True)
    trace = library.ptrace
    trace.restype = ctypes.c_long
    trace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    child = os.fork()
    if child == 0:
        if trace(TRACEME, 0, None, None) != 0:
            os._exit(1)
        os.kill(os.getpid(), signal.SIGSTOP)
        act()
        os.kill(os.getpid(), signal.SIGSTOP)
        os._exit(0)
    if os.WIFEXITED(os.waitpid(child, 0)[1]):
        return None
    found = 0
    while trace(SINGLESTEP, child, None, None) == 0:
        _, status = os.waitpid(child, 0)
        if not os.WIFSTOPPED(status) or os.WSTOPSIG(status) == signal.SIGSTOP:
            break
        found += 1
    trace(CONTINUE, child, None, None)
    os.waitpid(child, 0)
    return found or None


@njit
def _chain(steps: int, word: np.uint64) -> np.uint64:
    for _ in range(steps):
        for _ in range(2):
            word ^= word << np.uint64(13)
            word ^= word >> np.uint64(7)
            word ^= word << np.uint64(17)
    return word


def gigahertz(steps: int = 2_000_000) -> float:
    """Clock of the core in GHz, from a chain of operations of one cycle each."""
    _chain(1, np.uint64(1))
    start = time.process_time()
    _chain(steps, np.uint64(88172645463325252))
    return steps * LINKS / (time.process_time() - start) / 1e9
