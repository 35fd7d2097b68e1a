"""Sensitivity indices against functions whose indices are known, against SALib, and on failures."""

from __future__ import annotations

import numpy as np
import pytest

from experiments.analysis import AnalysisError, Output
from experiments.sampling import block_length, blocks
from experiments.sensitivity import indices, saltelli_estimate, saltelli_terms

OUT = (Output("lead", "effect", "2028"),)


def ishigami(x):
    """Ishigami and Homma (1990) with a = 7, b = .1; factors in 0..1."""
    z = np.pi * (2 * x - 1)
    return np.sin(z[..., 0]) + 7 * np.sin(z[..., 1]) ** 2 + 0.1 * z[..., 2] ** 4 * np.sin(z[..., 0])


def ishigami_truth():
    """First-order and total indices by their closed form."""
    a, b, pi4 = 7.0, 0.1, np.pi**4
    one, two, three = 0.5 * (1 + b * pi4 / 5) ** 2, a * a / 8, 8 * b * b * pi4**2 / 225
    whole = one + two + three
    return np.array([one, two, 0.0]) / whole, np.array([one + three, two, three]) / whole


WEIGHTS = np.array([0.0, 1.0, 4.5, 9.0, 99.0, 99.0])


def sobol_g(x):
    """Sobol' g function with the usual weights."""
    return np.prod((np.abs(4 * x - 2) + WEIGHTS) / (1 + WEIGHTS), axis=-1)


def sobol_g_truth():
    own = 1 / 3 / (1 + WEIGHTS) ** 2
    whole = np.prod(1 + own) - 1
    return own / whole, own * np.prod(1 + own) / (1 + own) / whole


FUNCTIONS = {"ishigami": (ishigami, 3, ishigami_truth), "sobol_g": (sobol_g, 6, sobol_g_truth)}


def rows_of(function, size, bases, second=True, seed=1):
    """Values of a function on the rows of a design, (base, row, output)."""
    length = block_length(size, second)
    unit = blocks(size, second, seed, 0, bases * length)
    return function(unit).reshape(bases, length, 1), unit.reshape(bases, length, size)


def lost_bases(dropped, bases):
    """Bases that failed, (base,)."""
    failed = np.zeros(bases, dtype=bool)
    failed[np.random.default_rng(5).permutation(bases)[: int(dropped * bases)]] = True
    return failed


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize(("dropped", "error"), [(0.0, 0.01), (0.05, 0.02)])
def test_indices_of_known_functions(name, dropped, error):
    function, size, truth = FUNCTIONS[name]
    rows, _ = rows_of(function, size, 8192, seed=2)
    failed = lost_bases(dropped, 8192)
    rows[failed, 1] = np.nan
    found = indices("saltelli", tuple("abcdef"[:size]), OUT, rows, failed=failed)
    for measure, at in zip(("first", "total"), truth(), strict=True):
        np.testing.assert_allclose(found.measures[measure][:, 0], at, atol=error)
        assert np.all(found.high[measure] - found.low[measure] < 0.12)
        assert np.all((found.low[measure][:, 0] - 0.01 <= at) & (at <= found.high[measure][:, 0] + 0.01))
    assert (found.dropped, found.bases[0]) == (failed.sum(), 8192 - failed.sum())


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_error_does_not_hang_on_one_scramble(name):
    """One scramble in twenty is .012 off; the others are within a hundredth, on average a five-hundredth."""
    function, size, truth = FUNCTIONS[name]
    errors = []
    for seed in range(10):
        rows, _ = rows_of(function, size, 8192, seed=seed)
        sums = {term: part.sum(axis=0) for term, part in saltelli_terms(rows, np.ones((8192, 1), bool)).items()}
        found = saltelli_estimate(sums)
        errors.append(max(np.abs(found[m][:, 0] - at).max() for m, at in zip(("first", "total"), truth(), strict=True)))
    assert np.sum(np.array(errors) <= 0.01) >= 9
    assert np.mean(errors) <= 0.004


