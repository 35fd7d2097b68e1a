"""Run one pair of a comparison again and keep, quarter by quarter, the state from which deliveries are read.

The worlds are those of the comparison bit for bit, branches included: same scenarios, seed, world and kernel rules.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from abm.backfire import Comparison
from abm.branching import Block, Tree, changing_fields, plan_of
from abm.continuing import lineage_of
from abm.courses import chain
from abm.engine import lanes_of_block
from abm.machine import Machine, kernel, machine_of
from abm.phases.thresholds import admitted_share
from abm.phases.tiers import memory_open, software_denial, tool_denial
from abm.results import ResultsError
from abm.scenario import Scenario
from abm.simulation import Builder, prepare
from abm.state import World
from abm.vocabulary import FOREIGN, TOOL_CLASSES, TOOL_MAKERS, US_NEST
from abm.world import Blueprint

type Floats = NDArray[np.float64]

LANES = 2
"""Lanes of a block: one pair, the kernel that the Mesa model uses too."""
MOST_FIRMS = 60
"""AI firms that a network of the supply chain can show."""

KEPT = (
    "arm", "parameter", "record", "design", "legal", "paying", "delivered", "sold_china", "sold_abroad", "scrapped",
    "unit_cost", "packaging", "vendor_rd", "wafers", "foreign_wafers", "made", "hbm_arrived", "stacks_foreign",
    "node_sales", "node_bought", "node_stock", "node_used", "tools_sold",
)  # fmt: skip
"""Arrays of the state that are kept; of `delivered` the sum over purposes, of `record` the column of the quarter."""


@dataclass(eq=False)
class Watched:
    """One pair, every quarter.

    Attributes
    ----------
    plan : names, designs and what does not change.
    stages : scenarios of each arm with the first quarter of each.
    state : arrays by name, (quarter, ..., arm); the arm is 0 with the controls and 1 without.
    tools_legal : (quarter, maker, tool, arm), share of a class of tools that a country's makers may sell.
    software_barred, memory_legal : (quarter, arm), shares.
    moved : (quarter, offer, class, arm), 1 where US decisions freed an offer that the script denies, -1 where they
        denied one that it admits, else 0.
    """

    plan: Blueprint
    stages: tuple[tuple[tuple[int, Scenario], ...], ...]
    quarters: int
    state: dict[str, Any] = field(default_factory=dict)
    tools_legal: Floats = field(init=False)
    software_barred: Floats = field(init=False)
    memory_legal: Floats = field(init=False)
    moved: Floats = field(init=False)

    def __post_init__(self) -> None:
        arms, offers = len(self.stages), len(self.plan.world.offers)
        self.tools_legal = np.ones((self.quarters, len(TOOL_MAKERS), len(TOOL_CLASSES), arms))
        self.software_barred, self.memory_legal = (np.zeros((self.quarters, arms)) for _ in range(2))
        self.moved = np.zeros((self.quarters, offers, FOREIGN, arms))

    def scenario(self, arm: int, quarter: int) -> Scenario:
        """Scenario of an arm in a quarter."""
        return [one for start, one in self.stages[arm] if start <= quarter][-1]

    def static(self, name: str) -> Any:
        """An array that no quarter changes."""
        return self.plan.arrays[name]

    def keep(self, world: World, step: int, places: Sequence[int]) -> None:
        """Write down the state after a quarter; lane l of the block is the arm `places[l]`."""
        lanes = range(len(places))
        for name in KEPT:
            values: Any = getattr(world, name)
            values = values.sum(axis=2) if name == "delivered" else values[:, step] if name == "record" else values
            if name not in self.state:
                self.state[name] = np.zeros((self.quarters, *values.shape[:-1], len(self.stages)), values.dtype)
            self.state[name][step][..., list(places)] = values[..., : len(places)]
        for lane, arm in zip(lanes, places, strict=True):
            self._law(world, step, lane, arm)

    def _law(self, world: World, step: int, lane: int, arm: int) -> None:
        """What law lets through where the state has it only by rule: asked of the model's own functions."""
        for maker, country in enumerate(TOOL_MAKERS):
            for tool in range(len(TOOL_CLASSES)):
                if country != "CN":
                    self.tools_legal[step, maker, tool, arm] = 1.0 - tool_denial(world, step, maker, tool, False, lane)
        self.software_barred[step, arm] = software_denial(world, step, lane)
        self.memory_legal[step, arm] = memory_open(world, step, False, lane)
        if world.us_start[lane] == 0.0:
            return
        for offer, nest in enumerate(world.offer_nest):
            if nest != US_NEST or world.design[offer, lane] < 0:
                continue
            for buyer in range(FOREIGN):
                script = world.law_open[world.arm[lane], step, world.design[offer, lane], buyer]
                now = admitted_share(world, script, offer, buyer, world.us_ratio[lane], lane)
                self.moved[step, offer, buyer, arm] = float(now > 0.0) - float(script > 0.0)


