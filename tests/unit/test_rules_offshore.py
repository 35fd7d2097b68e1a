"""Compute abroad: worked examples by hand, limits, directions (MODEL 3, R8)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abm.rules.offshore import expected_fill, rental_rate, tenancy_open, tenant_capacity

SHARE = st.floats(0.0, 1.0)
AMOUNT = st.floats(1e-3, 1e3)


def test_rent_by_hand():
    # 40 thousand USD to own an H100, slot and power included, over 20 quarters is 2.0 a quarter; 30 % on top is 2.6,
    # which is 2,600 / 2,191.5 hours = 1.19 USD an hour
    assert rental_rate(40.0, 20.0, 0.3) == pytest.approx(2.6, rel=1e-12)
    assert rental_rate(40.0, 20.0, 0.0) * 20.0 == pytest.approx(40.0, rel=1e-12)


@given(AMOUNT, st.floats(16.0, 24.0), st.floats(0.1, 0.6))
def test_rent_over_the_life_of_a_chip_costs_more_than_owning_it(owning, life, margin):
    assert rental_rate(owning, life, margin) * life > owning


def test_capacity_for_tenants_by_hand():
    # of 100 thousand chips 1.25 % wear out; .4 of 5 USD bn at 25 thousand USD buys 80 thousand more
    assert tenant_capacity(100.0, 0.0125, 0.4, 5.0, 25.0) == pytest.approx(178.75, rel=1e-12)
    assert tenant_capacity(100.0, 0.0, 0.0, 5.0, 25.0) == 100.0


def test_a_cloud_rule_leaves_what_it_does_not_cover_and_what_hides():
    # a rule on four fifths of rented compute, enforced in .7 of cases, leaves 1 - .56
    assert tenancy_open(0.8, 0.7) == pytest.approx(0.44, rel=1e-12)
    assert tenancy_open(0.0, 0.7) == 1.0
    assert tenancy_open(1.0, 1.0) == 0.0


@given(SHARE, SHARE, SHARE)
def test_a_wider_rule_and_more_enforcement_leave_less(coverage, enforcement, more):
    assert tenancy_open(max(coverage, more), enforcement) <= tenancy_open(coverage, enforcement)
    assert tenancy_open(coverage, max(enforcement, more)) <= tenancy_open(coverage, enforcement)


def test_expected_fill_by_hand():
    assert expected_fill(30.0, 120.0) == 0.25
    assert expected_fill(30.0, 10.0) == 1.0
    assert expected_fill(0.0, 10.0) == 0.01
    assert expected_fill(0.0, 0.0) == 0.01
