"""Thresholds that move with the best US line: from when, and at what ratio to it (MODEL 8)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from abm.vocabulary import QUARTERS


@dataclass(frozen=True)
class Slide:
    """How the thresholds of an arm move.

    Attributes
    ----------
    start : quarter index from which they move with the best US line; None for never.
    rule : quarter index from which the US decides by rule; None for never.
    ratio : processing performance (TPP) that ships without licence over that of the best US line; None: whatever the
        rules have left it at when the thresholds begin to move.
    """

    start: int | None = None
    ratio: float | None = None
    rule: int | None = None

    @property
    def ruled(self) -> NDArray[np.float64]:
        """1 in quarters in which the US decides by rule, (quarter,)."""
        start = QUARTERS if self.rule is None else self.rule
        ruled: NDArray[np.float64] = (np.arange(QUARTERS) >= start).astype(np.float64)
        return ruled

    @property
    def active(self) -> NDArray[np.float64]:
        """1 in quarters in which thresholds move, (quarter,)."""
        start = QUARTERS if self.start is None else self.start
        moving: NDArray[np.float64] = (np.arange(QUARTERS) >= start).astype(np.float64)
        return moving
