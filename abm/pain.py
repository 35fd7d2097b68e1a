"""Who is hurt more: losses of both sides in money, their relative size, quadrants, and how long a bite lasts (MODEL 9).

Losses are present values from 2022Q3 at 8 % a year, without the controls less with them, in USD bn. A Chinese loss is
one of surplus: budgets times the worth of all offers in ln (log-sum over price sensitivity, so that prices higher by
1 % cost 1 % of the budget; the best US line alone is worth 0), plus profits of Chinese designers, less subsidy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from abm.effects import Arms
from abm.intervals import Shares, Spread, Waiting, cluster_shares, spread
from abm.outcomes import FIRST_SIGNAL, Floats, present_value
from abm.regimes import Codes
from abm.series import INDEX

LEAST_LOSS = 0.005
"""Losses of both sides below this share of their base leave relative pain undefined (MODEL 9.5)."""
SCOPES: Mapping[str, tuple[str, ...]] = {
    "vendors": ("us_vendor_profit",),
    "with AI firms and treasury": ("us_vendor_profit", "surplus_us", "duty"),
}
"""What counts on the US side: merchant vendors' profit alone, or with surplus of US AI firms and duty."""
WHOLE = tuple(SCOPES)[-1]
US_BASE, CHINA_BASE = "us_vendor_revenue", "budget_cn"
"""What the losses are held against: vendors' revenue and Chinese AI firms' budgets without the controls."""
CHINA_GAINS = ("surplus_cn", "vendor_cn_profit")
CHINA_COSTS = ("subsidy", "mobilised_cn")
US_COSTS = ("mobilised_us",)
"""Public money, counted where the model records it; that of the US with its AI firms and treasury."""
QUADRANTS = ("both lose", "the US loses, China gains", "China loses, the US gains", "both gain", "undefined")
SERIES = "compute_cn"
"""A bite is a loss of China's installed training compute."""
LEAST_BITE = 0.03
"""ln of compute lost below which there is no bite whose end could be timed."""
STAYS = 4


@dataclass(frozen=True, eq=False)
class RelativePain:
    """Losses of both sides in every pair at one horizon.

    Attributes
    ----------
    scope : what counts on the US side, a name in `SCOPES`.
    us_loss, china_loss : (run,)
        USD bn; negative is a gain; NaN in pairs with a failed run.
    value : (run,)
        rho = (a - b) / (|a| + |b|): 1 if the US alone is hurt, -1 if China alone is; NaN where undefined.
    groups : (run,)
        Independent groups, which intervals resample.
    """

    horizon: str
    scope: str
    us_loss: Floats
    china_loss: Floats
    value: Floats
    groups: Codes

    @property
    def spread(self) -> Spread:
        """Median and 90 % interval of rho over the pairs in which it is defined."""
        return spread(self.value)

    @property
    def codes(self) -> Codes:
        """Place in `QUADRANTS` of each pair; -1 for pairs with a failed run."""
        us, china = self.us_loss > 0, self.china_loss > 0
        quadrant = np.where(us, np.where(china, 0, 1), np.where(china, 2, 3))
        quadrant = np.where(np.isnan(self.value), len(QUADRANTS) - 1, quadrant)
        return np.where(np.isnan(self.us_loss) | np.isnan(self.china_loss), -1, quadrant)

    @cached_property
    def quadrants(self) -> Shares:
        """Share of pairs in each of `QUADRANTS`, with 90 % intervals over points."""
        known = self.codes >= 0
        return cluster_shares(self.codes[known], self.groups[known], len(QUADRANTS))


def losses(arms: Arms, scope: str = "vendors") -> tuple[Floats, Floats, Floats]:
    """US loss a, Chinese loss b and relative pain by quarter, (run, quarter) each."""
    gains, costs = SCOPES[scope], US_COSTS if scope == WHOLE else ()
    us = _loss(arms, gains) - _spared(arms, costs)
    china = _loss(arms, CHINA_GAINS) - _spared(arms, CHINA_COSTS)
    size = np.abs(us) + np.abs(china)
    base_us, base_china = (present_value(arms.pairs(name)[1]) for name in (US_BASE, CHINA_BASE))
    felt = (np.abs(us) >= LEAST_LOSS * base_us) | (np.abs(china) >= LEAST_LOSS * base_china)
    known = felt & (size > 0)
    return us, china, np.where(known, (us - china) / np.where(known, size, 1.0), np.nan)


def _spared(arms: Arms, names: tuple[str, ...]) -> Floats:
    """Public money spent without the controls and saved with them: negative where they cost more."""
    known = tuple(name for name in names if name in INDEX)
    return _loss(arms, known) if known else np.zeros(1)


def _loss(arms: Arms, names: tuple[str, ...]) -> Floats:
    with_controls, without = arms.sums(names)
    return np.asarray(present_value(without) - present_value(with_controls))


def bite_half_life(arms: Arms) -> Waiting:
    """Quarters from China's deepest loss of compute until half of it is made good for four quarters.

    Censored where that has not happened by the end; NaN in pairs without a bite.
    """
    with_controls, without = arms.pairs(SERIES)
    lost = np.log(without) - np.log(with_controls)
    lost = np.where(np.arange(lost.shape[1]) >= FIRST_SIGNAL, lost, -np.inf)
    known = np.isfinite(lost[:, FIRST_SIGNAL:]).all(axis=1)
    lost = np.where(known[:, None], lost, 0.0)
    deepest, peak = lost.max(axis=1), lost.argmax(axis=1)
    steps = np.arange(lost.shape[1])
    less = (lost <= deepest[:, None] / 2.0) & (steps >= peak[:, None])
    last = lost.shape[1] - STAYS
    holds = np.all([less[:, i : last + 1 + i] for i in range(STAYS)], axis=0)
    bitten = known & (deepest >= LEAST_BITE)
    observed = holds.any(axis=1) & bitten
    waited = np.where(observed, holds.argmax(axis=1), np.maximum(last, peak)) - peak
    return Waiting(np.where(bitten, waited.astype(np.float64), np.nan), observed)
