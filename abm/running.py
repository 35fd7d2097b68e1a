"""Run a tree of lines in blocks of lanes, and make results of what each left (MODEL sections 7, 8)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from abm.branching import RECORDS, Block, Tree, changing_fields
from abm.calendar import quarter_label
from abm.draws import check_seed
from abm.engine import LANES, lanes_of_block, run_blocks
from abm.lineage import Lineage
from abm.machine import kernel, machine_of
from abm.results import Results
from abm.state import Floats, Ints
from abm.world import Blueprint

Progress = Callable[[int, int], object]
Given = Callable[[Ints], dict[str, Floats]]
"""Values of some parameters by the ids of points, instead of their defaults or draws; the same in all arms."""
REPLICATIONS = 2
"""Replications a point by default, so that parameter uncertainty and chance can be told apart (MODEL R15)."""


@dataclass(frozen=True)
class Request:
    """How many worlds to run, which, and how.

    Attributes
    ----------
    runs : worlds 0 to `runs` - 1, or the ids of the worlds themselves.
    seed : root seed; together with the world's id it fixes every draw.
    replications : how many worlds share a parameter point.
    threads : Python threads; None for one a core. Bits do not depend on it.
    progress : called with worlds done and in all.
    lanes : lanes of a block.
    given : parameters that a design sets at each point.
    """

    runs: int | Ints
    seed: int = 1
    replications: int = REPLICATIONS
    threads: int | None = None
    progress: Progress | None = None
    lanes: int = LANES
    given: Given | None = None

    def __post_init__(self) -> None:
        check_seed(self.seed)
        counted = {"replications": self.replications}
        if isinstance(self.runs, np.ndarray):
            if self.runs.ndim != 1 or not self.runs.size or self.runs.dtype.kind != "i" or self.runs.min() < 0:
                raise ValueError("worlds must be a list of world ids, whole numbers from 0, at least one")
        else:
            counted["runs"] = self.runs
        for name, value in counted.items():
            if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
                raise ValueError(f"{name} must be a whole number of at least 1, not {value!r}")

    @property
    def worlds(self) -> Ints:
        """Ids of the worlds."""
        return self.runs if isinstance(self.runs, np.ndarray) else np.arange(self.runs)


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a line of a tree left: results of its places, or the series that were asked for, (run, quarter) each.

    `kept` holds, by place, what is needed to go on from a quarter: {quarter: {array: values with the run last}}.
    """

    results: list[Results]
    measured: list[dict[str, Floats]]
    kept: list[dict[int, dict[str, Any]]]


