"""Quantiles and elementary functions on arrays, built from + - x / and square root: the same bits on every machine."""

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SPAN_90 = 2 * 1.6448536269514722
"""Standard deviations between the 5 % and the 95 % quantile of a normal."""

_LN2_HIGH = 6.93147180369123816490e-01  # ends in zero bits, so a whole multiple is exact
_LN2_LOW = 1.90821492927058770002e-10


def log(x: Floats) -> Floats:
    """Natural logarithm of positive numbers."""
    fraction, twos = np.frexp(x)
    small = fraction < math.sqrt(0.5)
    fraction, twos = np.where(small, 2 * fraction, fraction), np.where(small, twos - 1, twos)
    ratio: Floats = (fraction - 1) / (fraction + 1)
    return twos * _LN2_HIGH + (2 * ratio * _polynomial(_ATANH, ratio * ratio) + twos * _LN2_LOW)


def exp(x: Floats) -> Floats:
    """Exponential of moderate numbers."""
    twos = np.rint(x / (_LN2_HIGH + _LN2_LOW))
    rest = (x - twos * _LN2_HIGH) - twos * _LN2_LOW
    power: Floats = np.ldexp(_polynomial(_TAYLOR, rest), twos.astype(np.int32))
    return power


def truncated_normal(mean: float, low: float, high: float, u: Floats) -> Floats:
    """Normal whose 5-95 % range is as wide as low..high, cut off at both ends."""
    spread = (high - low) / SPAN_90
    (below, upto), _ = _normal_share(np.array([low - mean, high - mean]) / spread)
    return mean + spread * _normal_quantile(below + u * (upto - below))


def _normal_share(z: Floats) -> tuple[Floats, Floats]:
    """Share of a normal below z and its density there, for |z| up to about 5 (Marsaglia 2004, series)."""
    term = total = z
    for odd in range(3, 161, 2):
        term = term * (z * z / odd)
        total = total + term
    density = exp(-0.5 * z * z) / math.sqrt(2 * math.pi)
    return 0.5 + density * total, density


def _normal_quantile(share: Floats) -> Floats:
    """Where a normal has that share below; Newton from the mean only ever falls short, up to |z| of about 4."""
    z = np.zeros_like(share)
    for _ in range(14):
        reached, density = _normal_share(z)
        z = z - (reached - share) / density
    return z


def _polynomial(coefficients: tuple[float, ...], x: Floats) -> Floats:
    """Horner's scheme, constant term first."""
    value = np.full_like(x, coefficients[-1])
    for coefficient in coefficients[-2::-1]:
        value = value * x + coefficient
    return value


_ATANH = tuple(1 / odd for odd in range(1, 26, 2))
_TAYLOR = tuple(1 / math.factorial(n) for n in range(16))
