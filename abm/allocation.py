"""Arrays of a block of lanes, checked against their declarations."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, cast

from abm.aligned import zeros
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
        array = zeros(tuple(sizes[dim] for dim in field.dims), field.integer)
        if name in given:
            known = given[name]
            if known.shape != array.shape or known.dtype != array.dtype:
                found, expected = f"{known.shape} {known.dtype}", f"{array.shape} {array.dtype}"
                raise ValueError(f"state: {name} has shape {found}, expected {expected}")
            array[...] = known
        arrays.append(array)
    return arrays
