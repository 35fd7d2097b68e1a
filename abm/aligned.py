"""Memory for arrays of lanes that begins where a line of the processor's cache begins."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

CACHE_LINE = 64
"""Bytes of a line of the processor's cache."""


def zeros(shape: tuple[int, ...], integer: bool) -> NDArray[np.float64] | NDArray[np.int64]:
    """Zeros of 64 bits, so placed that no vector of lanes lies across two lines of the cache."""
    kind = np.int64 if integer else np.float64
    size = math.prod(shape) * np.dtype(kind).itemsize
    memory = np.zeros(size + CACHE_LINE, np.uint8)
    start = -memory.ctypes.data % CACHE_LINE
    aligned: NDArray[Any] = memory[start : start + size].view(kind).reshape(shape)
    return aligned
