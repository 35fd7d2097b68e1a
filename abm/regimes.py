"""Regimes: what the controls did to lead, domestic output and vendor revenue, as a complete partition (MODEL 9).

Each of the three effects is beyond its band on one side, within it, or beyond it on the other: 27 cells, each with
exactly one name.  No run is left over and none counts twice; a run with a missing input is `undefined`.
"""

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

type Floats = NDArray[np.float64]
type Codes = NDArray[np.int64]

type Cell = tuple[int, int, int]

LEAD_BAND = 1.0
"""Months by which the US lead must change to count."""
OUTPUT_BAND = 0.25
"""Change of ln domestic output that counts."""
REVENUE_BAND = 0.03
"""Change of ln present value of US revenue that counts."""
LEVERAGE_BAND = 0.10
"""Change of leverage that counts, on the same sign as domestic output: a fall means decoupling."""
OUTPUT_ALONE = "domestic output alone; leverage was not measured"
"""What the second sign is made of where no leverage is at hand."""

UNDEFINED = "undefined"
_ANY = (-1, 0, 1)


@dataclass(frozen=True)
class Regime:
    """A named set of cells (lead, decoupling, revenue): +1 above the band, 0 within, -1 below.

    Lead + means that the US lead grew, decoupling + that China makes more of its own, revenue + that US vendors earn
    more than without the controls.
    """

    name: str
    cells: frozenset[Cell]


def _regime(name: str, lead: int, decoupling: tuple[int, ...], revenue: tuple[int, ...]) -> Regime:
    return Regime(name, frozenset(product((lead,), decoupling, revenue)))


REGIMES = (
    _regime("win-win for the controller", 1, (-1, 0), (0, 1)),
    _regime("contained at a cost", 1, (-1, 0), (-1,)),
    _regime("bite with decoupling", 1, (1,), _ANY),
    _regime("decoupled for nothing", 0, (1,), (-1, 0)),
    _regime("decoupled, revenue kept", 0, (1,), (1,)),
    _regime("costly, no effect", 0, (-1, 0), (-1,)),
    _regime("neutral", 0, (0,), (0,)),
    Regime("dependence gained", frozenset({(0, -1, 0), (0, -1, 1), (0, 0, 1)})),
    _regime("full backfire", -1, (1,), (-1, 0)),
    _regime("lead sold for revenue", -1, (1,), (1,)),
    _regime("lead lost, no decoupling", -1, (-1, 0), _ANY),
)
"""The eleven regimes, in the order of MODEL 9."""

NAMES = (*(regime.name for regime in REGIMES), UNDEFINED)
"""Names by code; the last is for runs with a missing input."""


def regime_of(lead: int, decoupling: int, revenue: int) -> str:
    """Name of a cell given its three signs.

    Raises
    ------
    ValueError
        If a sign is not -1, 0 or 1.
    """
    for regime in REGIMES:
        if (lead, decoupling, revenue) in regime.cells:
            return regime.name
    raise ValueError(f"({lead}, {decoupling}, {revenue}) is no cell: each sign is -1, 0 or 1")


def _code_table() -> Codes:
    table = np.full((3, 3, 3), -1, dtype=np.int64)
    for code, regime in enumerate(REGIMES):
        for lead, decoupling, revenue in regime.cells:
            table[lead + 1, decoupling + 1, revenue + 1] = code
    return table


_CODES = _code_table()


def band_sign(effect: Floats, band: float) -> Codes:
    """+1 above the band, -1 below it, 0 within and on its edge; NaN gives 0, so mask it beforehand."""
    return np.asarray((effect > band).astype(np.int64) - (effect < -band))


def decoupling_sign(output: Floats, leverage: Floats | None, bands: float = 1.0) -> Codes:
    """+1 where output rose or leverage fell beyond its band, else -1 where either moved the other way (MODEL 9).

    Parameters
    ----------
    output, leverage : (run,)
        Changes; where leverage is unknown (NaN) output alone decides.
    """
    made = band_sign(output, bands * OUTPUT_BAND)
    if leverage is None:
        return made
    lost = -band_sign(np.where(np.isnan(leverage), 0.0, leverage), bands * LEVERAGE_BAND)
    return np.where((made > 0) | (lost > 0), 1, np.minimum(made, lost))


def regime_codes(
    lead: Floats, output: Floats, revenue: Floats, bands: float = 1.0, leverage: Floats | None = None
) -> Codes:
    """Regime of each run as an index into `NAMES`.

    Parameters
    ----------
    lead : (run,)
        Change of the US lead, months.
    output : (run,)
        Change of ln domestic output; infinite where only one arm makes any.
    revenue : (run,)
        Change of ln present value of US vendors' world revenue.
    bands : float
        Factor on all bands, for the reclassification table.
    leverage : (run,), optional
        Change of leverage where it was measured; NaN where it is undefined.

    Raises
    ------
    ValueError
        If the factor is not positive.
    """
    if not bands > 0:
        raise ValueError(f"bands: the factor must be above 0, not {bands}")
    unknown = np.isnan(lead) | np.isnan(output) | np.isnan(revenue)
    signs = (
        band_sign(lead, bands * LEAD_BAND),
        decoupling_sign(output, leverage, bands),
        band_sign(revenue, bands * REVENUE_BAND),
    )
    return np.where(unknown, len(REGIMES), _CODES[tuple(sign + 1 for sign in signs)])
