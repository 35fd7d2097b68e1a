"""Pictures of analyses are drawn, with what they were made from beside them; commands answer end to end."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from test_analysis import saltelli
from test_discovery import cases
from test_phases import FACTORS, MadeDriver, grid
from test_policies import search

from experiments.adaptive import Adapted, Wave
from experiments.analysis import AnalysisError
from experiments.answers import adaptive_answer, phase_answer, policy_answer, sensitivity_answer
from experiments.cli import main
from experiments.discovery import discover
from experiments.phase import phase_diagram
from experiments.plots import fifths
from experiments.products import write_picture
from experiments.region_plots import box_picture


def pictures(folder):
    return sorted(path.stem for path in folder.glob("*.png"))


def sidecar(folder, name):
    return json.loads((folder / f"{name}.json").read_text())


def test_sensitivity_is_written_and_drawn(tmp_path):
    table, output = saltelli(tmp_path, 0.3, 4)
    out = tmp_path / "out"
    answer = sensitivity_answer(table, output, out)
    assert pictures(out) == ["indices", "interactions", "tornado"]
    beside = sidecar(out, "indices")
    assert beside["design"] == table.hash
    assert (beside["runs"], beside["replications"], beside["interval_over"]) == (table.status.size, 4, "bases")
    assert beside["interval"].startswith("90 %")
    assert answer.lines[1].split()[0] == "learning_rate"
    assert any("strongest interactions: none above chance" in line for line in answer.lines)
    header, first, *_ = (out / "indices.csv").read_text().splitlines()
    assert header.startswith("outcome,arm,horizon,unit,parameter,bases,chance,first,first_low,first_high,total")
    assert first.startswith("lead,effect,2028,months,learning_rate,256,")


def test_the_same_picture_has_the_same_bytes(tmp_path):
    table, output = saltelli(tmp_path, 0.0, 1)
    sensitivity_answer(table, output, tmp_path / "a")
    sensitivity_answer(table, output, tmp_path / "b")
    for name in ("indices.png", "indices.svg", "indices.json", "indices.csv"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_a_box_is_drawn(tmp_path):
    given = cases(0.9, 0.03, points=400)
    found = discover(given, "full backfire", "2028", boxes=1)
    write_picture(tmp_path, "box", box_picture(found, given, "made"), {"runs": 1})
    assert pictures(tmp_path) == ["box"]


def test_a_phase_diagram_is_written_and_drawn(tmp_path):
    found = phase_diagram(grid(), MadeDriver(), *FACTORS, "2028", rounds=2)
    answer = phase_answer(found, tmp_path)
    assert pictures(tmp_path) == ["phase"]
    assert answer.facts["points"] == len((tmp_path / "phase.csv").read_text().splitlines()) - 1
    assert sidecar(tmp_path, "phase")["designs"] == ["round_0", "round_1", "round_2"]


def test_a_pareto_set_is_written_and_drawn(tmp_path):
    answer = policy_answer(search(robust="mean").run(), tmp_path)
    assert pictures(tmp_path) == ["pareto_set"]
    assert len(answer.facts["pareto"]) == len((tmp_path / "pareto.csv").read_text().splitlines()) - 1
    assert sidecar(tmp_path, "pareto_set")["futures"] == 8
    front = search(robust="mean").run()
    nobody = replace(front, pareto=np.zeros_like(front.pareto))
    with pytest.raises(AnalysisError, match="too many futures with failed runs"):
        policy_answer(nobody, tmp_path)


def test_waves_are_written(tmp_path):
    _, output = saltelli(tmp_path, 0.0, 1)
    waves = (Wave(64, 64, 0, 1.0, 0.0, 2.0), Wave(128, 128, 1, 1.0, 0.6, 1.4))
    answer = adaptive_answer(Adapted(output, 0.5, waves), tmp_path)
    assert answer.lines[0] == "effect on lead 2028: half-width 0.5 reached"
    assert len((tmp_path / "waves.csv").read_text().splitlines()) == 3


def test_fifths_leave_out_what_is_unknown():
    parameter = np.arange(10.0)
    values = np.where(parameter == 0, np.nan, parameter)
    assert fifths(parameter, values) == (1.5, 8.5)


STUDY = """
arms = ["history", "none_0"]
{levers}
[uncertainties]
learning_rate = {{ low = 0.05, high = 0.3, levels = 2 }}
domestic_tool_growth = {{ low = 0.01, high = 0.08, levels = 2 }}
[design]
sampler = "{sampler}"
{points}
[outcomes]
horizons = [2028]
"""


def study(folder, sampler, points=4, levers=""):
    path = folder / f"{sampler}.toml"
    size = "" if sampler == "grid" else f"points = {points}"
    path.write_text(STUDY.format(sampler=sampler, points=size, levers=levers))
    return path


@pytest.mark.slow
def test_commands_end_to_end(tmp_path, capsys):
    """Each command on a few runs of the engine; done again it reads what is there and says the same."""
    levers = "[levers]\nenforcement = [0.3, 0.95]"
    commands = {
        "sensitivity": [str(study(tmp_path, "saltelli")), "--out", str(tmp_path / "s"), "--json"],
        "phase": [str(study(tmp_path, "grid")), "--out", str(tmp_path / "p"), "--rounds", "1", "--json"],
        "adapt": [
            str(study(tmp_path, "sobol", 8)), "--out", str(tmp_path / "a"), "--half-width", "0.01", "--most", "16",
            "--json",
        ],
        "optimise": [
            str(study(tmp_path, "lhs", 4, levers)), "--out", str(tmp_path / "o"), "--generations", "2",
            "--population", "4", "--json",
        ],
    }  # fmt: skip
    for command, words in commands.items():
        assert main([command, *words]) == 0, command
        first = json.loads(capsys.readouterr().out)
        shards = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.parquet")}
        assert main([command, *words]) == 0, command
        assert json.loads(capsys.readouterr().out) == first
        assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.parquet")} == shards
    assert main(["sensitivity", str(tmp_path / "s" / "sweep")]) == 0
    assert "learning_rate" in capsys.readouterr().out
    assert main(["discover", str(tmp_path / "s" / "sweep"), "--regime", "full bakfire"]) == 2
    assert "'full backfire'" in capsys.readouterr().err


def test_commands_refuse_in_one_line(tmp_path, capsys):
    assert main(["sensitivity", "sensitivty"]) == 2
    assert "is no folder of a sweep" in capsys.readouterr().err
    assert main(["phase", str(study(tmp_path, "grid")), "--x", "learning", "--out", str(tmp_path / "p")]) == 2
    assert "varies no 'learning'" in capsys.readouterr().err
    assert main(["optimise", str(study(tmp_path, "sobol")), "--out", str(tmp_path / "o")]) == 2
    assert "has no levers" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["discover", "x", "--density", "2"])
