"""Courses of events that part: a past is run once, then each branch goes on under its own law (MODEL 8, 9.4).

A tree of lines is run block by block. Before a branch the state of the block is copied, after it restored, so that no
branch leaves a trace in another or in the line it left, and the bits are those of a run without branches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from abm.scenario import Scenario
from abm.series import INDEX
from abm.state import FIELDS, Floats, Ints
from abm.vocabulary import FIRM_HETEROGENEITY, FOREIGN, NO_CAP, QUARTERS
from abm.world import Blueprint

if TYPE_CHECKING:
    from abm.handle import Handle
    from abm.start import Lanes

LAW = tuple(name for name, one in FIELDS.items() if one.dims[0] == "arm")
"""Arrays of the law, by arm and quarter."""
RECORDS = ("record", "firm_record")
"""Arrays by quarter that no phase reads ahead: a branch writes only quarters that its line has still to write."""
LANE_FIELDS = ("arm", "parameter", "switch", "learning_rule")
"""What a line sets for its lanes."""
FIXED_FIELDS = ("seed", "world_id", *LANE_FIELDS)
BY_DESIGN = ("train_of", "serve_of")
DESIGN_CODES = ("design", "redesign_target")
"""State that points into the table of designs, which holds those of all arms of a plan."""
DESIGN_SERIES = tuple(row for name, row in INDEX.items() if name.startswith("design_"))


@dataclass(frozen=True, eq=False)
class Line:
    """One course of events in all places of a world, and what leaves it.

    Attributes
    ----------
    arms : a scenario for each place (such as controls and counterfactual); the law of earlier quarters is the
        parent's.
    start, stop : first quarter under these arms, and the quarter after the last.
    embargo : name in `EMBARGOES` of what is done to the law from `start` on, or "".
    series : names to keep from `start` to `stop`; None keeps whole results, () nothing.
    branches : lines that leave this one.
    keep : quarters before which the state is kept for later branches.
    same_past : the law before `start` is the parent's by its own text, so that this is a run of the arms from 2020.
    """

    arms: tuple[Scenario, ...]
    start: int = 0
    stop: int = QUARTERS
    embargo: str = ""
    series: tuple[str, ...] | None = None
    branches: tuple[Line, ...] = ()
    keep: tuple[int, ...] = ()
    same_past: bool = False


class Tree:
    """A line and all that leaves it, parents first."""

    def __init__(self, root: Line, resume: Resume | None = None) -> None:
        """A root, and a kept state from which to go on instead of from its start."""
        self.resume = resume
        self.lines: list[Line] = []
        self.parent: list[int] = []
        self.children: list[list[int]] = []
        self._add(root, -1)

    def _add(self, line: Line, parent: int) -> None:
        place = len(self.lines)
        self.lines.append(line)
        self.parent.append(parent)
        self.children.append([])
        if parent >= 0:
            self.children[parent].append(place)
        for one in sorted(line.branches, key=lambda branch: branch.start):
            self._add(one, place)

    @property
    def width(self) -> int:
        """Places of a world."""
        return len(self.lines[0].arms)

    @property
    def arms(self) -> tuple[Scenario, ...]:
        """Scenarios of all lines, one after the other: the arms of the plan."""
        return tuple(arm for line in self.lines for arm in line.arms)

    def path(self, index: int, place: int) -> tuple[tuple[int, Scenario], ...]:
        """Scenarios that a place went through up to a line, each with its first quarter."""
        if self.lines[index].same_past:
            return ((0, self.lines[index].arms[place]),)
        above = self.path(self.parent[index], place) if self.parent[index] >= 0 else ()
        start, arm = self.lines[index].start, self.lines[index].arms[place]
        kept = tuple(stage for stage in above if stage[0] < start)
        return kept if kept and kept[-1][1] is arm else (*kept, (start, arm))


# --- law --------------------------------------------------------------------------------------------------------------


def kind_of(arm: Scenario) -> Any:
    """All of a scenario that a plan is made of: arms that agree in it share their law."""
    return arm.law, arm.slide, FIRM_HETEROGENEITY in arm.off, arm.shape


def plan_of(tree: Tree, prepare: Callable[[Sequence[Scenario]], Blueprint]) -> Blueprint:
    """The plan of all arms of a tree; each arm has its parent's law before its start."""
    kinds: dict[Any, int] = {}
    rows = [kinds.setdefault(kind_of(arm), len(kinds)) for arm in tree.arms]
    first = [rows.index(kind) for kind in range(len(kinds))]
    base = prepare([tree.arms[place] for place in first])
    if len(tree.arms) == len(kinds) and len(tree.lines) == 1:
        return base
    arrays: dict[str, Any] = dict(base.arrays)
    for name in LAW:
        law: Any = base.arrays[name][rows]
        arrays[name] = np.ascontiguousarray(law)
    for index, line in enumerate(tree.lines):
        for place in range(tree.width):
            if tree.parent[index] >= 0:
                _part(arrays, tree.parent[index] * tree.width + place, index * tree.width + place, line)
    return replace(base, arrays=arrays, sizes={**base.sizes, "arm": len(rows)})


