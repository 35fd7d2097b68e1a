"""How an array of the state is declared: dimensions, unit and meaning on its own line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_type_hints

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Field:
    """What one state array holds: dimension names (run last when it varies by run), unit, meaning."""

    dims: tuple[str, ...]
    unit: str
    meaning: str
    integer: bool = False


class Of(str):
    """A declaration `dims | unit | meaning` on the line of the array."""


def read_fields(kind: type) -> dict[str, Field]:
    """Declaration of each array of a named tuple, in order."""
    found = {}
    for name, hint in get_type_hints(kind, include_extras=True).items():
        dims, unit, meaning = (part.strip() for part in hint.__metadata__[0].split("|", 2))
        found[name] = Field(tuple(dims.split()), unit, meaning, hint.__origin__ == Ints)
    return found
