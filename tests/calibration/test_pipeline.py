"""The whole calibration of the real model at a tiny effort: resumes with the same bits, writes what scenarios read."""

from __future__ import annotations

import json

import numpy as np
import pytest

from abm.beliefs import load_posterior
from abm.parameter_index import PARAMETERS
from abm.scenario import Scenario
from experiments import cli
from experiments.calibration import pipeline
from experiments.calibration.history_matching import MatchingSettings
from experiments.calibration.level_sets import LevelSettings
from experiments.calibration.pipeline import Effort, calibrate, single_problem
from experiments.calibration.posterior import manifest_of, table_of, write_posterior
from experiments.calibration.simulator import FreeError, ModelSimulator
from experiments.calibration.smc import SmcSettings
from experiments.calibration.structure import refit, structures
from experiments.calibration.targets import load_targets

TINY = Effort(
    MatchingSettings(waves=1, replicated=40, replications=3, levels=LevelSettings(points=240)),
    SmcSettings(particles=96, most_moves=4, moved=0.2, correlation=1.0, harvest=1, most_runs=2500),
    replications=2,
    draws=60,
    sets=12,
    table=1200,
)


@pytest.fixture(scope="module")
def targets():
    return load_targets()


@pytest.fixture(scope="module")
def scenario():
    return Scenario.load("history").with_beliefs("prior")


@pytest.fixture(scope="module")
def found(targets, scenario, tmp_path_factory):
    folder = tmp_path_factory.mktemp("calibration")
    return calibrate(scenario, targets, TINY, folder), folder


def test_it_resumes_with_the_same_bits_and_runs_only_what_is_missing(found, targets, scenario):
    first, folder = found
    stages = sorted(folder.glob("*.npz"), key=lambda path: path.stat().st_mtime_ns)
    kept = {path: path.stat().st_mtime_ns for path in stages[: len(stages) // 2]}
    for path in stages[len(stages) // 2 :]:
        path.unlink()
    again = calibrate(scenario, targets, TINY, folder)
    assert table_of(again) == table_of(first)
    assert {path: path.stat().st_mtime_ns for path in kept} == kept


def test_its_posterior_is_read_back(found, tmp_path):
    first, _ = found
    table = table_of(first)
    write_posterior(tmp_path, "made", table, manifest_of(first, "2024Q4", 1, "tiny", "history"))
    read = load_posterior("made", tmp_path)
    assert read.names == first.sample.names
    values = first.problem.simulator.prior(first.sample.unit)
    assert read.values == pytest.approx(values, rel=1e-6, abs=1e-12)
    assert read.manifest["facts"] == len(first.targets)
    assert len(read.weight) == TINY.draws


def test_facts_narrow_what_is_believed(found):
    """Even a tiny effort knows the residual, which billing tells, better than its prior."""
    first, _ = found
    place = first.sample.names.index("residual_mean")
    assert np.std(first.sample.unit[:, place]) < 0.75 / np.sqrt(12.0)


def test_a_folder_of_another_calibration_is_refused(found, targets, scenario):
    _, folder = found
    with pytest.raises(FreeError, match="belongs to another calibration or model"):
        calibrate(scenario, targets, TINY, folder, seed=2)


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (("wait_valu",), "unknown parameter 'wait_valu'; did you mean 'wait_value'"),
        (("hazard_step",), "has prior 'fixed'"),
        (("porting_own",), "has prior 'dirichlet'"),
        (("mobilisation_cn",), "is fixed by scenario 'history'"),
    ],
)
def test_what_cannot_be_fitted_is_refused(targets, scenario, names, told):
    with pytest.raises(FreeError, match=told):
        ModelSimulator(scenario, names, targets)


def test_a_statistic_is_the_mean_of_its_worlds_and_failures_stay_missing(targets, scenario):
    one = single_problem(scenario, targets, None, 1).simulator
    unit = np.full((3, len(targets.free)), 0.4)
    single = one.simulate(np.repeat(unit, 4, axis=0), 1, "x")
    assert len({row.tobytes() for row in single}) == 12, "worlds of one point differ by chance"
    assert np.isfinite(single).all()
    mean = ModelSimulator(scenario, targets.free, targets, replications=4).simulate(unit, 1, "x")
    assert mean.shape == (3, len(targets))
    assert np.abs(mean - single.reshape(3, 4, -1).mean(axis=1)).max() < 6.0 * single.std(axis=0).max()


def test_values_are_quantiles_of_the_priors(targets, scenario):
    simulator = single_problem(scenario, targets, None, 1).simulator
    low, high = (
        simulator.prior(np.zeros((1, len(targets.free))))[0],
        simulator.prior(np.ones((1, len(targets.free))))[0],
    )
    for place, name in enumerate(targets.free):
        assert PARAMETERS[name].low <= low[place] <= high[place] <= PARAMETERS[name].high


def test_the_command_writes_posterior_report_and_check(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(pipeline.EFFORTS, "quick", TINY)
    out = tmp_path / "calibration"
    assert cli.main(["calibrate", "--quick", "--out", str(out), "--json", "--facts-to", "2023Q4"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told == json.loads((out / "calibration.json").read_text(encoding="utf-8"))
    assert told["manifest"]["facts_to"] == "2023Q4"
    assert not any(row["period"].startswith("2024") for row in told["fit"])
    assert {path.name for path in out.iterdir()} >= {"posterior.csv", "posterior.toml", "fit.csv", "parameters.csv"}
    code = cli.main(["calibrate", "--quick", "--out", str(tmp_path / "check"), "--json", "--check"])
    checked = json.loads(capsys.readouterr().out)
    assert checked["data_sets"] == TINY.sets
    assert code == (0 if checked["passes"] else 1)
    assert cli.main(["calibrate", "--out", str(out), "--learning", "ewe"]) == 2
    assert "unknown strategy_learning 'ewe'" in capsys.readouterr().err


def test_other_models_are_fitted_to_the_same_facts(targets, scenario, tmp_path):
    models = structures(scenario)
    assert next(iter(models)) == "as it is"
    assert {"learning: replicator", "without stockpiling"} <= set(models)
    chosen = {name: models[name] for name in ("as it is", "without grey_market")}
    found = list(refit(chosen, targets, TINY, tmp_path, 1))
    assert [one.name for one in found] == list(chosen)
    for one in found:
        assert 0 < one.inside <= one.facts == len(targets)
        assert one.lead[0] <= one.lead[1] <= one.lead[2]
    assert found[0].lead != found[1].lead
