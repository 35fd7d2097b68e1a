"""Decisions of supply nodes: worked examples by hand, limits, directions (MODEL 3, R7, R9)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abm.rules.supply_node import (
    affordable_share,
    bank_draw,
    bank_target,
    ces_part,
    ces_whole,
    credit_drawn,
    software_part,
    tier_limit,
    tool_position,
)

AMOUNT = st.floats(1e-3, 1e3)
SHARE = st.floats(0.01, 0.99)
SUBSTITUTION = st.floats(1.5, 12.0)


def tier(first, second, share, substitution):
    """Output of two suppliers."""
    total = ces_part(first, share, substitution) + ces_part(second, 1.0 - share, substitution)
    return ces_whole(total, substitution)


def test_suppliers_of_a_tier_by_hand():
    # sigma 2: power 1/2. Usual shares .5 and .5 with 8 and 2: (.5 sqrt(16) + .5 sqrt(4))^2 = 3^2 = 9, less than 10
    assert ces_part(8.0, 0.5, 2.0) == pytest.approx(2.0)
    assert ces_part(2.0, 0.5, 2.0) == pytest.approx(1.0)
    assert ces_whole(3.0, 2.0) == pytest.approx(9.0)
    assert tier(5.0, 0.0, 0.5, 2.0) == pytest.approx(2.5, rel=1e-5), "(.5 sqrt(10))^2: one of two stands still"
    assert tier(5.0, 0.0, 0.5, 1e6) == pytest.approx(5.0, rel=1e-4), "perfect substitutes"


@given(AMOUNT, SHARE, SUBSTITUTION)
def test_suppliers_in_usual_shares_add_up(amount, share, substitution):
    assert tier(share * amount, (1.0 - share) * amount, share, substitution) == pytest.approx(amount, rel=1e-9)


@given(AMOUNT, AMOUNT, SHARE, SUBSTITUTION)
def test_a_tier_never_delivers_more_than_its_suppliers_have(first, second, share, substitution):
    assert tier(first, second, share, substitution) <= (first + second) * (1.0 + 1e-9)


def test_tier_limit_by_hand():
    assert tier_limit(12.0, 0.005, 9.0) == pytest.approx(2400.0), "12 million stacks at 5 a thousand packages' thousand"
    assert tier_limit(12.0, 0.0, 9.0) == 9.0, "no package needs it: the plan stands"
    assert tier_limit(0.0, 0.005, 9.0) == 0.0


def test_bank_target_by_hand():
    # 2.5 quarters of need of .1 bn, of which a known rule takes 40 %: .1
    assert bank_target(2.5, 0.1, 0.4) == pytest.approx(0.1)
    assert bank_target(2.5, 0.1, -0.2) == 0.0, "a rule that will be lifted fills no bank"
    assert bank_target(0.0, 0.1, 0.4) == 0.0


def test_bank_draw_by_hand():
    assert bank_draw(1.0, 0.7, 0.5, 0.0) == pytest.approx(0.3), "sellers deny .3, the bank has it"
    assert bank_draw(1.0, 0.7, 0.2, 0.0) == pytest.approx(0.2), "the bank has no more"
    assert bank_draw(1.0, 1.2, 0.5, 0.1) == pytest.approx(0.4), "nothing is denied: the excess goes first"
    assert bank_draw(0.3, 1.2, 0.5, 0.1) == pytest.approx(0.3), "but no more than is put to use"
    assert bank_draw(1.0, 1.0, 0.1, 0.4) == 0.0, "a bank below its target gives nothing that can be bought"


def test_affordable_share_by_hand():
    assert affordable_share(2.0, 0.5, 0.5) == pytest.approx(0.5)
    assert affordable_share(2.0, 5.0, 0.0) == 1.0
    assert affordable_share(2.0, -1.0, 0.5) == pytest.approx(0.25), "what is missing for other bills buys nothing"
    assert affordable_share(0.0, 0.0, 0.0) == 0.0, "nothing is wanted"


def test_credit_drawn_by_hand():
    assert credit_drawn(-0.4, 0.1, 1.0) == pytest.approx(0.4)
    assert credit_drawn(-0.4, 0.8, 1.0) == pytest.approx(0.2), "up to the limit"
    assert credit_drawn(-0.4, 1.2, 1.0) == 0.0, "a limit that fell below the debt draws nothing"
    assert credit_drawn(0.4, 0.1, 1.0) == pytest.approx(-0.1), "paid back first"
    assert credit_drawn(0.4, 0.9, 1.0) == pytest.approx(-0.4), "as far as cash goes"


def test_tool_position_by_hand():
    assert tool_position(0.3, 0.4) == pytest.approx(0.75)
    assert tool_position(0.5, 0.4) == 1.0, "tools beyond the plan make no output"
    assert tool_position(0.1, 0.0) == 1.0, "nothing is planned"


def test_software_part_by_hand():
    # US makers .9, Chinese .1; 40 % barred: US .54, Chinese .1 + .36
    assert software_part(0.9, 0.0, 0.1, 0.4) == pytest.approx(0.54)
    assert software_part(0.1, 1.0, 0.1, 0.4) == pytest.approx(0.46)
    assert software_part(1.0, 0.0, 0.0, 0.4) == 1.0, "without a Chinese maker nobody could be paid instead"
    assert software_part(0.25, 1.0, 0.25, 0.0) == 0.25, "nothing barred"
