"""MODEL 1, pinned: no sign of the controls' effect on China's research is settled by the priors.

N = 128 parameter points drawn from the priors, means over 8 replications each, seed 1: of research money and of own
ideas to 2028Q4 each sign has to have at least 5 % of points, and the lower end of its 90 % interval at least 2.5 %. The
inputs of ideas are tried one by one against the same worlds without them: N = 64 worlds at 32 points; a direction holds
if the median over points does with its whole 90 % interval.
"""

from __future__ import annotations

import numpy as np
import pytest
from confidence import median_interval, of_points

import abm
from abm.calendar import quarter_index
from abm.simulation import run_arms
from experiments.signs import HORIZONS, LEAST, SIGNS, changes, signs

pytestmark = pytest.mark.slow
POINTS, REPLICATIONS, SEED = 128, 8, 1
WORLDS, FEW = 64, 2
LAST = quarter_index("2028Q4")


@pytest.fixture(scope="module")
def pair():
    history = abm.Scenario.load("history").with_beliefs("prior")
    return abm.compare(history, "none_0", POINTS * REPLICATIONS, SEED, replications=REPLICATIONS)


@pytest.fixture(scope="module")
def found(pair):
    return {one.measure: one for one in signs(pair, HORIZONS[-1])}


@pytest.mark.parametrize("measure", ["research", "ideas"])
def test_all_three_signs_are_possible(found, measure):
    one = found[measure]
    assert one.changes.size == POINTS
    shares = dict(zip(SIGNS, one.shares.probability, strict=True))
    assert one.open, f"{measure}: {shares}"
    assert one.shares.low.min() >= LEAST / 2.0, f"{measure}: {shares}"


def test_nothing_differs_before_the_first_signal(pair):
    """Up to 2022Q2 both arms have the same money and ideas, bit for bit."""
    before = quarter_index("2022Q3")
    for series in ("research_cn", "ideas_cn", "algorithm_cn"):
        one, other = pair.arms.pairs(series)
        assert np.array_equal(one[:, :before], other[:, :before])


@pytest.fixture(scope="module")
def arms():
    """History and none_0 with an input of ideas as it is drawn, and without it in both."""
    history = abm.Scenario.load("history").with_beliefs("prior")
    fixed = {"": {}, "compute": {"compute_in_research": 0.0}, "access": {"cross_bloc_access_loss": 0.0},
             "scarcity": {"induced_innovation": 0.0}}  # fmt: skip
    every = [history.with_parameters(**values) for values in fixed.values()]
    every += [one.counterfactual("none_0") for one in every]
    results = run_arms(every, WORLDS, SEED, replications=FEW)
    return {name: (results[place], results[place + len(fixed)]) for place, name in enumerate(fixed)}


def effect(pair, series):
    """ln effect of the controls on what is gained from 2022Q3 to 2028Q4 [run]."""
    start = quarter_index("2022Q3")
    if series == "algorithm_cn":
        gained = [one.series(series)[:, LAST] - one.series(series)[:, start - 1] for one in pair]
    else:
        gained = [one.series(series)[:, start : LAST + 1].sum(axis=1) for one in pair]
    return np.log(gained[0] / gained[1])


@pytest.mark.parametrize(
    ("without", "series", "way"),
    [
        ("compute", "ideas_cn", -1.0),  # denied compute slows ideas
        ("access", "algorithm_cn", -1.0),  # lost access across blocs slows what spills over
        ("scarcity", "ideas_cn", 1.0),  # and scarcity may direct ideas
    ],
)
def test_each_input_of_ideas_works_its_own_way(arms, without, series, way):
    difference = way * (effect(arms[""], series) - effect(arms[without], series))
    assert median_interval(of_points(arms[""][0], difference))[0] > 0.0


def test_a_change_is_that_of_the_means_over_replications(pair):
    """Point 0 by hand."""
    step, start = quarter_index(HORIZONS[-1]), quarter_index("2022Q3")
    one, other = (arm.series("research_cn")[:REPLICATIONS, start : step + 1].sum() for arm in
                  (pair.controls, pair.counterfactual))  # fmt: skip
    assert changes(pair, "research", step)[0] == pytest.approx(one / other - 1.0)
