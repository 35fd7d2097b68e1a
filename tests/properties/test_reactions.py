"""States that answer: stringency and readiness move them, each answer does what it should, no ceiling is passed."""

from __future__ import annotations

import market
import numpy as np
import pytest

from abm.calendar import quarter_index
from abm.engine import LANES
from abm.link import link
from abm.phases.react import react
from abm.scenario import Scenario
from abm.series import at
from abm.simulation import run_arms
from abm.state import FIELDS
from abm.vocabulary import CN, GOV_CN, PRIVATE, QUARTERS, SUBSIDY, US

ANSWERS = ("subsidy", "mandate", "import_gate", "counter_controls", "mobilisation")
MOST = {
    "subsidy_response": 2.5, "mandate_response": 1.0, "gate_response": 1.5, "counter_control_response": 1.0,
    "mobilisation_us": 0.5, "mobilisation_cn": 0.5, "readiness_threshold": 0.03, "us_target_lead": 24.0,
}  # fmt: skip
"""Every answer as strong as it gets, from the least readiness on."""
NONE = dict.fromkeys([name for name in MOST if name.endswith("_response") or name.startswith("mobilisation")], 0.0)
RULED = quarter_index("2026Q4")
PAIRS = 64
SHARE = 0.75
"""Part of the worlds in which an answer is given that must show its direction (DECISIONS D84)."""


def answering(**changes):
    """History with every answer at its most, the gate by rule."""
    return (
        Scenario.load("history")
        .with_beliefs("prior")
        .with_point(True)
        .with_china_gate("rule")
        .with_parameters(**{**MOST, **changes})
    )


def world_of(*arms):
    return market.builder_of(list(arms), seed=5, replications=1).fill(np.arange(len(arms))).world


def react_once(world, step, **state):
    """The phase on a world whose state is set by hand."""
    for name, value in state.items():
        getattr(world, name)[:] = value
    with np.errstate(divide="ignore", invalid="ignore"):
        link(react, sizes={"LANES": world.arm.shape[0]}, plain=True)(world, step)
    return world


def ready(world, **state):
    """A quarter of the future in which the state has seen much of its chip makers."""
    world.node_tools[:] = 1.0
    world.record[at("domestic_value"), RULED, :] = 2.0
    world.record[at("budget_cn"), RULED, :] = 4.0
    return react_once(world, RULED + 1, readiness=0.9, plan_now=world.plan_share[RULED][:, None], **state)


# --- what moves them --------------------------------------------------------------------------------------------------


def test_without_stringency_nothing_is_answered_however_ready_the_state_is():
    world = ready(world_of(answering(), answering()), stringency_smooth=0.0, lead=30.0)
    assert world.readiness.min() > 0.6
    for name in ("subsidy", "price_support", "tool_grant", "counter_control", "mobilised", "mobilised_total"):
        assert (getattr(world, name) == 0.0).all(), name
    assert (world.gate == 1.0).all()
    assert np.array_equal(world.mandate[:, 0], world.law_mandate[0, RULED + 1])


def test_before_readiness_only_mobilisation_answers():
    world = react_once(world_of(answering(), answering()), RULED + 1, stringency_smooth=0.9, lead=30.0)
    assert (world.readiness == 0.0).all()
    assert (world.subsidy == 0.0).all()
    assert (world.counter_control == 0.0).all()
    assert (world.gate == 1.0).all()
    assert (world.mobilised[CN] > 0.0).all()


def test_answers_by_hand():
    """Stringency .5, fully ready: 1.25 bn of subsidies, .5 of minerals; mandate .5, gate .75 of three rungs."""
    world = ready(world_of(answering(subsidy_for_tools=0.2)), stringency_smooth=0.5, lead=30.0)
    assert world.subsidy == pytest.approx(1.25)
    assert world.tool_grant.sum() == pytest.approx(0.25)
    assert world.price_support == pytest.approx(1.0 / 3.0), "1 bn beside the buyers' 2 bn"
    assert world.counter_control == pytest.approx(0.5)
    assert world.mandate[:, 0] == pytest.approx([0.0, 0.5, 1.0, 0.0]), "private, listed, state, foreign"
    assert world.gate[:, 0] == pytest.approx([0.75, 0.0, 0.0, 1.0])
    assert world.gate_known[:, 0] == pytest.approx([0.75, 0.0, 0.0, 1.0])
    plan = world.plan[RULED + 1, CN] * world.plan_factor[RULED + 1, CN, 0]
    assert world.mobilised[:, 0] == pytest.approx([0.5 * 0.5 * plan, 0.0, 0.0])


