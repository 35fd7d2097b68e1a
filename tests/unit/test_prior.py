"""The prior-predictive report: coverage and regions by hand, and a folder that is complete, deterministic or absent."""

from __future__ import annotations

import csv
import dataclasses

import numpy as np
import pytest
import synthetic_pairs
from made_results import made

from abm.backfire import Comparison
from abm.scenario import Scenario
from experiments import cli, prior_report
from experiments.prior import Fact, Prior, coverage, middle, rank_correlation, ranks
from experiments.prior_report import REPORT, write_prior
from experiments.runfolder import FolderError

POINTS = 40


def fact(observed: float, statistic: str = "S") -> Fact:
    return Fact(statistic, "USD bn", "2024", observed, np.nan, np.nan, (0.0, 1.0, 2.0, 3.0, 4.0), 0.5, 10)


@pytest.fixture(scope="module")
def prior() -> Prior:
    """Ascend packages of 2024 are ten times a parameter that is drawn evenly; another parameter does nothing."""
    drawn = np.linspace(1.0, 40.0, POINTS)
    results = made(POINTS, ascend_packages=10.0 * drawn[:, None])
    idle = np.random.Generator(np.random.PCG64(1)).uniform(size=POINTS)
    parameters = {**results.parameters, "domestic_packaging_2024": drawn, "hazard_step": idle}
    results = dataclasses.replace(results, parameters=parameters)
    return Prior(Comparison(results, results))


def test_ranks_share_ties():
    assert ranks(np.asarray([3.0, 1.0, 3.0, 2.0])).tolist() == [2.5, 0.0, 2.5, 1.0]


def test_rank_correlation_by_hand():
    """One swap among four: 1 - 6·2 / (4·15) = .8 (Spearman)."""
    assert rank_correlation(np.asarray([1.0, 2.0, 3.0, 4.0]), np.asarray([1.0, 3.0, 2.0, 9.0])) == pytest.approx(0.8)
    assert rank_correlation(np.ones(4), np.arange(4.0)) == 0.0


def test_bands_and_coverage():
    facts = [fact(2.0), fact(0.5), fact(5.0), fact(0.0, "T")]
    assert [one.inside(0.5) for one in facts] == [True, False, False, False]
    assert [one.inside(0.9) for one in facts] == [True, True, False, True]
    assert list(coverage(facts)) == [("S", 3, 1, 2, 0.5), ("T", 1, 0, 1, 0.5)]


def test_a_fact_lies_among_the_worlds_where_it_should(prior):
    """40 worlds make 40, 80, ... 1,600 thousand Ascend packages in 2024; 12 of them fewer than the 507 of the fact."""
    found = next(one for one in prior.facts if (one.statistic, one.period) == ("ASCEND_UNITS", "2024"))
    below = np.arange(40.0, 1601.0, 40.0) < found.observed
    assert found.rank == pytest.approx(below.mean())
    assert found.quantiles[2] == pytest.approx(820.0)
    assert found.worlds == POINTS


def test_the_parameter_that_moves_a_statistic_is_named_and_its_failing_region(prior):
    best, *others = prior.regions("ASCEND_UNITS")
    assert (best.parameter, best.points) == ("domestic_packaging_2024", POINTS)
    assert best.correlation == pytest.approx(1.0)
    assert best.clear
    assert best.difference < 0.0  # the facts lie below the middle of the draws
    assert best.near[2] == 0.0  # the upper third of the prior misses them everywhere
    assert [one.parameter for one in others] == ["hazard_step"]
    assert not others[0].clear


def test_misses_are_logarithms_over_the_mean_of_the_facts(prior):
    facts = [one.observed for one in prior.facts if one.statistic == "ASCEND_UNITS"]
    made_by_last = 40.0 * 40.0
    assert prior.misses("ASCEND_UNITS")[-1] == pytest.approx(np.mean(np.log(made_by_last / np.asarray(facts))))


def test_too_few_points_tell_nothing():
    results = made(4)
    assert Prior(Comparison(results, results)).regions("ASCEND_UNITS") == ()


def test_middle_of_periods():
    assert (middle("2024"), middle("2024H1"), middle("2024Q3")) == (2024.5, 2024.25, 2024.625)


@pytest.fixture
def synthetic(monkeypatch):
    """The engine replaced by invented worlds."""

    def compare(scenario, counterfactual, runs, seed, threads, progress, replications):
        other = Scenario.load(counterfactual)
        return Comparison(*(synthetic_pairs.results(one, runs, seed) for one in (scenario, other)))

    monkeypatch.setattr(prior_report, "compare", compare)


def test_the_command_writes_the_same_report_and_tables_twice(synthetic, tmp_path, capsys):
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        assert cli.main(["prior", "--runs", "16", "--out", str(folder)]) == 0
    assert "facts lie inside the 90 % band" in capsys.readouterr().out
    names = {"facts.csv", "coverage.csv", "regimes.csv", "regions.csv", "facts.png", REPORT, "manifest.json"}
    assert {path.name for path in folders[0].iterdir()} == names
    for name in names - {"manifest.json"}:
        assert (folders[0] / name).read_bytes() == (folders[1] / name).read_bytes(), name
    rows = list(csv.DictReader((folders[0] / "facts.csv").read_text(encoding="utf-8").splitlines()))
    assert len(rows) > 100
    assert all(row["period"] <= "2024Q4" for row in rows)
    text = (folders[0] / REPORT).read_text(encoding="utf-8")
    assert text.startswith("# What the priors say before any fitting\n")
    assert "16 worlds of `history`" in text


def test_an_existing_folder_is_refused_before_anything_runs(tmp_path, capsys):
    assert cli.main(["prior", "--out", str(tmp_path)]) == cli.USAGE
    assert "exists already" in capsys.readouterr().err
    with pytest.raises(FolderError):
        write_prior(tmp_path, None)
