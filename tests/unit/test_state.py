"""The state: every array is declared once, and nothing of another shape or type gets in."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from abm.allocation import allocate
from abm.state import FIELDS, World

SIZES = dict.fromkeys({dim for field in FIELDS.values() for dim in field.dims}, 2)


def test_every_array_has_one_declaration_with_dimensions_unit_and_sentence():
    assert tuple(FIELDS) == World._fields
    for name, field in FIELDS.items():
        assert field.dims, name
        assert all(dim.isidentifier() for dim in field.dims), name
        assert field.unit, name
        assert field.meaning, name
        assert "|" not in field.meaning, name
        assert len(set(field.dims) - {"run"}) == len([dim for dim in field.dims if dim != "run"]), name


def test_the_run_is_the_last_axis_and_never_stands_elsewhere():
    for name, field in FIELDS.items():
        assert "run" not in field.dims[:-1], name


def test_names_are_those_of_quantities_and_not_of_symbols():
    for name in FIELDS:
        assert len(name) >= 3, name
        assert name == name.lower(), name


def test_an_empty_world_is_zero_everywhere_and_lies_in_one_piece():
    world = allocate(SIZES, {})
    for (name, field), array in zip(FIELDS.items(), world, strict=True):
        assert array.shape == (2,) * len(field.dims), name
        assert array.dtype == (np.int64 if field.integer else np.float64), name
        assert array.flags.c_contiguous, name
        assert not array.any(), name


def test_arrays_share_no_memory():
    """Kernels are compiled on the promise that no two arrays of a world overlap."""
    world = allocate(SIZES, {})
    spans = sorted((array.ctypes.data, array.ctypes.data + array.nbytes) for array in world)
    assert all(end <= start for (_, end), (start, _) in itertools.pairwise(spans))


def test_given_arrays_are_taken_as_they_are():
    price = np.arange(4.0).reshape(2, 2)
    world = allocate(SIZES, {"price": price})
    assert world.price.tolist() == price.tolist()
    upside_down = np.asfortranarray(price)
    assert allocate(SIZES, {"price": upside_down}).price.flags.c_contiguous


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"prize": np.zeros((2, 2))}, r"unknown arrays \['prize'\]"),
        ({"price": np.zeros((2, 3))}, r"price has shape \(2, 3\) float64, expected \(2, 2\) float64"),
        ({"price": np.zeros(2)}, r"price has shape \(2,\)"),
        ({"price": np.zeros((2, 2), np.int64)}, r"price has shape \(2, 2\) int64, expected \(2, 2\) float64"),
        ({"bloc": np.zeros(2)}, r"bloc has shape \(2,\) float64, expected \(2,\) int64"),
        ({"price": np.zeros((2, 2), np.float32)}, "price .* float32"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(given, message):
    with pytest.raises(ValueError, match=message) as caught:
        allocate(SIZES, given)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith("state: ")


def test_an_unknown_dimension_is_an_error():
    with pytest.raises(KeyError):
        allocate({dim: 2 for dim in SIZES if dim != "offer"}, {})
