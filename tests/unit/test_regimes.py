"""The partition of 27 cells, against the table of the specification written out by hand."""

from itertools import product

import numpy as np
import pytest

from abm.regimes import NAMES, REGIMES, UNDEFINED, regime_codes, regime_of

TABLE = {
    "win-win for the controller": ["+-0", "+-+", "+00", "+0+"],
    "contained at a cost": ["+--", "+0-"],
    "bite with decoupling": ["++-", "++0", "+++"],
    "decoupled for nothing": ["0+-", "0+0"],
    "decoupled, revenue kept": ["0++"],
    "costly, no effect": ["0--", "00-"],
    "neutral": ["000"],
    "dependence gained": ["0-0", "0-+", "00+"],
    "full backfire": ["-+-", "-+0"],
    "lead sold for revenue": ["-++"],
    "lead lost, no decoupling": ["---", "--0", "--+", "-0-", "-00", "-0+"],
}
SIGN = {"-": -1, "0": 0, "+": 1}
CELLS = {tuple(SIGN[letter] for letter in cell): name for name, cells in TABLE.items() for cell in cells}


def test_the_table_covers_27_cells_once() -> None:
    assert len(CELLS) == 27 == sum(len(cells) for cells in TABLE.values())


def test_names_are_those_of_the_table_in_its_order() -> None:
    assert (*TABLE, UNDEFINED) == NAMES
    assert len(set(NAMES)) == 12


@pytest.mark.parametrize("cell", list(product((-1, 0, 1), repeat=3)))
def test_each_cell_has_exactly_one_name(cell: tuple[int, int, int]) -> None:
    assert [regime.name for regime in REGIMES if cell in regime.cells] == [CELLS[cell]]
    assert regime_of(*cell) == CELLS[cell]


@pytest.mark.parametrize("bands", [0.5, 1.0, 2.0])
def test_runs_fall_into_the_cell_of_their_signs(bands: float) -> None:
    cells = list(CELLS)
    signs = np.asarray(cells, dtype=float).T
    for beyond in (1.001, 50.0):
        codes = regime_codes(*(signs[i] * bands * band * beyond for i, band in enumerate((1.0, 0.25, 0.03))), bands)
        assert [NAMES[code] for code in codes] == [CELLS[cell] for cell in cells]


def test_an_effect_on_the_edge_of_its_band_does_not_count() -> None:
    edge = [np.asarray([value]) for value in (1.0, -0.25, 0.03)]
    assert NAMES[regime_codes(*edge)[0]] == "neutral"


@pytest.mark.parametrize("missing", range(3))
def test_missing_input_is_undefined(missing: int) -> None:
    effects = [np.asarray([5.0, 5.0]) for _ in range(3)]
    effects[missing][1] = np.nan
    assert [NAMES[code] for code in regime_codes(*effects)] == ["bite with decoupling", UNDEFINED]


def test_output_that_only_one_arm_makes_counts() -> None:
    output, none = np.asarray([np.inf, -np.inf]), np.zeros(2)
    assert [NAMES[code] for code in regime_codes(none, output, none)] == ["decoupled for nothing", "dependence gained"]


def test_bad_input_is_refused() -> None:
    with pytest.raises(ValueError, match="bands"):
        regime_codes(np.zeros(1), np.zeros(1), np.zeros(1), 0.0)
    with pytest.raises(ValueError, match="no cell"):
        regime_of(2, 0, 0)
