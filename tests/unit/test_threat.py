"""Threat and rules apart: parts that add up in every pair, by hand and on invented worlds (MODEL section 8)."""

from __future__ import annotations

import numpy as np
import pytest
from made_results import made
from synthetic_pairs import results

from abm import Scenario, ScenarioError, threat_and_rule
from abm.backfire import Comparison
from abm.threat import EFFECTS, ThreatAndRule
from experiments.ablations import threat_markdown


def apart(controls, threat, without):
    """Three arms as three comparisons."""
    return ThreatAndRule(Comparison(controls, without), Comparison(threat, without), Comparison(controls, threat))


def test_revenue_by_hand():
    """9 with rules, 12 with threats, 10 without: the threat sells a fifth more, the rules take a quarter of it."""
    arms = [made(us_vendor_revenue=value) for value in (9.0, 12.0, 10.0)]
    whole, threat, rule = (one.values for one in apart(*arms).effects("us_revenue", 2028))
    assert whole == pytest.approx(np.log(0.9))
    assert threat == pytest.approx(np.log(1.2))
    assert rule == pytest.approx(np.log(0.75))
    assert threat + rule == pytest.approx(whole)


def test_parts_add_up_in_every_pair_and_failed_runs_count_nowhere():
    history = Scenario.load("history")
    arms = [results(one, failed=bad) for one, bad in (
        (history, (3,)), (history.counterfactual("none_threat"), (5,)), (history.counterfactual("none_0"), ()),
    )]  # fmt: skip
    parts = apart(*arms)
    for name in EFFECTS:
        whole, threat, rule = (one.values for one in parts.effects(name, 2030))
        known = np.isfinite(whole + threat + rule)
        assert threat[known] + rule[known] == pytest.approx(whole[known])
    rows = parts.rows(2030)
    assert [row.effect for row in rows] == list(EFFECTS)
    assert all(row.whole.n == row.threat.n == row.rule.n <= 30 for row in rows)


def test_the_table_has_a_line_for_each_effect_and_year():
    text = threat_markdown(apart(*[made(us_vendor_revenue=value) for value in (9.0, 12.0, 10.0)]), ("2026", "2028"))
    assert text.count("\n") == 2 + 2 * len(EFFECTS)
    assert "| us revenue, % | 2028 | −10 (−10…−10) | +20 (+20…+20) | −25 (−25…−25) | 2 |" in text


def test_an_unknown_scenario_is_refused_before_anything_runs(monkeypatch):
    monkeypatch.setattr("abm.threat.run_arms", lambda *_, **__: pytest.fail("something ran"))
    with pytest.raises(ScenarioError, match="did you mean 'history'"):
        threat_and_rule("histroy")
