"""Quarters of the simulation: t = 0 is 2020Q1, t = 51 is 2032Q4 (MODEL 2).

Indices before 2020Q1 are negative and valid: capability history and planned spending start in 2017.
"""

import datetime
import re

FIRST_YEAR = 2020
QUARTERS = 52

_QUARTER = re.compile(r"(\d{4})Q([1-4])")
_PERIOD = re.compile(r"(\d{4})(?:Q([1-4])|H([12]))?")


def quarter_index(label: str) -> int:
    """Step of a quarter label: ``"2024Q3"`` is 18.

    Parameters
    ----------
    label : str
        Year and quarter, as in ``"2022Q4"``; quarters before 2020Q1 give negative steps.

    Raises
    ------
    ValueError
        If the text is not a quarter.
    """
    match = _QUARTER.fullmatch(label)
    if match is None:
        raise ValueError(f"{label!r} is not a quarter such as 2022Q4")
    return (int(match[1]) - FIRST_YEAR) * 4 + int(match[2]) - 1


def quarter_label(t: int) -> str:
    """Label of a step: 18 is ``"2024Q3"``."""
    return f"{FIRST_YEAR + t // 4}Q{t % 4 + 1}"


def quarter_start(t: int) -> datetime.date:
    """First day of quarter t."""
    return datetime.date(FIRST_YEAR + t // 4, t % 4 * 3 + 1, 1)


def quarter_of(date: datetime.date | str) -> int:
    """Quarter that contains a date, given as a date or as ISO text (``"2022-10-07"``).

    Raises
    ------
    ValueError
        If the text is not an ISO date.
    """
    day = as_date(date)
    return (day.year - FIRST_YEAR) * 4 + (day.month - 1) // 3


def quarter_days(t: int) -> int:
    """Number of days in quarter t (90 to 92)."""
    return (quarter_start(t + 1) - quarter_start(t)).days


def share_of_quarter_from(date: datetime.date | str) -> float:
    """Share of its quarter, in (0, 1], that remains from a date on, that day included.

    A rule effective on the first day of a quarter holds for all of it (1.0); the rule of 2022-10-21 holds for
    72 of the 92 days of 2022Q4.  The share during which the old rule still held is one minus this.
    """
    day = as_date(date)
    t = quarter_of(day)
    return (quarter_start(t + 1) - day).days / quarter_days(t)


def periods_of(period: str) -> tuple[int, ...]:
    """Quarters that a reporting period covers.

    Parameters
    ----------
    period : str
        A quarter (``"2024Q3"``), a half year (``"2024H1"``) or a year (``"2024"``).

    Returns
    -------
    tuple of int
        Consecutive steps: ``(18,)``, ``(16, 17)`` and ``(16, 17, 18, 19)``.

    Raises
    ------
    ValueError
        If the text is none of the three.
    """
    match = _PERIOD.fullmatch(period)
    if match is None:
        raise ValueError(f"{period!r} is not a period such as 2024Q3, 2024H1 or 2024")
    start = (int(match[1]) - FIRST_YEAR) * 4
    if match[2]:
        return (start + int(match[2]) - 1,)
    if match[3]:
        start += 2 * (int(match[3]) - 1)
        return (start, start + 1)
    return (start, start + 1, start + 2, start + 3)


def as_date(date: datetime.date | str) -> datetime.date:
    """The date itself, or the date that ISO text names; raises ValueError for anything else."""
    if isinstance(date, datetime.datetime):
        return date.date()
    if isinstance(date, datetime.date):
        return date
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", date):
        raise ValueError(f"{date!r} is not a date such as 2022-10-07")
    try:
        return datetime.date.fromisoformat(date)
    except ValueError:
        raise ValueError(f"{date!r} is not a day of the calendar") from None
