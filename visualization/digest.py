"""What views are given of an ensemble: small, made once by scenario and size, kept for the next visitor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from abm.backfire import HORIZONS, Comparison
from abm.intervals import spread
from abm.leverage import measured_step
from abm.regimes import UNDEFINED
from abm.results import horizon_step
from abm.verdicts import RegimeRow, RegimeTable
from visualization.compute import Ensemble
from visualization.kept import Kept
from visualization.limits import KEPT_PAIRS
from visualization.payload import encode, encode_fan
from visualization.specs import CHARTS
from visualization.tables import ternary_table, tornado_table, verdict_table

VERDICT = "verdict"
"""Stands for the probability of the most likely regime."""
EFFECTS = (VERDICT, "lead", "self_reliance", "domestic_output", "us_revenue")
"""Effects that the tornado can be about."""
KEPT_DIGESTS = 128


@dataclass(frozen=True)
class Summary:
    """An effect at a horizon: median and 90 % of pairs, in `unit`, over `n` pairs with a value."""

    unit: str
    median: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, eq=False)
class Digest:
    """An ensemble as the page shows it.

    Attributes
    ----------
    key : `Session.key`. size : pairs. with_leverage : whether regimes rest on leverage too.
    wide : whether the fans are of all charts or of the headline ones.
    fan : bytes for the fan charts. verdict : the same probabilities as `regimes`, for the widget.
    regimes : by horizon. effects : by horizon and name, median, 90 % of pairs, unit.
    """

    key: str
    size: int
    with_leverage: bool
    wide: bool
    fan: bytes
    verdict: dict[str, Any]
    regimes: Mapping[str, RegimeTable]
    effects: Mapping[str, Mapping[str, Summary]]


@dataclass(frozen=True, eq=False)
class Reasons:
    """Why: which parameters move an effect, and for which weights the controls lose, at a horizon."""

    key: str
    horizon: int
    effect: str
    tornado: dict[str, Any]
    ternary: dict[str, Any]


_digests: Kept[tuple[str, int, bool, bool], Digest] = Kept(KEPT_DIGESTS)
_reasons: Kept[tuple[str, int, bool, int, str], Reasons] = Kept(KEPT_DIGESTS)


def digest_of(ensemble: Ensemble, wide: bool = False) -> Digest:
    """The digest of an ensemble; `wide` for all charts."""
    key = ensemble.key, ensemble.size, ensemble.with_leverage, wide
    return _digests.get_or(key, lambda: _digest(ensemble, wide))


def known_digest(key: str, size: int, wide: bool = False) -> Digest | None:
    """A digest with leverage that was made before."""
    return _digests.get((key, size, True, wide))


def encode_pair(pair: Comparison) -> bytes:
    """A pair of runs for the widgets, made once."""
    return _payloads.get_or(id(pair), lambda: (pair, encode(pair, 0)))[1]


_payloads: Kept[int, tuple[Comparison, bytes]] = Kept(KEPT_PAIRS)
"""Payloads beside the pair that they show, which keeps its id from being used again."""


def _digest(ensemble: Ensemble, wide: bool) -> Digest:
    regimes = {horizon: ensemble.regimes(horizon) for horizon in HORIZONS}
    effects = {horizon: _effects(ensemble.pairs, horizon) for horizon in HORIZONS}
    charts = [name for name, chart in CHARTS.items() if wide or chart.headline]
    fan, verdict = encode_fan(ensemble.pairs, charts), verdict_table(ensemble)
    return Digest(ensemble.key, ensemble.size, ensemble.with_leverage, wide, fan, verdict, regimes, effects)


def _effects(pairs: Comparison, horizon: str) -> dict[str, Summary]:
    found = {name: (effect.unit, effect.spread) for name, effect in pairs.effects(horizon).items()}
    step = measured_step(horizon_step(horizon))
    if step in pairs.measured:
        found["leverage"] = ("pp", spread(100.0 * pairs.measured[step].change()))
    return {name: Summary(unit, one.median, one.low, one.high, one.n) for name, (unit, one) in found.items()}


def most_likely(table: RegimeTable) -> RegimeRow:
    """The regime with the highest probability."""
    return max((row for row in table.rows if row.regime != UNDEFINED), key=lambda row: row.probability)


def reasons_of(ensemble: Ensemble, points: Comparison, horizon: int, effect: str) -> Reasons:
    """Tornado at a horizon over many points, and ternary over the ensemble."""
    key = ensemble.key, ensemble.size, ensemble.with_leverage, horizon, effect

    def make() -> Reasons:
        about = most_likely(ensemble.regimes(str(horizon))).regime if effect == VERDICT else effect
        tornado, ternary = tornado_table(points, horizon, about), ternary_table(ensemble.pairs, horizon)
        return Reasons(ensemble.key, horizon, effect, tornado, ternary)

    return _reasons.get_or(key, make)
