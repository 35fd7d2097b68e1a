"""Own elementary functions: how exact they are, what they do at the edges, and the same bits plain and compiled."""

import itertools
import math
import random
import warnings
from decimal import Decimal, getcontext
from fractions import Fraction
from statistics import NormalDist

import numba
import numpy as np
import pytest

from abm.link import link
from abm.rules import numbers
from abm.rules.numbers import (
    LOWEST,
    TINY,
    clip,
    exp,
    larger,
    log,
    logistic,
    normal_quantile,
    power,
    select,
    smaller,
    sqrt,
)

LANES = 1


def _ulps(value, exact):
    """Distance from the exact value in units of the last place."""
    return float(abs(Decimal(value) - exact) / Decimal(math.ulp(float(exact))))


@pytest.fixture(autouse=True)
def _forty_digits():
    getcontext().prec = 40


def _numbers(seed, count, low, high):
    chance = random.Random(seed)
    return [chance.uniform(low, high) for _ in range(count)]


@pytest.mark.parametrize(("low", "high"), [(-1.0, 1.0), (-30.0, 30.0), (-708.0, 709.7)])
def test_exp_is_within_one_unit_of_the_last_place(low, high):
    assert max(_ulps(exp(x), Decimal(x).exp()) for x in _numbers(1, 3000, low, high)) <= 1.0


@pytest.mark.parametrize(("low", "high"), [(-0.7, 0.7), (-30.0, 30.0), (-708.0, 709.0)])
def test_log_is_within_one_unit_of_the_last_place(low, high):
    values = [math.exp(x) for x in _numbers(2, 3000, low, high)]
    assert max(_ulps(log(x), Decimal(x).ln()) for x in values) <= 1.0


def test_exp_and_log_agree_with_the_c_library_to_two_units():
    for x in _numbers(3, 20_000, -700.0, 700.0):
        assert abs(exp(x) - math.exp(x)) <= 2 * math.ulp(math.exp(x))
        assert abs(log(math.exp(x)) - math.log(math.exp(x))) <= 2 * math.ulp(math.log(math.exp(x)))


def test_power_keeps_the_accuracy_it_states():
    for x, y in zip(_numbers(4, 3000, 1e-3, 1e3), _numbers(5, 3000, -4.0, 4.0), strict=True):
        exact = (Decimal(y) * Decimal(x).ln()).exp()
        assert abs(Decimal(power(x, y)) / exact - 1) <= Decimal("2e-16") * (2 + abs(Decimal(y) * Decimal(x).ln()))


def test_round_values_are_exact():
    assert exp(0.0) == 1.0
    assert log(1.0) == 0.0
    assert power(7.0, 0.0) == 1.0
    assert sqrt(2.25) == 1.5
    assert logistic(0.0) == 0.5
    assert normal_quantile(0.5) == 0.0


def test_exp_at_the_edges():
    assert exp(-math.inf) == 0.0
    assert exp(math.inf) == math.inf
    assert exp(710.0) == math.inf
    assert exp(-746.0) == 0.0
    assert 0.0 < exp(-745.0) < 1e-322
    assert exp(-720.0) == pytest.approx(math.exp(-720.0), rel=1e-10)
    assert math.isnan(exp(math.nan))


def test_log_at_the_edges():
    assert log(0.0) == -math.inf
    assert log(-0.0) == -math.inf
    assert log(math.inf) == math.inf
    assert log(5e-324) == pytest.approx(math.log(5e-324), rel=1e-15)
    assert log(1e-310) == pytest.approx(math.log(1e-310), rel=1e-15)
    assert math.isnan(log(-1.0))
    assert math.isnan(log(-math.inf))
    assert math.isnan(log(math.nan))


def test_power_sqrt_and_logistic_at_the_edges():
    assert power(0.0, 2.0) == 0.0
    assert power(0.0, -1.0) == math.inf
    assert power(0.0, 0.0) == 1.0
    assert math.isnan(power(-2.0, 2.0))
    assert sqrt(0.0) == 0.0
    assert sqrt(math.inf) == math.inf
    assert math.isnan(sqrt(-1.0))
    assert math.isnan(sqrt(math.nan))
    assert logistic(-math.inf) == 0.0
    assert logistic(math.inf) == 1.0
    assert logistic(-800.0) == 0.0


@pytest.mark.parametrize("choose", [smaller, larger])
def test_an_error_is_never_hidden_by_a_bound(choose):
    assert math.isnan(choose(math.nan, 1.0))
    assert math.isnan(choose(1.0, math.nan))
    assert math.isnan(clip(math.nan, 0.0, 1.0))