def first_difference(plan: Blueprint, one: int, other: int) -> int:
    """First quarter in which the laws of two arms of a plan differ; the number of quarters if they never do."""
    differs = np.zeros(QUARTERS, dtype=bool)
    for name in LAW:
        unequal = plan.arrays[name][one] != plan.arrays[name][other]
        differs |= unequal.reshape(QUARTERS, -1).any(axis=1)
    return int(np.argmax(differs)) if differs.any() else QUARTERS


def _part(arrays: dict[str, Any], parent: int, arm: int, line: Line) -> None:
    """Before its start an arm has its parent's law; where that is another law, vendors have news to think about."""
    if line.start >= QUARTERS:
        for name in LAW:
            arrays[name][arm] = arrays[name][parent]
        return
    before = max(line.start - 1, 0)
    looked = ("law_open", "law_announced", "law_published", "law_candidate", "law_foundry", "law_foundry_announced")
    moved = any(not np.array_equal(arrays[name][arm, before], arrays[name][parent, before]) for name in looked)
    for name in LAW:
        arrays[name][arm, : line.start] = arrays[name][parent, : line.start]
    if line.embargo:
        EMBARGOES[line.embargo](arrays, arm, line.start)
    if line.start > 0 and (moved or line.embargo):
        for name in ("law_news", "law_foundry_news"):
            arrays[name][arm, line.start] = 1.0


def _deny(arrays: dict[str, Any], arm: int, start: int) -> None:
    """All US supply to China stops; rental stops by the switch `offshore` of the arm."""
    for name in ("law_open", "law_announced", "law_published"):
        arrays[name][arm, start:, :, :FOREIGN] = 0.0
    _hold(arrays, arm, start)


def _open(arrays: dict[str, Any], arm: int, start: int) -> None:
    """All US chips and rental are legal, without duty, share or cap; tools and China's gate stay as they are."""
    for name in ("law_open", "law_announced", "law_published"):
        arrays[name][arm, start:, :, :FOREIGN] = 1.0
    for name in ("law_duty", "law_share", "law_cloud", "law_cloud_announced"):
        arrays[name][arm, start:] = 0.0
    arrays["law_cap"][arm, start:] = NO_CAP
    _hold(arrays, arm, start)


def _open_gate(arrays: dict[str, Any], arm: int, start: int) -> None:
    """The same with China's own gate open."""
    _open(arrays, arm, start)
    for name in ("law_gate", "law_gate_announced"):
        arrays[name][arm, start:] = 1.0
    if "law_gate_rule" in arrays:
        arrays["law_gate_rule"][arm, start:] = 0.0


def _hold(arrays: dict[str, Any], arm: int, start: int) -> None:
    """A regulator that decides by rule does not answer inside the measurement."""
    if "law_us_rule" in arrays:
        arrays["law_us_rule"][arm, start:] = 0.0


EMBARGOES: Mapping[str, Callable[[dict[str, Any], int, int], None]] = {
    "deny": _deny,
    "open": _open,
    "open_gate": _open_gate,
}
"""What may be done to the law of an arm from a quarter on, to measure leverage."""


