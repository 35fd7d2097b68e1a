"""How far the US is ahead (phase `measure_lead`): rising paths of both frontiers, searched from 2017 on."""

from __future__ import annotations

from itertools import accumulate

from abm.vocabulary import CN, US

MONTHS = 3.0


class Gap:
    """The lead of the quarter and of the one before, months."""

    def __init__(self, model, past) -> None:
        self.model, self.past = model, past
        self.lead = self.lead_before = 0.0

    def path(self, bloc: int, code: str) -> list[float]:
        """Best capability so far of a bloc's frontier in each quarter since 2017."""
        return list(accumulate([*self.past[bloc], *(row[code] for row in self.model.records.series)], max))

    def measure_lead(self) -> None:
        """Quarters since the bloc in front stood where the other stands now, in months."""
        china, us = self.path(CN, "capability_cn"), self.path(US, "capability_us")
        self.lead_before = self.lead
        behind, before = china[-1] <= us[-1], len(self.past[CN])
        self.lead = MONTHS * (since(us, china[-1], before) if behind else -since(china, us[-1], before))


def since(path: list[float], level: float, before: int) -> float:
    """Quarters since a rising path first reached a level; its first entry is `before` quarters older than 2020Q1."""
    first = next(place for place, value in enumerate(path) if value >= level)
    step = len(path) - 1 - before
    if first == 0:
        return float(step + before)
    below, above = path[first - 1], path[first]
    return step - (first - 1 - before + (level - below) / (above - below))
