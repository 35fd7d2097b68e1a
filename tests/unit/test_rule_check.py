"""A function that shall stand for a rule is looked at alone, at once, and refused in one line."""

import math

import numba
import pytest

import abm.link as linking
from abm import rule_check
from abm.link import digest
from abm.rule_check import RuleError, all_rules, check_rule, rule_named
from abm.rules import numbers
from abm.rules.ai_firm import offer_value
from abm.rules.numbers import exp, log

RATE = 0.5


def demand(price):
    return RATE * exp(-price)


def test_rules_are_found_by_name_and_arithmetic_is_none():
    assert rule_named("offer_value") is offer_value
    assert {"offer_value", "list_price", "cutoff_hazard", "attraction"} <= set(all_rules())
    assert not {"exp", "larger", "select"} & set(all_rules())
    with pytest.raises(RuleError, match="no rule is called 'ofer_value'; nearest valid name: 'offer_value'"):
        rule_named("ofer_value")


@pytest.mark.parametrize(
    "fits",
    [
        lambda price: 1.0 / price,
        lambda price: demand(price) - 0.1,
        lambda price: math.nan,
        numba.njit(lambda price: price + 1.0),
    ],
)
def test_rules_that_fit_are_accepted(fits):
    check_rule(demand, fits)


def _returns_early(price):
    if price > 0.5:
        return exp(price)
    return log(price)


def test_a_rule_with_a_branch_is_accepted():
    check_rule(demand, _returns_early)


@pytest.mark.parametrize(
    ("misfit", "message"),
    [
        (lambda price, stock: price, r"rule demand: <lambda>\(price, stock\) must take 1 numbers: price"),
        (lambda: 1.0, "must take 1 numbers: price"),
        (lambda price, slope=1.0: price, "must take 1 numbers: price"),
        (lambda price, *others: price, "must take 1 numbers: price"),
        (lambda price, *, slope=1.0: price, "must take 1 numbers: price"),
        (lambda price: 1, r"must return a float \(such as 1.0, not 1\), it returns Literal"),
        (lambda price: (price, 1.0), r"must return a float \(such as 1.0, not 1\), it returns UniTuple"),
        (lambda price: price.nosuch, "cannot be compiled: Unknown attribute 'nosuch'"),
        (lambda price: 2.0 * numbers.exp(price), "cannot be compiled: .* uses numbers.exp"),
        (lambda price: 1.0 / (price - price), "raises ZeroDivisionError .* guard a denominator"),
        (lambda price: math.sqrt(-price), "raises ValueError .* guard a denominator"),
        (len, "the replacement must be a plain function, not builtin_function_or_method"),
    ],
)
def test_rules_that_do_not_fit_are_refused_in_one_line(misfit, message):
    with pytest.raises(RuleError, match=message) as refused:
        check_rule(demand, misfit)
    assert "\n" not in str(refused.value)


def test_a_rule_whose_bits_differ_when_compiled_is_refused(monkeypatch):
    monkeypatch.setitem(linking.RULE, "fastmath", True)

    def sums(price):
        return ((price + 1e16) - 1e16) + price

    with pytest.raises(RuleError, match=r"sums gives .* in plain Python and .* compiled for \[.*use exp, log, power"):
        check_rule(demand, sums)


@pytest.mark.parametrize(("mine", "fine"), [(lambda price: 1, False), (lambda price: 1.0, True), (demand, True)])
def test_without_a_compiler_the_value_is_looked_at(mine, fine, monkeypatch):
    monkeypatch.setattr(rule_check._config, "DISABLE_JIT", 1)
    if fine:
        check_rule(demand, mine)
        return
    with pytest.raises(RuleError, match=r"must return a float \(such as 1.0, not 1\), it returns int"):
        check_rule(demand, mine)


def test_a_digest_says_what_a_rule_does():
    def made(slope):
        return lambda price: slope * price

    assert digest(made(1.0)) == digest(made(1.0)) != digest(made(2.0))
    assert digest(demand) != digest(log)
    table = [1.0]
    assert digest(lambda price: price * len(table)) == ""
