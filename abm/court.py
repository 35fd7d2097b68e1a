"""The state of the law on one day, for all designs at once (MODEL R1)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from abm.generations import Design, judged_values
from abm.law import Outcome, Sale, settle
from abm.policy_schema import (
    BARRING_LISTS,
    Clause,
    DiversionEnd,
    EdaStep,
    Effect,
    GateStep,
    HbmStep,
    Instrument,
    Listing,
    MandateStep,
    ServiceStep,
    ToolStep,
)
from abm.vocabulary import BUYER_CLASSES, JURISDICTIONS, NO_CAP, TOOL_CLASSES

Floats = NDArray[np.float64]
Effects = Sequence[tuple[Instrument, Effect]]
State = dict[str, Any]

CHINESE_BUYERS = ("private", "listed", "state")


class Court:
    """Evaluates the law of a set of effects on all designs, remembering what each set of clauses comes to."""

    def __init__(self, designs: Sequence[Design], denial_level: float, grant_level: float) -> None:
        self.designs = designs
        self.denial_level = denial_level
        self.grant_level = grant_level
        self.attributes = [design.spec().attributes() for design in designs]
        self.truths: dict[Clause, list[bool | None]] = {}
        self.outcomes: dict[tuple[Clause, ...], dict[int, Outcome]] = {}
        self.unknown: dict[str, None] = {}
        weights = judged_values()["pool_weights"]
        self.members = {design.vendor: dict(weights.get(design.vendor, {design.vendor: 1.0})) for design in designs}

    def outcome(self, places: Sequence[int], clauses: tuple[Clause, ...]) -> list[Outcome]:
        """Return what the clauses come to for each of these designs."""
        known = self.outcomes.setdefault(clauses, {})
        missing = [place for place in places if place not in known]
        if missing:
            for clause in clauses:
                if clause not in self.truths:
                    self.truths[clause] = [clause.matches(attributes) for attributes in self.attributes]
            columns = [self.truths[clause] for clause in clauses]
            for place in missing:
                known[place] = settle(clauses, [column[place] for column in columns])
                if known[place].status == "unknown":
                    self.unknown[self.designs[place].id] = None
        return [known[place] for place in places]

    def sales(self, effects: Effects) -> State:
        """State of sales of US designs to China."""
        count = len(self.designs)
        state: State = {
            "open": np.ones((count, len(BUYER_CLASSES))),
            "licence_free": np.ones(count),
            "duty": np.zeros(count),
            "revenue_share": np.zeros(count),
            "volume_cap": np.full(count, NO_CAP),
            "instrument_of": np.full(count, "", dtype=object),
        }
        clauses = [(one, effect) for one, effect in effects if isinstance(effect, Clause)]
        listings = [effect for _, effect in effects if isinstance(effect, Listing)]
        names = {clause: f"{one.id}: {clause.name}" for one, clause in clauses}
        for vendor in dict.fromkeys(design.vendor for design in self.designs if design.us):
            places = [place for place, design in enumerate(self.designs) if design.vendor == vendor]
            for column, kind in enumerate(CHINESE_BUYERS):
                sale = Sale(buyer_class=kind, seller=vendor)
                barred = any(sale.barred(listing) for listing in listings)
                bound = tuple(clause for _, clause in clauses if sale.meets(clause))
                for place, result in zip(places, self.outcome(places, bound), strict=True):
                    state["open"][place, column] = 0.0 if barred else result.open(self.grant_level)
                    if column == 0:
                        state["licence_free"][place] = float(result.status == "free")
                        state["duty"][place] = result.duty
                        state["revenue_share"][place] = result.revenue_share
                        state["volume_cap"][place] = result.volume_cap
                        state["instrument_of"][place] = names[result.clause] if result.clause else ""
        return state

    def foundry(self, effects: Effects) -> Floats:
        """Share of each design that foundries with US tools may make; 1 for US vendors.

        Open if the design is free under the chip tests (letters to named sellers aside), no footnote names the
        designer, and the foundry rules allow it. A pooled vendor is open for the share of its firms not named.
        """
        state = np.ones(len(self.designs))
        tests = [effect for _, effect in effects if isinstance(effect, Clause)]
        closed = {
            firm
            for _, effect in effects
            if isinstance(effect, Listing) and effect.list in BARRING_LISTS
            for firm in effect.firms
        }
        sale = Sale(seller="none")
        chip_tests = tuple(clause for clause in tests if sale.meets(clause))
        chinese = [place for place, design in enumerate(self.designs) if not design.us]
        for place, tested in zip(chinese, self.outcome(chinese, chip_tests), strict=True):
            design = self.designs[place]
            rules = tuple(clause for clause in tests if _binds_foundry(clause, design.foundry))
            free = tested.status == "free"
            share = self.outcome([place], rules)[0].open(self.grant_level) if free else 0.0
            members = self.members[design.vendor]
            state[place] = share * sum(weight for firm, weight in members.items() if firm not in closed)
        return state

    def industry(self, effects: Effects) -> State:
        """State of tools, service, memory and software, and of China's gate and mandate."""
        level = self.denial_level
        gate, mandate = np.ones(len(BUYER_CLASSES)), np.zeros(len(BUYER_CLASSES))
        for kind, column in {name: place for place, name in enumerate(CHINESE_BUYERS)}.items():
            gates = [e for _, e in effects if isinstance(e, GateStep) and kind in e.buyers]
            floors = [e for _, e in effects if isinstance(e, MandateStep) and kind in e.buyers]
            if gates:
                gate[column] = max(gates, key=_start).allowed.at(self.grant_level)
            if floors:
                mandate[column] = max(floors, key=_start).floor.at(level)
        memory = [e for _, e in effects if isinstance(e, HbmStep)]
        steps = [e for _, e in effects if isinstance(e, ToolStep)]
        return {
            "gate": gate,
            "mandate": mandate,
            "tool_denial": _tools([step for step in steps if step.recipients == "chinese_fabs"], level),
            "foreign_fab_tool_denial": float(
                _tools([step for step in steps if step.recipients == "foreign_fabs"], level).max()
            ),
            "node_floor_nm": max((step.node_floor_nm for step in steps), default=0.0),
            "service_denial": _service([e for _, e in effects if isinstance(e, ServiceStep)], level),
            "hbm_open": min((step.open.at(self.grant_level) for step in memory), default=1.0),
            "hbm_co_packaged_open": min((step.co_packaged_open.at(self.grant_level) for step in memory), default=1.0),
            "eda": _software([e for _, e in effects if isinstance(e, EdaStep)], level),
            "diversion_open": _diversion(effects),
        }

    def state(self, effects: Effects) -> State:
        """All that holds under the effects."""
        return {**self.sales(effects), "foundry_open": self.foundry(effects), **self.industry(effects)}


