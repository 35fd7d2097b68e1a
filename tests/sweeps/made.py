"""Small designs and pools whose workers fail on purpose."""

from __future__ import annotations

import hashlib
from concurrent.futures import Future

import numpy as np

from abm.parameter_index import PARAMETERS
from abm.scenario import Scenario
from experiments.design import Design, Factor
from experiments.evaluate import Rows


def small(points=12, replications=2, **more):
    """A design of 12 points x 2 replications x 2 arms."""
    factors = (Factor(PARAMETERS["learning_rate"]), Factor(PARAMETERS["enforcement"]))
    given = {
        "arms": (Scenario.load("history"), Scenario.load("none_0")), "sampler": "sobol", "factors": factors,
        "outcomes": ("lead",), "horizons": ("2028", "2032"), **more,
    }  # fmt: skip
    return Design(name="small", asked=points, replications=replications, **given)


def value_of(run: int, place: int) -> float:
    """What the made pools measure in a run."""
    digest = hashlib.sha256(f"{run}|{place}".encode()).digest()
    return int.from_bytes(digest[:4], "little") / 2.0**32


def made_rows(design, lo, hi):
    """Rows that depend on the run alone."""
    none = np.full(hi - lo, -1, dtype=np.int8)
    values = np.array([[value_of(run, place) for place in range(len(design.metrics))] for run in range(lo, hi)])
    return Rows(lo, np.zeros(hi - lo, dtype=np.int8), none, none.copy(), values, {})


class DiedError(RuntimeError):
    """A worker that died."""


class MadePool:
    """Works slices at once; one with a deadly run kills its worker, one with a raising run raises."""

    broken = (DiedError,)

    def __init__(self, design, workers=3, deadly=(), raising=()):
        self.design, self.workers, self.deadly, self.raising = design, workers, set(deadly), set(raising)
        self.restarts, self.slices, self.closed = 0, [], False
        self.waiting: list[tuple[Future[Rows], int, int]] = []

    def submit(self, lo, hi):
        future: Future[Rows] = Future()
        self.slices.append((lo, hi))
        self.waiting.append((future, lo, hi))
        self._work()
        return future

    def _work(self):
        if any(lo <= run < hi for _, lo, hi in self.waiting for run in self.deadly):
            for future, _, _ in self.waiting:
                future.set_exception(DiedError())
        else:
            for future, lo, hi in self.waiting:
                bad = [run for run in self.raising if lo <= run < hi]
                if bad:
                    future.set_exception(ValueError(f"run {bad[0]} is bad"))
                else:
                    future.set_result(made_rows(self.design, lo, hi))
        self.waiting.clear()

    def restart(self):
        self.restarts += 1
        self.waiting.clear()

    def check(self):
        assert not self.closed

    def close(self):
        self.closed = True