def test_indices_agree_with_salib_on_the_same_matrix():
    salib = pytest.importorskip("SALib.analyze.sobol")
    rows, _ = rows_of(ishigami, 3, 1024)
    mine = indices("saltelli", ("a", "b", "c"), OUT, rows)
    problem = {"num_vars": 3, "names": ["a", "b", "c"], "bounds": [[0, 1]] * 3}
    # SALib orders the rows of a base A, AB_1 ..., B
    theirs = salib.analyze(problem, rows[:, [0, 2, 3, 4, 1], 0].ravel(), calc_second_order=False, seed=1)
    np.testing.assert_allclose(mine.measures["first"][:, 0], theirs["S1"], atol=2e-3)
    np.testing.assert_allclose(mine.measures["total"][:, 0], theirs["ST"], atol=2e-3)
    assert mine.ranking(OUT[0]) == ["a", "b", "c"]


def test_more_failures_than_five_in_a_hundred_are_refused():
    rows, _ = rows_of(ishigami, 3, 64)
    rows[:4] = np.nan
    with pytest.raises(AnalysisError, match=r"4 of 64 bases hold failed runs, more than 5%"):
        indices("saltelli", ("a", "b", "c"), OUT, rows)


def test_an_output_without_values_has_no_index_and_the_others_have():
    rows, _ = rows_of(ishigami, 3, 64)
    both = np.concatenate([rows, np.where(np.arange(64)[:, None, None] < 8, np.inf, rows)], axis=2)
    found = indices("saltelli", ("a", "b", "c"), (*OUT, Output("lead", "effect", "2032")), both)
    assert np.isfinite(found.measures["total"][:, 0]).all()
    assert np.isnan(found.measures["total"][:, 1]).all()
    assert np.isnan(found.high["first"][:, 1]).all()
    assert found.bases.tolist() == [64, 0]


def test_elementary_effects_of_a_plane_and_of_a_product():
    """A plane has its slopes without spread; in a product the effect of one factor is the other."""
    rows, unit = rows_of(lambda x: 3 * x[..., 0] - 2 * x[..., 1] + 0 * x[..., 2], 3, 32, second=False)
    step = np.stack([unit[:, i + 1, i] - unit[:, 0, i] for i in range(3)], axis=1)
    found = indices("morris", ("a", "b", "c"), OUT, rows, step)
    np.testing.assert_allclose(found.measures["mu"][:, 0], [3, -2, 0], atol=1e-12)
    np.testing.assert_allclose(found.measures["mu_star"][:, 0], [3, 2, 0], atol=1e-12)
    np.testing.assert_allclose(found.measures["sigma"][:, 0], 0, atol=1e-6)
    rows, unit = rows_of(lambda x: x[..., 0] * x[..., 1], 2, 4096, second=False)
    step = np.stack([unit[:, i + 1, i] - unit[:, 0, i] for i in range(2)], axis=1)
    found = indices("morris", ("a", "b"), OUT, rows, step)
    np.testing.assert_allclose(found.measures["mu"][:, 0], 0.5, atol=0.01)
    np.testing.assert_allclose(found.measures["sigma"][:, 0], np.sqrt(1 / 12), atol=0.01)


def test_elementary_effects_with_equal_steps_are_those_of_morris():
    base = np.array([[1.0, 4.0, 2.0], [0.0, 1.0, 0.5]])[:, :, None]
    step = np.full((2, 2), 0.5)
    found = indices("morris", ("a", "b"), OUT, base, step)
    # effects of a: 6 and 2; of b: 2 and 1
    np.testing.assert_allclose(found.measures["mu_star"][:, 0], [4.0, 1.5])
    np.testing.assert_allclose(found.measures["sigma"][:, 0], [2.0, 0.5])


def test_convergence_is_the_measure_on_the_first_bases_alone():
    rows, _ = rows_of(ishigami, 3, 64)
    found = indices("saltelli", ("a", "b", "c"), OUT, rows)
    assert [size for size, _ in found.parts] == [16, 32, 64]
    alone = indices("saltelli", ("a", "b", "c"), OUT, rows[:16])
    np.testing.assert_allclose(found.parts[0][1]["total"], alone.measures["total"], rtol=1e-3)
    np.testing.assert_array_equal(found.parts[2][1]["total"], found.measures["total"])