def watch(pair: Comparison, run: int) -> Watched:
    """Run one pair of a comparison again.

    Parameters
    ----------
    run : place of the pair in the comparison, from 0.

    Raises
    ------
    ResultsError
        A place that the comparison does not have, a pair that failed, or a world too large to draw.
    ScenarioError
        Loaded results that cannot be run again.
    """
    check_run(pair, run)
    controls, other = pair.controls, pair.counterfactual
    stages = tuple(lineage_of(results).stages for results in (controls, other))
    quarters, world = len(controls.quarters), np.asarray([controls.world[run]])
    tree = Tree(chain(stages, quarters))
    plan = plan_of(tree, prepare)
    found = Watched(plan, stages, quarters)
    given = lineage_of(controls).given
    for machine in dict.fromkeys(map(machine_of, tree.lines[0].arms)):
        mine = [place for place, arm in enumerate(tree.lines[0].arms) if machine_of(arm) == machine]
        builder = _Again(plan, tree.arms, controls.seed, controls.replications, world, machine, given)
        if len(tree.lines) == 1:
            builder.known = {
                id(arm): {name: float(values[run]) for name, values in results.parameters.items()}
                for arm, results in zip(tree.arms, (controls, other), strict=True)
            }
        _run(tree, builder, mine, found)
    return found


class _Again(Builder):
    """Fills one world again; parameters that its results have are not drawn anew, which would take most of the time."""

    known: Mapping[int, Mapping[str, float]] = MappingProxyType({})

    def values(self, arm: Scenario, points: Any) -> dict[str, Floats]:
        """Parameters of an arm at each point; all points are the one of this world."""
        if id(arm) not in self.known:
            return super().values(arm, points)
        return {name: np.full(len(points), value) for name, value in self.known[id(arm)].items()}


def check_run(pair: Comparison, run: int) -> None:
    """Refuse a pair that is not there or cannot be shown."""
    runs = pair.controls.runs
    if isinstance(run, bool) or not isinstance(run, int | np.integer) or not 0 <= run < runs:
        raise ResultsError(f"run {run!r} is not one of the comparison; choose 0 to {runs - 1}")
    if not pair.arms.ok[run]:
        raise ResultsError(f"run {run} broke a law of the model and has no numbers; choose another one")
    if len(pair.controls.firms) > MOST_FIRMS:
        firms = len(pair.controls.firms)
        raise ResultsError(f"a world of {firms} AI firms cannot be drawn as a network; at most {MOST_FIRMS}")


def _run(tree: Tree, builder: Builder, mine: list[int], found: Watched) -> None:
    """Run the arms of one machine, writing down every quarter."""
    machine: Machine = builder.machine
    builders = [builder.beside([index * tree.width + place for place in mine]) for index in range(len(tree.lines))]
    ids = lanes_of_block(0, len(mine), LANES)
    handle = builders[0].fill(ids)
    compiled = kernel(LANES, machine)

    def step_by_step(block: Any, start: int, stop: int) -> None:
        for step in range(start, stop):
            compiled(block, step, step + 1)
            found.keep(block.world, step, mine)

    changing = changing_fields(machine.fields, builder.plan.arrays, bool(machine.kinds))
    lanes = [one.lanes for one in builders]
    Block(tree, lanes, step_by_step, changing, (), handle, ids, len(mine)).run()
