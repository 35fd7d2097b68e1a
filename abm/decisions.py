"""Who changed which rule when, and what they saw: scripted instruments, US reviews, allies that follow or not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from abm.storage import ResultsError

ALLIES = {"NL": "alignment_nl", "JP": "alignment_jp"}
NOTEWORTHY = 0.05
"""Change of an ally's alignment since it was last told that is told again."""
WORDS = {1: "tightens", 0: "holds", -1: "loosens"}


class Politics(Protocol):
    """What is asked of results."""

    @property
    def world(self) -> NDArray[np.int64]:
        """World ids, (run,)."""

    @property
    def quarters(self) -> tuple[str, ...]:
        """Labels of quarters."""

    @property
    def manifest(self) -> Mapping[str, Any]:
        """What made the results."""

    def series(self, name: str) -> NDArray[np.float64]:
        """A recorded series, shape (run, quarter)."""


@dataclass(frozen=True)
class Decision:
    """A change of rules: by whom, what, and what was seen when it was decided (name to number, empty if scripted)."""

    quarter: str
    regulator: str
    change: str
    seeing: Mapping[str, float]

    @property
    def reasons(self) -> str:
        """What was seen, in words and numbers."""
        return ", ".join(f"{name} {value:.3g}" for name, value in self.seeing.items()) or "script"


@dataclass(frozen=True)
class Decisions(Sequence[Decision]):
    """All decisions of a run by quarter; printed as a table."""

    run: int
    rows: tuple[Decision, ...]

    def __getitem__(self, place: Any) -> Any:
        """One decision, or some."""
        return self.rows[place]

    def __len__(self) -> int:
        """How many there are."""
        return len(self.rows)

    def by(self, regulator: str) -> tuple[Decision, ...]:
        """Those of one regulator: US, CN, NL, JP, KR or TW."""
        return tuple(row for row in self.rows if row.regulator == regulator)

    def __str__(self) -> str:
        """A table with a line for each decision."""
        head = f"{'quarter':<8} {'who':<3} {'what':<74} seeing"
        return "\n".join([head, *(f"{r.quarter:<8} {r.regulator:<3} {r.change:<74} {r.reasons}" for r in self.rows)])


def decisions(results: Politics, run: int) -> Decisions:
    """All changes of rules in one run.

    Parameters
    ----------
    run : id of the run's world.

    Raises
    ------
    ResultsError
        If the results hold no such run.
    """
    places = np.flatnonzero(results.world == run)
    if isinstance(run, bool) or not places.size:
        known = f"{results.world.min()} to {results.world.max()}"
        raise ResultsError(f"decisions: key 'run': there is no run {run!r}; worlds here are {known}")
    series = {name: results.series(name)[int(places[0])] for name in SEEN | dict.fromkeys(OTHERS)}
    found = [*_scripted(results), *_reviews(results.quarters, series), *_followed(results.quarters, series)]
    order = {quarter: place for place, quarter in enumerate(results.quarters)}
    return Decisions(int(run), tuple(sorted(found, key=lambda row: order[row.quarter])))


SEEN = {
    "us_lead_seen": "lead in months",
    "us_evasion_seen": "evading share",
    "us_lost_seen": "lost sales over revenue",
    "us_score": "score",
}
"""Series that tell what the US saw, and their names in a table."""
OTHERS = ("us_review", "us_decision", "us_notice", "us_threshold_ratio", "us_tier_shift", *ALLIES.values())


def _scripted(results: Politics) -> Iterator[Decision]:
    """Instruments of the script in the quarter in which they take effect."""
    for quarter, jurisdiction, name in results.manifest.get("scenario", {}).get("script", ()):
        if quarter in results.quarters:
            yield Decision(quarter, jurisdiction, f"{name} takes effect", {})


def _reviews(quarters: Sequence[str], series: Mapping[str, NDArray[np.float64]]) -> Iterator[Decision]:
    """What the US decided at its reviews."""
    for step in np.flatnonzero(series["us_review"] > 0.0).tolist():
        seeing = {words: float(series[name][step]) for name, words in SEEN.items()}
        decided = int(series["us_decision"][step])
        change = WORDS[decided]
        if decided:
            due = step + int(series["us_notice"][step])
            in_time = due < len(quarters)
            change += f", binds {quarters[due]}" if in_time else ", binds after the end"
            if in_time:
                ratio, shift = series["us_threshold_ratio"][due], series["us_tier_shift"][due]
                change += f": threshold at {ratio:.2f} of the best line, tiers {shift:+.2f}"
        yield Decision(quarters[step], "US", change, seeing)


def _followed(quarters: Sequence[str], series: Mapping[str, NDArray[np.float64]]) -> Iterator[Decision]:
    """Noteworthy moves of allies, with the US step that they answer."""
    for ally, name in ALLIES.items():
        told = float(series[name][0])
        for step, now in enumerate(series[name]):
            if abs(now - told) >= NOTEWORTHY:
                last = np.flatnonzero(series["us_review"][: step + 1] > 0.0)
                seeing = {"last US step": float(series["us_decision"][last[-1]])} if last.size else {}
                way = "more" if now > told else "less"
                yield Decision(quarters[step], ally, f"follows the US {way}: {told:.2f} to {now:.2f}", seeing)
                told = float(now)
