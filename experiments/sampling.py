"""Where the points of a design lie in the unit cube: any slice of the table alone, the same however it is cut.

Every sampler gives rows `lo` to `hi` - 1 of its table. All but the Latin hypercube make just these rows, so that a
design of ten million points needs no file and no memory.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from math import prod

import numpy as np
from numpy.typing import NDArray

type Floats = NDArray[np.float64]

HYPERCUBE_LIMIT = 1_000_000
"""Points of a Latin hypercube, which has to be made whole; larger designs take Sobol' points."""


class DesignError(ValueError):
    """A design or study that cannot be carried out; one line that names the key, the nearest valid name, the cure."""


def sobol(size: int, seed: int, lo: int, hi: int) -> Floats:
    """Scrambled Sobol' points (Owen 1998), (point, `size`)."""
    from scipy.stats import qmc  # noqa: PLC0415  (large; who hands out slices does not need it)

    sequence = qmc.Sobol(size, scramble=True, rng=seed)
    if lo:
        sequence.fast_forward(lo)
        return np.asarray(sequence.random(hi - lo))
    # SciPy warns of a first draw that is no power of two
    return np.asarray(sequence.random(1 << (hi - 1).bit_length())[:hi])


def hypercube(size: int, seed: int, points: int, lo: int, hi: int) -> Floats:
    """A Latin hypercube of `points` points (McKay et al. 1979)."""
    return _whole_hypercube(size, seed, points)[lo:hi]


@lru_cache(maxsize=2)
def _whole_hypercube(size: int, seed: int, points: int) -> Floats:
    from scipy.stats import qmc  # noqa: PLC0415

    return np.asarray(qmc.LatinHypercube(size, rng=seed).random(points))


def grid(levels: Sequence[int], lo: int, hi: int) -> Floats:
    """Every combination of evenly spaced levels from 0 to 1, the last factor fastest."""
    places = np.unravel_index(np.arange(lo, hi), tuple(levels))
    return np.stack([place / max(count - 1, 1) for place, count in zip(places, levels, strict=True)], axis=1)


def blocks(size: int, second: bool, seed: int, lo: int, hi: int) -> Floats:
    """Rows of designs that change one factor at a time: base A, if `second` the base B, then A with B's factor i.

    With B these are the rows of Saltelli et al. (2010), without it radial rows for elementary effects (Campolongo et
    al. 2011). A and B are the two halves of Sobol' points in twice as many dimensions.
    """
    length = block_length(size, second)
    first, last = lo // length, -(-hi // length)
    both = sobol(2 * size, seed, first, last)
    rows = np.repeat(both[:, None, :size], length, axis=1)
    if second:
        rows[:, 1] = both[:, size:]
    for factor in range(size):
        rows[:, factor + 1 + second, factor] = both[:, size + factor]
    return np.asarray(rows.reshape(-1, size)[lo - first * length : hi - first * length])


def block_length(size: int, second: bool) -> int:
    """Rows of one base of `blocks`."""
    return size + 1 + second


def count(sampler: str, points: int, levels: Sequence[int]) -> int:
    """Points of a design: combinations of a grid, rows of all bases, else as many as asked for."""
    size = len(levels)
    if sampler == "grid":
        return prod(levels)
    return points * {"saltelli": size + 2, "morris": size + 1}.get(sampler, 1)


SAMPLERS: dict[str, Callable[[int, int, int, Sequence[int], int, int], Floats]] = {
    "sobol": lambda size, seed, points, levels, lo, hi: sobol(size, seed, lo, hi),
    "lhs": lambda size, seed, points, levels, lo, hi: hypercube(size, seed, points, lo, hi),
    "grid": lambda size, seed, points, levels, lo, hi: grid(levels, lo, hi),
    "saltelli": lambda size, seed, points, levels, lo, hi: blocks(size, True, seed, lo, hi),
    "morris": lambda size, seed, points, levels, lo, hi: blocks(size, False, seed, lo, hi),
}
"""Samplers of the unit cube by name: size, seed, points asked for, levels of each factor, slice."""
