"""Pass a world to compiled code by reference: one pointer instead of the descriptors of two hundred arrays.

Numba hands over a named tuple member by member, so each function that takes a world gets some two thousand arguments,
and compiling the quarter takes minutes. A `Handle` holds the addresses and shapes of the arrays in one block of memory;
in compiled code `world.price` reads its descriptor from there. Descriptors never change while a kernel runs, and are
marked so: the compiler keeps them in registers as if they were arguments.

Arrays of a world never share memory. Each field has a type of its own whose loads and stores say which field they
touch, so that the compiler may vectorise loops over lanes that read some fields and write others. Indices are taken as
they are: a negative index is an error in a phase, and the plain Python of the tests finds it.
"""

from __future__ import annotations

import hashlib
import operator
from collections.abc import Mapping
from typing import Any

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import cgutils, types
from numba.core.datamodel import models
from numba.core.extending import (
    NativeValue,
    infer_getattr,
    intrinsic,
    lower_builtin,
    lower_getattr_generic,
    register_model,
    typeof_impl,
    unbox,
)
from numba.core.typing.templates import AttributeTemplate
from numba.np.arrayobj import make_array, populate_array

from abm.state import FIELDS, Field, World

_WORD = 8


class FieldArray(types.Array):  # type: ignore[misc]
    """Type of one array of the world: a C-contiguous array that overlaps no other field."""

    def __init__(self, field: str, integer: bool, ndim: int) -> None:
        self.field = field
        super().__init__(types.int64 if integer else types.float64, ndim, "C", name=f"{field}[{ndim}d]")

    @property
    def key(self) -> Any:
        return (self.field, super().key)


register_model(FieldArray)(models.ArrayModel)


def _layout(fields: Mapping[str, Field]) -> dict[str, tuple[int, FieldArray]]:
    """First word of each array's descriptor (address, then shape), and its type in compiled code."""
    place, found = 0, {}
    for name, field in fields.items():
        found[name] = (place, FieldArray(name, field.integer, len(field.dims)))
        place += 1 + len(field.dims)
    return found


class WorldType(types.Type):  # type: ignore[misc]
    """Type of a world in compiled code; its name spells the fields, so kernels of other fields are never loaded."""

    def __init__(self, fields: Mapping[str, Field]) -> None:
        self.layout = _layout(fields)
        super().__init__(name=f"World({', '.join(str(kind) for _, kind in self.layout.values())})")


WORLD = WorldType(FIELDS)


def widening(fields: Mapping[str, Field]) -> Any:
    """A compiled function that shows a world together with fields that were added behind those of `World`.

    Phases of the model take every world for a plain one, so they are the same kernels with added fields and without;
    a phase that uses added fields is handed ``widen(world)``.
    """
    wide = WorldType(fields)

    def widen(typing_context: object, world: Any) -> Any:
        return wide(world), lambda context, builder, signature, arguments: arguments[0]

    # the name stands in the key of the kernels that call it
    widen.__qualname__ = f"widen_{hashlib.sha256(wide.name.encode()).hexdigest()[:16]}"
    return intrinsic(widen)


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

    def generic_resolve(self, kind: Any, name: Any) -> Any:  # type: ignore[override]
        return kind.layout[name][1] if name in kind.layout else None


@unbox(WorldType)  # type: ignore[misc]
def _unbox(kind: WorldType, value: Any, c: Any) -> NativeValue:
    address = c.pyapi.object_getattr_string(value, "address")
    pointer = c.pyapi.long_as_voidptr(address)
    c.pyapi.decref(address)
    return NativeValue(pointer, is_error=cgutils.is_not_null(c.builder, c.pyapi.err_occurred()))


@lower_getattr_generic(WorldType)  # type: ignore[misc]
def _read(context: Any, builder: Any, kind: WorldType, value: Any, name: str) -> Any:
    first, array_type = kind.layout[name]
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
    strides: list[Any] = []
    step = ir.Constant(ir.IntType(64), _WORD)
    for length in reversed(shape):
        strides.insert(0, step)
        step = builder.mul(step, length)
    populate_array(array, data, shape, strides, ir.Constant(ir.IntType(64), _WORD), meminfo=None, parent=None)
    return array._getvalue()


def _place(context: Any, builder: Any, kind: FieldArray, index_type: Any, array: Any, index: Any) -> Any:
    """Address of one element."""
    found = make_array(kind)(context, builder, array)
    each = cgutils.unpack_tuple(builder, index) if isinstance(index_type, types.BaseTuple) else [index]
    each_type: list[Any] = [*index_type] if isinstance(index_type, types.BaseTuple) else [index_type]  # type: ignore[misc]
    places = [context.cast(builder, one, one_type, types.intp) for one, one_type in zip(each, each_type, strict=True)]
    shape = cgutils.unpack_tuple(builder, found.shape)
    offset = places[0]
    for axis in range(1, len(places)):
        offset = builder.add(builder.mul(offset, shape[axis]), places[axis])
    return builder.gep(found.data, [offset])


def _mark(builder: Any, instruction: Any, kind: FieldArray) -> None:
    """Say that an access touches this field and no other."""
    module = builder.module
    domain = module.add_metadata([ir.MetaDataString(module, "world fields")])
    names = dict.fromkeys((*FIELDS, kind.field))  # nothing is said about two added fields
    scopes = {name: module.add_metadata([ir.MetaDataString(module, f"field {name}"), domain]) for name in names}
    others = [scope for name, scope in scopes.items() if name != kind.field]
    instruction.set_metadata("alias.scope", module.add_metadata([scopes[kind.field]]))
    instruction.set_metadata("noalias", module.add_metadata(others))


@lower_builtin(operator.getitem, FieldArray, types.Integer)  # type: ignore[misc]
@lower_builtin(operator.getitem, FieldArray, types.BaseTuple)  # type: ignore[misc]
def _get(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    kind, index_type = signature.args
    loaded = builder.load(_place(context, builder, kind, index_type, *arguments))
    _mark(builder, loaded, kind)
    return loaded


@lower_builtin(operator.setitem, FieldArray, types.Integer, types.Any)  # type: ignore[misc]
@lower_builtin(operator.setitem, FieldArray, types.BaseTuple, types.Any)  # type: ignore[misc]
def _set(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    kind, index_type, value_type = signature.args
    array, index, value = arguments
    cast = context.cast(builder, value, value_type, kind.dtype)
    stored = builder.store(cast, _place(context, builder, kind, index_type, array, index))
    _mark(builder, stored, kind)
    return context.get_dummy_value()
