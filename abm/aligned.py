"""Memory for arrays of lanes that begins where a line of the processor's cache begins."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

CACHE_LINE = 64
"""Bytes of a line of the processor's cache."""
WORD = 8
"""Bytes of a number."""


def zeros(shape: tuple[int, ...], integer: bool) -> NDArray[np.float64] | NDArray[np.int64]:
    """Zeros of 64 bits, so placed that no vector of lanes lies across two lines of the cache."""
    size = math.prod(shape) * WORD
    memory = np.zeros(size + CACHE_LINE, np.uint8)
    start = -memory.ctypes.data % CACHE_LINE
    bare = memory[start : start + size]
    if integer:
        return bare.view(np.int64).reshape(shape)
    return bare.view(np.float64).reshape(shape)
