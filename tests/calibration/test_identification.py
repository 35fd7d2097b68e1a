"""What facts pin: against a model of which the answer is known."""

from __future__ import annotations

import numpy as np
import pytest
from toy_models import Linear, Ridge, problem_of, targets_of

from experiments.calibration.adjustment import again
from experiments.calibration.identification import NOT, PINNED, identify
from experiments.calibration.protocol import Problem
from experiments.calibration.smc import SmcSettings, abc_smc


@pytest.fixture(scope="module")
def ridge():
    targets = targets_of([1.5, 1.5, -1.0], sd=0.1, group=("sum", "sum", "third"))
    problem = Problem(Ridge(), targets, 2)
    sample = abc_smc(problem, SmcSettings(particles=2000)).sample
    return identify(problem, again(problem, sample))


def test_parameters_of_which_only_the_sum_is_known_are_told(ridge):
    by_name = {one.name: one for one in ridge.parameters}
    assert [by_name[name].label for name in "abcd"] == ["weakly pinned", "weakly pinned", PINNED, NOT]
    assert [by_name[name].traded for name in "abcd"] == [True, True, False, False]
    assert by_name["a"].sliced < 0.15
    assert by_name["d"].width == pytest.approx(1.0, abs=0.06)
    assert by_name["d"].sliced == pytest.approx(1.0, abs=0.06)
    assert by_name["c"].shift == pytest.approx(-1.0, abs=0.05)


def test_the_pair_and_its_combination_are_found(ridge):
    (pair,) = ridge.pairs
    assert {pair.first, pair.second} == {"a", "b"}
    assert pair.correlation < -0.95
    np.testing.assert_allclose(pair.weights, np.sqrt(0.5), atol=0.05)
    assert pair.known < 0.1
    assert pair.free == pytest.approx(1.0, abs=0.07)
    assert ridge.learned == 2, "the sum and the third"
    assert {name for one in ridge.directions[:2] for name, _ in one.loadings} == {"a", "b", "c"}


def test_the_fact_that_moves_a_parameter_is_found(ridge):
    influence = ridge.influence
    assert influence.groups == ("sum", "third")
    assert influence.movers("a")[0] == influence.movers("b")[0] == "sum"
    assert influence.movers("c")[0] == "third"
    assert influence.movers("d") == ()
    place = dict(zip(influence.names, range(4), strict=True))
    np.testing.assert_allclose(influence.shift[[place["a"], place["b"]], 0], 0.75, atol=0.05)
    assert influence.shift[place["c"], 1] == pytest.approx(-1.0, abs=0.05)
    assert influence.share[place["c"], 1] > 0.8
    assert np.abs(influence.shift[place["d"]]).max() < 0.1
    assert influence.response[place["c"], 1] > 0.7
    assert np.abs(influence.gap).max() < 0.06


def test_slices_and_the_effect_of_single_facts_are_those_of_the_exact_posterior():
    """Leaving out a group agrees with the exact posterior without it."""
    model = Linear(4, 8, chance=0.2, slope=0.4)
    problem, _ = problem_of(model)
    groups = ("one", "one", "two", "two", "two", "three", "four", "five")
    targets = targets_of(problem.targets.value, sd=0.5, group=groups)
    problem = Problem(model, targets, 3)
    sample = abc_smc(problem, SmcSettings(particles=4000, most_moves=60)).sample
    found = identify(problem, again(problem, sample))
    mean, cov = model.exact(targets)
    sliced = [one.sliced for one in found.parameters]
    np.testing.assert_allclose(sliced, 1.0 / np.sqrt(np.diag(np.linalg.inv(cov))), rtol=0.06)
    for g, group in enumerate(found.influence.groups):
        kept = np.array([one != group for one in groups])
        rest = Linear(4, 8, chance=0.2, slope=0.4)
        rest.matrix, rest.facts = model.matrix[kept], int(kept.sum())
        without, wider = rest.exact(targets_of(targets.value[kept], sd=0.5))
        np.testing.assert_allclose(found.influence.shift[:, g], mean - without, atol=0.03)
        exact = 1.0 - np.sqrt(np.diag(cov) / np.diag(wider))
        np.testing.assert_allclose(found.influence.share[:, g], exact, atol=0.02)
