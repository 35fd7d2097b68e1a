"""Rows of the timeline editor: every instrument of a scenario's law that a reader may change, as a dated block."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from abm.calendar import quarter_index, quarter_label, quarter_of
from abm.policy_schema import Clause, Instrument, Level
from abm.scenario import Scenario
from visualization.instruments import editable

ROWS: Mapping[str, str] = {
    "chips": "US: chips", "tools": "US: tools", "entity": "US: entity list", "foundry": "US: foundries",
    "licences": "US: licences", "allied": "Allies", "china": "China",
}  # fmt: skip
"""Groups of rows, in their order."""
_LEVELS = ("denial", "coverage", "floor")
"""Fields of effects that say how much is denied or forced."""


def timeline_rows(scenario: Scenario | str = "history") -> list[dict[str, Any]]:
    """Instruments of a scenario's law with dates, by group and date, those that cannot be changed left out.

    Returns
    -------
    list of dict
        id, title, group, day (of the law), start and end (quarters; null: in force for ever), graded (whether its
        severity means anything), citation, rows (of policy_timeline.csv).
    """
    arm = scenario if isinstance(scenario, Scenario) else Scenario.load(scenario)
    known = {one.id for one in editable()}
    found = [_row(one) for one in arm.law if one.id in known and one.binds]
    order = list(ROWS.values())
    return sorted(found, key=lambda row: (order.index(row["group"]), row["day"], row["id"]))


def _row(one: Instrument) -> dict[str, Any]:
    ends = [effect.end for effect in one.effects]
    last = None if not ends or any(end is None for end in ends) else max(end for end in ends if end is not None)
    group = one.side if one.side in ("allied", "china") else one.category
    return {
        "id": one.id,
        "title": one.title,
        "group": ROWS[group],
        "day": one.effective.isoformat(),
        "start": quarter_label(max(quarter_of(one.effective), 0)),
        "end": None if last is None else quarter_label(max(quarter_of(last), quarter_index("2020Q2"))),
        "graded": any(map(_graded, one.effects)),
        "citation": one.citation,
        "rows": list(one.rows),
    }


def _graded(effect: object) -> bool:
    """Whether an effect denies more or less."""
    if isinstance(effect, Clause):
        return effect.status not in (None, "free") or effect.duty > 0.0 or effect.revenue_share > 0.0
    return any(isinstance(getattr(effect, name, None), Level) for name in (*_LEVELS, "open", "allowed")) or hasattr(
        effect, "usd_bn"
    )
