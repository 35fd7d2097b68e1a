"""Arrays of a block of lanes, checked against their declarations."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, cast

import numpy as np

from abm.state import FIELDS, Field, Floats, Ints, World


def allocate(sizes: dict[str, int], given: dict[str, Floats | Ints], fields: Mapping[str, Field] = FIELDS) -> World:
    """A world of zeros with the arrays in `given` in place.

    Parameters
    ----------
    sizes : length of each dimension named in `fields`.
    given : arrays that are already known, by field name.
    fields : declarations, `FIELDS` first; those of added kinds of agents may follow.

    Raises
    ------
    ValueError
        If a given array is unknown or its shape or type differs from its declaration.
    """
    return world_class(tuple(fields))(*_filled(sizes, given, fields))


@lru_cache(maxsize=16)
def world_class(names: tuple[str, ...]) -> type[World]:
    """`World`, or a named tuple like it with further arrays behind its own."""
    if names == World._fields:
        return World
    return cast("type[World]", namedtuple("World", names))


def _filled(sizes: Mapping[str, int], given: Mapping[str, Floats | Ints], fields: Mapping[str, Field]) -> list[Any]:
    """The arrays of the declarations in their order: those in `given`, and zeros."""
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
