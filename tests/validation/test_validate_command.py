"""`curbs validate` as a user meets it: the shipped table, the back-test, JSON, folders, bad input."""

from __future__ import annotations

import csv
import json

import pytest

from abm.beliefs import PRIOR, list_beliefs
from abm.operators import OPERATORS, silent
from abm.schema import DATA
from abm.vocabulary import MECHANISMS
from experiments import cli
from experiments.arguments import Parser
from experiments.validation import validation
from experiments.validation.summary import NAMES
from experiments.validation_commands import (
    BACKTEST_BELIEFS,
    VALIDATION_ACTS,
    add_validation_command,
    backtest_beliefs,
)

SCORES = {
    "n", "weight", "crps", "crps_in_unit", "coverage_50", "coverage_90", "bias", "sign", "mape", "naive",
    "diebold_mariano",
}  # fmt: skip
SHIPPED = DATA / "observations.csv"


@pytest.fixture
def curbs(monkeypatch, capsys):
    """The command alone, with the entry of all commands around it; status, output, errors."""

    def parser():
        made = Parser(prog="curbs")
        made.add_argument("--debug", action="store_true")
        add_validation_command(made.add_subparsers(required=True, dest="command"))
        return made

    monkeypatch.setattr(cli, "build_parser", parser)
    monkeypatch.setattr(cli, "ACTS", VALIDATION_ACTS)

    def run(*words):
        try:
            status = cli.main(["validate", *map(str, words)])
        except SystemExit as error:
            status = error.code
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return run


@pytest.fixture
def shared(monkeypatch, ensemble):
    """The engine replaced by the ensemble of these tests; the list fills with what was asked of it."""
    asked = []

    def run_ensemble(scenario, runs, seed, threads=None, progress=None):
        asked.append((scenario.name, scenario.beliefs, runs, seed, threads))
        return ensemble

    monkeypatch.setattr(validation, "run_ensemble", run_ensemble)
    return asked


@pytest.fixture
def later(tmp_path):
    """A made-up table of what might come: three series that the model measures, two that it does not."""
    path = tmp_path / "later.csv"
    path.write_text(
        "series_id,unit,period,value,low,high\n"
        "NVDA_DC_REV,USD bn,2025Q1,41,,\n"
        "NVDA_DC_REV,USD mn,2025Q2,43000,,\n"
        "IDC_UNITS,thousand cards,2025H1,1500,1400,1600\n"
        "CN_COMPUTE_SHARE,fraction,2025Q4,0.1,,\n"
        "NVDA_DC_REV,USD bn,2024Q4,35.6,,\n"
        "ASML_CN_SHARE,percent,2025,30,,\n"
        "HUAWEI_CHIPS,thousand units,2025,900,,\n"
    )
    return path


def test_json_has_pool_series_silent_and_inputs(curbs, shared, ensemble, later):
    status, out, _ = curbs("--observations", later, "--json", "--runs", 64, "--seed", 5, "--threads", 1)
    said = json.loads(out)
    assert (status, shared) == (0, [("history", ensemble.scenario.beliefs, 64, 5, 1)])
    assert set(said) == {"pooled", "series", "silent", "left_out", "inputs"}
    assert set(said["pooled"]) == SCORES | {"in_sample"}
    assert set(said["pooled"]["naive"]) == set(NAMES) == set(said["pooled"]["diebold_mariano"])
    assert (said["pooled"]["n"], said["pooled"]["in_sample"]) == (3, False)
    assert all(value > 0.0 for value in (said["pooled"]["crps"], *said["pooled"]["naive"].values()))
    assert said["pooled"]["diebold_mariano"]["last_value"] == {
        "statistic": None, "p_value": None, "n": 2, "lags": 1, "reason": "2 periods; at least 8 are needed",
    }  # fmt: skip
    assert list(said["series"]) == ["NVDA_DC_REV", "IDC_UNITS", "CN_COMPUTE_SHARE"]
    for name, one in said["series"].items():
        assert set(one) == SCORES | {"unit", "pooled", "spread"}
        assert one["unit"] == OPERATORS[name].unit
        assert (
            one["crps_in_unit"] == pytest.approx(one["crps"] * one["spread"]) if one["pooled"] else one["crps"] is None
        )
    assert set(said["silent"]) == {"ASML_CN_SHARE", "HUAWEI_CHIPS"}
    assert [(one["row"], one["period"]) for one in said["left_out"]] == [(6, "2024Q4")]
    inputs = said["inputs"]
    assert inputs["beliefs"] == {
        "name": ensemble.scenario.beliefs,
        "meaning": list_beliefs()[ensemble.scenario.beliefs],
    }
    assert (inputs["information_to"], inputs["policy_script"]["until"]) == ("2024Q4", "2026Q3")
    assert len(inputs["policy_script"]["instruments"]) > 30
    assert "announced for 2025 and 2026 (US4_CAPEX)" in inputs["demand"]
    assert inputs["assimilation"].startswith("none: ")
    assert (inputs["parameters"], inputs["seed"], inputs["runs"]) == (ensemble.scenario.describe()["parameters"], 1, 48)
    assert set(inputs["no_adaptation_without"]) < set(MECHANISMS)