def test_mandate_gate_and_counter_controls_follow_the_script_to_its_end():
    """Subsidies may be paid and firms mobilised in any quarter."""
    world = world_of(answering())
    world.node_tools[:] = 1.0
    world.record[at("domestic_value"), RULED - 2] = 2.0
    world.record[at("budget_cn"), RULED - 2] = 4.0
    react_once(world, RULED - 1, readiness=0.9, stringency_smooth=0.5, plan_now=world.plan_share[RULED][:, None])
    assert world.counter_control == 0.0
    assert np.array_equal(world.gate[:, 0], world.law_gate[0, RULED - 1])
    assert np.array_equal(world.mandate[:, 0], world.law_mandate[0, RULED - 1])
    assert world.subsidy > 0.0
    assert world.mobilised[CN] > 0.0


def test_what_becomes_of_the_gate_after_the_script():
    history = Scenario.load("history").with_beliefs("prior").with_point(True)
    arms = [history, history.with_china_gate("off"), history.with_china_gate("rule")]
    gates = world_of(*arms).law_gate[:, :, PRIVATE]
    assert (gates[0] == gates[0, RULED]).sum() >= QUARTERS - RULED
    assert gates[0, RULED] == 0.5
    assert (gates[:, :RULED] == gates[0, :RULED]).all()
    assert (gates[1:, RULED:] == 1.0).all()
    rules = world_of(*arms).law_gate_rule
    assert rules[:, RULED - 1 : RULED + 1].tolist() == [[0.0, 0.0], [0.0, 0.0], [0.0, 1.0]]
    assert (world_of(*arms).law_china_rule[:, RULED:] == 1.0).all(), "in every arm"


# --- one rule for both blocs ------------------------------------------------------------------------------------------


def test_mobilisation_of_equal_blocs_is_mirrored_when_the_flags_are_swapped():
    """Equal plans, responses and ceilings, triggers of one half: what one bloc does here the other does there."""
    arm = answering(
        mobilisation_us=0.3, mobilisation_cn=0.3, mobilisation_ceiling_us=20.0, mobilisation_ceiling_cn=20.0,
        us_target_lead=12.0, subsidy_response=0.0,
    )  # fmt: skip
    world = world_of(arm, arm)
    world.plan[:, CN] = world.plan[:, US] = 8.0
    world.plan_factor[:] = 1.0
    for lane, (stringency, lead) in enumerate(((0.25, 9.0), (0.5, 10.5))):  # triggers: 1/4 and 1/2, then swapped
        world.stringency_smooth[lane], world.lead[lane] = stringency, lead
    for step in range(RULED, QUARTERS):
        react_once(world, step)
        assert world.mobilised[CN, 0] == world.mobilised[US, 1] > 0.0 or step > RULED + 20
        assert world.mobilised[US, 0] == world.mobilised[CN, 1]
    assert world.mobilised_total[:2].max() == 20.0


def test_no_state_passes_its_ceiling_and_treasuries_keep_no_cash():
    """Small ceilings, answers at their most: they are reached, to the last cent and no further."""
    low = {"mobilisation_ceiling_us": 10.0, "mobilisation_ceiling_cn": 10.0}
    world = market.builder_of([answering(**low)], seed=5, replications=1).fill(np.arange(1)).world
    for step in range(RULED):
        was = market.copy_of(world)
        market.advance(world, step, step + 1)
        assert world.flows[:, GOV_CN].sum() == pytest.approx(0.0, abs=1e-9)
        assert world.mobilised_total[CN, 0] + world.subsidy_total[0] <= 10.0 * (1.0 + 1e-12)
        assert world.mobilised_total[US, 0] <= 10.0 * (1.0 + 1e-12)
        assert world.subsidy_total[0] >= was.subsidy_total[0]
    assert world.mobilised_total[CN, 0] + world.subsidy_total[0] == pytest.approx(10.0)
    assert (world.failed_quarter == -1).all()


