"""Arrays that say what they are, and what else results are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from abm.calendar import quarter_label
from abm.schema import nearest

type Floats = NDArray[np.float64]
type Integers = NDArray[np.int64]


class UnknownNameError(KeyError):
    """A name that results do not have; one line with the nearest one that they have."""

    def __str__(self) -> str:
        """The line itself, without the quotes of a KeyError."""
        return str(self.args[0])


@dataclass(frozen=True, eq=False)
class Labelled:
    """An array that says what it is.

    Attributes
    ----------
    values : (run, quarter) or (run, quarter, firm)
        Read-only; NaN in runs that failed.
    dims : tuple of str
        Name of each axis, run first.
    coords : mapping
        Labels along each axis: world ids, quarters, firm ids.
    """

    name: str
    values: Floats
    dims: tuple[str, ...]
    unit: str
    meaning: str
    coords: Mapping[str, Sequence[Any] | Integers]

    def at(self, quarter: str | int) -> Floats:
        """Values in one quarter (label or step), shape (run,) or (run, firm)."""
        known = list(self.coords["quarter"])
        label = quarter if isinstance(quarter, str) else quarter_label(quarter)
        if label not in known:
            raise UnknownNameError(f"{self.name}: quarter {label!r} was not recorded{nearest(label, known)}")
        return np.asarray(self.values[:, known.index(label)])


@dataclass(frozen=True, eq=False)
class Panel:
    """A recorded field of agents that the model does not have by itself; `values` have the run last.

    `axes` are the labels along the other dimensions, in their order.
    """

    unit: str
    meaning: str
    axes: Mapping[str, tuple[str, ...]]
    values: Floats

    def up_to(self, stop: int) -> Panel:
        """The same without the quarters from `stop` on."""
        if "quarter" not in self.axes:
            return self
        place = list(self.axes).index("quarter")
        axes = {**self.axes, "quarter": self.axes["quarter"][:stop]}
        return Panel(self.unit, self.meaning, axes, np.take(self.values, range(stop), axis=place))


@dataclass(frozen=True)
class Failed:
    """Runs that broke a law of the model: excluded from every statistic, never silently.

    Attributes
    ----------
    count, runs : int
        Failed runs and all runs.
    laws : mapping
        Failed runs by the law they broke first.
    worlds : tuple of int
        Their world ids, with which they can be run again.
    first : str or None
        Earliest quarter in which a law broke.
    """

    count: int
    runs: int
    laws: Mapping[str, int]
    worlds: tuple[int, ...]
    first: str | None

    def __str__(self) -> str:
        """One line for people."""
        if not self.count:
            return f"none of {self.runs} runs failed"
        broken = ", ".join(f"{law}: {number}" for law, number in self.laws.items())
        return f"{self.count} of {self.runs} runs failed, first in {self.first} ({broken})"
