"""Kinds of agents that a scenario adds: declared, checked before anything runs, and harmless to all else."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from abm.handle import WORLD, Handle, WorldType
from abm.kinds import PHASES, AgentKind
from abm.machine import STOCK, machine_of
from abm.scenario import Scenario, ScenarioError
from abm.simulation import Builder, prepare
from abm.state import World

LANES = 32
ROWS = ({"id": "FIRST", "reserve": 5.0, "fee": 0.2}, {"id": "SECOND", "reserve": 2, "fee": 0.1})
FIELDS = {
    "reserve": "insurer run | USD bn | money to pay from",
    "fee": "insurer | ratio | premium over expected loss",
    "reserves": "insurer quarter run | USD bn | reserve at the end of the quarter",
}


def insure(world, step):
    for insurer in range(world.reserve.shape[0]):
        for run in range(LANES):
            world.reserve[insurer, run] += world.fee[insurer]
            world.reserves[insurer, step, run] = world.reserve[insurer, run]


def kind(**changes):
    given = {"name": "insurer", "rows": ROWS, "fields": FIELDS, "phase": insure, "after": "earn"}
    return AgentKind(**{**given, **changes})


def misspelt(world, step):
    for run in range(LANES):
        world.reserv[0, run] = step


def through_a_helper(world, step):
    add(world, 0)


def add(state, insurer):
    state.rezerve[insurer, 0] = 1.0


def of_nothing(world, step):
    world.reserve[0, 0] = NOWHERE  # noqa: F821


def run_plain(scenario, steps):
    """The arrays of two worlds after some quarters in plain Python."""
    machine = machine_of(scenario)
    handle = Builder(prepare([scenario]), [scenario], 1, 8).fill(np.arange(2))
    with np.errstate(all="ignore"):
        machine.plain(2)(handle.world, 0, steps)
    return handle.world


@pytest.fixture(scope="module")
def point():
    return Scenario.load("history").with_point(True)


@pytest.mark.parametrize("after", ["draw_chance", "earn", "learn", "verify"])
def test_a_kind_acts_in_every_quarter_and_leaves_all_else_alone(after, point):
    """Also after a phase that is not told the quarter, such as `learn`."""
    stock, mine = run_plain(point, 3), run_plain(point.with_agents(kind(after=after)), 3)
    np.testing.assert_allclose(mine.reserve, [[5.6] * 2, [2.3] * 2])
    np.testing.assert_allclose(mine.reserves[0, :4, 0], [5.2, 5.4, 5.6, 0.0])
    for name in World._fields:
        np.testing.assert_array_equal(getattr(stock, name), getattr(mine, name), err_msg=name)


def test_two_kinds_act_in_their_order(point):
    def tax(world, step):
        for run in range(LANES):
            world.levy[0, run] += step + 1.0
            world.used[run] = world.levy[0, run]  # scratch

    def audit(world, step):
        for run in range(LANES):
            world.seen[0, run] = world.used[run]

    first = AgentKind("treasury", [{"id": "ONE", "levy": 1.0}], {"levy": "treasury run | USD bn | taken"}, tax, "earn")
    second = AgentKind("auditor", [{"id": "ONE", "seen": 0.0}], {"seen": "auditor run | USD bn | seen"}, audit, "earn")
    world = run_plain(point.with_agents(first, second), 2)
    assert world.levy[0, 0] == world.seen[0, 0] == 1.0 + 1.0 + 2.0


def test_a_kind_follows_its_scenario(point):
    mine = point.with_agents(kind())
    assert mine.counterfactual().kinds == mine.kinds
    assert [one["name"] for one in mine.describe()["agents"]] == ["insurer"]
    other = kind(after="deploy")
    assert mine.with_agents(other).kinds == (other,)
    assert machine_of(mine) == machine_of(mine.counterfactual()) != STOCK == machine_of(point)


def test_phases_of_the_model_take_every_world_for_a_plain_one(point):
    """So that their kernels serve worlds with further fields too: those stand behind all others."""
    mine = point.with_agents(kind())
    machine = machine_of(mine)
    handle = Builder(prepare([mine]), [mine], 1, 8).fill(np.arange(2))
    assert isinstance(handle, Handle)
    wide = WorldType(machine.fields)
    assert list(wide.layout)[: len(World._fields)] == list(WORLD.layout)
    assert all(wide.layout[name] == place for name, place in WORLD.layout.items())
    assert wide != WORLD
    place, _ = wide.layout["reserve"]
    assert handle.words[place] == handle.world.reserve.ctypes.data


def test_an_array_is_filled_again_for_the_next_block(point):
    mine = point.with_agents(kind())
    builder = Builder(prepare([mine]), [mine], 1, 8)
    handle = builder.fill(np.arange(2))
    handle.world.reserve[:] = handle.world.reserves[:] = 9.0
    world = builder.fill(np.arange(2), handle).world
    assert world.reserve[:, 0].tolist() == [5.0, 2.0]
    assert not world.reserves.any()


def test_a_phase_that_writes_to_what_the_model_only_reads_harms_no_other_world(point):
    mine = point.with_agents(kind())
    builder = Builder(prepare([mine]), [mine], 1, 8)
    handle = builder.fill(np.arange(2))
    handle.world.plan[:] = 7.0
    assert not np.any(builder.plan.arrays["plan"] == 7.0)
    assert not np.any(builder.fill(np.arange(2), handle).world.plan == 7.0)


def test_phases_are_those_of_the_quarter_in_order():
    assert list(PHASES)[:3] == ["draw_chance", "share_plan", "launch"]
    assert list(PHASES)[-1] == "verify"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"name": "firm"}, "agent kind 'firm': the name must be a word that the model does not use yet"),
        ({"name": "price"}, "the name must be a word"),
        ({"name": "two words"}, "the name must be a word"),
        ({"name": 3}, "the name must be a word"),
        ({"after": "ern"}, "after 'ern': there is no such phase; nearest valid name: 'earn'"),
        ({"rows": []}, "rows: there must be at least one agent"),
        ({"rows": [{"id": "A", "fee": 0.1}]}, r"row 'A': field 'reserve' is missing; add it \(money to pay from\)"),
        ({"rows": [{"reserve": 1.0, "fee": 0.1}]}, "row 1: field 'id' is missing"),
        ({"rows": [{"id": "A", "reserve": 1.0, "fee": 0.1, "fees": 1}]}, "row 'A': unknown field 'fees'.*'fee'"),
        ({"rows": [{"id": "A", "reserve": "much", "fee": 0.1}]}, "row 'A': field 'reserve' must be a number"),
        ({"rows": [ROWS[0], ROWS[0]]}, "every id may stand once"),
        (
            {"fields": {**FIELDS, "price": "insurer run | USD | a"}},
            "field 'price': the name must be a word that no array",
        ),
        (
            {"fields": {**FIELDS, "extra": "insurer run"}},
            "field 'extra': must be declared as dimensions | unit | meaning",
        ),
        ({"fields": {**FIELDS, "extra": "insuer run | 1 | a"}}, "field 'extra': unknown dimension 'insuer'.*'insurer'"),
        ({"fields": {**FIELDS, "extra": "run insurer | 1 | a"}}, "field 'extra': the dimension 'run' must be the last"),
        ({"phase": misspelt}, "phase misspelt uses world.reserv, which is no field; nearest valid name: 'reserve'"),
        ({"phase": through_a_helper}, "phase add uses world.rezerve, which is no field; nearest valid name: 'reserve'"),
        ({"phase": of_nothing}, "phase of_nothing: .* uses the name 'NOWHERE', which its module does not define"),
        ({"phase": lambda state, step: None}, r"phase must be a plain function of \(world, step\)"),
        ({"phase": lambda world: None}, r"must take \(world, step\)"),
        ({"phase": partial(insure, step=1)}, r"phase must be a plain function of \(world, step\)"),
        ({"phase": None}, r"phase must be a plain function of \(world, step\)"),
    ],
)
def test_what_does_not_fit_is_said_in_one_line_before_anything_runs(changes, says):
    with pytest.raises(ScenarioError, match=says) as refused:
        kind(**changes)
    assert "\n" not in str(refused.value)


def test_kinds_that_cannot_live_together_are_refused(point):
    row = {"id": "A", "reserve": 0.0, "fee": 0.0}
    fields = {name: text.replace("insurer", "broker") for name, text in FIELDS.items()}
    second = kind(name="broker", rows=[row], fields=fields)
    with pytest.raises(ScenarioError, match="agent kinds 'insurer' and 'broker' both declare 'reserve'"):
        point.with_agents(kind(), second)
    with pytest.raises(ScenarioError, match=r"an agent kind is an abm\.AgentKind, not str"):
        point.with_agents("insurer")
