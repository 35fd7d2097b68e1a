"""Carry out a slice of a design: runs in, one row a run out. A run that fails is a row that says so.

Leverage is measured in the same go, by branches that leave no trace in the runs (`abm.branching`). The level of an arm
rests on its own branches alone, whatever arms stand beside it and however many there are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from abm.branching import Line, Tree
from abm.leverage import leverage_from, leverage_lines, measured_step
from abm.results import Results, horizon_step
from experiments.design import LEVERAGE, Design, Floats, Integers

if TYPE_CHECKING:
    from abm.running import Request

WORLDS_AT_ONCE = 256
"""Worlds whose full record is held in memory at a time; only what is measured is kept."""

OK, FAILED, ERROR, CRASHED = range(4)
STATUSES = ("ok", "failed", "error", "crashed")
"""ok; a law of the model broke; the batch raised an error with this world alone; its worker died with it alone."""


CODES = ("status", "quarter", "law")
"""Columns of whole numbers in `Rows`."""


@dataclass(frozen=True, eq=False)
class Rows:
    """What was measured in contiguous runs.

    Attributes
    ----------
    first : run id of the first row.
    status : (run,), a place in `STATUSES`.
    quarter, law : (run,), first broken law of a failed run and its quarter, -1 for none.
    values : (run, metric), NaN where the run is not ok.
    errors : text by run id.
    """

    first: int
    status: NDArray[np.int8]
    quarter: NDArray[np.int8]
    law: NDArray[np.int8]
    values: Floats
    errors: dict[int, str]

    @property
    def stop(self) -> int:
        """Run id after the last row."""
        return self.first + len(self.status)


def evaluate(design: Design, lo: int, hi: int, threads: int | None = 1) -> Rows:
    """Run worlds of a design and measure each run; `lo` and `hi` are run ids at the borders of worlds.

    Raises whatever the engine raises; `blank` makes the row of a world that cannot be run.
    """
    arms = len(design.arms)
    if lo % arms or hi % arms or not 0 <= lo < hi <= design.runs:
        raise ValueError(f"runs {lo} to {hi} are no whole worlds of {arms} arms within {design.runs} runs")
    parts = [
        _measure(design, first, min(first + WORLDS_AT_ONCE, hi // arms), threads)
        for first in range(lo // arms, hi // arms, WORLDS_AT_ONCE)
    ]
    return join(parts)


def join(parts: list[Rows]) -> Rows:
    """One table of tables that follow one another."""
    errors: dict[int, str] = {}
    for one, following in zip(parts, [*parts[1:], None], strict=True):
        if following is not None and one.stop != following.first:
            raise ValueError(f"runs {one.stop} to {following.first} are missing between two slices")
        errors |= one.errors
    status, quarter, law = (np.concatenate([getattr(part, name) for part in parts]) for name in CODES)
    return Rows(parts[0].first, status, quarter, law, np.concatenate([part.values for part in parts]), errors)


def blank(design: Design, lo: int, hi: int, status: int, why: str) -> Rows:
    """Rows of runs that could not be carried out."""
    size = hi - lo
    none = np.full(size, -1, dtype=np.int8)
    values = np.full((size, len(design.metrics)), np.nan)
    return Rows(lo, np.full(size, status, dtype=np.int8), none, none.copy(), values, dict.fromkeys(range(lo, hi), why))


def _measure(design: Design, first: int, stop: int, threads: int | None) -> Rows:
    """Worlds `first` to `stop` - 1."""
    arms, worlds, last = len(design.arms), stop - first, design.points - 1

    def given(points: Integers) -> dict[str, Floats]:
        return design.values(np.minimum(points, last))

    from abm.running import Request  # noqa: PLC0415  (loads the compiler; who hands out slices does not need it)

    request = Request(np.arange(first, stop), design.seed, design.replications, threads, given=given)
    results, levels = _run(design, request)
    shape = (worlds, arms)
    status, quarter, law = (np.empty(shape, dtype=np.int8) for _ in range(3))
    values = np.empty((*shape, len(design.metrics)))
    for arm, result in enumerate(results):
        values[:, arm] = measured(design, result, levels[arm])
        quarter[:, arm], law[:, arm] = result.failed_quarter, np.where(result.ok, -1, result.failed_law)
        status[:, arm] = np.where(result.ok, OK, FAILED)
    table = values.reshape(worlds * arms, -1)
    return Rows(first * arms, status.ravel(), quarter.ravel(), law.ravel(), table, {})


def _run(design: Design, request: Request) -> tuple[list[Results], list[dict[int, Floats]]]:
    """Results of each arm, and the level of its leverage by quarter, (run,)."""
    from abm.simulation import run_tree  # noqa: PLC0415  (loads the compiler)

    courses = [((0, arm),) for arm in design.arms]
    branches = {step: leverage_lines(courses, step) for step in design.leverage_steps}
    tree = Tree(Line(design.arms, branches=tuple(line for lines in branches.values() for line in lines)))
    left = dict(zip(map(id, tree.lines), run_tree(tree, request), strict=True))
    found = {step: [left[id(line)].measured for line in lines] for step, lines in branches.items()}
    levels = [
        {step: leverage_from(step, delivered, (place,)).level()[0] for step, delivered in found.items()}
        for place in range(len(design.arms))
    ]
    return left[id(tree.lines[0])].results, levels


def measured(design: Design, result: Results, levels: dict[int, Floats]) -> Floats:
    """Outcomes of the design at its horizons, (run, metric); `levels` of leverage by the quarter of its measurement."""
    steps = [horizon_step(horizon) for horizon in design.horizons]

    def columns(name: str) -> Floats:
        if name != LEVERAGE:
            return np.asarray(result[name].values[:, steps])
        level = np.stack([levels[measured_step(step)] for step in steps], axis=1)
        return np.where(result.ok[:, None], level, np.nan)

    return np.concatenate([columns(name) for name in design.outcomes], axis=1)
