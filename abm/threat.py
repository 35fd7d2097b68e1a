"""What the threat of rules does, apart from the rules (MODEL section 8).

Threat effect = `none_threat` - `none_0`: leaks and announcements without any rule in force. Rule effect = the scenario
less `none_threat`. In every pair of worlds both add up to the effect of the controls.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from abm.backfire import Comparison
from abm.effects import Effect
from abm.intervals import Spread, spread
from abm.running import REPLICATIONS, Progress
from abm.scenario import Scenario
from abm.simulation import run_arms

WITHOUT, THREAT = "none_0", "none_threat"
EFFECTS = ("lead", "self_reliance", "domestic_output", "us_revenue")
"""Effects in the table by default."""


@dataclass(frozen=True)
class ThreatRow:
    """One effect of the controls and its two parts, over pairs: median and 90 %.

    Attributes
    ----------
    effect, unit : name in `Effects`, and its unit.
    whole, threat, rule : in each pair threat + rule = whole.
    """

    effect: str
    unit: str
    whole: Spread
    threat: Spread
    rule: Spread


@dataclass(frozen=True, eq=False)
class ThreatAndRule:
    """Three arms in the same worlds, as three comparisons.

    Attributes
    ----------
    whole : Comparison
        The scenario against `none_0`.
    threat : Comparison
        `none_threat` against `none_0`.
    rule : Comparison
        The scenario against `none_threat`.
    """

    whole: Comparison
    threat: Comparison
    rule: Comparison

    def effects(self, name: str, horizon: int | str) -> tuple[Effect, Effect, Effect]:
        """An effect of the whole, the threat and the rules at a horizon; UnknownNameError names the nearest one."""
        whole, threat, rule = (one.effects(horizon)[name] for one in (self.whole, self.threat, self.rule))
        return whole, threat, rule

    def rows(self, horizon: int | str = 2032, names: Sequence[str] = EFFECTS) -> tuple[ThreatRow, ...]:
        """Table of effects at a horizon; pairs in which any of the three runs failed count nowhere."""
        found = []
        for name in names:
            whole, threat, rule = self.effects(name, horizon)
            missing = np.isnan(whole.values) | np.isnan(threat.values) | np.isnan(rule.values)
            parts = [spread(one.values[~missing]) for one in (whole, threat, rule)]
            found.append(ThreatRow(name, whole.unit, *parts))
        return tuple(found)


def threat_and_rule(
    scenario: Scenario | str = "history",
    runs: int = 256,
    seed: int = 1,
    threads: int | None = None,
    progress: Progress | None = None,
    replications: int = REPLICATIONS,
) -> ThreatAndRule:
    """Run a scenario, the threat of its rules alone, and no rules at all in the same worlds.

    Parameters are as in `simulate`; the two other arms take over the scenario's parameters and switches.

    Raises
    ------
    ScenarioError, ValueError
        One line that names what is wrong and the cure.
    """
    controls = scenario if isinstance(scenario, Scenario) else Scenario.load(scenario)
    arms = [controls, controls.counterfactual(THREAT), controls.counterfactual(WITHOUT)]
    with_rules, threat, without = run_arms(arms, runs, seed, threads, progress, replications)
    return ThreatAndRule(Comparison(with_rules, without), Comparison(threat, without), Comparison(with_rules, threat))
