"""Simulation-based calibration: right calibrations pass, wrong ones do not, and a killed check goes on."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm
from toy_models import Bent, Cache, KilledError, Linear, problem_of, squeezed

from experiments.calibration.adjustment import AdjustmentSettings, reference_table
from experiments.calibration.chance import generator
from experiments.calibration.coverage import (
    BAND,
    Coverage,
    Memory,
    check_coverage,
    draw_truths,
    judged,
    smc_method,
    table_method,
)
from experiments.calibration.protocol import CalibrationError, Problem, Sample
from experiments.calibration.smc import SmcSettings

ADJUSTMENT = AdjustmentSettings(draws=3000)
SETS = 200


@pytest.fixture(scope="module")
def bent():
    """A bent model with failing runs, and a method for it from one table of runs."""
    problem, _ = problem_of(Bent(4, 10, chance=0.3, fails=2.0))
    return problem, table_method(reference_table(problem, 20_000, ADJUSTMENT), ADJUSTMENT)


@pytest.fixture(scope="module")
def checked(bent):
    problem, method = bent
    return check_coverage(problem, method, SETS)


def test_a_table_of_runs_covers(checked):
    found = checked.shares()
    assert checked.passes
    assert np.all((found.share >= BAND[0]) & (found.share <= BAND[1]))
    assert 0.42 <= checked.shares(0.5).pooled <= 0.58
    assert checked.uniform().min() > 1e-3
    assert checked.histogram().sum(axis=1).tolist() == [SETS] * 4
    assert np.all(checked.width.mean(axis=0) < 0.8)


def test_abc_smc_with_adjustment_covers():
    problem, _ = problem_of(Bent(4, 10, chance=0.3, fails=2.0))
    method = smc_method(SmcSettings(particles=250, most_moves=6, harvest=3), ADJUSTMENT)
    found = check_coverage(problem, method, SETS)
    assert found.passes
    assert found.outside == ()


@pytest.mark.parametrize("wrong", [{"factor": 0.5}, {"factor": 2.0}, {"factor": 1.0, "shift": 1.0}])
def test_a_posterior_that_is_wrong_on_purpose_does_not_pass(bent, wrong):
    problem, method = bent
    found = check_coverage(problem, lambda one: squeezed(method(one), **wrong), SETS)
    assert not found.passes
    assert len(found.outside) == 4
    assert found.uniform().max() < 1e-3


def test_a_check_that_was_killed_goes_on_with_the_same_bits():
    model = Bent(3, 6, chance=0.3)
    problem, _ = problem_of(model)
    method = smc_method(SmcSettings(particles=60, most_moves=3, harvest=1), ADJUSTMENT)
    whole = Cache(model)
    expected = check_coverage(Problem(whole, problem.targets, 3), method, 6)
    keep = Memory()
    with pytest.raises(KilledError):
        check_coverage(Problem(Cache(model, dies_at=20), problem.targets, 3), method, 6, keep)
    assert 0 < len(keep.kept) < 6
    resumed = Cache(model)
    found = check_coverage(Problem(resumed, problem.targets, 3), method, 6, keep)
    np.testing.assert_array_equal(found.ranks, expected.ranks)
    np.testing.assert_array_equal(found.width, expected.width)
    assert resumed.new < whole.new, "data sets that were kept are not run again"


def test_truths_at_which_runs_fail_are_drawn_again():
    problem, _ = problem_of(Bent(4, 10, fails=0.0))
    unit, value = draw_truths(problem, 50)
    assert unit.shape == (50, 4)
    assert np.isfinite(value).all()
    assert norm.ppf(unit[:, :2]).sum(axis=1).max() <= 0.0
    error = value - problem.simulator.mean(norm.ppf(unit))
    assert error.std() == pytest.approx(0.5, rel=0.1)
    with pytest.raises(CalibrationError, match="0 of 100 runs succeeded, too few for 2 data sets"):
        draw_truths(Problem(Bent(4, 10, fails=-100.0), problem.targets, 1), 2)


def test_intervals_are_exact_by_parameter_and_over_data_sets_when_pooled():
    ranks = generator(2, "ranks").random((50, 1))
    one = Coverage(("a",), ranks, ranks, ranks[:, 0])
    copies = Coverage(tuple("abcdefgh"), np.repeat(ranks, 8, axis=1), ranks, ranks[:, 0])
    alone, pooled = one.shares(), copies.shares()
    assert alone.pooled == pooled.pooled == alone.share[0]
    assert (pooled.pooled_low, pooled.pooled_high) == pytest.approx((alone.pooled_low, alone.pooled_high)), (
        "eight copies of a parameter are no more data"
    )
    ten = Coverage(("a",), np.full((10, 1), 0.5), ranks[:10], ranks[:10, 0]).shares()
    assert (ten.low[0], ten.high[0]) == pytest.approx((0.05**0.1, 1.0)), "10 of 10 (Clopper and Pearson)"


def test_few_data_sets_blame_no_parameter_for_bad_luck():
    """Of 60 data sets 50 hits are 83 %, which a right calibration shows in one case of ten; of 200 it is an error."""
    for sets, hits, outside in ((60, 50, ()), (60, 42, ("a",)), (200, 168, ()), (200, 167, ("a",)), (200, 193, ("a",))):
        ranks = np.full((sets, 1), 0.5)
        ranks[hits:] = 0.99
        assert Coverage(("a",), ranks, ranks, ranks[:, 0]).outside == outside, (sets, hits)


def test_ranks_and_widths_of_weighted_draws():
    unit = np.array([[0.1], [0.2], [0.6], [0.9]])
    sample = Sample(("a",), unit, np.zeros((4, 1)), np.array([0.1, 0.2, 0.3, 0.4]))
    assert sample.ranks(np.array([0.5])) == pytest.approx([0.3])
    assert sample.ranks(np.array([0.6])) == pytest.approx([0.45]), "a tie counts by half"
    even = Sample(("a",), np.linspace(0.0, 1.0, 1001)[:, None], np.zeros((1001, 1)), np.full(1001, 1 / 1001))
    assert judged(even, np.array([0.25]))["width"] == pytest.approx([0.9], abs=0.002)
    thin = sample.thinned(1000, generator(1, "thin"))
    assert [(thin.unit == one).mean() for one in (0.1, 0.2, 0.6, 0.9)] == pytest.approx([0.1, 0.2, 0.3, 0.4], abs=2e-3)


def test_the_prior_itself_covers_where_facts_say_nothing():
    model = Linear(2, 3, slope=0.0)
    problem, _ = problem_of(model)
    found = check_coverage(problem, smc_method(SmcSettings(particles=200), ADJUSTMENT), 60)
    assert found.passes
    np.testing.assert_allclose(found.width, 0.9, atol=0.1)
