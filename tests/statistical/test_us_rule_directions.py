"""The US that decides by rule: directions of its weights, cycles against the ablation, pairs before the hand-over.

64 worlds at 32 parameter points drawn from the priors with 2 replications each, seed 1. Arms share worlds and luck. A
direction holds if the interval of the mean over points (resampled, 90 %) leaves out zero.
"""

from __future__ import annotations

import numpy as np
import pytest
from confidence import of_points

from abm.calendar import quarter_index
from abm.scenario import Scenario
from abm.simulation import run_arms
from abm.vocabulary import QUARTERS
from experiments.demonstrations import Ensemble
from experiments.demonstrations_politics import cycles

pytestmark = pytest.mark.slow
RUNS, REPLICATIONS, SEED = 64, 2, 1
EARLY = slice(quarter_index("2023Q1"), quarter_index("2026Q4") + 1)
"""Four reviews, before what was decided has moved much of what is seen."""


def arms():
    """The US rule with one thing changed."""
    rule = Scenario.load("rule")
    script = Scenario.load("script_then_rule")
    short = rule.with_parameters(us_target_lead=24.0, us_weight_lobby=0.3)
    return {
        "rule": rule,
        "none_0": rule.counterfactual("none_0"),
        "no US rule": rule.without("us_rule"),
        "no lobby": rule.with_parameters(us_weight_lobby=0.0),
        "strong lobby": rule.with_parameters(us_weight_lobby=2.0),
        "no security": short.with_parameters(us_weight_security=0.0),
        "strong security": short.with_parameters(us_weight_security=2.0),
        "script then rule": script,
        "script, no rule": script.without("us_rule", "ally_alignment"),
        "freeze_rel": Scenario.load("history").with_continuation("freeze_rel"),
    }


@pytest.fixture(scope="module")
def found():
    made = arms()
    return dict(zip(made, run_arms(list(made.values()), RUNS, SEED, replications=REPLICATIONS), strict=True))


def net(results):
    """Tightenings less loosenings at the first reviews, by run."""
    return results.series("us_decision")[:, EARLY].sum(axis=1)


def interval(results, values):
    """90 % interval of the mean over points, points resampled 2,000 times."""
    points = of_points(results, values)
    rng = np.random.default_rng(7)
    means = rng.choice(points, (2000, points.size)).mean(axis=1)
    return np.quantile(means, (0.05, 0.95))


def test_no_run_breaks_a_law(found):
    assert {name: one.failed.count for name, one in found.items()} == dict.fromkeys(found, 0)


def test_a_higher_weight_of_the_lead_tightens_more_while_it_is_short(found):
    """Target 24 months: the lead is shorter in most worlds to 2026."""
    change = net(found["strong security"]) - net(found["no security"])
    assert interval(found["rule"], change)[0] > 0.0


def test_a_higher_weight_of_lost_sales_loosens_more(found):
    change = net(found["strong lobby"]) - net(found["no lobby"])
    assert interval(found["rule"], change)[1] < 0.0


def test_both_directions_occur_in_one_run_and_only_under_the_rule(found):
    one = cycles(Ensemble({"rule": found["rule"], "no US rule": found["no US rule"]}))
    assert one.low > 0.25, one
    assert not found["no US rule"].series("us_decision").any()


def test_without_its_mechanisms_the_rule_is_the_sliding_law(found):
    """Bit for bit."""
    assert found["script, no rule"].record.tobytes() == found["freeze_rel"].record.tobytes()
    assert found["script, no rule"].firm_record.tobytes() == found["freeze_rel"].firm_record.tobytes()


def test_pairs_are_the_same_before_the_first_signal_and_scripts_before_the_hand_over(found):
    first, hand_over = quarter_index("2022Q3"), quarter_index("2026Q4")
    ruled, without = found["rule"].record[:, :first], found["none_0"].record[:, :first]
    assert ruled.tobytes() == without.tobytes()
    script, sliding = (found[name].record[:, :hand_over] for name in ("script then rule", "freeze_rel"))
    assert script.tobytes() == sliding.tobytes()


def test_tightening_moves_stringency_up_and_loosening_down(found):
    """Over all worlds and quarters after the hand-over: rank correlation of the tier shift with stringency."""
    shift = found["rule"].series("us_tier_shift")[:, quarter_index("2023Q1") :]
    rise = found["rule"].series("stringency") - found["no US rule"].series("stringency")
    rise = rise[:, quarter_index("2023Q1") :]
    assert np.median(rise[shift > 0.05]) > 0.0 > np.median(rise[shift < -0.05])


def test_allies_follow_a_tightening_and_drift_from_a_loosening(found):
    """A quarter after a decision, by its direction; both of them."""
    decided = found["rule"].series("us_decision")
    runs, steps = np.nonzero(decided)
    keep = steps + 1 < QUARTERS
    runs, steps = runs[keep], steps[keep]
    for name in ("alignment_nl", "alignment_jp"):
        path = found["rule"].series(name)
        moved = path[runs, steps + 1] - path[runs, steps - 1]
        up = decided[runs, steps] > 0.0
        assert moved[up].mean() > moved[~up].mean(), name
