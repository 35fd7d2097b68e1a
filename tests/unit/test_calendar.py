"""Quarters, dates and reporting periods."""

import datetime

import pytest

from abm.calendar import (
    QUARTERS,
    periods_of,
    quarter_days,
    quarter_index,
    quarter_label,
    quarter_of,
    quarter_start,
    share_of_quarter_from,
)


@pytest.mark.parametrize(("label", "t"), [("2020Q1", 0), ("2024Q3", 18), ("2032Q4", QUARTERS - 1), ("2017Q1", -12)])
def test_labels_and_steps_agree(label: str, t: int) -> None:
    assert quarter_index(label) == t
    assert quarter_label(t) == label


@pytest.mark.parametrize("label", ["2024Q5", "2024", "24Q1", "2024q3", "2024Q3 ", "", "2024H1"])
def test_other_text_is_not_a_quarter(label: str) -> None:
    with pytest.raises(ValueError, match="is not a quarter such as 2022Q4"):
        quarter_index(label)


@pytest.mark.parametrize(
    ("date", "label"),
    [("2022-10-07", "2022Q4"), ("2020-01-01", "2020Q1"), ("2023-03-31", "2023Q1"), ("2019-12-31", "2019Q4")],
)
def test_a_date_lies_in_its_quarter(date: str, label: str) -> None:
    assert quarter_label(quarter_of(date)) == label
    assert quarter_of(datetime.date.fromisoformat(date)) == quarter_of(date)


@pytest.mark.parametrize(
    ("date", "problem"),
    [("2022-13-01", "not a day of the calendar"), ("20221007", "is not a date"), ("2022-1-7", "is not a date")],
)
def test_bad_dates_are_refused(date: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        quarter_of(date)


def test_quarters_tile_the_days() -> None:
    assert sum(quarter_days(t) for t in range(QUARTERS)) == 13 * 365 + 4  # leap days of 2020, 2024, 2028, 2032
    assert quarter_start(QUARTERS) == datetime.date(2033, 1, 1)
    assert [quarter_days(quarter_index(q)) for q in ("2023Q1", "2024Q1", "2024Q2", "2024Q3")] == [90, 91, 91, 92]


@pytest.mark.parametrize(
    ("date", "share"), [("2022-10-01", 1.0), ("2022-10-21", 72 / 92), ("2022-12-31", 1 / 92), ("2024-12-02", 30 / 92)]
)
def test_share_of_the_quarter_that_a_rule_holds(date: str, share: float) -> None:
    assert share_of_quarter_from(date) == share


def test_periods_cover_consecutive_quarters() -> None:
    assert periods_of("2024Q3") == (18,)
    assert periods_of("2024H1") == (16, 17)
    assert periods_of("2024H2") == (18, 19)
    assert periods_of("2024") == (16, 17, 18, 19)
    with pytest.raises(ValueError, match="'2024H3' is not a period such as 2024Q3, 2024H1 or 2024"):
        periods_of("2024H3")