def test_bounds_and_choice():
    assert (smaller(2.0, 3.0), smaller(3.0, 2.0)) == (2.0, 2.0)
    assert (larger(2.0, 3.0), larger(3.0, 2.0)) == (3.0, 3.0)
    assert [clip(x, -1.0, 1.0) for x in (-2.0, 0.5, 2.0)] == [-1.0, 0.5, 1.0]
    assert (select(True, 1.0, 2.0), select(False, 1.0, 2.0)) == (1.0, 2.0)
    assert larger(LOWEST, -1e308) == -1e308
    assert math.isfinite(1.0 / TINY)


def test_normal_quantile_keeps_the_error_it_states():
    inverse = NormalDist().inv_cdf
    tails = [math.exp(x) for x in _numbers(6, 5000, -700.0, -0.7)]
    for p in [*_numbers(7, 20_000, 1e-9, 1.0 - 1e-9), *tails, 0.075, 0.925, 0.07499999, 0.07500001]:
        assert normal_quantile(p) == pytest.approx(inverse(p), rel=6e-10, abs=1e-15)


def test_normal_quantile_is_odd_and_rises():
    shares = sorted([*_numbers(8, 5000, 0.0, 0.5), 2**-53])
    values = [normal_quantile(p) for p in shares]
    assert all(below <= above for below, above in itertools.pairwise(values))
    assert all(normal_quantile(1.0 - (1.0 - p)) == -normal_quantile(1.0 - p) for p in shares)


def test_normal_quantile_at_the_edges():
    assert normal_quantile(0.0) == -math.inf
    assert normal_quantile(1.0) == math.inf
    assert all(math.isnan(normal_quantile(p)) for p in (-0.1, 1.1, math.nan))
    assert normal_quantile(5e-324) == pytest.approx(-38.4674056, rel=1e-6)


def test_numpy_scalars_and_whole_numbers_neither_warn_nor_change_the_result():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for x in (0.0, -0.0, 1.0, -1.0, 1e308, -1e308, 5e-324, math.inf, -math.inf, math.nan):
            for function in (exp, log, sqrt, logistic, normal_quantile):
                plain, scalar = function(x), function(np.float64(x))
                assert isinstance(scalar, float)
                assert plain == scalar or (math.isnan(plain) and math.isnan(scalar))
            power(np.float64(x), np.float64(0.0))
    assert exp(1) == exp(1.0)
    assert log(2) == log(2.0)


def _apply(values, out):
    for row in range(values.shape[0]):
        for run in range(LANES):
            out[row, run] = _function(values[row, run])


def _function(x):
    return x


def _fifth_root(x):
    return power(x, 0.2)


def _bounded(x):
    return clip(smaller(x, 3.0) + larger(x, -2.0), -4.0, 4.0)


@pytest.mark.parametrize(
    "function", [exp, log, sqrt, logistic, normal_quantile, _fifth_root, _bounded], ids=lambda f: f.__name__
)
def test_plain_and_compiled_in_lanes_give_the_same_bits(function):
    chance = np.random.default_rng(9)
    wide = np.ldexp(chance.uniform(-1.0, 1.0, 40_000), chance.integers(-1070, 1020, 40_000))
    values = np.concatenate([wide, chance.uniform(-750.0, 750.0, 30_000), chance.uniform(0.0, 1.0, 29_990)])
    values = np.concatenate([values, [0.0, -0.0, np.inf, -np.inf, np.nan, 1.0, 5e-324, 0.5, 710.0, -746.0]])
    values = values.reshape(-1, 32)
    out = np.empty_like(values)
    link(_apply, {_function: function}, {"LANES": 32})(values, out)
    plain = np.array([function(float(x)) for x in values.ravel()]).reshape(values.shape)
    same = (plain.view(np.int64) == out.view(np.int64)) | (np.isnan(plain) & np.isnan(out))
    assert same.all()


def test_nothing_is_fused_when_compiled():
    """A fused multiply-add would give 2**-60 where two roundings give 0: bits would differ between machines."""

    def residual(x):
        return x * x - (1.0 + 2.0**-29)

    x = 1.0 + 2.0**-30
    assert numba.njit(error_model="numpy")(residual)(x) == residual(x) == 0.0
    assert Fraction(x) ** 2 - Fraction(1.0 + 2.0**-29) == Fraction(1, 2**60)


def test_every_public_function_says_what_it_does():
    public = [name for name in vars(numbers) if not name.startswith("_") and callable(getattr(numbers, name))]
    assert {"exp", "log", "power", "sqrt", "select", "smaller", "larger", "clip", "logistic"} <= set(public)
    assert all(getattr(numbers, name).__doc__ for name in public)