def test_dated_funds_are_in_the_books_of_both_arms_and_move_nothing_else():
    """The third Big Fund: 47.5 bn over ten years, 1.19 bn in a full quarter."""
    history = Scenario.load("history").with_beliefs("prior").with_point(True)
    world = world_of(history, history.counterfactual("none_0"))
    step = quarter_index("2024Q3")
    assert world.law_subsidy[:, step] == pytest.approx([1.19 + 1.46, 1.19 + 1.46], abs=0.02), "with the second fund"
    market.advance(world, 0, 1)
    paid = -world.flows[SUBSIDY, GOV_CN]
    assert paid == pytest.approx(world.law_subsidy[:, 0])
    assert (world.subsidy_total == 0.0).all()


# --- switches and directions ------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_an_answer_switched_off_is_absent_to_the_last_bit():
    """With every answer off, the strongest responses leave the bits of a world without responses."""
    none = answering(**NONE)
    arms = [none, answering().without(*ANSWERS), answering().without("subsidy"), answering().without("mobilisation")]
    world = market.builder_of(arms, seed=5, replications=1).fill(np.arange(LANES)).world
    market.advance(world, 0, QUARTERS, compiled=True)
    for name, field in FIELDS.items():
        if "run" in field.dims and name not in ("arm", "world_id", "switch", "parameter"):
            array = getattr(world, name)
            assert market.same_bits(array[..., 0], array[..., 1]), name
    assert world.subsidy_total[2] == 0.0 < world.subsidy_total[3]
    assert (world.mobilised_total[:2, 2] > 0.0).any()
    assert (world.mobilised_total[:, 3] == 0.0).all()


DIRECTIONS = {
    "subsidy": ("subsidy", {"subsidy_response": 1.25}, "domestic_output", 1.0),
    "mandate": ("mandate_state", {"mandate_response": 0.5}, "us_vendor_revenue_china", -1.0),
    "import_gate": ("gate_state", {"gate_response": 1.2}, "us_vendor_revenue_china", -1.0),
    "counter_controls": ("counter_control", {"counter_control_response": 0.5}, "us_vendor_profit", -1.0),
    "mobilisation_cn": ("mobilised_cn", {"mobilisation_cn": 0.25}, "compute_cn", 1.0),
    "mobilisation_us": ("mobilised_us", {"mobilisation_us": 0.25, "us_target_lead": 24.0}, "compute_us", 1.0),
}
"""Answer: series that shows it, response, series that it moves, and which way."""


@pytest.fixture(scope="module")
def answered():
    """The same 64 worlds of 16 points with each answer and with none, gate by rule."""
    none = Scenario.load("history").with_beliefs("prior").with_china_gate("rule").with_parameters(**NONE)
    arms = {"none": none} | {name: none.with_parameters(**row[1]) for name, row in DIRECTIONS.items()}
    return dict(zip(arms, run_arms(list(arms.values()), runs=PAIRS, seed=3, replications=4), strict=True))


@pytest.mark.slow
@pytest.mark.parametrize("name", DIRECTIONS)
def test_an_answer_moves_what_it_aims_at(answered, name):
    """In at least three quarters of the worlds in which it is given, summed over 2020 to 2032."""
    shows, _, moves, way = DIRECTIONS[name]
    with_it, without = answered[name], answered["none"]
    given = (with_it.series(shows) != without.series(shows)).any(axis=1)
    assert given.sum() >= PAIRS / 4, f"{name}: given in {given.sum()} of {PAIRS} worlds"
    change = (with_it.series(moves) - without.series(moves)).sum(axis=1)[given]
    share = np.mean(way * change > 0.0)
    assert share >= SHARE, f"{name}: {moves} goes the right way in {share:.2f} of {given.sum()} worlds"
    still = (with_it.series(moves) == without.series(moves)).all(axis=1)
    assert (still | given).all(), "nothing moves where nothing is answered"


@pytest.mark.slow
def test_answers_of_buyers_go_up_the_ladder(answered):
    """State buyers are told first: in no world is a private buyer's share above a state buyer's."""
    some = answered["mandate"]
    assert (some.series("mandate_state") >= some.series("mandate_private")).all()
