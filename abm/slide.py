"""What follows the script in an arm: thresholds that move with the best US line, and China's answers (MODEL 8)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from abm.vocabulary import QUARTERS

CHINA_GATES = ("on", "off", "rule")
"""China's import gate after the script: as the script left it, open, or by rule."""


@dataclass(frozen=True)
class Slide:
    """How the thresholds of an arm move, and from when China's state answers by rule.

    Attributes
    ----------
    start : quarter index from which they move with the best US line; None for never.
    rule : quarter index from which the US decides by rule; None for never.
    ratio : processing performance (TPP) that ships without licence over that of the best US line; None: whatever the
        rules have left it at when the thresholds begin to move.
    answers : quarter index from which China's mandate, import gate and counter-controls follow their rules.
    gate : what becomes of China's scripted import gate from then on, of `CHINA_GATES`.
    """

    start: int | None = None
    ratio: float | None = None
    rule: int | None = None
    answers: int = QUARTERS
    gate: str = CHINA_GATES[0]

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

    @property
    def answering(self) -> NDArray[np.float64]:
        """1 in quarters in which China's state answers by rule, (quarter,)."""
        ruled: NDArray[np.float64] = (np.arange(QUARTERS) >= self.answers).astype(np.float64)
        return ruled