# --- running ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Resume:
    """A kept state from which a tree goes on instead of from 2020, one entry a place.

    Attributes
    ----------
    quarter : the quarter before which it was kept.
    kept : arrays by name with all worlds last.
    past : `record` and `firm_record`, of which quarters before `quarter` are taken.
    designs : table of designs that the codes in them point to.
    """

    quarter: int
    kept: Sequence[Mapping[str, Any]]
    past: Sequence[tuple[Floats, Floats]]
    designs: Sequence[tuple[str, ...]]

    def put(self, world: Any, ids: Ints, places: Sequence[int], names: Sequence[str]) -> None:
        """Write the state into the lanes of a block; `places` are those of the tree that its kernel runs."""
        for turn, place in enumerate(places):
            lanes = np.flatnonzero(ids % len(places) == turn)
            runs = ids[lanes] // len(places)
            codes = np.array([*(names.index(one) for one in self.designs[place]), -1])
            for name, values in self.kept[place].items():
                if name not in BY_DESIGN:
                    mine = values[..., runs]
                    getattr(world, name)[..., lanes] = codes[mine] if name in DESIGN_CODES else mine
            for name, values in zip(RECORDS, self.past[place], strict=True):
                past = values[:, : self.quarter][..., runs]
                if name == RECORDS[0]:
                    known = np.nan_to_num(past[list(DESIGN_SERIES)], nan=-1.0).astype(np.int64)
                    past[list(DESIGN_SERIES)] = codes[known]
                getattr(world, name)[:, : self.quarter][..., lanes] = past


@dataclass(eq=False)
class Block:
    """Runs a tree in one block of lanes."""

    tree: Tree
    lanes: Sequence[Callable[[Ints], Lanes]]
    kernel: Callable[[Handle, int, int], object]
    changing: tuple[str, ...]
    names: tuple[str, ...]
    handle: Handle
    ids: Ints
    count: int
    found: list[dict[str, Any]] = field(default_factory=list)

    def run(self, start: int = 0) -> Block:
        """Run all lines from a quarter on; what is kept of each is in `found`."""
        self.found = [{} for _ in self.tree.lines]
        self._follow(0, start)
        return self

    def _follow(self, index: int, now: int) -> None:
        """Run a line to its end, with all that leaves it on the way."""
        line = self.tree.lines[index]
        if index:
            self._turn(index)
        children = self.tree.children[index]
        for quarter in sorted({*line.keep, *(self.tree.lines[child].start for child in children)}):
            now = self._advance(now, quarter)
            leaving = [child for child in children if self.tree.lines[child].start == quarter]
            over = line.stop <= now and leaving and leaving[-1] == children[-1]
            saved = None if over and len(leaving) == 1 and quarter not in line.keep else self._copy()
            if quarter in line.keep and saved is not None:
                kept = {name: values[..., : self.count].copy() for name, values in saved.items()}
                self.found[index].setdefault("kept", {})[quarter] = kept
            for child in leaving:
                self._follow(child, now)
                if saved is not None:
                    self._restore(saved, index)
        self._advance(now, line.stop)
        self.found[index].update(self._collected(line))

    def _advance(self, now: int, quarter: int) -> int:
        if quarter > now:
            self.kernel(self.handle, now, quarter)
        return max(now, quarter)

    def _turn(self, index: int) -> None:
        """Lanes take on the arms of a line."""
        lanes = self.lanes[index](self.ids)
        for name in LANE_FIELDS:
            getattr(self.handle.world, name)[...] = getattr(lanes, name)

    def _copy(self) -> dict[str, Any]:
        return {name: getattr(self.handle.world, name).copy() for name in self.changing}

    def _restore(self, saved: Mapping[str, Any], index: int) -> None:
        """Back to where a line was left."""
        for name, values in saved.items():
            getattr(self.handle.world, name)[...] = values
        self._turn(index)

    def _collected(self, line: Line) -> Iterator[tuple[str, Any]]:
        world, count = self.handle.world, self.count
        if line.series is None:
            for name in self.names:
                values = getattr(world, name)[..., :count]
                yield name, (values[:, : line.stop] if name in RECORDS else values).copy()
        elif line.series:
            yield "failed_quarter", world.failed_quarter[:count].copy()
            for name in line.series:
                yield name, world.record[INDEX[name], line.start : line.stop, :count].copy()


def changing_fields(fields: Mapping[str, Any], static: Mapping[str, Any], kinds: bool) -> tuple[str, ...]:
    """Arrays that a quarter may change; where agents are added, those that the model itself only reads are too."""
    fixed = {*FIXED_FIELDS, *RECORDS, *(() if kinds else static)}
    return tuple(name for name in fields if name not in fixed)
