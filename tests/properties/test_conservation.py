"""Laws that hold exactly in every quarter of every world: chips, money, banks, packaging (MODEL section 7)."""

from __future__ import annotations

import books
import market
import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from abm.engine import LANES
from abm.parameters import load_parameters
from abm.scenario import Scenario
from abm.start import Lanes
from abm.vocabulary import LAW_CHIPS, LAW_FINITE, LAW_MONEY, LAW_NON_NEGATIVE, QUARTERS, SWITCHES

SEED = st.integers(0, 2**31 - 1)
STYLES = st.fixed_dictionaries({name: st.sampled_from(market.STYLES) for name in market.SHARES})
CORNER = st.sampled_from([0.0, 0.3, 1.0])
OFF = st.sampled_from([0.0, 0.2, 1.0])
SEARCH = (Phase.explicit, Phase.reuse, Phase.generate)
"""A seed is as simple as any other: looking for a smaller counterexample would only take time."""
SCENARIOS = (
    "history",
    "none_0",
    "none_threat",
    "chips_only",
    "tools_only",
    "frozen",
    "tight",
    "sliding",
    "lifted_2027",
    "mobilised",
)


def random_world(seed, styles, corner, off, runs):
    """A world whose lanes have laws, parameters and mechanisms of their own."""
    rng = np.random.default_rng(seed)
    plan = market.any_law(market.plan_of("history", "none_0"), rng, runs, styles)
    return market.world_of(plan, market.any_lanes(rng, runs, corner, off), seed)


def drawn_world(names, runs):
    """Shipped scenarios with parameters from their priors, one arm a scenario."""
    arms = [Scenario.load(name).with_beliefs("prior") for name in names]
    return market.builder_of(arms, seed=7, replications=2).fill(np.arange(runs)).world


def hold(world, quarters, laws, compiled):
    """Run and check after every quarter, here and by the model's own law."""
    for step in range(quarters):
        was = market.copy_of(world)
        market.advance(world, step, step + 1, compiled)
        books.audit(world, was, step, laws)
        assert (world.failed_quarter == -1).all(), f"law {world.failed_law.max()} broke in quarter {step}"


@settings(max_examples=12, phases=SEARCH)
@given(SEED, STYLES, CORNER, OFF)
def test_laws_hold_under_any_law_with_any_parameters(seed, styles, corner, off):
    hold(random_world(seed, styles, corner, off, 2), 6, books.LAWS, compiled=False)


def test_plain_python_meets_no_infinity_at_the_ends_of_the_ranges():
    """No warning of NumPy, not even from the side of a `select` that is thrown away: all lows, and all highs."""
    table = load_parameters().values()
    ends = np.array([[p.default, p.default] if p.group else [p.low, p.high] for p in table])
    lanes = Lanes(np.arange(2), np.zeros(2, dtype=np.int64), ends, np.ones((len(SWITCHES), 2)))
    world = market.world_of(market.plan_of("history", "none_0"), lanes)
    market.advance(world, 0, 3, strict=True)
    assert (world.failed_quarter == -1).all()


@settings(max_examples=6, phases=SEARCH)
@given(SEED, STYLES, CORNER, OFF)
def test_no_money_of_a_budget_gets_lost_in_the_first_quarters(seed, styles, corner, off):
    hold(random_world(seed, styles, corner, off, 2), 6, (books.budgets,), compiled=False)


@pytest.mark.slow
@settings(max_examples=8, phases=SEARCH)
@given(SEED, STYLES, CORNER, OFF)
def test_laws_hold_in_all_quarters_of_random_worlds(seed, styles, corner, off):
    hold(random_world(seed, styles, corner, off, LANES), QUARTERS, books.LAWS, compiled=True)


@pytest.mark.slow
@settings(max_examples=4, phases=SEARCH)
@given(SEED, STYLES, CORNER, OFF)
def test_no_money_of_a_budget_gets_lost_in_random_worlds(seed, styles, corner, off):
    hold(random_world(seed, styles, corner, off, LANES), QUARTERS, (books.budgets,), compiled=True)


