"""Arrays of a block of lanes, checked against their declarations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from abm.declared import Field, Floats, Ints


def filled(sizes: Mapping[str, int], given: Mapping[str, Floats | Ints], fields: Mapping[str, Field]) -> list[Any]:
    """The arrays of the declarations in their order: those in `given`, and zeros.

    Raises
    ------
    ValueError
        If a given array is unknown or its shape or type differs from its declaration.
    """
    unknown = sorted(set(given) - set(fields))
    if unknown:
        raise ValueError(f"state: unknown arrays {unknown}")
    arrays: list[Any] = []
    for name, field in fields.items():
        shape = tuple(sizes[dim] for dim in field.dims)
        kind = np.int64 if field.integer else np.float64
        array = given[name] if name in given else _zeros(shape, field.integer)
        if array.shape != shape or array.dtype != kind:
            raise ValueError(f"state: {name} has shape {array.shape} {array.dtype}, expected {shape} {kind.__name__}")
        arrays.append(np.ascontiguousarray(array))
    return arrays


def _zeros(shape: tuple[int, ...], integer: bool) -> Floats | Ints:
    return np.zeros(shape, np.int64) if integer else np.zeros(shape, np.float64)
