"""Leverage: what a stop of all US supply would still deny China (MODEL 9.4).

V(t) = 1 - G_deny / G_open, with G the effective compute delivered to China over the four quarters after t in two
branches from the state at t: all US chips and rental stopped, and all legal. Tools and grey channels are as in the run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from abm.branching import Line
from abm.calendar import quarter_label
from abm.outcomes import YEAR, Floats
from abm.scenario import Scenario
from abm.vocabulary import QUARTERS

DELIVERED = "compute_bought_cn"
"""Series of effective compute delivered to China."""
EMBARGOES = ("deny", "open", "open_gate")
"""Branches that are run: all stopped; all legal with China's gate as in the run; all legal with it open."""
LEAST = 1.0
"""Thousand A100 a year of open supply below which there is nothing to lever with, and leverage is undefined."""
RENTED = "offshore"
"""Mechanism that is off while all is stopped, so that hidden tenancy stops too."""

type Stages = Sequence[tuple[int, Scenario]]


def measured_step(step: int) -> int:
    """Quarter whose state is used: the quarter itself, or the last one with four quarters of record behind it."""
    return min(step, QUARTERS - 1 - YEAR)


@dataclass(frozen=True, eq=False)
class Leverage:
    """Leverage over China in both arms of a comparison at one quarter.

    Attributes
    ----------
    step : quarter whose state the branches leave.
    delivered : mapping of str to (arm, run)
        Thousand A100 of effective compute over four quarters by branch (`EMBARGOES`), with controls and without; NaN in
        pairs with a failed run.
    """

    step: int
    delivered: Mapping[str, Floats]

    @property
    def quarter(self) -> str:
        """Label of the quarter."""
        return quarter_label(self.step)

    def level(self, gate_open: bool = False) -> Floats:
        """V with controls and without, (arm, run): share of open supply that a full stop would deny; NaN if tiny."""
        denied, opened = self.delivered["deny"], self.delivered["open_gate" if gate_open else "open"]
        known = opened >= LEAST
        return np.where(known, 1.0 - denied / np.where(known, opened, 1.0), np.nan)

    def change(self, gate_open: bool = False) -> Floats:
        """V with controls less V without, (run,)."""
        with_controls, without = self.level(gate_open)
        return np.asarray(with_controls - without)


def arms_at(courses: Sequence[Stages], quarter: int) -> tuple[Scenario, ...]:
    """Scenario of each place in a quarter."""
    return tuple([arm for start, arm in course if start <= quarter][-1] for course in courses)


def leverage_lines(courses: Sequence[Stages], step: int) -> tuple[Line, ...]:
    """The branches that measure leverage at a quarter, in the order of `EMBARGOES`."""
    arms = arms_at(courses, step + 1)
    stopped = tuple(arm.without(RENTED) for arm in arms)
    start, stop = step + 1, step + 1 + YEAR
    return tuple(
        Line(stopped if kind == EMBARGOES[0] else arms, start, stop, embargo=kind, series=(DELIVERED,))
        for kind in EMBARGOES
    )


def leverage_from(step: int, measured: Sequence[Sequence[Mapping[str, Any]]], places: Sequence[int]) -> Leverage:
    """Leverage of some places from what each branch left, in the order of `EMBARGOES`."""
    failed = np.any([one[place]["failed_quarter"] >= 0 for one in measured for place in places], axis=0)
    delivered = {
        kind: np.where(failed, np.nan, np.stack([one[place][DELIVERED].sum(axis=1) for place in places]))
        for kind, one in zip(EMBARGOES, measured, strict=True)
    }
    return Leverage(step, delivered)