def test_the_shipped_table_is_scored_from_end_to_end(curbs, shared):
    status, out, _ = curbs("--observations", SHIPPED, "--json")
    said = json.loads(out)
    assert status == 0
    assert said["pooled"]["in_sample"]
    assert said["pooled"]["n"] > 90
    assert 0.0 < said["pooled"]["crps"] < said["pooled"]["naive"]["no_adaptation"]
    assert 0.2 < said["pooled"]["coverage_50"] < said["pooled"]["coverage_90"] <= 1.0
    assert all(test["statistic"] is not None for test in said["pooled"]["diebold_mariano"].values())
    assert set(said["silent"]) == set(silent())
    with SHIPPED.open(encoding="utf-8") as file:
        rows = [row["series_id"] for row in csv.DictReader(file) if row["series_id"] in OPERATORS]
    told = sum(one["n"] for one in said["series"].values()) + len(said["left_out"])
    assert told == len(rows)


def test_the_back_test_knows_2023_and_is_judged_on_2024(curbs, shared):
    status, out, _ = curbs("--backtest", "--json")
    said = json.loads(out)
    assert (status, shared[0][:2]) == (0, ("history", backtest_beliefs()))
    assert (said["inputs"]["information_to"], said["pooled"]["in_sample"]) == ("2023Q4", False)
    assert said["pooled"]["n"] > 25
    assert said["left_out"] == []
    assert said["series"]["MS_SELFSUFF"]["pooled"] is False  # first published for 2024


@pytest.mark.parametrize("ships", [False, True])
def test_the_back_test_never_believes_what_has_seen_2024(monkeypatch, ships):
    """It takes the posterior to 2023Q4, and the priors where none ships."""
    known = [PRIOR, "posterior", *([BACKTEST_BELIEFS] if ships else [])]
    monkeypatch.setattr("abm.beliefs.list_beliefs", lambda: dict.fromkeys(known, "made up"))
    assert backtest_beliefs() == (BACKTEST_BELIEFS if ships else PRIOR)


def test_beliefs_may_be_chosen(curbs, shared, later):
    assert curbs("--observations", later, "--beliefs", "hawk")[0] == 0
    assert curbs("--backtest", "--beliefs", "dove")[0] == 0
    assert [one[1] for one in shared] == ["hawk", "dove"]


def test_the_report_names_pool_tests_series_and_what_is_missing(curbs, shared, later):
    status, out, _ = curbs("--observations", later)
    assert status == 0
    assert "48 worlds of `history`, seed 1, parameters drawn from " in out
    assert ", against 4 observations of later.csv in 3 series; forecasts from information to 2024Q4." in out
    assert "| `pooled` | 3 |" in out
    assert "- `last_value`: 2 periods; at least 8 are needed" in out
    assert "- `HUAWEI_CHIPS`: unknown series id; nearest: " in out
    assert "- row 6, `NVDA_DC_REV` 2024Q4: is no later than 2024Q4" in out


def test_a_folder_holds_report_scores_and_every_observation(curbs, shared, later, tmp_path):
    target = tmp_path / "out"
    status, out, _ = curbs("--observations", later, "--out", target)
    assert status == 0
    assert str(target) in out
    names = {"report.md", "observations.csv", "series.csv", "scores.json", "manifest.json"}
    assert {path.name for path in target.iterdir()} == names
    rows = list(csv.DictReader((target / "observations.csv").read_text(encoding="utf-8").splitlines()))
    assert [(row["row"], row["period"], float(row["observed"])) for row in rows] == [
        ("2", "2025Q1", 41.0), ("3", "2025Q2", 43.0), ("4", "2025H1", 1500.0), ("5", "2025Q4", 10.0),
    ]  # fmt: skip
    assert float(rows[0]["point_last_value"]) == pytest.approx(35.6)
    assert rows[3]["crps_last_value"] == ""
    assert json.loads((target / "scores.json").read_text(encoding="utf-8"))["pooled"]["n"] == 3
    again = curbs("--observations", later, "--out", target)
    assert again[0] == cli.USAGE
    assert "exists already" in again[2]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "one of the arguments --observations --backtest is required"),
        (("--observations", "x.csv", "--backtest"), "not allowed with argument"),
        (("--observations", "none.csv"), "none.csv: no such file; give a CSV file with the columns series_id, unit"),
        (("--backtest", "--runs", "1"), "1 is too small; the least is 2"),
        (("--backtest", "--scenario", "histroy"), "no scenario 'histroy'"),
        (("--backtest", "--beliefs", "hwak"), "unknown beliefs 'hwak'; nearest valid name: 'hawk'"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(curbs, shared, words, message):
    status, out, err = curbs(*words)
    assert (status, out) == (cli.USAGE, "")
    assert message in err
    assert len(err.splitlines()) == 1
    assert shared == []


def test_a_broken_row_stops_before_anything_runs(curbs, shared, tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("series_id,unit,period,value\nNVDA_DC_REV,USD bn,2025Q1,40\nNVDA_DC_REV,EUR bn,2025Q2,40\n")
    status, _, err = curbs("--observations", path, "--out", tmp_path / "out")
    assert status == cli.USAGE
    assert err.startswith("curbs: mine.csv, row 3, NVDA_DC_REV, key 'unit': 'EUR bn' is not the unit of the series")
    assert shared == []
    assert not (tmp_path / "out").exists()


def test_the_engine_runs_as_asked(curbs):
    """No stand-in: two worlds of a shipped scenario."""
    status, out, _ = curbs("--backtest", "--runs", 2, "--scenario", "chips_only", "--json")
    assert status == 0
    assert (json.loads(out)["inputs"]["scenario"], json.loads(out)["inputs"]["runs"]) == ("chips_only", 2)
