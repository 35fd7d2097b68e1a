"""`curbs sweep`, `describe`, `status`, `verify`, `export` as a user meets them."""

from __future__ import annotations

import json

import pytest

from experiments import cli
from experiments.arguments import duration
from experiments.sweep_commands import LEVERAGE_COST

STUDY = """
description = "does learning matter"
arms = ["history", { scenario = "history", against = "none_0", name = "free" }]
[design]
sampler = "grid"
[uncertainties]
learning_rate = { low = 0.1, high = 0.3, levels = 3 }
[outcomes]
names = ["lead", "self_reliance"]
horizons = [2028]
"""


@pytest.fixture
def study(tmp_path):
    path = tmp_path / "study.toml"
    path.write_text(STUDY)
    return path


def said(capsys, *words):
    status = cli.main([*map(str, words), "--json"])
    return status, json.loads(capsys.readouterr().out)


def test_a_study_is_priced_swept_verified_and_exported(study, tmp_path, capsys):
    out = tmp_path / "sweep"
    _, price = said(capsys, "describe", study)
    assert (price["runs"], price["arms"], price["metrics"]) == (
        6,
        ["history", "free"],
        ["lead_2028", "self_reliance_2028"],
    )
    status, swept = said(capsys, "sweep", study, "--out", out, "--workers", "0")
    assert (status, swept["statuses"]["ok"]) == (0, 6)
    assert said(capsys, "verify", out) == (0, {key: value for key, value in swept.items() if key != "out"})
    assert said(capsys, "status", out)[1]["complete"]
    assert said(capsys, "export", out, study, "--out", tmp_path / "all.csv")[1]["rows"] == 6
    lines = (tmp_path / "all.csv").read_text().splitlines()
    assert lines[0].startswith('"run","point","replication","arm","learning_rate","status","lead_2028"')
    assert len(lines) == 7


def test_the_price_names_what_leverage_costs(study, capsys):
    cheap = said(capsys, "describe", study, "--points", "1", "--replications", "20000")[1]
    study.write_text(STUDY.replace('"self_reliance"]', '"leverage"]').replace("[2028]", "[2028, 2031, 2032]"))
    dear = said(capsys, "describe", study, "--points", "1", "--replications", "20000")[1]
    assert (cheap["leverage_at"], dear["leverage_at"]) == ([], ["2028Q4", "2031Q4"])
    assert dear["minutes"] / cheap["minutes"] == pytest.approx(1 + 2 * LEVERAGE_COST, rel=0.02)
    assert cli.main(["describe", str(study)]) == 0
    assert "leverage at 2028Q4, 2031Q4: each for about 26% of a run" in capsys.readouterr().out


def test_a_finished_sweep_is_not_run_again(study, tmp_path, capsys, monkeypatch):
    out = tmp_path / "sweep"
    first = said(capsys, "sweep", study, "--out", out, "--workers", "0")
    monkeypatch.setattr("abm.simulation.run_tree", None)
    assert said(capsys, "sweep", study, "--out", out, "--workers", "0") == first


def test_a_sweep_out_of_time_can_be_resumed(study, tmp_path, capsys):
    out = tmp_path / "sweep"
    words = ("sweep", study, "--out", out, "--workers", "0", "--shard", "2")
    status, stopped = said(capsys, *words, "--limit", "0.001s")
    assert (status, stopped["complete"]) == (3, False)
    assert said(capsys, *words)[0] == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("learning_rate =", "learning_rat ="), "uncertainties.learning_rat.*did you mean 'learning_rate'"),
        (('"lead", ', '"leed", '), "did you mean 'lead'"),
        (('sampler = "grid"', 'samplr = "grid"'), "unknown key 'design.samplr'; did you mean 'sampler'"),
        (('sampler = "grid"', 'sampler = "lhs"'), "design.points' is missing"),
        (('"history", {', '"histry", {'), "did you mean 'history'"),
        (("high = 0.3", "high = 3.0"), "learning_rate.*range"),
        (("levels = 3", "levels = 1"), "levels': must be at least 2"),
        (("low = 0.1", "low = 0.3"), r"under \[fixed\]"),
        (("learning_rate = {", "porting_own = {"), "share of group"),
        (('scenario = "history", against', 'senario = "history", against'), "table with key 'scenario'"),
    ],
)
def test_faults_of_a_study_are_one_line(study, capsys, change, message):
    study.write_text(STUDY.replace(*change))
    assert cli.main(["describe", str(study)]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert str(study) in error
    with pytest.raises(ValueError, match=message):
        raise ValueError(error)


def test_an_unknown_study_is_named(capsys):
    assert cli.main(["describe", "nowhere.toml"]) == 2
    assert "no study 'nowhere.toml'" in capsys.readouterr().err


def test_points_of_a_file_are_checked_cell_by_cell(study, tmp_path, capsys):
    (tmp_path / "points.csv").write_text("learning_rate,enforcement\n0.1,0.5\n0.9,0.5\n")
    own = STUDY.replace('sampler = "grid"', 'sampler = "table"\ntable = "points.csv"')
    own = own.replace("[uncertainties]\nlearning_rate = { low = 0.1, high = 0.3, levels = 3 }\n", "")
    study.write_text(own)
    assert cli.main(["describe", str(study)]) == 2
    assert "points.csv: row 2, column 'learning_rate': 0.9 lies outside 0.05 to 0.3" in capsys.readouterr().err
    (tmp_path / "points.csv").write_text("learning_rate,enforcement\n0.1,0.5\n0.2,0.5\n")
    assert said(capsys, "describe", study)[1]["points"] == 2


def test_times_are_read_with_their_unit():
    assert [duration(text) for text in ("90", "90s", "5m", "2h", "0.5m")] == [90.0, 90.0, 300.0, 7200.0, 30.0]
    for text in ("", "m", "-1s", "0", "5 days", "inf", "nan"):
        with pytest.raises(Exception, match="is no time"):
            duration(text)
