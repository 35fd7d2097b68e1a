"""From a wider tolerance to the error of observation, and from one table to many posteriors."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from toy_models import Bent, Linear, Shared, errors, problem_of

from experiments.calibration.adjustment import AdjustmentSettings, Regression, adjust, again, reference_table
from experiments.calibration.chance import generator
from experiments.calibration.protocol import CalibrationError, Problem
from experiments.calibration.smc import STUCK, SmcSettings, abc_smc

SETTINGS = AdjustmentSettings()


@pytest.fixture(scope="module")
def noisy():
    """A search that chance stops early, and the exact posterior: mean, standard deviation."""
    model = Linear(10, 30, chance=0.7)
    problem, _ = problem_of(model)
    mean, cov = model.exact(problem.targets)
    return problem, abc_smc(problem, SmcSettings(particles=1000)), mean, np.sqrt(np.diag(cov))


def test_a_search_that_stopped_early_is_taken_to_the_error_of_observation(noisy):
    """The regression on 30 statistics of 1000 draws is off by about sqrt(30 / 1000) = .17 standard deviations."""
    problem, posterior, mean, sd = noisy
    before_off, before = errors(posterior.sample, mean, sd)
    found = adjust(problem, posterior, SETTINGS)
    off, ratio = errors(found, mean, sd)
    assert posterior.stopped == STUCK
    assert before.max() > 1.3
    assert np.abs(ratio - 1.0).max() < 0.1
    assert np.sqrt((off**2).mean()) < 0.2 < np.abs(before_off).max()
    assert np.all((found.unit > 0.0) & (found.unit < 1.0))
    assert found.effective == 1000, "copies of draws are not more draws"
    assert len(found) >= SETTINGS.draws
    np.testing.assert_array_equal(adjust(problem, posterior, SETTINGS).unit, found.unit)


def test_luck_that_facts_share_counts_once():
    """Taken for luck of each fact, it would make some combinations 40 % too vague and others too sure."""
    model = Shared(10, 30, chance=0.55)
    problem, _ = problem_of(model, sd=0.3)
    posterior = abc_smc(problem, SmcSettings(particles=1000))
    mean, cov = model.exact(problem.targets)
    off, ratio = errors(adjust(problem, posterior, SETTINGS), mean, np.sqrt(np.diag(cov)))
    assert np.abs(ratio - 1.0).max() < 0.12
    assert np.sqrt((off**2).mean()) < 0.25
    alone, wrong = Linear(10, 30, chance=0.55).exact(problem.targets)
    assert np.sqrt((((alone - mean) / np.sqrt(np.diag(cov))) ** 2).mean()) > 0.4
    assert np.sqrt(np.diag(wrong) / np.diag(cov)).mean() > 1.2


def test_at_the_error_of_observation_nothing_is_changed():
    problem, _ = problem_of(Linear(3, 4))
    posterior = abc_smc(problem, SmcSettings(particles=200))
    assert posterior.epsilon == 1.0
    assert adjust(problem, posterior, SETTINGS) is posterior.sample


def test_a_search_without_any_stage_is_adjusted_rejection():
    """One move a stage forgets nothing: what is left is the prior, with failed runs left out."""
    problem, _ = problem_of(Bent(4, 8, chance=0.3, fails=1.0))
    posterior = abc_smc(problem, SmcSettings(particles=3000, most_moves=1, harvest=1))
    assert posterior.epsilon == np.inf
    assert np.isfinite(posterior.sample.statistics).all()
    found = adjust(problem, posterior, SETTINGS)
    assert found.unit.std(axis=0).min() < 0.2 < posterior.sample.unit.std(axis=0).min()


def test_one_table_gives_the_posterior_of_any_facts():
    model = Linear(10, 30, chance=0.7)
    problem, _ = problem_of(model)
    table = reference_table(problem, 30_000, SETTINGS)
    for seed in (4, 5):
        other, _ = problem_of(model, seed=seed)
        mean, cov = model.exact(other.targets)
        off, ratio = errors(table.posterior(other.targets.value, SETTINGS), mean, np.sqrt(np.diag(cov)))
        assert np.abs(ratio - 1.0).max() < 0.1
        assert np.sqrt((off**2).mean()) < 0.2


def test_failed_runs_of_a_table_are_left_out_and_counted():
    model = Bent(4, 8, chance=0.3, fails=0.0)
    problem, _ = problem_of(model)
    table = reference_table(problem, 4000, SETTINGS)
    assert table.failed == pytest.approx(0.5, abs=0.03)
    assert len(table.unit) == round(4000 * (1.0 - table.failed))
    nothing = Problem(replace(model, fails=-100.0), problem.targets, 1)
    with pytest.raises(CalibrationError, match="only 0 of 500 runs of the reference table succeeded"):
        reference_table(nothing, 500, SETTINGS)


def test_runs_at_the_draws_replace_those_that_the_draws_were_chosen_by(noisy):
    problem, posterior, _, _ = noisy
    found = again(problem, adjust(problem, posterior, SETTINGS).thinned(2000, problem.generator("thin")))
    left = found.statistics - problem.simulator.mean(problem.simulator.prior(found.unit))
    assert len(found) == 2000
    assert left.std() == pytest.approx(0.7, rel=0.03)
    with pytest.raises(CalibrationError, match="all 2000 runs at the draws of the posterior failed"):
        again(Problem(Bent(10, 30, fails=-100.0), problem.targets, 1), found)


def test_a_regression_on_what_tells_nothing_moves_nothing():
    """Penalties are chosen for each parameter: one that the statistics do not know keeps its prior."""
    rng = generator(8, "noise")
    scores, x = rng.standard_normal((800, 2)), rng.standard_normal((800, 40))
    x[:, 0] = 2.0 * scores[:, 0] + 0.5 * x[:, 0]
    found = Regression.fit(scores, x, np.ones(800), 800.0)
    unknown, known = (found.predict(x[:200]) - found.scores).std(axis=0)[::-1]
    assert known > 0.9
    assert unknown < 0.1
    assert found.freedom[1] < found.freedom[0]
