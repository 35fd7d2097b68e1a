"""Elementary functions for rules: the same bits in plain Python, compiled, alone or in lanes.

Every function is built from ``+ - * /``, comparisons, the correctly rounded square root and moves of bits, so that a
run gives the same bits on any machine that keeps IEEE 754 doubles. None of them branches: a loop over lanes that calls
them compiles to vector instructions. Arguments are numbers, results are floats; NaN goes in and comes out, and no
argument raises or warns.

Write ``from abm.rules.numbers import exp, log`` and call ``exp(x)``: a name reached through its module
(``numbers.exp``) cannot be compiled. Both sides of ``select`` are evaluated, so guard a denominator:
``select(wanted > 0.0, available / larger(wanted, TINY), 1.0)``.
"""

import math

import numpy as np

INFINITY = math.inf
NAN = math.nan
LOWEST = -1.7976931348623157e308
"""The most negative finite number: where a running maximum starts."""
TINY = 1e-300
"""Smallest denominator a rule divides by: far below any quantity of the model, far above underflow."""

# Adding this constant rounds |x| < 2**51 to the nearest integer, which then stands in the low bits of the sum.
_ROUND = 6755399441055744.0  # 1.5 * 2**52
_ROUND_BITS = 0x4338000000000000
_LOG2_E = 1.4426950408889634
# ln 2 in two parts: the first has 32 zero bits at its end, so that its product with an exponent is exact.
_LN2_HIGH = 0.6931467056274414
_LN2_LOW = 4.7493250390316726e-07
_MANTISSA = 0x000FFFFFFFFFFFFF
_ROOT_HALF_BITS = 0x3FE6A09E667F3BCD  # sqrt(1/2)
_TO_ROOT_HALF = 0x00095F619980C433  # bits of 1 less bits of sqrt(1/2)
_SMALLEST_NORMAL = 2.2250738585072014e-308
_TWO_54 = 18014398509481984.0


def select(condition: bool, a: float, b: float) -> float:
    """`a` where the condition holds, else `b`; both have been evaluated already, so lanes need no branch."""
    return a if condition else b


def smaller(a: float, b: float) -> float:
    """The smaller of two numbers; NaN if either is NaN, so that an error is never hidden."""
    return select(a < b, a, select(a == a, b, a))  # noqa: PLR0124 - unequal to itself: NaN


def larger(a: float, b: float) -> float:
    """The larger of two numbers; NaN if either is NaN, so that an error is never hidden."""
    return select(a > b, a, select(a == a, b, a))  # noqa: PLR0124 - unequal to itself: NaN


def clip(x: float, low: float, high: float) -> float:
    """`x` kept within [low, high]; NaN stays NaN."""
    return select(x < low, low, select(x > high, high, x))


def exp(x: float) -> float:
    """The exponential of x, within 1 ulp (2 ulp below 1e-308); inf above 709.78, 0 below -745.13."""
    x = float(x)
    bounded = select(x > 710.0, 710.0, select(x < -746.0, -746.0, x))
    halvings = (bounded * _LOG2_E + _ROUND) - _ROUND
    r = (bounded - halvings * _LN2_HIGH) - halvings * _LN2_LOW
    # (e**r - 1 - r) / r**2 for |r| <= ln(2)/2, interpolated at Chebyshev nodes: error 1.6e-17 of e**r.
    tail = 2.480152119021773e-05 + r * (
        2.7557268378684192e-06 + r * (2.7620138719733994e-07 + r * 2.5100424157005067e-08)
    )
    tail = 0.008333333333330051 + r * (0.0013888888917281794 + r * (0.00019841269863105968 + r * tail))
    tail = 0.5000000000000001 + r * (0.16666666666666669 + r * (0.04166666666662399 + r * tail))
    # 2**n as two factors, so that results below 1e-308 lose digits gradually and those above the largest become inf.
    first = halvings * 0.5 + _ROUND
    rest = (halvings - (first - _ROUND)) + _ROUND
    return ((1.0 + (r + r * r * tail)) * _power_of_two(first)) * _power_of_two(rest)


def _power_of_two(rounded: float) -> float:
    """2**n for |n| < 1023, where `rounded` is n plus the rounding constant."""
    bits = np.float64(rounded).view(np.int64)
    return float(np.int64(((bits + 1023) & 0x7FF) << 52).view(np.float64))


