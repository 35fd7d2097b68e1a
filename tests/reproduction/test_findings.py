"""Numbers of a study, their errors, and how findings go to disk and back."""

from __future__ import annotations

import numpy as np
import pytest

from experiments.reproducing.findings import Findings, Number, median_of, read_findings, share_of, write_findings


def test_a_median_has_the_spread_of_worlds_and_the_error_of_points():
    rng = np.random.default_rng(1)
    point = np.repeat(np.arange(400), 2)
    values = np.repeat(rng.standard_normal(400), 2)  # worlds of a point are alike: 400 draws, not 800
    found = median_of("x", "x", "", values, point)
    assert found.n == 800
    assert (found.low, found.value, found.high) == pytest.approx(tuple(np.quantile(values, [0.05, 0.5, 0.95])))
    assert found.error == pytest.approx(1.2533 / np.sqrt(400), rel=0.35)  # of a normal median


def test_worlds_without_a_value_do_not_count():
    values = np.array([1.0, np.nan, 3.0, 2.0])
    found = median_of("x", "x", "", values, np.arange(4))
    assert (found.value, found.n) == (2.0, 3)
    assert np.isnan(median_of("x", "x", "", np.full(3, np.nan), np.arange(3)).value)


def test_a_share_counts_known_worlds_only():
    holds = np.array([True, True, False, True])
    found = share_of("s", "s", holds, np.arange(4), known=np.array([True, True, True, False]))
    assert found.value == pytest.approx(2 / 3)
    assert found.low < found.value < found.high
    assert found.n == 3
    assert np.isnan(share_of("s", "s", holds, np.arange(4), known=np.zeros(4, dtype=bool)).value)


def test_findings_come_back_as_they_were_written(tmp_path):
    numbers = (Number("a", "first", "%", 1.5, 1.0, 2.0, 7, 0.1, "90 %"), Number("b", "second", "", float("nan")))
    table = {"year": np.array([2024.0, np.nan]), "name": ["one", "two, and three"]}
    write_findings(tmp_path, Findings(numbers, {"t": table}, notes=("a note",)), {"worlds": 3})
    back = read_findings(tmp_path)
    assert back.numbers["a"] == numbers[0]
    assert np.isnan(back.value("b"))
    np.testing.assert_array_equal(back.tables["t"]["year"], [2024.0, np.nan])
    assert back.tables["t"]["name"] == ["one", "two, and three"]
    assert (back.notes, back.facts) == (("a note",), {"worlds": 3})


def test_findings_that_contradict_themselves_are_refused():
    one = Number("a", "a", "", 1.0)
    with pytest.raises(ValueError, match="two numbers of one name"):
        Findings((one, one), {})
    with pytest.raises(ValueError, match="columns of different lengths"):
        Findings((one,), {"t": {"x": [1], "y": [1, 2]}})


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (Number("a", "a", "%", 12.345, 10.0, 15.0), "12.3 % (10 to 15)"),
        (Number("a", "a", "", 12345.0), "12,345"),
        (Number("a", "a", "", float("nan")), "not defined"),
    ],
)
def test_numbers_are_told_with_unit_and_interval(number, text):
    assert number.text == text