def run_lines(plan: Blueprint, tree: Tree, request: Request, build: Callable[..., Any]) -> list[Outcome]:
    """Run a tree of lines; what each left, in the order of `tree.lines`. The past of a branch is run once.

    Parameters
    ----------
    plan : that of `abm.branching.plan_of`.
    build : makes what fills the lanes of some arms: `abm.simulation.Builder`.

    Raises
    ------
    ScenarioError
        A branch with rules, agents or firms of its own, which are a matter of the past too.
    """
    worlds, done = request.worlds, 0
    found: list[list[Any]] = [[None] * tree.width for _ in tree.lines]

    def report(lanes_done: int, _: int) -> None:
        if request.progress is not None:
            request.progress((done + lanes_done) // tree.width, worlds.size)

    # places of one machine are lanes of one kernel; all see the same worlds and draws
    for machine in dict.fromkeys(map(machine_of, tree.lines[0].arms)):
        mine = [place for place, arm in enumerate(tree.lines[0].arms) if machine_of(arm) == machine]
        builder = build(plan, tree.arms, request.seed, request.replications, worlds, machine, request.given)
        for index, parts in enumerate(_run(tree, builder, mine, request, report)):
            for place, part in zip(mine, parts, strict=True):
                found[index][place] = part
        done += worlds.size * len(mine)
    return [_outcome(tree, index, builder, request, found[index]) for index in range(len(tree.lines))]


def _run(
    tree: Tree, builder: Any, mine: Sequence[int], request: Request, report: Progress
) -> Iterator[list[dict[str, Any]]]:
    """Run some places, those of one machine, in one kernel; what is kept of each line, by place."""
    machine, plan, count, resume = builder.machine, builder.plan, len(mine), tree.resume
    builders = [builder.beside([index * tree.width + place for place in mine]) for index in range(len(tree.lines))]
    total = request.worlds.size * count
    # scratch of a large world grows with firms x lanes
    lanes = min(request.lanes, total, 2) if tree.arms[0].shape.large else request.lanes
    compiled = kernel(lanes, machine)
    names = (*RECORDS, "failed_quarter", "failed_law", *machine.recorded)
    changing = changing_fields(machine.fields, plan.arrays, bool(machine.kinds))
    ids_of = [one.lanes for one in builders]
    designs = [design.id for design in plan.designs]

    def fill(start: int, block: Block | None) -> Block:
        ids = lanes_of_block(start, total, lanes)
        handle = builders[0].fill(ids, None if block is None else block.handle)
        if resume is not None:
            compiled(handle, 0, 1)  # designs are rated in the first quarter
            resume.put(handle.world, ids, mine, designs)
        return Block(tree, ids_of, compiled, changing, names, handle, ids, min(lanes, total - start))

    first = 0 if resume is None else resume.quarter
    blocks = run_blocks(
        lambda block: block.run(first), fill, total, lanes, request.threads, report, lambda start, kept, one: one.found
    )
    for index in range(len(tree.lines)):
        yield [_joined([block[index] for block in blocks], place, count) for place in range(count)]


def _joined(blocks: Sequence[dict[str, Any]], place: int, count: int) -> dict[str, Any]:
    """What blocks kept of one place, joined along the runs."""
    found: dict[str, Any] = {}
    for name, first in blocks[0].items():
        parts = [block[name] for block in blocks]
        if isinstance(first, dict):
            found[name] = {key: _joined([part[key] for part in parts], place, count) for key in first}
        else:
            found[name] = np.ascontiguousarray(np.concatenate(parts, axis=-1)[..., place::count])
    return found


def _outcome(tree: Tree, index: int, builder: Any, request: Request, found: Sequence[dict[str, Any]]) -> Outcome:
    """Results of a line, or what was measured on it."""
    line, plan = tree.lines[index], builder.plan
    kept = [one.pop("kept", {}) for one in found]
    if line.series is not None:
        return Outcome([], [{name: values.T for name, values in one.items()} for one in found], kept)
    worlds, results = request.worlds, []
    for place, (arm, recorded) in enumerate(zip(line.arms, found, strict=True)):
        machine = machine_of(arm)
        added = {name: builder.panel(machine, name, recorded.pop(name), line.stop) for name in machine.recorded}
        lineage = Lineage(tree.path(index, place), kept[place], request.given)
        results.append(
            Results(
                scenario=arm.name,
                seed=request.seed,
                replications=request.replications,
                world=worlds,
                parameters=builder.values(arm, worlds // request.replications),
                firms=tuple(plan.world.firms[place].id for place in plan.arrays["recorded"]),
                designs=tuple(design.id for design in plan.designs),
                manifest=_manifest(lineage, plan, request),
                added=added,
                lineage=lineage,
                **recorded,
            )
        )
    return Outcome(results, [], kept)


def _manifest(lineage: Lineage, plan: Blueprint, request: Request) -> dict[str, Any]:
    past = [{"from": quarter_label(start), "scenario": arm.describe()} for start, arm in lineage.stages[:-1]]
    start, arm = lineage.stages[-1]
    return {
        "scenario": arm.describe(),
        "seed": request.seed,
        "runs": int(request.worlds.size),
        "replications": request.replications,
        "data_checksum": plan.pack.checksum,
        **({} if request.given is None else {"given": "parameters by point, from a design"}),
        **({"past": past, "branched_at": quarter_label(start)} if past else {}),
    }
