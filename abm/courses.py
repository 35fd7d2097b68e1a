"""Trees of lines for courses of scenarios: what each place went through, and the branches that measure it."""

from __future__ import annotations

from collections.abc import Sequence

from abm.branching import Line
from abm.leverage import Stages, arms_at
from abm.vocabulary import QUARTERS


def chain(
    courses: Sequence[Stages], stop: int = QUARTERS, extra: Sequence[Line] = (), keep: Sequence[int] = ()
) -> Line:
    """One line after another, a new one whenever a place changes its scenario; the last one gives the results.

    Parameters
    ----------
    courses : scenarios of each place with their first quarters.
    stop : quarter after the last.
    extra : lines that leave the chain.
    keep : quarters before which the state is kept.
    """
    starts = sorted({start for course in courses for start, _ in course})
    ends = [*starts[1:], stop + 1]
    following: Line | None = None
    for start, end in reversed(list(zip(starts, ends, strict=True))):
        branches = [line for line in extra if start <= line.start < end]
        if following is not None:
            branches.append(following)
        following = Line(
            arms_at(courses, start),
            start,
            stop if following is None else following.start,
            series=None if following is None else (),
            branches=tuple(branches),
            keep=tuple(quarter for quarter in keep if start <= quarter < end),
        )
    assert following is not None  # there is a first quarter
    return following


def end_of(line: Line) -> Line:
    """The line of a chain that gives the results."""
    while line.series is not None:
        line = line.branches[-1]
    return line
