"""What a regime is owed to: pairs run again with one channel off, or with states that do not answer (MODEL 9).

"Emerges" is said only of pairs that stay in the regime when no state reacts; never without horizon, prior and number.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from abm.effects import Effects
from abm.intervals import Means, cluster_means, cluster_shares
from abm.regimes import Codes
from abm.vocabulary import CHINAS_STEPS, MECHANISMS

CHANNELS = tuple(
    name
    for name in (
        CHINAS_STEPS, "mobilisation", "subsidy", "mandate", "import_gate", "counter_controls", "us_rule",
        "learning_by_doing", "network_effects", "hazard", "full_stack", "shortage_to_research",
    )
    if name in MECHANISMS
)  # fmt: skip
"""Mechanisms that an audit switches off one at a time, those that the model has."""
STATE_REACTIONS = tuple(
    name
    for name in (
        CHINAS_STEPS, "mobilisation", "subsidy", "mandate", "import_gate", "counter_controls", "us_rule",
        "ally_alignment",
    )
    if name in MECHANISMS
)  # fmt: skip
"""All by which states answer: China's scripted steps, and what states decide inside the model."""
NO_REACTIONS = "all state reactions"
MEDIATED = ("lead", "self_reliance", "domestic_output", "us_revenue", "us_revenue_china", "compute_cn")
"""Effects of which a mediation tells the parts."""


@dataclass(frozen=True)
class AuditRow:
    """Pairs of a regime that stay in it with a channel off in both arms, and their share with its 90 % interval."""

    channel: str
    stay: int
    share: float
    low: float
    high: float


@dataclass(frozen=True)
class Audit:
    """A cause audit of one regime at one horizon.

    Attributes
    ----------
    scenario, counterfactual, horizon, regime, prior : what was asked, and what continuation and parameters it had.
    runs, pairs : pairs counted, and those of them in the regime.
    probability, low, high : share of pairs in the regime with its 90 % interval.
    rows : a channel each; the last is that of all state reactions at once.
    decoupling_rests_on : what the second sign of the regimes is made of.
    """

    scenario: str
    counterfactual: str
    horizon: str
    regime: str
    prior: str
    runs: int
    pairs: int
    probability: float
    low: float
    high: float
    rows: tuple[AuditRow, ...]
    decoupling_rests_on: str

    @property
    def sentence(self) -> str:
        """What the audit says, with horizon, prior, number and interval."""
        chance = f"{_percent(self.probability, self.low, self.high)} of {self.runs} pairs"
        where = f"{self.scenario} against {self.counterfactual}, {self.horizon}, {self.prior}"
        if not self.pairs:
            return f"No pair is in '{self.regime}' ({chance}; {where}): there is nothing to audit."
        said = f"'{self.regime}' in {self.pairs} pairs ({chance}; {where}). "
        alone = self.rows[-1]
        if alone.stay:
            kept = _percent(alone.share, alone.low, alone.high)
            said += f"It emerges in {alone.stay} of them ({kept}): these stay in it when no state reacts. "
        else:
            said += "It emerges in none of them: none stays in it when no state reacts. "
        least = min(self.rows[:-1], key=lambda row: row.stay)
        if least.stay == self.pairs:
            return said + "No single channel takes any pair out of it."
        kept = _percent(least.share, least.low, least.high)
        return said + f"Of single channels it rests most on {least.channel}: without it {least.stay} stay ({kept})."


def audit_row(channel: str, stays: Codes, groups: Codes) -> AuditRow:
    """Row of a channel: `stays` (run,) is 1 where the pair is in the regime without it, 0 where it is not."""
    shares = cluster_shares(stays, groups, 2)
    return AuditRow(
        channel, int(stays.sum()), *(float(one[1]) for one in (shares.probability, shares.low, shares.high))
    )


def _percent(share: float, low: float, high: float) -> str:
    return f"{100 * share:.0f} % ({100 * low:.0f}-{100 * high:.0f})"


@dataclass(frozen=True)
class MediationRow:
    """An effect of the controls and its parts: means over pairs with 90 % intervals over points; parts add up."""

    effect: str
    unit: str
    total: tuple[float, float, float]
    direct: tuple[float, float, float]
    mediated: tuple[float, float, float]
    n: int


@dataclass(frozen=True)
class Mediation:
    """How much of the effect is policy answering policy.

    Direct is the effect when no state reacts in the arm with controls; mediated is what the reactions add to it.
    """

    scenario: str
    counterfactual: str
    horizon: str
    reactions: tuple[str, ...]
    rows: tuple[MediationRow, ...]

    def __getitem__(self, effect: str) -> MediationRow:
        """Row of an effect."""
        return next(row for row in self.rows if row.effect == effect)


def mediation_rows(total: Effects, direct: Effects, groups: Codes) -> tuple[MediationRow, ...]:
    """Parts of each effect, over pairs in which both are known and finite."""
    rows = []
    for name in MEDIATED:
        whole, part = total[name].values, direct[name].values
        known = np.isfinite(whole) & np.isfinite(part)
        columns = np.where(known, np.stack([whole, part, whole - part]), np.nan).T
        means = cluster_means(columns, groups)
        whole_of, direct_of, mediated_of = (_ends(means, column) for column in range(3))
        rows.append(MediationRow(name, total[name].unit, whole_of, direct_of, mediated_of, int(known.sum())))
    return tuple(rows)


def _ends(means: Means, column: int) -> tuple[float, float, float]:
    return float(means.mean[column]), float(means.low[column]), float(means.high[column])
