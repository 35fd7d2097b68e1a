"""Run scenarios: worlds in, results out (MODEL sections 7, 8 and R15).

A world is a point (one draw of the parameters) and a replication (one draw of chance). Arms of a comparison share their
worlds: lanes 2j and 2j + 1 of a pair see the same draws, so that their difference is the effect of the rules alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from abm.backfire import Comparison
from abm.calendar import quarter_label
from abm.designs import redesigns, roadmap
from abm.draws import check_seed
from abm.engine import LANES, lanes_of_block, run_blocks
from abm.equal_firms import equal_firms
from abm.generations import Design
from abm.handle import Handle
from abm.lawtables import compile_law
from abm.machine import Machine, compiled_before, kernel, machine_of
from abm.parameter_index import NAMES, PARAMETERS
from abm.parameters import defaults, draw
from abm.policy import Policy
from abm.results import Panel, Results
from abm.scenario import Scenario, ScenarioError
from abm.series import FIRM_SERIES, SERIES
from abm.slide import Slide
from abm.start import Lanes, dimension_sizes
from abm.state import Field, Floats, Ints, allocate
from abm.tables import DataPack, load_pack
from abm.vocabulary import FIRM_HETEROGENEITY, LEARNING_RULES, QUARTERS, SWITCHES
from abm.world import Blueprint, blueprint
from abm.worldfile import load_world_file

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Builder", "compare", "compiled_before", "kernel", "prepare", "run_arms", "simulate"]

Progress = Callable[[int, int], object]
Given = Callable[[Ints], dict[str, Floats]]
"""Values of some parameters by the ids of points, instead of their defaults or draws; the same in all arms."""
REPLICATIONS = 8
"""Replications a point by default, so that parameter uncertainty and chance can be told apart (MODEL R15)."""
POINTS_AT_ONCE = 256
"""Points whose parameters are drawn together."""


@lru_cache(maxsize=2)
def shipped_pack(cset: bool = True) -> DataPack:
    """The data pack of the project."""
    return load_pack(cset=cset)


def prepare(arms: Sequence[Scenario], pack: DataPack | None = None, world: Path | str | None = None) -> Blueprint:
    """Everything that the runs of these arms share: designs, law tables, firms, offers."""
    laws = tuple(arm.law for arm in arms)
    slides, equal = tuple(arm.slide for arm in arms), _firms_equal(arms)
    if pack is None and world is None:
        return _shipped_plan(laws, slides, equal)
    return _plan(laws, slides, equal, shipped_pack() if pack is None else pack, world)


@lru_cache(maxsize=16)
def _shipped_plan(policies: tuple[Policy, ...], slides: tuple[Slide, ...], equal: bool) -> Blueprint:
    """Plan on the shipped data; simulations write to none of its arrays, so calls with the same law share it."""
    return _plan(policies, slides, equal, shipped_pack(), None)


def _plan(
    policies: Sequence[Policy], slides: Sequence[Slide], equal: bool, pack: DataPack, world: Path | str | None
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
    return equal_firms(plan) if equal else plan


def _firms_equal(arms: Sequence[Scenario]) -> bool:
    """Whether the arms are about firms that are all alike; firms belong to the world that the arms share."""
    equal = {FIRM_HETEROGENEITY in arm.off for arm in arms}
    if len(equal) > 1:
        raise ScenarioError(
            f"{FIRM_HETEROGENEITY} is a matter of the world that both arms share; switch it off in both or in none"
        )
    return equal == {True}


def parameter_values(arm: Scenario, seed: int, points: Ints, given: Given | None = None) -> dict[str, Floats]:
    """Parameters of each point: defaults with overrides, or draws from the priors; then what a design gives."""
    table = PARAMETERS
    found = defaults(table, points, arm.fixed) if arm.point else draw(table, seed, points, arm.fixed)
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
    """
    check_seed(seed)
    for name, value in (("runs", runs), ("replications", replications)):
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
            raise ValueError(f"{name} must be a whole number of at least 1, not {value!r}")
    plan = prepare(arms)
    worlds = np.arange(first_world, first_world + runs)
    made: list[Results | None] = [None] * len(arms)
    done = 0

    def report(lanes_done: int, _: int) -> None:
        if progress is not None:
            progress((done + lanes_done) // len(arms), runs)

    # arms of one machine are lanes of one kernel; all arms see the same worlds and draws
    for machine in dict.fromkeys(map(machine_of, arms)):
        builder = Builder(plan, arms, seed, replications, first_world, machine, given)
        for place, recorded in zip(builder.places, _run(builder, runs, lanes, threads, report), strict=True):
            made[place] = Results(
                scenario=arms[place].name,
                seed=seed,
                replications=replications,
                world=worlds,
                parameters=parameter_values(arms[place], seed, worlds // replications, given),
                firms=tuple(firm.id for firm in plan.world.firms),
                designs=tuple(design.id for design in plan.designs),
                manifest=_manifest(arms[place], plan, seed, runs, replications),
                **recorded,
            )
        done += runs * len(builder.places)
    return [one for one in made if one is not None]


def _run(builder: Builder, runs: int, lanes: int, threads: int | None, report: Progress) -> Iterator[dict[str, Any]]:
    """Run the arms of a builder in one kernel; what results hold of each."""
    count, machine = len(builder.places), builder.machine
    compiled = kernel(lanes, machine)
    names = ("record", "firm_record", "failed_quarter", "failed_law", *machine.recorded)
    blocks = run_blocks(
        lambda handle: compiled(handle, 0, QUARTERS),
        lambda start, handle: builder.fill(lanes_of_block(start, runs * count, lanes), handle),
        runs * count,
        lanes,
        threads,
        report,
        lambda start, kept, handle: {name: getattr(handle.world, name)[..., :kept].copy() for name in names},
    )
    whole = {name: np.concatenate([block[name] for block in blocks], axis=-1) for name in names}
    for place in range(count):
        mine = {name: np.ascontiguousarray(array[..., place::count]) for name, array in whole.items()}
        added = {name: builder.panel(name, mine.pop(name)) for name in machine.recorded}
        yield {**mine, "added": added}


def _manifest(arm: Scenario, plan: Blueprint, seed: int, runs: int, replications: int) -> dict[str, Any]:
    return {
        "scenario": arm.describe(),
        "seed": seed,
        "runs": runs,
        "replications": replications,
        "data_checksum": plan.pack.checksum,
    }


class Builder:
    """Fills worlds for blocks of lanes; lane = world x arms + arm."""

    def __init__(
        self,
        plan: Blueprint,
        arms: Sequence[Scenario],
        seed: int,
        replications: int,
        first_world: int = 0,
        machine: Machine | None = None,
        given: Given | None = None,
    ):
        """Lanes of the arms that `machine` runs; by default that of the first arm."""
        self.given = given
        self.plan, self.arms, self.seed = plan, tuple(arms), seed
        self.replications, self.first_world = replications, first_world
        self.machine = machine_of(arms[0]) if machine is None else machine
        self.places = [place for place, arm in enumerate(arms) if machine_of(arm) == self.machine]
        self._drawn: dict[tuple[int, int], Floats] = {}

    def lanes(self, ids: Ints) -> Lanes:
        """Arm, world, parameters, switches and rule of learning of lanes."""
        arm = np.array(self.places)[ids % len(self.places)]
        worlds = self.first_world + ids // len(self.places)
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
        found = self._drawn.get((place, chunk))
        if found is None:
            points = np.arange(chunk * POINTS_AT_ONCE, (chunk + 1) * POINTS_AT_ONCE)
            values = parameter_values(self.arms[place], self.seed, points, self.given)
            found = np.stack([values[name] for name in NAMES])
            for old in [key for key in list(self._drawn) if key[1] < chunk - 1]:  # what threads still need is near
                self._drawn.pop(old, None)
            self._drawn[place, chunk] = found
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

    def panel(self, name: str, values: Floats) -> Panel:
        """A recorded field of an added kind of agents with its labels."""
        field = self.machine.fields[name]
        labels: dict[str, tuple[str, ...]] = {
            "quarter": tuple(quarter_label(step) for step in range(QUARTERS)),
            "firm": tuple(firm.id for firm in self.plan.world.firms),
            "vendor": tuple(vendor.id for vendor in self.plan.world.vendors),
            "offer": tuple(offer.id for offer in self.plan.world.offers),
            **{kind.name: kind.ids for kind in self.machine.kinds},
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


def simulate(
    scenario: Scenario | str = "history",
    runs: int = 256,
    seed: int = 1,
    threads: int | None = None,
    progress: Progress | None = None,
    replications: int = REPLICATIONS,
) -> Results:
    """Simulate a scenario from 2020Q1 to 2032Q4 in `runs` worlds.

    Parameters
    ----------
    scenario : a scenario, the name of a shipped one, or the path of a scenario file.
    runs : number of worlds (parameter points x replications).
    seed : root seed, 0 to 2**63 - 1: same seed, same bits, on any number of threads and in any batch.

    Raises
    ------
    ScenarioError, ValueError
        One line that names what is wrong and the cure.
    """
    return run_arms([_scenario(scenario)], runs, seed, threads, progress, replications)[0]


def compare(
    scenario: Scenario | str = "history",
    counterfactual: Scenario | str = "none_0",
    runs: int = 256,
    seed: int = 1,
    threads: int | None = None,
    progress: Progress | None = None,
    replications: int = REPLICATIONS,
) -> Comparison:
    """Simulate a scenario and its counterfactual in the same worlds: the pairs differ by the rules alone.

    Parameters are as in `simulate`; `counterfactual` is the name of a shipped scenario (it takes over the scenario's
    parameters and switches) or a scenario of its own.
    """
    controls = _scenario(scenario)
    other = controls.counterfactual(counterfactual) if isinstance(counterfactual, str) else counterfactual
    with_controls, without = run_arms([controls, replace(other)], runs, seed, threads, progress, replications)
    return Comparison(with_controls, without)


def _scenario(scenario: Scenario | str) -> Scenario:
    return scenario if isinstance(scenario, Scenario) else Scenario.load(scenario)
