"""Equal to rounding, or a line that says where not."""

from __future__ import annotations

import numpy as np

TOLERANCE = 1e-9
TINY = 1e-12


def close(what, left, right, scale=0.0, step=0):
    """Equal to 1e-9 of their size or of `scale`, what they were made of; else a line with the worst place."""
    left, right = np.broadcast_arrays(np.asarray(left), np.asarray(right))
    size = np.maximum(np.maximum(np.abs(left), np.abs(right)), np.abs(scale))
    gap = np.abs(left - right) - TOLERANCE * size - TINY
    assert (gap <= 0.0).all(), _line(what, left, right, gap, step)


def at_most(what, small, large, scale=0.0, step=0):
    """`small` does not pass `large` by more than rounding."""
    small, large = np.broadcast_arrays(np.asarray(small), np.asarray(large))
    size = np.maximum(np.maximum(np.abs(small), np.abs(large)), np.abs(scale))
    gap = small - large - TOLERANCE * size - TINY
    assert (gap <= 0.0).all(), _line(what, small, large, gap, step)


def _line(what, left, right, gap, step):
    place = np.unravel_index(np.argmax(np.where(np.isnan(gap), np.inf, gap)), gap.shape)
    where = tuple(int(part) for part in place)
    return f"{what}, quarter {step}, at {where}: {left[place]!r} against {right[place]!r}"