def _start(effect: Effect) -> date:
    return effect.effective


def _binds_foundry(clause: Clause, foundry: str) -> bool:
    """Foundry rules of named foundries bind designs of those; a design without a known foundry is bound by all."""
    if clause.channel != "foundry":
        return False
    known = any(name in foundry for name in ("TSMC", "Samsung", "GlobalFoundries"))
    return not clause.foundries or not known or any(name in foundry for name in clause.foundries)


def _groups(steps: Sequence[ToolStep], level: float) -> dict[tuple[str, str, str], tuple[float, float]]:
    """Denial and coverage by jurisdiction, class and models; the strictest statement on the same models counts."""
    found: dict[tuple[str, str, str], tuple[float, float]] = {}
    for step in steps:
        key = (step.jurisdiction, step.tool_class, step.models)
        denial, covers = found.get(key, (0.0, 0.0))
        found[key] = (max(denial, step.denial.at(level)), max(covers, step.covers.at(level)))
    return found


def _tools(steps: Sequence[ToolStep], level: float) -> Floats:
    """Denied share by jurisdiction and tool class.

    Statements on the same models are levels that later acts repeat or raise (the timeline says .5 in 2022, .5 in 2023
    and .6 in 2024 of the same US tools), so their maximum counts, not 1 - prod(1 - x), which would count one denial
    twice. Different models are different machines, so their shares of the class add; where they overlap (shares over
    1) the strictest statement counts first.
    """
    denied = np.zeros((len(JURISDICTIONS), len(TOOL_CLASSES)))
    left = np.ones_like(denied)
    groups = sorted(_groups(steps, level).items(), key=lambda item: -item[1][0])
    for (place, kind, _), (denial, covers) in groups:
        if place in JURISDICTIONS:
            cell = JURISDICTIONS.index(place), TOOL_CLASSES.index(kind)
            share = min(covers, float(left[cell]))
            denied[cell] += denial * share
            left[cell] -= share
    return denied


def _service(steps: Sequence[ServiceStep], level: float) -> float:
    """Denied service: the highest level by jurisdiction; a line needs tools of all of them, so 1 - prod(1 - x)."""
    served = 1.0
    for place in dict.fromkeys(step.jurisdiction for step in steps):
        served *= 1.0 - max(step.denial.at(level) for step in steps if step.jurisdiction == place)
    return 1.0 - served


def _software(steps: Sequence[EdaStep], level: float) -> float:
    return min(1.0, max((step.denial.at(level) * step.covers.at(level) for step in steps), default=0.0))


def _diversion(effects: Effects) -> float:
    """1 while some designer is cut from foundries and the path through intermediaries is not closed."""
    if any(isinstance(effect, DiversionEnd) for _, effect in effects):
        return 0.0
    return float(any(isinstance(effect, Listing) and effect.list in BARRING_LISTS for _, effect in effects))
