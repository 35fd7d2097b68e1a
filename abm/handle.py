"""Pass a world to compiled code by reference: one pointer instead of the descriptors of two hundred arrays.

Numba hands over a named tuple member by member, so each function that takes a world gets some two thousand arguments,
and compiling the quarter takes minutes. A `Handle` holds the addresses and shapes of the arrays in one block of memory;
in compiled code `world.price` reads its descriptor from there. Descriptors never change while a kernel runs, and are
marked so: the compiler keeps them in registers as if they were arguments.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.core.datamodel import models
from numba.core.extending import NativeValue, infer_getattr, lower_getattr_generic, register_model, typeof_impl, unbox
from numba.core.typing.templates import AttributeTemplate
from numba.np.arrayobj import make_array, populate_array

from abm.state import FIELDS, World

_WORD = 8


def _layout() -> dict[str, tuple[int, Any]]:
    """First word of each array's descriptor (address, then shape), and its type in compiled code."""
    place, found = 0, {}
    for name, field in FIELDS.items():
        kind = types.int64 if field.integer else types.float64
        found[name] = (place, types.Array(kind, len(field.dims), "C"))
        place += 1 + len(field.dims)
    return found


LAYOUT = _layout()


class WorldType(types.Type):  # type: ignore[misc]
    """Type of a world in compiled code; its name spells the fields, so kernels of other fields are never loaded."""

    def __init__(self) -> None:
        super().__init__(name=f"World({', '.join(f'{name}: {kind}' for name, (_, kind) in LAYOUT.items())})")


WORLD = WorldType()


class Handle:
    """Addresses and shapes of a world's arrays; keeps the world alive while it is in use."""

    def __init__(self, world: World) -> None:
        self.world = world
        words: list[int] = []
        for array in world:
            words += [array.ctypes.data, *array.shape]
        self.words = np.array(words, dtype=np.int64)
        self.address = int(self.words.ctypes.data)


register_model(WorldType)(models.OpaqueModel)


@typeof_impl.register(Handle)  # type: ignore[misc]
def _typeof(value: Handle, context: object) -> WorldType:
    return WORLD


@infer_getattr
class _Attributes(AttributeTemplate):  # type: ignore[misc]
    key = WorldType

    def generic_resolve(self, kind: WorldType, name: str) -> Any:
        return LAYOUT[name][1] if name in LAYOUT else None


@unbox(WorldType)  # type: ignore[misc]
def _unbox(kind: WorldType, value: Any, c: Any) -> NativeValue:
    address = c.pyapi.object_getattr_string(value, "address")
    pointer = c.pyapi.long_as_voidptr(address)
    c.pyapi.decref(address)
    return NativeValue(pointer, is_error=cgutils.is_not_null(c.builder, c.pyapi.err_occurred()))


@lower_getattr_generic(WorldType)  # type: ignore[misc]
def _read(context: Any, builder: Any, kind: WorldType, value: Any, name: str) -> Any:
    first, array_type = LAYOUT[name]
    words = builder.bitcast(value, ir.IntType(64).as_pointer())
    never_changes = builder.module.add_metadata([])

    def word(index: int) -> Any:
        loaded = builder.load(builder.gep(words, [ir.Constant(ir.IntType(32), index)]))
        loaded.set_metadata("invariant.load", never_changes)
        return loaded

    array = make_array(array_type)(context, builder)
    element = context.get_data_type(array_type.dtype)
    data = builder.inttoptr(word(first), element.as_pointer())
    shape = [word(first + 1 + axis) for axis in range(array_type.ndim)]
    strides, step = [], ir.Constant(ir.IntType(64), _WORD)
    for length in reversed(shape):
        strides.insert(0, step)
        step = builder.mul(step, length)
    populate_array(array, data, shape, strides, ir.Constant(ir.IntType(64), _WORD), meminfo=None, parent=None)
    return array._getvalue()
