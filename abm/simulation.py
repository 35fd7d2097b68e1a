"""Run scenarios: worlds in, results out (MODEL sections 7, 8 and R15).

A world is a point (one draw of the parameters) and a replication (one draw of chance). Arms of a comparison share their
worlds: lanes 2j and 2j + 1 of a pair see the same draws, so that their difference is the effect of the rules alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from abm.allocation import allocate
from abm.backfire import Comparison
from abm.beliefs import central, drawn
from abm.branching import Line, Resume, Tree, plan_of
from abm.calendar import quarter_index, quarter_label
from abm.courses import chain, end_of
from abm.designs import redesigns, roadmap
from abm.engine import LANES
from abm.equal_firms import equal_firms
from abm.generations import Design
from abm.handle import Handle
from abm.lawtables import compile_law
from abm.leverage import Leverage, Stages, leverage_from, leverage_lines, measured_step
from abm.machine import Machine, compiled_before, kernel, machine_of
from abm.null_networks import null_network
from abm.parameter_index import NAMES
from abm.policy import Policy
from abm.results import Panel, Results, horizon_step
from abm.running import REPLICATIONS, Given, Outcome, Progress, Request, run_lines
from abm.scenario import Scenario, ScenarioError
from abm.series import FIRM_SERIES, SERIES
from abm.shape import WorldShape
from abm.slide import Slide
from abm.start import Lanes, dimension_sizes
from abm.state import Field, Floats, Ints
from abm.synthetic import synthetic_firms
from abm.tables import DataPack, load_pack
from abm.vocabulary import FIRM_HETEROGENEITY, LEARNING_RULES, QUARTERS, SWITCHES
from abm.world import Blueprint, blueprint
from abm.worldfile import load_world_file

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "REPLICATIONS", "Builder", "compare", "compiled_before", "kernel", "prepare", "run_arms", "run_tree", "simulate",
]  # fmt: skip

POINTS_AT_ONCE = 256
"""Points whose parameters are drawn together."""


@lru_cache(maxsize=2)
def shipped_pack(cset: bool = True) -> DataPack:
    """The data pack of the project."""
    return load_pack(cset=cset)


def prepare(arms: Sequence[Scenario], pack: DataPack | None = None, world: Path | str | None = None) -> Blueprint:
    """Everything that the runs of these arms share: designs, law tables, firms, offers."""
    laws = tuple(arm.law for arm in arms)
    slides, shape = tuple(arm.slide for arm in arms), _shape(arms)
    if pack is None and world is None and not shape.large:
        return _shipped_plan(laws, slides, shape)
    if world is not None and shape.synthetic is not None:
        raise ScenarioError("a world file and key 'synthetic' both say which firms there are; drop one of them")
    return _plan(laws, slides, shape, shipped_pack() if pack is None else pack, world)


@lru_cache(maxsize=16)
def _shipped_plan(policies: tuple[Policy, ...], slides: tuple[Slide, ...], shape: WorldShape) -> Blueprint:
    """Plan on the shipped data; simulations write to none of its arrays, so calls with the same law share it."""
    return _plan(policies, slides, shape, shipped_pack(), None)


def _plan(
    policies: Sequence[Policy], slides: Sequence[Slide], shape: WorldShape, pack: DataPack, world: Path | str | None
) -> Blueprint:
    generations = [design for line in roadmap(pack).values() for design in line]
    own = [{design.id: design for design in redesigns(pack, [policy])} for policy in policies]
    found: dict[str, Design] = {}
    for mine in own:
        found.update(mine)
    designs = [*generations, *(found[name] for name in sorted(found))]
    always = {design.id for design in generations}
    laws = [compile_law(policy, designs, pack) for policy in policies]
    allowed = [frozenset(always | set(mine)) for mine in own]
    plan = blueprint(load_world_file(world), pack, designs, laws, slides, allowed)
    plan = plan if shape.synthetic is None else synthetic_firms(plan, shape.synthetic)
    return null_network(equal_firms(plan) if shape.equal else plan, shape)


def _shape(arms: Sequence[Scenario]) -> WorldShape:
    """Firms and networks, which belong to the world that the arms share."""
    equal = {FIRM_HETEROGENEITY in arm.off for arm in arms}
    if len(equal) > 1:
        raise ScenarioError(
            f"{FIRM_HETEROGENEITY} is a matter of the world that both arms share; switch it off in both or in none"
        )
    if len({arm.beliefs for arm in arms}) > 1:
        raise ScenarioError("key 'beliefs' is a matter of the world that both arms share; give both arms the same")
    shapes = list(dict.fromkeys(arm.shape for arm in arms))
    if len(shapes) > 1:
        key = "synthetic" if len({one.synthetic for one in shapes}) > 1 else "network"
        raise ScenarioError(f"key {key!r} is a matter of the world that both arms share; give both arms the same")
    return replace(shapes[0], equal=equal == {True})


def parameter_values(arm: Scenario, seed: int, points: Ints, given: Given | None = None) -> dict[str, Floats]:
    """Parameters of each point: central values or draws of what the arm believes; then what a design gives."""
    found = central(arm.beliefs, points, arm.fixed) if arm.point else drawn(arm.beliefs, seed, points, arm.fixed)
    return found if given is None else found | given(points)


def run_arms(
    arms: Sequence[Scenario],
    runs: int,
    seed: int,
    threads: int | None = None,
    progress: Progress | None = None,
    replications: int = REPLICATIONS,
    first_world: int = 0,
    lanes: int = LANES,
    worlds: Sequence[int] | Ints | None = None,
    given: Given | None = None,
) -> list[Results]:
    """Run worlds `first_world` to `first_world + runs - 1` in each arm; results in the order of the arms.

    Parameters
    ----------
    arms : scenarios that share their worlds.
    runs, replications : worlds, and how many of them share a parameter point.
    seed : root seed; together with the world's number it fixes every draw.
    threads : Python threads; None for one a core. Bits do not depend on it, nor on `runs`.
    progress : called with worlds done and in all.
    given : parameters that a design sets at each point; it may be asked for points beyond the last.
    worlds : ids of the worlds to run, in place of `first_world` and `runs`; each has the bits of any other batch.
    """
    request = Request(runs, seed, replications, threads, progress, lanes, given)
    chosen = first_world + request.worlds if worlds is None else np.asarray(worlds)
    return run_tree(Tree(Line(tuple(arms))), replace(request, runs=chosen))[0].results


def run_tree(tree: Tree, request: Request) -> list[Outcome]:
    """Run a tree of lines (`abm.branching`); what each left, in the order of `tree.lines`."""
    return run_lines(plan_of(tree, prepare), tree, request, Builder)


class Builder:
    """Fills worlds for blocks of lanes; lane = world x arms + arm."""

    def __init__(
        self,
        plan: Blueprint,
        arms: Sequence[Scenario],
        seed: int,
        replications: int,
        first_world: int | Ints = 0,
        machine: Machine | None = None,
        given: Given | None = None,
    ):
        """Lanes of the arms that `machine` runs, by default that of the first arm; `first_world` may be all ids."""
        self.given = given
        self.plan, self.arms, self.seed = plan, tuple(arms), seed
        self.replications, self.first_world = replications, first_world
        self.machine = machine_of(arms[0]) if machine is None else machine
        self.places = [place for place, arm in enumerate(arms) if machine_of(arm) == self.machine]
        self._drawn: dict[tuple[Any, int], Floats] = {}

    def beside(self, places: list[int]) -> Builder:
        """Fills the same worlds with other arms of the plan, and shares the parameters that were drawn.

        Raises
        ------
        ScenarioError
            An arm with rules or agents of its own.
        """
        if any(machine_of(self.arms[place]) != self.machine for place in places):
            raise ScenarioError("a branch has the rules and agents of its past; change them from the start instead")
        twin = copy(self)
        twin.places = places
        return twin

    def values(self, arm: Scenario, points: Ints) -> dict[str, Floats]:
        """Parameters of an arm at each point."""
        return parameter_values(arm, self.seed, points, self.given)

    def lanes(self, ids: Ints) -> Lanes:
        """Arm, world, parameters, switches and rule of learning of lanes."""
        arm = np.array(self.places)[ids % len(self.places)]
        runs = ids // len(self.places)
        chosen = isinstance(self.first_world, np.ndarray)
        worlds: Ints = self.first_world[runs] if chosen else self.first_world + runs  # type: ignore[index]
        parameter = np.empty((len(NAMES), len(ids)))
        switch = np.ones((len(SWITCHES), len(ids)))
        learning = np.zeros(len(ids), dtype=np.int64)
        for place in self.places:
            scenario = self.arms[place]
            mine = arm == place
            points = worlds[mine] // self.replications
            for chunk in np.unique(points // POINTS_AT_ONCE):
                here = points // POINTS_AT_ONCE == chunk
                drawn = self._chunk(place, int(chunk))
                parameter[:, np.flatnonzero(mine)[here]] = drawn[:, points[here] % POINTS_AT_ONCE]
            for row, name in enumerate(SWITCHES):
                switch[row, mine] = 0.0 if name in scenario.off else 1.0
            learning[mine] = LEARNING_RULES.index(scenario.learning)
        return Lanes(arm, worlds, parameter, switch, learning)

    def _chunk(self, place: int, chunk: int) -> Floats:
        """Parameters of `POINTS_AT_ONCE` points of an arm; drawing many at once costs as much as drawing a few."""
        arm = self.arms[place]
        key = arm.point, arm.beliefs, tuple(sorted(arm.fixed.items()))
        found = self._drawn.get((key, chunk))
        if found is None:
            points = np.arange(chunk * POINTS_AT_ONCE, (chunk + 1) * POINTS_AT_ONCE)
            values = self.values(arm, points)
            found = np.stack([values[name] for name in NAMES])
            for old in [one for one in list(self._drawn) if one[1] < chunk - 1]:  # what threads still need is near
                self._drawn.pop(old, None)
            self._drawn[key, chunk] = found
        return found

    def fill(self, ids: Ints, handle: Handle | None = None) -> Handle:
        """A world for these lanes at the start of 2020Q1; the arrays of `handle` are used again if given."""
        start = self.machine.start(self.plan, self.lanes(ids), self.seed)
        fields, static = self.machine.fields, self.plan.arrays
        if handle is None:
            own = {name: array.copy() for name, array in static.items()}  # worlds share no memory
            given = {**own, **{name: _typed(fields[name], array) for name, array in start.items()}}
            sizes = dimension_sizes(self.plan, len(ids), len(SERIES), len(FIRM_SERIES)) | self.machine.sizes
            return Handle(allocate(sizes, given, fields))
        for name, array in zip(fields, handle.world, strict=True):
            if name in start:
                array[...] = start[name]
            elif name not in static:
                array[...] = 0
            elif self.machine.kinds:  # the phase of an added kind may write to what the model only reads
                array[...] = static[name]
        return handle

    def panel(self, machine: Machine, name: str, values: Floats, stop: int = QUARTERS) -> Panel:
        """A recorded field of an added kind of agents with its labels, up to the quarter before `stop`."""
        field = machine.fields[name]
        if "quarter" in field.dims:
            values = np.take(values, range(stop), axis=field.dims.index("quarter"))
        labels: dict[str, tuple[str, ...]] = {
            "quarter": tuple(quarter_label(step) for step in range(stop)),
            "firm": tuple(firm.id for firm in self.plan.world.firms),
            "vendor": tuple(vendor.id for vendor in self.plan.world.vendors),
            "offer": tuple(offer.id for offer in self.plan.world.offers),
            **{kind.name: kind.ids for kind in machine.kinds},
        }
        axes = {
            dim: labels.get(dim, tuple(map(str, range(size))))
            for dim, size in zip(field.dims[:-1], values.shape[:-1], strict=True)
        }
        return Panel(field.unit, field.meaning, axes, values)


def _typed(field: Field, array: Any) -> Floats | Ints:
    if field.integer:
        return np.ascontiguousarray(array, dtype=np.int64)
    return np.ascontiguousarray(array, dtype=np.float64)


@dataclass(frozen=True, eq=False)
class Ran:
    """What courses of scenarios left: results of each place, and leverage of places two by two at some quarters."""

    results: list[Results]
    leverage: list[dict[int, Leverage]]

    def comparison(self, pair: int = 0) -> Comparison:
        """Places 2 j and 2 j + 1 as a comparison."""
        return Comparison(self.results[2 * pair], self.results[2 * pair + 1], self.leverage[pair])


def run_courses(
    courses: Sequence[Stages], request: Request, steps: Sequence[int] = (), keep: Sequence[int] = (),
    resume: Resume | None = None, stop: int = QUARTERS,
) -> Ran:  # fmt: skip
    """Run courses of scenarios in the same worlds, each a place.

    Parameters
    ----------
    courses : scenarios of each place, with the first quarter of each.
    steps : quarters at which leverage is measured, over places two by two.
    keep : quarters before which the state is kept for later branches.
    resume : a kept state to begin from; stop : quarter after the last.
    """
    lines = {step: leverage_lines(courses, step) for step in dict.fromkeys(steps)}
    root = chain(courses, stop, [line for three in lines.values() for line in three], keep)
    tree = Tree(root, resume)
    outcomes = dict(zip(map(id, tree.lines), run_tree(tree, request), strict=True))
    measured = {step: [outcomes[id(line)].measured for line in three] for step, three in lines.items()}
    leverage = [
        {step: leverage_from(step, found, (place, place + 1)) for step, found in measured.items()}
        for place in range(0, len(courses) - 1, 2)
    ]
    return Ran(outcomes[id(end_of(root))].results, leverage)


def kept_before(checkpoints: Sequence[str]) -> list[int]:
    """Quarters before which the state is kept: those that follow the checkpoints.

    Raises
    ------
    ScenarioError
        A checkpoint that is no quarter from 2020Q1 to 2032Q3.
    """
    found = []
    for label in checkpoints:
        try:
            step = quarter_index(label)
        except (ValueError, TypeError, AttributeError):
            raise ScenarioError(f"checkpoint {label!r} is no quarter; write it such as 2026Q4") from None
        if not 0 <= step < QUARTERS - 1:
            last = quarter_label(QUARTERS - 2)
            raise ScenarioError(f"checkpoint {label!r} must lie from {quarter_label(0)} to {last}")
        found.append(step + 1)
    return sorted(set(found))


def simulate(
    scenario: Scenario | str = "history",
    runs: int = 256,
    seed: int = 1,
    threads: int | None = None,
    progress: Progress | None = None,
    replications: int = REPLICATIONS,
    checkpoints: Sequence[str] = (),
) -> Results:
    """Simulate a scenario from 2020Q1 to 2032Q4 in `runs` worlds.

    Parameters
    ----------
    scenario : a scenario, the name of a shipped one, or the path of a scenario file.
    runs : number of worlds (parameter points x replications).
    seed : root seed, 0 to 2**63 - 1: same seed, same bits, on any number of threads and in any batch.
    checkpoints : quarters, such as "2026Q4", whose state at their end is kept (about 0.1 MB a run and quarter), so
        that `Results.branch` from a later quarter goes on from there instead of running the past again.

    Raises
    ------
    ScenarioError, ValueError
        One line that names what is wrong and the cure.
    """
    request = Request(runs, seed, replications, threads, progress)
    return run_courses([((0, _scenario(scenario)),)], request, keep=kept_before(checkpoints)).results[0]


def compare(
    scenario: Scenario | str = "history",
    counterfactual: Scenario | str = "none_0",
    runs: int = 256,
    seed: int = 1,
    threads: int | None = None,
    progress: Progress | None = None,
    replications: int = REPLICATIONS,
    leverage: Sequence[int | str] = (),
    checkpoints: Sequence[str] = (),
) -> Comparison:
    """Simulate a scenario and its counterfactual in the same worlds: the pairs differ by the rules alone.

    Parameters are as in `simulate`; `counterfactual` is the name of a shipped scenario (it takes over the scenario's
    parameters and switches) or a scenario of its own. `leverage` names horizons at which leverage is measured in the
    same go (MODEL 9.4), each for about a quarter of the time of a run; regimes then rest on it too.
    """
    controls = _scenario(scenario)
    other = controls.counterfactual(counterfactual) if isinstance(counterfactual, str) else counterfactual
    request = Request(runs, seed, replications, threads, progress)
    steps = [measured_step(horizon_step(one)) for one in leverage]
    courses = [((0, controls),), ((0, replace(other)),)]
    return run_courses(courses, request, steps, kept_before(checkpoints)).comparison()


def _scenario(scenario: Scenario | str) -> Scenario:
    return scenario if isinstance(scenario, Scenario) else Scenario.load(scenario)