@pytest.mark.slow
def test_laws_hold_in_all_quarters_of_every_shipped_scenario():
    hold(drawn_world(SCENARIOS, LANES), QUARTERS, books.LAWS, compiled=True)


@pytest.mark.slow
def test_no_money_of_a_budget_gets_lost_in_any_shipped_scenario():
    hold(drawn_world(SCENARIOS, LANES), QUARTERS, (books.budgets,), compiled=True)


@pytest.mark.slow
def test_money_that_waits_is_there():
    hold(drawn_world(("history", "none_0"), LANES), QUARTERS, (books.promises,), compiled=True)


def quarter_of_history(step):
    """The world of history before and after a quarter."""
    world = drawn_world(("history", "none_0"), 2)
    market.advance(world, 0, step)
    was = market.copy_of(world)
    market.advance(world, step, step + 1)
    return world, was


@pytest.fixture(scope="module")
def honest():
    return quarter_of_history(4)


FRAUDS = {
    "deployed": "chips",
    "retired": "chips|attrition|retired",
    "slot_deployed": "generations in halls",
    "slot_stored": "generations in store",
    "mean_performance": "mean performance",
    "delivered": "chips|sales|deliver",
    "sold_china": "sales in China",
    "stock": "stock of Chinese lines",
    "world_stock": "world packaging",
    "node_capacity": "world capacity|capacity",
    "node_stock": "unsold output",
    "node_credit": "debt|row|column",
    "node_sales": "sales|payout",
    "tool_bank": "tool banks",
    "tools_sold": "tool|sales",
    "spent": "spending on chips",
    "cash": "cash of AI firms",
    "mobilised_total": "mobilised so far|ceiling",
    "subsidy_paid": "subsidies",
    "counter_control": "minerals",
    "gate": "gate|deliverable",
    "mandate": "mandate",
    "credit": "debt|cash|credit",
    "revenue_smooth": None,
    "vendor_cash": "column",
    "node_cash": "column",
    "flows": "row|column",
    "die_bank": "die banks",
    "hbm_bank": "memory banks",
    "dies_coming": "dies on their way",
    "node_tools": "tools|capacity",
    "experience": "experience",
    "us_sales": "frontier sales",
    "mix": "research shares",
}


@pytest.mark.parametrize("name", FRAUDS)
def test_the_books_notice_a_fraud(honest, name):
    """A number out of line by a thousandth is found; an array outside the books (the control) is not."""
    world, was = honest
    books.audit(world, was, 4)
    false = market.copy_of(world)
    array = getattr(false, name)
    places = np.unravel_index(np.argmax(np.abs(array)), array.shape)
    array[places] = 1.001 * array[places] + 0.001
    if FRAUDS[name] is None:
        books.audit(false, was, 4)
        return
    with pytest.raises(AssertionError, match=FRAUDS[name]):
        books.audit(false, was, 4)


@pytest.mark.parametrize(
    ("name", "place", "value", "law"),
    [
        ("die_bank", (0,), -50.0, LAW_NON_NEGATIVE),
        ("warehouse", (0, 0), -50.0, LAW_CHIPS),
        ("node_cash", (0,), np.nan, LAW_MONEY),
        ("deployed", (0, 0, 0), np.inf, LAW_CHIPS),
        ("residual", (), np.nan, LAW_FINITE),
    ],
)
def test_a_broken_world_is_marked_with_quarter_and_law_and_leaves_the_others_alone(name, place, value, law):
    """A negative stock, infinity or NaN that enters lane 0 in quarter 2 marks that lane, and no bit of lane 1 moves."""
    world = drawn_world(("none_0", "none_0"), 2)
    market.advance(world, 0, 2)
    sound = market.copy_of(world)
    getattr(world, name)[(*place, 0)] = value
    market.advance(world, 2, 4)
    market.advance(sound, 2, 4)
    assert world.failed_quarter.tolist() == [2, -1]
    assert world.failed_law.tolist() == [law, -1]
    assert market.same_bits(world.record[..., 1], sound.record[..., 1])
