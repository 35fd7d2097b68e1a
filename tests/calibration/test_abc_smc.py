"""ABC-SMC against posteriors known exactly, and what it does when runs fail, chance is large or it is killed.

A mean of n draws is off by 1 / sqrt(n) posterior standard deviations, a standard deviation by 1 / sqrt(2 n) of itself.
The draws hang together: limits are four such errors of half a population.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from toy_models import Banana, Bent, Cache, KilledError, Linear, errors, problem_of, targets_of

from experiments.calibration.coordinates import to_normal, to_unit
from experiments.calibration.protocol import CalibrationError, Problem, Targets
from experiments.calibration.smc import REACHED, SPENT, STUCK, SmcSettings, Start, abc_smc

SETTINGS = SmcSettings(particles=1000)
MEAN = 4.0 / np.sqrt(500)
SPREAD = 4.0 / np.sqrt(2 * 500)


@pytest.mark.parametrize(("size", "facts", "informative"), [(5, 8, None), (30, 40, 10)])
def test_the_posterior_of_a_linear_model_is_found(size, facts, informative):
    model = Linear(size, facts, informative)
    problem, _ = problem_of(model)
    found = abc_smc(problem, SETTINGS)
    mean, cov = model.exact(problem.targets)
    off, ratio = errors(found.sample, mean, np.sqrt(np.diag(cov)))
    assert (found.epsilon, found.stopped) == (1.0, REACHED)
    assert np.abs(off).max() < MEAN
    assert np.abs(ratio - 1.0).max() < SPREAD
    assert found.runs < 120_000
    assert found.log_evidence == pytest.approx(model.log_evidence(problem.targets), abs=0.5)
    assert [stage.epsilon for stage in found.stages] == sorted((s.epsilon for s in found.stages), reverse=True)


def test_chance_is_part_of_the_posterior():
    model = Linear(3, 4, chance=0.3)
    problem, _ = problem_of(model)
    found = abc_smc(problem, SETTINGS)
    mean, cov = model.exact(problem.targets)
    off, ratio = errors(found.sample, mean, np.sqrt(np.diag(cov)))
    assert found.stopped == REACHED
    assert np.abs(off).max() < MEAN
    assert np.abs(ratio - 1.0).max() < SPREAD
    assert found.log_evidence == pytest.approx(model.log_evidence(problem.targets), abs=0.3)


def test_a_crescent_is_found():
    model = Banana()
    targets = Targets(("sum", "vague"), np.array([3.0, 0.3]), np.array([0.3, 3.0]), np.ones(2))
    found = abc_smc(Problem(model, targets, 1), replace(SETTINGS, most_moves=60))
    mean, sd = model.exact(targets)
    off, ratio = errors(found.sample, mean, sd)
    assert found.stopped == REACHED
    assert np.abs(off).max() < MEAN
    assert np.abs(ratio - 1.0).max() < SPREAD
    y = to_normal(found.sample.unit)[:, 1]
    assert 0.1 < (y < 0).mean() < 0.9, "both horns are held"


def test_weights_of_facts_that_say_the_same_count_them_once():
    model = Linear(4, 6)
    problem, _ = problem_of(model)
    doubled = Linear(4, 12)
    doubled.matrix = np.repeat(model.matrix, 2, axis=0)
    targets = targets_of(np.repeat(problem.targets.value, 2), weight=0.5)
    found = abc_smc(Problem(doubled, targets, 1), SETTINGS)
    mean, cov = model.exact(problem.targets)
    off, ratio = errors(found.sample, mean, np.sqrt(np.diag(cov)))
    assert np.abs(off).max() < MEAN
    assert np.abs(ratio - 1.0).max() < SPREAD


def test_failed_runs_have_no_weight():
    problem, _ = problem_of(Bent(4, 8, chance=0.1, fails=0.5), seed=9)
    found = abc_smc(problem, SETTINGS)
    x = to_normal(found.sample.unit)
    assert np.isfinite(found.sample.statistics).all()
    assert (x[:, 0] + x[:, 1]).max() <= 0.5
    with pytest.raises(CalibrationError, match="all 1000 runs of the first population failed"):
        abc_smc(Problem(Bent(4, 8, fails=-100.0), problem.targets, 1), SETTINGS)


def test_too_much_chance_stops_at_the_last_fresh_population():
    model = Linear(10, 30, chance=0.7)
    problem, _ = problem_of(model)
    found = abc_smc(problem, SETTINGS)
    assert found.stopped == STUCK
    assert found.epsilon == found.stages[-2].epsilon > found.stages[-1].epsilon > 1.0
    assert found.stages[-2].correlation <= SETTINGS.correlation
    wide = Targets(problem.targets.names, problem.targets.value, problem.targets.sd * found.epsilon, np.ones(30))
    mean, cov = model.exact(wide)
    off, ratio = errors(found.sample, mean, np.sqrt(np.diag(cov)))
    assert np.abs(off).max() < MEAN
    assert np.abs(ratio - 1.0).max() < SPREAD


def test_runs_are_bounded():
    problem, _ = problem_of(Linear(10, 30))
    found = abc_smc(problem, SmcSettings(particles=400, most_runs=3000, harvest=0))
    assert found.stopped == SPENT
    assert 3000 <= found.runs < 3000 + 400 * SETTINGS.most_moves
    assert len(found.sample) == 400
    assert found.sample.effective == pytest.approx(400)


def test_a_start_confines_the_search_to_its_region():
    model = Linear(3, 4)
    problem, _ = problem_of(model)
    free = abc_smc(problem, SETTINGS)
    middle = float(np.median(free.sample.unit[:, 0]))
    rng = problem.generator("half")
    unit = rng.random((1000, 3)) * np.array([middle, 1.0, 1.0])
    start = Start(unit, float(np.log(middle)), lambda points: points[:, 0] < middle)
    found = abc_smc(problem, SETTINGS, start)
    assert found.sample.unit[:, 0].max() < middle
    left = free.sample.take(free.sample.unit[:, 0] < middle)
    np.testing.assert_allclose(found.sample.unit.mean(axis=0), left.weight @ left.unit, atol=0.03)
    assert found.log_evidence == pytest.approx(free.log_evidence + np.log(0.5), abs=0.25)


@pytest.mark.parametrize("dies_at", [0, 1, 7])
def test_a_killed_search_goes_on_with_the_same_bits(dies_at):
    problem, _ = problem_of(Linear(5, 8, chance=0.1))
    settings = SmcSettings(particles=200)
    whole = Cache(problem.simulator)
    expected = abc_smc(Problem(whole, problem.targets, 3), settings)
    killed = Cache(problem.simulator, dies_at)
    with pytest.raises(KilledError):
        abc_smc(Problem(killed, problem.targets, 3), settings)
    resumed = Cache(problem.simulator, kept=killed.kept)
    found = abc_smc(Problem(resumed, problem.targets, 3), settings)
    np.testing.assert_array_equal(found.sample.unit, expected.sample.unit)
    np.testing.assert_array_equal(found.sample.statistics, expected.sample.statistics)
    assert found.stages == expected.stages
    assert resumed.new == whole.new - dies_at
    assert len(set(whole.kept)) == whole.new, "every call has a stage of its own"


def test_progress_is_told_and_rises():
    told = []
    problem, _ = problem_of(Linear(5, 8))
    abc_smc(problem, SmcSettings(particles=200), progress=lambda *one: told.append(one))
    shares = [share for _, share, _ in told]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_answers_of_another_shape_and_wrong_facts_are_named():
    problem, _ = problem_of(Linear(3, 4))
    wrong = Problem(Linear(3, 5), problem.targets, 1)
    with pytest.raises(CalibrationError, match=r"stage 'calibration-start': .* \(1000, 5\), not \(1000, 4\)"):
        abc_smc(wrong, SETTINGS)
    for change, message in (
        ({"sd": np.array([0.1, 0.0])}, "target 'b': sd is 0, must be positive"),
        ({"weight": np.array([1.5, 1.0])}, "target 'a': weight is 1.5, must be above 0 and at most 1"),
        ({"value": np.array([1.0, np.nan])}, "target 'b': value is nan, must be a finite number"),
        ({"value": np.ones(3)}, "targets: 3 of value for 2 names"),
    ):
        given = {"value": np.ones(2), "sd": np.ones(2), "weight": np.ones(2)} | change
        with pytest.raises(CalibrationError, match=message):
            Targets(("a", "b"), **given)


def test_unit_coordinates_and_scores_are_inverse_to_each_other():
    unit = np.array([[1e-9, 0.3, 0.5, 1.0 - 1e-9]])
    np.testing.assert_allclose(to_unit(to_normal(unit)), unit, rtol=1e-9)
    assert 0.0 < to_unit(np.array([-50.0]))[0] < to_unit(np.array([50.0]))[0] < 1.0