def log(x: float) -> float:
    """The natural logarithm of x, within 1 ulp; log(0) = -inf, log of a negative number = NaN, log(inf) = inf."""
    x = float(x)
    usable = select(x > 0.0, select(x < INFINITY, x, 1.0), 1.0)
    small = usable < _SMALLEST_NORMAL
    scaled = select(small, usable * _TWO_54, usable)
    # x = 2**exponent * m with m in [sqrt(1/2), sqrt(2)).
    bits = np.float64(scaled).view(np.int64) + _TO_ROOT_HALF
    m = float(np.int64((bits & _MANTISSA) + _ROOT_HALF_BITS).view(np.float64))
    exponent = float(np.int64(((bits >> 52) & 0x7FF) + _ROUND_BITS).view(np.float64)) - (_ROUND + 1023.0)
    exponent = exponent - select(small, 54.0, 0.0)
    # log(m) = 2 atanh(s) = f - s*(f - series) with f = m - 1; the series in s**2 is interpolated at Chebyshev nodes.
    f = m - 1.0
    s = f / (2.0 + f)
    z = s * s
    series = 0.22222211089368124 + z * (0.18182892433364564 + z * (0.15331611694570085 + z * 0.14617807492803847))
    series = z * (0.666666666666667 + z * (0.3999999999989889 + z * (0.2857142862625391 + z * series)))
    half = 0.5 * f * f
    value = exponent * _LN2_HIGH - ((half - (s * (half + series) + exponent * _LN2_LOW)) - f)
    outside = select(x == 0.0, -INFINITY, NAN)
    return select(x > 0.0, select(x < INFINITY, value, INFINITY), outside)


def sqrt(x: float) -> float:
    """The square root of x, correctly rounded; NaN for a negative number."""
    x = float(x)
    return select(x < 0.0, NAN, math.sqrt(select(x < 0.0, 0.0, x)))


def power(x: float, y: float) -> float:
    """`x` to the power `y` for x >= 0, as exp(y log x); power(x, 0) = 1. Relative error (2 + |y log x|) * 2e-16."""
    y = float(y)
    return select(y == 0.0, 1.0, exp(y * log(x)))


def logistic(x: float) -> float:
    """1 / (1 + exp(-x)): a share between 0 and 1."""
    return 1.0 / (1.0 + exp(-x))


def normal_quantile(p: float) -> float:
    """The number below which a standard normal lies with probability `p`: relative error below 6e-10.

    Two rational functions, fitted to the inverse of the normal distribution: one in (p - 1/2)**2 for p within 0.425 of
    the median, one in sqrt(-log p) for the tail. normal_quantile(0) = -inf, (1) = inf, NaN outside [0, 1], and the
    upper tail is the lower one with its sign changed.
    """
    p = float(p)
    inside = select(p > 0.0, select(p < 1.0, p, 0.5), 0.5)
    u = inside - 0.5
    x = select(u * u < 0.180625, u * u, 0.180625)
    above = 60.71074818553372 + x * (-58.98307600321745 + x * 11.095516140658098)
    below = 32.044355140990604 + x * (-41.06677121995573 + x * 15.31114435669313)
    above = 2.5066282753692244 + x * (-21.61605558662246 + x * above)
    central = u * (above / (1.0 + x * (-9.670755908715407 + x * below)))
    r = sqrt(-log(select(inside < 0.5, inside, 1.0 - inside)))
    above = 5.403554000074039 + r * (10.273584809387533 + r * (2.4221123445584585 + r * 0.11108878266035248))
    below = 1.7134721966375122 + r * (0.07854513149565408 + r * 3.6184877513214344e-08)
    below = 1.0 + r * (6.813433075551567 + r * (7.474515927665528 + r * below))
    tail = (-3.1048454452355094 + r * (-9.341350915386466 + r * above)) / below
    value = select(u * u < 0.180625, central, select(u < 0.0, -tail, tail))
    limit = select(p == 0.0, -INFINITY, select(p == 1.0, INFINITY, NAN))
    return select(p > 0.0, select(p < 1.0, value, limit), limit)
